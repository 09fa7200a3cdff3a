"""What strangers scored at this place, over restarts: a threshold that they raised stays where it was.

The vault keeps the scores sealed and sorted, so that not even their order tells who came when. They are of one scheme:
another model scores strangers otherwise, and begins anew.
"""

import logging

import msgspec
import numpy as np

from tillfree.core.time import NS_PER_S
from tillfree.palm.strangers import Strangers
from tillfree.storage.palm_vault.errors import TamperedError, VaultError
from tillfree.storage.palm_vault.vault import PalmVault

__all__ = ["MetStrangers"]

_log = logging.getLogger(__name__)
_NOTE = "strangers"
_EVERY_NS = 60 * NS_PER_S


class _Scores(msgspec.Struct, frozen=True, array_like=True):
    """`sorted` are numbers of four bytes, the lowest first."""

    scheme: str
    sorted: bytes


class MetStrangers:
    """Strangers' scores of one vault. Used by one thread at a time."""

    def __init__(self, vault: PalmVault, scheme: str) -> None:
        """Begins with what was kept; with nothing where that is of another scheme, or does not open.

        Raises:
            VaultError: the vault cannot be read.
        """
        self._vault, self._scheme = vault, scheme
        self.scores = Strangers(_kept(vault, scheme))
        self._kept, self._next_ns = self.scores.met, 0

    def keep(self, now_ns: int) -> None:
        """Keeps what is new, at most once a minute; that it cannot be kept stops nobody."""
        if now_ns >= self._next_ns:
            self._next_ns = now_ns + _EVERY_NS
            self.keep_now()

    def keep_now(self) -> None:
        """Keeps what is new."""
        met = self.scores.met
        if met == self._kept:
            return
        scores = np.sort(np.array(self.scores.scores, "<f4"))
        try:
            self._vault.keep_note(_NOTE, msgspec.msgpack.encode(_Scores(self._scheme, scores.tobytes())))
        except VaultError as error:
            _log.warning("what strangers score here is not kept this time: %s", error)
            return
        self._kept = met


def _kept(vault: PalmVault, scheme: str) -> list[float]:
    try:
        note = vault.kept_note(_NOTE)
        found = None if note is None else msgspec.msgpack.decode(note, type=_Scores)
        scores = np.frombuffer(b"" if found is None else found.sorted, "<f4").astype(np.float64)
    except (TamperedError, msgspec.DecodeError, ValueError) as error:
        _log.warning(
            "what strangers scored here does not open and is learned anew; until then thresholds are those of "
            "simulated strangers: %s",
            error,
        )
        return []
    if found is None or found.scheme != scheme:
        return []
    # The oldest are the first to go, and which these were is not known any more: by chance, not the lowest.
    shuffled: list[float] = np.random.default_rng(len(scores)).permutation(scores).tolist()
    return shuffled
