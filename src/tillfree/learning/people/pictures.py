"""Training pictures: people and things pasted on a backdrop, seen by a camera with all its faults.

Each picture has a number, and follows from it and the seed alone; nothing is kept, so no picture comes twice. What
differs at random: how many, how large, how crowded, how far over the border, tilt (wide lenses tilt people at the
edge), light, shadows on the ground, and then exposure, colour, blur, noise and compression of the whole. All ranges
are assumed; none was chosen by looking at how a detector does on real pictures.
"""

import dataclasses
import io
import math

import numpy as np
import numpy.typing as npt
from PIL import Image, ImageFilter

from tillfree.learning.people.backdrops import clouds
from tillfree.learning.people.collection import Collection

__all__ = ["SIZE_PX", "TrainingPicture", "training_picture"]

Bytes = npt.NDArray[np.uint8]
Singles = npt.NDArray[np.float32]
SIZE_PX = 256
_LEAST_PX, _MOST_PX = 18.0, 340.0
_HEIGHT_MIN_PX = 13.0
_VISIBLE_MIN, _INSIDE_MIN = 0.25, 0.2


@dataclasses.dataclass(frozen=True, slots=True)
class TrainingPicture:
    """Colours (h, w, 3), boxes (n, 4) as left, top, right, bottom in pixels, and boxes of what is hardly seen."""

    colour: Bytes
    boxes: Singles
    unclear: Singles


@dataclasses.dataclass(slots=True)
class _Canvas:
    colour: Singles
    owner: npt.NDArray[np.int16]
    """Number of the person in each pixel; -1 for none."""


def training_picture(collection: Collection, seed: int, number: int, size_px: int = SIZE_PX) -> TrainingPicture:
    """The picture with that number, a square."""
    rng = np.random.default_rng([seed, 64, number])
    backdrop = collection.backdrops[int(rng.integers(len(collection.backdrops)))]
    canvas = _Canvas(_ground(rng, backdrop, size_px), np.full((size_px, size_px), -1, np.int16))
    tall = math.exp(rng.uniform(math.log(_LEAST_PX), math.log(_MOST_PX)))
    crowd = int(rng.choice([0, 1, 1, 2, 2, 3, 4, 5, 6, 8])) if tall < 110 else int(rng.choice([0, 1, 1, 1, 2, 2, 3]))
    queue = [True] * crowd + [False] * int(rng.integers(0, 6))
    rng.shuffle(queue)
    boxes: list[tuple[float, float, float, float]] = []
    counts: list[int] = []
    for person in queue:
        cutouts = collection.people if person else collection.things
        cut = cutouts[int(rng.integers(len(cutouts)))]
        # Cut-outs differ in height only by how people differ, seen from one side: a sitting thing may be far larger.
        share = math.exp(rng.normal(0.0, 0.22)) if person else math.exp(rng.uniform(-1.6, 0.5))
        picture = _turned(rng, cut, tall * share)
        near = boxes[-1] if person and boxes and rng.random() < 0.35 else None
        left, top = _place(rng, picture.size, size_px, near)
        box, count = _paste(rng, canvas, picture, left, top, len(boxes) if person else -1)
        if person:
            boxes.append(box)
            counts.append(count)
    clear, unclear = _sorted(canvas, boxes, counts)
    return TrainingPicture(_developed(rng, canvas.colour), clear, unclear)


def _ground(rng: np.random.Generator, backdrop: Bytes, size_px: int) -> Singles:
    side = int(min(backdrop.shape[:2]) * rng.uniform(0.5, 1.0))
    top, left = (int(rng.integers(0, n - side + 1)) for n in backdrop.shape[:2])
    part = backdrop[top : top + side, left : left + side]
    if rng.random() < 0.5:
        part = part[:, ::-1]
    picture = Image.fromarray(np.ascontiguousarray(part)).resize((size_px, size_px), Image.Resampling.BILINEAR)
    colour = np.asarray(picture, dtype=np.float32)
    if rng.random() < 0.5:
        colour = colour.mean(axis=2, keepdims=True) * np.float32(1 - (mix := rng.random())) + colour * np.float32(mix)
    if rng.random() < 0.4:
        grain = clouds(rng, size_px, size_px, float(rng.uniform(0.3, 1.3)))
        colour = colour + np.float32(rng.uniform(2.0, 18.0)) * grain[..., None]
    ground: Singles = np.clip(colour * np.float32(rng.uniform(0.5, 1.3)) + np.float32(rng.uniform(-15, 25)), 0, 255)
    return ground


