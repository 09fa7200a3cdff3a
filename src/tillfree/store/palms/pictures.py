"""Files of pictures as stations send them: checked before they are opened, since anybody may have made them."""

import importlib
import io
from typing import Any

import numpy as np

from tillfree.palm.samples import BANDS, Band, HandImage
from tillfree.store.palms.errors import PalmDeskError

__all__ = ["PICTURE_BYTES_MAX", "SIDE_MAX_PX", "hand_image"]

PICTURE_BYTES_MAX = 8 << 20
SIDE_MAX_PX = 4096
_FORMATS = ("PNG", "JPEG")


def hand_image(data: bytes, band: Band) -> HandImage:
    """The picture in a file.

    Raises:
        PalmDeskError: it is no PNG or JPEG, too large, or Pillow is not installed.
        PalmError: it is too small to be one of a hand.
    """
    assert band in BANDS, band
    if len(data) > PICTURE_BYTES_MAX:
        raise PalmDeskError(f"a picture of {len(data)} bytes is too large; send at most {PICTURE_BYTES_MAX >> 20} MiB")
    pillow = _pillow()
    try:
        with pillow.open(io.BytesIO(data), formats=_FORMATS) as picture:
            # What it says of its size is read before its pixels are: a small file may unfold to gigabytes.
            if max(picture.size) > SIDE_MAX_PX:
                raise PalmDeskError(
                    f"a picture of {picture.size[0]} x {picture.size[1]} pixels is too large; "
                    f"send at most {SIDE_MAX_PX} a side"
                )
            grey = picture.mode in ("1", "L", "LA", "I", "I;16", "F")
            pixels = np.asarray(picture.convert("L" if grey or band == "nir" else "RGB"), dtype=np.uint8)
    except (OSError, SyntaxError, ValueError, pillow.DecompressionBombError) as error:
        raise PalmDeskError("this is no picture, or a damaged one; send PNG or JPEG") from error
    return HandImage(np.ascontiguousarray(pixels), band)


def _pillow() -> Any:
    try:
        return importlib.import_module("PIL.Image")
    except ImportError as error:
        raise PalmDeskError(
            "Pillow, which opens pictures of hands, is missing: pip install 'tillfree[palm]'"
        ) from error
