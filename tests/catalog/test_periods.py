"""When a price or offer is in force: days as a whole, hours past midnight, weekdays, and the clock of the store."""

from datetime import datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tillfree.catalog.errors import CatalogError
from tillfree.catalog.periods import WEEKDAYS, Timed, local_time, period_problems, window_of, zone_of

THURSDAY = datetime.fromisoformat("2026-01-01T12:00")
NOON_NS = 1_767_268_800_000_000_000
moments = st.datetimes(datetime.fromisoformat("2025-01-01"), datetime.fromisoformat("2027-12-31"))


def holds(text: str, **fields: object) -> bool:
    return window_of(Timed(**fields)).holds(datetime.fromisoformat(text))  # type: ignore[arg-type]


@pytest.mark.parametrize(
    ("moment", "inside"),
    [
        ("2025-12-31T23:59:59", False),
        ("2026-01-01T00:00", True),
        ("2026-01-31T23:59:59", True),
        ("2026-02-01T00:00", False),
    ],
)
def test_days_count_as_a_whole_the_last_one_too(moment: str, inside: bool) -> None:
    assert holds(moment, begin="2026-01-01", end="2026-01-31") == inside


def test_a_moment_is_the_end_itself() -> None:
    assert holds("2026-01-31T07:59:59", end="2026-01-31T08:00")
    assert not holds("2026-01-31T08:00", end="2026-01-31T08:00")
    assert holds("2026-01-31T08:00", begin="2026-01-31T08:00:00")


@pytest.mark.parametrize(
    ("moment", "inside"),
    [
        ("2026-01-02T21:59", False),  # Friday
        ("2026-01-02T22:00", True),
        ("2026-01-03T01:59", True),  # Saturday morning is still Friday's night
        ("2026-01-03T02:00", False),
        ("2026-01-03T22:30", False),
        ("2026-01-02T01:00", False),  # Friday morning is Thursday's night
    ],
)
def test_a_span_past_midnight_belongs_to_the_day_on_which_it_begins(moment: str, inside: bool) -> None:
    assert holds(moment, days=("fri",), hours=("22:00-02:00",)) == inside


def test_several_spans_and_the_end_of_the_day() -> None:
    hours = ("08:00-09:00", "20:00-24:00")
    assert [holds(f"2026-01-01T{time}", hours=hours) for time in ("08:00", "09:00", "20:00", "23:59")] == [
        True,
        False,
        True,
        True,
    ]


@pytest.mark.parametrize(
    ("fields", "message"),
    [
        ({"begin": "tomorrow"}, "from 'tomorrow' is neither a day"),
        ({"begin": "2026-02-30"}, "from '2026-02-30' is not in the calendar"),
        ({"end": "2026-01-01T08:00+01:00"}, "until '2026-01-01T08:00+01:00' is neither"),
        ({"end": "2026-1-1"}, "is neither a day"),
        ({"begin": "\u0662026-01-01"}, "is neither a day"),
        ({"begin": "2026-02-01", "end": "2026-01-31"}, "it ends (2026-01-31) before it begins (2026-02-01)"),
        ({"days": ("monday",)}, "'monday' is no weekday; use mon, tue"),
        ({"hours": ("8-9",)}, "hours '8-9' are no span"),
        ({"hours": ("08:60-09:00",)}, "are no span"),
        ({"hours": ("24:00-25:00",)}, "are no span"),
        ({"hours": ("08:00-08:00",)}, "are no time at all"),
        ({"hours": ("08:00-09:00",) * 25}, "25 spans of hours"),
    ],
)
def test_a_time_that_is_not_understood_is_named(fields: dict[str, object], message: str) -> None:
    (problem,) = period_problems(Timed(**fields))  # type: ignore[arg-type]
    assert message in problem


def test_one_day_may_be_all_of_it_and_the_last_of_all_days_is_one() -> None:
    assert holds("2026-01-01T23:00", begin="2026-01-01", end="2026-01-01")
    assert holds("2026-01-01T23:00", end="9999-12-31")


def test_the_clock_on_the_wall() -> None:
    assert local_time(NOON_NS, zone_of("UTC")) == THURSDAY
    assert local_time(NOON_NS, zone_of("Europe/Berlin")) == THURSDAY + timedelta(hours=1)
    assert local_time(NOON_NS, zone_of("Asia/Kolkata")) == THURSDAY + timedelta(hours=5, minutes=30)


@pytest.mark.parametrize("name", ["Mars/Olympus", "", "../etc/passwd", "/etc/passwd", "x" * 300, "Europe"])
def test_a_zone_that_is_none_is_refused(name: str) -> None:
    with pytest.raises(CatalogError, match="is unknown; use a name such as Europe/Berlin"):
        zone_of(name)


@given(moments, st.sets(st.sampled_from(WEEKDAYS), min_size=1), st.integers(0, 1439), st.integers(1, 1440))
def test_every_moment_is_in_a_span_or_in_the_rest_of_the_day(
    moment: datetime, days: set[str], first: int, last: int
) -> None:
    if first == last or last - first == 1440:
        return
    span = f"{first // 60:02d}:{first % 60:02d}-{last // 60:02d}:{last % 60:02d}"
    rest = f"{last % 1440 // 60:02d}:{last % 60:02d}-{first // 60:02d}:{first % 60:02d}"
    if first == 0:
        rest = f"{last // 60:02d}:{last % 60:02d}-24:00"
    every = tuple(sorted(days))
    one = window_of(Timed(hours=(span,)))
    other = window_of(Timed(hours=(rest,))) if last < 1440 or first else None
    if other is not None:
        assert one.holds(moment) != other.holds(moment)
    if first < last:
        assert window_of(Timed(days=every, hours=(span,))).holds(moment) == (
            one.holds(moment) and WEEKDAYS[moment.weekday()] in days
        )


@given(moments, moments, moments)
def test_a_window_is_one_stretch_of_time(begin: datetime, end: datetime, moment: datetime) -> None:
    begin, end = sorted((begin.replace(second=0, microsecond=0), end.replace(second=0, microsecond=0)))
    if begin < end:
        window = window_of(Timed(begin=begin.isoformat()[:16], end=end.isoformat()[:16]))
        assert window.holds(moment) == (begin <= moment < end)
