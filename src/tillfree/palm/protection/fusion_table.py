"""Weights of opinions; to be learned."""

from collections.abc import Mapping

from tillfree.palm.fusion import Fusion
from tillfree.palm.samples import Band
from tillfree.palm.thresholds import ImpostorTail

__all__ = ["FUSIONS", "TAILS"]

_ROW = Fusion(
    (0.0, -0.42, -0.43, -0.43, -0.435, -0.9),
    (0.07, 0.016, 0.01, 0.01, 0.006, 0.2),
    (0.6, 0.3, 0.3, 0.2, 0.2, 0.0),
    -8.0,
)
_TAIL = ImpostorTail(0.82653, 0.01, 0.62816, 0.023527, 50)
FUSIONS: Mapping[tuple[Band, bool], Fusion] = {
    ("visible", False): _ROW,
    ("visible", True): _ROW,
    ("nir", False): _ROW,
    ("nir", True): _ROW,
}
TAILS: Mapping[tuple[Band, bool], ImpostorTail] = {
    ("visible", False): _TAIL,
    ("visible", True): _TAIL,
    ("nir", False): _TAIL,
    ("nir", True): _TAIL,
}
