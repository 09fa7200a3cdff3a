"""What was read of hands that were not recognised, for some seconds: the next hold is judged together with it."""

from collections.abc import Sequence

from tillfree.core.time import NS_PER_S
from tillfree.palm.samples import HandSide
from tillfree.web.palms.seeing import Reading

__all__ = ["Undecided", "other_hand", "side_of"]

_TRIES_MAX = 4
Try = tuple[Reading, ...]


class Undecided:
    """The tries of one person, each forgotten `kept_s` seconds after it was read. Holds no picture."""

    def __init__(self, kept_s: float) -> None:
        self._kept_ns = int(kept_s * NS_PER_S)
        self._tries: list[tuple[Try, int]] = []
        self._wanted: HandSide = "unknown"

    @property
    def tries(self) -> list[Try]:
        """Those that are kept, the oldest first."""
        return [one for one, _ in self._tries]

    @property
    def wanted(self) -> HandSide:
        """Which hand was asked for; unknown where none in particular."""
        return self._wanted

    def keep(self, tries: Sequence[Try], now_ns: int, wanted: HandSide = "unknown") -> None:
        """Keeps tries, the last of which is new; of the others those that are kept already keep their time."""
        until = {id(one): until_ns for one, until_ns in self._tries}
        kept = [(one, until.get(id(one), now_ns + self._kept_ns)) for one in tries[-_TRIES_MAX:]]
        self._tries = kept if self._kept_ns else []
        self._wanted = wanted if self._tries else "unknown"

    def expire(self, now_ns: int) -> bool:
        """Forgets what is too old; whether nothing is left of what was kept."""
        before = len(self._tries)
        self._tries = [(one, until_ns) for one, until_ns in self._tries if now_ns <= until_ns]
        if self._tries:
            return False
        self._wanted = "unknown"
        return before > 0

    def clear(self) -> None:
        """Forgets all."""
        self._tries.clear()
        self._wanted = "unknown"


def side_of(read: Sequence[Reading]) -> HandSide:
    """The hand that most pictures of a hold show."""
    sides: list[HandSide] = [one.features.side for one in read]
    return max(sides, key=sides.count, default="unknown")


def other_hand(side: HandSide) -> HandSide:
    """Left for right, and right for left."""
    others: dict[HandSide, HandSide] = {"left": "right", "right": "left", "unknown": "unknown"}
    return others[side]
