"""Writes a recording as a folder in the AutoCheckout layout: JSON lines, people in inches, plates with an empty border.

What a folder can say is less than what a recording can: events other than weight batches and people frames are left
out, and times keep about a microsecond.
"""

import base64
import hashlib
import json
import os
import shutil
import tempfile
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import numpy as np

from tillfree.catalog.model import Shop
from tillfree.core.events import PeopleFrame, TrackedPerson, WeightBatch
from tillfree.core.geometry import Point
from tillfree.core.ids import ShelfRef
from tillfree.core.time import NS_PER_S, seconds_from_ns
from tillfree.simulation.errors import SimulationError
from tillfree.storage.recordings.model import Recording, Truth

__all__ = ["write_autocheckout"]

_INCHES = 1 / 0.0254
_PLATE_DELAY_NS = 98_000_000
_PEOPLE_DELAY_NS = 2_370_000_000
_MARKED = "SYNTHETIC"
_MARKER = "This recording is simulated (Tillfree). Nobody shown here exists.\n"


def write_autocheckout(recording: Recording, folder: Path) -> None:
    """Writes `recording` into `folder`, which is made where it does not exist; memory stays bounded.

    The folder holds the whole recording or nothing: its files are written elsewhere first. A simulated one is marked as
    such before anything else is in it.

    Raises:
        SimulationError: the folder holds something already, or cannot be written.
    """
    try:
        folder.parent.mkdir(parents=True, exist_ok=True)
        there = folder.is_dir()
        occupied = there and any(folder.iterdir())
        if not there and os.path.lexists(folder):
            raise SimulationError(f"{folder}: not a folder; choose another name")
    except OSError as error:
        raise SimulationError(f"{folder}: cannot be written ({error.strerror}); choose another folder") from error
    if occupied:
        raise SimulationError(f"{folder}: not empty; choose another folder, or empty it first")
    try:
        # A folder that is there already stays the same one: it may be where somebody works, or a disk of its own.
        stage = Path(
            tempfile.mkdtemp(prefix=f".{folder.name[:40]}.", suffix=".part", dir=folder if there else folder.parent)
        )
        try:
            _write_files(recording, stage)
            if there:
                for name in _moving_order(stage):
                    (stage / name).replace(folder / name)
                stage.rmdir()
            else:
                umask = os.umask(0)
                os.umask(umask)
                stage.chmod(0o777 & ~umask)
                stage.rename(folder)
        finally:
            shutil.rmtree(stage, ignore_errors=True)
    except OSError as error:
        raise SimulationError(f"{folder}: cannot be written ({error.strerror}); is the disk full?") from error


def _write_files(recording: Recording, folder: Path) -> None:
    if recording.truth is not None and recording.truth.synthetic:
        (folder / _MARKED).write_text(_MARKER, encoding="utf-8")
    _write_shop(recording.shop, folder)
    first_ns = _write_events(recording, folder)
    if recording.truth is not None:
        _write_truth(recording.name, recording.truth, first_ns, folder)


def _moving_order(folder: Path) -> list[str]:
    """The mark first; the plates, without which a folder is no recording, last."""
    names = sorted(path.name for path in folder.iterdir())
    return sorted(names, key=lambda name: (name != _MARKED, name == "plate_data.json"))


# ---- shop -------------------------------------------------------------------------------------------------------


def _write_shop(shop: Shop, folder: Path) -> None:
    shelves = shop.shelf_index()
    with (folder / "planogram.json").open("w", encoding="utf-8") as file:
        for number, facing in enumerate(shop.facings):
            shelf = shelves[ShelfRef(facing.fixture, facing.shelf)]
            left, right = shelf.plates[facing.plates[0] - 1][0], shelf.plates[facing.plates[-1] - 1][1]
            corner = shelf.box.pose.to_parent(Point(left, 0.0, 0.0))
            size = {
                "dim_x": round(right - left, 6),
                "dim_y": shelf.box.depth_m,
                "dim_z": shelf.box.height_m,
            }
            yaw = shelf.box.pose.yaw_rad
            place = {"translation": _vector(corner), "rotation": {"z": yaw} if yaw else {}}
            _line(
                file,
                {
                    "_id": _object_id("facing", number),
                    "plate_ids": [
                        {
                            "shelf_id": {"gondola_id": {"id": _number(facing.fixture)}, "shelf_index": facing.shelf},
                            "plate_index": plate,
                        }
                        for plate in facing.plates
                    ],
                    "planogram_product_id": {"barcode_type": "UPC", "id": facing.product},
                    "global_coordinates": {"transform": place, **size},
                },
            )
    with (folder / "products.json").open("w", encoding="utf-8") as file:
        for number, product in enumerate(shop.products):
            about: dict[str, Any] = {"name": product.name, "thumbnail": ""}
            if product.price_minor is not None:
                about["price"] = product.price_minor / 100
            if product.weight_g is not None:
                about["weight"] = product.weight_g
            code = {"barcode_type": "UPC", "id": product.id}
            _line(file, {"_id": _object_id("product", number), "product_id": code, "metadata": about})


