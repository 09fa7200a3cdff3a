"""Weights of opinions and the scores of strangers, learned from simulated palms.

Made by a command:

    tillfree palm train-fusion --palms 600 --strangers 60 --seed 4000 -o fusion_table.py
"""

from collections.abc import Mapping

from tillfree.palm.fusion import Fusion
from tillfree.palm.samples import Band
from tillfree.palm.thresholds import ImpostorTail

__all__ = ["FUSIONS", "NORMALISED_TAILS", "SCALES", "TAILS"]

FUSIONS: Mapping[tuple[Band, bool], Fusion] = {
    ("visible", False): Fusion(
        (0, -0.34553, -0.42354, -0.37948, -0.45802, -1.6382),
        (1, 0.019592, 0.015143, 0.01279, 0.0092828, 0.18436),
        (0, 0.47249, 0.54268, 0.51349, 0.41927, 0.015192),
        -3.0401,
    ),
    ("visible", True): Fusion(
        (0.1188, -0.34553, -0.42354, -0.37948, -0.45802, -1.6382),
        (0.14769, 0.019592, 0.015143, 0.01279, 0.0092828, 0.18436),
        (0.95744, 0.3735, 0.41226, 0.39973, 0.32396, 0.051156),
        -3.4114,
    ),
    ("nir", False): Fusion(
        (0, -0.34109, -0.41605, -0.37162, -0.45204, -1.6653),
        (1, 0.021176, 0.016888, 0.014457, 0.011158, 0.18667),
        (0, 0.49516, 0.63601, 0.54848, 0.40589, 0.20838),
        -3.0337,
    ),
    ("nir", True): Fusion(
        (0.048708, -0.34109, -0.41605, -0.37162, -0.45204, -1.6653),
        (0.15502, 0.021176, 0.016888, 0.014457, 0.011158, 0.18667),
        (1.3364, 0.39324, 0.47048, 0.42665, 0.31449, 0.20749),
        -3.9526,
    ),
}
"""By the kind of light, and whether features have an embedding."""
TAILS: Mapping[tuple[Band, bool], ImpostorTail] = {
    ("visible", False): ImpostorTail(0.3518, 0.01, 0.7132, 0.044978, 360),
    ("visible", True): ImpostorTail(0.36259, 0.01, 0.83911, 0.04173, 360),
    ("nir", False): ImpostorTail(0.87088, 0.01, 0.82506, -0.059604, 360),
    ("nir", True): ImpostorTail(1.0815, 0.01, 0.87114, -0.092149, 360),
}
"""The log ratios of simulated strangers, by the same keys."""
SCALES: Mapping[tuple[Band, bool], tuple[float, float]] = {
    ("visible", False): (-3.267, 1.1396),
    ("visible", True): (-3.6406, 1.4189),
    ("nir", False): (-3.4617, 1.4346),
    ("nir", True): (-4.2157, 1.9775),
}
"""Offset and slope that make log ratios of normalised scores."""
NORMALISED_TAILS: Mapping[tuple[Band, bool], ImpostorTail] = {
    ("visible", False): ImpostorTail(-0.085876, 0.01, 0.52986, 0.19635, 360),
    ("visible", True): ImpostorTail(0.17186, 0.01, 0.73758, 0.13232, 360),
    ("nir", False): ImpostorTail(0.50922, 0.01, 0.85056, -0.10382, 360),
    ("nir", True): ImpostorTail(0.76583, 0.01, 0.87433, -0.0060676, 360),
}
"""The log ratios of simulated strangers whose scores are normalised."""
