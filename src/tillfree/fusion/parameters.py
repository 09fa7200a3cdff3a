"""The numbers of the model: base rates of acts and the shapes of its densities.

Weights and shares come from what was measured on real plates; base rates from common sense about shoppers. A few (the
spread of readings, what meetings of hands and a hand's stay are worth) were set by hand so that probabilities come out
right on simulated visits; none was fitted to a recording. An order of magnitude is enough, since weight, place and
hands usually speak louder. What a probability means in the end is measured, on other seeds: reliability and risk
against coverage are part of every evaluation.
"""

import math

import msgspec

__all__ = ["MODEL", "Model", "log_student", "log_sum"]


class Model(msgspec.Struct, frozen=True, kw_only=True):
    """Parameters of p(evidence | acts); all `log_` values are natural logarithms of probabilities."""

    # Weight term: spread of a unit about its catalogue weight; scale error of one reading of one take (real takes read
    # +2.8, +9.7 and -6.6 %); Student-t tails; share of catalogue weights that are simply wrong.
    unit_spread: float = 0.03
    scale_spread: float = 0.055
    tail_degrees: float = 8.0
    wrong_weight: float = 0.001
    wrong_weight_spread: float = 0.7
    # Base rates of acts behind one change of a shelf.
    log_one: float = math.log(0.85)
    log_pair_same: float = math.log(0.06)
    log_pair_other: float = math.log(0.04)
    log_three: float = math.log(0.004)
    log_together: float = math.log(0.04)
    log_exchange: float = math.log(0.01)
    log_touch: float = math.log(0.08)
    log_shift: float = math.log(0.05)
    # A shelf that changed a moment ago changes a little more: so often, by this share of what it changed.
    log_rest: float = math.log(0.1)
    rest_share: float = 0.06
    log_nobody: float = math.log(2e-3)
    log_unseen_hand_over: float = math.log(5e-4)
    log_unexplained: float = math.log(1e-6)
    log_unknown_item: float = math.log(1e-4)
    log_restock: float = math.log(1e-5)
    # A hand that left must have taken its load with it; small rests are creep and drift, and cost nothing.
    log_unsettled: float = math.log(0.002)
    unsettled_g: float = 30.0
    # Things nudged along a shelf: exponential, mean in grams that go from one plate to another.
    nudge_mean_g: float = 60.0
    # A hand that took or put something is gone when the shelf has come to rest, most times; one that holds is not.
    log_act_and_stay: float = math.log(0.35)
    log_hold_and_leave: float = math.log(0.1)
    # While a hand is known to be on a shelf, its load changes often.
    log_hold: float = math.log(0.5)
    hold_mean_g: float = 250.0
    # A put-back goes home with this probability, else anywhere.
    put_home: float = 0.6
    # Of two things at the same place, one foreign and one at home, a hand takes the foreign one this often.
    take_foreign: float = 0.5
    # Loads of hands that lean on a shelf: exponential, mean in grams.
    press_mean_g: float = 150.0
    # Of the reaches to a plate that does not weigh, so many take something.
    blind_takes: float = 0.4
    # What is left of a receipt's probability when sensors fell silent during the visit (assumed).
    outage_trust: float = 0.5
    # The same for two visitors who were taken for one for a while (assumed).
    parted_trust: float = 0.9
    # Prior that two people whose raised hands met passed something on.
    meeting_gives: float = 0.1
    # How much less likely the item before is to be the one given.
    give_recency: float = 0.7


MODEL = Model()


def log_student(value: float, mean: float, spread: float, degrees: float) -> float:
    """Log density of a Student-t with location and scale (per unit of `value`)."""
    z = (value - mean) / spread
    return (
        math.lgamma((degrees + 1) / 2)
        - math.lgamma(degrees / 2)
        - 0.5 * math.log(degrees * math.pi)
        - math.log(spread)
        - (degrees + 1) / 2 * math.log1p(z * z / degrees)
    )


def log_sum(values: list[float]) -> float:
    """Log of the sum of exponentials; -inf for none."""
    top = max(values, default=-math.inf)
    if top == -math.inf:
        return top
    return top + math.log(sum(math.exp(value - top) for value in values))
