"""Plate noise: endless, coloured, with what plates share, and cheap.

Measured on nine real fixtures: 0.3 to 0.8 g per plate, more on single shelves, 1 to 7 g on the lower shelves of the one
soft fixture. First differences of plates side by side correlate with 0.2 to 0.8: with about 0.8 within a board of two
plates, 0.2 to 0.6 from board to board, either sign on loose shelves; over the whole fixture with 0.1 to 0.2. Most power
lies at 15 to 25 Hz, on the soft fixture at 8 to 12; on some shelves up to a half at 1 to 2 Hz.

The model is a sum of vibrations, each with its own frequency and its own shape over the plates (Meirovitch, Elements of
Vibration Analysis, 1986, chapter 4: a structure's motion as a sum of its modes): one of the fixture, one of each shelf,
one of each board, a slow sway, and what each plate has alone. How large each part is, is drawn anew for each shelf, and
the shapes for each plate; that the parts have these frequencies is assumed.

Two rings of noise of coprime lengths, made once per kind of fixture in the frequency domain (so that they have no
seam), are read side by side; their sum repeats after 155 hours. Fixtures of one kind read the same rings at different
places.
"""

import dataclasses

import numpy as np
import numpy.typing as npt

from tillfree.simulation.scales.boards import PLATES
from tillfree.simulation.script import Floats

__all__ = ["FixtureNoise", "NoiseBanks", "fixture_hz", "is_soft"]

Floats32 = npt.NDArray[np.float32]

_LENGTHS = (5120, 6561)
_KINDS = 5
_SOFT = 0
_RATE_HZ = 60.0
_CENTRES_HZ = (10.0, 23.0, 15.5, 22.0, 18.5)
_LOOSE_SHARE = 0.08


def is_soft(fixture: int) -> bool:
    """One in five sways slower and louder than the others."""
    return fixture % _KINDS == _SOFT


def fixture_hz(fixtures: int, seed: int) -> list[float]:
    """The own frequency of each fixture."""
    rng = np.random.default_rng([seed, 2])
    return [
        float(rng.uniform(8.5, 11.5)) if is_soft(number) else float(rng.uniform(15.0, 25.0))
        for number in range(fixtures)
    ]


@dataclasses.dataclass(frozen=True, slots=True)
class _Kind:
    """How plates of one kind of fixture tremble: for each part the gain of each plate (rows, columns).

    The squares of a plate's gains add to 1; `shelf_hz` has one frequency per row.
    """

    fixture_hz: float
    shelf_hz: Floats
    sway_hz: float
    fixture: Floats
    shelf: Floats
    board: Floats
    own: Floats
    sway: Floats


class NoiseBanks:
    """Rings of noise of unit spread for each kind of fixture, as large as the largest fixture."""

    def __init__(self, rows: int, columns: int, fixtures: int, seed: int) -> None:
        self._banks: list[tuple[Floats32, ...]] = []
        for number in range(min(_KINDS, fixtures)):
            rng = np.random.default_rng([seed, 3, number])
            kind = _kind(number, rows, columns, rng)
            self._banks.append(tuple(_ring(length, kind, rng) for length in _LENGTHS))

    def of(self, fixture: int) -> tuple[Floats32, ...]:
        """The rings that the fixture reads, each of shape (length, rows, columns)."""
        return self._banks[fixture % _KINDS]


class FixtureNoise:
    """The noise of one fixture at any moment."""

    def __init__(self, banks: NoiseBanks, fixture: int, rows: int, columns: int, seed: int, scale: float) -> None:
        rng = np.random.default_rng([seed, 4, fixture])
        self._rings = banks.of(fixture)
        self._offsets = [int(rng.integers(length)) for length in _LENGTHS]
        # The same shop was a third louder in April than in January.
        scale *= 0.9 * float(np.random.default_rng([seed, 15]).lognormal(0.0, 0.2))
        shelves = rng.lognormal(0.0, 0.15, (rows, 1))
        if is_soft(fixture):
            spread = rng.lognormal(np.log(0.75), 0.75, (rows, columns)) * shelves
            spread[-2:] = rng.lognormal(np.log(2.3), 0.45, spread[-2:].shape) * shelves[-2:]
        else:
            shelves *= np.where(rng.random((rows, 1)) < 0.06, 3.0, 1.0)
            spread = rng.lognormal(np.log(0.43), 0.22, (rows, columns)) * shelves
        self._spread = (np.clip(spread, 0.15, 7.0) * scale * 0.5**0.5).astype(np.float32)

    def read(self, first: int, samples: int) -> Floats32:
        """Noise in grams from sample number `first` on, shape (samples, rows, columns)."""
        rows, columns = self._spread.shape
        total: Floats32 | None = None
        for ring, offset in zip(self._rings, self._offsets, strict=True):
            at = (first + offset) % len(ring)
            part = ring[at : at + samples, :rows, :columns]
            if len(part) < samples:
                rest = np.arange(at, at + samples) % len(ring)
                part = ring[rest, :rows, :columns]
            total = part if total is None else total + part
        assert total is not None
        total *= self._spread
        return total


