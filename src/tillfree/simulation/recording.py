"""A simulated recording: the events of a script, rendered in windows of some seconds, never all at once.

How near it is to real recordings is measured by `python -m benchmarks.fidelity`.

What rests on no measurement at all: put-backs, touches, lifts, slow takes, hand-overs, all acts that are off by
default, several people, occlusion, lost tracks, the gate, dead plates and long drift.
"""

import heapq
import math
from collections.abc import Callable, Iterator

import numpy as np

from tillfree.catalog.model import Shop
from tillfree.core.events import Event
from tillfree.core.time import ns_from_seconds
from tillfree.simulation.boards import Repeats
from tillfree.simulation.bodies import Body
from tillfree.simulation.character import USUAL, Character
from tillfree.simulation.drift import Wander
from tillfree.simulation.frames import FrameRenderer
from tillfree.simulation.gate import gate_passages
from tillfree.simulation.noise import FixtureNoise, NoiseBanks, fixture_hz
from tillfree.simulation.options import SimulationOptions
from tillfree.simulation.planner import write_script
from tillfree.simulation.plates import BATCH_S, Fault, PlateNoise, PlateRenderer, Shared
from tillfree.simulation.script import Script
from tillfree.simulation.shaking import Shaking
from tillfree.storage.recordings.model import Truth

__all__ = ["SimulatedRecording", "simulate"]

_WINDOW_S = 10.0
_MARGIN_S = 1.0


