"""Open-set identification, second tries, two hands, and newcomers who are known already."""

import dataclasses
import math
from collections.abc import Iterable, Sequence

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tillfree.palm.errors import PalmError
from tillfree.palm.features import Features
from tillfree.palm.index import Newcomer, PalmIndex, Reference, enrol_all, find_doubles, identify, rank
from tillfree.palm.index.ratios import of_hands, of_tries
from tillfree.palm.protection import ProtectedTemplate, Protector
from tillfree.palm.samples import HandSide
from tillfree.simulation.palms.features import FeatureModel

MODEL = FeatureModel(dimensions=128)
PROTECTOR = Protector(bytes(range(32)))
THRESHOLD = 3.0
RATIO = st.floats(-50, 50)


def hand(person: int, side: HandSide = "unknown", sample: int = 0) -> Features:
    number = 2 * person + (side == "right")
    return dataclasses.replace(MODEL.palm(1, number, sample), side=side)


class Site:
    """People by number, each with both hands."""

    def __init__(self, people: int, sides: Sequence[HandSide] = ("left", "right")) -> None:
        self.index = PalmIndex(PROTECTOR.key_id)
        self.people: dict[str, Reference] = {}
        self.owner: dict[int, str] = {}
        for person in range(people):
            templates = []
            for place, side in enumerate(sides):
                id_ = 10 * person + place
                features = hand(person, side)
                self.index.add([id_], PROTECTOR.search_code(features)[None])
                self.owner[id_] = str(person)
                templates.append(PROTECTOR.protect(features, id_.to_bytes(16, "little")))
            self.people[str(person)] = Reference(str(person), tuple(templates))

    def references(self, ids: Sequence[int]) -> Iterable[Reference]:
        return [self.people[name] for name in dict.fromkeys(self.owner[id_] for id_ in ids if id_ in self.owner)]


def test_a_person_is_found_by_either_hand_and_better_by_both() -> None:
    site = Site(8)
    one = identify(PROTECTOR, site.index, [[hand(5, "right", 1)]], site.references, threshold=THRESHOLD)
    both = identify(
        PROTECTOR, site.index, [[hand(5, "right", 1)], [hand(5, "left", 1)]], site.references, threshold=THRESHOLD
    )
    assert one.person == both.person == "5"
    assert both.ranked[0].log_ratio > one.ranked[0].log_ratio + 1.0


def test_a_stranger_is_nobody() -> None:
    site = Site(8)
    found = identify(PROTECTOR, site.index, [[hand(99, "left", 1)]], site.references, threshold=THRESHOLD)
    assert (found.outcome, found.person) == ("no match", None)
    assert len(found.ranked) == 8


def test_two_persons_over_the_threshold_are_nobody_yet() -> None:
    site = Site(4)
    site.people["2"] = Reference("2", site.people["1"].templates)
    found = identify(PROTECTOR, site.index, [[hand(1, "left", 1)]], site.references, threshold=THRESHOLD)
    assert (found.outcome, found.person) == ("ambiguous", None)
    assert {found.ranked[0].person, found.ranked[1].person} == {"1", "2"}


def test_somebody_who_is_gone_from_the_store_is_not_found() -> None:
    site = Site(4)
    del site.owner[10], site.owner[11]
    found = identify(PROTECTOR, site.index, [[hand(1, "left", 1)]], site.references, threshold=THRESHOLD)
    assert found.outcome == "no match"


def test_an_empty_site_knows_nobody() -> None:
    site = Site(0)
    found = identify(PROTECTOR, site.index, [[hand(1)]], site.references, threshold=THRESHOLD)
    assert found.ranked == ()


def test_a_hand_of_the_other_side_says_nothing() -> None:
    site = Site(2, sides=("left",))
    ranked = rank(PROTECTOR, [[hand(1, "right", 1)]], site.people.values())
    assert [entry.log_ratio for entry in ranked] == [0.0, 0.0]


def test_a_second_try_helps_after_a_bad_first_one() -> None:
    site = Site(6)
    bad = hand(77, "left", 1)
    tries = identify(PROTECTOR, site.index, [[bad, hand(3, "left", 1)]], site.references, threshold=THRESHOLD)
    assert tries.person == "3"
    assert identify(PROTECTOR, site.index, [[bad]], site.references, threshold=THRESHOLD).person is None


@pytest.mark.parametrize("hands", [[], [[]], [[hand(1)], [hand(1)], [hand(1)]]])
def test_a_search_takes_one_or_two_hands(hands: list[list[Features]]) -> None:
    site = Site(1)
    with pytest.raises(PalmError, match="one or two hands"):
        identify(PROTECTOR, site.index, hands, site.references, threshold=THRESHOLD)


@given(st.lists(RATIO, min_size=1, max_size=5))
def test_tries_are_the_mean_of_ratios(ratios: list[float]) -> None:
    together = of_tries(ratios)
    assert min(ratios) - 1e-9 <= together <= max(ratios) + 1e-9
    assert together >= max(ratios) - math.log(len(ratios)) - 1e-9
    assert math.exp(together) == pytest.approx(sum(math.exp(ratio) for ratio in ratios) / len(ratios), rel=1e-6)


def test_nothing_says_nothing() -> None:
    assert of_tries([]) == of_hands([]) == 0.0
    assert of_tries([-math.inf, -math.inf]) == -math.inf
    assert of_hands([1.5, -0.5]) == 1.0


def newcomer(id_: int, features: Features) -> Newcomer:
    return Newcomer(id_, features, PROTECTOR.protect(features, (1000 + id_).to_bytes(16, "little")))


def test_newcomers_who_are_known_are_told_and_left_out() -> None:
    site = Site(6, sides=("left",))
    stored: dict[int, ProtectedTemplate] = {10 * n: site.people[str(n)].templates[0] for n in range(6)}
    newcomers = [
        newcomer(100, hand(50, "left")),
        newcomer(101, hand(2, "left", 1)),
        newcomer(102, hand(51, "left")),
        newcomer(103, hand(50, "left", 1)),
    ]
    doubles = enrol_all(PROTECTOR, site.index, newcomers, stored.get, threshold=THRESHOLD)
    assert [(double.id, double.known_id) for double in doubles] == [(101, 20), (103, 100)]
    assert {id_ for id_ in range(100, 104) if id_ in site.index} == {100, 102}


def test_nobody_new_is_nobody_twice() -> None:
    site = Site(2, sides=("left",))
    assert find_doubles(PROTECTOR, site.index, [], lambda _: None, threshold=THRESHOLD) == ()
    gone = find_doubles(PROTECTOR, site.index, [newcomer(100, hand(1, "left", 1))], lambda _: None, threshold=THRESHOLD)
    assert gone == ()
