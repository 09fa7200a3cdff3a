"""Any recording is opened by what it holds; anything else is told what was expected."""

import os
import tracemalloc
from pathlib import Path

import pytest

from tests.storage import folders
from tillfree.core.events import GatePassage
from tillfree.core.ids import TrackId
from tillfree.storage.importers.autocheckout import AutoCheckoutRecording
from tillfree.storage.importers.plate_csv import PlateCsvRecording
from tillfree.storage.recordings.info import describe
from tillfree.storage.recordings.mcap_file import McapRecording
from tillfree.storage.recordings.mcap_writer import write_events, write_mcap
from tillfree.storage.recordings.model import RecordingError
from tillfree.storage.recordings.opening import find_recordings, open_recording


@pytest.fixture
def shelf_of_recordings(tmp_path: Path) -> Path:
    """A folder with one recording of each format, some deeper, and things that are none."""
    root = tmp_path / "all"
    folders.write_autocheckout(root / "b" / "visit")
    folders.write_plate_csv(root / "a-csv")
    write_mcap(root / "b" / "one.mcap", AutoCheckoutRecording(root / "b" / "visit"))
    (root / "notes").mkdir()
    (root / "notes" / "read me.txt").write_text("nothing")
    (root / ".hidden").mkdir()
    (root / ".hidden" / "x.mcap").write_bytes(b"")
    return root


def sparse_garbage(path: Path, size: int = 3 * 1024**3) -> Path:
    """A file of the given size that takes no room on the disk, with garbage at its start."""
    with path.open("wb") as file:
        file.write(os.urandom(4096).replace(b"\x89", b"."))
        file.truncate(size)
    return path


def test_each_format_is_recognised(shelf_of_recordings: Path) -> None:
    assert isinstance(open_recording(shelf_of_recordings / "b" / "visit"), AutoCheckoutRecording)
    assert isinstance(open_recording(shelf_of_recordings / "a-csv"), PlateCsvRecording)
    assert isinstance(open_recording(shelf_of_recordings / "b" / "one.mcap"), McapRecording)


def test_the_name_of_an_mcap_file_does_not_matter(shelf_of_recordings: Path) -> None:
    path = (shelf_of_recordings / "b" / "one.mcap").rename(shelf_of_recordings / "b" / "recording")
    assert isinstance(open_recording(path), McapRecording)


def test_recordings_below_a_folder_are_found_in_order(shelf_of_recordings: Path) -> None:
    root = shelf_of_recordings
    assert find_recordings(root) == [root / "a-csv", root / "b" / "one.mcap", root / "b" / "visit"]
    assert find_recordings(root / "b" / "visit") == [root / "b" / "visit"]
    assert find_recordings(root / "b" / "one.mcap") == [root / "b" / "one.mcap"]
    assert find_recordings(root / "notes") == []


def test_links_in_a_circle_are_not_followed(shelf_of_recordings: Path) -> None:
    (shelf_of_recordings / "b" / "up").symlink_to(shelf_of_recordings, target_is_directory=True)
    assert len(find_recordings(shelf_of_recordings)) == 3


def test_a_link_to_itself_hides_nothing_beside_it(shelf_of_recordings: Path) -> None:
    loop = shelf_of_recordings / "b" / "loop"
    loop.symlink_to(loop)
    assert len(find_recordings(shelf_of_recordings)) == 3


@pytest.mark.parametrize("target", ["link.mcap", "nowhere"])
def test_a_link_that_leads_nowhere_is_called_one(tmp_path: Path, target: str) -> None:
    (tmp_path / "link.mcap").symlink_to(tmp_path / target)
    with pytest.raises(RecordingError, match="a link that leads nowhere"):
        open_recording(tmp_path / "link.mcap")


def test_a_missing_folder_is_an_error(tmp_path: Path) -> None:
    with pytest.raises(RecordingError, match="no such folder"):
        find_recordings(tmp_path / "missing")


@pytest.mark.parametrize("name", ["empty", "notes", "missing", "null", "file", "empty-file"])
def test_what_is_no_recording_is_an_error_that_says_what_is_expected(tmp_path: Path, name: str) -> None:
    (tmp_path / "empty").mkdir()
    (tmp_path / "notes").mkdir()
    (tmp_path / "notes" / "read me.txt").write_text("nothing")
    (tmp_path / "null").symlink_to("/dev/null")
    (tmp_path / "file").write_text("nothing")
    (tmp_path / "empty-file").touch()
    says = {"empty": "is empty", "notes": "no recording", "missing": "no such file", "empty-file": "is empty"}

    with pytest.raises(RecordingError, match=says.get(name, "expected an MCAP file")) as caught:
        open_recording(tmp_path / name)
    assert str(tmp_path / name) in str(caught.value)