def _turned(rng: np.random.Generator, cut: Bytes, tall_px: float) -> Image.Image:
    """A cut-out at its size, mirrored and tilted at random."""
    picture = Image.fromarray(cut)
    if rng.random() < 0.5:
        picture = picture.transpose(Image.Transpose.FLIP_LEFT_RIGHT)
    scale = tall_px / picture.height
    wide = max(round(picture.width * scale * math.exp(rng.normal(0.0, 0.06))), 3)
    picture = picture.resize((wide, max(round(tall_px), 4)), Image.Resampling.BILINEAR)
    angle = float(rng.normal(0.0, 3.0) if rng.random() < 0.8 else rng.uniform(-28.0, 28.0))
    return picture.rotate(angle, Image.Resampling.BILINEAR, expand=True) if abs(angle) > 1.0 else picture


def _place(
    rng: np.random.Generator, size: tuple[int, int], canvas_px: int, near: tuple[float, float, float, float] | None
) -> tuple[int, int]:
    """Left and top of a cut-out: anywhere, partly outside too, or beside somebody."""
    wide, tall = size
    if near is not None:
        return (
            round(near[0] + rng.uniform(-1.1, 1.1) * wide),
            round(near[3] - tall + rng.normal(0.0, 0.12) * tall),
        )
    out = 0.55 if rng.random() < 0.4 else 0.0
    low = min(-out * wide, (canvas_px - wide) / 2), min(-out * tall, (canvas_px - tall) / 2)
    high = max(canvas_px - (1 - out) * wide, low[0] + 1), max(canvas_px - (1 - out) * tall, low[1] + 1)
    return round(rng.uniform(low[0], high[0])), round(rng.uniform(low[1], high[1]))


def _paste(
    rng: np.random.Generator, canvas: _Canvas, picture: Image.Image, left: int, top: int, number: int
) -> tuple[tuple[float, float, float, float], int]:
    """Paste with a shadow; gives the whole box of what is covered, and of how many pixels in all."""
    if rng.random() < 0.5:
        _shade(rng, canvas, picture.getchannel("A"), left, top)
    if rng.random() < 0.5:
        soft = picture.getchannel("A").filter(ImageFilter.GaussianBlur(float(rng.uniform(0.3, 1.2))))
        picture.putalpha(soft)
    pixels = np.asarray(picture, dtype=np.float32)
    rows, columns = (np.flatnonzero(pixels[..., 3].max(axis=axis) > 100) for axis in (1, 0))
    if not len(rows) or not len(columns):
        return (0.0, 0.0, 0.0, 0.0), 0
    box = (left + float(columns[0]), top + float(rows[0]), left + float(columns[-1]) + 1.0, top + float(rows[-1]) + 1.0)
    solid = int((pixels[..., 3] > 127).sum())
    size = canvas.colour.shape[0]
    x0, y0, x1, y1 = max(left, 0), max(top, 0), min(left + pixels.shape[1], size), min(top + pixels.shape[0], size)
    if x1 <= x0 or y1 <= y0:
        return box, solid
    part = pixels[y0 - top : y1 - top, x0 - left : x1 - left]
    below = canvas.colour[y0:y1, x0:x1]
    cover = part[..., 3:] / np.float32(255.0)
    colour = _lit(rng, part[..., :3], below)
    canvas.colour[y0:y1, x0:x1] = below * (1.0 - cover) + colour * cover
    canvas.owner[y0:y1, x0:x1][part[..., 3] > 127] = number
    return box, solid


def _lit(rng: np.random.Generator, colour: Singles, below: Singles) -> Singles:
    """Colours in another light: stronger or weaker, warmer or colder, with more or less contrast, with texture."""
    gain = np.exp(rng.normal(0.0, 0.35) + rng.normal(0.0, 0.08, 3)).astype(np.float32)
    middle = np.float32(colour.mean())
    lit = (colour - middle) * np.float32(rng.uniform(0.6, 1.4)) + middle
    lit = lit * gain + np.float32(rng.normal(0.0, 12.0))
    if rng.random() < 0.3:
        share = np.float32(rng.uniform(0.0, 0.4))
        lit = lit + share * (below.mean(axis=(0, 1)) - lit.mean(axis=(0, 1)))
    if rng.random() < 0.5 and min(colour.shape[:2]) >= 8:
        grain = clouds(rng, colour.shape[0], colour.shape[1], float(rng.uniform(0.3, 1.2)))
        lit = lit + np.float32(rng.uniform(2.0, 22.0)) * grain[..., None]
    shown: Singles = np.clip(lit, 0.0, 255.0)
    return shown


