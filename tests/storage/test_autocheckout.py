"""The AutoCheckout layout: what its files say arrives as shop, events and truth."""

import json
import math
import random
from pathlib import Path

import numpy as np
import numpy.typing as npt
import pytest

from tests.storage import folders
from tillfree.catalog.model import plate_point
from tillfree.catalog.shop_file import shop_problems
from tillfree.core.events import PeopleFrame, WeightBatch
from tillfree.core.ids import FixtureId, ShelfRef
from tillfree.storage.importers.autocheckout import AutoCheckoutRecording


def batches_of(recording: AutoCheckoutRecording) -> list[WeightBatch]:
    return [event for event in recording.events() if isinstance(event, WeightBatch)]


def frames_of(recording: AutoCheckoutRecording) -> list[PeopleFrame]:
    return [event for event in recording.events() if isinstance(event, PeopleFrame)]


def grams_of(batch: WeightBatch) -> npt.NDArray[np.float32]:
    return np.frombuffer(batch.values, "<f4").reshape(batch.samples, batch.shelves, batch.plates)


def test_weights_keep_their_place_time_and_bits(tmp_path: Path) -> None:
    grams = np.arange(12 * 2 * 3, dtype=np.float32).reshape(12, 2, 3) / np.float32(7)
    recording = AutoCheckoutRecording(
        folders.write_autocheckout(tmp_path / "visit", [folders.plate_document(folders.START_S + 0.25, grams)])
    )

    (batch,) = batches_of(recording)

    assert batch.time_ns == 1_600_000_000_250_000_000
    assert (batch.fixture, batch.rate_hz, batch.id) == ("1", 60.0, "plates-1#0")
    assert grams_of(batch).tobytes() == grams.tobytes()
    assert recording.warnings == {}


def test_dead_columns_beyond_the_planogram_are_cut_off(tmp_path: Path) -> None:
    grams = np.random.default_rng(1).normal(50, 1, (12, 2, 6)).astype("<f4")
    grams[:, :, 3] = 6067.0
    grams[:, :, 4] = grams[:, :, 2]
    grams[:, :, 5] = np.nan
    recording = AutoCheckoutRecording(
        folders.write_autocheckout(tmp_path, [folders.plate_document(folders.START_S, grams)])
    )

    (batch,) = batches_of(recording)

    assert batch.plates == 3
    assert grams_of(batch).tobytes() == grams[:, :, :3].tobytes()
    assert not any("not in the planogram" in what for what in recording.warnings)


def test_people_come_in_metres_with_wrists_by_name(tmp_path: Path) -> None:
    people = [folders.person("9", head=folders.joint(1.5, -0.5, 1.75, 0.8), l_wrist=folders.joint(1, -0.2, 1))]
    recording = AutoCheckoutRecording(
        folders.write_autocheckout(tmp_path, people=[folders.frame_document(folders.START_S, people)])
    )

    (frame,) = frames_of(recording)

    (person,) = frame.people
    assert person.track == "9"
    assert [joint.name for joint in person.joints] == ["head", "l_wrist"]
    head = person.joints[0]
    assert (head.x, head.y, head.z, head.score) == pytest.approx((1.5, -0.5, 1.75, 0.8))


def test_hands_stand_in_for_wrists_that_are_not_given(tmp_path: Path) -> None:
    hands = [folders.joint(0.3, 0.0, 1.0), folders.joint(0.6, 0.0, 1.1)]
    with_wrist = folders.person("1", hands=hands, l_wrist=folders.joint(9, 9, 1))
    without = folders.person("2", hands=hands)
    recording = AutoCheckoutRecording(
        folders.write_autocheckout(tmp_path, people=[folders.frame_document(folders.START_S, [with_wrist, without])])
    )

    (frame,) = frames_of(recording)

    assert [joint.name for joint in frame.people[0].joints] == ["l_wrist"]
    assert {joint.name: round(joint.x, 6) for joint in frame.people[1].joints} == {"r_wrist": 0.3, "l_wrist": 0.6}


def test_a_joint_without_a_point_is_not_seen_and_a_left_out_coordinate_is_zero(tmp_path: Path) -> None:
    someone = folders.person(
        head={"point": {}, "score": 0.9}, neck={"score": 0.4}, l_elbow={"point": {"x": 10.0, "z": 40.0}, "score": 1.0}
    )
    recording = AutoCheckoutRecording(
        folders.write_autocheckout(tmp_path, people=[folders.frame_document(folders.START_S, [someone])])
    )

    (frame,) = frames_of(recording)

    (elbow,) = frame.people[0].joints
    assert elbow.name == "l_elbow"
    assert (elbow.x, elbow.y, elbow.z) == pytest.approx((0.254, 0.0, 1.016))
    assert recording.warnings == {}


def test_nobody_is_a_frame_too(tmp_path: Path) -> None:
    recording = AutoCheckoutRecording(
        folders.write_autocheckout(tmp_path, people=[folders.frame_document(folders.START_S)])
    )
    assert [frame.people for frame in frames_of(recording)] == [()]


def test_events_are_merged_by_time_and_can_be_read_again(tmp_path: Path) -> None:
    recording = AutoCheckoutRecording(folders.write_autocheckout(tmp_path))

    events = list(recording.events())

    assert len(events) == 40
    assert [event.time_ns for event in events] == sorted(event.time_ns for event in events)
    assert list(recording.events()) == events
    assert recording.duration_ns() == pytest.approx(1.8e9, abs=1000)


