"""OpenCV, loaded by whoever looks at pictures and by nobody else: a shop without palms need not have it."""

from typing import Any

from tillfree.palm.errors import PalmError

__all__ = ["cv2", "opencv"]


def opencv() -> Any:
    """The module `cv2`.

    Raises:
        PalmError: it is not installed.
    """
    try:
        import cv2  # noqa: PLC0415  only who looks at pictures needs it
    except ImportError as error:
        raise PalmError("palms need the package OpenCV: pip install 'tillfree[palm]'") from error
    return cv2


class _Later:
    """Stands for `cv2` where a module is loaded; OpenCV itself is loaded when something of it is used."""

    def __getattr__(self, name: str) -> Any:
        return getattr(opencv(), name)


cv2: Any = _Later()
