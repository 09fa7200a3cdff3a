"""The verdict on a presentation (presentation attack detection, ISO/IEC 30107-3)."""

import dataclasses
import math
from collections.abc import Callable, Iterable, Sequence

import numpy as np

from tillfree.palm.errors import PalmError
from tillfree.palm.liveness.cues import Mode, kind_of, measured
from tillfree.palm.liveness.following import Stack, stacked
from tillfree.palm.liveness.sights import Sight, Sighted, repeats, sighted
from tillfree.palm.liveness.weighing import amounts_of, decode_model, mode_of
from tillfree.palm.samples import BANDS, Band, HandImage

__all__ = ["FRAMES_MIN", "Cue", "Liveness", "Verdict", "cues_of"]

FRAMES_MIN = 4
"""Frames of a light that are needed: shape and light show in motion only."""
_FRAMES_MAX = 12
_SEEN_SHARE = 0.5
_REASONS_MAX = 3
_REASON_MIN = 0.5
_SURE = 500.0

Each = Callable[[Callable[[Sequence[Sighted]], Stack], Iterable[Sequence[Sighted]]], Iterable[Stack]]


@dataclasses.dataclass(frozen=True, slots=True)
class Cue:
    """One measured cue: `value` in its own unit (NaN if it could not be measured), `against` in natural log odds."""

    name: str
    value: float
    against: float
    reason: str


@dataclasses.dataclass(frozen=True, slots=True)
class Verdict:
    """What was decided, how surely, and why.

    `score` is the natural logarithm of the likelihood ratio "living hand" against "instrument", learned from simulated
    presentations; `live` says whether it reaches the model's threshold for these lights and nothing forbids it.
    `lights` are those that took part: with one the verdict says less. `reasons` name what speaks against a living hand,
    strongest first, at most three; there may be some although it was taken. `cues` are all, strongest against first.
    """

    live: bool
    score: float
    lights: Mode
    reasons: tuple[str, ...]
    cues: tuple[Cue, ...] = ()

    @property
    def probability(self) -> float:
        """Of a living hand, if attacks were as frequent as living hands before."""
        return 1.0 / (1.0 + math.exp(-self.score)) if self.score > -_SURE else 0.0


class Liveness:
    """A model in memory; the same frames give the same verdict."""

    def __init__(self, model: bytes, each: Each = map) -> None:
        """Loads a model: `tillfree.storage.models` gives the one that comes with Tillfree.

        `each` does the same to both lights, one after the other or, as the `map` of an executor of threads, side by
        side: most of it is work of OpenCV, which holds no lock meanwhile.

        Raises:
            PalmError: it is no such model.
        """
        self._model = decode_model(model)
        self._each = each

    def judge(self, frames: Sequence[HandImage], looks: Sequence[Sight]) -> Verdict:
        """Judges the frames of one hover, in order of time, in one light or both; `looks` are of the same frames.

        Judge the very frames that are compared: a verdict on others says nothing about them. Too few frames, a hand
        that only one of two lights sees, and frames without a sensor's noise are refused whatever the cues say; a frame
        that a camera hands out twice counts once.

        Raises:
            PalmError: not one look for each frame, landmarks of another kind, or OpenCV is missing.
        """
        if len(frames) != len(looks):
            raise PalmError(f"{len(frames)} frames and {len(looks)} looks: give one look for each frame")
        shown_in: dict[Band, list[Sighted]] = {}
        forbidden = []
        for band in BANDS:
            shown = sum(frame.band == band for frame in frames)
            seen = sighted(frames, looks, band)
            if shown >= FRAMES_MIN and len(seen) < max(FRAMES_MIN, _SEEN_SHARE * shown):
                forbidden.append(f"no hand in {_NAMES[band]}")
            elif len(seen) >= FRAMES_MIN:
                fresh = _fresh(seen)
                if len(fresh) >= FRAMES_MIN:
                    shown_in[band] = _spread(fresh)
                else:
                    forbidden.append("a still picture")
        if not shown_in:
            reasons = tuple(dict.fromkeys(forbidden)) or ("too few frames",)
            return Verdict(False, -math.inf, _asked(frames), reasons)
        mode = mode_of("visible" in shown_in, "nir" in shown_in)
        weights = self._model.modes[mode]
        stacks = self._stacks(shown_in)
        values = measured(stacks.get("visible"), stacks.get("nir"))
        amounts = amounts_of(weights.weighings, values)
        cues = []
        for weighing, amount in zip(weights.weighings, amounts, strict=True):
            against = float(amount @ np.array(weighing.weights))
            value = values.get(weighing.cue, math.nan)
            cues.append(Cue(weighing.cue, value, against, _reason(weighing.cue, value, weighing.low)))
        cues.sort(key=lambda cue: -cue.against)
        score = weights.bias - sum(cue.against for cue in cues)
        named = [cue.reason for cue in cues if cue.against >= _REASON_MIN and cue.reason]
        reasons = tuple(dict.fromkeys([*forbidden, *named]))[:_REASONS_MAX]
        return Verdict(not forbidden and score >= weights.threshold, score, mode, reasons, tuple(cues))

    def _stacks(self, shown_in: dict[Band, list[Sighted]]) -> dict[Band, Stack]:
        return dict(zip(shown_in, self._each(stacked, shown_in.values()), strict=True))


def cues_of(frames: Sequence[HandImage], looks: Sequence[Sight]) -> dict[str, float]:
    """All cues of a presentation by name, as `Liveness` measures them; for training and for looking into one."""
    stacks = {band: stacked(_spread(seen)) for band in BANDS if (seen := sighted(frames, looks, band))}
    return measured(stacks.get("visible"), stacks.get("nir"))


_NAMES: dict[Band, str] = {"visible": "visible light", "nir": "near infrared"}


def _asked(frames: Sequence[HandImage]) -> Mode:
    return mode_of(any(frame.band == "visible" for frame in frames), any(frame.band == "nir" for frame in frames))


def _spread(seen: list[Sighted]) -> list[Sighted]:
    """At most twelve frames of one light, evenly over all: more would only take time."""
    if len(seen) <= _FRAMES_MAX:
        return seen
    return [seen[number] for number in np.linspace(0, len(seen) - 1, _FRAMES_MAX).round().astype(int)]


def _fresh(seen: list[Sighted]) -> list[Sighted]:
    """Without frames that repeat the one before."""
    kept = seen[:1]
    for each in seen[1:]:
        if not repeats(kept[-1].frame, each.frame):
            kept.append(each)
    return kept


def _reason(cue: str, value: float, low: float) -> str:
    kind = kind_of(cue)
    if math.isnan(value):
        return f"{kind.name} could not be measured"
    return kind.low if value < low else kind.high
