"""Frames as files: pictures as PNG, and what they show in the format of COCO's keypoints.

For each camera a folder with three pictures a moment, named by milliseconds: `T.png` in colour, `T.depth.png` with 16
bits of millimetres along the camera's axis (0: nothing), `T.label.png` with 16 bits of labels (0: nothing, else that of
an annotation). `annotations.json` beside them has images, categories and annotations as in Lin et al., Microsoft COCO:
Common objects in context, ECCV 2014: boxes are left, top, width, height; of a keypoint, v is 2 seen, 1 hidden, 0
outside the picture.
"""

from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Any

import msgspec
import numpy as np

from tillfree.catalog.cameras import Camera
from tillfree.simulation.errors import SimulationError
from tillfree.simulation.people.bodies import JOINT_NAMES
from tillfree.simulation.rendering.annotations import Annotation
from tillfree.simulation.rendering.film import Film, Shot

__all__ = ["CATEGORIES", "file_names", "moments_s", "save_frames"]

KINDS = ("person", "item", "facing")
_BONES = ((1, 2), (2, 3), (2, 4), (3, 5), (4, 6), (5, 7), (6, 8))
CATEGORIES: tuple[dict[str, Any], ...] = tuple(
    {"id": number, "name": kind, **({"keypoints": list(JOINT_NAMES), "skeleton": _BONES} if kind == "person" else {})}
    for number, kind in enumerate(KINDS, 1)
)
_FRAMES_MAX = 100_000
_FAR_MM = 65_535
_NAME_MAX = 50


def moments_s(duration_s: float, fps: float) -> list[float]:
    """The moments of frames, from the first second on.

    Raises:
        SimulationError: no or too many frames a second, or too many in all.
    """
    if not 0.001 <= fps <= 120.0:
        raise SimulationError(f"{fps:g} frames a second cannot be drawn; give 0.001 to 120")
    count = int((duration_s - 1.0) * fps) + 1 if duration_s >= 1.0 else 0
    if count > _FRAMES_MAX:
        raise SimulationError(f"{count} frames a camera are too many; {_FRAMES_MAX} at most, so give fewer a second")
    return [1.0 + number / fps for number in range(count)]


def save_frames(film: Film, cameras: Sequence[Camera], folder: Path, fps: float, start_ns: int) -> Iterator[float]:
    """Draw and write all frames; yields after each moment the share that is done. The annotations come last.

    After an error, what was written before it is there.

    Raises:
        SimulationError: there are no cameras, one is named twice, or the rate is out of bounds.
        OSError: a file cannot be written.
    """
    from PIL import Image  # noqa: PLC0415  only who renders needs it

    if not cameras:
        raise SimulationError("the shop has no cameras, so there are no frames; choose a store that has some")
    moments = moments_s(film.duration_s, fps)
    names = file_names(cameras)
    for name in names:
        (folder / name).mkdir(parents=True, exist_ok=True)
    images: list[dict[str, Any]] = []
    annotations: list[dict[str, Any]] = []
    for number, time_s in enumerate(moments, 1):
        for camera, name in zip(cameras, names, strict=True):
            shot = film.shot(camera, time_s)
            stem = f"{name}/{round(time_s * 1000):09d}"
            picture = shot.picture
            Image.fromarray(picture.colour).save(folder / f"{stem}.png")
            depth = np.where(np.isfinite(picture.depth_m), picture.depth_m * 1000.0 + 0.5, 0.0)
            Image.fromarray(np.minimum(depth, _FAR_MM).astype(np.uint16)).save(folder / f"{stem}.depth.png")
            Image.fromarray((picture.label + 1).astype(np.uint16)).save(folder / f"{stem}.label.png")
            images.append(_image(len(images) + 1, f"{stem}.png", shot, start_ns))
            annotations += [_row(len(annotations) + k, len(images), a) for k, a in enumerate(shot.annotations, 1)]
        yield number / len(moments)
    document = {"info": {"simulated": True}, "images": images, "categories": CATEGORIES, "annotations": annotations}
    part = folder / "annotations.json.part"
    part.write_bytes(msgspec.json.encode(document, order="deterministic"))
    part.replace(folder / "annotations.json")


def _image(number: int, name: str, shot: Shot, start_ns: int) -> dict[str, Any]:
    return {
        "id": number,
        "file_name": name,
        "width": shot.camera.width_px,
        "height": shot.camera.height_px,
        "camera": shot.camera.id,
        "time_ns": start_ns + round(shot.time_s * 1000) * 1_000_000,
    }


def _row(number: int, image: int, annotation: Annotation) -> dict[str, Any]:
    left, top, right, bottom = annotation.box
    row: dict[str, Any] = {
        "id": number,
        "image_id": image,
        "category_id": KINDS.index(annotation.kind) + 1,
        "bbox": [left, top, right - left + 1, bottom - top + 1],
        "area": annotation.pixels,
        "iscrowd": 0,
        "label": annotation.label + 1,
        "name": annotation.name,
    }
    if annotation.kind == "person":
        points = [
            (round(x, 2), round(y, 2), 2 if seen else 1) if seen or inside else (0.0, 0.0, 0)
            for (x, y, seen), inside in zip(annotation.joints.tolist(), annotation.inside.tolist(), strict=True)
        ]
        row["keypoints"] = [value for point in points for value in point]
        row["num_keypoints"] = sum(v > 0 for _, _, v in points)
    return row


def file_names(cameras: Sequence[Camera]) -> list[str]:
    """The ids of cameras as names of folders or files: none leads elsewhere, and all are different.

    Of two ids that would give the same name, that which is such a name already keeps it; else the first does, and the
    other gets a number behind it.

    Raises:
        SimulationError: two cameras have the same id.
    """
    ids = [camera.id for camera in cameras]
    twice = next((name for number, name in enumerate(ids) if name in ids[:number]), None)
    if twice is not None:
        raise SimulationError(f"camera {twice!r} is there twice, and its pictures would be as well; name it once")
    names: dict[str, str] = {}
    # Some file systems take capital and small letters for the same.
    taken: set[str] = set()
    for name in sorted(ids, key=lambda name: _plain(name) != name):
        plain = new = _plain(name)
        number = 1
        while new.casefold() in taken:
            number += 1
            new = f"{plain}-{number}"
        taken.add(new.casefold())
        names[name] = new
    return [names[name] for name in ids]


def _plain(name: str) -> str:
    kept = "".join(c if c.isalnum() or c in "-_" else "_" for c in name)
    return kept[:_NAME_MAX] or "_"
