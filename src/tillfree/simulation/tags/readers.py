"""RFID readers: one whose antennas hang over the doors, one that takes stock of the shelves, slowly.

Assumed: each door has an antenna 2.5 m above it that looks down, at 16 dBm, twice a second; before each fixture with
tagged goods hangs one under the ceiling, at 24 dBm, which has its turn every `rfid_shelf_s`. Antennas of one reader
take turns, and hear whatever is near enough, goods of neighbours too. A carried tag hangs beside its carrier at 0.9 m,
any way round; the body takes up to 12 dB where it stands between, a coat 10 dB, goods on a shelf 2 dB.
"""

import itertools
import math
from collections.abc import Iterator, Sequence

import numpy as np

from tillfree.catalog.model import Shop
from tillfree.core.events import TagRead
from tillfree.core.geometry import Point
from tillfree.core.time import ns_from_seconds
from tillfree.simulation.options import SimulationOptions
from tillfree.simulation.people.bodies import Body
from tillfree.simulation.script import Floats
from tillfree.simulation.tags.radio import Antenna, answers, hear
from tillfree.simulation.tags.stories import GONE, ON_SHELF, TagStory, is_tagged

__all__ = ["Reader", "TagReaders", "readers_of", "sells_tagged"]

_DOOR_M, _DOOR_DBM, _DOOR_S = 2.5, 16.0, 0.5
_CEILING_M, _BEFORE_M, _SHELF_DBM, _SHELF_TURN_S = 2.7, 1.2, 24.0, 0.8
_FAR_M = 9.0
_CARRIED_M, _ASIDE_M = 0.9, 0.25
_GOODS_DB, _BODY_DB, _COAT_DB = 2.0, 12.0, 10.0
_DIGITS = 3


class Reader:
    """One reader: its antennas have their turns one after the other, each `turn_s` long, every `every_s`."""

    def __init__(self, source: str, antennas: Sequence[Antenna], every_s: float, turn_s: float) -> None:
        self.source = source
        self.antennas = tuple(antennas)
        self.every_s = every_s
        self.turn_s = min(turn_s, 0.8 * every_s / max(len(antennas), 1))
        self.sequence = 0

    def turns(self, begin_s: float, end_s: float) -> Iterator[tuple[float, int]]:
        """When which antenna begins, from `begin_s` on and before `end_s`."""
        step_s = self.every_s / len(self.antennas)
        for k in range(math.ceil(begin_s / step_s - 1e-9), math.ceil(end_s / step_s - 1e-9)):
            yield k * step_s, k % len(self.antennas)


def sells_tagged(shop: Shop) -> bool:
    """Whether anything in the shop carries tags that can be read."""
    return any(map(is_tagged, shop.products))


def readers_of(shop: Shop, shelf_s: float) -> list[Reader]:
    """The readers of a shop; the shelves are left out where `shelf_s` is 0."""
    doors = [
        Antenna(((z.x_min_m + z.x_max_m) / 2, (z.y_min_m + z.y_max_m) / 2, _DOOR_M), (0.0, 0.0, -1.0), _DOOR_DBM)
        for z in shop.zones
        if z.use == "exit"
    ]
    tagged = {product.id for product in shop.products if is_tagged(product)}
    holding = {facing.fixture for facing in shop.facings if facing.product in tagged}
    shelves = []
    for box in (fixture.box for fixture in shop.fixtures if fixture.id in holding):
        eye = box.pose.to_parent(Point(box.width_m / 2, -_BEFORE_M, _CEILING_M))
        aim = box.pose.to_parent(Point(box.width_m / 2, box.depth_m / 2, box.height_m / 2))
        way = np.array((aim.x - eye.x, aim.y - eye.y, aim.z - eye.z))
        x, y, z = (way / np.linalg.norm(way)).tolist()
        shelves.append(Antenna((eye.x, eye.y, eye.z), (x, y, z), _SHELF_DBM))
    found = [Reader("rfid/doors", doors, _DOOR_S, _DOOR_S)] if doors else []
    if shelves and shelf_s:
        found.append(Reader("rfid/shelves", shelves, shelf_s, _SHELF_TURN_S))
    return found


