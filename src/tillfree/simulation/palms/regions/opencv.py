"""OpenCV, loaded when a palm is drawn: a station and a shop need no simulator."""

from typing import Any

from tillfree.simulation.errors import SimulationError

__all__ = ["opencv"]


def opencv() -> Any:
    """The package cv2.

    Raises:
        SimulationError: it is missing.
    """
    try:
        import cv2  # noqa: PLC0415  only who draws palms needs it
    except ImportError as error:
        raise SimulationError("drawing palms needs the package opencv: pip install 'tillfree[palm]'") from error
    return cv2