def _shade(rng: np.random.Generator, canvas: _Canvas, cover: Image.Image, left: int, top: int) -> None:
    """A shadow on the ground: the outline, flattened and sheared, from the feet on."""
    wide, tall = cover.size
    flat = max(round(tall * rng.uniform(0.1, 0.6)), 2)
    slant = float(rng.uniform(-1.5, 1.5))
    room = wide + round(abs(slant) * flat)
    shadow = cover.resize((wide, flat), Image.Resampling.BILINEAR)
    behind = rng.random() < 0.5
    if not behind:
        shadow = shadow.transpose(Image.Transpose.FLIP_TOP_BOTTOM)
    # The row of the feet stays where it is; the others move sideways.
    foot = flat if behind else 0
    start = 0.0 if slant * (1 if behind else -1) > 0 else float(room - wide)
    sheared = (1.0, slant, -start - slant * foot, 0.0, 1.0, 0.0)
    shadow = shadow.transform((room, flat), Image.Transform.AFFINE, sheared, Image.Resampling.BILINEAR)
    shadow = shadow.filter(ImageFilter.GaussianBlur(float(rng.uniform(0.3, 0.02 * tall + 0.5))))
    dark = np.asarray(shadow, dtype=np.float32) * np.float32(rng.uniform(0.1, 0.7) / 255.0)
    x, y = left - round(start), top + tall - (flat if behind else round(0.02 * tall))
    size = canvas.colour.shape[0]
    x0, y0, x1, y1 = max(x, 0), max(y, 0), min(x + room, size), min(y + flat, size)
    if x1 > x0 and y1 > y0:
        canvas.colour[y0:y1, x0:x1] *= 1.0 - dark[y0 - y : y1 - y, x0 - x : x1 - x, None]


def _sorted(
    canvas: _Canvas, boxes: list[tuple[float, float, float, float]], counts: list[int]
) -> tuple[Singles, Singles]:
    """Boxes within the picture of those who can be seen, and of those who hardly can."""
    size = canvas.owner.shape[0]
    clear: list[Singles] = []
    unclear: list[Singles] = []
    for number, (box, count) in enumerate(zip(boxes, counts, strict=True)):
        cut = np.clip(np.array(box, dtype=np.float32), 0, size)
        area = max((box[2] - box[0]) * (box[3] - box[1]), 1e-6)
        inside = float((cut[2] - cut[0]) * (cut[3] - cut[1])) / area
        if not count or inside <= 0.0:
            continue
        visible = int((canvas.owner == number).sum()) / (count * inside)
        seen = visible >= _VISIBLE_MIN and inside >= _INSIDE_MIN and cut[3] - cut[1] >= _HEIGHT_MIN_PX
        (clear if seen else unclear).append(cut)
    none = np.zeros((0, 4), np.float32)
    return np.array(clear) if clear else none, np.array(unclear) if unclear else none


def _developed(rng: np.random.Generator, colour: Singles) -> Bytes:
    """What a cheap camera makes of it: exposure, colour, blur, noise, compression."""
    if rng.random() < 0.08:
        colour = np.repeat(colour.mean(axis=2, keepdims=True), 3, axis=2)
    else:
        grey = colour.mean(axis=2, keepdims=True)
        colour = grey + (colour - grey) * np.float32(rng.uniform(0.4, 1.2))
    gain = np.exp(rng.normal(0.0, 0.05, 3)).astype(np.float32)
    shown = np.clip(colour / np.float32(255.0), 0, 1) ** np.float32(math.exp(rng.normal(0.0, 0.25)))
    picture = Image.fromarray(np.clip(255.0 * shown * gain, 0, 255).astype(np.uint8))
    if rng.random() < 0.5:
        picture = picture.filter(ImageFilter.GaussianBlur(float(rng.uniform(0.2, 1.1))))
    if rng.random() < 0.3:
        small = max(round(picture.width * rng.uniform(0.5, 0.9)), 16)
        picture = picture.resize((small, small), Image.Resampling.BILINEAR).resize(
            picture.size, Image.Resampling.BICUBIC
        )
    if rng.random() < 0.25:
        picture = picture.filter(ImageFilter.UnsharpMask(float(rng.uniform(0.6, 2.0)), int(rng.integers(50, 180)), 0))
    pixels = np.asarray(picture, dtype=np.float32)
    if rng.random() < 0.7:
        noise = rng.standard_normal(pixels.shape, dtype=np.float32)
        if rng.random() < 0.5:
            noise = np.repeat(noise[..., :1], 3, axis=2)
        pixels = pixels + np.float32(rng.uniform(0.5, 9.0)) * noise
    done = np.clip(pixels, 0, 255).astype(np.uint8)
    if rng.random() < 0.5:
        kept = io.BytesIO()
        Image.fromarray(done).save(kept, "JPEG", quality=int(rng.integers(25, 95)))
        done = np.asarray(Image.open(kept))
    return done
