"""`tillfree record truth`: what really happened in a recording, as tables that any program reads."""

import argparse
import csv
import json
import tempfile
from collections.abc import Iterable, Iterator
from pathlib import Path

import msgspec

from tillfree.cli.terminal import Progress, TerminalError, need_folder, refuse_overwriting, say, show
from tillfree.commerce.display import display_text
from tillfree.storage.recordings.model import KnowsPeople, Recording, TruePeople, Truth
from tillfree.storage.recordings.opening import open_recording

__all__ = ["run_truth"]

_ACTS = ("time_ns", "track", "kind", "product", "weight_g", "fixture", "shelf", "plates", "to_track")
_REACHES = ("track", "hand", "begin_ns", "in_ns", "out_ns", "end_ns", "x", "y", "z")
_ENTRIES = ("time_ns", "trip", "kind", "people", "role", "age_years", "refused")
_PEOPLE = ("time_ns", "track", "joint", "x", "y", "z")


def run_truth(arguments: argparse.Namespace) -> int:
    """Writes receipts, acts, reaches and places into a new folder; all of it or nothing."""
    recording = open_recording(arguments.recording)
    folder: Path = arguments.output
    if recording.truth is None:
        damaged = next((what for what in recording.warnings if "truth.json" in what or "attachment" in what), "")
        if damaged:
            raise TerminalError(f"{arguments.recording}: its truth is damaged ({damaged})")
        raise TerminalError(f"{arguments.recording}: nobody told what really happened; there is no truth in it")
    if folder.exists():
        raise TerminalError(f"{folder}: is there already; name a new folder for the tables")
    refuse_overwriting(folder, arguments.recording)
    need_folder(folder)
    try:
        with (
            tempfile.TemporaryDirectory(prefix=f".{folder.name[:40]}.", dir=folder.parent) as made,
            Progress(f"Reading {recording.name}") as progress,
        ):
            progress.show("truth")
            counts = _write(recording, recording.truth, Path(made) / "tables")
            (Path(made) / "tables").rename(folder)
    except OSError as error:
        raise TerminalError(f"{folder}: cannot be written ({error.strerror or error})") from error
    for what, times in sorted(recording.warnings.items()):
        say(f"warning: {times} x {what}")
    told = ", ".join(f"{count} {what}" for what, count in counts.items())
    made_up = " (simulated)" if recording.truth.synthetic else ""
    show(f"{display_text(str(folder))}: {told}{made_up}\n")
    return 0


def _write(recording: Recording, truth: Truth, folder: Path) -> dict[str, int]:
    folder.mkdir()
    receipts = json.dumps(msgspec.to_builtins(truth.receipts), indent=2, sort_keys=True, ensure_ascii=False)
    (folder / "receipts.json").write_text(receipts + "\n", encoding="utf-8")
    acts = (
        (*(getattr(act, name) for name in _ACTS[:7]), " ".join(map(str, act.plates)), act.to_track)
        for act in truth.acts
    )
    reaches = (tuple(getattr(reach, name) for name in _REACHES) for reach in truth.reaches)
    counts = {} if not truth.entries else {"entries": _table(folder / "entries.csv", _ENTRIES, _entries(truth))}
    return {
        **counts,
        "receipts": len(truth.receipts),
        "acts": _table(folder / "acts.csv", _ACTS, acts),
        "reaches": _table(folder / "reaches.csv", _REACHES, reaches),
        "places of joints": _table(folder / "people.csv", _PEOPLE, _places(recording)),
    }


def _entries(truth: Truth) -> Iterator[tuple[object, ...]]:
    for entry in truth.entries:
        yield (
            entry.time_ns,
            entry.trip,
            entry.kind,
            " ".join(entry.people),
            entry.role,
            entry.age_years,
            entry.refused,
        )


def _places(recording: Recording) -> Iterator[tuple[object, ...]]:
    if isinstance(recording, KnowsPeople):
        for item in recording.events_and_people():
            if isinstance(item, TruePeople):
                for track, joints in zip(item.tracks, item.places_m().tolist(), strict=True):
                    for name, place in zip(item.names, joints, strict=True):
                        yield item.time_ns, track, name, *(round(metres, 4) for metres in place)


def _table(path: Path, names: tuple[str, ...], rows: Iterable[tuple[object, ...]]) -> int:
    """Writes the rows, streaming; returns how many there were."""
    count = 0
    with path.open("w", encoding="utf-8", newline="") as file:
        writer = csv.writer(file, lineterminator="\n")
        writer.writerow(names)
        for row in rows:
            writer.writerow(row)
            count += 1
    return count
