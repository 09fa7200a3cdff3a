"""OpenCV, loaded when pictures are looked at: who only keeps templates does not need it."""

from typing import Any

from tillfree.palm.errors import PalmError

__all__ = ["opencv"]


def opencv() -> Any:
    """The package cv2.

    Raises:
        PalmError: it is missing.
    """
    try:
        import cv2  # noqa: PLC0415  only who looks at pictures needs it
    except ImportError as error:
        raise PalmError("liveness needs the package opencv: pip install 'tillfree[palm]'") from error
    return cv2
