"""How well a hand is found, and whether the same skin lands on the same pixels of the palm's region.

    python -m benchmarks.palm_capture --hands 8       # all conditions, 8 simulated hands each: some minutes

Needs `pip install 'tillfree[palm]'`. Hands are **simulated**, with other seeds than those that were learned from. Each
hand is seen twice under each condition (the same shape; pose, tilt, place, light and background drawn anew), in
pictures of 800 x 600 in visible light and 768 x 576 in near infrared. Writes `benchmarks/results/palm_capture.json`.

`landmark_error` is the mean distance of the twelve landmarks at roots, valleys, edges and wrist from the truth, in
percent of the palm's width; `corner_error` the root mean square distance between the places on the palm (true palm
coordinates) at which the same corner of the region lies in both views, in percent of the region's side;
`not_acquired` the share of pictures without a region or on the wrong hand.
"""

import argparse
import sys
import time
from collections.abc import Callable
from pathlib import Path

import cv2
import numpy as np
import numpy.typing as npt

from benchmarks.result_files import Row, write_results
from tillfree.palm.capture.finder import HandFinder
from tillfree.palm.capture.looks import Look
from tillfree.palm.samples import Band, HandImage
from tillfree.simulation.palms.hands.anatomy import Pose, pose_at_random, shape_at_random
from tillfree.simulation.palms.hands.drawing import Tilt
from tillfree.simulation.palms.hands.scenes import Hand, HandScene, Place, empty_scene, hand_scene
from tillfree.storage.models import hand_model

Floats = npt.NDArray[np.float64]
SIZES: dict[Band, tuple[int, int]] = {"visible": (800, 600), "nir": (768, 576)}
SEED = 90_001
FINE = Tilt(0.0, 0.0, 6.0)


def posed(rng: np.random.Generator, **changes: object) -> Pose:
    """A flat hand with fingers a little apart, and what a condition changes."""
    while True:
        pose = pose_at_random(rng)
        if pose.flex_deg.max() < 22.0 and pose.sway_deg[3] - pose.sway_deg[0] > 12.0:
            break
    fields = {name: changes.get(name, getattr(pose, name)) for name in Pose.__dataclass_fields__}
    return Pose(**fields)  # type: ignore[arg-type]


Condition = Callable[[np.random.Generator], tuple[Pose, Tilt, float, float]]
"""Pose, tilt, palm width as a share of the picture's height, and how far out of the middle, in palm widths."""


def _plain(rng: np.random.Generator) -> tuple[Pose, Tilt, float, float]:
    return posed(rng), Tilt(float(rng.normal(0, 4)), float(rng.normal(0, 4)), 7.0), float(rng.uniform(0.28, 0.42)), 0.2


def _closed(rng: np.random.Generator) -> tuple[Pose, Tilt, float, float]:
    sway = rng.uniform(-0.3, 0.2) * np.array([-9.0, -1.5, 5.0, 14.0]) + np.array([3.0, 0.0, -3.0, -9.0])
    _, tilt, share, out = _plain(rng)
    return posed(rng, sway_deg=sway), tilt, share, out


def _wide(rng: np.random.Generator) -> tuple[Pose, Tilt, float, float]:
    _, tilt, share, out = _plain(rng)
    sway = rng.uniform(1.0, 1.5) * np.array([-9.0, -1.5, 5.0, 14.0])
    return posed(rng, sway_deg=sway, thumb_deg=float(rng.uniform(45, 62))), tilt, share, out


def _tilted(rng: np.random.Generator) -> tuple[Pose, Tilt, float, float]:
    pose, _, share, out = _plain(rng)
    turn = rng.uniform(0, 2 * np.pi)
    return pose, Tilt(22.0 * float(np.cos(turn)), 22.0 * float(np.sin(turn)), 5.0), share, out


def _curled(rng: np.random.Generator) -> tuple[Pose, Tilt, float, float]:
    _, tilt, share, out = _plain(rng)
    flex = np.array([14.0, 22.0, 12.0]) + rng.normal(0, 4, (4, 3))
    return posed(rng, flex_deg=flex, cup=float(rng.uniform(0.05, 0.12))), tilt, share, out


def _far(rng: np.random.Generator) -> tuple[Pose, Tilt, float, float]:
    pose, tilt, _, _ = _plain(rng)
    return pose, tilt, float(rng.uniform(0.13, 0.2)), 1.5


def _cut(rng: np.random.Generator) -> tuple[Pose, Tilt, float, float]:
    pose, tilt, _, _ = _plain(rng)
    return pose, tilt, float(rng.uniform(0.38, 0.46)), -1.0


CONDITIONS: dict[str, Condition] = {
    "plain": _plain, "closed fingers": _closed, "wide fingers": _wide, "tilted 22 degrees": _tilted,
    "curled": _curled, "far": _far, "wrist out of the picture": _cut,
}  # fmt: skip


