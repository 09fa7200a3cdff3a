"""The evaluation of a folder: every recording below it, added up into one report."""

import re
from collections.abc import Callable, Iterable, Sequence
from pathlib import Path

import msgspec

from tillfree.core.errors import TillfreeError
from tillfree.evaluation.calibration import Calibration, calibrate
from tillfree.evaluation.cases import CaseReport, Solver, run_case
from tillfree.evaluation.errors import EvaluationError
from tillfree.evaluation.latency import CartLatencySummary, LatencySummary, summarise_carts, summarise_latencies
from tillfree.evaluation.policies import PolicyTable, PolicyTally, add_up
from tillfree.evaluation.predictions import CasePrediction, receipts_of
from tillfree.evaluation.resources import Machine, this_machine
from tillfree.evaluation.risk import RiskCoverage, risk_coverage
from tillfree.evaluation.scoring import Score, summarise
from tillfree.storage.recordings.model import Recording

__all__ = ["EvaluationReport", "GroupScore", "SpeedSummary", "Unreadable", "evaluate", "write_predictions"]


class Unreadable(msgspec.Struct, frozen=True):
    """A recording that could not be evaluated, and why."""

    case: str
    error: str


class GroupScore(msgspec.Struct, frozen=True):
    """The score of the recordings whose names differ in their last number only."""

    group: str
    score: Score


class SpeedSummary(msgspec.Struct, frozen=True, kw_only=True):
    """Cost of all recordings together; `slowest_times_real_time` is that of the slowest one.

    `times_real_time` is by the clock on the wall, `times_real_time_cpu` by the processor time of this process, which
    other programs on the machine disturb less.
    """

    duration_s: float
    events: int
    wall_s: float
    cpu_s: float
    times_real_time: float
    times_real_time_cpu: float
    slowest_times_real_time: float
    wall_ms_per_recorded_s: float
    peak_mib: float
    peak_is_own: bool


class EvaluationReport(msgspec.Struct, frozen=True, kw_only=True):
    """What `tillfree evaluate` found. Shares and probabilities are 0..1, times in seconds of the stream or the wall.

    `missing_receipts` counts persons of the truth who got no receipt at all; having no probability, they are in the
    score but not in calibration and risk.
    """

    folder: str
    version: str
    cases: tuple[CaseReport, ...]
    unreadable: tuple[Unreadable, ...]
    score: Score
    groups: tuple[GroupScore, ...]
    synthetic_cases: int
    receipts: Calibration
    lines: Calibration
    risk: RiskCoverage
    missing_receipts: int
    mistakes: dict[str, int]
    cart_latency: CartLatencySummary
    receipt_delay: LatencySummary
    speed: SpeedSummary
    machine: Machine
    policies: tuple[PolicyTally, ...] = ()


Source = tuple[str, Callable[[], Recording]]
"""A case: its name, and what opens its recording."""


def evaluate(
    sources: Iterable[Source],
    solve: Solver,
    *,
    folder: str = "",
    version: str = "",
    predictions: Path | None = None,
    on_case: Callable[[str], None] | None = None,
    policy: PolicyTable | None = None,
) -> EvaluationReport:
    """Runs and scores recordings one after the other; one that cannot be read is listed and does not stop the rest.

    With `predictions`, writes PREDICTIONS/<case>/receipts.json for every recording that could be read. `on_case` is
    called before each recording. `policy` is the table that is set, whose risk is measured beside that of others.

    Raises:
        EvaluationError: there is no recording, or predictions cannot be written.
    """
    cases: list[CaseReport] = []
    unreadable: list[Unreadable] = []
    for name, open_recording in sources:
        if on_case is not None:
            on_case(name)
        try:
            case, answer = run_case(name, open_recording(), solve, policy)
        except (TillfreeError, OSError) as error:
            unreadable.append(Unreadable(name, str(error)))
            continue
        cases.append(case)
        if predictions is not None:
            write_predictions(predictions, name, answer)
    if not cases and not unreadable:
        raise EvaluationError(f"{folder or 'nothing given'}: no recording found; name a folder that holds some")
    return summarise_cases(cases, unreadable, folder=folder, version=version)


