"""Time: integer nanoseconds since the Unix epoch (UTC), taken from events and never from a clock."""

from datetime import UTC, datetime

__all__ = [
    "NS_PER_DAY",
    "NS_PER_HOUR",
    "NS_PER_MINUTE",
    "NS_PER_MS",
    "NS_PER_S",
    "format_clock",
    "format_utc",
    "ns_from_seconds",
    "seconds_from_ns",
]

NS_PER_MS = 1_000_000
NS_PER_S = 1000 * NS_PER_MS
NS_PER_MINUTE = 60 * NS_PER_S
NS_PER_HOUR = 60 * NS_PER_MINUTE
NS_PER_DAY = 24 * NS_PER_HOUR


def ns_from_seconds(seconds: float) -> int:
    """Seconds to integer nanoseconds, rounded half to even.

    A double near the present epoch resolves about 240 ns; the rounding adds nothing to that.

    Raises:
        ValueError: `seconds` is NaN or infinite.
        OverflowError: as `ValueError`, for infinities.
    """
    whole = int(seconds // 1)
    return whole * NS_PER_S + round((seconds - whole) * NS_PER_S)


def seconds_from_ns(time_ns: int) -> float:
    """Nanoseconds to seconds, as the nearest double."""
    return time_ns / NS_PER_S


def format_utc(time_ns: int) -> str:
    """ISO 8601 with milliseconds, in UTC: `2020-04-22T05:06:36.955Z`."""
    whole, rest = divmod(time_ns, NS_PER_S)
    # Not strftime, which takes ten times as long.
    return f"{datetime.fromtimestamp(whole, UTC).isoformat()[:19]}.{rest // NS_PER_MS:03d}Z"


def format_clock(time_ns: int) -> str:
    """The time of day alone, UTC with tenths of a second: `05:06:36.9`."""
    whole, rest = divmod(time_ns, NS_PER_S)
    return f"{datetime.fromtimestamp(whole, UTC):%H:%M:%S}.{rest // (100 * NS_PER_MS)}"
