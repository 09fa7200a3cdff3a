"""What a computation cost: wall time, processor time, peak memory, measured within this process."""

import os
import platform
import re
import sys
import time
from pathlib import Path
from types import TracebackType

import msgspec
import numpy as np

__all__ = ["Cost", "Machine", "Meter", "this_machine"]


class Cost(msgspec.Struct, frozen=True, kw_only=True):
    """Seconds of wall and processor time, and the peak of resident memory of the whole process meanwhile, in MiB.

    `peak_is_own` says whether the peak was reset before (Linux can); if not, it is the highest since the process began.
    """

    wall_s: float
    cpu_s: float
    peak_mib: float
    peak_is_own: bool


class Machine(msgspec.Struct, frozen=True, kw_only=True):
    """Where figures of speed were measured."""

    processor: str
    cores: int
    system: str
    python: str
    numpy: str


class Meter:
    """Measures the block it is the context of; `cost` is there afterwards."""

    cost: Cost

    def __enter__(self) -> "Meter":
        self._own = _reset_peak()
        self._wall, self._cpu = time.perf_counter(), time.process_time()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, traceback: TracebackType | None
    ) -> None:
        self.cost = Cost(
            wall_s=time.perf_counter() - self._wall,
            cpu_s=time.process_time() - self._cpu,
            peak_mib=_peak_mib(own=self._own),
            peak_is_own=self._own,
        )


def _reset_peak() -> bool:
    """Sets the kernel's high-water mark of resident memory back (proc(5), clear_refs: 5); False where it cannot."""
    try:
        Path("/proc/self/clear_refs").write_text("5", encoding="ascii")
    except OSError:
        return False
    return _high_water_mark() is not None


def _high_water_mark() -> float | None:
    """VmHWM in MiB, None where the system does not say."""
    try:
        status = Path("/proc/self/status").read_text(encoding="ascii", errors="replace")
    except OSError:
        return None
    found = re.search(r"^VmHWM:\s+(\d+) kB$", status, re.MULTILINE)
    return int(found[1]) / 1024 if found else None


def _peak_mib(*, own: bool) -> float:
    mark = _high_water_mark() if own else None
    if mark is not None:
        return mark
    try:
        import resource  # noqa: PLC0415  Unix only
    except ImportError:
        return float("nan")
    unit = 1024 * 1024 if sys.platform == "darwin" else 1024  # ru_maxrss: bytes on macOS, KiB elsewhere
    return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / unit


def this_machine() -> Machine:
    """This machine in words, without its name or owner."""
    return Machine(
        processor=_processor(),
        cores=len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count() or 1,
        system=f"{platform.system()} {platform.release()}",
        python=platform.python_version(),
        numpy=np.__version__,
    )


def _processor() -> str:
    try:
        found = re.search(r"^model name\s*:\s*(.+)$", Path("/proc/cpuinfo").read_text(errors="replace"), re.MULTILINE)
    except OSError:
        found = None
    return found[1].strip() if found else platform.processor() or platform.machine()
