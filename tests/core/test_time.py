"""Times are integer nanoseconds; what a double can say survives the way there and back."""

import math
from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tillfree.core.time import NS_PER_MS, NS_PER_S, format_clock, format_utc, ns_from_seconds, seconds_from_ns

EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
YEAR_2100_S = 4_102_444_800
times_ns = st.integers(0, YEAR_2100_S * NS_PER_S)


@given(st.floats(-YEAR_2100_S, YEAR_2100_S))
def test_a_double_of_seconds_survives(seconds: float) -> None:
    # The nearest nanosecond is closer than the next double wherever doubles are coarser than that.
    assert math.isclose(seconds_from_ns(ns_from_seconds(seconds)), seconds, rel_tol=1e-15, abs_tol=0.5 / NS_PER_S)


@given(times_ns)
def test_nanoseconds_are_off_by_no_more_than_a_double_resolves(time_ns: int) -> None:
    assert abs(ns_from_seconds(seconds_from_ns(time_ns)) - time_ns) <= 300


@given(st.integers(-10_000, YEAR_2100_S))
def test_whole_seconds_are_exact(seconds: int) -> None:
    assert ns_from_seconds(seconds) == seconds * NS_PER_S


@pytest.mark.parametrize(
    ("seconds", "expected_ns"), [(0.0, 0), (-0.5, -500_000_000), (1e-9, 1), (0.4e-9, 0), (2.5, 2_500_000_000)]
)
def test_seconds(seconds: float, expected_ns: int) -> None:
    assert ns_from_seconds(seconds) == expected_ns


@pytest.mark.parametrize("seconds", [math.nan, math.inf, -math.inf])
def test_no_time_is_refused(seconds: float) -> None:
    with pytest.raises(ValueError, match="NaN"):
        ns_from_seconds(seconds)


@given(times_ns)
def test_text_agrees_with_datetime(time_ns: int) -> None:
    text = format_utc(time_ns)
    parsed = datetime.fromisoformat(text)
    assert parsed == EPOCH + timedelta(milliseconds=time_ns // NS_PER_MS)
    assert format_clock(time_ns) == text[11:21]


def test_text() -> None:
    time_ns = 1_587_531_996_955_999_999
    assert format_utc(time_ns) == "2020-04-22T05:06:36.955Z"
    assert format_clock(time_ns) == "05:06:36.9"
    assert format_utc(-1) == "1969-12-31T23:59:59.999Z"
