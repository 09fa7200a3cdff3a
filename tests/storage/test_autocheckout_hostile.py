"""The AutoCheckout layout, damaged or made to do harm: a clear error or a counted warning, never anything else."""

import contextlib
import json
import tracemalloc
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from tests.storage import folders
from tillfree.core.events import PeopleFrame, WeightBatch
from tillfree.core.ids import ProductId, TrackId
from tillfree.storage.importers.autocheckout import AutoCheckoutRecording
from tillfree.storage.importers.json_lines import LINE_BYTES_MAX, read_lines
from tillfree.storage.recordings.model import RecordingError
from tillfree.storage.recordings.soundness import sound
from tillfree.storage.recordings.tally import Tally

Folder = Path


def read(folder: Folder) -> tuple[list[WeightBatch], list[PeopleFrame], dict[str, int]]:
    """Batches, frames and warnings of a whole reading; every event must be sound."""
    recording = AutoCheckoutRecording(folder)
    events = list(recording.events())
    untouched = Tally()
    assert [sound(event, untouched, "") for event in events] == events
    batches = [event for event in events if isinstance(event, WeightBatch)]
    return batches, [event for event in events if isinstance(event, PeopleFrame)], recording.warnings


def count(warnings: dict[str, int], text: str) -> int:
    return sum(times for what, times in warnings.items() if text in what)


def altered_plates(number: int, **changes: Any) -> list[folders.Document]:
    """Ten batches; in one of them, fields of `values` are replaced."""
    plates = folders.steady_plates(10)
    plates[number]["document"]["plate_data"]["values"].update(changes)
    return plates


def test_a_cut_off_last_line_is_left_out_and_said(tmp_path: Path) -> None:
    folder = folders.write_autocheckout(tmp_path)
    whole = (folder / "plate_data.json").read_bytes()
    (folder / "plate_data.json").write_bytes(whole[:-300])

    batches, _, warnings = read(folder)

    assert len(batches) == 9
    assert count(warnings, "last line is cut off") == 1


def test_a_cut_off_line_in_the_middle_is_left_out_and_counted(tmp_path: Path) -> None:
    lines: list[folders.Document | str] = [*folders.steady_plates(10)]
    lines[4] = json.dumps(lines[4])[:100]
    batches, _, warnings = read(folders.write_autocheckout(tmp_path, lines))

    assert len(batches) == 9
    assert count(warnings, "unreadable line left out (first: line 5") == 1


def test_wrong_base64_is_left_out_and_counted(tmp_path: Path) -> None:
    batches, _, warnings = read(folders.write_autocheckout(tmp_path, altered_plates(3, data="@@@ not base64 @@@")))
    assert len(batches) == 9
    assert count(warnings, "wrong base64") == 1


@pytest.mark.parametrize(
    "shape",
    [[12, 3, 5], [0, 3, 4], [-12, -3, 4], [12, 1, 4], [2**40, 2**40, 2**40], [10**30, 1, 1], [12, 3], "12", None],
    ids=str,
)
def test_a_shape_that_the_data_do_not_fill_is_left_out_without_taking_memory(tmp_path: Path, shape: object) -> None:
    folder = folders.write_autocheckout(tmp_path, altered_plates(3, shape=shape))
    tracemalloc.start()
    batches, _, warnings = read(folder)
    peak = tracemalloc.get_traced_memory()[1]
    tracemalloc.stop()

    assert len(batches) == 9
    assert sum(count(warnings, text) for text in ("impossible shape", "do not fill", "another layout")) == 1
    assert peak < 20_000_000


def test_another_number_type_is_left_out(tmp_path: Path) -> None:
    batches, _, warnings = read(folders.write_autocheckout(tmp_path, altered_plates(0, type="DATATYPE_FLOAT64")))
    assert len(batches) == 9
    assert count(warnings, "another number type") == 1


def test_nan_everywhere_stays_no_reading_and_is_counted(tmp_path: Path) -> None:
    plates = [
        folders.plate_document(folders.START_S + 0.2 * n, np.full((12, 2, 3), np.nan, dtype="<f4")) for n in range(5)
    ]
    batches, _, warnings = read(folders.write_autocheckout(tmp_path, plates))

    assert all(np.isnan(np.frombuffer(batch.values, "<f4")).all() for batch in batches)
    assert count(warnings, "without a single reading") == len(batches) == 5


