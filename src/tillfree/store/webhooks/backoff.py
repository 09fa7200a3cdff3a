"""How long one waits between tries, and when one gives up."""

from collections.abc import Callable

from tillfree.core.time import NS_PER_S

__all__ = ["WAITS_S", "next_try_ns"]

WAITS_S = (5, 30, 120, 600, 1800, 3600, 7200, 14400, 28800, 43200)
"""After the first failure, the second, ...; the last one for all that follow."""
_JITTER = 0.2


def next_try_ns(attempts: int, now_ns: int, random: Callable[[], float], *, at_least_s: int = 0) -> int:
    """When to try again after so many tries, by up to a fifth sooner or later.

    Many receivers that failed together must not all be asked in the same second.
    """
    wait_s = WAITS_S[min(max(attempts, 1), len(WAITS_S)) - 1] * (1 + _JITTER * (2 * random() - 1))
    return now_ns + int(max(wait_s, at_least_s) * NS_PER_S)
