"""How long one waits before the next try: twice as long each time, up to a bound, and a little by chance."""

from collections.abc import Callable

from tillfree.core.time import NS_PER_S

__all__ = ["wait_ns"]

_DOUBLINGS_MAX = 40


def wait_ns(
    failures: int,
    chance: Callable[[], float],
    *,
    first_s: float,
    longest_s: float,
    least: float = 0.5,
    most: float = 1.0,
) -> int:
    """Nanoseconds to wait after so many failures before this one, from `first_s` doubling to `longest_s`.

    The wait is then spread between `least` and `most` times itself by `chance` (from 0 to 1), so that many that failed
    together do not come back together.
    """
    wait_s = min(longest_s, first_s * 2.0 ** min(max(failures, 0), _DOUBLINGS_MAX))
    return int(wait_s * (least + (most - least) * chance()) * NS_PER_S)