class SimulatedRecording:
    """A recording that is made while it is read; `events` gives the same bytes each time.

    Memory holds the script (some kilobytes per act) and one window of events, however long the recording is.
    """

    format = "simulated"

    def __init__(
        self,
        shop: Shop,
        options: SimulationOptions,
        *,
        script: Script | None = None,
        character: Character = USUAL,
        noise: Callable[[int], PlateNoise] | None = None,
    ) -> None:
        """Writes the script where none is given; nothing is rendered yet.

        `noise` gives that of each fixture, by its place in the shop; None for the synthetic one.

        Raises:
            SimulationError: nothing can be taken in this shop.
        """
        self._character = character
        self._noise = noise
        self.shop = shop
        self.options = options
        self.name = options.name or f"simulated-{options.shoppers}-{options.seed}"
        self.warnings: dict[str, int] = {}
        self._hz = fixture_hz(len(shop.fixtures), options.seed)
        self.script: Script = script or write_script(shop, options, self._hz)
        aliases = {track: visit.track for visit in self.script.visits for _, _, track in visit.gaps}
        self.truth: Truth = Truth(
            receipts={visit.track: dict(visit.bag) for visit in self.script.visits if not visit.staff},
            acts=self.script.acts,
            aliases={alias: track for alias, track in aliases.items() if alias != track},
            synthetic=True,
        )
        self.faults: dict[int, list[Fault]] = self._choose_faults()

    def duration_ns(self) -> int:
        """Length of the script, rounded up to whole batches."""
        return ns_from_seconds(self._batches() * BATCH_S)

    def events(self) -> Iterator[Event]:
        """All events in the order of their time, streaming."""
        script, options = self.script, self.options
        plates = self._plate_renderers()
        shaking = Shaking(self.shop.fixtures, self._hz, options.seed, self._character)
        frames = FrameRenderer(options, self._across(), self._character)
        traces, shocks = list(reversed(script.traces)), list(reversed(script.shocks))
        visits = list(reversed(script.visits))
        bodies: list[Body] = []
        waiting: list[tuple[int, str, int, Event]] = []
        passages = list(reversed(gate_passages(script, options.start_ns))) if script.gate else []
        per_window = round(_WINDOW_S / BATCH_S)
        batches = self._batches()
        for window in range(math.ceil(batches / per_window)):
            begin_s = window * _WINDOW_S
            last = min((window + 1) * per_window, batches)
            end_s = last * BATCH_S
            # Samples of a window end a little after it, since fixtures do not sample at the same moment.
            while traces and traces[-1].begin_s < end_s + _MARGIN_S:
                trace = traces.pop()
                plates[trace.fixture].add_trace(trace)
            while shocks and shocks[-1][2].begin_s < end_s + _MARGIN_S:
                fixture, row, ring = shocks.pop()
                plates[fixture].add_shock(row, ring)
            while visits and visits[-1].entry_s < end_s + _MARGIN_S:
                bodies.append(Body(visits.pop(), options.seed))
                shaking.enter(bodies[-1])
            bodies = [body for body in bodies if body.visit.exit_s > begin_s - _MARGIN_S]
            loudness = shaking.window(window, begin_s, end_s, bodies)
            bounds = [body.bounds(begin_s - _MARGIN_S, end_s + _MARGIN_S) for body in bodies]
            for renderer in plates:
                near = renderer.those_near(bodies, bounds)
                for event in renderer.batches(window, window * per_window, last, near, loudness):
                    heapq.heappush(waiting, (event.time_ns, event.source, event.sequence, event))
            for frame in frames.frames(window, begin_s, end_s, bodies):
                heapq.heappush(waiting, (frame.time_ns, frame.source, frame.sequence, frame))
            while passages and passages[-1].time_ns < options.start_ns + ns_from_seconds(end_s):
                passage = passages.pop()
                heapq.heappush(waiting, (passage.time_ns, passage.source, passage.sequence, passage))
            due_ns = options.start_ns + ns_from_seconds(end_s - _MARGIN_S - abs(options.skew_s))
            while waiting and waiting[0][0] <= due_ns:
                yield heapq.heappop(waiting)[3]
        while waiting:
            yield heapq.heappop(waiting)[3]

    def _batches(self) -> int:
        return max(math.ceil(self.script.duration_s / BATCH_S), 1)

    def _plate_renderers(self) -> list[PlateRenderer]:
        options, fixtures = self.options, self.shop.fixtures
        shapes = [
            (max(shelf.index for shelf in fixture.shelves), max(len(shelf.plates) for shelf in fixture.shelves))
            for fixture in fixtures
        ]
        rows, columns = max(r for r, _ in shapes), max(c for _, c in shapes)
        banks = NoiseBanks(rows, columns, len(fixtures), options.seed)
        shared = Shared(
            Repeats(rows, columns, self._character.repeats, options.seed), Wander(rows, columns, options.seed)
        )
        return [
            PlateRenderer(
                number,
                fixture,
                self._noise(number)
                if self._noise is not None
                else FixtureNoise(banks, number, *shapes[number], options.seed, options.noise),
                options,
                self.script.duration_s,
                self.faults.get(number, ()),
                shared,
                self._character,
            )
            for number, fixture in enumerate(fixtures)
        ]

    def _choose_faults(self) -> dict[int, list[Fault]]:
        """Which plates are dead: rather ones with a facing, half of them NaN and half stuck."""
        rng = np.random.default_rng([self.options.seed, 10])
        numbers = {fixture.id: number for number, fixture in enumerate(self.shop.fixtures)}
        plates = sorted({(numbers[f.fixture], f.shelf - 1, plate - 1) for f in self.shop.facings for plate in f.plates})
        faults: dict[int, list[Fault]] = {}
        for k, at in enumerate(rng.permutation(len(plates))[: self.options.dead]):
            number, row, column = plates[int(at)]
            since_s = 0.0 if rng.random() < 0.5 else float(rng.uniform(0.0, self.script.duration_s))
            faults.setdefault(number, []).append((row, column, "stuck" if k % 2 else "nan", since_s))
        return faults

    def _across(self) -> tuple[float, float]:
        """The direction in which people give way: across the aisles."""
        yaw = self.shop.fixtures[0].box.pose.yaw_rad
        return -math.sin(yaw), math.cos(yaw)


def simulate(shop: Shop, options: SimulationOptions) -> SimulatedRecording:
    """A recording of shoppers in the shop, with its truth.

    Raises:
        SimulationError: nothing can be taken in this shop.
    """
    return SimulatedRecording(shop, options)
