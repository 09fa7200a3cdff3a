"""Pairs of simulated palms as protected templates see them, to learn how much their opinions count."""

from collections.abc import Iterator

import numpy as np

from tillfree.learning.palms.fusion.training import Pairs, check_palms
from tillfree.palm.encoding import Encoder
from tillfree.palm.protection import ProtectedProbe, ProtectedTemplate, Protector
from tillfree.palm.protection.keys import KEY_BYTES, SALT_BYTES
from tillfree.palm.samples import Band
from tillfree.simulation.palms.regions.world import identities, samples

__all__ = ["draw_protected_pairs"]


def draw_protected_pairs(
    encoder: Encoder, band: Band, *, palms: int, seed: int, strangers: int
) -> Iterator[float | Pairs]:
    """As `draw_pairs`, under a key made of the seed and a new salt for each palm.

    Raises:
        LearningError: too few palms.
    """
    check_palms(palms, strangers)
    generator = np.random.default_rng(seed)
    protector = Protector(generator.bytes(KEY_BYTES))
    probes: list[ProtectedProbe] = []
    templates: list[ProtectedTemplate] = []
    for number, palm in enumerate(identities(seed, palms)):
        both = [*samples(palm, 1, band, seed=seed + 1), *samples(palm, 1, band, seed=seed + 2)]
        first, second = encoder.features_of(both)
        probes.append(protector.probe(first))
        templates.append(protector.protect(second, generator.bytes(SALT_BYTES)))
        yield 0.5 * (number + 1) / palms
    rows = []
    met = np.concatenate([[0], 1 + generator.choice(palms - 1, size=strangers, replace=False)])
    for number, probe in enumerate(probes):
        rows += [protector.opinions(probe, templates[(number + step) % palms]) for step in met.tolist()]
        yield 0.5 + 0.5 * (number + 1) / palms
    numbers = np.repeat(np.arange(palms), strangers + 1)
    others = (numbers + np.tile(met, palms)) % palms
    yield Pairs(np.stack([row[0] for row in rows]), np.stack([row[1] for row in rows]), numbers, others)
