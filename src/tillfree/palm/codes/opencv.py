"""OpenCV, loaded by whoever looks at pictures and by nobody else."""

from typing import Any

from tillfree.palm.errors import PalmError

__all__ = ["opencv"]


def opencv() -> Any:
    """The module `cv2`, on one thread.

    Raises:
        PalmError: it is not installed.
    """
    try:
        import cv2  # noqa: PLC0415  only who looks at pictures needs it
    except ImportError as error:
        raise PalmError("reading palms needs the package OpenCV: pip install 'tillfree[palm]'") from error
    return cv2
