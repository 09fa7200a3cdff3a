"""A simulated recording: the events of a script, rendered in windows of some seconds, never all at once.

How near it is to real recordings is measured by `python -m benchmarks.fidelity`.

What rests on no measurement at all: put-backs, touches, lifts, slow takes, hand-overs, all acts that are off by
default, several people, occlusion, lost tracks, the gate, dead plates and long drift.
"""

import heapq
import math
from collections.abc import Callable, Iterable, Iterator

import numpy as np

from tillfree.catalog.model import Shop
from tillfree.core.events import Event
from tillfree.core.time import ns_from_seconds
from tillfree.simulation.character import USUAL, Character
from tillfree.simulation.clocks import Clocks
from tillfree.simulation.gate import gate_events
from tillfree.simulation.ground_truth import true_people, truth_of
from tillfree.simulation.options import SimulationOptions
from tillfree.simulation.people.bodies import Body
from tillfree.simulation.people.crowd import Crowd
from tillfree.simulation.people.ground import Ground
from tillfree.simulation.people.presence import Presence
from tillfree.simulation.planner import write_script
from tillfree.simulation.scales.boards import Repeats
from tillfree.simulation.scales.drift import Wander
from tillfree.simulation.scales.noise import FixtureNoise, NoiseBanks, fixture_hz
from tillfree.simulation.scales.plates import BATCH_S, Fault, PlateNoise, PlateRenderer, Shared
from tillfree.simulation.scales.shaking import Shaking
from tillfree.simulation.script import Script
from tillfree.simulation.tags.readers import TagReaders, readers_of, sells_tagged
from tillfree.simulation.tags.stories import TagStory
from tillfree.simulation.tracks.frames import FrameRenderer
from tillfree.simulation.tracks.sightlines import Sightlines
from tillfree.simulation.tracks.track_ids import switch_ids
from tillfree.storage.recordings.model import TruePeople, Truth

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
        people = str(options.shoppers) if options.per_hour is None else f"{options.per_hour:g}-an-hour"
        self.name = options.name or f"simulated-{people}-{options.seed}"
        self.warnings: dict[str, int] = {}
        self._hz = fixture_hz(len(shop.fixtures), options.seed)
        written = script or write_script(shop, options, self._hz)
        self.script: Script = switch_ids(written, options.id_switches, options.seed)
        wanted = sells_tagged(shop) if options.rfid is None else options.rfid
        self._tags = TagStory(shop, self.script, options.start_ns) if wanted else None
        self.truth: Truth = truth_of(self.script, options, self._tags)
        self.faults: dict[int, list[Fault]] = self._choose_faults()

    def duration_ns(self) -> int:
        """Length of the script, rounded up to whole batches."""
        return ns_from_seconds(self._batches() * BATCH_S)

    def crowd(self, bodies: Iterable[Body] = ()) -> Crowd:
        """The crowd of this shop at its beginning: of nobody yet, or of these bodies in the order of their entries."""
        return Crowd(Ground(self.shop), bodies, give_way=self.options.give_way)

    def events(self) -> Iterator[Event]:
        """All events in the order of their arrival, streaming."""
        return (item for item in self.events_and_people() if not isinstance(item, TruePeople))

    def events_and_people(self) -> Iterator[Event | TruePeople]:
        """The same with the true places of everybody between them, five times a second."""
        script, options = self.script, self.options
        plates = self._plate_renderers()
        shaking = Shaking(self.shop.fixtures, self._hz, options.seed, self._character)
        frames = self._frame_renderer()
        clocks = Clocks(options, script.duration_s)
        tags = self._tag_readers()
        traces, shocks = list(reversed(script.traces)), list(reversed(script.shocks))
        visits = list(reversed(script.visits))
        bodies: list[Body] = []
        crowd = self.crowd()
        told = script.gate or options.gate or options.entry
        passages = list(reversed(gate_events(script, options, self.truth.entries))) if told else []
        waiting = _Waiting(clocks)
        late_ns = ns_from_seconds(options.latency_s)
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
                crowd.admit(bodies[-1])
                shaking.enter(bodies[-1])
            bodies = [body for body in bodies if body.visit.exit_s > begin_s - _MARGIN_S]
            crowd.advance(end_s + _MARGIN_S)
            loudness = shaking.window(window, begin_s, end_s, bodies)
            presence = Presence(bodies, begin_s, end_s)
            for renderer in plates:
                for batch in renderer.batches(window, window * per_window, last, presence, loudness):
                    waiting.add(batch)
            for frame in frames.frames(window, begin_s, end_s, bodies):
                waiting.add(frame, late_ns)
            while passages and passages[-1].time_ns < options.start_ns + ns_from_seconds(end_s):
                waiting.add(passages.pop())
            for read in tags.reads(begin_s, end_s, bodies) if tags is not None else ():
                waiting.add(read)
            for places in true_people(begin_s, end_s, bodies, options.start_ns):
                waiting.add_truth(places)
            yield from waiting.until(
                options.start_ns + ns_from_seconds(end_s - _MARGIN_S - abs(options.skew_s) - clocks.worst_s)
            )
        yield from waiting.until(None)

    def _batches(self) -> int:
        return max(math.ceil(self.script.duration_s / BATCH_S), 1)

    def _frame_renderer(self) -> FrameRenderer:
        shop, wanted = self.shop, self.options.sightlines
        looked_at = bool(shop.cameras) if wanted is None else wanted
        sightlines = Sightlines.of(shop) if looked_at else None
        boxes = tuple(fixture.box for fixture in shop.fixtures)
        return FrameRenderer(self.options, self._character, sightlines, boxes)

    def _tag_readers(self) -> TagReaders | None:
        if self._tags is None or not self._tags.epcs:
            return None
        return TagReaders(self._tags, readers_of(self.shop, self.options.rfid_shelf_s), self.options)

    def _plate_renderers(self) -> list[PlateRenderer]:
        options, fixtures = self.options, self.shop.fixtures
        shapes = [
            (max(shelf.index for shelf in fixture.shelves), max(len(shelf.plates) for shelf in fixture.shelves))
            for fixture in fixtures
        ]
        rows, columns = max(r for r, _ in shapes), max(c for _, c in shapes)
        banks = NoiseBanks(rows, columns, len(fixtures), options.seed)
        shared = Shared(
            Repeats(rows, columns, self._character.board_repeats, options.seed), Wander(rows, columns, options.seed)
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


class _Waiting:
    """What has happened and has not been told yet, in the order of arrival, stamped by the clocks of the devices."""

    def __init__(self, clocks: Clocks) -> None:
        self._clocks = clocks
        self._heap: list[tuple[int, str, int, Event | TruePeople]] = []

    def add(self, event: Event, late_ns: int = 0) -> None:
        """An event that arrives so much after its stamp."""
        event = self._clocks.stamp(event)
        heapq.heappush(self._heap, (event.time_ns + late_ns, event.source, event.sequence, event))

    def add_truth(self, places: TruePeople) -> None:
        """True places, of which there are one for each moment; no clock errs about them."""
        heapq.heappush(self._heap, (places.time_ns, "", 0, places))

    def until(self, due_ns: int | None) -> Iterator[Event | TruePeople]:
        """What arrives until then; None for all that is left."""
        while self._heap and (due_ns is None or self._heap[0][0] <= due_ns):
            yield heapq.heappop(self._heap)[3]


def simulate(shop: Shop, options: SimulationOptions) -> SimulatedRecording:
    """A recording of shoppers in the shop, with its truth.

    Raises:
        SimulationError: nothing can be taken in this shop.
    """
    return SimulatedRecording(shop, options)
