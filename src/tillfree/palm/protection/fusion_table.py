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
        (0, -0.34077, -0.42461, -0.36286, -0.45363, -1.5051),
        (1, 0.020894, 0.01589, 0.014195, 0.009892, 0.17925),
        (0, 0.53679, 0.60187, 0.57196, 0.45271, 0),
        -3.0429,
    ),
    ("visible", True): Fusion(
        (0.11873, -0.34077, -0.42461, -0.36286, -0.45363, -1.5051),
        (0.14817, 0.020894, 0.01589, 0.014195, 0.009892, 0.17925),
        (0.898, 0.42997, 0.48969, 0.46905, 0.36533, 0.027808),
        -3.3667,
    ),
    ("nir", False): Fusion(
        (0, -0.33644, -0.41744, -0.35666, -0.44803, -1.5217),
        (1, 0.022296, 0.017375, 0.015304, 0.01144, 0.18245),
        (0, 0.50662, 0.6528, 0.55339, 0.44471, 0.26634),
        -2.9599,
    ),
    ("nir", True): Fusion(
        (0.047096, -0.33644, -0.41744, -0.35666, -0.44803, -1.5217),
        (0.15504, 0.022296, 0.017375, 0.015304, 0.01144, 0.18245),
        (1.3802, 0.43387, 0.48697, 0.45671, 0.35739, 0.24953),
        -3.9615,
    ),
}
"""By the kind of light, and whether features have an embedding."""
TAILS: Mapping[tuple[Band, bool], ImpostorTail] = {
    ("visible", False): ImpostorTail(0.57098, 0.01, 0.84331, -0.098364, 120),
    ("visible", True): ImpostorTail(0.62286, 0.01, 0.63061, 0.14185, 120),
    ("nir", False): ImpostorTail(0.89218, 0.01, 0.88773, -0.29662, 120),
    ("nir", True): ImpostorTail(1.1752, 0.01, 0.97028, -0.23199, 120),
}
"""The log ratios of simulated strangers, by the same keys."""
SCALES: Mapping[tuple[Band, bool], tuple[float, float]] = {
    ("visible", False): (-3.2772, 1.2472),
    ("visible", True): (-3.7165, 1.5274),
    ("nir", False): (-3.4784, 1.4962),
    ("nir", True): (-4.2825, 2.003),
}
"""Offset and slope that make log ratios of normalised scores."""
NORMALISED_TAILS: Mapping[tuple[Band, bool], ImpostorTail] = {
    ("visible", False): ImpostorTail(0.1747, 0.01, 0.60363, -0.09491, 120),
    ("visible", True): ImpostorTail(0.39421, 0.01, 0.85789, -0.062195, 120),
    ("nir", False): ImpostorTail(0.60202, 0.01, 0.92684, -0.18725, 120),
    ("nir", True): ImpostorTail(0.90637, 0.01, 1.0197, -0.09536, 120),
}
"""The log ratios of simulated strangers whose scores are normalised."""
