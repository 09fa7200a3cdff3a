"""The minutes of a time added up: who came and stood where, and when the doors were free."""

import datetime as dt
from collections import defaultdict
from collections.abc import Iterable, Iterator, Sequence
from itertools import chain
from zoneinfo import ZoneInfo

import msgspec
import numpy as np

from tillfree.core.ids import FixtureId
from tillfree.core.time import NS_PER_DAY, NS_PER_S
from tillfree.storage.database.records import Minute
from tillfree.web.ask import Ask
from tillfree.web.reports.period import Period

__all__ = ["WAIT_S", "FloorSums", "HourSums", "add_up", "minutes_of"]

WAIT_S = 10.0
"""Somebody who stands in a door zone for longer than this waits."""


class HourSums(msgspec.Struct):
    """One hour of the day, over all days: minutes of opening, those without waiting, and who was inside."""

    minutes: int = 0
    free: int = 0
    entries: int = 0
    exits: int = 0
    occupancy_sum: float = 0.0
    occupancy_max: int = 0

    @property
    def occupancy_mean(self) -> float:
        """People inside, on the average of the opening minutes."""
        return self.occupancy_sum / self.minutes if self.minutes else 0.0


class FloorSums(msgspec.Struct):
    """All minutes together. `hours` has 24 places; `wait_max_s` is the longest that anybody stood at a door."""

    hours: list[HourSums]
    days: int = 0
    wait_max_s: float = 0.0
    reaches: dict[FixtureId, int] = {}
    dwell_s: dict[FixtureId, float] = {}
    cells: dict[int, float] = {}

    @property
    def minutes(self) -> int:
        """Minutes of opening."""
        return sum(hour.minutes for hour in self.hours)

    @property
    def free(self) -> int:
        """Those in which nobody waited at a door."""
        return sum(hour.free for hour in self.hours)


def minutes_of(ask: Ask, period: Period) -> Iterator[list[Minute]]:
    """The minutes of each day, as the database has them and as the running store has the newest."""
    live: dict[int, Minute] = {minute.begin_ns: minute for minute in ask.store.minutes()}
    begin_ns = period.since_ns
    while begin_ns < period.until_ns:
        end_ns = min(begin_ns + NS_PER_DAY, period.until_ns)
        found: dict[int, Minute] = {minute.begin_ns: minute for minute in ask.database.minutes(begin_ns, end_ns)}
        found |= {time_ns: minute for time_ns, minute in live.items() if begin_ns <= time_ns < end_ns}
        yield [found[time_ns] for time_ns in sorted(found)]
        begin_ns = end_ns


def add_up(parts: Iterable[Sequence[Minute]], zone: ZoneInfo) -> FloorSums:
    """Everything added up.

    A shop is open, each day, from the first to the last minute in which anybody was there: a store whose sensors run
    all night is not praised for having had no queue then.
    """
    sums = FloorSums([HourSums() for _ in range(24)])
    reaches: dict[FixtureId, int] = defaultdict(int)
    dwell_s: dict[FixtureId, float] = defaultdict(float)
    cells: dict[int, float] = defaultdict(float)
    closed: list[tuple[int, Minute]] = []
    """Minutes without anybody since the last with somebody: they count once somebody comes on the same day."""
    today: dt.date | None = None
    for minute in _each(parts, cells):
        moment = dt.datetime.fromtimestamp(minute.begin_ns // NS_PER_S, zone)
        if not (minute.entries or minute.exits or minute.occupancy_max):
            closed.append((moment.hour, minute))
            continue
        if moment.date() == today:
            for hour, empty in closed:
                _count(sums, hour, empty)
        else:
            today = moment.date()
            sums.days += 1
        closed.clear()
        _count(sums, moment.hour, minute)
        for fixture, count in minute.reaches.items():
            reaches[fixture] += count
        for fixture, seconds in minute.dwell_s.items():
            dwell_s[fixture] += seconds
    sums.reaches, sums.dwell_s, sums.cells = dict(reaches), dict(dwell_s), dict(cells)
    return sums


def _each(parts: Iterable[Sequence[Minute]], cells: dict[int, float]) -> Iterator[Minute]:
    """One minute after the other; the cells of each part are added up on the way, which are by far the most numbers."""
    for part in parts:
        yield from part
        numbers = np.fromiter(chain.from_iterable(minute.cells for minute in part), np.int64)
        seconds = np.fromiter(chain.from_iterable(minute.cells.values() for minute in part), np.float64)
        places, inverse = np.unique(numbers, return_inverse=True)
        for cell, total in zip(places.tolist(), np.bincount(inverse, seconds).tolist(), strict=True):
            cells[cell] += total


def _count(sums: FloorSums, hour: int, minute: Minute) -> None:
    of_hour = sums.hours[hour]
    of_hour.minutes += 1
    of_hour.free += minute.door_wait_s <= WAIT_S
    of_hour.entries += minute.entries
    of_hour.exits += minute.exits
    of_hour.occupancy_sum += minute.occupancy_mean
    of_hour.occupancy_max = max(of_hour.occupancy_max, minute.occupancy_max)
    sums.wait_max_s = max(sums.wait_max_s, minute.door_wait_s)
