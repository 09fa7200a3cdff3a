"""Who is looked for is compared with a few others, too, and a place where strangers score high becomes stricter."""

from collections.abc import Collection, Sequence

import numpy as np
import pytest

from tillfree.palm.strangers import ENOUGH
from tillfree.storage.palm_vault.records import Hand, Template
from tillfree.store.palms.known import KnownPalms
from tillfree.store.palms.recogniser import Sample


class Place:
    """A gallery in which everybody is as alike as a normal distribution says; the name of a person is the template."""

    def __init__(self, mean: float, nearest: Sequence[int] = (0,)) -> None:
        self._rng, self._mean, self._nearest = np.random.default_rng(1), mean, nearest
        self.asked: list[bytes] = []

    def put(self, places: Sequence[int], sketches: Sequence[bytes]) -> None: ...

    def remove(self, places: Sequence[int]) -> None: ...

    def probe(self, sample: Sample) -> object:
        return sample

    def near(self, probe: object, count: int) -> Sequence[int]:
        assert isinstance(probe, Sample)
        assert count > 0
        return self._nearest

    def scores(self, probe: object, data: bytes) -> Sequence[float]:
        assert isinstance(probe, Sample)
        self.asked.append(data)
        return [float(self._rng.normal(self._mean, 1.5))]

    def __len__(self) -> int:
        return 0


def _opened(subjects: Collection[str]) -> dict[str, Sequence[Template]]:
    return {name: [_template(name, "right" if name == "other hand" else "left")] for name in subjects}


def _template(name: str, hand: Hand) -> Template:
    return Template(hand=hand, band="nir", scheme="test", made_ns=1, data=name.encode())


def _known(place: Place, persons: int) -> KnownPalms:
    known = KnownPalms(place, _opened, 16)
    known.put({f"p{number}": [b"sketch"] for number in range(1, persons + 1)})
    return known


def _searched(known: KnownPalms, times: int, needed: float | None = -100.0) -> None:
    """Looks for `p1`, who is recognised."""
    for _ in range(times):
        assert [match.subject for match in known.search([Sample((), "left")], needed=needed)] == ["p1"]


def test_where_strangers_score_high_a_threshold_rises_and_elsewhere_it_does_not() -> None:
    high, low = _known(Place(5.0), 40), _known(Place(-3.0), 40)
    for known in (high, low):
        _searched(known, ENOUGH + ENOUGH // 20)
        assert len(known.strangers) >= ENOUGH
    assert high.strangers.raised(4.0, 1e-3) > 8.0
    assert low.strangers.raised(4.0, 1e-3) == 4.0


class Owned(Place):
    """The same, but for one person who is really there."""

    def scores(self, probe: object, data: bytes) -> Sequence[float]:
        scores = super().scores(probe, data)
        return [50.0] if data == b"p1" else scores


def test_those_who_look_most_alike_are_strangers_too() -> None:
    known = _known(Owned(0.0, range(40)), 40)
    for _ in range(4500):
        known.search([Sample((), "left")], needed=20.0)
    scores = np.array(known.strangers.scores)
    # Of a normal distribution with a deviation of 1.5, whole and not cut off above.
    assert float(np.quantile(scores, 0.99)) == pytest.approx(1.5 * 2.326, rel=0.08)
    assert float((scores > 1.5 * 3.0).mean()) > 3e-4


def test_where_nobody_is_to_be_recognised_nobody_is_met() -> None:
    known = _known(Place(0.0), 7)
    _searched(known, 3, needed=None)
    assert len(known.strangers) == 0


def test_everybody_has_their_turn_but_who_is_recognised_and_hands_that_are_not_shown() -> None:
    place = Place(0.0)
    known = _known(place, 7)
    known.put({"other hand": [b"sketch"]})
    _searched(known, 20)
    met = [name for name in place.asked if name != b"p1"]
    assert set(met) == {f"p{number}".encode() for number in range(2, 8)}
    assert len(known.strangers) == len(met)


def test_people_who_come_and_go_meanwhile_stop_nothing() -> None:
    known = _known(Place(0.0), 5)
    _searched(known, 1)
    known.put({"p9": [b"sketch"]})
    _searched(known, 1)
    known.remove([f"p{number}" for number in (2, 3, 4, 5, 9)])
    _searched(known, 2)
    assert known.persons == 1


def test_nothing_is_learned_where_nobody_is_recognised() -> None:
    """One of them may be the very person, whose hand was held badly."""
    known = _known(Place(0.0, range(40)), 40)
    for _ in range(50):
        known.search([Sample((), "left")], needed=100.0)
    assert len(known.strangers) == 0


class Alike(Place):
    """A gallery that names everybody, and in which one person alone is like what is shown."""

    def __init__(self, own: str, order: Sequence[int]) -> None:
        super().__init__(0.0, order)
        self._own = own.encode()

    def scores(self, probe: object, data: bytes) -> Sequence[float]:
        assert isinstance(probe, Sample)
        self.asked.append(data)
        return [20.0 if data == self._own else -2.0]


@pytest.mark.parametrize("place", [0, 20, 39])
def test_few_are_compared_in_full_and_the_right_one_is_among_them_wherever_the_index_puts_them(place: int) -> None:
    order = [number for number in range(40) if number != 7]
    order.insert(place, 7)
    gallery = Alike("p8", order)  # people are numbered from 1, their places from 0
    shown = [Sample((), "left")] * 6
    matches = _known(gallery, 40).search(shown)
    assert matches[0].subject == "p8"
    assert matches[0].log_ratio == pytest.approx(20.0)
    assert len(matches) <= 5
    assert len(gallery.asked) <= 40 + 5 * len(shown)


def test_who_cannot_be_compared_with_the_first_sample_is_with_another() -> None:
    """Of two hands each person has one; the index names them all."""
    gallery = Alike("other hand", range(9))
    known = KnownPalms(gallery, _opened, 16)
    known.put({name: [b"sketch"] for name in [f"p{number}" for number in range(8)] + ["other hand"]})
    matches = known.search([Sample((), "left"), Sample((), "right")])
    assert matches[0].subject == "other hand"
    assert matches[0].log_ratio == pytest.approx(20.0)
