"""A recording and a store that say what a test wants them to say."""

from collections.abc import Iterator

from tillfree.catalog.model import Product, Shop
from tillfree.core.events import CartLine, Event, PeopleFrame, TrackedPerson
from tillfree.core.ids import ProductId, TrackId
from tillfree.core.time import NS_PER_S
from tillfree.evaluation.cases import Solver
from tillfree.evaluation.predictions import CasePrediction, Items, Prediction
from tillfree.storage.recordings.model import Recording, RecordingError, Truth

START_NS = 1_700_000_000 * NS_PER_S
TEA, JAM = ProductId("tea"), ProductId("jam")
SHOP = Shop("stand-in", (Product(TEA, "Tea", weight_g=100.0), Product(JAM, "Jam", weight_g=300.0)), (), ())


class FakeRecording:
    """Ten seconds in which the tracker sees `tracks`; reading fails after the first event where `broken`."""

    def __init__(self, name: str, truth: Truth | None, tracks: tuple[str, ...] = (), *, broken: bool = False) -> None:
        self.name = name
        self.shop = SHOP
        self.truth = truth
        self.warnings: dict[str, int] = {}
        self._tracks = tracks
        self._broken = broken

    def events(self) -> Iterator[Event]:
        """A frame per second; everybody is gone in the last two."""
        for second in range(11):
            people = self._tracks if second < 9 else ()
            yield PeopleFrame(
                time_ns=START_NS + second * NS_PER_S,
                source="cameras",
                sequence=second,
                people=tuple(TrackedPerson(TrackId(track)) for track in people),
            )
            if self._broken:
                raise RecordingError(f"{self.name}: damaged after the first event")

    def duration_ns(self) -> int | None:
        """Not known without reading."""
        return None


def truth_of(**receipts: Items) -> Truth:
    """A truth with these receipts and no acts."""
    return Truth(receipts={TrackId(person): items for person, items in receipts.items()}, synthetic=True)


def prediction(person: str, items: Items, probability: float = 0.9, *, review: bool = False) -> Prediction:
    """A receipt whose lines all have the probability of the whole; it comes half a second after the last sight."""
    return Prediction(
        person=TrackId(person),
        items=items,
        probability=probability,
        review=review,
        lines=tuple(CartLine(product, count, probability) for product, count in items.items()),
        receipt_ns=START_NS + 8 * NS_PER_S + NS_PER_S // 2,
    )


def answering(*predictions: Prediction) -> Solver:
    """A store that reads the recording and then always says this."""

    def solve(recording: Recording) -> CasePrediction:
        assert recording.truth is None, "the solver must not see the truth"
        for _ in recording.events():
            pass
        return CasePrediction(predictions=predictions)

    return solve