@pytest.mark.parametrize("value", [np.inf, -np.inf, 3e38, -2e6])
def test_impossible_readings_become_no_reading(tmp_path: Path, value: float) -> None:
    grams = np.full((12, 2, 3), 10.0, dtype="<f4")
    grams[4, 1, 1] = value
    batches, _, warnings = read(folders.write_autocheckout(tmp_path, [folders.plate_document(folders.START_S, grams)]))
    readings = np.frombuffer(batches[0].values, "<f4").reshape(12, 2, 3)

    assert np.isnan(readings[4, 1, 1])
    assert np.isfinite(readings).sum() == readings.size - 1
    assert count(warnings, "impossible readings") == 1


def test_a_fixture_that_the_planogram_does_not_have_is_left_out_and_said(tmp_path: Path) -> None:
    plates = folders.steady_plates(5) + folders.steady_plates(5, fixture=77)
    plates.sort(key=lambda document: document["timestamp"])
    batches, _, warnings = read(folders.write_autocheckout(tmp_path, plates))

    assert {batch.fixture for batch in batches} == {"1"}
    assert count(warnings, "fixture that is not in the planogram") == 5


def test_no_usable_batch_at_all_is_an_error(tmp_path: Path) -> None:
    recording = AutoCheckoutRecording(folders.write_autocheckout(tmp_path, folders.steady_plates(5, fixture=77)))
    with pytest.raises(RecordingError, match=r"plate_data\.json: no batch of weights .*not in the planogram"):
        list(recording.events())