def _kind(number: int, rows: int, columns: int, rng: np.random.Generator) -> _Kind:
    soft = is_soft(number)
    shape = (rows, columns)
    loose = (np.arange(rows) >= 2) if soft else rng.random(rows) < _LOOSE_SHARE
    # Shares of the variance of a shelf's plates.
    shares = {
        "fixture": rng.uniform(0.05, 0.18, rows),
        "shelf": rng.uniform(0.08, 0.45, rows),
        "board": np.where(loose, rng.uniform(0.05, 0.3, rows), rng.uniform(0.2, 0.5, rows)),
        "own": rng.uniform(0.1, 0.28, rows),
        "sway": np.clip(rng.lognormal(np.log(0.02), 1.6, rows), 0.0, 0.6),
    }
    # Shapes: how much of each part a plate feels; on a loose shelf plates may go up where others go down.
    wild = loose[:, None]
    felt = {
        "fixture": rng.normal(1.0, 0.3, shape),
        "shelf": np.where(wild, rng.normal(0.4, 0.9, shape), rng.normal(1.0, 0.35, shape)),
        "board": np.where(wild, rng.normal(0.2, 1.0, shape), rng.normal(1.0, 0.25, shape)),
        "own": rng.lognormal(0.0, 0.3, shape),
        "sway": rng.normal(1.0, 0.4, shape),
    }
    gains = {part: np.sqrt(shares[part])[:, None] * felt[part] for part in shares}
    total = np.sqrt(sum(gain**2 for gain in gains.values()))
    return _Kind(
        fixture_hz=_CENTRES_HZ[number],
        shelf_hz=rng.uniform(7.0, 13.0, rows) if soft else _CENTRES_HZ[number] + rng.uniform(-3.0, 4.0, rows),
        sway_hz=float(rng.uniform(1.0, 2.0)),
        **{part: gain / total for part, gain in gains.items()},
    )


def _ring(length: int, kind: _Kind, rng: np.random.Generator) -> Floats32:
    rows, columns = kind.own.shape
    boards = -(-columns // PLATES)
    hz = np.asarray(np.fft.rfftfreq(length, 1 / _RATE_HZ), dtype=np.float64)

    def noise(gain: Floats, shape: tuple[int, ...]) -> Floats32:
        """Noise of unit spread with that gain at each frequency, shape (length, *shape)."""
        gain = gain.reshape(len(hz), *(gain.shape[1:] or (1,)), *((1,) * (len(shape) - 1)))
        size = (len(hz), *shape)
        waves = rng.standard_normal(size, dtype=np.float32) + 1j * rng.standard_normal(size, dtype=np.float32)
        made = np.fft.irfft(waves * gain.astype(np.float32), length, axis=0)
        made /= made.std(axis=0)
        return made.astype(np.float32)

    shelf_gain = np.stack([_resonance(hz, float(at), 0.16, 0.03) for at in kind.shelf_hz], axis=1)
    broad_gain = np.stack([_resonance(hz, float(at), 0.3, 0.03) for at in kind.shelf_hz], axis=1)
    ring = noise(broad_gain, (rows, columns)) * kind.own.astype(np.float32)
    ring += np.repeat(noise(broad_gain, (rows, boards)), PLATES, axis=2)[:, :, :columns] * kind.board.astype(np.float32)
    ring += noise(shelf_gain, (rows, 1)) * kind.shelf.astype(np.float32)
    ring += noise(_resonance(hz, kind.fixture_hz, 0.16, 0.03), (1, 1)) * kind.fixture.astype(np.float32)
    ring += noise(_resonance(hz, kind.sway_hz, 0.25, 0.0), (rows, 1)) * kind.sway.astype(np.float32)
    return ring


def _resonance(hz: Floats, centre_hz: float, width: float, floor: float) -> Floats:
    """A resonance on a floor, weaker below it, as inertia is; very slow changes are wander and drift, not noise."""
    resonance = np.minimum(hz / centre_hz, 1.0) ** 2 / (1.0 + ((hz - centre_hz) / (width * centre_hz)) ** 2)
    gain: Floats = np.sqrt(resonance + floor) * np.clip(hz / 0.3, 0.0, 1.0)
    return gain