class TagReaders:
    """All reads of a recording, window by window, in the order of time for each reader."""

    def __init__(self, story: TagStory, readers: Sequence[Reader], options: SimulationOptions) -> None:
        self._story = story
        self._readers = readers
        self._options = options
        self._rng = np.random.default_rng([options.seed, 16])
        count = len(story.epcs)
        self._places = np.array(story.places).reshape(count, 3)
        self._carriers = np.full(count, ON_SHELF)
        self._hidden = np.zeros(count, np.bool_)
        self._axes = self._any_way(count)
        self._next = 0

    def reads(self, begin_s: float, end_s: float, bodies: Sequence[Body]) -> Iterator[TagRead]:
        """What is heard in one window by all readers; windows must follow each other."""
        there = {body.visit.number: body for body in bodies}
        turns = sorted(
            (at, number, antenna)
            for number, reader in enumerate(self._readers)
            for at, antenna in reader.turns(begin_s, end_s)
        )
        for at, number, antenna in turns:
            self._follow(at)
            yield from self._turn(at, self._readers[number], antenna, there)

    def _any_way(self, count: int) -> Floats:
        """Unit vectors (count, 3) in any direction."""
        axes = self._rng.standard_normal((count, 3))
        unit: Floats = axes / np.linalg.norm(axes, axis=1, keepdims=True)
        return unit

    def _follow(self, until_s: float) -> None:
        """Brings carriers and places up to a moment."""
        moves = self._story.moves
        while self._next < len(moves) and moves[self._next].time_s <= until_s:
            move = moves[self._next]
            self._carriers[move.tag], self._hidden[move.tag] = move.carrier, move.hidden
            if move.carrier == ON_SHELF:
                self._places[move.tag] = move.place
            self._next += 1

    def _turn(self, at_s: float, reader: Reader, antenna: int, there: dict[int, Body]) -> Iterator[TagRead]:
        """The report of one antenna after its turn."""
        own, rng = reader.antennas[antenna], self._rng
        tags, places, axes, loss_db = self._near(at_s, own, there)
        if not len(tags):
            return
        heard = hear(own, places, axes, loss_db, rng)
        strong = np.flatnonzero(heard.strong)
        counts = answers(len(strong), reader.turn_s, rng)
        counts[rng.random(len(counts)) < self._options.rfid_missed] = 0
        times_s = np.sort(rng.uniform(at_s, at_s + reader.turn_s, int((counts > 0).sum())))
        for time_s, k, count in zip(
            times_s.tolist(), strong[counts > 0].tolist(), counts[counts > 0].tolist(), strict=True
        ):
            yield TagRead(
                time_ns=self._options.start_ns + ns_from_seconds(time_s),
                source=reader.source,
                sequence=reader.sequence,
                epc=self._story.epcs[tags[k]],
                antenna=antenna + 1,
                rssi_dbm=round(float(heard.rssi_dbm[k]), 1),
                phase_rad=round(float(heard.phase_rad[k]), _DIGITS),
                count=count,
            )
            reader.sequence += 1

    def _near(
        self, at_s: float, antenna: Antenna, there: dict[int, Body]
    ) -> tuple["np.ndarray[tuple[int, ...], np.dtype[np.int64]]", Floats, Floats, Floats]:
        """Tags within nine metres of an antenna: which, where, which way round, and what takes from the wave (dB)."""
        places, axes = self._places.copy(), self._axes.copy()
        loss_db = np.full(len(places), _GOODS_DB)
        gone = self._carriers == GONE
        eye = np.array(antenna.place)
        carried = np.flatnonzero(self._carriers >= 0)
        now = np.array([at_s])
        for number, own in itertools.groupby(
            sorted(carried.tolist(), key=self._carriers.__getitem__), self._carriers.__getitem__
        ):
            body, mine = there.get(int(number)), list(own)
            if body is None:
                gone[mine] = True
                continue
            x, y = body.floor(now)[0]
            angles = self._rng.uniform(0.0, 2.0 * math.pi, len(mine))
            aside = np.stack([np.cos(angles), np.sin(angles)], axis=-1)
            places[mine, 0], places[mine, 1] = x + _ASIDE_M * aside[:, 0], y + _ASIDE_M * aside[:, 1]
            places[mine, 2] = _CARRIED_M
            axes[mine] = self._any_way(len(mine))
            toward = eye[:2] - (x, y)
            facing = aside @ (toward / max(float(np.linalg.norm(toward)), 1e-6))
            loss_db[mine] = _BODY_DB * (1.0 - facing) / 2.0 + _COAT_DB * self._hidden[mine]
        near = np.flatnonzero(~gone & (((places - eye) ** 2).sum(axis=1) < _FAR_M**2))
        return near, places[near], axes[near], loss_db[near]
