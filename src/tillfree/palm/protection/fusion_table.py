"""Weights of opinions and the scores of strangers, learned from simulated palms.

Made by a command:

    tillfree palm train-fusion --palms 300 --strangers 40 --seed 4000 --protected -o fusion_table.py
"""

from collections.abc import Mapping

from tillfree.palm.fusion import Fusion
from tillfree.palm.samples import Band
from tillfree.palm.thresholds import ImpostorTail

__all__ = ["FUSIONS", "NORMALISED_TAILS", "SCALES", "TAILS"]

FUSIONS: Mapping[tuple[Band, bool], Fusion] = {
    ("visible", False): Fusion(
        (0, -0.34012, -0.42358, -0.36216, -0.45148, -1.5174),
        (1, 0.020076, 0.015265, 0.013854, 0.0099316, 0.17762),
        (0, 0.59446, 0.70475, 0.55135, 0.63431, 0.44368),
        -4.4074,
    ),
    ("visible", True): Fusion(
        (0.065117, -0.34012, -0.42358, -0.36216, -0.45148, -1.5174),
        (0.12501, 0.020076, 0.015265, 0.013854, 0.0099316, 0.17762),
        (1.7707, 0.34381, 0.43589, 0.33625, 0.39317, 0.50125),
        -5.7867,
    ),
    ("nir", False): Fusion(
        (0, -0.33841, -0.41816, -0.35683, -0.44705, -1.5283),
        (1, 0.02077, 0.016681, 0.014604, 0.011192, 0.17843),
        (0, 0.77567, 0.8028, 0.76298, 0.7407, 0.63409),
        -5.9925,
    ),
    ("nir", True): Fusion(
        (0.033036, -0.33841, -0.41816, -0.35683, -0.44705, -1.5283),
        (0.12952, 0.02077, 0.016681, 0.014604, 0.011192, 0.17843),
        (1.5386, 0.50885, 0.52665, 0.50177, 0.49383, 0.60112),
        -6.845,
    ),
}
"""By the kind of light, and whether features have an embedding."""
TAILS: Mapping[tuple[Band, bool], ImpostorTail] = {
    ("visible", False): ImpostorTail(-0.023861, 0.01, 1.1084, -0.14866, 120),
    ("visible", True): ImpostorTail(-0.44304, 0.01, 1.096, -0.071168, 120),
    ("nir", False): ImpostorTail(-0.51062, 0.01, 0.8689, 0.10149, 120),
    ("nir", True): ImpostorTail(-0.96064, 0.01, 0.97343, -0.055223, 120),
}
"""The log ratios of simulated strangers, by the same keys."""
SCALES: Mapping[tuple[Band, bool], tuple[float, float]] = {
    ("visible", False): (-4.8803, 1.6967),
    ("visible", True): (-6.075, 2.2203),
    ("nir", False): (-6.1567, 1.8563),
    ("nir", True): (-6.4657, 2.0087),
}
"""Offset and slope that make log ratios of normalised scores."""
NORMALISED_TAILS: Mapping[tuple[Band, bool], ImpostorTail] = {
    ("visible", False): ImpostorTail(-0.23674, 0.01, 1.0256, -0.050566, 120),
    ("visible", True): ImpostorTail(-0.25972, 0.01, 1.2508, -0.16318, 120),
    ("nir", False): ImpostorTail(-0.97258, 0.01, 1.4006, -0.24154, 120),
    ("nir", True): ImpostorTail(-1.2288, 0.01, 1.2634, -0.14453, 120),
}
"""The log ratios of simulated strangers whose scores are normalised."""
