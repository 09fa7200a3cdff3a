"""Liveness of palms against simulated attacks: error rates per kind of instrument and per group of living hands.

    python -m benchmarks.palm_liveness             # an hour on one core; interrupted, it goes on where it was

Living hands and instruments are **simulated**, of other people than those that the weights were learned from; no real
instrument was ever presented. Kinds that were left out of training are weighed by weights that are fitted here to the
training samples without that kind (`python -m tillfree.learning.palms.liveness` draws those into the same folder).
Writes `benchmarks/results/palm_liveness.json` and, with `--docs`, the table of docs/palm_liveness.md.
"""

from tillfree.learning.palms.liveness.samples import Wanted
from tillfree.simulation.palms.attacks.hover import LIVE, TRAITS
from tillfree.simulation.palms.attacks.instruments import KINDS

SEED = 2


def wanted_for_test(live: int, of_each_trait: int, of_each_kind: int) -> list[Wanted]:
    """Living hands as they come, some with one trait only, and instruments; all of them of people of their own."""
    first = SEED * 1_000_000
    hands = [Wanted(LIVE, first + number) for number in range(live)]
    for place, trait in enumerate(("", *TRAITS)):
        traits = (trait,) if trait else ()
        hands += [Wanted(LIVE, first + 10_000 * (place + 1) + number, traits) for number in range(of_each_trait)]
    kinds = [Wanted(kind, first + 200_000 + number) for kind in KINDS for number in range(of_each_kind)]
    return hands + kinds
