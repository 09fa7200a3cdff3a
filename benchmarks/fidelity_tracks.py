"""What a tracker says of one person: when its frames come, how its joints tremble, and what hands do around a take."""

import numpy as np
import numpy.typing as npt

from benchmarks.fidelity_plates import Blocks
from benchmarks.fidelity_signals import Person, Signals, Take
from tillfree.simulation.people.bodies import JOINT_NAMES

__all__ = ["burst_jitter_mm", "jitter_mm", "measure_tracks", "walking_m_s"]

Floats = npt.NDArray[np.float64]

_BURST_S = 0.05
_TO_SD = 1.4826
_NECK, _WRISTS = 1, slice(6, 8)
_STAYS_M = 0.25


def jitter_mm(times_s: Floats, joint: Floats) -> Floats:
    """How much a joint trembles, one value per second difference and axis; `joint` has the shape (times, 3), metres.

    Only the first frame of each burst counts, so that frames lie about 0.1 s apart. A second difference of independent
    errors has six times their variance, hence the division; times 1.4826 the median of the values is the standard
    deviation of errors that are normal. What the body itself does within 0.2 s is in it.
    """
    seen = np.isfinite(joint).all(axis=1)
    times_s, joint = times_s[seen], joint[seen]
    first = np.r_[True, np.diff(times_s) > _BURST_S]
    times_s, joint = times_s[first], joint[first]
    bend = np.diff(joint, 2, axis=0)
    even = (np.diff(times_s)[1:] < 0.15) & (np.diff(times_s)[:-1] < 0.15)
    values: Floats = 1000.0 * np.abs(bend[even]).ravel() / 6**0.5
    return values


def burst_jitter_mm(times_s: Floats, joint: Floats) -> Floats:
    """The same from two frames of one burst, between which nobody moves: their difference over the root of two."""
    near = np.flatnonzero(np.diff(times_s) < 0.02)
    apart = 1000.0 * np.abs(joint[near + 1] - joint[near]).ravel() / 2**0.5
    values: Floats = apart[np.isfinite(apart)]
    return values


def walking_m_s(times_s: Floats, neck: Floats) -> Floats:
    """Speeds over the floor, each over one second, of those seconds in which the person goes (over 0.4 m/s)."""
    seen = np.isfinite(neck).all(axis=1)
    times_s, floor = times_s[seen], neck[seen, :2]
    if len(times_s) < 2 or times_s[-1] - times_s[0] < 2.0:
        return np.empty(0)
    ticks = np.arange(times_s[0], times_s[-1], 0.5)
    path = np.stack([np.interp(ticks, times_s, floor[:, axis]) for axis in (0, 1)], axis=-1)
    speeds: Floats = np.linalg.norm(path[2:] - path[:-2], axis=1)
    return speeds[speeds > 0.4]


def measure_tracks(signals: Signals) -> Blocks:
    """All figures of frames and people of one recording, which is one block; empty where nobody was tracked."""
    blocks: Blocks = {}
    if not signals.people:
        return blocks
    gaps_s = np.diff(signals.frames_s)
    blocks["frame_gap_ms"] = [(1000.0 * gaps_s).tolist()]
    blocks["burst_share"] = [[float((gaps_s < 0.02).mean())]]
    blocks["frames_per_s"] = [[1.0 / float(gaps_s.mean())]]
    person = max(signals.people, key=lambda one: len(one.times_s))
    for number, name in enumerate(JOINT_NAMES):
        joint = person.joints[:, number]
        blocks[f"jitter_{name}_mm"] = [(_TO_SD * jitter_mm(person.times_s, joint)).tolist()]
        blocks[f"burst_jitter_{name}_mm"] = [(_TO_SD * burst_jitter_mm(person.times_s, joint)).tolist()]
        blocks[f"missing_{name}_share"] = [[float(np.isnan(joint[:, 0]).mean())]]
    near = np.flatnonzero(np.diff(person.times_s) < 0.02)
    same = (person.joints[near + 1] == person.joints[near]).all(axis=2)
    blocks["burst_repeats_share"] = [[float(same[np.isfinite(person.joints[near, :, 0])].mean())]] if len(near) else []
    scores = person.scores[np.isfinite(person.scores)]
    blocks["score"] = [scores.tolist()]
    blocks["score_p5"] = [[float(np.percentile(scores, 5))]]
    blocks["walking_m_s"] = [walking_m_s(person.times_s, person.joints[:, _NECK]).tolist()]
    for key, values in _hands(person, signals.takes).items():
        blocks[key] = [values]
    return blocks


def _hands(person: Person, takes: tuple[Take, ...]) -> dict[str, list[float]]:
    """Where the wrists are when something goes, and how long the nearer one stays where it is then."""
    figures: dict[str, list[float]] = {"wrist_to_item_m": [], "other_wrist_to_item_m": []}
    figures |= {"wrist_comes_s": [], "wrist_leaves_s": []}
    for take in takes:
        place = int(np.argmin(np.abs(person.times_s - take.time_s)))
        wrists = person.joints[place, _WRISTS]
        far = np.linalg.norm(wrists - np.array(take.spot_m), axis=1)
        if abs(person.times_s[place] - take.time_s) > 0.15 or np.isnan(far).any():
            continue
        hand = int(np.argmin(far))
        figures["wrist_to_item_m"].append(float(far[hand]))
        figures["other_wrist_to_item_m"].append(float(far[1 - hand]))
        moved = np.linalg.norm(person.joints[:, 6 + hand] - wrists[hand], axis=1)
        away = np.flatnonzero(moved > _STAYS_M)
        before, after = away[away < place], away[away > place]
        if len(before) and len(after):
            figures["wrist_comes_s"].append(float(person.times_s[before[-1] + 1]) - take.time_s)
            figures["wrist_leaves_s"].append(float(person.times_s[after[0]]) - take.time_s)
    return figures
