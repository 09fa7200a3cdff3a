"""Real and synthetic recordings, where a machine has them: they are read whole, right and fast."""

import time
from pathlib import Path

import numpy as np
import pytest

from tillfree.catalog.model import plate_point
from tillfree.catalog.shop_file import shop_problems
from tillfree.core.events import PeopleFrame, WeightBatch
from tillfree.core.ids import FixtureId, ShelfRef
from tillfree.storage.recordings.info import describe
from tillfree.storage.recordings.mcap_file import McapRecording
from tillfree.storage.recordings.mcap_writer import write_mcap
from tillfree.storage.recordings.opening import find_recordings, open_recording


@pytest.fixture(scope="module")
def autocheckout(shared_data: Path) -> Path:
    return shared_data / "autocheckout"


def plate_of(path: Path, fixture: str, shelf: int, plate: int) -> tuple[list[float], list[float]]:
    """Times in Unix seconds and grams of all samples of one plate."""
    times: list[float] = []
    grams: list[float] = []
    for event in open_recording(path).events():
        if isinstance(event, WeightBatch) and event.fixture == fixture:
            values = np.frombuffer(event.values, "<f4").reshape(event.samples, event.shelves, event.plates)
            grams += values[:, shelf - 1, plate - 1].tolist()
            times += [event.time_ns / 1e9 - (event.samples - 1 - n) / event.rate_hz for n in range(event.samples)]
    return times, grams


def test_all_recordings_are_found_and_their_shops_are_consistent(autocheckout: Path) -> None:
    paths = find_recordings(autocheckout)
    assert len([path for path in paths if path.parent.name == "synthetic"]) >= 17
    for path in paths:
        assert list(shop_problems(open_recording(path).shop)) == [], path


def test_the_graded_visit_is_read_whole(autocheckout: Path) -> None:
    info = describe(open_recording(autocheckout / "benchmark-1"))

    assert {kind.source: kind.events for kind in info.kinds} == {
        "targets": 291,
        **{f"plates-{fixture}": 86 for fixture in (1, 2, 3, 4)},
    }
    assert (info.fixtures, info.products, info.people_max, info.tracks) == (5, 361, 1, 1)
    assert info.backward_steps == 0
    assert not any("left out" in what and "facing" not in what for what in info.warnings)


def test_the_graded_take_is_there(autocheckout: Path) -> None:
    _, grams = plate_of(autocheckout / "benchmark-1", "1", 5, 11)
    assert np.median(grams[-60:]) - np.median(grams[:60]) == pytest.approx(-622.9, abs=5.0)


def test_the_wrist_is_at_the_item_when_its_weight_goes(autocheckout: Path) -> None:
    path = autocheckout / "benchmark-1"
    times, grams = plate_of(path, "1", 5, 11)
    step_s = times[int(np.argmin(np.array(grams[12:]) - np.array(grams[:-12]))) + 6]
    recording = open_recording(path)
    item = plate_point(recording.shop.shelf_index()[ShelfRef(FixtureId("1"), 5)], 11)
    nearest = min(
        (abs(event.time_ns / 1e9 - step_s), joint.x, joint.y, joint.z)
        for event in recording.events()
        if isinstance(event, PeopleFrame)
        for person in event.people
        for joint in person.joints
        if joint.name in {"l_wrist", "r_wrist"}
        if abs(joint.x - item.x) < 0.3
    )
    assert nearest[0] < 0.3
    assert abs(nearest[3] - item.z) < 0.3


@pytest.mark.parametrize(
    ("fixture", "shelf", "plate", "at_s", "change_g"),
    [("1", 5, 10, 1_580_250_261.5, -556.5), ("2", 5, 4, 1_580_250_255.3, -58.3)],
)
def test_the_takes_of_the_csv_visit_are_there(
    autocheckout: Path, fixture: str, shelf: int, plate: int, at_s: float, change_g: float
) -> None:
    times, grams = plate_of(autocheckout / "cps-test-01", fixture, shelf, plate)
    before = [g for t, g in zip(times, grams, strict=True) if at_s - 2.5 < t < at_s - 0.8]
    after = [g for t, g in zip(times, grams, strict=True) if at_s + 1.5 < t < at_s + 3.0]
    assert np.median(after) - np.median(before) == pytest.approx(change_g, abs=8.0)


def test_truth_stands_beside_synthetic_visits(autocheckout: Path) -> None:
    truth = open_recording(autocheckout / "synthetic" / "SYN-R4-000").truth
    assert truth is not None
    assert truth.synthetic
    assert len(truth.receipts) == 4
    assert {act.kind for act in truth.acts} >= {"take"}


def test_a_visit_survives_the_way_through_mcap(autocheckout: Path, tmp_path: Path) -> None:
    recording = open_recording(autocheckout / "synthetic" / "SYN-FAULTS-R4-000")
    write_mcap(tmp_path / "a.mcap", recording)
    again = McapRecording(tmp_path / "a.mcap")
    assert list(again.events()) == list(recording.events())
    assert (again.shop, again.truth, again.name) == (recording.shop, recording.truth, recording.name)


def test_reading_is_fast_enough_for_a_fast_replay(autocheckout: Path, tmp_path: Path) -> None:
    """Far from the bound on purpose: it is to find a change of kind, on any machine."""
    recording = open_recording(autocheckout / "synthetic" / "SYN-R4-000")
    write_mcap(tmp_path / "a.mcap", recording)
    for of in (recording, McapRecording(tmp_path / "a.mcap")):
        duration_ns = of.duration_ns()
        assert duration_ns is not None
        began = time.process_time()
        for _ in of.events():
            pass
        assert time.process_time() - began < duration_ns / 1e9 / 200
