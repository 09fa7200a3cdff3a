"""Who came in on which entry, and who came in on none."""

from collections.abc import Callable

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tillfree.core.events import (
    EntryGranted,
    Event,
    GatePassage,
    SensorIssue,
    TrackJoined,
    TrackParted,
    VisitBound,
    VisitClosed,
    VisitOpened,
    encode_event,
)
from tillfree.core.ids import TrackId, TripId, VisitId
from tillfree.core.time import NS_PER_S
from tillfree.identity.arrivals import MIXED_UP, NOBODY_CAME, PIGGY_BACKING, TAILGATING, Arrivals, told_visit
from tillfree.identity.settings import EntrySettings

REQUIRED = EntrySettings(required=True)


def ns(second: float) -> int:
    return 10**18 + round(second * NS_PER_S)


def granted(second: float, trip: str = "t1", size: int = 1, gate: str = "gate") -> EntryGranted:
    return EntryGranted(
        time_ns=ns(second), source=gate, sequence=round(second * 10), trip=TripId(trip), group_size=size
    )


def opened(second: float, name: str, *, anonymous: bool = False) -> VisitOpened:
    return VisitOpened(
        time_ns=ns(second), source="visits", sequence=0, visit=VisitId(name.upper()), track=TrackId(name),
        code=name.upper(), anonymous=anonymous,
    )  # fmt: skip


def passage(second: float, name: str, gate: str = "gate", direction: str = "in") -> GatePassage:
    return GatePassage(time_ns=ns(second), source=gate, sequence=0, track=TrackId(name), direction=direction)


def closed(second: float, name: str) -> VisitClosed:
    return VisitClosed(time_ns=ns(second), source="visits", sequence=0, visit=VisitId(name.upper()), reason="exit")


class Door:
    """Feeds events in their order, and says in short what came out."""

    def __init__(self, settings: EntrySettings = REQUIRED) -> None:
        self.arrivals = Arrivals(settings)
        self.out: list[Event] = []

    def see(self, *events: Event, until: float = 0.0) -> "Door":
        for event in sorted(events, key=lambda event: event.time_ns):
            self.out += self.arrivals.tick(event.time_ns)
            match event:
                case EntryGranted():
                    self.out += self.arrivals.grant(event)
                case GatePassage():
                    self.out += self.arrivals.step([], event)
                case _:
                    self.out += self.arrivals.step([event])
        if until:
            self.out += self.arrivals.tick(ns(until))
        return self

    def together(self, *events: Event, cause: Event | None = None) -> "Door":
        self.out += self.arrivals.step(events, cause)
        return self

    @property
    def bound(self) -> dict[str, str]:
        return {event.visit: event.trip for event in self.out if isinstance(event, VisitBound)}

    @property
    def issues(self) -> list[tuple[str, str]]:
        return [(event.problem, told_visit(event)) for event in self.out if isinstance(event, SensorIssue)]


def test_whoever_comes_after_the_grant_is_of_it() -> None:
    door = Door().see(granted(0), opened(2, "ann"), until=100)
    assert door.bound == {"ANN": "t1"}
    assert door.issues == []


def test_whoever_stood_at_the_terminal_is_of_it() -> None:
    door = Door().see(opened(0, "ann"), granted(4), until=100)
    assert door.bound == {"ANN": "t1"}
    assert door.issues == []


def test_a_grant_is_over_after_a_while() -> None:
    assert Door().see(granted(0), opened(20, "ann"), until=19.9 + 20).bound == {"ANN": "t1"}
    late = Door().see(granted(0), opened(20.1, "ann"), until=100)
    assert late.bound == {}
    assert late.issues == [(NOBODY_CAME, "t1"), (TAILGATING, "ANN")]


def test_a_tailgater_and_one_who_comes_along() -> None:
    door = Door().see(granted(0), opened(1, "ann"), opened(2, "bob"), opened(60, "cid"), until=100)
    assert door.bound == {"ANN": "t1"}
    assert door.issues == [(PIGGY_BACKING, "BOB"), (TAILGATING, "CID")]


def test_a_group_comes_in_on_one_entry() -> None:
    door = Door().see(
        granted(0, size=3), *(opened(k, name) for k, name in enumerate(("a", "b", "c", "d"), 1)), until=50
    )
    assert door.bound == {"A": "t1", "B": "t1", "C": "t1"}
    assert door.issues == [(PIGGY_BACKING, "D")]


