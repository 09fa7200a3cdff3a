"""Weights of opinions and the scores of strangers, learned from simulated palms.

Made by a command:

    tillfree palm train-fusion --palms 1000 --strangers 60 --seed 4000 -o fusion_table.py
"""

from collections.abc import Mapping

from tillfree.palm.fusion import Fusion
from tillfree.palm.samples import Band
from tillfree.palm.thresholds import ImpostorTail

__all__ = ["FUSIONS", "NORMALISED_TAILS", "SCALES", "TAILS"]

FUSIONS: Mapping[tuple[Band, bool], Fusion] = {
    ("visible", False): Fusion(
        (0, -0.34497, -0.42276, -0.37853, -0.45562, -1.6514),
        (1, 0.019304, 0.014814, 0.012592, 0.0092431, 0.18096),
        (0, 0.52268, 0.63281, 0.58117, 0.60505, 0.21984),
        -4.642,
    ),
    ("visible", True): Fusion(
        (0.083061, -0.34497, -0.42276, -0.37853, -0.45562, -1.6514),
        (0.13324, 0.019304, 0.014814, 0.012592, 0.0092431, 0.18096),
        (1.385, 0.36471, 0.46394, 0.4021, 0.44774, 0.22079),
        -5.5134,
    ),
    ("nir", False): Fusion(
        (0, -0.34308, -0.41696, -0.37212, -0.45101, -1.6698),
        (1, 0.019629, 0.016113, 0.013541, 0.010809, 0.18454),
        (0, 0.66815, 0.73999, 0.69078, 0.64903, 0.29074),
        -5.2439,
    ),
    ("nir", True): Fusion(
        (0.038531, -0.34308, -0.41696, -0.37212, -0.45101, -1.6698),
        (0.13523, 0.019629, 0.016113, 0.013541, 0.010809, 0.18454),
        (1.6284, 0.49329, 0.54014, 0.49366, 0.4844, 0.35182),
        -6.6176,
    ),
}
"""By the kind of light, and whether features have an embedding."""
TAILS: Mapping[tuple[Band, bool], ImpostorTail] = {
    ("visible", False): ImpostorTail(-0.37006, 0.01, 0.90829, 0.078085, 600),
    ("visible", True): ImpostorTail(-0.51548, 0.01, 1.1263, 0.15185, 600),
    ("nir", False): ImpostorTail(-0.32563, 0.01, 0.95461, -0.027097, 600),
    ("nir", True): ImpostorTail(-0.44042, 0.01, 1.0464, -0.049994, 600),
}
"""The log ratios of simulated strangers, by the same keys."""
SCALES: Mapping[tuple[Band, bool], tuple[float, float]] = {
    ("visible", False): (-4.9634, 1.4418),
    ("visible", True): (-5.7684, 1.817),
    ("nir", False): (-5.5021, 1.7313),
    ("nir", True): (-6.8452, 2.3069),
}
"""Offset and slope that make log ratios of normalised scores."""
NORMALISED_TAILS: Mapping[tuple[Band, bool], ImpostorTail] = {
    ("visible", False): ImpostorTail(-0.89296, 0.01, 0.75301, 0.21456, 600),
    ("visible", True): ImpostorTail(-0.80315, 0.01, 1.052, 0.20974, 600),
    ("nir", False): ImpostorTail(-0.5829, 0.01, 0.88798, 0.014503, 600),
    ("nir", True): ImpostorTail(-0.63957, 0.01, 1.1885, -0.098663, 600),
}
"""The log ratios of simulated strangers whose scores are normalised."""
