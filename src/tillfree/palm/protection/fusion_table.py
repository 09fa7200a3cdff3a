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
        (0.081491, -0.34012, -0.42358, -0.36216, -0.45148, -1.5174),
        (0.13192, 0.020076, 0.015265, 0.013854, 0.0099316, 0.17762),
        (1.9764, 0.35673, 0.44874, 0.34554, 0.39925, 0.56487),
        -6.172,
    ),
    ("nir", False): Fusion(
        (0, -0.33841, -0.41816, -0.35683, -0.44705, -1.5283),
        (1, 0.02077, 0.016681, 0.014604, 0.011192, 0.17843),
        (0, 0.77567, 0.8028, 0.76298, 0.7407, 0.63409),
        -5.9925,
    ),
    ("nir", True): Fusion(
        (0.039765, -0.33841, -0.41816, -0.35683, -0.44705, -1.5283),
        (0.13746, 0.02077, 0.016681, 0.014604, 0.011192, 0.17843),
        (1.3127, 0.53934, 0.56414, 0.5348, 0.53106, 0.55004),
        -6.5608,
    ),
}
"""By the kind of light, and whether features have an embedding."""
TAILS: Mapping[tuple[Band, bool], ImpostorTail] = {
    ("visible", False): ImpostorTail(-0.023861, 0.01, 1.1084, -0.14866, 120),
    ("visible", True): ImpostorTail(-0.29248, 0.01, 1.162, -0.084878, 120),
    ("nir", False): ImpostorTail(-0.51062, 0.01, 0.8689, 0.10149, 120),
    ("nir", True): ImpostorTail(-0.8875, 0.01, 0.79066, 0.056485, 120),
}
"""The log ratios of simulated strangers, by the same keys."""
SCALES: Mapping[tuple[Band, bool], tuple[float, float]] = {
    ("visible", False): (-4.8803, 1.6967),
    ("visible", True): (-6.2223, 2.3453),
    ("nir", False): (-6.1567, 1.8563),
    ("nir", True): (-6.5003, 2.0485),
}
"""Offset and slope that make log ratios of normalised scores."""
NORMALISED_TAILS: Mapping[tuple[Band, bool], ImpostorTail] = {
    ("visible", False): ImpostorTail(-0.23674, 0.01, 1.0256, -0.050566, 120),
    ("visible", True): ImpostorTail(-0.11023, 0.01, 1.1562, -0.097329, 120),
    ("nir", False): ImpostorTail(-0.97258, 0.01, 1.4006, -0.24154, 120),
    ("nir", True): ImpostorTail(-0.99626, 0.01, 1.1891, -0.1686, 120),
}
"""The log ratios of simulated strangers whose scores are normalised."""