def test_a_planogram_of_too_many_plates_is_an_error(tmp_path: Path) -> None:
    facings = [
        folders.facing_document("96385074", [64], shelf=1 + number % 100, fixture=number // 100)
        for number in range(1563)
    ]
    with pytest.raises(RecordingError, match="100032 plates, more than 100000"):
        AutoCheckoutRecording(folders.write_autocheckout(tmp_path, planogram=facings))


def test_a_plate_that_weighs_but_is_not_in_the_planogram_is_said(tmp_path: Path) -> None:
    _, _, warnings = read(folders.write_autocheckout(tmp_path, folders.steady_plates(5, shape=(2, 4))))
    assert count(warnings, "plate weighs but is not in the planogram") == 2
    (tmp_path / "b").mkdir()
    _, _, warnings = read(folders.write_autocheckout(tmp_path / "b", folders.steady_plates(5, shape=(3, 3))))
    assert count(warnings, "first: fixture 1, shelf 3, plate 1") == 3


def test_a_shelf_that_the_planogram_passes_over_is_said(tmp_path: Path) -> None:
    planogram = [facing for facing in folders.PLANOGRAM if facing["plate_ids"][0]["shelf_id"]["shelf_index"] == 2]
    _, _, warnings = read(folders.write_autocheckout(tmp_path, planogram=planogram))
    assert count(warnings, "first: fixture 1, shelf 1, plate 1") == 3


def test_a_product_without_weight_stays_and_is_said(tmp_path: Path) -> None:
    products = [folders.product_document("4006381333931", None), folders.product_document("96385074", 0.0)]
    recording = AutoCheckoutRecording(folders.write_autocheckout(tmp_path, products=products))

    assert [product.weight_g for product in recording.shop.products] == [None, None]
    assert count(recording.warnings, "weight missing") == 2


def test_a_product_that_only_the_planogram_knows_stays_without_weight(tmp_path: Path) -> None:
    recording = AutoCheckoutRecording(folders.write_autocheckout(tmp_path, products=folders.PRODUCTS[1:]))

    assert recording.shop.product_index()[recording.shop.facings[0].product].weight_g is None
    assert count(recording.warnings, "is not in the catalogue") == 1


def test_time_going_backwards_is_counted_and_sorted_within_the_window(tmp_path: Path) -> None:
    plates = folders.steady_plates(20)
    plates[7], plates[9] = plates[9], plates[7]
    batches, _, warnings = read(folders.write_autocheckout(tmp_path, plates))

    times = [batch.time_ns for batch in batches]
    assert len(times) == 20
    assert times == sorted(times)
    assert count(warnings, "time goes backwards") == 2


def test_what_comes_too_late_comes_out_late_but_comes(tmp_path: Path) -> None:
    plates = folders.steady_plates(40)
    late = plates.pop(5)
    plates.insert(30, late)
    batches, _, warnings = read(folders.write_autocheckout(tmp_path, plates))

    assert len({batch.time_ns for batch in batches}) == 40
    assert [batch.time_ns for batch in batches] != sorted(batch.time_ns for batch in batches)
    assert count(warnings, "comes out of order") == 1


@pytest.mark.parametrize(
    ("place", "offset_s"), [(place, sign * 1e6) for place in (0, 1, 2, 3, 5, 18, 19) for sign in (-1, 1)]
)
def test_a_single_stamp_far_off_is_left_out(tmp_path: Path, place: int, offset_s: float) -> None:
    plates = folders.steady_plates(20)
    plates[place]["timestamp"] += offset_s
    batches, frames, warnings = read(folders.write_autocheckout(tmp_path, plates))

    assert len(batches) == 19
    assert len(frames) == 30
    assert count(warnings, "far off its neighbours") == 1


def test_a_pause_is_no_wrong_stamp(tmp_path: Path) -> None:
    plates = folders.steady_plates(20)
    for document in plates[10:]:
        document["timestamp"] += 600
    batches, _, warnings = read(folders.write_autocheckout(tmp_path, plates))
    assert len(batches) == 20
    assert not count(warnings, "stamp")


@pytest.mark.parametrize("stamp", [None, -1.0, 0.0, 1e300, 1e10])
def test_a_document_without_a_usable_time_is_left_out(tmp_path: Path, stamp: float | None) -> None:
    plates, people = folders.steady_plates(10), folders.steady_people(10)
    plates[4]["timestamp"] = people[4]["timestamp"] = stamp
    batches, frames, warnings = read(folders.write_autocheckout(tmp_path, plates, people))
    assert (len(batches), len(frames)) == (9, 9)
    assert count(warnings, "without a usable time") == 2


def test_the_header_stands_in_for_a_missing_stamp(tmp_path: Path) -> None:
    plates = folders.steady_plates(3)
    del plates[1]["timestamp"]
    plates[1]["document"]["header"]["t_issue"] = "2020-09-13T12:26:40.200000Z"
    batches, _, warnings = read(folders.write_autocheckout(tmp_path, plates))
    assert [batch.time_ns for batch in batches][1] == 1_600_000_000_200_000_000
    assert not warnings


def test_two_people_with_one_id_keep_only_what_they_agree_on(tmp_path: Path) -> None:
    head, here, there = folders.joint(1, 0, 1.7), folders.joint(1, 0, 1), folders.joint(3, 0, 1)
    people = [
        folders.person("5", head=head, l_wrist=here),
        folders.person("5", head=head, l_wrist=there),
        folders.person("6", head=head),
    ]
    _, frames, warnings = read(
        folders.write_autocheckout(tmp_path, people=[folders.frame_document(folders.START_S, people)])
    )

    assert {p.track: [j.name for j in p.joints] for p in frames[0].people} == {"5": ["head"], "6": ["head"]}
    assert count(warnings, "two people with one id") == 1


def test_joints_at_impossible_places_are_left_out(tmp_path: Path) -> None:
    someone = folders.person(
        head={"point": {"x": 1e9, "y": 0, "z": 60}}, neck={"point": {"x": "1", "y": 2}}, l_elbow="here", r_elbow=[1]
    )
    someone["r_wrist"] = folders.joint(1, 0, 1, score=7.5)
    _, frames, warnings = read(
        folders.write_autocheckout(tmp_path, people=[folders.frame_document(folders.START_S, [someone])])
    )

    (wrist,) = frames[0].people[0].joints
    assert (wrist.name, wrist.score) == ("r_wrist", 1.0)
    assert count(warnings, "impossible place") == 4


def test_nan_coordinates_cost_their_joint_only(tmp_path: Path) -> None:
    someone = folders.person(head=folders.joint(1, 0, 1.7), neck={"point": {"x": float("nan"), "y": -float("inf")}})
    _, frames, warnings = read(
        folders.write_autocheckout(tmp_path, people=[folders.frame_document(folders.START_S, [someone])])
    )

    assert [joint.name for joint in frames[0].people[0].joints] == ["head"]
    assert count(warnings, "frame repaired") == 1


@pytest.mark.parametrize("track", [7, 3325379692103139202])
def test_an_id_that_is_a_number_becomes_its_digits(tmp_path: Path, track: int) -> None:
    people = [folders.frame_document(folders.START_S, [folders.person(track)])]
    _, frames, _ = read(folders.write_autocheckout(tmp_path, people=people))
    assert [person.track for person in frames[0].people] == [str(track)]


@pytest.mark.parametrize("track", ["", None, True, [1], {"a": 1}, 1.5])
def test_a_person_without_a_usable_id_is_left_out(tmp_path: Path, track: object) -> None:
    people = [folders.person(track, head=folders.joint(1, 0, 1.7)), folders.person("8")]
    _, frames, warnings = read(
        folders.write_autocheckout(tmp_path, people=[folders.frame_document(folders.START_S, people)])
    )
    assert [person.track for person in frames[0].people] == ["8"]
    assert count(warnings, "person without an id") == 1


def test_a_crowd_that_cannot_be_is_cut(tmp_path: Path) -> None:
    crowd = [folders.person(str(number)) for number in range(1000)]
    _, frames, warnings = read(
        folders.write_autocheckout(tmp_path, people=[folders.frame_document(folders.START_S, crowd)])
    )
    assert len(frames[0].people) == 256
    assert count(warnings, "more than 256 people") == 1


@pytest.mark.parametrize("name", ["plate_data.json", "full_targets.json", "planogram.json"])
def test_deep_nesting_is_left_out(tmp_path: Path, name: str) -> None:
    folder = folders.write_autocheckout(tmp_path)
    deep = b'{"x":' + b"[" * 200_000 + b"]" * 200_000 + b"}\n"
    (folder / name).write_bytes((folder / name).read_bytes() + deep)
    _, _, warnings = read(folder)
    assert count(warnings, f"{name}: ") == 1


def test_a_giant_line_is_passed_over_without_being_held(tmp_path: Path) -> None:
    path = tmp_path / "lines"
    path.write_bytes(b"first\n" + b"x" * 20_000_000 + b"\n\nlast")
    tally = Tally()
    tracemalloc.start()
    lines = list(read_lines(path, tally, line_bytes_max=10_000))
    peak = tracemalloc.get_traced_memory()[1]
    tracemalloc.stop()

    assert lines == [(1, b"first\n"), (2, None), (4, b"last")]
    assert tally.total("lines: line longer than 0.00954 MiB left out") == 1
    assert peak < 6_000_000


def test_the_bound_of_a_line_leaves_room_for_real_ones() -> None:
    assert LINE_BYTES_MAX > 1000 * 6000


@pytest.mark.parametrize("missing", ["plate_data.json", "planogram.json", "products.json"])
def test_missing_files_are_named(tmp_path: Path, missing: str) -> None:
    folder = folders.write_autocheckout(tmp_path)
    (folder / missing).unlink()
    with pytest.raises(RecordingError, match=missing):
        AutoCheckoutRecording(folder)


@pytest.mark.parametrize("name", ["plate_data.json", "planogram.json", "products.json"])
@pytest.mark.parametrize(
    "content", [b"", b"\n\n", b"\0" * 5000, b"garbage\n" * 2000, b"[]\n", b"{}\n", b'"\xff\xfe"\n', b"null", b"[[[["]
)
def test_a_needed_file_of_something_else_is_an_error(tmp_path: Path, name: str, content: bytes) -> None:
    folder = folders.write_autocheckout(tmp_path)
    (folder / name).write_bytes(content)
    with pytest.raises(RecordingError, match=name):
        AutoCheckoutRecording(folder)


@pytest.mark.parametrize("content", [b"garbage\n" * 20, b"garbage\n" * 5000, b"\0" * 5000])
def test_people_of_something_else_are_an_error_when_read(tmp_path: Path, content: bytes) -> None:
    folder = folders.write_autocheckout(tmp_path)
    (folder / "full_targets.json").write_bytes(content)
    with pytest.raises(RecordingError, match="full_targets"):
        read(folder)


def test_an_empty_file_of_people_is_said(tmp_path: Path) -> None:
    batches, frames, warnings = read(folders.write_autocheckout(tmp_path, people=[]))
    assert (len(batches), frames) == (10, [])
    assert count(warnings, "nobody is tracked") == 1


def test_a_file_that_vanishes_is_an_error(tmp_path: Path) -> None:
    folder = folders.write_autocheckout(tmp_path)
    recording = AutoCheckoutRecording(folder)
    (folder / "plate_data.json").unlink()
    with pytest.raises(RecordingError, match="cannot be read"):
        list(recording.events())
    assert recording.duration_ns() is None


@pytest.mark.parametrize("name", ["receipts.json", "events.json", "meta.json"])
@pytest.mark.parametrize("content", [b"", b"[]", b"[" * 100_000, b'{"a": {"b": "c"}}', b"\xff"])
def test_a_bad_truth_never_stops_a_reading(tmp_path: Path, name: str, content: bytes) -> None:
    folder = folders.write_autocheckout(tmp_path)
    (folder / "receipts.json").write_text("{}")
    (folder / name).write_bytes(content)
    batches, _, warnings = read(folder)
    assert len(batches) == 10
    assert count(warnings, "truth") == (0 if b"{" in content and name != "receipts.json" else 1)


@pytest.mark.parametrize("quantity", [-1, 10_001, 10**18, 10**400])
def test_an_impossible_quantity_of_the_truth_is_left_out_and_said(tmp_path: Path, quantity: int) -> None:
    folder = folders.write_autocheckout(tmp_path)
    (folder / "receipts.json").write_text(json.dumps({"7": {"96385074": quantity, "1": 2, "3": 0}}))
    recording = AutoCheckoutRecording(folder)
    assert recording.truth is not None
    assert recording.truth.receipts == {TrackId("7"): {ProductId("1"): 2, ProductId("3"): 0}}
    assert count(recording.warnings, "impossible quantity in the truth") == 1


@pytest.mark.parametrize(
    "change",
    [
        {"dim_x": float("1e300")},
        {"dim_x": 0.0},
        {"dim_z": -1.0},
        {"transform": {}},
        {"transform": {"translation": {"x": 1e200}}},
        {"transform": {"translation": {"x": 1}, "rotation": {"z": 1e300}}},
    ],
    ids=str,
)
def test_a_facing_of_no_place_costs_only_its_shelf(tmp_path: Path, change: dict[str, object]) -> None:
    bad = folders.facing_document("96385074", [1, 2], shelf=3)
    bad["global_coordinates"].update(change)
    recording = AutoCheckoutRecording(folders.write_autocheckout(tmp_path, planogram=[*folders.PLANOGRAM, bad]))

    assert [shelf.index for shelf in recording.shop.fixtures[0].shelves] == [1, 2]
    assert count(recording.warnings, "facing without a usable place or size") == 1
    assert count(recording.warnings, "facing on a shelf of unknown place") == 1


@pytest.mark.parametrize("plate", [0, -1, 65, 999, 10**9, 10**30, "x", None])
def test_an_impossible_plate_of_the_planogram_is_left_out(tmp_path: Path, plate: object) -> None:
    bad = folders.facing_document("96385074", [1])
    bad["plate_ids"][0]["plate_index"] = plate
    recording = AutoCheckoutRecording(folders.write_autocheckout(tmp_path, planogram=[*folders.PLANOGRAM, bad]))

    assert len(recording.shop.facings) == 3
    assert sum(times for what, times in recording.warnings.items() if "planogram" in what) >= 1


@given(data=st.data())
def test_any_damage_gives_an_error_or_sound_events(
    tmp_path_factory: pytest.TempPathFactory, data: st.DataObject
) -> None:
    folder = folders.write_autocheckout(
        tmp_path_factory.mktemp("visit"), folders.steady_plates(3), folders.steady_people(3)
    )
    name = data.draw(st.sampled_from(["plate_data.json", "full_targets.json", "planogram.json", "products.json"]))
    content = bytearray((folder / name).read_bytes())
    for _ in range(data.draw(st.integers(1, 4))):
        place = data.draw(st.integers(0, len(content) - 1))
        length = data.draw(st.integers(0, 40))
        content[place : place + length] = data.draw(
            st.one_of(
                st.binary(max_size=20), st.sampled_from([b'"', b"null", b"-1", b"1e999", b"{", b"}", b"NaN", b"[]"])
            )
        )
        content = content or bytearray(b" ")
    (folder / name).write_bytes(bytes(content))
    with contextlib.suppress(RecordingError):
        read(folder)
