"""What a tracker makes of joints: errors that last, frames that repeat each other, and joints that it does not see.

Measured on the one real person (174 ticks of 0.1 s): the second differences of a joint over two ticks are twice those
over one, so most of an error lasts longer than that; here it is a first-order autoregression with heavy tails and a
memory of 0.3 s. The second frame of a burst is mostly that of other cameras: its joints err by some millimetres more,
for themselves. In two bursts of five, though, three quarters of the joints are exactly those of the first frame, in the
others one of seven, two joints of five in all. What was missing there was missing in the half second before the exit.

Assumed: a joint is missing for a fifth of a second at a time, at any moment.

Assumed where cameras are looked at (`sightlines`): four views give the errors that were measured, fewer give larger
ones (by the root of their number); of joints with a single view half are missing, and half are guessed from the other
joints, three times as wrong and with a lower score; a joint without a view is missing.
"""

import numpy as np
import numpy.typing as npt

from tillfree.simulation.character import Character
from tillfree.simulation.script import Floats
from tillfree.simulation.tracks.sightlines import Sightlines

__all__ = ["JointSight", "errors_that_last"]

Bools = npt.NDArray[np.bool_]

_BURST_S = 0.02
_SPELL_S = 0.2
_WORSE = np.array((3.0, 3.0, 2.0**0.5, (4.0 / 3.0) ** 0.5, 1.0))
_SCORED = np.array((0.6, 0.6, 0.95, 1.0, 1.0))
_GUESSED = 0.5
"""Error, score and presence of joints by the number of views (0 to 4 and more)."""
_BOTH_HANDS = 0.005
_STILL = 0.42
_REPEATED = (0.75 / 0.395, 0.14 / 0.395)
"""In how many bursts most joints repeat, and how often one does then and otherwise, over how often it does at all."""
_WILD_M = 0.06
_WILD = 0.001


class JointSight:
    """Turns true joints into those that a tracker would say."""

    def __init__(self, character: Character, sightlines: Sightlines | None = None) -> None:
        self._character = character
        self._sightlines = sightlines
        self._jitter_m = np.array(character.jitter_m)
        self._wild = np.where(np.arange(8) >= 6, character.wild_wrist, _WILD)

    def see(
        self, joints: Floats, present: Bools, times: Floats, tremor_m: Floats, rng: np.random.Generator
    ) -> tuple[Floats, Bools, Floats]:
        """Joints (people, times, 8, 3) in metres with their errors, which are seen, and their scores.

        `tremor_m` (people) scales a person's errors, `times` are seconds in ascending order.
        """
        character = self._character
        people, moments, count, _ = joints.shape
        _, first, spell = np.unique(np.floor(times / _SPELL_S), return_index=True, return_inverse=True)
        lost = rng.random((people, len(first), count)) < np.array(character.missing)
        lost[:, :, 6:] |= (rng.random((people, len(first))) < _BOTH_HANDS)[:, :, None]
        scores = rng.beta(11.0, 0.8, (people, moments, count))
        poor = rng.random(scores.shape) < 0.005
        scores[poor] = rng.uniform(0.2, 0.7, int(poor.sum()))
        scale = self._jitter_m * tremor_m[:, None, None] * 0.75
        if self._sightlines is not None:
            views = np.minimum(self._sightlines.views(joints[:, first], present[:, first]), len(_WORSE) - 1)
            lost |= (views == 0) | ((views == 1) & (rng.random(views.shape) >= _GUESSED))
            scale = (scale * _WORSE[views])[:, spell]
            scores *= _SCORED[views][:, spell]
        errors = _heavy(character.jitter_tail, joints.shape, rng)
        seen = joints + scale[..., None] * errors_that_last(errors, times, character.jitter_memory_s)
        # Single wild values of a wrist, as where two views disagree.
        wild = np.nonzero(rng.random((people, moments, count)) < self._wild)
        seen[wild] += rng.normal(0.0, _WILD_M, (len(wild[0]), 3))
        twins = 1 + np.flatnonzero(np.diff(times) < _BURST_S)
        fresh = _heavy(character.jitter_tail, (people, len(twins), count, 3), rng)
        seen[:, twins] += np.broadcast_to(scale, scores.shape)[:, twins, :, None] * fresh * character.twin_jitter
        still = rng.random((people, len(twins), 1)) < _STILL
        same = rng.random((people, len(twins), count)) < character.repeats * np.where(still, *_REPEATED)
        seen[:, twins] = np.where(same[..., None], seen[:, twins - 1], seen[:, twins])
        scores[:, twins] = np.where(same, scores[:, twins - 1], scores[:, twins])
        return seen, ~lost[:, spell], scores


def errors_that_last(errors: Floats, times: Floats, memory_s: float) -> Floats:
    """Errors (people, times, joints, 3) of which each keeps a part of the one before; their spread stays.

    An autoregression of first order, with the weight exp(-t / memory) for times that lie t apart; changed in place.
    """
    if memory_s:
        kept = np.exp(-np.diff(times) / memory_s)
        for k, part in enumerate(kept.tolist(), 1):
            errors[:, k] = part * errors[:, k - 1] + (1.0 - part * part) ** 0.5 * errors[:, k]
    return errors


def _heavy(degrees: float, shape: tuple[int, ...], rng: np.random.Generator) -> Floats:
    """Student's t in three dimensions: a joint that errs much along one axis does so along the others."""
    errors: Floats = rng.standard_normal(shape)
    errors *= np.sqrt(degrees / rng.chisquare(degrees, shape[:-1]))[..., None]
    return errors
