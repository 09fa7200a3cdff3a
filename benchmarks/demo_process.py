"""A demo in a process of its own, what it costs the machine, and a browser that looks at it."""

import os
import re
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from types import TracebackType
from typing import IO

import msgspec
from playwright.sync_api import Browser, Page, sync_playwright

# The pictures of the documentation, which use this module too, lie beside their finder of the browser.
sys.path.append(str(Path(__file__).resolve().parents[1] / "docs" / "images"))

from chromium import find_chromium

__all__ = [
    "DRAWN",
    "LISTEN",
    "DemoError",
    "DemoProcess",
    "Heard",
    "Usage",
    "busy_share",
    "cpu_ticks",
    "heard",
    "machine_ticks",
    "open_browser",
    "post",
]

_START_S = 60.0
_STOP_S = 15.0
_ADDRESS = re.compile(r"http://[\w.\[\]:]+:\d+/")
_MIB = 2**20
_TICKS_PER_S = os.sysconf("SC_CLK_TCK")

DRAWN = "() => globalThis.tillfreeLive && tillfreeLive.drawn > 0"
"""True in a page that has drawn a frame of the floor."""

LISTEN = """
const Plain = globalThis.WebSocket;
globalThis.heard = { frames: 0, bytes: 0, people: [], lags_s: [], summary: null, receipt_at: 0 };
globalThis.WebSocket = class extends Plain {
  constructor(...all) {
    super(...all);
    this.addEventListener("message", ({ data }) => {
      heard.bytes += data.length;
      const frame = /^{"k":"frame",.*?"n":(\\d+),.*?"l":([\\d.]+)/.exec(data.slice(0, 300));
      if (frame) {
        heard.frames += 1;
        heard.people.push(Number(frame[1]));
        heard.lags_s.push(Number(frame[2]));
        if (heard.lags_s.length > 2000) { heard.people.shift(); heard.lags_s.shift(); }
      } else if (data.startsWith('{"k":"summary"')) {
        heard.summary = JSON.parse(data);
      } else if (data.includes('"kind":"receipt"')) {
        heard.receipt_at = performance.now();
      }
    });
  }
};
"""
"""Put into a page before its own scripts: keeps what the store said of itself, which the page does not."""


class DemoError(Exception):
    """The demo did not start, or ended by itself; the message holds the end of what it said."""


class Usage(msgspec.Struct, frozen=True, kw_only=True):
    """What a process has used: seconds of processor since it began, memory now, and what it holds open."""

    time_s: float
    cpu_s: float
    rss_mib: float
    threads: int
    files: int

    def cpu_share_since(self, before: "Usage") -> float:
        """Share of one core between two looks; more than 1 where it ran on several."""
        return (self.cpu_s - before.cpu_s) / (self.time_s - before.time_s)


