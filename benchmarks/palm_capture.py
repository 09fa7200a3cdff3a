"""How well a hand is found, and whether it is recognised, under what a capture has to bear.

    python -m benchmarks.palm_capture --hands 40      # all conditions: some minutes

Needs `pip install 'tillfree[palm]'`. Hands are **simulated**, with other seeds than those that were learned from, and
wear the skin of simulated palms as no training has seen it. Each hand is shown upright to a good camera once, and once
under each condition (the same shape and palm; pose, tilt, turn, place, light and background drawn anew), in pictures of
800 x 600 in visible light and 768 x 576 in near infrared by turns. Writes `benchmarks/results/palm_capture.json`.

`landmark_error` is the mean distance of the twelve landmarks at roots, valleys, edges and wrist from the truth, in
percent of the palm's width; `corner_error` the root mean square distance between the places on the palm (true palm
coordinates) at which the same corner of the region lies in both views, in percent of the region's side;
`not_acquired` counts pictures without a region or on the wrong hand; `not_recognised` those whose log ratio with the
first picture is below the threshold of one false match in 10,000, or that were not acquired; `cosine` is that of the
embeddings alone. Simulated palms are harder than real ones: compare with the row "any turn", not with 0.
"""

import argparse
import sys
import time
from collections.abc import Mapping
from pathlib import Path

import cv2
import numpy as np
import numpy.typing as npt

from benchmarks.palm_capture_scenes import CONDITIONS, SEED, SIZES, Condition, Person, seen_as
from benchmarks.result_files import Row, write_results
from tillfree.palm.capture.finder import HandFinder
from tillfree.palm.capture.looks import Look
from tillfree.palm.comparison import Probe, Reference
from tillfree.palm.embedding import Embedder
from tillfree.palm.encoding import Encoder
from tillfree.palm.fusion_table import TAILS
from tillfree.palm.samples import Band, HandImage
from tillfree.simulation.palms.hands.scenes import HandScene, empty_scene
from tillfree.storage.models import hand_model, palm_model

Floats = npt.NDArray[np.float64]
FMR = 1e-4


class Tally:
    """What pictures under one condition gave."""

    def __init__(self) -> None:
        self.landmarks: list[float] = []
        self.corners: list[float] = []
        self.cosines: list[float] = []
        self.missed: dict[Band, int] = dict.fromkeys(SIZES, 0)
        self.strange: dict[Band, int] = dict.fromkeys(SIZES, 0)
        self.pictures: dict[Band, int] = dict.fromkeys(SIZES, 0)
        self.spent: list[float] = []

    def row(self, name: str) -> Row:
        """The figures of a condition."""
        found: Row = {"condition": name, "pictures": sum(self.pictures.values())}
        found["not_acquired"] = sum(self.missed.values())
        for band, count in self.pictures.items():
            found[f"pictures_{band}"], found[f"not_recognised_{band}"] = count, self.strange[band]
        corners = np.array(self.corners or [np.nan])
        return found | {
            "landmark_error_percent": round(100 * float(np.mean(self.landmarks or [np.nan])), 2),
            "corner_error_percent_median": round(100 * float(np.median(corners)), 2),
            "corner_error_percent_p95": round(100 * float(np.quantile(corners, 0.95)), 2),
            "cosine_median": round(float(np.median(self.cosines or [np.nan])), 3),
            "ms_per_picture": round(1e3 * float(np.median(self.spent)), 1),
        }


def on_palm(scene: HandScene, pixels: Floats) -> Floats:
    """Pixels (n, 2) as true palm coordinates."""
    points = np.column_stack([pixels, np.ones(len(pixels))]) @ np.linalg.inv(scene.plane).T
    places: Floats = points[:, :2] / points[:, 2:]
    return places


class Bench:
    """A finder and an encoder, and the thresholds at which a palm is recognised."""

    def __init__(self, finder: HandFinder) -> None:
        self.finder, self.encoder = finder, Encoder(Embedder(palm_model() or b""))
        self.thresholds: Mapping[Band, float] = {band: TAILS[(band, True)].threshold(FMR) for band in SIZES}

    def hand(self, number: int, tallies: Mapping[str, Tally]) -> None:
        """One hand under all conditions."""
        person = Person.at(number)
        self._met(person, {name: one for name, one in CONDITIONS.items() if not one.visible_only}, tallies)
        self._met(Person.at(number, "visible"), {k: one for k, one in CONDITIONS.items() if one.visible_only}, tallies)

    def _met(self, person: Person, conditions: Mapping[str, Condition], tallies: Mapping[str, Tally]) -> None:
        first = person.first()
        look = self.finder.look(first.image)
        reference = None if not _right(look, first) or look.region is None else self.encoder.features(look.region)
        known = None if reference is None else Reference(reference)
        plain = person.scene(CONDITIONS["any turn"])
        for name, condition in conditions.items():
            scene = plain if condition.is_plain else person.scene(condition)
            self._seen(tallies[name], person.band, seen_as(scene, condition, person), (first, look), known)

    def _seen(
        self, tally: Tally, band: Band, scene: HandScene, first: tuple[HandScene, Look], known: Reference | None
    ) -> None:
        begin = time.process_time()
        look = self.finder.look(scene.image)
        tally.spent.append(time.process_time() - begin)
        tally.pictures[band] += 1
        if not _right(look, scene) or look.region is None:
            tally.missed[band] += 1
            tally.strange[band] += 1
            return
        away = np.linalg.norm(look.landmarks[:12] - scene.landmarks[:12], axis=1)
        size = scene.image.pixels.shape[1::-1]
        seen = np.all((scene.landmarks[:12] >= 0) & (scene.landmarks[:12] < size), axis=1)
        tally.landmarks.append(float(away[seen].mean() / np.linalg.norm(scene.landmarks[7] - scene.landmarks[8])))
        if known is None:
            # The good picture was not acquired: nothing can be recognised.
            tally.strange[band] += 1
            return
        places = on_palm(first[0], first[1].square), on_palm(scene, look.square)
        side = np.linalg.norm(places[0] - np.roll(places[0], 1, axis=0), axis=1).mean()
        tally.corners.append(float(np.sqrt(((places[0] - places[1]) ** 2).sum(axis=1).mean()) / side))
        score = Probe(self.encoder.features(look.region)).compare(known)
        tally.cosines.append(score.embedding)
        tally.strange[band] += score.log_ratio < self.thresholds[band]


def speed(finder: HandFinder) -> list[Row]:
    """Processor time of one look at a plain hand and at none, in pictures of the sizes that cameras give."""
    rows: list[Row] = []
    scene = Person.at(1).first()
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
    """All conditions, hand by hand."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--hands", type=int, default=40)
    parser.add_argument("--model", type=Path)
    parser.add_argument("-o", "--output", type=Path)
    arguments = parser.parse_args()
    finder = HandFinder(hand_model() if arguments.model is None else arguments.model.read_bytes())
    bench, tallies = Bench(finder), {name: Tally() for name in CONDITIONS}
    for number in range(arguments.hands):
        bench.hand(number, tallies)
    rows = [tally.row(name) for name, tally in tallies.items()] + speed(finder)
    for row in rows:
        sys.stdout.write(f"{row}\n")
    command = f"python -m benchmarks.palm_capture --hands {arguments.hands}"
    write_results("palm_capture", command, rows, arguments.output)
    return 0


if __name__ == "__main__":
    raise SystemExit(main())
