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
        (0, -0.34077, -0.41767, -0.36286, -0.44843, -1.5051),
        (1, 0.020894, 0.015749, 0.014195, 0.009894, 0.17925),
        (0, 0.54492, 0.65764, 0.58686, 0.55934, 0),
        -3.207,
    ),
    ("visible", True): Fusion(
        (0.15687, -0.34077, -0.41767, -0.36286, -0.44843, -1.5051),
        (0.16343, 0.020894, 0.015749, 0.014195, 0.009894, 0.17925),
        (0.51381, 0.49167, 0.59407, 0.53532, 0.50344, 0.054531),
        -3.3206,
    ),
    ("nir", False): Fusion(
        (0, -0.33644, -0.41112, -0.35666, -0.4429, -1.5217),
        (1, 0.022296, 0.017097, 0.015304, 0.011286, 0.18245),
        (0, 0.50408, 0.63099, 0.55296, 0.39187, 0.30628),
        -2.8901,
    ),
    ("nir", True): Fusion(
        (0.065356, -0.33644, -0.41112, -0.35666, -0.4429, -1.5217),
        (0.17879, 0.022296, 0.017097, 0.015304, 0.011286, 0.18245),
        (1.0171, 0.38977, 0.4984, 0.45953, 0.31402, 0.33851),
        -3.3918,
    ),
}
"""By the kind of light, and whether features have an embedding."""
TAILS: Mapping[tuple[Band, bool], ImpostorTail] = {
    ("visible", False): ImpostorTail(0.77522, 0.01, 0.76946, 0.048022, 120),
    ("visible", True): ImpostorTail(0.72984, 0.01, 0.92164, -0.035303, 120),
    ("nir", False): ImpostorTail(0.83653, 0.01, 0.87812, -0.35051, 120),
    ("nir", True): ImpostorTail(1.1106, 0.01, 0.7872, -0.27049, 120),
}
"""The log ratios of simulated strangers, by the same keys."""
SCALES: Mapping[tuple[Band, bool], tuple[float, float]] = {
    ("visible", False): (-3.5118, 1.3631),
    ("visible", True): (-3.6236, 1.4317),
    ("nir", False): (-3.3083, 1.3976),
    ("nir", True): (-3.7255, 1.6851),
}
"""Offset and slope that make log ratios of normalised scores."""
NORMALISED_TAILS: Mapping[tuple[Band, bool], ImpostorTail] = {
    ("visible", False): ImpostorTail(0.32227, 0.01, 0.63709, 0.1323, 120),
    ("visible", True): ImpostorTail(0.49649, 0.01, 0.70632, 0.096923, 120),
    ("nir", False): ImpostorTail(0.59231, 0.01, 0.74008, 0.010793, 120),
    ("nir", True): ImpostorTail(0.79661, 0.01, 0.75651, -0.027242, 120),
}
"""The log ratios of simulated strangers whose scores are normalised."""
