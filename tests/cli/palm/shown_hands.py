"""Simulated hands that are held over a station: the same person at two moments, in both lights.

Hands of this simulation have few lines, so that some people look alike; those of `PEOPLE` do not.
"""

import functools
import io
from pathlib import Path

from PIL import Image

from tillfree.palm.samples import Band, HandImage
from tillfree.simulation.palms.attacks.hover import LIVE, present

__all__ = ["ANN", "BEN", "STRANGER", "held", "png", "write_pictures"]

ANN, BEN, STRANGER = 20, 24, 29
_PLAIN: frozenset[str] = frozenset()


@functools.cache
def held(person: int, moment: int = 0, pairs: int = 3) -> tuple[HandImage, ...]:
    """Pictures in order of time, visible and near infrared by turns; each moment has its own light, place and camera.

    Moments are 0 and 1; `pairs` is the number of pictures of each light.
    """
    # A side that is drawn changes all that is drawn after it, but not the hand.
    return present(LIVE, person, traits=_PLAIN, pairs=pairs, size_px=None if moment else 416).frames


def png(image: HandImage) -> bytes:
    """As a file."""
    file = io.BytesIO()
    Image.fromarray(image.pixels).save(file, "PNG", compress_level=1)
    return file.getvalue()


def write_pictures(folder: Path, person: int, count: int = 3, moment: int = 0, band: Band = "visible") -> list[Path]:
    """So many pictures of one light as files."""
    frames = [image for image in held(person, moment) if image.band == band][:count]
    paths = [folder / f"{person}-{moment}-{number}-{band}.png" for number in range(len(frames))]
    for path, image in zip(paths, frames, strict=True):
        path.write_bytes(png(image))
    return paths
