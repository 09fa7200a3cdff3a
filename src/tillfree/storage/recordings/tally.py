"""Counting what a reader repaired or left out, in words for a person."""

from collections.abc import Mapping

from tillfree.catalog.report import printable

__all__ = ["Tally"]

_OTHERS_MAX = 300


class Tally:
    """Counts remarks; each names the place where it was met first, so that a person can look there.

    `counts` is the dictionary that a recording shows as its `warnings`; it stays the same object for good. The number
    of different remarks is bounded: texts that come from a file belong into `where`, never into `what`.
    """

    def __init__(self) -> None:
        self.counts: dict[str, int] = {}
        self._keys: dict[str, str] = {}

    def add(self, what: str, where: str = "", times: int = 1) -> None:
        """Counts `what`, `times` times; `where` is kept from the first call only."""
        key = self._keys.get(what)
        if key is None:
            key = f"{what} (first: {printable(where)})" if where else what
            self._keys[what] = key
        self.counts[key] = self.counts.get(key, 0) + times

    def take_over(self, counts: Mapping[str, int], prefix: str) -> None:
        """Adds remarks that somebody else counted, each text with the prefix (once); at most some hundred of them."""
        for what, times in list(counts.items())[:_OTHERS_MAX]:
            key = prefix + printable(what.removeprefix(prefix), 300)
            self.counts[key] = self.counts.get(key, 0) + times

    def total(self, what: str) -> int:
        """How often `what` was counted."""
        return self.counts.get(self._keys.get(what, ""), 0)

    def snapshot(self) -> tuple[dict[str, int], dict[str, str]]:
        """The state to come back to with `restore`."""
        return dict(self.counts), dict(self._keys)

    def restore(self, snapshot: tuple[dict[str, int], dict[str, str]]) -> None:
        """Forgets everything counted since the snapshot."""
        counts, keys = snapshot
        self.counts.clear()
        self.counts.update(counts)
        self._keys = dict(keys)
