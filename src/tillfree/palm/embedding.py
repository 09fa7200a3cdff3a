"""A palm region as a vector: palms that are alike have vectors that point the same way.

The network was trained on simulated palms alone (`tillfree train palms`); what it can and cannot do is measured on the
page about palms.
"""

import math
from collections.abc import Sequence

import numpy as np
import numpy.typing as npt

from tillfree.palm.errors import PalmError
from tillfree.palm.networks import session
from tillfree.palm.opencv import opencv
from tillfree.palm.samples import REGION_PX, PalmRegion

__all__ = ["Embedder"]

Floats = npt.NDArray[np.float32]
_SIDE_PX = 128
_WHOLLY = 0.99
_VIEWS = ((0.0, 0.0, 0.0), (-0.03, -0.03, -2.0), (0.03, -0.03, 2.0), (-0.03, 0.03, 2.0), (0.03, 0.03, -2.0))
"""Slightly other placements of a region: shift to the right and down in sides of the region, and turn in degrees."""


class Embedder:
    """A model in memory; the same region gives the same embedding. One thread is used."""

    def __init__(self, model: bytes, *, views: int = len(_VIEWS)) -> None:
        """Loads a model: `tillfree.storage.models` gives the one that comes with Tillfree.

        Args:
            model: The bytes of an ONNX file as `tillfree train palms` writes it.
            views: How many slightly different placements of a region are averaged, 1 to 5.

        Raises:
            PalmError: onnxruntime or OpenCV is missing, or the model is none.
        """
        if not 1 <= views <= len(_VIEWS):
            raise PalmError(f"views {views}: give 1 to {len(_VIEWS)}")
        self._views = _VIEWS[:views]
        self._session = session(model)
        self._cv2 = opencv()

    def embed(self, regions: Sequence[PalmRegion]) -> Floats:
        """Embeddings (n, d) float32 of length 1, in the order of the regions.

        Raises:
            PalmError: a region shows nothing at all.
        """
        if not regions:
            return np.zeros((0, self._session.get_outputs()[0].shape[1]), dtype=np.float32)
        return np.stack([self._one(region) for region in regions])

    def _one(self, region: PalmRegion) -> Floats:
        shown = [self._placed(region, view) for view in self._views]
        grey = np.stack([each[0] for each in shown])[:, None]
        mask = np.stack([each[1] for each in shown])[:, None]
        found = self._session.run(None, {"grey": grey, "mask": mask})[0]
        total = found.sum(axis=0)
        length = float(np.linalg.norm(total))
        if not (math.isfinite(length) and length > 0.0):
            raise PalmError("a palm region shows nothing that could be embedded; take another sample")
        embedding: Floats = (total / length).astype(np.float32)
        return embedding

    def _placed(self, region: PalmRegion, view: tuple[float, float, float]) -> tuple[Floats, Floats]:
        """Grey levels and mask (_SIDE_PX, _SIDE_PX) of a region that lies a little elsewhere."""
        across, down, turn_deg = view
        scale = REGION_PX / _SIDE_PX
        cos, sin = scale * math.cos(math.radians(turn_deg)), scale * math.sin(math.radians(turn_deg))
        middle = (REGION_PX - 1) / 2
        half = (_SIDE_PX - 1) / 2
        matrix = np.array(
            [
                [cos, -sin, middle + across * REGION_PX - cos * half + sin * half],
                [sin, cos, middle + down * REGION_PX - sin * half - cos * half],
            ]
        )
        flags = self._cv2.INTER_LINEAR | self._cv2.WARP_INVERSE_MAP
        size = (_SIDE_PX, _SIDE_PX)
        grey = self._cv2.warpAffine(region.pixels, matrix, size, flags=flags, borderMode=self._cv2.BORDER_REPLICATE)
        mask = self._cv2.warpAffine(region.mask.astype(np.float32), matrix, size, flags=flags)
        return grey, (mask > _WHOLLY).astype(np.float32)
