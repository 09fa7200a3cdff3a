"""The receipts of the corpus (simulated): as they were, and the same however events arrive and wherever they lay."""

import random
from collections.abc import Iterable
from functools import cache
from pathlib import Path

import msgspec
import pytest

from tests.corpus.golden import FOLDER, NAMES, GoldenCase, differences, golden_of, path_of, read_golden, recordings
from tests.corpus.write_golden import write_golden
from tillfree.core.events import Event, encode_event
from tillfree.core.ids import ProductId, TrackId
from tillfree.simulation.autocheckout_folder import write_autocheckout
from tillfree.storage.importers.autocheckout import AutoCheckoutRecording
from tillfree.storage.recordings.mcap_file import McapRecording
from tillfree.storage.recordings.mcap_writer import write_mcap
from tillfree.store.pipeline import Pipeline
from tillfree.store.replay import VisitResult, replay
from tillfree.store.settings import StoreSettings

LATE_NS = StoreSettings().lateness_ms * 1_000_000

each_recording = pytest.mark.parametrize("name", NAMES)


def outputs(name: str, events: Iterable[Event]) -> list[bytes]:
    """Everything that comes out of the store, encoded."""
    pipeline = Pipeline(recordings()[name].shop)
    out = [encode_event(result) for event in events for result in pipeline.feed(event)]
    return out + [encode_event(result) for result in pipeline.finish()]


@cache
def events_of(name: str) -> list[Event]:
    return list(recordings()[name].events())


@cache
def first_run(name: str) -> list[bytes]:
    return outputs(name, recordings()[name].events())


@cache
def visits_of(name: str) -> tuple[VisitResult, ...]:
    return replay(recordings()[name]).visits


# ---- the corpus -------------------------------------------------------------------------------------------------


def test_every_recording_has_its_golden_receipts_and_nothing_else_lies_there() -> None:
    assert sorted(path.name for path in FOLDER.iterdir()) == sorted(f"{name}.json" for name in NAMES)


@each_recording
def test_receipts_are_the_golden_ones(name: str) -> None:
    found = differences(read_golden(name), visits_of(name))
    assert found == [], "if this is meant: python -m tests.corpus.write_golden"


@each_recording
def test_golden_receipts_say_where_they_are_not_true(name: str) -> None:
    stored, truth = read_golden(name), recordings()[name].truth
    assert stored.simulated
    had = added_up(stored, truth.aliases)
    persons = truth.receipts.keys() | had.keys()
    true = {person: truth.receipts.get(person, {}) for person in persons}
    assert stored.differs_from_truth == {p: items for p, items in true.items() if items != had.get(p, {})}


def added_up(stored: GoldenCase, aliases: dict[TrackId, TrackId]) -> dict[TrackId, dict[ProductId, int]]:
    out: dict[TrackId, dict[ProductId, int]] = {}
    for receipt in stored.receipts:
        items = out.setdefault(aliases.get(receipt.person, receipt.person), {})
        for line in receipt.lines:
            items[line.product] = items.get(line.product, 0) + line.quantity
    return out


@each_recording
def test_the_same_twice_to_the_byte(name: str) -> None:
    assert outputs(name, events_of(name)) == first_run(name)
    assert any(b'"final":true' in line for line in first_run(name))


@each_recording
def test_arrival_shuffled_within_the_lateness_changes_nothing(name: str) -> None:
    delays = random.Random(name)
    arriving = sorted(events_of(name), key=lambda event: event.time_ns + delays.randrange(LATE_NS))
    moved = sum(a is not b for a, b in zip(arriving, events_of(name), strict=True))
    assert moved > len(arriving) / 2
    assert outputs(name, arriving) == first_run(name)


@each_recording
def test_a_file_gives_the_same_receipts(name: str, tmp_path: Path) -> None:
    path = tmp_path / f"{name}.mcap"
    write_mcap(path, recordings()[name])
    assert msgspec.json.encode(replay(McapRecording(path)).visits) == msgspec.json.encode(visits_of(name))


@each_recording
def test_a_folder_of_another_system_gives_the_same_receipts(name: str, tmp_path: Path) -> None:
    write_autocheckout(recordings()[name], tmp_path / name)
    assert differences(read_golden(name), replay(AutoCheckoutRecording(tmp_path / name)).visits) == []


# ---- the comparison can fail ------------------------------------------------------------------------------------


def altered(**changes: object) -> list[VisitResult]:
    """The visits of a recording, the first of them changed."""
    first, *rest = visits_of("takes")
    return [msgspec.structs.replace(first, **changes), *rest]


def golden() -> GoldenCase:
    return golden_of("takes", visits_of("takes"), recordings()["takes"].truth)


def test_small_moves_of_a_probability_are_no_difference() -> None:
    (first, *_) = visits_of("takes")
    assert differences(golden(), visits_of("takes")) == []
    exact = round(first.probability, 2)
    assert differences(golden(), altered(probability=exact - 0.019)) == []
    (said,) = differences(golden(), altered(probability=exact - 0.021))
    assert "probability" in said
    lines = (msgspec.structs.replace(first.lines[0], probability=0.5), *first.lines[1:])
    (said,) = differences(golden(), altered(lines=lines))
    assert first.lines[0].product in said


def test_everything_else_is_a_difference() -> None:
    (first, *_) = visits_of("takes")
    more = msgspec.structs.replace(first.lines[0], quantity=first.lines[0].quantity + 1)
    other = msgspec.structs.replace(first.lines[0], product=ProductId("other"))
    for lines in ((), first.lines[1:], (more, *first.lines[1:]), (other, *first.lines[1:]), (*first.lines, other)):
        assert differences(golden(), altered(lines=lines))
    assert differences(golden(), altered(lines=(*first.lines, first.lines[0])))
    assert differences(golden(), altered(review=not first.review))
    assert differences(golden(), altered(track=TrackId("somebody")))
    assert differences(golden(), visits_of("takes")[1:])
    assert differences(golden(), [])


def test_wrong_receipts_are_named_with_the_truth() -> None:
    truth = recordings()["takes"].truth
    first, second = visits_of("takes")
    (person,) = golden_of("takes", altered(lines=first.lines[1:]), truth).differs_from_truth
    assert person == first.track
    lost = golden_of("takes", [first], truth).differs_from_truth
    assert lost == {second.track: truth.receipts[second.track]}
    ghost = golden_of("takes", [*visits_of("takes"), *altered(track=TrackId("ghost"))[:1]], truth).differs_from_truth
    assert ghost == {"ghost": {}}


def test_writing_anew_tells_what_changed_and_leaves_the_rest(tmp_path: Path) -> None:
    corpus = {name: recordings()[name] for name in ("hand-overs", "takes")}
    assert write_golden(tmp_path, corpus)[0] == "hand-overs: new"
    before = {path.name: path.read_bytes() for path in tmp_path.iterdir()}
    assert sorted(before) == ["hand-overs.json", "takes.json"]
    assert write_golden(tmp_path, corpus) == []
    path_of("gone", tmp_path).write_text("{}")
    changed = path_of("takes", tmp_path)
    changed.write_bytes(changed.read_bytes().replace(b'"quantity": 1', b'"quantity": 9', 1))
    told = write_golden(tmp_path, corpus)
    assert [line.split(":")[0] for line in told] == ["gone", "takes"]
    assert {path.name: path.read_bytes() for path in tmp_path.iterdir()} == before
