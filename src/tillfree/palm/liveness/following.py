"""The same places in all frames of one band: points that are followed, and the palm laid over itself.

Points are corners (Shi and Tomasi, Good features to track, CVPR 1994), followed with the pyramid of Lucas and Kanade
(Bouguet, 2001) from the first frame to each other, forth and back; a point that does not come back to where it started
is dropped. Frames are looked at so small that the palm is 130 pixels wide, whatever the camera.
"""

import dataclasses
from collections.abc import Sequence

import numpy as np
import numpy.typing as npt

from tillfree.palm.liveness.sights import Sighted
from tillfree.palm.opencv import opencv

__all__ = ["PALM_PX", "PATCH_PX", "Stack", "stacked"]

Floats = npt.NDArray[np.float32]
Places = npt.NDArray[np.float64]
PALM_PX = 130.0
"""Width of the palm in the small frames; points are told in their pixels."""
PATCH_PX = 128
"""Side of the palm's square when it is laid over itself."""
_SQUARE_SHARE = 0.85
_SHRINK_BELOW = 0.9
_AROUND = 0.45
_POINTS_MAX = 140
_BACK_MAX_PX = 0.5
_POINTS_MIN = 16


@dataclasses.dataclass(frozen=True, slots=True)
class Stack:
    """One band of a presentation.

    `hand` and `around` (frames, n, 2): followed points on the hand and beside it, in small pixels. `patches` (frames,
    PATCH_PX, PATCH_PX, colours): the palm of each frame, 0 to 1, where the first frame has it; `palms` the same square
    at the camera's own resolution and each frame's own place, as bytes. `to_patch` (3, 3) maps the pixels of the first
    frame to a patch. `seen` are the frames themselves.
    """

    seen: Sequence[Sighted]
    hand: Places
    around: Places
    patches: Floats
    to_patch: Places

    @property
    def count(self) -> int:
        """Number of frames."""
        return len(self.seen)


def stacked(seen: Sequence[Sighted]) -> Stack:
    """Follows points and lays palms over each other; at least one frame."""
    cv2 = opencv()
    first = seen[0]
    scale = min(PALM_PX / first.palm_px, 1.0)
    left, top, right, bottom = _window(seen)
    small = [_small(each, (left, top, right, bottom), scale) for each in seen]
    squares = [((each.square - (left, top)) * scale).astype(np.float32) for each in seen]
    hull = ((first.hull - (left, top)) * scale).astype(np.float32)
    on_hand, beside = _masks(small[0].shape, hull, squares[0], PALM_PX if scale < 1.0 else first.palm_px)
    hand = _followed(small, squares, _corners(small[0], on_hand), moving=True)
    around = _followed(small, squares, _corners(small[0], beside), moving=False)
    corner = np.array([(0, 0), (PATCH_PX, 0), (PATCH_PX, PATCH_PX), (0, PATCH_PX)], dtype=np.float32)
    to_patch = cv2.getPerspectiveTransform(first.square.astype(np.float32), corner)
    shrink = np.array([(scale, 0.0, -left * scale), (0.0, scale, -top * scale), (0.0, 0.0, 1.0)])
    patches = []
    for number, each in enumerate(seen):
        between = _between(hand, squares, number)
        matrix = to_patch @ np.linalg.inv(shrink) @ np.linalg.inv(between) @ shrink
        patch = _warped(each, matrix)
        patches.append(patch.reshape(PATCH_PX, PATCH_PX, -1))
    return Stack(seen, hand, around, np.stack(patches).astype(np.float32) / 255.0, to_patch)


def _warped(each: Sighted, matrix: Places) -> npt.NDArray[np.uint8]:
    """The palm through a map (3, 3) of the frame's pixels; a frame with more of them is made smaller first.

    So a patch shows the same from cameras of any resolution that is high enough: 1.8 pixels a millimetre.
    """
    cv2 = opencv()
    pixels, shrunk = each.frame.pixels, matrix
    factor = PATCH_PX / _SQUARE_SHARE / each.palm_px
    if factor < _SHRINK_BELOW:
        pixels = cv2.resize(pixels, None, fx=factor, fy=factor, interpolation=cv2.INTER_AREA)
        shift = 0.5 / factor - 0.5
        shrunk = matrix @ np.array([(1 / factor, 0.0, shift), (0.0, 1 / factor, shift), (0.0, 0.0, 1.0)])
    warped: npt.NDArray[np.uint8] = cv2.warpPerspective(
        pixels, shrunk, (PATCH_PX, PATCH_PX), flags=cv2.INTER_LINEAR, borderMode=cv2.BORDER_REPLICATE
    )
    return warped


def _window(seen: Sequence[Sighted]) -> tuple[int, int, int, int]:
    """What of the frames is looked at: all landmarks of all frames and a margin, inside the smallest frame."""
    points = np.concatenate([each.hull for each in seen])
    margin = _AROUND * max(each.palm_px for each in seen)
    height = min(each.frame.pixels.shape[0] for each in seen)
    width = min(each.frame.pixels.shape[1] for each in seen)
    left, top = np.floor(points.min(axis=0) - margin).astype(int)
    right, bottom = np.ceil(points.max(axis=0) + margin).astype(int)
    left, top = min(max(int(left), 0), width - 16), min(max(int(top), 0), height - 16)
    return left, top, max(min(int(right), width), left + 16), max(min(int(bottom), height), top + 16)


