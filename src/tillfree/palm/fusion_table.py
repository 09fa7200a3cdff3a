"""Weights of opinions and the scores of strangers, learned from simulated palms.

Made by a command:

    first
"""

from collections.abc import Mapping

from tillfree.palm.fusion import Fusion
from tillfree.palm.samples import Band
from tillfree.palm.thresholds import ImpostorTail

__all__ = ["FUSIONS", "NORMALISED_TAILS", "SCALES", "TAILS"]

FUSIONS: Mapping[tuple[Band, bool], Fusion] = {
    ("visible", False): Fusion(
        (0, -0.34489, -0.41552, -0.37899, -0.45325, -1.6406),
        (1, 0.02007, 0.015485, 0.012993, 0.0093657, 0.18372),
        (0, 0.48014, 0.5692, 0.53623, 0.46932, 0),
        -3.152,
    ),
    ("visible", True): Fusion(
        (0.15857, -0.34489, -0.41552, -0.37899, -0.45325, -1.6406),
        (0.16181, 0.02007, 0.015485, 0.012993, 0.0093657, 0.18372),
        (0.45746, 0.43997, 0.52397, 0.48927, 0.43486, 0.013338),
        -3.2475,
    ),
    ("nir", False): Fusion(
        (0, -0.34068, -0.40848, -0.37164, -0.44683, -1.6667),
        (1, 0.020981, 0.016934, 0.014342, 0.011216, 0.19124),
        (0, 0.51231, 0.66819, 0.60287, 0.49603, 0.34367),
        -3.3718,
    ),
    ("nir", True): Fusion(
        (0.067567, -0.34068, -0.40848, -0.37164, -0.44683, -1.6667),
        (0.17617, 0.020981, 0.016934, 0.014342, 0.011216, 0.19124),
        (0.88069, 0.41971, 0.55516, 0.52187, 0.41636, 0.33264),
        -3.7425,
    ),
}
"""By the kind of light, and whether features have an embedding."""
TAILS: Mapping[tuple[Band, bool], ImpostorTail] = {
    ("visible", False): ImpostorTail(0.65359, 0.01, 0.97708, -0.19966, 60),
    ("visible", True): ImpostorTail(0.57749, 0.01, 1.1324, -0.22377, 60),
    ("nir", False): ImpostorTail(0.89667, 0.01, 1.0853, -0.10304, 60),
    ("nir", True): ImpostorTail(0.90463, 0.01, 1.1704, -0.18326, 60),
}
"""The log ratios of simulated strangers, by the same keys."""
SCALES: Mapping[tuple[Band, bool], tuple[float, float]] = {
    ("visible", False): (-3.3711, 1.1471),
    ("visible", True): (-3.483, 1.2507),
    ("nir", False): (-3.812, 1.5907),
    ("nir", True): (-3.9423, 1.7778),
}
"""Offset and slope that make log ratios of normalised scores."""
NORMALISED_TAILS: Mapping[tuple[Band, bool], ImpostorTail] = {
    ("visible", False): ImpostorTail(0.29275, 0.01, 0.72549, 0.13826, 60),
    ("visible", True): ImpostorTail(0.32196, 0.01, 0.93426, 0.048787, 60),
    ("nir", False): ImpostorTail(0.96316, 0.01, 0.88783, 0.34669, 60),
    ("nir", True): ImpostorTail(1.0762, 0.01, 1.0535, -0.024772, 60),
}
"""The log ratios of simulated strangers whose scores are normalised."""