def test_two_grants_in_a_row_are_taken_in_their_order() -> None:
    door = Door().see(granted(0, "t1"), granted(3, "t2"), opened(4, "ann"), opened(5, "bob"), until=50)
    assert door.bound == {"ANN": "t1", "BOB": "t2"}


def test_a_queue_at_one_terminal_is_let_in_one_by_one() -> None:
    door = Door().see(opened(0, "ann"), opened(1, "bob"), granted(2, "t1"), granted(4, "t2"), until=50)
    assert door.bound == {"ANN": "t1", "BOB": "t2"}
    assert door.issues == []


def test_the_gate_of_a_passage_tells_whose_grant_it_is() -> None:
    door = Door()
    door.see(granted(0, "t1", gate="gate/1"), granted(1, "t2", gate="gate/2"))
    door.together(opened(2, "bob"), cause=passage(2, "bob", "gate/2"))
    door.together(opened(3, "ann"), cause=passage(3, "ann", "gate/1"))
    assert door.bound == {"BOB": "t2", "ANN": "t1"}


def test_a_passage_counts_from_its_own_moment() -> None:
    """Somebody stands before the gate for a minute, is told of, then comes in as they should."""
    door = Door().see(opened(0, "ann"), granted(60), passage(62, "ann"), until=100)
    assert door.bound == {"ANN": "t1"}
    assert door.issues == [(TAILGATING, "ANN")]
    # And nobody is accused twice.
    again = Door().see(opened(0, "ann"), passage(30, "ann"), passage(60, "ann"), until=100)
    assert again.issues == [(TAILGATING, "ANN")]


def test_out_is_no_way_in() -> None:
    door = Door().see(opened(0, "ann"), granted(60), passage(62, "ann", direction="out"), until=100)
    assert door.bound == {}


def test_a_visit_that_parts_is_of_the_time_when_it_began() -> None:
    door = Door()
    door.see(granted(0, "t1", size=2), opened(1, "ann"))
    door.see(
        TrackJoined(
            time_ns=ns(3), source="visits", sequence=0, visit=VisitId("ANN"), track=TrackId("x"), probability=0.6
        )
    )
    door.see(granted(40, "t2"))
    parted = TrackParted(
        time_ns=ns(45), source="visits", sequence=0, visit=VisitId("ANN"), to_visit=VisitId("X"), track=TrackId("x"),
        since_ns=ns(3),
    )  # fmt: skip
    door.together(opened(45, "x"), parted)
    assert door.bound == {"ANN": "t1", "X": "t1"}
    # The entry that is open now is somebody else's, and stays so.
    door.see(opened(46, "bob"), until=100)
    assert door.bound["BOB"] == "t2"


def test_a_passage_of_a_track_that_joined_is_of_its_visit() -> None:
    door = Door().see(opened(0, "ann"))
    door.see(
        TrackJoined(
            time_ns=ns(30), source="visits", sequence=0, visit=VisitId("ANN"), track=TrackId("y"), probability=0.6
        )
    )
    door.see(granted(40), passage(41, "y"))
    assert door.bound == {"ANN": "t1"}


def test_whoever_leaves_at_once_is_not_accused() -> None:
    assert Door().see(opened(0, "ann"), closed(2, "ann"), until=50).issues == []


def test_where_nobody_needs_an_entry_nobody_is_accused() -> None:
    door = Door(EntrySettings()).see(opened(0, "ann"), granted(50), opened(51, "bob"), opened(52, "cid"), until=100)
    assert door.bound == {"BOB": "t1"}
    assert door.issues == []


def test_without_the_gate_nothing_is_said() -> None:
    door = Door(EntrySettings()).see(opened(0, "ann"), passage(1, "ann"), closed(9, "ann"), until=100)
    assert door.out == []


def test_an_anonymous_visit_is_of_no_entry() -> None:
    door = Door().see(granted(0), opened(1, "x", anonymous=True), until=15)
    assert (door.bound, door.issues) == ({}, [])


def test_a_grant_twice_is_one() -> None:
    door = Door().see(granted(0), granted(1), opened(2, "ann"), opened(3, "bob"), until=60)
    assert door.bound == {"ANN": "t1"}


def test_an_unused_entry_is_told_once() -> None:
    door = Door().see(granted(0), until=21).see(until=300).see(until=2000)
    assert door.issues == [(NOBODY_CAME, "t1")]


