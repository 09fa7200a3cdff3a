"""Parties in a whole recording: the gate names them, one pays."""

import pytest

from tests.scenes import BEANS, COLA, WATER, MemoryRecording, Scene, ns
from tillfree.core.events import Event, GatePassage
from tillfree.core.ids import TrackId
from tillfree.store.replay import ReplayResult, replay


def passage(second: float, track: str, party: str, direction: str = "in") -> GatePassage:
    return GatePassage(
        time_ns=ns(second),
        source="gate",
        sequence=round(second * 100),
        track=TrackId(track),
        direction=direction,
        party=party,
    )


def replayed(*gates: Event) -> ReplayResult:
    """Ann takes water, Bob takes beans, Cyd takes cola."""
    scene = Scene().comes("ann", x=0.2, leave_s=18).comes("bob", x=1.1, arrive_s=5, leave_s=20)
    scene.comes("cyd", x=0.3, arrive_s=25, leave_s=35)
    scene.takes("ann", 7, 3, 520).takes("bob", 9, 11, 830).takes("cyd", 28, 2, 350)
    events = sorted([*scene.sensor_events(), *gates], key=lambda event: event.time_ns)
    return replay(MemoryRecording(scene.shop, events))


def test_without_a_gate_nobody_is_a_party() -> None:
    result = replayed()
    assert result.parties() == ()
    assert [visit.party for visit in result.visits] == ["", "", ""]


@pytest.mark.parametrize("second", [0.0, 2.0, 5.0], ids=["before the tracker", "as they come", "later"])
def test_what_a_party_took_is_one_cart(second: float) -> None:
    result = replayed(passage(second, "ann", "family"), passage(second + 1.5, "bob", "family"))
    (party,) = result.parties()
    visits = {visit.track: visit for visit in result.visits}
    assert party.party == "family"
    assert party.members == (visits[TrackId("ann")].visit, visits[TrackId("bob")].visit)
    assert party.quantities() == {WATER: 1, BEANS: 1}
    assert party.decision == "charge"
    assert visits[TrackId("cyd")].party == ""


def test_parties_are_told_apart() -> None:
    result = replayed(passage(2, "ann", "b"), passage(4, "bob", "a"), passage(25, "cyd", "b"))
    assert [(party.party, party.quantities()) for party in result.parties()] == [
        ("a", {BEANS: 1}),
        ("b", {WATER: 1, COLA: 1}),
    ]
