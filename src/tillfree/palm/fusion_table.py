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
        (0.067452, -0.34497, -0.42276, -0.37853, -0.45562, -1.6514),
        (0.12497, 0.019304, 0.014814, 0.012592, 0.0092431, 0.18096),
        (1.4314, 0.35766, 0.4512, 0.39484, 0.43787, 0.17299),
        -5.583,
    ),
    ("nir", False): Fusion(
        (0, -0.34308, -0.41696, -0.37212, -0.45101, -1.6698),
        (1, 0.019629, 0.016113, 0.013541, 0.010809, 0.18454),
        (0, 0.66815, 0.73999, 0.69078, 0.64903, 0.29074),
        -5.2439,
    ),
    ("nir", True): Fusion(
        (0.032892, -0.34308, -0.41696, -0.37212, -0.45101, -1.6698),
        (0.12773, 0.019629, 0.016113, 0.013541, 0.010809, 0.18454),
        (1.7316, 0.48225, 0.52886, 0.48187, 0.47413, 0.35952),
        -6.8066,
    ),
}
"""By the kind of light, and whether features have an embedding."""
TAILS: Mapping[tuple[Band, bool], ImpostorTail] = {
    ("visible", False): ImpostorTail(-0.37006, 0.01, 0.90829, 0.078085, 600),
    ("visible", True): ImpostorTail(-0.61142, 0.01, 1.0784, 0.18163, 600),
    ("nir", False): ImpostorTail(-0.32563, 0.01, 0.95461, -0.027097, 600),
    ("nir", True): ImpostorTail(-0.51712, 0.01, 1.1376, -0.066454, 600),
}
"""The log ratios of simulated strangers, by the same keys."""
SCALES: Mapping[tuple[Band, bool], tuple[float, float]] = {
    ("visible", False): (-4.9634, 1.4418),
    ("visible", True): (-5.9059, 1.8269),
    ("nir", False): (-5.5021, 1.7313),
    ("nir", True): (-7.0261, 2.3566),
}
"""Offset and slope that make log ratios of normalised scores."""
NORMALISED_TAILS: Mapping[tuple[Band, bool], ImpostorTail] = {
    ("visible", False): ImpostorTail(-0.89296, 0.01, 0.75301, 0.21456, 600),
    ("visible", True): ImpostorTail(-0.89766, 0.01, 0.96186, 0.2504, 600),
    ("nir", False): ImpostorTail(-0.5829, 0.01, 0.88798, 0.014503, 600),
    ("nir", True): ImpostorTail(-0.72597, 0.01, 1.2218, -0.067316, 600),
}
"""The log ratios of simulated strangers whose scores are normalised."""
