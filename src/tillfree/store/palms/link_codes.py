"""Codes with which staff find the palm that was enrolled a moment ago, to link to it what its owner wants.

They live in memory only: after a restart none is good any more, and nothing of them is ever written.
"""

import hashlib
import secrets
import threading
from collections.abc import Callable

from tillfree.core.time import NS_PER_MINUTE

__all__ = ["LIFE_MIN", "LinkCodes"]

LIFE_MIN = 15
"""So many minutes a code is good."""
_LETTERS = "23456789ABCDEFGHJKMNPQRSTVWXYZ"
"""Without those that are taken for one another, or read as words with U."""
_LENGTH = 8
_GROUP = 4
_KEPT_MAX = 1000
"""More are never good at once; the oldest goes."""


class LinkCodes:
    """The codes of a site. Methods may be called by any thread.

    30 letters to the power of 8 are 39 bits: of 1000 codes that are good at once, a guess hits one in 600 million.
    """

    def __init__(self, now_ns: Callable[[], int]) -> None:
        self._now_ns = now_ns
        self._lock = threading.Lock()
        self._kept: dict[bytes, tuple[str, int]] = {}

    def make(self, subject: str) -> str:
        """A new code for somebody, as `ABCD-EFGH`; older ones of theirs are good no more."""
        code = "".join(secrets.choice(_LETTERS) for _ in range(_LENGTH))
        with self._lock:
            self._drop(subject)
            while len(self._kept) >= _KEPT_MAX:
                del self._kept[next(iter(self._kept))]
            self._kept[_mark(code)] = (subject, self._now_ns() + LIFE_MIN * NS_PER_MINUTE)
        return f"{code[:_GROUP]}-{code[_GROUP:]}"

    def find(self, code: str) -> str:
        """Whose code it is; empty where it is none, or none any more. Case, blanks and hyphens do not matter."""
        with self._lock:
            self._drop("")
            return self._kept.get(_mark(code), ("", 0))[0]

    def _drop(self, subject: str) -> None:
        """Forgets what is out of date, and what belongs to somebody."""
        now_ns = self._now_ns()
        self._kept = {
            mark: (whose, until_ns)
            for mark, (whose, until_ns) in self._kept.items()
            if now_ns <= until_ns and whose != subject
        }


def _mark(code: str) -> bytes:
    """What is kept in the place of a code."""
    return hashlib.sha256("".join(code.split()).replace("-", "").upper().encode()).digest()
