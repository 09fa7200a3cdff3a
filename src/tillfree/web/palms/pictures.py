"""Pictures as a browser sends them: JPEG in, pixels out, and nothing that is larger than a camera's picture."""

import struct

import msgspec
import numpy as np

from tillfree.core.errors import TillfreeError
from tillfree.palm.errors import PalmError
from tillfree.palm.opencv import opencv
from tillfree.palm.samples import Band, HandImage

__all__ = ["FRAME_BYTES_MAX", "PHOTO_BYTES_MAX", "Frame", "PictureError", "decode_picture", "read_frame"]

FRAME_BYTES_MAX = 256 * 1024
"""The largest picture of a stream: 960 x 720 at good quality is about 120 kB."""
PHOTO_BYTES_MAX = 5 * 1024 * 1024
_HEAD = struct.Struct(">BBHI")
_VERSION = 1
_BANDS: tuple[Band, ...] = ("visible", "nir")
_JPEG = b"\xff\xd8\xff"
_SIDE_MAX_PX = 4096


class PictureError(TillfreeError):
    """What was sent is no picture, or none that is looked at; says why."""


class Frame(msgspec.Struct, frozen=True):
    """One picture of a stream: its number, which grows, the light it was taken in, and the JPEG."""

    number: int
    band: Band
    jpeg: bytes


def read_frame(message: bytes) -> Frame:
    """A message of the stream: version (1 byte), band (1 byte: 0 visible, 1 near infrared), 0 (2), number (4), JPEG.

    Raises:
        PictureError: it has no such head.
    """
    if len(message) < _HEAD.size:
        raise PictureError("a picture begins with 8 bytes: version, band, zero, number")
    version, band, _, number = _HEAD.unpack_from(message)
    if version != _VERSION or band >= len(_BANDS):
        raise PictureError(f"version {version} and band {band} of a picture are not known; send {_VERSION}, and 0 or 1")
    return Frame(number, _BANDS[band], message[_HEAD.size :])


def decode_picture(jpeg: bytes, band: Band = "visible", longest_px: int = _SIDE_MAX_PX) -> HandImage:
    """A JPEG as pixels: colours in visible light, grey in the near infrared; turned as its camera says.

    Larger ones are made smaller, to `longest_px` for the longer side.

    Raises:
        PictureError: it is no JPEG, damaged, too large, or OpenCV is missing.
    """
    try:
        cv2 = opencv()
    except PalmError as error:
        raise PictureError(str(error)) from error
    if not jpeg.startswith(_JPEG):
        raise PictureError("this is no JPEG: choose a photo that a camera made, or save it as JPEG")
    height, width = _size(jpeg)
    if max(height, width) > 2 * _SIDE_MAX_PX or height * width > _SIDE_MAX_PX**2:
        raise PictureError(f"{width} x {height} pixels are too many; make the picture smaller")
    how = cv2.IMREAD_COLOR if band == "visible" else cv2.IMREAD_GRAYSCALE
    try:
        pixels = cv2.imdecode(np.frombuffer(jpeg, dtype=np.uint8), how)
    except cv2.error:
        pixels = None
    if pixels is None:
        raise PictureError("this picture is damaged; take another one")
    longest = max(pixels.shape[:2])
    if longest > longest_px:
        scale = longest_px / longest
        size = (max(round(pixels.shape[1] * scale), 1), max(round(pixels.shape[0] * scale), 1))
        pixels = cv2.resize(pixels, size, interpolation=cv2.INTER_AREA)
    if pixels.ndim == 3:
        pixels = cv2.cvtColor(pixels, cv2.COLOR_BGR2RGB)
    return HandImage(np.ascontiguousarray(pixels, dtype=np.uint8), band)


def _size(jpeg: bytes) -> tuple[int, int]:
    """Height and width as the frame header says (ITU-T T.81, B.2.2), before any memory is taken for them."""
    at = 2
    while at + 9 <= len(jpeg):
        if jpeg[at] != 0xFF:
            break
        marker = jpeg[at + 1]
        if marker in (0x01, 0xFF) or 0xD0 <= marker <= 0xD8:
            at += 1 if marker == 0xFF else 2
            continue
        if 0xC0 <= marker <= 0xCF and marker not in (0xC4, 0xC8, 0xCC):
            height, width = struct.unpack_from(">HH", jpeg, at + 5)
            return height, width
        at += 2 + int(struct.unpack_from(">H", jpeg, at + 2)[0])
    raise PictureError("this picture is damaged; take another one")
