"""How well the detector that comes with Tillfree, which learned from simulated pictures alone, finds people.

    python -m benchmarks.people_detector                                    # simulated shops only
    python -m benchmarks.people_detector --video vtest.avi --truth gt.txt   # and a real street: PETS09-S2L1
    python -m benchmarks.people_detector --pictures FOLDER --look FOLDER    # and real pictures without a truth

Needs `pip install 'tillfree[frames,vision]'`. The video `vtest.avi` is in Debian's package opencv-doc; its truth
(`gt.txt`, boxes in the format of the MOT Challenge) in the MOT15 training set. No real picture was used for training
or for choosing anything. Shops are looked at with 448 pixels as the longer side, which was chosen on the simulated
ones: people are near there. The street is looked at as it comes. Writes `benchmarks/results/people_detector.json`.
"""

import argparse
import sys
import time
from collections.abc import Callable, Iterator
from pathlib import Path

import numpy as np
import numpy.typing as npt

from benchmarks.result_files import Row, write_results
from tillfree.catalog.cameras import Camera
from tillfree.core.geometry import Point
from tillfree.learning.scoring import Found, score_detections
from tillfree.simulation.demo_shop import demo_shop
from tillfree.simulation.options import SimulationOptions
from tillfree.simulation.recording import simulate
from tillfree.simulation.rendering.film import Film
from tillfree.simulation.rendering.looks import random_looks
from tillfree.storage.models import people_model
from tillfree.vision.people import PeopleDetector

Bytes = npt.NDArray[np.uint8]
Floats = npt.NDArray[np.floating]
Look = Callable[[Bytes], Found]
SCORE_MIN = 0.3
_LOW = 0.02
"""Average precision needs the uncertain ones too."""
_SHOPS = range(9001, 9009)
_LEAST_PX = 20
_SHOP_PX = 448


def detector_of(model: Path | None, longest_px: int | None = None) -> Look:
    """The detector as a function."""
    detector = PeopleDetector(people_model() if model is None else model.read_bytes(), score_min=_LOW,
                              longest_px=longest_px)  # fmt: skip

    def look(picture: Bytes) -> Found:
        seen = detector.people(picture)
        return Found(np.array([p.box for p in seen]).reshape(-1, 4), np.array([p.score for p in seen]))

    return look


def simulated_pictures() -> Iterator[tuple[Bytes, Floats]]:
    """Pictures of whole shops, drawn otherwise than those that were learned from, with the boxes of people."""
    for seed in _SHOPS:
        rng = np.random.default_rng(seed)
        recording = simulate(demo_shop(4), SimulationOptions(shoppers=5, seed=seed, arrival_spread_s=10.0))
        film = Film(recording, random_looks(seed))
        for number in range(4):
            x, y, z = rng.uniform((-1.0, -4.0, 2.2), (6.0, -1.5, 3.2))
            eye, aim = Point(float(x), float(y), float(z)), Point(float(rng.uniform(0.5, 4.0)), 0.0, 0.8)
            camera = Camera(f"look-{number}", eye, aim, float(rng.uniform(60.0, 90.0)), 640, 360, -0.04)
            shot = film.shot(camera, 8.0 + 4.0 * number)
            boxes = [a.box for a in shot.annotations if a.kind == "person" and a.box[3] - a.box[1] >= _LEAST_PX]
            yield shot.picture.colour, np.array(boxes, dtype=np.float64).reshape(-1, 4) + np.array((0.0, 0.0, 1.0, 1.0))


def real_video(video: Path, truth: Path, every: int) -> Iterator[tuple[Bytes, Floats]]:
    """Frames of a real video with the boxes of its people (MOT: frame from 1 on, id, left, top, width, height)."""
    import av  # noqa: PLC0415  only for videos

    rows = np.loadtxt(truth, delimiter=",", ndmin=2)
    with av.open(str(video)) as container:
        for number, frame in enumerate(container.decode(video=0), 1):
            if (number - 1) % every:
                continue
            boxes = rows[rows[:, 0] == number, 2:6]
            yield frame.to_ndarray(format="rgb24"), np.concatenate([boxes[:, :2], boxes[:, :2] + boxes[:, 2:]], axis=1)