def test_arrival_order_within_the_window_does_not_matter(tmp_path: Path) -> None:
    plates = folders.steady_plates(30) + folders.steady_plates(30, fixture=2)
    plates.sort(key=lambda document: document["timestamp"])
    people = folders.steady_people(90)
    planogram = [*folders.PLANOGRAM, folders.facing_document("96385074", [1, 2, 3], fixture=2, at=(4.0, 0.5, 0.3))]
    late = random.Random(5)

    def shuffled(documents: list[folders.Document]) -> list[folders.Document]:
        return sorted(documents, key=lambda document: document["timestamp"] + late.uniform(0, 0.3))

    straight = AutoCheckoutRecording(folders.write_autocheckout(tmp_path / "a", plates, people, planogram))
    mixed = AutoCheckoutRecording(
        folders.write_autocheckout(tmp_path / "b", shuffled(plates), shuffled(people), planogram)
    )

    assert list(mixed.events()) == list(straight.events())
    assert any("time goes backwards" in what for what in mixed.warnings)


def test_the_layout_follows_from_facings(tmp_path: Path) -> None:
    recording = AutoCheckoutRecording(folders.write_autocheckout(tmp_path))

    shelves = recording.shop.shelf_index()
    lower, upper = shelves[ShelfRef(FixtureId("1"), 1)], shelves[ShelfRef(FixtureId("1"), 2)]

    assert list(shop_problems(recording.shop)) == []
    assert [len(lower.plates), len(upper.plates)] == [3, 3]
    third = plate_point(lower, 3)
    assert (third.x, third.y, third.z) == pytest.approx((2.25, 0.5, 0.3))
    assert (upper.box.width_m, upper.box.depth_m, upper.box.height_m) == pytest.approx((0.3, 0.4, 0.25))
    box = recording.shop.fixtures[0].box
    assert (box.pose.origin.z, box.height_m) == pytest.approx((0.3, 0.55))


def test_a_turned_shelf_keeps_its_plates_in_order(tmp_path: Path) -> None:
    turned = [
        folders.facing_document("96385074", [1], at=(4.0, -0.3, 0.4), yaw_rad=-math.pi / 2),
        folders.facing_document("4006381333931", [2, 3], at=(4.0, -0.4, 0.4), yaw_rad=-math.pi / 2),
    ]
    recording = AutoCheckoutRecording(folders.write_autocheckout(tmp_path, planogram=turned))

    (shelf,) = recording.shop.fixtures[0].shelves

    points = [plate_point(shelf, number) for number in (1, 2, 3)]
    assert [point.y for point in points] == pytest.approx([-0.35, -0.45, -0.55])
    assert [point.x for point in points] == pytest.approx([4.0, 4.0, 4.0])
    assert recording.shop.fixtures[0].box.contains(points[1], margin_m=0.001)


def test_plates_between_and_beside_facings_lie_on_their_line(tmp_path: Path) -> None:
    planogram = [
        folders.facing_document("96385074", [2]),
        folders.facing_document("4006381333931", [5]),
        folders.facing_document("4006381333931", [1, 2, 3, 4, 5, 6], shelf=2),
    ]
    recording = AutoCheckoutRecording(folders.write_autocheckout(tmp_path, planogram=planogram))

    lower = recording.shop.fixtures[0].shelves[0]

    assert len(lower.plates) == 6
    assert [plate_point(lower, number).x for number in range(1, 7)] == pytest.approx(
        [2.05, 2.15, 2.25, 2.35, 2.45, 2.55]
    )
    assert recording.warnings == {"plate without a product in the planogram (first: shelf 1/1)": 4}


def test_a_facing_without_a_product_gives_plates_but_no_facing(tmp_path: Path) -> None:
    planogram = [*folders.PLANOGRAM, folders.facing_document(None, [1, 2, 3], shelf=3)]
    recording = AutoCheckoutRecording(folders.write_autocheckout(tmp_path, planogram=planogram))

    assert [shelf.index for shelf in recording.shop.fixtures[0].shelves] == [1, 2, 3]
    assert not list(recording.shop.facings_on(ShelfRef(FixtureId("1"), 3)))
    assert any("facing without a product" in what for what in recording.warnings)


def test_truth_is_read_and_never_touches_events(tmp_path: Path) -> None:
    plain = AutoCheckoutRecording(folders.write_autocheckout(tmp_path / "visit"))
    before = list(plain.events())
    (tmp_path / "visit" / "receipts.json").write_text('{"7": {"96385074": 2}, "8": {}}')
    act = {"target_id": "7", "kind": "take", "timestamp": folders.START_S + 1, "barcode": "96385074", "gondola": 1}
    (tmp_path / "visit" / "events.json").write_text(json.dumps({"synthetic": True, "events": [act]}))
    (tmp_path / "visit" / "meta.json").write_text('{"aliases": {"70": "7"}}')

    recording = AutoCheckoutRecording(tmp_path / "visit")

    truth = recording.truth
    assert plain.truth is None
    assert truth is not None
    assert truth.receipts == {"7": {"96385074": 2}, "8": {}}
    assert (truth.acts[0].kind, truth.acts[0].fixture, truth.acts[0].time_ns) == (
        "take",
        "1",
        1_600_000_001_000_000_000,
    )
    assert truth.aliases == {"70": "7"}
    assert truth.synthetic
    assert list(recording.events()) == before
    assert recording.shop == plain.shop


def test_a_recording_without_people_says_so(tmp_path: Path) -> None:
    folder = folders.write_autocheckout(tmp_path)
    (folder / "full_targets.json").unlink()

    recording = AutoCheckoutRecording(folder)

    assert {type(event) for event in recording.events()} == {WeightBatch}
    assert any("nobody is tracked" in what for what in recording.warnings)


def test_people_of_another_hour_are_remarked(tmp_path: Path) -> None:
    people = [folders.frame_document(folders.START_S + 3600)]
    recording = AutoCheckoutRecording(folders.write_autocheckout(tmp_path, people=people))
    assert any("more than a minute apart" in what for what in recording.warnings)
