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
        (0, -0.34578, -0.42395, -0.37955, -0.4581, -1.6402),
        (1, 0.019904, 0.015137, 0.0128, 0.0092451, 0.18404),
        (0, 0.50738, 0.57497, 0.53265, 0.39935, 0.054168),
        -3.1103,
    ),
    ("visible", True): Fusion(
        (0.15327, -0.34578, -0.42395, -0.37955, -0.4581, -1.6402),
        (0.15309, 0.019904, 0.015137, 0.0128, 0.0092451, 0.18404),
        (0.91674, 0.41391, 0.47453, 0.43517, 0.33272, 0.069203),
        -3.4851,
    ),
    ("nir", False): Fusion(
        (0, -0.3413, -0.41632, -0.37182, -0.45207, -1.6611),
        (1, 0.02125, 0.016956, 0.014564, 0.011088, 0.18846),
        (0, 0.47579, 0.60607, 0.50189, 0.40959, 0.30528),
        -2.9981,
    ),
    ("nir", True): Fusion(
        (0.062198, -0.3413, -0.41632, -0.37182, -0.45207, -1.6611),
        (0.16369, 0.02125, 0.016956, 0.014564, 0.011088, 0.18846),
        (1.1465, 0.3711, 0.4441, 0.38389, 0.30866, 0.32547),
        -3.6425,
    ),
}
"""By the kind of light, and whether features have an embedding."""
TAILS: Mapping[tuple[Band, bool], ImpostorTail] = {
    ("visible", False): ImpostorTail(0.46743, 0.01, 0.82985, 0.050421, 600),
    ("visible", True): ImpostorTail(0.59932, 0.01, 0.8587, 0.11156, 600),
    ("nir", False): ImpostorTail(0.80407, 0.01, 0.69387, 0.025774, 600),
    ("nir", True): ImpostorTail(0.91126, 0.01, 0.77573, -0.011409, 600),
}
"""The log ratios of simulated strangers, by the same keys."""
SCALES: Mapping[tuple[Band, bool], tuple[float, float]] = {
    ("visible", False): (-3.4689, 1.2406),
    ("visible", True): (-3.8046, 1.5057),
    ("nir", False): (-3.3725, 1.3735),
    ("nir", True): (-3.9291, 1.8017),
}
"""Offset and slope that make log ratios of normalised scores."""
NORMALISED_TAILS: Mapping[tuple[Band, bool], ImpostorTail] = {
    ("visible", False): ImpostorTail(0.029239, 0.01, 0.72629, 0.10376, 600),
    ("visible", True): ImpostorTail(0.27477, 0.01, 0.82741, 0.19314, 600),
    ("nir", False): ImpostorTail(0.46842, 0.01, 0.73327, -0.041377, 600),
    ("nir", True): ImpostorTail(0.71094, 0.01, 0.88774, -0.052344, 600),
}
"""The log ratios of simulated strangers whose scores are normalised."""
