"""Visits: who came, who left, and who is the same person under another id."""

from collections.abc import Mapping

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tests.scenes import ns, shop
from tillfree.core.events import (
    Event,
    GatePassage,
    Joint,
    PeopleFrame,
    TrackedPerson,
    TrackJoined,
    TrackParted,
    VisitClosed,
    VisitOpened,
)
from tillfree.core.ids import TrackId
from tillfree.core.time import NS_PER_S
from tillfree.shopping.settings import ShoppingSettings
from tillfree.shopping.visits import Visits, temporary_code

Places = Mapping[str, tuple[float, float]]
DOOR = (0.5, -4.6)
SHELF = (0.5, -0.5)
SETTINGS = ShoppingSettings()


class Door:
    """Visits of a small shop, told in seconds; gathers what came out."""

    def __init__(self, *, zones: bool = True) -> None:
        self.visits = Visits(shop(door=zones), SETTINGS)
        self.out: list[Event] = []

    def see(self, second: float, places: Places, rate_hz: int = 10) -> None:
        """One frame of these people."""
        people = tuple(
            TrackedPerson(TrackId(name), (Joint("neck", x, y, 1.5, 0.9), Joint("head", x, y, 1.7, 0.9)))
            for name, (x, y) in places.items()
        )
        self.feed(PeopleFrame(time_ns=ns(second), source="t", sequence=round(second * rate_hz), people=people))

    def feed(self, event: Event) -> None:
        self.out += self.visits.update(event)

    def stay(self, start_s: float, end_s: float, places: Places) -> None:
        """Frames at 10 Hz from one second to before another."""
        for tenth in range(round(start_s * 10), round(end_s * 10)):
            self.see(tenth / 10, places)

    def walk(
        self, name: str, start_s: float, end_s: float, start: tuple[float, float], end: tuple[float, float]
    ) -> None:
        """One person alone goes from a place to a place."""
        for tenth in range(round(start_s * 10), round(end_s * 10)):
            share = (tenth / 10 - start_s) / (end_s - start_s)
            self.see(
                tenth / 10, {name: (start[0] + share * (end[0] - start[0]), start[1] + share * (end[1] - start[1]))}
            )

    def opened(self) -> list[VisitOpened]:
        return [e for e in self.out if isinstance(e, VisitOpened)]

    def closed(self) -> list[VisitClosed]:
        return [e for e in self.out if isinstance(e, VisitClosed)]

    def parted(self) -> list[TrackParted]:
        return [e for e in self.out if isinstance(e, TrackParted)]

    def joined(self) -> list[TrackJoined]:
        return [e for e in self.out if isinstance(e, TrackJoined)]


def visit_in_full(door: Door, name: str = "ann", start_s: float = 0.0) -> float:
    """In, to the shelf, out; returns the second at which the person was last seen."""
    door.walk(name, start_s, start_s + 4, DOOR, SHELF)
    door.stay(start_s + 4, start_s + 8, {name: SHELF})
    door.walk(name, start_s + 8, start_s + 12, SHELF, DOOR)
    return start_s + 11.9


# ---- in and out -------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("zones", [True, False])
def test_a_visit_opens_at_the_first_sight_and_closes_soon_after_the_last_at_the_door(zones: bool) -> None:
    door = Door(zones=zones)
    door.stay(0, 1, {})
    last_s = visit_in_full(door, start_s=1.0)
    (opened,) = door.opened()
    assert (opened.track, opened.time_ns, opened.anonymous) == ("ann", ns(1.0), False)
    assert door.closed() == []
    door.stay(last_s + 0.1, last_s + 4, {})
    (closed,) = door.closed()
    assert (closed.visit, closed.reason) == (opened.visit, "exit")
    assert ns(last_s) < closed.time_ns <= ns(last_s) + NS_PER_S


def test_standing_at_the_shelf_for_an_hour_closes_nothing() -> None:
    door = Door()
    door.walk("ann", 0, 4, DOOR, SHELF)
    for second in range(4, 3600, 5):
        door.see(second, {"ann": SHELF})
    assert door.closed() == []


def test_a_moment_unseen_at_the_door_is_no_exit() -> None:
    door = Door()
    door.walk("ann", 0, 0.5, DOOR, DOOR)
    door.stay(0.5, 0.9, {})
    door.walk("ann", 0.9, 4, DOOR, SHELF)
    assert len(door.opened()) == 1
    assert door.closed() == []


def test_who_comes_again_has_a_new_visit_and_a_new_code() -> None:
    door = Door()
    last_s = visit_in_full(door)
    door.stay(last_s + 0.1, 20, {})
    visit_in_full(door, start_s=20.0)
    door.stay(32, 36, {})
    first, second = door.opened()
    assert first.track == second.track == "ann"
    assert first.visit != second.visit
    assert first.code != second.code
    assert [c.visit for c in door.closed()] == [first.visit, second.visit]


