"""What a person might do so that the next picture is better: the most useful word first."""

import numpy as np

from tillfree.palm.capture.looks import Guidance, Look
from tillfree.palm.samples import HandSide

__all__ = ["guidance_of"]

_FAR, _NEAR = 0.17, 0.62
"""Palm widths as a share of the picture's shorter side."""
_FAR_PX = 90.0
_MOVED = 0.12
"""Palm widths between two pictures at which a hand moves."""
_USEFUL = 45.0


def guidance_of(look: Look, shape: tuple[int, ...], wanted: HandSide, before: Look | None) -> Guidance:
    """The word for a found hand in a picture of the shape (h, w, ...)."""
    assert look.region is not None
    height, width = shape[:2]
    share = look.palm_width_px / min(height, width)
    middle = look.square.mean(axis=0)
    outside = bool(np.any(look.square < 0.0) or np.any(look.square > (width - 1, height - 1)))
    aside = np.abs(middle / (width, height) - 0.5).max() > 0.33
    moved = 0.0
    if before is not None and before.found:
        moved = float(np.linalg.norm(middle - before.square.mean(axis=0))) / look.palm_width_px
    asked: tuple[tuple[bool, Guidance], ...] = (
        ("unknown" not in (wanted, look.side) and wanted != look.side, "other hand"),
        (share > _NEAR, "further"),
        (outside or aside, "centre"),
        (share < _FAR or look.palm_width_px < _FAR_PX, "closer"),
        (moved > _MOVED, "hold still"),
    )
    for needed, word in asked:
        if needed:
            return word
    if look.quality.value >= _USEFUL:
        return ""
    by_reason: dict[str, Guidance] = {
        "too dark": "more light", "noisy": "more light", "low contrast": "more light", "too bright": "less light",
        "glare": "less light", "blurred": "hold still", "bent": "flatten", "cut off": "centre", "too far": "closer",
    }  # fmt: skip
    return by_reason.get(look.quality.reason, "")
