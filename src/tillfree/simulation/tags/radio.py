"""Whether a tag is heard: power there and back between an antenna and passive tags, and who answers among many.

The way there follows Friis (1946, "A note on a simple transmission formula"): power falls with the square of the
distance; the tag sends a part of it back over the same way (Nikitin and Rao, 2006, "Theory and measurement of
backscattering from RFID tags"). A tag's antenna is a dipole, deaf along its axis. Tags answer in frames of slots
(framed ALOHA, as in ISO/IEC 18000-63) about as long as there are tags, which is best (Schoute, 1983, "Dynamic frame
length ALOHA"); an answer counts if nobody else chose its slot.

Assumed: 866 MHz (the European band); antennas of 8 dBi with circular polarisation and a beam of 70 degrees, side lobes
15 dB lower; tags that wake at -18 dBm, readers that hear -80 dBm; fading of 3 dB (1 standard deviation) at each turn; a
slot of 2 ms; one answer in ten is lost although nobody else spoke.
"""

import dataclasses
import math

import numpy as np
import numpy.typing as npt

from tillfree.simulation.script import Floats

__all__ = ["Antenna", "Heard", "answers", "hear"]

WAVE_M = 299_792_458.0 / 866e6
_GAIN_DBI, _LOBES_DB, _BEAM = 8.0, 15.0, 3.5
"""The beam falls with the cosine to the power of `_BEAM`: half of the power 35 degrees off its axis."""
_DIPOLE_DBI, _POLARISED_DB = 2.15, 3.0
_BACK_DB = 6.0
_WAKES_DBM, _HEARS_DBM = -18.0, -80.0
_FADING_DB = 3.0
_SLOT_S, _SLOTS_LEAST = 0.002, 4
_UNDERSTOOD = 0.9
_PHASE_RAD = 0.1
_DEAF = 0.01


@dataclasses.dataclass(frozen=True, slots=True)
class Antenna:
    """One antenna: where it hangs (metres), where it points (a unit vector), and the power it is fed with."""

    place: tuple[float, float, float]
    points: tuple[float, float, float]
    power_dbm: float


@dataclasses.dataclass(frozen=True, slots=True)
class Heard:
    """What an antenna gets back, for each tag: power, phase, and whether it is enough to be understood."""

    rssi_dbm: Floats
    phase_rad: Floats
    strong: npt.NDArray[np.bool_]


def hear(antenna: Antenna, tags: Floats, axes: Floats, loss_db: Floats, rng: np.random.Generator) -> Heard:
    """The answers of tags at places (n, 3), metres, with dipoles along unit vectors (n, 3).

    `loss_db` (n) is what stands in the way takes from the wave, once there and once back.
    """
    way = tags - np.array(antenna.place)
    far_m = np.maximum(np.sqrt((way**2).sum(axis=1)), 0.1)
    toward = way / far_m[:, None]
    off_axis = np.maximum(toward @ np.array(antenna.points), 1e-9)
    beam_db = np.maximum(10.0 * _BEAM * np.log10(off_axis), -_LOBES_DB)
    across = np.maximum(1.0 - (toward * axes).sum(axis=1) ** 2, _DEAF)
    faded_db = rng.normal(0.0, _FADING_DB, len(tags))
    one_way_db = _GAIN_DBI + beam_db - _POLARISED_DB + _DIPOLE_DBI + 10.0 * np.log10(across)
    one_way_db += faded_db - loss_db - 20.0 * np.log10(4.0 * math.pi * far_m / WAVE_M)
    rssi_dbm = antenna.power_dbm + 2.0 * one_way_db - _BACK_DB
    phase_rad = (4.0 * math.pi * far_m / WAVE_M + rng.normal(0.0, _PHASE_RAD, len(tags))) % (2.0 * math.pi)
    strong = (antenna.power_dbm + one_way_db >= _WAKES_DBM) & (rssi_dbm >= _HEARS_DBM)
    return Heard(rssi_dbm, phase_rad, strong)


def answers(tags: int, turn_s: float, rng: np.random.Generator) -> npt.NDArray[np.int64]:
    """How many times each of so many tags is understood while an antenna has its turn; 0 is a tag that is missed."""
    if not tags:
        return np.zeros(0, np.int64)
    slots = max(tags, _SLOTS_LEAST)
    frames = max(round(turn_s / (slots * _SLOT_S)), 1)
    alone = (1.0 - 1.0 / slots) ** (tags - 1)
    return rng.binomial(frames, _UNDERSTOOD * alone, tags)