class DemoProcess:
    """`tillfree demo` with `options`, from entering the block until leaving it; `address` ends with a slash."""

    def __init__(self, *options: str) -> None:
        self._options = options
        self.address = ""
        self.began_s = 0.0

    def __enter__(self) -> "DemoProcess":
        self._said: IO[str] = tempfile.TemporaryFile("w+", encoding="utf-8")
        command = (sys.executable, "-m", "tillfree.cli.main", "demo", "--no-browser", "--port", "0", *self._options)
        self.began_s = time.monotonic()
        self._process = subprocess.Popen(  # noqa: S603  a fixed program
            command,
            stdout=self._said,
            stderr=subprocess.STDOUT,
            env=os.environ | {"COLUMNS": "200", "PYTHONUNBUFFERED": "1"},
            start_new_session=True,  # Ctrl+C is for whoever measures, who ends it when all is written down
        )
        while not self.address:
            found = _ADDRESS.search(self.said())
            if found is not None:
                self.address = found[0]
            elif self._process.poll() is not None or time.monotonic() - self.began_s > _START_S:
                self.__exit__(None, None, None)
                raise DemoError(f"the demo did not start: {self._last}")
            else:
                time.sleep(0.005)
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, traceback: TracebackType | None
    ) -> None:
        self._process.terminate()
        try:
            self._process.wait(_STOP_S)
        except subprocess.TimeoutExpired:
            self._process.kill()
            self._process.wait()
        self._last = self.said()[-800:]
        self._said.close()

    @property
    def pid(self) -> int:
        """Of the process."""
        return self._process.pid

    def said(self) -> str:
        """Everything that it wrote so far, and nothing where that is over."""
        # By its position, since the file is written to by the other process through the same description.
        return os.pread(self._said.fileno(), 1_000_000, 0).decode("utf-8", "replace")

    def usage(self) -> Usage:
        """What it has used until now.

        Raises:
            DemoError: it has ended.
        """
        here = Path(f"/proc/{self.pid}")
        if self._process.poll() is not None:
            raise DemoError(f"the demo has ended by itself: {self.said()[-800:]}")
        pages = int((here / "statm").read_text(encoding="ascii").split()[1])
        return Usage(
            time_s=time.monotonic(),
            cpu_s=cpu_ticks((here / "stat").read_text(encoding="utf-8")) / _TICKS_PER_S,
            rss_mib=pages * os.sysconf("SC_PAGE_SIZE") / _MIB,
            threads=sum(1 for _ in (here / "task").iterdir()),
            files=sum(1 for _ in (here / "fd").iterdir()),
        )


def cpu_ticks(stat: str) -> int:
    """Ticks that a process ran, for itself and in the kernel, by its /proc/PID/stat (proc(5): fields 14 and 15)."""
    # The name of the program stands in brackets and may itself have spaces and brackets.
    fields = stat.rpartition(")")[2].split()
    return int(fields[11]) + int(fields[12])


def machine_ticks() -> tuple[int, int]:
    """Ticks of all cores since the machine began: those in which they were busy, and all."""
    fields = [int(field) for field in Path("/proc/stat").read_text(encoding="ascii").split("\n", 1)[0].split()[1:9]]
    return sum(fields) - fields[3] - fields[4], sum(fields)


def busy_share(before: tuple[int, int], after: tuple[int, int]) -> float:
    """Which share of all cores was busy between two looks."""
    return (after[0] - before[0]) / max(1, after[1] - before[1])


@contextmanager
def open_browser() -> Iterator[Browser]:
    """A Chromium without a window.

    Raises:
        DemoError: there is none.
    """
    program = find_chromium()
    if program is None:
        raise DemoError("Chromium is needed (Debian: apt install chromium), and is not on the path")
    flags = [
        "--no-sandbox",  # it refuses to start as root otherwise; it sees our own pages only
        "--disable-gpu",
        "--disable-background-networking",
        "--enable-precise-memory-info",
        "--lang=en-GB",
    ]
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=program, args=flags)
        try:
            yield browser
        finally:
            if browser.is_connected():
                browser.close()


class Heard(msgspec.Struct, frozen=True):
    """What a page with `LISTEN` has heard: frames and bytes so far, people and lag of the last 2000 frames."""

    frames: int
    bytes: int
    people: list[int]
    lags_s: list[float]
    reviews: int
    score: dict[str, object] | None
    """The figures of the scoreboard, by their names."""


def heard(page: Page) -> Heard:
    """What this page has heard."""
    raw = page.evaluate("() => heard")
    summary = raw["summary"] or {"reviews": 0, "score": None}
    score = summary["score"]
    if score is not None:
        score = {name: value for name, value in score.items() if name != "verdicts"}
    return Heard(raw["frames"], raw["bytes"], raw["people"], raw["lags_s"], summary["reviews"], score)


def post(page: Page, path: str, form: dict[str, str]) -> None:
    """What a button of the console does, without leaving the page.

    Raises:
        DemoError: it was refused.
    """
    send = "([path, form]) => fetch(path, { method: 'POST', body: new URLSearchParams(form) }).then((a) => a.status)"
    status = page.evaluate(send, [path, form])
    if status >= 400:
        raise DemoError(f"{path} {form}: refused with status {status}")
