"""Curves of load over time for each way to handle an item, as the few real takes show them.

Measured on three real takes, of which spreads were made that cover them: 10-90 % in 20 to 60 ms; the load rises 26 to
53 g in the half second before; overshoot of 1 to 17 % (98 % once, where the hand brushed on for 0.3 s); the plate rings
at about 20 Hz with a fraction of a per cent to 6 % of the step, for up to half a second; creep of up to 2 g over 1.5 s;
the rest of the shelf swings at the gondola's own frequency, all plates at once, by 34 to 43 g at most; in two of three
a hand pushes on a plate beside by 75 to 107 g for a tenth of a second; plates farther away keep 0.2 to 5 g, up or down.
Put-backs, touches, lifts and slow takes are assumed: no real one is known.
"""

import numpy as np

from tillfree.simulation.character import USUAL, Character
from tillfree.simulation.script import Floats, LoadTrace, Ring
from tillfree.simulation.stock import Resting

__all__ = ["Handling"]

_SHOCK_MAX_G = 110.0
_PLATE_HZ = (12.0, 25.0)


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
        """The vibration of the whole shelf after a step: it peaks at 8 to 100 g and is gone within a second."""
        rng = self._rng
        swing_g = rng.lognormal(np.log(self._character.shock_g), self._character.shock_spread)
        size_g = float(np.clip(swing_g * (weight_g / 200.0) ** 0.4, 1.0, _SHOCK_MAX_G))
        amplitude = size_g * np.abs(rng.standard_normal(plates)) * 0.8
        # One swing of the board: its plates go together, a little apart.
        phase: Floats = float(rng.uniform(0.0, 2 * np.pi)) + rng.normal(0.0, 0.6, plates)
        decay_s = float(np.clip(rng.lognormal(np.log(0.13), 0.4), 0.05, 0.4))
        return Ring(time_s - float(rng.uniform(0.0, 0.04)), amplitude, phase, self._hz[fixture], decay_s)

    def _press(self, weight_g: float) -> tuple[float, float]:
        rng = self._rng
        before_s = float(rng.uniform(0.05, 0.5))
        if rng.random() < 0.5:
            return before_s, float(rng.uniform(*self._character.press_g))
        return before_s, weight_g * float(rng.uniform(-self._character.press_share, self._character.press_share))

    def _leave(self, load_g: float, weight_g: float, time_s: float) -> list[tuple[float, float]]:
        rng = self._rng
        half_s = float(rng.uniform(0.035, 0.075)) / 0.62 / 2  # 10-90 % of a smooth step takes 62 % of it
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
        grams = np.array([load for _, load in ordered])
        first, share = resting.first, resting.share
        rings: tuple[Ring, ...] = ()
        if lasting_g:
            if self._character.lasting_g:
                first, share = 0, self._over_the_shelf(resting, lasting_g)
            # The greatest step of the curve sets the plates ringing; the first swing goes on in its direction.
            steepest = int(np.argmax(np.abs(np.diff(grams))))
            part = float(np.clip(rng.lognormal(np.log(self._character.ring), self._character.ring_spread), 0.003, 0.25))
            amplitude = part * (grams[steepest + 1] - grams[steepest]) * share
            decay_s = float(np.clip(rng.lognormal(np.log(0.16), 0.5), 0.06, 0.6))
            begin_s = float(times[steepest + 1])
            # What stands on the plate swings with it, so that its frequency is not that of the gondola.
            rings = (Ring(begin_s, amplitude, np.zeros(1), float(rng.uniform(*_PLATE_HZ)), decay_s),)
            if rng.random() < self._character.brush:
                rings += (self._brush(resting, first, len(share), begin_s),)
        return LoadTrace(shelf.fixture, shelf.row, first, share, times, grams, rings)

    def _over_the_shelf(self, resting: Resting, lasting_g: float) -> Floats:
        """The share of every plate of the shelf: those far away keep a little, as boards give way and things rub."""
        rng, plates = self._rng, len(resting.place.shelf.edges_m)
        rubbed_g = self._character.lasting_g * np.clip(rng.standard_normal(plates), -2.5, 2.5)
        rubbed_g *= min(abs(lasting_g) / 100.0, 1.0)
        share: Floats = rubbed_g / abs(lasting_g) + rng.normal(0.0005, 0.001, plates)
        share[resting.first : resting.first + len(resting.share)] = resting.share
        return share

    def _brush(self, resting: Resting, first: int, plates: int, begin_s: float) -> Ring:
        """A hand pushes on a plate beside while it comes or goes: one bump, or two, in a tenth of a second or so."""
        rng = self._rng
        amplitude = np.zeros(plates)
        place = resting.plates[0] - 1 - first + int(rng.choice((-2, -1, 1, 2)))
        size_g = float(np.clip(rng.lognormal(np.log(40.0), 0.6), 5.0, 130.0)) * (1.0 if rng.random() < 0.5 else -1.0)
        amplitude[min(max(place, 0), plates - 1)] = size_g
        begin_s += float(rng.uniform(-0.15, 0.05))
        return Ring(begin_s, amplitude, np.zeros(1), float(rng.uniform(2.0, 5.0)), float(rng.uniform(0.05, 0.12)))