def test_whoever_walked_away_is_not_charged_for_the_next_one() -> None:
    """The first one taps and goes; the second taps and comes in: whose entry that was, nobody can say."""
    door = Door().see(granted(0, "gone"), granted(6, "here"), opened(8, "bob"), until=100)
    assert door.issues == [(NOBODY_CAME, "here"), (MIXED_UP, "BOB")]
    # Both come: then each is of one, and nothing is told.
    assert Door().see(granted(0), granted(6, "t2"), opened(8, "ann"), opened(9, "bob"), until=100).issues == []
    # The first was over when the second came.
    late = Door().see(granted(0, "gone"), granted(30, "here"), opened(32, "bob"), until=100)
    assert late.bound == {"BOB": "here"}
    assert late.issues == [(NOBODY_CAME, "gone")]


def test_the_gate_that_was_passed_clears_it_up() -> None:
    door = Door().see(granted(0, "t1", gate="gate/1"), granted(1, "t2", gate="gate/2"), opened(2, "ann"))
    door.see(passage(3, "ann", "gate/1"), until=100)
    assert door.issues == [(NOBODY_CAME, "t2")]
    other = Door().see(granted(0, "t1", gate="gate/1"), granted(1, "t2", gate="gate/2"), opened(2, "ann"))
    other.see(passage(3, "ann", "gate/2"), until=100)
    assert other.issues == [(NOBODY_CAME, "t2"), (MIXED_UP, "ANN")]


def test_an_entry_that_nobody_used_is_nobodys_later() -> None:
    """A tracker tells two people apart minutes later: the second is put to nobody who had walked away long before."""
    door = Door().see(granted(0, "t1"), opened(1, "ann"), granted(2, "gone"), until=60)
    assert door.issues == [(NOBODY_CAME, "gone")]
    parted = TrackParted(
        time_ns=ns(300), source="visits", sequence=0, visit=VisitId("ANN"), to_visit=VisitId("X"), track=TrackId("x"),
        since_ns=ns(3),
    )  # fmt: skip
    door.together(opened(300, "x"), parted).see(until=400)
    assert door.bound == {"ANN": "t1"}
    assert door.issues[1:] == [(PIGGY_BACKING, "X")]


def test_an_issue_of_another_source_is_none_of_ours() -> None:
    issue = SensorIssue(time_ns=1, source="gate", sequence=1, device="entry/ANN", problem=TAILGATING, detail="")
    assert told_visit(issue) == ""


moments = st.floats(0, 120, allow_nan=False).map(lambda second: round(second, 1))


@given(
    grants=st.lists(st.tuples(moments, st.integers(1, 4)), max_size=8),
    visits=st.lists(moments, max_size=12),
    passing=st.booleans(),
)
def test_whatever_happens(grants: list[tuple[float, int]], visits: list[float], passing: bool) -> None:
    events: list[Event] = [granted(second, f"t{k}", size) for k, (second, size) in enumerate(grants)]
    events += [opened(second, f"v{k}") for k, second in enumerate(visits)]
    if passing:
        events += [passage(second + 0.5, f"v{k}") for k, second in enumerate(visits)]
    door, twin = (Door().see(*events, until=200) for _ in range(2))
    assert [encode_event(event) for event in door.out] == [encode_event(event) for event in twin.out]
    bound = [(event.visit, event.trip) for event in door.out if isinstance(event, VisitBound)]
    assert len({visit for visit, _ in bound}) == len(bound), "a visit is of one trip"
    for k, (second, size) in enumerate(grants):
        members = [visit for visit, trip in bound if trip == f"t{k}"]
        assert len(members) <= size
        for visit in members:
            came = visits[int(visit[1:])] + (0.5 if passing else 0.0)
            assert second - 5 - 0.5 <= came <= second + 20 + 0.5
    unbound = {f"V{k}" for k in range(len(visits))} - {visit for visit, _ in bound}
    told = [about for problem, about in door.issues if problem in (TAILGATING, PIGGY_BACKING)]
    assert len(told) == len(set(told))
    assert unbound <= set(told), "whoever is of no trip was told of"
    unused = {about for problem, about in door.issues if problem == NOBODY_CAME}
    assert unused.isdisjoint({trip for _, trip in bound}) or passing


@pytest.mark.parametrize("make", [lambda: Arrivals(REQUIRED)])
def test_memory_is_given_back(make: Callable[[], Arrivals]) -> None:
    arrivals = make()
    for k in range(2000):
        arrivals.tick(ns(10.0 * k))
        arrivals.grant(granted(10.0 * k, f"t{k}"))
        arrivals.step([opened(10.0 * k + 1, f"v{k}")])
        arrivals.step([closed(10.0 * k + 8, f"v{k}")])
    kept = [len(value) for value in vars(arrivals).values() if isinstance(value, dict | set)]
    assert max(kept) < 200