def _small(each: Sighted, window: tuple[int, int, int, int], scale: float) -> npt.NDArray[np.uint8]:
    """The window, grey, small, its local brightness taken out and its contrast made even: light may change."""
    cv2 = opencv()
    left, top, right, bottom = window
    part = each.frame.pixels[top:bottom, left:right]
    if scale < 1.0:
        size = (max(round((right - left) * scale), 16), max(round((bottom - top) * scale), 16))
        part = cv2.resize(part, size, interpolation=cv2.INTER_AREA)
    grey = (part if part.ndim == 2 else cv2.cvtColor(part, cv2.COLOR_RGB2GRAY)).astype(np.float32)
    local = grey - cv2.GaussianBlur(grey, (0, 0), 9.0)
    spread = np.sqrt(cv2.GaussianBlur(local * local, (0, 0), 14.0)) + 1.5
    even: npt.NDArray[np.uint8] = np.clip(local / spread * 42.0 + 128.0, 0.0, 255.0).astype(np.uint8)
    return even


def _masks(
    shape: tuple[int, ...], hull: Floats, square: Floats, palm_px: float
) -> tuple[npt.NDArray[np.uint8], npt.NDArray[np.uint8]]:
    """Where the hand surely is, and where it surely is not: neither hand, nor wrist, nor sleeve."""
    cv2 = opencv()
    on_hand = np.zeros(shape[:2], dtype=np.uint8)
    cv2.fillConvexPoly(on_hand, cv2.convexHull(hull.astype(np.int32)), 255)
    reach = max(int(0.22 * palm_px), 1)
    wide = cv2.dilate(on_hand, np.ones((2 * reach + 1, 2 * reach + 1), dtype=np.uint8))
    beside = np.where(wide > 0, 0, 255).astype(np.uint8)
    down = (square[3] - square[0]) / max(float(np.linalg.norm(square[3] - square[0])), 1e-6)
    rows, columns = np.mgrid[: shape[0], : shape[1]]
    beyond = (columns - square[3][0]) * down[0] + (rows - square[3][1]) * down[1]
    beside[beyond > 0.1 * palm_px] = 0
    return on_hand, beside


def _corners(small: npt.NDArray[np.uint8], where: npt.NDArray[np.uint8]) -> Floats:
    found = opencv().goodFeaturesToTrack(small, _POINTS_MAX, 0.02, 6, mask=where, blockSize=5)
    return np.zeros((0, 1, 2), dtype=np.float32) if found is None else found.astype(np.float32)


def _followed(
    small: Sequence[npt.NDArray[np.uint8]], squares: Sequence[Floats], points: Floats, *, moving: bool
) -> Places:
    """Points (frames, n, 2) that were found again in every frame."""
    cv2 = opencv()
    if len(points) == 0 or len(small) < 2:
        return np.repeat(points.reshape(1, -1, 2), len(small), axis=0).astype(np.float64)
    first, kept = points, np.ones(len(points), dtype=bool)
    paths = [points.reshape(-1, 2)]
    options = {"winSize": (17, 17), "maxLevel": 2, "flags": cv2.OPTFLOW_USE_INITIAL_FLOW,
               "criteria": (cv2.TERM_CRITERIA_EPS | cv2.TERM_CRITERIA_COUNT, 20, 0.01)}  # fmt: skip
    for number in range(1, len(small)):
        guess = first.copy()
        if moving:
            move = cv2.getPerspectiveTransform(squares[0], squares[number])
            guess = cv2.perspectiveTransform(first, move).astype(np.float32)
        there, found, _ = cv2.calcOpticalFlowPyrLK(small[0], small[number], first, guess.copy(), **options)
        back, returned, _ = cv2.calcOpticalFlowPyrLK(small[number], small[0], there, first.copy(), **options)
        away = np.linalg.norm((back - first).reshape(-1, 2), axis=1)
        kept &= (found.ravel() > 0) & (returned.ravel() > 0) & (away < _BACK_MAX_PX)
        paths.append(there.reshape(-1, 2))
    return np.stack(paths)[:, kept].astype(np.float64)


def _between(hand: Places, squares: Sequence[Floats], number: int) -> Places:
    """The map (3, 3) of the small first frame to another: by followed points, else by landmarks."""
    cv2 = opencv()
    if number == 0:
        return np.eye(3)
    if hand.shape[1] >= _POINTS_MIN:
        inside = cv2.pointPolygonTest
        box = cv2.convexHull(squares[0])
        near = np.array([inside(box, (float(x), float(y)), True) > -12.0 for x, y in hand[0]])
        if near.sum() >= _POINTS_MIN // 2:
            found, _ = cv2.findHomography(hand[0][near], hand[number][near], cv2.RANSAC, 1.5, maxIters=200)
            if found is not None and abs(np.linalg.det(found)) > 0.1:
                return np.asarray(found, dtype=np.float64)
    return np.asarray(cv2.getPerspectiveTransform(squares[0], squares[number]), dtype=np.float64)
