"""What all re-enacted recordings share: the character of people and sensors, the faults, the making of a recording."""

from collections.abc import Iterator, Mapping
from types import MappingProxyType

import msgspec
import numpy as np

from benchmarks.twin_sources import APRIL, Sources
from benchmarks.twin_stage import Stage
from tillfree.catalog.model import Shop
from tillfree.core.events import Event
from tillfree.core.ids import FixtureId, TrackId
from tillfree.simulation.character import Character
from tillfree.simulation.options import SimulationOptions
from tillfree.simulation.recording import SimulatedRecording
from tillfree.simulation.scales.noise import fixture_hz
from tillfree.simulation.script import Script, VisitScript
from tillfree.storage.recordings.model import Truth

__all__ = [
    "CHARACTER",
    "FAULTS",
    "NEW_IDS",
    "NO_FAULTS",
    "Reenactment",
    "make_options",
    "make_recording",
    "make_stage",
    "weighed_part",
]

CHARACTER = Character(
    jitter_m=(0.0036, 0.0038, 0.0038, 0.0038, 0.0054, 0.0070, 0.0066, 0.0100),
    jitter_tail=6.0,
    jitter_memory_s=0.012,
    twin_jitter=0.0,
    repeats=0.0,
    wild_wrist=0.008,
    missing=(0.013, 0.015, 0.030, 0.012, 0.010, 0.004, 0.010, 0.022),
    hidden=(0.02, 0.02, 0.04, 0.04, 0.7, 0.7, 0.3, 0.3),
    swaps=2,
    swaps_seen=True,
    unrest=0.5,
    footstep=0.0,
    shakes_per_s=0.01,
    board_repeats=0.0,
    wander=0.0,
    press_g=(5.0, 32.0),
    press_share=0.06,
    put_press_g=(80.0, 160.0),
    put_hold_s=(0.15, 0.4),
    ring=0.085,
    ring_spread=0.7,
    lasting_g=0.0,
    brush=0.0,
    shock_g=7.0,
    shock_spread=0.95,
    stand_spread=0.035,
)
"""Set by hand to the character of the synthetic recordings that are shared; `--compare` shows how near it comes."""

NO_FAULTS: Mapping[str, float] = MappingProxyType({})
"""Every sensor works."""

FAULTS: Mapping[str, float] = {
    "dead": 2,
    "drift_g": 10.0,
    "spikes": 0.05,
    "drop_frames": 0.1,
    "gaps": 1.0,
    "new_id": 0.0,
    "skew_s": 0.15,
    "lose_batches": 0.005,
    "occlusion": 0.5,
}
"""Every fault at once, as strong as in the shared recording that has them, in which nobody gets another id."""

NEW_IDS: Mapping[str, float] = {**FAULTS, "new_id": 0.4}
"""The same, and whom the tracker lost often comes back under another id."""

_NOT_WEIGHED = FixtureId("5")
"""In April this fixture was in the planogram, but its plates sent nothing."""


class Reenactment:
    """A simulated recording in a shop of which some furniture may not be weighed."""

    format = "re-enactment"

    def __init__(self, shop: Shop, rendered: SimulatedRecording) -> None:
        self.name = rendered.name
        self.shop = shop
        self.warnings: dict[str, int] = {}
        self.rendered = rendered

    @property
    def truth(self) -> Truth:
        """What really happened."""
        return self.rendered.truth

    def events(self) -> Iterator[Event]:
        """All events, the same each time."""
        return self.rendered.events()

    def duration_ns(self) -> int:
        """Length of the script."""
        return self.rendered.duration_ns()


def make_options(name: str, seed: int, faults: Mapping[str, float]) -> SimulationOptions:
    """The options of a recording; people walk through each other, as in the shared ones."""
    wanted = {"name": name, "seed": seed, "give_way": False, **faults}
    return msgspec.convert(wanted, SimulationOptions)


def weighed_part(shop: Shop, planogram: str) -> Shop:
    """The part of the shop whose plates send something."""
    if planogram != APRIL:
        return shop
    return msgspec.structs.replace(
        shop,
        fixtures=tuple(fixture for fixture in shop.fixtures if fixture.id != _NOT_WEIGHED),
        facings=tuple(facing for facing in shop.facings if facing.fixture != _NOT_WEIGHED),
    )


def make_stage(shop: Shop, options: SimulationOptions, rng: np.random.Generator) -> Stage:
    """An empty stage in that shop."""
    return Stage(shop, fixture_hz(len(shop.fixtures), options.seed), options.start_ns, CHARACTER, rng)


def make_recording(
    sources: Sources, shop: Shop, planogram: str, options: SimulationOptions, script: Script, rng: np.random.Generator
) -> Reenactment:
    """The recording of a script; the tracker loses people where the options say so."""
    weighed = weighed_part(shop, planogram)
    for visit in script.visits:
        _lose_track(visit, options, rng)
    shapes = [
        (fixture.id, max(shelf.index for shelf in fixture.shelves), max(len(shelf.plates) for shelf in fixture.shelves))
        for fixture in weighed.fixtures
    ]
    rendered = SimulatedRecording(
        weighed,
        options,
        script=script,
        character=CHARACTER,
        noise=lambda number: sources.noise(*shapes[number], options.seed),
    )
    return Reenactment(shop, rendered)


def _lose_track(visit: VisitScript, options: SimulationOptions, rng: np.random.Generator) -> None:
    """The tracker loses somebody for a while, and may know them under another id afterwards."""
    track, free_s = visit.track, visit.entry_s + 2.0
    last_s = max(visit.exit_s - 3.5, free_s)
    begins = np.sort(rng.uniform(free_s, last_s, int(rng.poisson(options.gaps))))
    for begin_s in begins.tolist():
        length_s = float(rng.uniform(0.7, 2.7))
        if begin_s < free_s or begin_s + length_s > visit.exit_s - 0.8:
            continue
        if rng.random() < options.new_id:
            track = TrackId(str(int(rng.integers(10**17, 9 * 10**18))))
        visit.gaps.append((begin_s, begin_s + length_s, track))
        free_s = begin_s + length_s + 1.0