# ---- events -----------------------------------------------------------------------------------------------------


def _write_events(recording: Recording, folder: Path) -> int:
    """Both streams; returns the time of the first event."""
    first_ns = 0
    with (
        (folder / "plate_data.json").open("w", encoding="utf-8") as plates,
        (folder / "full_targets.json").open("w", encoding="utf-8") as targets,
    ):
        for event in recording.events():
            first_ns = first_ns or event.time_ns
            if isinstance(event, WeightBatch):
                _line(plates, _plate_document(event))
            elif isinstance(event, PeopleFrame):
                _line(targets, _targets_document(event))
    return first_ns


def _plate_document(batch: WeightBatch) -> dict[str, Any]:
    samples, shelves, plates = batch.samples, batch.shelves, batch.plates
    framed = np.full((samples, shelves + 1, plates + 1), np.nan, dtype="<f4")
    framed[:, 1:, 1:] = np.frombuffer(batch.values, dtype="<f4").reshape(samples, shelves, plates)
    return {
        "_id": _object_id(batch.source, batch.sequence),
        "timestamp": seconds_from_ns(batch.time_ns),
        "date_time": {"$date": _iso(batch.time_ns + 1_000_000)},
        "document": {
            "header": {"t_origin": _iso(batch.time_ns - _PLATE_DELAY_NS), "t_issue": _iso(batch.time_ns)},
            "plate_data": {
                "plate_id": {"shelf_id": {"gondola_id": {"id": _number(batch.fixture)}}},
                "freq_samp": batch.rate_hz,
                "values": {
                    "data": base64.b64encode(framed.tobytes()).decode(),
                    "shape": list(framed.shape),
                    "type": "DATATYPE_FLOAT32",
                },
            },
        },
    }


def _targets_document(frame: PeopleFrame) -> dict[str, Any]:
    people = [_target(person) for person in frame.people]
    return {
        "_id": _object_id(frame.source, frame.sequence),
        "timestamp": seconds_from_ns(frame.time_ns),
        "date_time": {"$date": _iso(frame.time_ns + _PEOPLE_DELAY_NS)},
        "document": {
            "header": {"t_origin": _iso(frame.time_ns), "t_issue": _iso(frame.time_ns)},
            "targets": {"targets": people} if people else {},
        },
    }


def _target(person: TrackedPerson) -> dict[str, Any]:
    joints = {
        joint.name: {
            "point": {
                "x": round(joint.x * _INCHES, 6),
                "y": round(joint.y * _INCHES, 6),
                "z": round(joint.z * _INCHES, 6),
            },
            "score": joint.score,
        }
        for joint in person.joints
    }
    hands = [joints[name] for name in ("r_wrist", "l_wrist") if name in joints]
    return {"target_id": {"id": person.track}, "hands": hands, **joints}


# ---- truth ------------------------------------------------------------------------------------------------------


def _write_truth(name: str, truth: Truth, first_ns: int, folder: Path) -> None:
    acts = []
    for act in truth.acts:
        document: dict[str, Any] = {
            "target_id": act.track,
            "kind": act.kind,
            "timestamp": act.time_ns / NS_PER_S,
            "barcode": act.product or None,
            "weight": act.weight_g or None,
        }
        if act.fixture:
            document |= {"gondola": _number(act.fixture), "shelf": act.shelf, "plates": list(act.plates)}
            # Where its middle lies, in plates from the left edge.
            document["pos"] = sum(act.plates) / len(act.plates) - 0.5 if act.plates else 0.0
        if act.to_track:
            document["to_target"] = act.to_track
        acts.append(document)
    aliases = {track: track for track in truth.receipts} | dict(truth.aliases)
    _document(folder / "receipts.json", truth.receipts)
    _document(folder / "events.json", {"synthetic": truth.synthetic, "events": acts})
    meta = {"synthetic": truth.synthetic, "name": name, "start": seconds_from_ns(first_ns), "aliases": aliases}
    _document(folder / "meta.json", meta)


# ---- pieces -----------------------------------------------------------------------------------------------------


def _line(file: Any, document: dict[str, Any]) -> None:
    file.write(json.dumps(document, separators=(",", ":")))
    file.write("\n")


def _document(path: Path, content: Any) -> None:
    path.write_text(json.dumps(content, indent=1) + "\n", encoding="utf-8")


def _object_id(source: str, sequence: int) -> dict[str, str]:
    return {"$oid": hashlib.blake2b(f"{source}#{sequence}".encode(), digest_size=12).hexdigest()}


def _number(fixture: str) -> int | str:
    return int(fixture) if fixture.isdecimal() else fixture


def _vector(point: Point) -> dict[str, float]:
    return {"x": round(point.x, 6), "y": round(point.y, 6), "z": round(point.z, 6)}


def _iso(time_ns: int) -> str:
    whole, rest = divmod(time_ns, NS_PER_S)
    return f"{datetime.fromtimestamp(whole, UTC):%Y-%m-%dT%H:%M:%S}.{rest // 1000:06d}Z"
