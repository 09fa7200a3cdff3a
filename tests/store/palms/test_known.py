"""Who is looked for is compared with a few others, too, and a place where strangers score high becomes stricter."""

from collections.abc import Sequence

import numpy as np

from tillfree.palm.strangers import ENOUGH
from tillfree.store.palms.known import KnownPalms
from tillfree.store.palms.recogniser import Sample


class Place:
    """A gallery in which everybody is as alike as a normal distribution says; the name of a person is the data."""

    def __init__(self, mean: float) -> None:
        self._rng, self._mean = np.random.default_rng(1), mean
        self.asked: list[bytes] = []

    def put(self, numbers: Sequence[int], data: Sequence[bytes]) -> None: ...

    def remove(self, number: int) -> None: ...

    def probe(self, sample: Sample) -> object:
        return sample

    def near(self, probe: object, count: int) -> Sequence[int]:
        assert isinstance(probe, Sample)
        assert count > 0
        return [1]

    def scores(self, probe: object, data: bytes) -> Sequence[float]:
        assert isinstance(probe, Sample)
        self.asked.append(data)
        return [float(self._rng.normal(self._mean, 1.5))]

    def __len__(self) -> int:
        return 0


def _known(place: Place, persons: int) -> KnownPalms:
    known = KnownPalms(place)
    known.put((number, f"p{number}", "left", f"p{number}".encode()) for number in range(1, persons + 1))
    return known


def _searched(known: KnownPalms, times: int) -> None:
    for _ in range(times):
        assert [match.subject for match in known.search([Sample((), "left")])] == ["p1"]


def test_where_strangers_score_high_a_threshold_rises_and_elsewhere_it_does_not() -> None:
    high, low = _known(Place(5.0), 40), _known(Place(-3.0), 40)
    for known in (high, low):
        _searched(known, ENOUGH // 2)
        assert len(known.strangers) >= ENOUGH
    assert high.strangers.raised(4.0, 1e-3) > 8.0
    assert low.strangers.raised(4.0, 1e-3) == 4.0


def test_everybody_has_their_turn_but_who_is_found_and_hands_that_are_not_shown() -> None:
    place = Place(0.0)
    known = _known(place, 7)
    known.put([(20, "other hand", "right", b"other hand")])
    _searched(known, 20)
    met = [name for name in place.asked if name != b"p1"]
    assert set(met) == {f"p{number}".encode() for number in range(2, 8)}
    assert len(known.strangers) == len(met)


def test_people_who_come_and_go_meanwhile_stop_nothing() -> None:
    known = _known(Place(0.0), 5)
    _searched(known, 1)
    known.put([(9, "p9", "left", b"p9")])
    _searched(known, 1)
    for number in (2, 3, 4, 5, 9):
        known.remove(number)
    _searched(known, 2)
    assert known.persons == 1
