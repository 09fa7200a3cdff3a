"""Fusion of what protected templates say, for each kind of light, with and without a learned embedding.

Made of simulated palms alone.
"""

from tillfree.palm.fusion import Fusion
from tillfree.palm.samples import Band

__all__ = ["PROTECTED_FUSIONS"]

_WITH = Fusion(
    (0.0, -0.42, -0.43, -0.43, -0.435, -0.9),
    (0.07, 0.016, 0.01, 0.01, 0.006, 0.2),
    (0.6, 0.3, 0.3, 0.2, 0.2, 0.0),
    -8.0,
)
_WITHOUT = Fusion(_WITH.mean, _WITH.spread, (0.0, 0.5, 0.5, 0.3, 0.3, 0.0), -8.0)
PROTECTED_FUSIONS: dict[tuple[Band, bool], Fusion] = {
    ("visible", True): _WITH,
    ("visible", False): _WITHOUT,
    ("nir", True): _WITH,
    ("nir", False): _WITHOUT,
}