def scene_for(condition: Condition, band: Band, number: int, view: int, seed: int = SEED) -> HandScene:
    """One view of hand `number`; both views share its shape."""
    rng = np.random.default_rng([seed, number, view])
    shape = shape_at_random(np.random.default_rng([seed, number]))
    pose, tilt, share, out = condition(rng)
    width, height = SIZES[band]
    palm = share * height
    turn, mirrored = float(rng.uniform(0, 360)), bool(number % 2)
    way = np.radians(turn)
    if out < 0.0:
        # The wrist lies beyond the border: fingers point away from it.
        turn = float(rng.choice([0.0, 90.0, 180.0, 270.0]) + rng.normal(0, 6))
        way = np.radians(turn)
        down = np.array([-np.sin(way), np.cos(way)])
        edge = min(abs(0.5 * width / down[0]) if abs(down[0]) > 0.5 else 1e9,
                   abs(0.5 * height / down[1]) if abs(down[1]) > 0.5 else 1e9)  # fmt: skip
        at = np.array([width, height]) / 2 + down * (edge - 0.62 * palm)
    else:
        # Fingers and wrist stay in the picture as far as it allows.
        up = np.array([np.sin(way), -np.cos(way)])
        at = np.array([width, height]) / 2 - 0.25 * palm * up + rng.uniform(-out, out, 2) * palm
        at = np.clip(at, palm * 0.9, np.array([width, height]) - palm * 0.9)
    place = Place(float(at[0]), float(at[1]), palm, turn, mirrored)
    return hand_scene(seed, 2 * number + view, (width, height), place, band, hand=Hand(shape, pose, tilt))


def on_palm(scene: HandScene, pixels: Floats) -> Floats:
    """Pixels (n, 2) as true palm coordinates."""
    points = np.column_stack([pixels, np.ones(len(pixels))]) @ np.linalg.inv(scene.plane).T
    places: Floats = points[:, :2] / points[:, 2:]
    return places


def measured(condition: Condition, band: Band, finder: HandFinder, hands: int) -> Row:
    """Errors under one condition."""
    landmark, corner, missed, spent = [], [], 0, []
    for number in range(hands):
        places = []
        for view in range(2):
            scene = scene_for(condition, band, number, view)
            begin = time.process_time()
            look = finder.look(scene.image)
            spent.append(time.process_time() - begin)
            if not _right(look, scene):
                missed += 1
                continue
            away = np.linalg.norm(look.landmarks[:12] - scene.landmarks[:12], axis=1)
            size = scene.image.pixels.shape[1::-1]
            seen = np.all((scene.landmarks[:12] >= 0) & (scene.landmarks[:12] < size), axis=1)
            landmark.append(float(away[seen].mean() / np.linalg.norm(scene.landmarks[7] - scene.landmarks[8])))
            places.append(on_palm(scene, look.square))
        if len(places) == 2:
            side = np.linalg.norm(places[0] - np.roll(places[0], 1, axis=0), axis=1).mean()
            corner.append(float(((places[0] - places[1]) ** 2).sum(axis=1).mean() / side**2))
    return {
        "band": band,
        "pictures": 2 * hands,
        "landmark_error_percent": round(100 * float(np.mean(landmark)), 2) if landmark else None,
        "corner_error_percent": round(100 * float(np.sqrt(np.mean(corner))), 2) if corner else None,
        "corner_error_percent_median": round(100 * float(np.sqrt(np.median(corner))), 2) if corner else None,
        "corner_error_percent_p95": round(100 * float(np.sqrt(np.quantile(corner, 0.95))), 2) if corner else None,
        "not_acquired": round(missed / (2 * hands), 4),
        "ms_per_picture": round(1e3 * float(np.median(spent)), 1),
    }


def speed(finder: HandFinder) -> list[Row]:
    """Processor time of one look at a plain hand and at none, in pictures of the sizes that cameras give."""
    rows: list[Row] = []
    scene = scene_for(_plain, "nir", 0, 0)
    empty = empty_scene(np.random.default_rng(SEED), SIZES["nir"], "nir")
    for width, height in ((1600, 1200), (768, 576)):
        for name, image in (("plain", scene.image), ("no hand", empty.image)):
            shown = HandImage(cv2.resize(image.pixels, (width, height), interpolation=cv2.INTER_LINEAR), "nir")
            spent = []
            for _ in range(15):
                begin = time.process_time()
                finder.look(shown)
                spent.append(time.process_time() - begin)
            rows.append({"condition": f"speed, {name}", "width_px": width, "height_px": height,
                         "ms_per_picture": round(1e3 * float(np.median(spent)), 1)})  # fmt: skip
            sys.stdout.write(f"{rows[-1]}\n")
    return rows


def _right(look: Look, scene: HandScene) -> bool:
    assert scene.place is not None
    return look.found and look.region is not None and (look.side == "right") == scene.place.mirrored


def main() -> int:
    """All conditions in both bands."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--hands", type=int, default=8)
    parser.add_argument("--model", type=Path)
    parser.add_argument("-o", "--output", type=Path)
    arguments = parser.parse_args()
    finder = HandFinder(hand_model() if arguments.model is None else arguments.model.read_bytes())
    rows = speed(finder)
    for name, condition in CONDITIONS.items():
        for band in SIZES:
            row = {"condition": name, **measured(condition, band, finder, arguments.hands)}
            sys.stdout.write(f"{row}\n")
            rows.append(row)
    command = f"python -m benchmarks.palm_capture --hands {arguments.hands}"
    write_results("palm_capture", command, rows, arguments.output)
    return 0


if __name__ == "__main__":
    raise SystemExit(main())
