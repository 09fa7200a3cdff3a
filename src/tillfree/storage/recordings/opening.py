"""Opening a recording of any known format, told apart by what it holds, and finding all of them below a folder."""

import os
from pathlib import Path

from tillfree.storage.importers import autocheckout, plate_csv
from tillfree.storage.importers.autocheckout import AutoCheckoutRecording
from tillfree.storage.importers.plate_csv import PlateCsvRecording
from tillfree.storage.recordings.mcap_file import McapRecording
from tillfree.storage.recordings.mcap_records import MAGIC
from tillfree.storage.recordings.model import Recording, RecordingError

__all__ = ["find_recordings", "open_recording"]

_KNOWN = (
    f"an MCAP file, a folder with {autocheckout.PLATES}, {autocheckout.PLANOGRAM} and {autocheckout.PRODUCTS} "
    f"(AutoCheckout), or one with {plate_csv.PRODUCTS} and {plate_csv.WEIGHTS}/gondola_G_shelf_S_plate_P.csv"
)
_AUTOCHECKOUT = (autocheckout.PLATES, autocheckout.PLANOGRAM, autocheckout.TARGETS)
_DEPTH_MAX = 100


def open_recording(path: Path) -> Recording:
    """The recording at a path: an MCAP file or a folder of another system, as it lies.

    Raises:
        RecordingError: there is nothing, nothing known, or something damaged; says what, and what is expected.
    """
    try:
        if path.is_dir():
            return _open_folder(path)
        if path.is_symlink() and not path.exists():
            raise RecordingError(f"{path}: a link that leads nowhere")
        if not path.exists():
            raise RecordingError(f"{path}: there is no such file or folder")
        if not path.is_file():
            raise RecordingError(f"{path}: neither a file nor a folder; expected {_KNOWN}")
        if path.name in (*_AUTOCHECKOUT, autocheckout.PRODUCTS):
            raise RecordingError(f"{path}: one file of an AutoCheckout recording; give its folder, {path.parent}")
        with path.open("rb") as file:
            head = file.read(len(MAGIC))
    except OSError as error:
        raise RecordingError(f"{path}: cannot be opened ({error.strerror or error})") from None
    if head == MAGIC:
        return McapRecording(path)
    what = "the file is empty" if not head else "no MCAP file"
    raise RecordingError(f"{path}: {what}; expected {_KNOWN}")


def _open_folder(folder: Path) -> Recording:
    names = {entry.name for entry in folder.iterdir()}
    if names & set(_AUTOCHECKOUT):
        return AutoCheckoutRecording(folder)
    if plate_csv.PRODUCTS in names or plate_csv.WEIGHTS in names:
        return PlateCsvRecording(folder)
    below = find_recordings(folder) if names else []
    if below:
        raise RecordingError(
            f"{folder}: a folder of {len(below)} recordings, none itself; give one of them, such as {below[0]}"
        )
    what = "holds no recording" if names else "the folder is empty"
    raise RecordingError(f"{folder}: {what}; expected {_KNOWN}")


def find_recordings(folder: Path) -> list[Path]:
    """Every recording at or below a folder, sorted; what merely looks like one is found too, opening it tells why not.

    Links to folders are not followed; hidden files and folders, and folders that cannot be read, are passed over.

    Raises:
        RecordingError: the folder does not exist or cannot be read, or folders are nested deeper than anybody's.
    """
    if folder.is_file():
        return [folder]
    if not folder.is_dir():
        raise RecordingError(f"{folder}: there is no such folder")

    found: list[Path] = []
    waiting = [(folder, 0)]
    while waiting:
        here, depth = waiting.pop()
        if depth > _DEPTH_MAX:
            raise RecordingError(
                f"{folder}: folders in it are nested more than {_DEPTH_MAX} deep; name the folder of the recordings"
            )
        try:
            with os.scandir(here) as entries:
                entries_here = list(entries)
            below = {entry.name: entry.is_symlink() for entry in entries_here if _is_folder(entry)}
        except OSError as error:
            if depth == 0:
                raise RecordingError(f"{folder}: cannot be read ({error.strerror or error})") from None
            continue
        files = {entry.name for entry in entries_here if entry.name not in below}
        if autocheckout.PLATES in files or (plate_csv.PRODUCTS in files and plate_csv.WEIGHTS in below):
            found.append(here)
            continue
        waiting.extend(
            (here / name, depth + 1) for name, link in below.items() if not link and not name.startswith(".")
        )
        found.extend(here / name for name in files if name.endswith(".mcap") and not name.startswith("."))
    return sorted(found)


def _is_folder(entry: os.DirEntry[str]) -> bool:
    """Whether it is a folder; a link in a circle is none, and keeps nobody from what lies beside it."""
    try:
        return entry.is_dir()
    except OSError:
        return False