def test_two_ids_in_one_frame_are_two_visits() -> None:
    door = Door()
    door.stay(0, 2, {"ann": DOOR, "bob": (1.5, -4.6)})
    assert sorted(o.track for o in door.opened()) == ["ann", "bob"]
    assert len({o.visit for o in door.opened()}) == 2
    assert len({e.id for e in door.out}) == len(door.out)


def test_one_id_twice_in_a_frame_is_one_visit() -> None:
    door = Door()
    twice = (TrackedPerson(TrackId("ann"), (Joint("neck", *DOOR, 1.5, 0.9),)),) * 2
    door.feed(PeopleFrame(time_ns=ns(0), source="t", sequence=0, people=twice))
    assert len(door.opened()) == 1


def test_somebody_without_a_single_joint_is_waited_for() -> None:
    door = Door()
    door.feed(PeopleFrame(time_ns=ns(0), source="t", sequence=0, people=(TrackedPerson(TrackId("ann")),)))
    assert door.out == []
    door.see(0.1, {"ann": DOOR})
    assert [o.track for o in door.opened()] == ["ann"]


def test_an_empty_shop_opens_nothing() -> None:
    door = Door()
    door.stay(0, 30, {})
    assert door.out == []
    assert door.visits.finish(ns(30)) == []


# ---- lost and found ---------------------------------------------------------------------------------------------


def test_who_is_lost_amid_the_shop_is_waited_for_and_then_closed_as_lost() -> None:
    door = Door()
    door.walk("ann", 0, 4, DOOR, SHELF)
    door.stay(4, 4 + SETTINGS.lost_after_ms / 1000 - 1, {})
    assert door.closed() == []
    door.stay(4 + SETTINGS.lost_after_ms / 1000 - 1, 4 + SETTINGS.lost_after_ms / 1000 + 1, {})
    assert [c.reason for c in door.closed()] == ["lost"]


@pytest.mark.parametrize("gap_s", [0.1, 1.0, 5.0])
def test_a_new_id_where_somebody_was_lost_is_the_same_visit(gap_s: float) -> None:
    door = Door()
    door.walk("ann", 0, 4, DOOR, SHELF)
    door.stay(4, 6, {"ann": SHELF})
    door.stay(6, 6 + gap_s, {})
    place = (SHELF[0] + 0.2, SHELF[1])
    door.stay(6 + gap_s, 14, {"ghost": place})
    door.walk("ghost", 14, 18, place, DOOR)
    door.stay(18, 22, {})
    (opened,), (joined,), (closed,) = door.opened(), door.joined(), door.closed()
    assert opened.visit == joined.visit == closed.visit
    assert (joined.track, closed.reason) == ("ghost", "exit")
    assert 0.0 < joined.probability <= 1.0


def test_the_new_id_belongs_to_the_one_who_was_lost_there() -> None:
    door = Door()
    both = {"ann": SHELF, "bob": (8.5, -0.5)}
    door.stay(0, 1, {"ann": DOOR, "bob": (8.5, -4.6)})
    door.stay(1, 6, both)
    door.stay(6, 8, {})
    door.see(8, {"x": (8.3, -0.6), "y": (0.6, -0.4)})
    visits = {o.track: o.visit for o in door.opened()}
    assert {j.track: j.visit for j in door.joined()} == {"x": visits[TrackId("bob")], "y": visits[TrackId("ann")]}


def test_a_new_id_beside_somebody_who_is_seen_is_somebody_else() -> None:
    door = Door()
    door.walk("ann", 0, 4, DOOR, SHELF)
    door.stay(4, 8, {"ann": SHELF, "ghost": (0.9, -0.6)})
    assert door.joined() == []
    assert [o.track for o in door.opened()] == ["ann", "ghost"]


def test_who_comes_in_while_somebody_is_lost_is_somebody_else() -> None:
    door = Door()
    door.walk("ann", 0, 4, DOOR, SHELF)
    door.stay(4, 5, {})
    door.walk("bob", 5, 9, DOOR, (1.1, -1.0))
    assert [o.track for o in door.opened()] == ["ann", "bob"]
    assert door.joined() == []


def lost_and_mistaken() -> Door:
    """Ann vanishes near the door as Bob comes in, who is taken for her; then she is seen again."""
    door = Door()
    door.walk("ann", 0, 4, DOOR, SHELF)
    door.walk("ann", 4, 7, SHELF, (0.4, -3.9))
    door.walk("bob", 7.2, 10, (0.4, -3.8), (1.4, -0.5))
    return door


def test_who_was_taken_for_somebody_else_parts_once_both_are_seen() -> None:
    door = lost_and_mistaken()
    (joined,) = door.joined()
    assert joined.track == "bob"
    door.stay(10, 12, {"ann": (0.3, -2.0), "bob": (1.4, -0.5)})
    first, second = door.opened()
    (parted,) = door.parted()
    assert (first.track, second.track) == ("ann", "bob")
    assert (parted.visit, parted.to_visit, parted.track) == (first.visit, second.visit, "bob")
    assert (parted.time_ns, parted.since_ns) == (second.time_ns, joined.time_ns) == (ns(10), ns(7.2))
    door.walk("ann", 12, 14, (0.3, -2.0), DOOR)
    door.walk("bob", 14, 18, (1.4, -0.5), DOOR)
    door.stay(18, 60, {})
    assert sorted(c.visit for c in door.closed()) == sorted([first.visit, second.visit])


