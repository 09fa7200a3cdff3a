"""Plate noise: endless, coloured, correlated between neighbours, and cheap.

Assumed, from the real recordings: each fixture sways at a frequency of its own. One in five is soft: 8.5 to 11.5 Hz,
1.1 g per plate (median; log-normal, sigma 0.8), more on its two top shelves. The others ring at 15 to 25 Hz with 0.5 g
(sigma 0.3). A fifth of the variance is common to the fixture or to a shelf, and plates side by side share a part, which
makes first differences of neighbours correlate with about 0.4 to 0.5.

Two banks of noise of coprime lengths, made once per kind of fixture in the frequency domain (so that each is a ring
without a seam), are read side by side; their sum repeats after 155 hours. Fixtures of one kind read the same banks at
different places.
"""

import numpy as np
import numpy.typing as npt

from tillfree.simulation.script import Floats

__all__ = ["FixtureNoise", "NoiseBanks", "fixture_hz"]

Floats32 = npt.NDArray[np.float32]

_LENGTHS = (5120, 6561)
_KINDS = 5
_SOFT = 0
_RATE_HZ = 60.0
_FIXTURE_SHARE = 0.1
_SHELF_SHARE = 0.1
_NEIGHBOUR = 0.22


def fixture_hz(fixtures: int, seed: int) -> list[float]:
    """The own frequency of each fixture."""
    rng = np.random.default_rng([seed, 2])
    return [
        float(rng.uniform(8.5, 11.5)) if number % _KINDS == _SOFT else float(rng.uniform(15.0, 25.0))
        for number in range(fixtures)
    ]


class NoiseBanks:
    """Rings of noise of unit spread for each kind of fixture, as large as the largest fixture."""

    def __init__(self, rows: int, columns: int, fixtures: int, seed: int) -> None:
        self._banks: list[tuple[Floats32, ...]] = []
        for kind in range(min(_KINDS, fixtures)):
            rng = np.random.default_rng([seed, 3, kind])
            centre_hz = 10.0 if kind == _SOFT else (0.0, 22.0, 15.5, 20.0, 18.0)[kind]
            self._banks.append(tuple(_ring(length, rows, columns, centre_hz, rng) for length in _LENGTHS))

    def of(self, fixture: int) -> tuple[Floats32, ...]:
        """The rings that the fixture reads, each of shape (length, rows, columns)."""
        return self._banks[fixture % _KINDS]


class FixtureNoise:
    """The noise of one fixture at any moment."""

    def __init__(self, banks: NoiseBanks, fixture: int, rows: int, columns: int, seed: int, scale: float) -> None:
        rng = np.random.default_rng([seed, 4, fixture])
        self._rings = banks.of(fixture)
        self._offsets = [int(rng.integers(length)) for length in _LENGTHS]
        if fixture % _KINDS == _SOFT:
            spread = rng.lognormal(np.log(0.9), 0.75, (rows, columns))
            spread[-2:] = rng.lognormal(np.log(2.6), 0.4, spread[-2:].shape)
        else:
            spread = rng.lognormal(np.log(0.5), 0.3, (rows, columns))
        self._spread = (np.clip(spread, 0.15, 5.0) * scale * 0.5**0.5).astype(np.float32)

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
        noise: Floats32 = total * self._spread
        return noise


def _ring(length: int, rows: int, columns: int, centre_hz: float, rng: np.random.Generator) -> Floats32:
    own = rng.standard_normal((length, rows, columns), dtype=np.float32)
    spread = own.copy()
    spread[:, :, 1:] += _NEIGHBOUR * own[:, :, :-1]
    spread[:, :, :-1] += _NEIGHBOUR * own[:, :, 1:]
    white = (1.0 - _FIXTURE_SHARE - _SHELF_SHARE) ** 0.5 * spread / (1.0 + 2 * _NEIGHBOUR**2) ** 0.5
    white += _SHELF_SHARE**0.5 * rng.standard_normal((length, rows, 1), dtype=np.float32)
    white += _FIXTURE_SHARE**0.5 * rng.standard_normal((length, 1, 1), dtype=np.float32)
    frequencies = np.asarray(np.fft.rfftfreq(length, 1 / _RATE_HZ), dtype=np.float64)
    filtered = np.fft.irfft(np.fft.rfft(white, axis=0) * _gain(frequencies, centre_hz)[:, None, None], length, axis=0)
    ring: Floats32 = (filtered / filtered.std(axis=0)).astype(np.float32)
    return ring


def _gain(frequencies: Floats, centre_hz: float) -> Floats:
    """A resonance on a floor; nothing of very slow changes, which are drift and not noise."""
    width_hz = 0.16 * centre_hz
    resonance = 1.0 / (1.0 + ((frequencies - centre_hz) / width_hz) ** 2)
    gain: Floats = np.sqrt(resonance + 0.11) * np.clip(frequencies / 0.3, 0.0, 1.0)
    return gain
