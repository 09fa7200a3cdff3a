"""When the hand that did an act is seen to leave the shelf."""

import gc
import itertools
from collections.abc import Iterator, Mapping, Sequence

import msgspec
import pytest

from tillfree.core.events import Event, Joint, PeopleFrame, TrackedPerson
from tillfree.core.geometry import Point
from tillfree.core.ids import FixtureId, PlateRef, TrackId
from tillfree.evaluation.hands import Watch, hands_leaving
from tillfree.storage.recordings.model import TruthAct

ANN, BOB = TrackId("ann"), TrackId("bob")
PLATES = {PlateRef(FixtureId("rack"), 1, plate): Point(0.1 * plate, 0.0, 1.0) for plate in (1, 2, 3)}
ACT_S = 5.0
Path = Sequence[tuple[float, float]]
"""Knots (second, distance in metres from the middle plate)."""
RIGHT: Path = ((4.0, 0.8), (4.5, 0.1), (5.4, 0.1), (5.9, 0.6), (20.0, 0.6))
"""A hand that comes, stays until 0.4 s after the act, and goes with 1 m/s: 0.25 m are reached at 5.55 s."""
IDLE: Path = ((0.0, 0.7), (20.0, 0.7))


def act(second: float = ACT_S, kind: str = "take", who: TrackId = ANN, plates: tuple[int, ...] = (1, 2, 3)) -> TruthAct:
    return TruthAct(round(second * 1e9), who, kind, fixture="rack", shelf=1, plates=plates)


def along(path: Path, second: float) -> float:
    for (begin_s, begin_m), (end_s, end_m) in itertools.pairwise(path):
        if second <= end_s:
            return begin_m + (end_m - begin_m) * max(0.0, second - begin_s) / (end_s - begin_s)
    return path[-1][1]


def frames(
    wrists: Mapping[str, Path] | None = None,
    track: TrackId = ANN,
    hidden: tuple[float, float] = (0.0, 0.0),
    odd: Mapping[int, float] | None = None,
) -> list[Event]:
    """Ten frames a second for 12 s; no wrist while `hidden`, and `odd` distances of the right one in some frames."""
    wrists = {"r_wrist": RIGHT, "l_wrist": IDLE} if wrists is None else wrists
    events: list[Event] = []
    for number in range(120):
        second = number / 10
        joints = [Joint("head", 0.2, -0.5, 1.7, 0.9)]
        if not hidden[0] < second < hidden[1]:
            for name, path in wrists.items():
                away_m = along(path, second)
                if odd and name == "r_wrist":
                    away_m = odd.get(number, away_m)
                joints.append(Joint(name, 0.2, -away_m, 1.0, 0.9))
        person = TrackedPerson(track, tuple(joints))
        events.append(PeopleFrame(time_ns=number * 10**8, source="t", sequence=number, people=(person,)))
    return events


def left(acts: list[TruthAct], events: list[Event], aliases: dict[TrackId, TrackId] | None = None) -> dict[int, float]:
    return {number: ns / 1e9 for number, ns in hands_leaving(acts, events, PLATES, aliases or {}).items()}


def test_hand_has_left_when_it_is_farther_than_at_its_nearest() -> None:
    assert left([act()], frames()) == {0: 5.6}


@pytest.mark.parametrize("kind", ["put", "take"])
def test_the_wrist_that_came_nearest_did_it(kind: str) -> None:
    assert left([act(kind=kind)], frames({"l_wrist": RIGHT, "r_wrist": IDLE})) == {0: 5.6}
    assert left([act(kind=kind)], frames({"l_wrist": RIGHT})) == {0: 5.6}


@pytest.mark.parametrize("kind", ["touch", "lift", "give"])
def test_other_acts_have_no_such_moment(kind: str) -> None:
    assert left([act(kind=kind)], frames()) == {}


def test_a_hand_that_passed_the_front_of_the_shelf_on_its_way_in_has_not_left() -> None:
    deep: Path = ((4.0, 0.8), (4.5, 0.02), (4.8, 0.3), (5.4, 0.3), (5.7, 0.02), (6.3, 0.62), (20.0, 0.62))
    assert left([act()], frames({"r_wrist": deep})) == {0: 5.9}


def test_a_single_wild_sight_is_not_leaving() -> None:
    assert left([act()], frames(odd={52: 0.4})) == {0: 5.6}


def test_nobody_knows_when_a_hidden_hand_left() -> None:
    assert left([act()], frames(hidden=(4.0, 5.05))) == {}  # first seen after the act
    assert left([act()], frames(hidden=(5.05, 5.75))) == {}  # gone while it was hidden
    assert left([act()], frames(hidden=(5.05, 5.45))) == {0: 5.6}  # hidden, but back in time


def test_a_wrist_that_was_never_near_did_not_do_it() -> None:
    assert left([act()], frames({"l_wrist": IDLE})) == {}


def test_a_wrist_that_leaps_away_is_somebody_elses() -> None:
    assert left([act()], frames(odd=dict.fromkeys(range(51, 120), 0.9))) == {}


def test_a_hand_that_stays_has_not_left() -> None:
    assert left([act()], frames({"r_wrist": ((4.0, 0.8), (4.5, 0.1), (20.0, 0.1))})) == {}


def test_only_the_person_who_acted_counts_under_any_of_their_ids() -> None:
    again = TrackId("ann-again")
    assert left([act()], frames(track=BOB)) == {}
    assert left([act()], frames(track=again)) == {}
    assert left([act()], frames(track=again), {again: ANN}) == {0: 5.6}
    assert left([act(who=again)], frames(), {again: ANN}) == {0: 5.6}


def test_plates_that_are_nowhere_have_no_hands() -> None:
    assert left([act(plates=())], frames()) == {}
    assert left([act(plates=(7,))], frames()) == {}
    assert left([act(plates=(2, 7))], frames()) == {0: 5.6}


def test_acts_are_told_apart_by_their_place_whatever_their_order() -> None:
    twice: Path = (*RIGHT[:-1], (7.0, 0.6), (7.5, 0.1), (8.4, 0.1), (8.9, 0.6), (20.0, 0.6))
    assert left([act(8.0), act(kind="touch"), act()], frames({"r_wrist": twice})) == {0: 8.6, 2: 5.6}


def test_order_within_a_second_does_not_matter_and_the_end_comes_early() -> None:
    events = frames()
    assert left([act()], [*events[:50], *reversed(events[50:59]), *events[59:]]) == {0: 5.6}
    assert left([act()], events[:58]) == {0: 5.6}
    assert left([act()], events[:55]) == {}
    assert left([act()], []) == {}


def test_only_the_acts_of_the_last_seconds_are_held() -> None:
    """Ten minutes are read as a stream; what was noted for an act is let go a few seconds after it."""
    held: list[int] = []

    def stream() -> Iterator[Event]:
        for tens in range(60):
            for event in frames()[:100]:
                yield msgspec.structs.replace(event, time_ns=event.time_ns + tens * 10**10)
            held.append(sum(isinstance(thing, Watch) and bool(thing.sights["r_wrist"]) for thing in gc.get_objects()))

    acts = [act(ACT_S + 10 * tens) for tens in range(60)]
    assert len(hands_leaving(acts, stream(), PLATES, {})) == 60
    assert max(held) == 1