def row_of(name: str, pictures: Iterator[tuple[Bytes, Floats]], look: Look, score_min: float = SCORE_MIN) -> Row:
    """Scores over pictures, and the processor time of one."""
    found: list[Found] = []
    truth: list[Floats] = []
    seconds = 0.0
    for picture, boxes in pictures:
        begin = time.process_time()
        found.append(look(picture))
        seconds += time.process_time() - begin
        truth.append(boxes)
    score = score_detections(found, truth, score_min)
    row: Row = {
        "pictures": name, "count": len(found), "people": score.people,
        "ap50": round(score.average_precision, 4), "recall": round(score.recall, 4),
        "precision": round(score.precision, 4), "score_min": score_min,
        "ms_a_picture": round(1000.0 * seconds / max(len(found), 1), 1),
    }  # fmt: skip
    sys.stderr.write(f"{row}\n")
    return row


def count_people(folder: Path, look: Look, drawn: Path | None) -> list[Row]:
    """How many people are found in each picture of a folder; with boxes drawn into copies where that is wanted."""
    from PIL import Image, ImageDraw  # noqa: PLC0415  only for pictures in files

    rows: list[Row] = []
    for path in sorted([*folder.glob("*.png"), *folder.glob("*.jpg")]):
        picture = Image.open(path).convert("RGB")
        found = look(np.asarray(picture))
        sure = found.scores >= SCORE_MIN
        rows.append(
            {"picture": path.name, "found": int(sure.sum()), "scores": np.round(found.scores[sure], 2).tolist()}
        )
        if drawn is not None:
            drawn.mkdir(parents=True, exist_ok=True)
            pen = ImageDraw.Draw(picture)
            for box in found.boxes[sure].tolist():
                pen.rectangle(tuple(box), outline=(0, 255, 0), width=2)
            picture.save(drawn / path.name)
    return rows


def main() -> int:
    """Measure and write."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--video", type=Path, help="a real video, as vtest.avi")
    parser.add_argument("--truth", type=Path, help="its boxes, as gt.txt")
    parser.add_argument("--every", type=int, default=1, help="only each so many frames of it")
    parser.add_argument("--pictures", type=Path, help="a folder of real pictures whose people are counted")
    parser.add_argument("--look", type=Path, help="write those with the boxes found into this folder")
    parser.add_argument("--model", type=Path, help="another model than the one that comes with Tillfree")
    parser.add_argument("-o", "--output", type=Path)
    arguments = parser.parse_args()
    missing = [p for p in (arguments.video, arguments.truth, arguments.pictures) if p is not None and not p.exists()]
    if missing or (arguments.video is None) != (arguments.truth is None):
        parser.error(f"{missing[0]}: is not there" if missing else "--video and --truth go together")
    near, far = detector_of(arguments.model, _SHOP_PX), detector_of(arguments.model)
    rows = [{**row_of("simulated shops, drawn otherwise", simulated_pictures(), near), "simulated": True}]
    if arguments.video is not None:
        street = real_video(arguments.video, arguments.truth, arguments.every)
        rows.append({**row_of(f"real street, {arguments.video.name}", street, far), "simulated": False})
    if arguments.pictures is not None:
        counted = count_people(arguments.pictures, near, arguments.look)
        rows.append({"pictures": "real shop, no truth", "simulated": False, "each": counted})
    options = f"--video {arguments.video.name} --truth gt.txt --every {arguments.every}" if arguments.video else ""
    command = f"python -m benchmarks.people_detector {options}{' --pictures FOLDER' if arguments.pictures else ''}"
    write_results("people_detector", command, rows, arguments.output, recordings="as each row says")
    return 0


if __name__ == "__main__":
    sys.exit(main())
