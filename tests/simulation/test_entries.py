"""What simulated shoppers show at the gate, and what the gate says of it."""

import collections
from pathlib import Path

import msgspec
import pytest

from tests.simulation.scenes import only, small_shop
from tillfree.core.events import EntryGranted, EntryRefused, Event, GatePassage
from tillfree.simulation.errors import SimulationError
from tillfree.simulation.options import SimulationOptions
from tillfree.simulation.recording import SimulatedRecording, simulate
from tillfree.storage.recordings.mcap_file import McapRecording
from tillfree.storage.recordings.mcap_writer import write_mcap


def day(**options: object) -> SimulatedRecording:
    wanted = {"shoppers": 40, "seed": 3, "takes": 1.0, "awkward": 0.0, "entry": True, "parties": 0.3, **options}
    return simulate(small_shop(), msgspec.convert(wanted, SimulationOptions))


def at_gate(recording: SimulatedRecording) -> list[Event]:
    return [e for e in recording.events() if isinstance(e, GatePassage | EntryGranted | EntryRefused)]


def test_without_the_option_nothing_is_said_of_entries() -> None:
    recording = day(entry=False, gate=True)
    assert recording.truth.entries == ()
    assert {type(event) for event in at_gate(recording)} == {GatePassage}


def test_everybody_comes_in_on_exactly_one_entry_that_was_granted_before() -> None:
    recording = day()
    told = at_gate(recording)
    assert [event.sequence for event in told] == list(range(len(told)))
    grants = {event.trip: event for event in told if isinstance(event, EntryGranted)}
    admitted = [entry for entry in recording.truth.entries if not entry.refused]
    assert list(grants) == [entry.trip for entry in admitted]
    people = [track for entry in admitted for track in entry.people]
    assert sorted(people) == sorted(recording.truth.receipts)
    passed = {e.track: e.time_ns for e in told if isinstance(e, GatePassage) and e.direction == "in"}
    for entry in admitted:
        grant = grants[entry.trip]
        assert grant.group_size == len(entry.people)
        assert grant.time_ns < min(passed[track] for track in entry.people)
        # Nobody else passes between the open gate and the last who comes in on it.
        last_ns = max(passed[track] for track in entry.people)
        between = {track for track, at_ns in passed.items() if grant.time_ns <= at_ns <= last_ns}
        assert between == set(entry.people)


def test_a_party_is_let_in_on_one_credential() -> None:
    recording = day(parties=1.0)
    parties = collections.defaultdict(set)
    for visit in recording.script.visits:
        parties[visit.party or visit.track].add(visit.track)
    assert sorted(map(sorted, parties.values())) == sorted(
        sorted(entry.people) for entry in recording.truth.entries if not entry.refused
    )


def test_shares_of_kinds_refusals_and_ages_are_kept() -> None:
    recording = day(
        shoppers=400, parties=0.0, entry_codes=0.5, entry_wallets=0.0, entry_badges=0.2, entry_palms=0.0, entry_ages=0.6
    )
    admitted = [entry for entry in recording.truth.entries if not entry.refused]
    kinds = collections.Counter(entry.kind for entry in admitted)
    assert kinds.keys() == {"code", "badge", "card"}
    assert 150 < kinds["code"] < 250
    assert 180 < sum(entry.age_years > 0 for entry in admitted) < 300
    refused = [entry for entry in recording.truth.entries if entry.refused]
    assert refused
    assert all(entry.trip == "" and len(entry.people) == 1 for entry in refused)
    assert [e.reason for e in at_gate(recording) if isinstance(e, EntryRefused)] == [e.refused for e in refused]
    assert not any(entry.refused for entry in day(entry_refused=0.0).truth.entries)


def test_who_slips_in_shows_nothing() -> None:
    recording = day(shoppers=20, awkward=0.9, takes=3.0, rates=msgspec.to_builtins(only(tailgate_in=1.0)))
    slipped = {visit.track for visit in recording.script.visits if visit.slips_in}
    assert slipped
    assert not slipped & {track for entry in recording.truth.entries for track in entry.people}


def test_staff_come_in_as_staff() -> None:
    recording = day(shoppers=20, awkward=0.9, takes=3.0, rates=msgspec.to_builtins(only(restock=1.0)))
    staff = {visit.track for visit in recording.script.visits if visit.staff}
    assert staff
    roles = {track: entry.role for entry in recording.truth.entries for track in entry.people}
    assert {roles[track] for track in staff} == {"associate"}


def test_a_file_keeps_events_and_truth_and_one_without_entries_says_nothing_new(tmp_path: Path) -> None:
    recording = day(shoppers=4)
    write_mcap(tmp_path / "with.mcap", recording)
    read = McapRecording(tmp_path / "with.mcap")
    assert read.truth is not None
    assert read.truth.entries == recording.truth.entries
    assert list(read.events()) == list(recording.events())
    write_mcap(tmp_path / "without.mcap", day(shoppers=4, entry=False))
    assert b'"entries"' not in (tmp_path / "without.mcap").read_bytes()


@pytest.mark.parametrize("wrong", [{"entry_codes": 1.1}, {"entry_codes": 0.6, "entry_wallets": 0.6}])
def test_shares_that_cannot_be_are_refused(wrong: dict[str, float]) -> None:
    with pytest.raises(SimulationError):
        day(**wrong)