def summarise_cases(
    cases: Sequence[CaseReport], unreadable: Sequence[Unreadable] = (), *, folder: str = "", version: str = ""
) -> EvaluationReport:
    """Adds up the reports of recordings."""
    scored = [case for case in cases if case.score is not None]
    number = {case.case: place for place, case in enumerate(scored)}
    receipts = [(r, number[c.case]) for c in scored for r in c.receipts]
    issued = [(r.probability, r.right, r.review, group) for r, group in receipts if r.probability is not None]
    lines = [(line, number[c.case]) for c in scored for line in c.lines]
    delays = [delay for case in cases for delay in case.receipt_delays_s]
    mistakes: dict[str, int] = {}
    for mistake in (m for case in scored for m in case.mistakes):
        mistakes[mistake.kind] = mistakes.get(mistake.kind, 0) + abs(mistake.quantity)
    return EvaluationReport(
        folder=folder,
        version=version,
        cases=tuple(cases),
        unreadable=tuple(unreadable),
        score=summarise([case.score for case in scored if case.score]),
        groups=_groups(scored),
        synthetic_cases=sum(case.synthetic for case in scored),
        receipts=calibrate([p for p, *_ in issued], [ok for _, ok, *_ in issued], [group for *_, group in issued]),
        lines=calibrate(
            [line.probability for line, _ in lines], [line.right for line, _ in lines], [group for _, group in lines]
        ),
        risk=risk_coverage(
            [p for p, *_ in issued],
            [ok for _, ok, *_ in issued],
            [review for _, _, review, _ in issued],
            [group for *_, group in issued],
        ),
        missing_receipts=len(receipts) - len(issued),
        mistakes=dict(sorted(mistakes.items())),
        cart_latency=summarise_carts(latency for case in cases for latency in case.latencies),
        receipt_delay=summarise_latencies(delays),
        speed=_speed(cases),
        machine=this_machine(),
        policies=add_up(tally for case in scored for tally in case.policies),
    )


def _groups(cases: Sequence[CaseReport]) -> tuple[GroupScore, ...]:
    """Recordings by name without the last number: SYN-R4-001 and SYN-R4-002 are a group. One group is no news."""
    members: dict[str, list[CaseReport]] = {}
    for case in cases:
        members.setdefault(re.sub(r"[-_ ]?\d+$", "", case.case) or case.case, []).append(case)
    if len(members) < 2:
        return ()
    return tuple(
        GroupScore(name, summarise([case.score for case in found if case.score]))
        for name, found in sorted(members.items())
    )


def _speed(cases: Sequence[CaseReport]) -> SpeedSummary:
    wall, duration = sum(case.cost.wall_s for case in cases), sum(case.duration_s for case in cases)
    cpu = sum(case.cost.cpu_s for case in cases)
    return SpeedSummary(
        duration_s=duration,
        events=sum(case.events for case in cases),
        wall_s=wall,
        cpu_s=cpu,
        times_real_time=duration / wall if wall else float("nan"),
        times_real_time_cpu=duration / cpu if cpu else float("nan"),
        slowest_times_real_time=min((case.times_real_time for case in cases), default=float("nan")),
        wall_ms_per_recorded_s=1000 * wall / duration if duration else float("nan"),
        peak_mib=max((case.cost.peak_mib for case in cases), default=float("nan")),
        peak_is_own=all(case.cost.peak_is_own for case in cases),
    )


def write_predictions(folder: Path, case: str, answer: CasePrediction) -> Path:
    """Writes FOLDER/<case>/receipts.json as `{"PERSON": {"BARCODE": quantity}}`, and returns its path.

    Raises:
        EvaluationError: the case would lie outside the folder, or the file cannot be written.
    """
    if case.startswith("/") or ".." in case.split("/"):
        raise EvaluationError(f"case {case!r} would be written outside {folder}; rename the recording")
    path = folder / case / "receipts.json"
    text = msgspec.json.format(msgspec.json.encode(receipts_of(answer.predictions), order="deterministic"), indent=1)
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        half = path.with_name(f".{path.name}.half")
        try:
            half.write_bytes(text + b"\n")
            half.replace(path)
        finally:
            half.unlink(missing_ok=True)
    except OSError as error:
        raise EvaluationError(f"{path}: predictions cannot be written ({error.strerror})") from error
    return path
