"""Palms drawn from a seed, quick and plain: lines and grain, bent a little from sample to sample."""

import cv2
import numpy as np
import numpy.typing as npt

from tillfree.palm.samples import REGION_PX, Band, PalmRegion

Floats = npt.NDArray[np.float32]
_SIDE = REGION_PX + 80


def drawn_palm(seed: int) -> Floats:
    """The skin of one identity, wider than its region."""
    generator = np.random.default_rng(seed)
    lines = np.zeros((_SIDE, _SIDE), np.float32)
    for _ in range(30):
        begin, step = generator.uniform(0, _SIDE, 2), generator.normal(0, 60, 2)
        ends = [tuple(int(v) for v in np.rint(16 * point)) for point in (begin, begin + step)]
        cv2.line(lines, ends[0], ends[1], float(generator.uniform(0.3, 1.0)), 3, cv2.LINE_AA, 4)
    grain = cv2.GaussianBlur(generator.normal(size=lines.shape).astype(np.float32), (0, 0), 2.5)
    return cv2.GaussianBlur(0.2 * grain / grain.std() - lines, (0, 0), 1.5)  # type: ignore[no-any-return]


def sample(
    skin: Floats,
    seed: int = 0,
    *,
    shift: tuple[float, float] = (0.0, 0.0),
    turn_deg: float = 0.0,
    scale: float = 1.0,
    noise: float = 0.1,
    band: Band = "visible",
) -> PalmRegion:
    """A sample of a palm: moved by pixels (right, down), turned, scaled, with noise and another light."""
    generator = np.random.default_rng(seed)
    matrix = cv2.getRotationMatrix2D((_SIDE / 2, _SIDE / 2), turn_deg, scale)
    matrix[:, 2] += np.array(shift)
    moved = cv2.warpAffine(skin, matrix, (_SIDE, _SIDE), flags=cv2.INTER_LINEAR, borderMode=cv2.BORDER_REFLECT)
    inner = moved[40:-40, 40:-40] + noise * generator.normal(size=(REGION_PX, REGION_PX))
    slope = np.linspace(0, float(generator.uniform(-1, 1)), REGION_PX)
    pixels = np.clip(0.5 + 0.1 * (inner + slope[:, None]), 0, 1).astype(np.float32)
    return PalmRegion(pixels, np.ones((REGION_PX, REGION_PX), np.bool_), band)
