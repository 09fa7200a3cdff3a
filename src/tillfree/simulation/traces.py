"""Curves of load over time for each way to handle an item, as the few real takes show them.

Measured on three real takes: 10-90 % in 50 to 100 ms; the load rises 14 to 53 g in the 0.02 to 0.25 s before; overshoot
of 1 to 17 % (98 % once, where the hand brushed on for 0.3 s), ringing for some tenths of a second at the gondola's own
frequency; creep of some grams over 1.5 s; other plates of the shelf peak at 8 to 107 g. Put-backs, touches, lifts and
slow takes are assumed: no real one is known.
"""

import numpy as np

from tillfree.simulation.character import USUAL, Character
from tillfree.simulation.script import Floats, LoadTrace, Ring
from tillfree.simulation.stock import Resting

__all__ = ["Handling"]


class Handling:
    """Makes the traces of acts; `hz` gives the own frequency of each fixture."""

    def __init__(self, hz: list[float], rng: np.random.Generator, character: Character = USUAL) -> None:
        self._character = character
        self._hz = hz
        self._rng = rng

    def take(self, resting: Resting, weight_g: float, time_s: float) -> LoadTrace:
        """The item goes, with a press or a first lift before."""
        before_s, press_g = self._press(weight_g)
        leave = self._leave(press_g, weight_g, time_s)
        before_s = max(before_s, time_s - leave[0][0] + 0.02)
        knots = [(time_s - before_s - 0.04, 0.0), (time_s - before_s, press_g), *leave]
        return self._trace(resting, knots, -weight_g)

    def put(self, resting: Resting, weight_g: float, time_s: float) -> LoadTrace:
        """The item comes with a hand that presses for some tenths of a second, then lets go."""
        rng = self._rng
        press_g = float(rng.uniform(*self._character.put_press_g)) * (0.5 if weight_g < 80.0 else 1.0)
        hold_s = float(rng.uniform(*self._character.put_hold_s))
        top = weight_g + press_g
        knots = [
            (time_s - 0.06, 0.0),
            (time_s + 0.05, top * float(rng.uniform(0.7, 1.0))),
            (time_s + 0.4 * hold_s, top * float(rng.uniform(0.85, 1.1))),
            (time_s + hold_s, weight_g + press_g * float(rng.uniform(0.3, 0.8))),
            (time_s + hold_s + 0.1, weight_g),
            *self._creep(weight_g, time_s + hold_s + 0.1),
        ]
        return self._trace(resting, knots, weight_g)

    def slow_take(self, resting: Resting, weight_g: float, time_s: float, held_s: float) -> LoadTrace:
        """Held with varying load on the plate for `held_s` before it is taken."""
        rng = self._rng
        knots = [(time_s - held_s - 0.1, 0.0)]
        at = time_s - held_s
        while at < time_s - 0.3:
            # Mostly half carried, sometimes let down or pressed, sometimes clear of the plate for a moment.
            knots.append((at, -weight_g * float(rng.uniform(-0.15, 0.9))))
            hold_s = float(rng.uniform(0.15, 0.9))
            knots.append((min(at + hold_s, time_s - 0.2), knots[-1][1] * float(rng.uniform(0.9, 1.1))))
            at += hold_s + float(rng.uniform(0.1, 0.4))
        return self._trace(resting, [*knots, *self._leave(knots[-1][1], weight_g, time_s)], -weight_g)

    def touch(self, resting: Resting, press_g: float, time_s: float, hold_s: float) -> LoadTrace:
        """A hand presses from `time_s` on for `hold_s`, and nothing is left of it."""
        rng = self._rng
        knots = [(time_s, 0.0)]
        steps = max(int(hold_s / 0.18), 2)
        for at in np.linspace(time_s + 0.06, time_s + hold_s - 0.06, steps).tolist():
            knots += [(at, press_g * float(rng.uniform(0.55, 1.0)))]
        knots.append((time_s + hold_s, 0.0))
        return self._trace(resting, knots, 0.0)

    def shelf_shock(self, plates: int, fixture: int, weight_g: float, time_s: float) -> Ring:
        """The vibration of the whole shelf after a step: it peaks at 8 to 100 g and is gone within half a second."""
        rng = self._rng
        swing_g = rng.lognormal(np.log(self._character.shock_g), self._character.shock_spread)
        size_g = float(np.clip(swing_g * (weight_g / 200.0) ** 0.4, 1.0, 40.0))
        amplitude = size_g * np.abs(rng.standard_normal(plates)) * 0.8
        phase: Floats = rng.uniform(0.0, 2 * np.pi, plates)
        return Ring(time_s, amplitude, phase, self._hz[fixture], float(rng.uniform(0.08, 0.2)))

    def _press(self, weight_g: float) -> tuple[float, float]:
        rng = self._rng
        before_s = float(rng.uniform(0.05, 0.5))
        if rng.random() < 0.5:
            return before_s, float(rng.uniform(*self._character.press_g))
        return before_s, weight_g * float(rng.uniform(-self._character.press_share, self._character.press_share))

    def _leave(self, load_g: float, weight_g: float, time_s: float) -> list[tuple[float, float]]:
        rng = self._rng
        half_s = float(rng.uniform(0.05, 0.1)) / 0.62 / 2  # 10-90 % of a smooth step takes 62 % of it
        knots = [(time_s - half_s, load_g), (time_s + half_s, -weight_g)]
        if weight_g < 250.0 and rng.random() < 0.25:
            brush_g = float(rng.uniform(-60.0, 40.0))
            for after_s in (0.1, 0.2, 0.3):
                knots += [(time_s + half_s + after_s, -weight_g + brush_g * float(rng.uniform(-0.3, 1.0)))]
            knots.append((time_s + half_s + 0.4, -weight_g))
        return knots + [(at, -load) for at, load in self._creep(weight_g, knots[-1][0])]

    def _creep(self, weight_g: float, time_s: float) -> list[tuple[float, float]]:
        """One of three times: some per cent of the load settle over a second or two."""
        rng = self._rng
        off_g = weight_g * float(rng.normal(0.0, 0.03)) if rng.random() < 0.35 else 0.0
        return [(time_s + 0.08, weight_g + off_g), (time_s + 0.6, weight_g + 0.4 * off_g), (time_s + 1.6, weight_g)]

    def _trace(self, resting: Resting, knots: list[tuple[float, float]], lasting_g: float) -> LoadTrace:
        rng, shelf = self._rng, resting.place.shelf
        ordered = sorted(knots)
        times = np.array([at for at, _ in ordered])
        times += np.arange(len(times)) * 1e-6  # distinct, as interpolation needs them
        rings: tuple[Ring, ...] = ()
        if lasting_g:
            # The greatest step of the curve sets the plates ringing; the first swing goes on in its direction.
            grams = np.array([load for _, load in ordered])
            steepest = int(np.argmax(np.abs(np.diff(grams))))
            part = float(np.clip(rng.lognormal(np.log(self._character.ring), 0.7), 0.01, 0.25))
            amplitude = part * (grams[steepest + 1] - grams[steepest]) * resting.share
            hz = self._hz[shelf.fixture] * float(rng.uniform(0.9, 1.1))
            rings = (Ring(float(times[steepest + 1]), amplitude, np.zeros(1), hz, float(rng.uniform(0.08, 0.25))),)
        return LoadTrace(
            shelf.fixture, shelf.row, resting.first, resting.share, times, np.array([g for _, g in ordered]), rings
        )