def test_a_body_that_the_tracker_sees_twice_is_one_visitor() -> None:
    door = lost_and_mistaken()
    door.stay(10, 12, {"ann": (1.2, -0.6), "bob": (1.4, -0.5)})
    assert len(door.opened()) == 1
    assert door.parted() == []


def test_an_old_id_that_comes_back_is_the_same_visit() -> None:
    door = Door()
    door.walk("ann", 0, 4, DOOR, SHELF)
    door.stay(4, 10, {})
    door.stay(10, 12, {"ann": SHELF})
    assert len(door.opened()) == 1
    assert door.joined() == []


# ---- gates ------------------------------------------------------------------------------------------------------


def gate(second: float, track: str, direction: str, party: str = "") -> GatePassage:
    return GatePassage(
        time_ns=ns(second),
        source="gate",
        sequence=round(second * 10),
        track=TrackId(track),
        direction=direction,
        party=party,
    )


def test_a_gate_opens_and_closes_a_visit() -> None:
    door = Door()
    door.feed(gate(1, "ann", "in", party="family"))
    door.feed(gate(1.5, "ann", "in", party="family"))
    door.walk("ann", 2, 6, DOOR, SHELF)
    door.feed(gate(9, "ann", "out"))
    door.feed(gate(9.5, "ann", "out"))
    (opened,), (closed,) = door.opened(), door.closed()
    assert (opened.party, opened.time_ns) == ("family", ns(1))
    assert (closed.visit, closed.reason, closed.time_ns) == (opened.visit, "gate", ns(9))


def test_a_stranger_who_leaves_through_the_gate_is_nobody() -> None:
    door = Door()
    door.feed(gate(1, "ann", "out"))
    assert door.out == []


def test_a_gate_closes_a_visit_under_its_second_id() -> None:
    door = Door()
    door.walk("ann", 0, 4, DOOR, SHELF)
    door.stay(4, 5, {})
    door.stay(5, 6, {"ghost": SHELF})
    door.feed(gate(9, "ghost", "out"))
    assert [c.visit for c in door.closed()] == [door.opened()[0].visit]


# ---- codes ------------------------------------------------------------------------------------------------------


@given(track=st.text(min_size=1, max_size=20), time_ns=st.integers(0, 2**62))
def test_codes_are_short_plain_and_the_same_in_a_replay(track: str, time_ns: int) -> None:
    code = temporary_code(TrackId(track), time_ns)
    assert code == temporary_code(TrackId(track), time_ns)
    assert len(code) == 8
    assert code.isascii()
    assert code.isalnum()
    assert not set(code) & set("01OIl")


def test_codes_differ_per_visit_and_tell_nothing_of_the_person() -> None:
    codes = {temporary_code(TrackId(track), ns(second)) for track in ("ann", "bob") for second in range(2000)}
    assert len(codes) == 4000
    # Neighbouring moments share no more characters than chance would have it.
    pairs = zip(*(temporary_code(TrackId("ann"), ns(second)) for second in (1, 2)), strict=True)
    assert sum(a == b for a, b in pairs) <= 3


# ---- whatever happens -------------------------------------------------------------------------------------------

steps = st.lists(
    st.dictionaries(
        st.sampled_from(["ann", "bob", "cyd", "dan"]),
        st.tuples(st.floats(-1.0, 3.0), st.floats(-5.0, 0.0)),
        max_size=3,
    ),
    max_size=40,
)


@given(steps=steps, gap_s=st.sampled_from([0.1, 0.5, 3.0, 30.0]), zones=st.booleans())
def test_each_visit_opens_once_and_closes_once(
    steps: list[dict[str, tuple[float, float]]], gap_s: float, zones: bool
) -> None:
    door, again = Door(zones=zones), Door(zones=zones)
    for number, places in enumerate(steps):
        door.see(number * gap_s, places)
        again.see(number * gap_s, places)
    end_ns = ns(len(steps) * gap_s)
    out = [*door.out, *door.visits.finish(end_ns)]
    assert out == [*again.out, *again.visits.finish(end_ns)]
    there: set[str] = set()
    known: set[str] = set()
    for event in out:
        match event:
            case VisitOpened():
                assert event.visit not in known
                there.add(event.visit)
                known.add(event.visit)
            case TrackJoined():
                assert event.visit in there
            case TrackParted():
                assert {event.visit, event.to_visit} <= there
            case VisitClosed():
                there.remove(event.visit)
    assert there == set()
    assert [e.sequence for e in out] == list(range(1, len(out) + 1))
    assert [e.time_ns for e in out] == sorted(e.time_ns for e in out)
    if any(steps):
        assert known
