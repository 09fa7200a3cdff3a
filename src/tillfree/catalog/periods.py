"""When a price or an offer is in force: days, weekdays and hours, all by the clock on the wall of the store."""

import re
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta, tzinfo
from functools import lru_cache
from zoneinfo import ZoneInfo

import msgspec

from tillfree.catalog.errors import CatalogError
from tillfree.core.time import NS_PER_S

__all__ = ["WEEKDAYS", "Timed", "Window", "local_time", "period_problems", "window_of", "zone_of"]

WEEKDAYS = ("mon", "tue", "wed", "thu", "fri", "sat", "sun")
_DAY = timedelta(days=1)
_DAY_MINUTES = 24 * 60
_HOURS_MAX = 24
_STAMP = re.compile(r"\d{4}-\d{2}-\d{2}(T\d{2}:\d{2}(:\d{2})?)?", re.ASCII)
_SPAN = re.compile(r"(\d{2}):(\d{2})-(\d{2}):(\d{2})", re.ASCII)


class Timed(msgspec.Struct, frozen=True, kw_only=True):
    """Whatever is in force at some times only; empty fields mean always.

    `begin` (written `from`) and `end` (written `until`) are days, `2026-03-01`, or moments, `2026-03-01T08:00`. A day
    counts as a whole, the last one too; at the moment that is the end, it is over. `days` are weekdays, `mon` to `sun`;
    `hours` are spans such as `17:00-19:00`. A span may pass midnight and then belongs to the day on which it begins.
    """

    begin: str = msgspec.field(default="", name="from")
    end: str = msgspec.field(default="", name="until")
    days: tuple[str, ...] = ()
    hours: tuple[str, ...] = ()


class Window(msgspec.Struct, frozen=True):
    """The same, read: `begin` and `end` in local time without a zone, weekdays from 0 for Monday, spans in minutes."""

    begin: datetime | None
    end: datetime | None
    days: frozenset[int]
    spans: tuple[tuple[int, int], ...]

    def holds(self, local: datetime) -> bool:
        """Whether it is in force at a local time."""
        if (self.begin is not None and local < self.begin) or (self.end is not None and local >= self.end):
            return False
        today = not self.days or local.weekday() in self.days
        if not self.spans:
            return today
        yesterday = not self.days or (local.weekday() - 1) % 7 in self.days
        minute = local.hour * 60 + local.minute
        for first, last in self.spans:
            if first < last:
                if today and first <= minute < last:
                    return True
            elif (today and minute >= first) or (yesterday and minute < last):
                return True
        return False


def window_of(timed: Timed) -> Window:
    """Read the texts.

    Raises:
        CatalogError: one of them is not understood, or it ends before it begins.
    """
    begin, end = _moment(timed.begin, "from"), _moment(timed.end, "until")
    if end is not None and "T" not in timed.end:
        end += _DAY
    if begin is not None and end is not None and end <= begin:
        raise CatalogError(f"it ends ({timed.end}) before it begins ({timed.begin})")
    unknown = [day for day in timed.days if day not in WEEKDAYS]
    if unknown:
        raise CatalogError(f"{unknown[0]!r} is no weekday; use {', '.join(WEEKDAYS)}")
    if len(timed.hours) > _HOURS_MAX:
        raise CatalogError(f"{len(timed.hours)} spans of hours, where a day has at most {_HOURS_MAX}")
    days = frozenset(WEEKDAYS.index(day) for day in timed.days)
    return Window(begin, end, days, tuple(_span(text) for text in timed.hours))


def period_problems(timed: Timed) -> Iterator[str]:
    """What cannot be read, in words."""
    try:
        window_of(timed)
    except CatalogError as error:
        yield str(error)


def zone_of(name: str) -> tzinfo:
    """A time zone of the IANA database.

    Raises:
        CatalogError: there is no such zone on this machine.
    """
    if name == "UTC":  # there on every machine, also where there is no database of zones
        return UTC
    try:
        return _zone(name)
    except (KeyError, ValueError, OSError) as error:
        raise CatalogError(f"time zone {name!r} is unknown; use a name such as Europe/Berlin or UTC") from error


@lru_cache(maxsize=64)
def _zone(name: str) -> ZoneInfo:
    return ZoneInfo(name)


def local_time(time_ns: int, zone: tzinfo) -> datetime:
    """What the clock on the wall shows; without a zone, to be compared with the windows of this module."""
    return datetime.fromtimestamp(time_ns // NS_PER_S, UTC).astimezone(zone).replace(tzinfo=None)


def _moment(text: str, field: str) -> datetime | None:
    if not text:
        return None
    if not _STAMP.fullmatch(text):
        raise CatalogError(f"{field} {text[:40]!r} is neither a day such as 2026-03-01 nor a moment, 2026-03-01T08:00")
    try:
        # The last day of all has no day after it.
        return min(datetime.fromisoformat(text), datetime(9999, 12, 30))  # noqa: DTZ001  local time by meaning
    except ValueError as error:
        raise CatalogError(f"{field} {text!r} is not in the calendar") from error


def _span(text: str) -> tuple[int, int]:
    found = _SPAN.fullmatch(text)
    first, last = (int(found[1]) * 60 + int(found[2]), int(found[3]) * 60 + int(found[4])) if found else (-1, -1)
    if found is None or int(found[2]) > 59 or int(found[4]) > 59 or first >= _DAY_MINUTES or last > _DAY_MINUTES:
        raise CatalogError(f"hours {text[:40]!r} are no span such as 17:00-19:00")
    if first == last:
        raise CatalogError(f"hours {text!r} are no time at all; leave them out for the whole day")
    return first, last
