"""The days that a report is about, in the time zone of the store."""

import datetime as dt
from typing import Literal
from zoneinfo import ZoneInfo

import msgspec

from tillfree.core.time import NS_PER_HOUR, NS_PER_S
from tillfree.web.ask import Ask
from tillfree.web.errors import AskError

__all__ = ["DAYS_MAX", "Choice", "Period", "chosen_period", "day_bounds", "period_of", "store_now_ns"]

DAYS_MAX = 93
"""The longest period of one report: a quarter of a year."""
Choice = Literal["today", "yesterday", "week", "days"]
_STREAM_APART_NS = 36 * NS_PER_HOUR


class Period(msgspec.Struct, frozen=True):
    """Whole days from `first` to `last`; `until_ns` is the midnight after the last."""

    choice: Choice
    first: dt.date
    last: dt.date
    since_ns: int
    until_ns: int

    @property
    def days(self) -> int:
        """How many days these are."""
        return (self.last - self.first).days + 1

    @property
    def address(self) -> str:
        """The same period in an address."""
        return f"from={self.first}&to={self.last}"


def store_now_ns(ask: Ask) -> int:
    """The time in the store: the clock's, or the stream's where that plays another time (a recording, a simulation)."""
    now_ns, stream_ns = ask.console.now_ns(), ask.store.snapshot().time_ns
    return stream_ns if stream_ns > 0 and abs(stream_ns - now_ns) > _STREAM_APART_NS else now_ns


def chosen_period(ask: Ask) -> Period:
    """What the address asks for: `?period=today`, `yesterday` or `week`, or `?from=2030-01-01&to=2030-01-31`.

    Raises:
        AskError: no day, the last before the first, or more days than `DAYS_MAX`.
    """
    today = ask.when(store_now_ns(ask)).date()
    first, last = ask.query("from", limit=20).strip(), ask.query("to", limit=20).strip()
    choice = ask.query("period", limit=20)
    if choice == "yesterday":
        day = today - dt.timedelta(days=1)
        return period_of("yesterday", day, day, ask.console.zone)
    if choice == "week":
        return period_of("week", today - dt.timedelta(days=6), today, ask.console.zone)
    if choice == "today" or not (first or last):
        return period_of("today", today, today, ask.console.zone)
    begin = _day(ask, first or last)
    end = _day(ask, last or first)
    if end < begin:
        raise AskError(ask.say("The last day is before the first. Choose them again."))
    if (end - begin).days >= DAYS_MAX:
        raise AskError(ask.say("A report covers %(most)s days at most. Choose fewer.", most=DAYS_MAX))
    return period_of("days", begin, end, ask.console.zone)


def period_of(choice: Choice, first: dt.date, last: dt.date, zone: ZoneInfo) -> Period:
    """The period of these days."""
    after = last + dt.timedelta(days=1)
    return Period(choice, first, last, _midnight_ns(first, zone), _midnight_ns(after, zone))


def day_bounds(ask: Ask, text: str) -> tuple[int, int]:
    """When a day of the store begins and ends; raises AskError where the text is no day."""
    day = _day(ask, text)
    return _midnight_ns(day, ask.console.zone), _midnight_ns(day + dt.timedelta(days=1), ask.console.zone)


def _midnight_ns(day: dt.date, zone: ZoneInfo) -> int:
    moment = dt.datetime.combine(day, dt.time(), zone)
    return int(moment.timestamp()) * NS_PER_S


def _day(ask: Ask, text: str) -> dt.date:
    # Years in which every time zone's midnight fits into 64 bits of nanoseconds.
    try:
        day = dt.date.fromisoformat(text)
    except ValueError:
        day = None
    if day is None or not 1971 <= day.year <= 2250 or day.isoformat() != text:
        raise AskError(ask.say("Give a day as year, month and day: 2030-01-31."))
    return day
