"""How many camera frames a second are traced, on one core, by size of the picture and of the shop.

    python -m benchmarks.rendering                       # about a minute
    python -m benchmarks.rendering --picture FILE.jpg    # the picture of the documentation as well
    python -m benchmarks.rendering --training FILE.jpg   # and one of the pictures that a detector learns from

Writes `benchmarks/results/rendering.json`: one row per shop and size of picture, with a camera that stands still and
one that is new in each picture; and one for a whole simulation that is recorded with the frames of four cameras.
"""

import argparse
import sys
import tempfile
import time
from pathlib import Path

import msgspec

from benchmarks.result_files import Row, use_one_core, write_results
from tillfree.catalog.cameras import Camera
from tillfree.core.geometry import Point
from tillfree.simulation.demo_shop import demo_shop
from tillfree.simulation.options import SimulationOptions
from tillfree.simulation.recording import SimulatedRecording, simulate
from tillfree.simulation.rendering.film import Film
from tillfree.simulation.rendering.filming import FilmedRecording
from tillfree.simulation.rendering.looks import Looks, random_looks
from tillfree.simulation.stores.named import store_of
from tillfree.storage.recordings.mcap_writer import write_mcap

SHOPS = (("4 gondolas", 4, 4), ("35 gondolas", 35, 12))
"""Name, gondolas, shoppers at once."""
SIZES = ((320, 180), (640, 360), (1280, 720))
_SHOTS = 8
_AT_S = 16.0
_WHOLE_FPS = 5.0


def film_of(gondolas: int, shoppers: int, looks: Looks | None = None) -> tuple[SimulatedRecording, Film]:
    """A recording in which everybody is there after some seconds, and its film."""
    options = SimulationOptions(shoppers=shoppers, seed=3, awkward=0.3, arrival_spread_s=6.0)
    recording = simulate(demo_shop(gondolas), options)
    return recording, Film(recording, looks)


def camera_of(width: int, height: int) -> Camera:
    """A camera before the first row, at the ceiling."""
    return Camera("north", Point(2.2, -3.6, 2.6), Point(2.2, 0.2, 0.9), 85.0, width, height, -0.05)


def row(name: str, film: Film, width: int, height: int) -> Row:
    """Frames per second of processor time, annotations included."""
    camera = camera_of(width, height)
    film.shot(camera, _AT_S - 1.0)
    begin = time.process_time()
    shown = [film.shot(camera, _AT_S + 0.1 * number) for number in range(_SHOTS)]
    seconds = time.process_time() - begin
    moved = [msgspec.structs.replace(camera, fov_deg=85.0 - 0.1 * number) for number in range(1, _SHOTS // 2)]
    begin = time.process_time()
    for number, other in enumerate(moved):
        film.shot(other, _AT_S + 0.1 * number)
    moving_s = time.process_time() - begin
    people = sum(a.kind == "person" for a in shown[0].annotations)
    return {
        "simulated": True,
        "shop": name,
        "width": width,
        "height": height,
        "people_seen": people,
        "frames_per_s": round(_SHOTS / seconds, 2),
        "frames_per_s_new_camera": round(len(moved) / moving_s, 2),
        "lamps": 2,
    }


def whole_row() -> Row:
    """A simulated store written with the frames of its cameras, as times real time of one core."""
    recording = simulate(store_of("nano"), SimulationOptions(shoppers=8, seed=3, arrival_spread_s=20.0))
    cameras = [msgspec.structs.replace(c, width_px=640, height_px=360) for c in recording.shop.cameras[:4]]
    filmed = FilmedRecording(recording, Film(recording), cameras, _WHOLE_FPS)
    begin = time.process_time()
    with tempfile.TemporaryDirectory() as folder:
        write_mcap(Path(folder) / "visit.mcap", filmed)
    seconds = time.process_time() - begin
    return {
        "simulated": True,
        "shop": "nano, written with frames",
        "width": 640,
        "height": 360,
        "cameras": len(cameras),
        "fps": _WHOLE_FPS,
        "recording_s": round(filmed.duration_ns() / 1e9, 1),
        "times_real_time": round(filmed.duration_ns() / 1e9 / seconds, 2),
    }


def main() -> int:
    """Measure and write."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--picture", type=Path, help="write four pictures in one here")
    parser.add_argument("--training", type=Path, help="write eight training pictures in one here")
    parser.add_argument("-o", "--output", type=Path)
    arguments = parser.parse_args()
    use_one_core()
    if arguments.picture:
        write_picture(arguments.picture)
    if arguments.training:
        write_training_pictures(arguments.training)
    rows: list[Row] = []
    for name, gondolas, shoppers in SHOPS:
        _, film = film_of(gondolas, shoppers)
        for width, height in SIZES:
            rows.append(row(name, film, width, height))
            sys.stderr.write(f"{rows[-1]}\n")
    rows.append(whole_row())
    sys.stderr.write(f"{rows[-1]}\n")
    write_results("rendering", "python -m benchmarks.rendering " + " ".join(sys.argv[1:]), rows, arguments.output)
    return 0


def write_training_pictures(path: Path) -> None:
    """Eight pictures as the detector of people learns from, with the boxes that it is to find."""
    import numpy as np  # noqa: PLC0415  only for pictures
    from PIL import Image, ImageDraw  # noqa: PLC0415

    from tillfree.learning.people.collection import Sizes, draw_collection, read_collection  # noqa: PLC0415
    from tillfree.learning.people.pictures import training_picture  # noqa: PLC0415

    with tempfile.TemporaryDirectory() as folder:
        for _ in draw_collection(Path(folder), 2, Sizes(people=30, views=2, things=20, backdrops=24)):
            pass
        collection = read_collection(Path(folder))
    shown = []
    for number in range(8):
        made = training_picture(collection, 4, number)
        picture = Image.fromarray(made.colour)
        pen = ImageDraw.Draw(picture)
        for box in made.boxes.tolist():
            pen.rectangle(tuple(box), outline=(40, 255, 40))
        shown.append(np.asarray(picture))
    Image.fromarray(np.concatenate([np.concatenate(shown[k : k + 4], axis=1) for k in (0, 4)])).save(path, quality=85)


def write_picture(path: Path) -> None:
    """The plain shop, two at random, and the labels of the first, in one picture."""
    import numpy as np  # noqa: PLC0415  only for pictures
    from PIL import Image  # noqa: PLC0415

    front = camera_of(480, 270)
    side = Camera("side", Point(5.4, -2.6, 2.4), Point(1.6, 0.0, 0.9), 80.0, 480, 270, -0.03)
    plain = film_of(4, 4)[1].shot(front, _AT_S)
    others = [film_of(4, 4, random_looks(seed))[1].shot(camera, _AT_S) for seed, camera in ((1, side), (9, front))]
    palette = np.random.default_rng(4).integers(40, 255, (int(plain.picture.label.max()) + 1, 3)).astype(np.uint8)
    labels = palette[np.maximum(plain.picture.label, 0)]
    top = np.concatenate([plain.picture.colour, labels], axis=1)
    bottom = np.concatenate([shot.picture.colour for shot in others], axis=1)
    Image.fromarray(np.concatenate([top, bottom])).save(path, quality=88)


if __name__ == "__main__":
    sys.exit(main())