def test_a_folder_of_recordings_names_one_of_them(shelf_of_recordings: Path) -> None:
    with pytest.raises(RecordingError, match=r"folder of 3 recordings.*a-csv"):
        open_recording(shelf_of_recordings)


def test_one_file_of_a_folder_leads_to_the_folder(shelf_of_recordings: Path) -> None:
    with pytest.raises(RecordingError, match="give its folder"):
        open_recording(shelf_of_recordings / "b" / "visit" / "plate_data.json")


@pytest.mark.parametrize("kept", ["plate_data.json", "planogram.json", "full_targets.json"])
def test_an_incomplete_folder_says_which_files_are_missing(tmp_path: Path, kept: str) -> None:
    folder = folders.write_autocheckout(tmp_path / "visit")
    for path in folder.iterdir():
        if path.name != kept:
            path.unlink()
    with pytest.raises(RecordingError, match=r"products\.json missing"):
        open_recording(folder)


@pytest.mark.parametrize("name", ["garbage.bin", "garbage.mcap", "visit/plate_data.json", "visit/planogram.json"])
def test_three_gigabytes_of_garbage_are_refused_by_their_head(tmp_path: Path, name: str) -> None:
    folders.write_autocheckout(tmp_path / "visit")
    path = sparse_garbage(tmp_path / name)
    tracemalloc.start()
    with pytest.raises(RecordingError):
        open_recording(path.parent if name.startswith("visit") else path)
    peak = tracemalloc.get_traced_memory()[1]
    tracemalloc.stop()
    assert peak < 200_000_000


def test_three_gigabytes_of_garbage_as_people_or_catalogue_are_refused_too(tmp_path: Path) -> None:
    folder = folders.write_autocheckout(tmp_path / "visit")
    sparse_garbage(folder / "full_targets.json")
    with pytest.raises(RecordingError, match="full_targets"):
        list(open_recording(folder).events())
    sparse_garbage(folder / "products.json")
    with pytest.raises(RecordingError, match="products"):
        open_recording(folder)


def test_a_description_counts_what_is_there(tmp_path: Path) -> None:
    plates = folders.steady_plates(10)
    for document in plates[5:]:
        document["timestamp"] += 3.0
    people = [*folders.steady_people(15), folders.frame_document(folders.START_S + 4.5, [folders.person("8")] * 1)]
    folder = folders.write_autocheckout(tmp_path / "visit", plates, people)
    (folder / "receipts.json").write_text("{}")

    info = describe(open_recording(folder))

    assert (info.name, info.format, info.truth) == ("visit", "AutoCheckout folder", "known")
    assert (info.fixtures, info.shelves, info.plates, info.plates_with_product) == (1, 2, 6, 6)
    assert (info.products, info.tracks, info.people_max, info.events) == (2, 2, 1, 26)
    assert info.duration_s == pytest.approx(4.8)
    frames, batches = info.kinds
    assert (frames.kind, frames.source, frames.events, frames.gaps) == ("people_frame", "targets", 16, 1)
    assert (batches.kind, batches.source, batches.events, batches.gaps) == ("weight_batch", "plates-1", 10, 1)
    assert batches.longest_gap_s == pytest.approx(3.2)
    assert batches.rate_hz == pytest.approx(9 / 4.8)


def test_a_description_of_nothing_is_one(tmp_path: Path) -> None:
    shop = AutoCheckoutRecording(folders.write_autocheckout(tmp_path / "visit")).shop
    write_events(tmp_path / "a.mcap", "a", shop, ())
    info = describe(open_recording(tmp_path / "a.mcap"))
    assert (info.events, info.start_ns, info.duration_s, info.kinds) == (0, None, 0.0, ())


def test_a_description_counts_steps_back_in_time(tmp_path: Path) -> None:
    shop = AutoCheckoutRecording(folders.write_autocheckout(tmp_path / "visit")).shop
    passages = [
        GatePassage(time_ns=time_ns, source="gate", sequence=number, track=TrackId("a"), direction="in")
        for number, time_ns in enumerate((10, 20, 15, 30, 30, 5))
    ]
    write_events(tmp_path / "a.mcap", "a", shop, passages)
    info = describe(open_recording(tmp_path / "a.mcap"))
    assert (info.backward_steps, info.start_ns, info.end_ns) == (2, 5, 30)
