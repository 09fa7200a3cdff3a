"""Golden receipts: what each recording of the corpus comes to, and how a later answer is held against it.

The recordings are simulated (`tillfree.simulation.corpus`) and made anew for each run; only the receipts are stored.
"""

from collections.abc import Iterable, Iterator, Mapping
from functools import cache
from pathlib import Path

import msgspec

from tillfree.core.ids import ProductId, TrackId
from tillfree.evaluation.scoring import resolve_person
from tillfree.simulation.corpus import CORPUS, corpus_recordings
from tillfree.simulation.recording import SimulatedRecording
from tillfree.storage.recordings.model import Truth
from tillfree.store.replay import VisitResult

__all__ = ["FOLDER", "NAMES", "GoldenCase", "differences", "golden_of", "path_of", "read_golden", "recordings"]

FOLDER = Path(__file__).parent / "golden"
NAMES = [options.name for options in CORPUS]
TOLERANCE = 0.02
"""So far may a probability move without a change of the golden file: another order of sums is no other receipt."""

Items = dict[ProductId, int]


class GoldenLine(msgspec.Struct, frozen=True):
    """One line; the quantity is exact, the probability has two digits."""

    product: ProductId
    quantity: int
    probability: float


class GoldenReceipt(msgspec.Struct, frozen=True):
    """The receipt of one visit."""

    person: TrackId
    probability: float
    review: bool
    lines: tuple[GoldenLine, ...]

    def items(self) -> Items:
        """Quantity by product."""
        return {line.product: line.quantity for line in self.lines}


class GoldenCase(msgspec.Struct, frozen=True):
    """All receipts of a recording, visits in order of entry.

    They are what the program says. `differs_from_truth` names every person whose receipt is wrong and what they really
    carried out, so that nobody takes these receipts for the truth.
    """

    recording: str
    simulated: bool
    receipts: tuple[GoldenReceipt, ...]
    differs_from_truth: dict[TrackId, Items]


@cache
def recordings() -> Mapping[str, SimulatedRecording]:
    """The recordings of the corpus by name."""
    return {recording.name: recording for recording in corpus_recordings()}


def golden_of(name: str, visits: Iterable[VisitResult], truth: Truth) -> GoldenCase:
    """The golden case that a replay would make."""
    receipts = tuple(_receipt(visit) for visit in visits)
    return GoldenCase(name, True, receipts, _untrue(receipts, truth))


def _receipt(visit: VisitResult) -> GoldenReceipt:
    lines = tuple(GoldenLine(line.product, line.quantity, round(line.probability, 2)) for line in visit.lines)
    return GoldenReceipt(visit.track, round(visit.probability, 2), visit.review, lines)


def _untrue(receipts: Iterable[GoldenReceipt], truth: Truth) -> dict[TrackId, Items]:
    """What those with a wrong receipt really carried out; who was taken for two has both receipts added up."""
    had: dict[TrackId, Items] = {person: {} for person in truth.receipts}
    for receipt in receipts:
        items = had.setdefault(resolve_person(receipt.person, truth.aliases), {})
        for product, count in receipt.items().items():
            items[product] = items.get(product, 0) + count
    true = {person: dict(sorted(truth.receipts.get(person, {}).items())) for person in sorted(had)}
    return {person: items for person, items in true.items() if items != had[person]}


def path_of(name: str, folder: Path = FOLDER) -> Path:
    """Where the golden receipts of a recording lie."""
    return folder / f"{name}.json"


def read_golden(name: str) -> GoldenCase:
    """The stored golden receipts of a recording."""
    return msgspec.json.decode(path_of(name).read_bytes(), type=GoldenCase)


def differences(golden: GoldenCase, visits: Iterable[VisitResult]) -> list[str]:
    """How receipts differ from golden ones, in words: everything but small moves of a probability."""
    found = list(visits)
    persons, wanted = [visit.track for visit in found], [receipt.person for receipt in golden.receipts]
    if persons != wanted:
        return [f"{golden.recording}: receipts of {', '.join(persons)}, not of {', '.join(wanted)}"]
    return [
        f"{golden.recording}: {visit.track}: {what}"
        for receipt, visit in zip(golden.receipts, found, strict=True)
        for what in _differences(receipt, visit)
    ]


def _differences(receipt: GoldenReceipt, visit: VisitResult) -> Iterator[str]:
    had = {line.product: line for line in visit.lines}
    if len(had) != len(visit.lines):
        yield "a product stands in two lines"
    items = {product: line.quantity for product, line in had.items()}
    if items != receipt.items():
        yield f"{items}, not {receipt.items()}"
    if visit.review != receipt.review:
        yield f"{'for review' if visit.review else 'charged'}, which it was not"
    if abs(visit.probability - receipt.probability) > TOLERANCE + 1e-9:
        yield f"probability {visit.probability:.3f}, not {receipt.probability:.2f}"
    for line in receipt.lines:
        mine = had.get(line.product)
        if mine is not None and abs(mine.probability - line.probability) > TOLERANCE + 1e-9:
            yield f"{line.product}: probability {mine.probability:.3f}, not {line.probability:.2f}"
