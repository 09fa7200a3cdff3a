"""Weights of opinions and the scores of strangers, learned from simulated palms; made by a command:

first
"""

from collections.abc import Mapping

from tillfree.palm.fusion import Fusion
from tillfree.palm.samples import Band
from tillfree.palm.thresholds import ImpostorTail

__all__ = ["FUSIONS", "TAILS"]

FUSIONS: Mapping[tuple[Band, bool], Fusion] = {
    ("visible", False): Fusion(
        (0, -0.3453, -0.41633, -0.3792, -0.45373, -1.6375),
        (1, 0.020029, 0.015326, 0.012933, 0.0092361, 0.18059),
        (0, 0.43153, 0.87117, 0.32583, 0, 0.4772),
        -2.9688,
    ),
    ("visible", True): Fusion(
        (0, -0.3453, -0.41633, -0.3792, -0.45373, -1.6375),
        (1, 0.020029, 0.015326, 0.012933, 0.0092361, 0.18059),
        (0, 0.43153, 0.87117, 0.32583, 0, 0.4772),
        -2.9688,
    ),
    ("nir", False): Fusion(
        (0, -0.34147, -0.40981, -0.37213, -0.448, -1.6601),
        (1, 0.021499, 0.016428, 0.01431, 0.011024, 0.19153),
        (0, 0.66641, 1.0026, 0.47139, 0, 0.41839),
        -3.3353,
    ),
    ("nir", True): Fusion(
        (0, -0.34147, -0.40981, -0.37213, -0.448, -1.6601),
        (1, 0.021499, 0.016428, 0.01431, 0.011024, 0.19153),
        (0, 0.66641, 1.0026, 0.47139, 0, 0.41839),
        -3.3353,
    ),
}
"""By the kind of light, and whether features have an embedding."""
TAILS: Mapping[tuple[Band, bool], ImpostorTail] = {
    ("visible", False): ImpostorTail(0.82653, 0.01, 0.62816, 0.023527, 50),
    ("visible", True): ImpostorTail(0.82653, 0.01, 0.62816, 0.023527, 50),
    ("nir", False): ImpostorTail(0.73169, 0.01, 0.9525, -0.17946, 50),
    ("nir", True): ImpostorTail(0.73169, 0.01, 0.9525, -0.17946, 50),
}
"""The log ratios of simulated strangers, by the same keys."""
SCALES: Mapping[tuple[Band, bool], tuple[float, float]] = {
    ("visible", False): (0.0, 1.0), ("visible", True): (0.0, 1.0), ("nir", False): (0.0, 1.0), ("nir", True): (0.0, 1.0),
}
NORMALISED_TAILS = TAILS
