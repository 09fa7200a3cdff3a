"""The pictures below a folder with their owners, and their features; what could not be read or acquired is kept too."""

import dataclasses
from collections.abc import Callable, Iterator, Sequence
from pathlib import Path, PurePosixPath

import msgspec
import numpy as np

from tillfree.evaluation.errors import EvaluationError
from tillfree.evaluation.palms.naming import Naming, Owner
from tillfree.palm.encoding import Encoder
from tillfree.palm.errors import PalmError
from tillfree.palm.features import Features
from tillfree.palm.opencv import opencv
from tillfree.palm.samples import Band, HandImage, PalmRegion

__all__ = ["Acquired", "Failure", "Picture", "Taker", "acquire", "find_pictures", "own_pictures", "read_picture"]

_ENDINGS = frozenset({".bmp", ".jpg", ".jpeg", ".png", ".tif", ".tiff", ".webp", ".pgm", ".jp2"})

Taker = Callable[[HandImage], PalmRegion | str]
"""Finds the palm in a picture, or says why there is none."""


@dataclasses.dataclass(frozen=True, slots=True)
class Picture:
    """A file, its path below the folder, and whose palm it shows."""

    path: Path
    name: str
    owner: Owner


class Failure(msgspec.Struct, frozen=True):
    """A picture from which no palm was acquired, and why."""

    picture: str
    why: str


@dataclasses.dataclass(frozen=True, slots=True)
class Acquired:
    """A picture and its features, or why there are none; and how long both steps took."""

    picture: Picture
    features: Features | None
    why: str = ""


def find_pictures(folder: Path) -> list[PurePosixPath]:
    """All pictures below a folder, as paths below it, in order; hidden files are passed over.

    Raises:
        EvaluationError: no folder, or no picture.
    """
    if not folder.is_dir():
        raise EvaluationError(f"{folder} is no folder; give the folder below which pictures of palms lie")
    below = (path.relative_to(folder) for path in sorted(folder.rglob("*")) if path.suffix.lower() in _ENDINGS)
    paths = [PurePosixPath(path.as_posix()) for path in below if not any(part.startswith(".") for part in path.parts)]
    if not paths:
        raise EvaluationError(f"{folder}: no picture lies below it (looked for {', '.join(sorted(_ENDINGS))})")
    return paths


def own_pictures(folder: Path, paths: Sequence[PurePosixPath], naming: Naming, *, palms_min: int = 2) -> list[Picture]:
    """Pictures with their owners.

    Raises:
        EvaluationError: a name does not fit, or all are of one palm where more are needed.
    """
    pictures, odd = [], []
    for path in paths:
        owner = naming.owner(path)
        if owner is None or not owner.person:
            odd.append(path.as_posix())
        else:
            pictures.append(Picture(folder / path, path.as_posix(), owner))
    if odd:
        shown = ", ".join(odd[:3]) + (", ..." if len(odd) > 3 else "")
        raise EvaluationError(f"{len(odd)} of {len(paths)} names do not fit ({naming.words}): {shown}; see --identity")
    if len({(picture.owner.person, picture.owner.hand) for picture in pictures}) < palms_min:
        raise EvaluationError(f"all {len(pictures)} pictures are of one palm ({naming.words}); see --identity")
    return pictures


def acquire(pictures: Sequence[Picture], take: Taker, encoder: Encoder, band: Band | None) -> Iterator[Acquired]:
    """Reads each picture and encodes its palm; one after the other, so that memory holds one picture.

    `band` is the light of all pictures; else that which names say, else visible.
    """
    for picture in pictures:
        light: Band = band or picture.owner.band or "visible"
        try:
            region = take(read_picture(picture.path, light))
        except (PalmError, OSError) as error:
            yield Acquired(picture, None, str(error))
            continue
        if isinstance(region, str):
            yield Acquired(picture, None, region)
        else:
            yield Acquired(picture, encoder.features(region))


def read_picture(path: Path, band: Band) -> HandImage:
    """A picture in a file, in grey where all of it is grey.

    Raises:
        PalmError: it is none, or too small to be one of a hand.
        OSError: the file cannot be read.
    """
    cv2 = opencv()
    data = np.frombuffer(path.read_bytes(), dtype=np.uint8)
    if not len(data):
        raise PalmError("the file is empty")
    try:
        pixels = cv2.imdecode(data, cv2.IMREAD_COLOR)
    except cv2.error as error:
        raise PalmError(f"the picture cannot be read ({error.err})") from error
    if pixels is None:
        raise PalmError("the file is no picture that can be read")
    grey = bool((pixels[..., 0] == pixels[..., 1]).all() and (pixels[..., 1] == pixels[..., 2]).all())
    return HandImage(np.ascontiguousarray(pixels[..., 0] if grey else pixels[..., ::-1]), band)
