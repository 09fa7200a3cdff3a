"""Stations that sign what they saw: a challenge for each capture, good once and for seconds (RFC 8032 signatures).

What is signed is the nonce, the name of the station, the time by its clock, and of each frame its band and the SHA-256
of its file: a frame that was recorded yesterday, or a capture that was sent before, has no good signature.
"""

import hashlib
import secrets
import threading
from collections.abc import Callable, Sequence

import msgspec
from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PublicKey

from tillfree.core.time import NS_PER_MS, NS_PER_S
from tillfree.palm.samples import Band
from tillfree.storage.database.audit import AuditEntry
from tillfree.storage.palm_vault.records import StationRecord
from tillfree.storage.palm_vault.vault import PalmVault
from tillfree.store.palms.errors import StationError

__all__ = ["Challenge", "SentFrame", "SignedCapture", "Stations", "signed_bytes"]

_LABEL = b"tillfree palm capture 1"
_NONCE_BYTES = 24
_OPEN_MAX = 64
"""Challenges of a station that may be out at once: the oldest gives way."""


class Challenge(msgspec.Struct, frozen=True):
    """What a station has to sign with its next capture, and until when."""

    nonce: str
    expires_ns: int


class SentFrame(msgspec.Struct, frozen=True):
    """A file of a picture (PNG or JPEG), and the light that it was taken in."""

    band: Band
    picture: bytes


class SignedCapture(msgspec.Struct, frozen=True, kw_only=True):
    """A capture as a station sent it; `time_ms` is since 1970, by its own clock."""

    station: str
    nonce: str
    time_ms: int
    frames: tuple[SentFrame, ...]
    signature: bytes


def signed_bytes(station: str, nonce: str, time_ms: int, frames: Sequence[SentFrame]) -> bytes:
    """What a station signs: a label, then each part with its length before it (4 bytes, most significant first)."""
    parts = [_LABEL, nonce.encode(), station.encode(), str(time_ms).encode()]
    for frame in frames:
        parts += [frame.band.encode(), hashlib.sha256(frame.picture).digest()]
    return b"".join(len(part).to_bytes(4, "big") + part for part in parts)


class Stations:
    """All stations of a site. Methods may be called by any thread."""

    def __init__(self, vault: PalmVault, challenge_s: int, now_ns: Callable[[], int]) -> None:
        self._vault = vault
        self._good_ns = challenge_s * NS_PER_S
        self._now_ns = now_ns
        self._lock = threading.Lock()
        # In memory only: after a restart a station asks for another one.
        self._open: dict[str, dict[str, int]] = {}

    def enrol(self, station: str, public: bytes, *, by: str, place: str = "") -> None:
        """Trusts a station, or gives one a new key.

        Raises:
            StationError: this is no public key.
        """
        try:
            Ed25519PublicKey.from_public_bytes(public)
        except ValueError as error:
            raise StationError("a station is known by its public key of 32 bytes (Ed25519); give that") from error
        now_ns = self._now_ns()
        record = StationRecord(station=station, public=public, made_ns=now_ns, place=place)
        thumb = hashlib.sha256(public).hexdigest()[:16]
        self._vault.put_station(record, self._entry("palm.station.enrol", by, f"{station} {thumb}", now_ns))
        with self._lock:
            self._open.pop(station, None)

    def remove(self, station: str, *, by: str) -> None:
        """Trusts a station no more. Raises StationError where there is none of that name."""
        if not self._vault.remove_station(station, self._entry("palm.station.remove", by, station, self._now_ns())):
            raise StationError(f"there is no station {station[:64]!r}")
        with self._lock:
            self._open.pop(station, None)

    def names(self) -> list[str]:
        """All of them."""
        return self._vault.stations()

    def find(self, station: str) -> StationRecord | None:
        """One of them."""
        return self._vault.station(station)

    def challenge(self, station: str) -> Challenge:
        """A nonce for the next capture of a station. Raises StationError where it is not enrolled."""
        if self._vault.station(station) is None:
            raise StationError(f"station {station[:64]!r} is not enrolled here; see `tillfree palm stations`")
        now_ns = self._now_ns()
        made = Challenge(secrets.token_urlsafe(_NONCE_BYTES), now_ns + self._good_ns)
        with self._lock:
            mine = self._open.setdefault(station, {})
            for nonce in [nonce for nonce, until_ns in mine.items() if until_ns <= now_ns]:
                del mine[nonce]
            while len(mine) >= _OPEN_MAX:
                del mine[next(iter(mine))]
            mine[made.nonce] = made.expires_ns
        return made

    def accept(self, capture: SignedCapture) -> None:
        """Takes a capture once.

        Raises:
            StationError: the station is unknown, the challenge is not one of its own, was used or is over, the clock
                of the station is off, or the signature is not over these frames.
        """
        record = self._vault.station(capture.station)
        if record is None:
            raise StationError(f"station {capture.station[:64]!r} is not enrolled here; its captures are not taken")
        now_ns = self._now_ns()
        # Whatever is wrong with it: a challenge that was answered is not answered again.
        with self._lock:
            until_ns = self._open.get(capture.station, {}).pop(capture.nonce, None)
        if until_ns is None:
            raise StationError("this challenge was not given to this station, or was used: ask for a new one")
        if now_ns >= until_ns:
            raise StationError("the capture came too late for its challenge; ask for a new one")
        if abs(now_ns - capture.time_ms * NS_PER_MS) > self._good_ns:
            raise StationError("the clock of the station is off, or the capture is old; set its clock")
        signed = signed_bytes(capture.station, capture.nonce, capture.time_ms, capture.frames)
        try:
            Ed25519PublicKey.from_public_bytes(record.public).verify(capture.signature, signed)
        except InvalidSignature as error:
            raise StationError("the signature of the capture is not that of this station over these frames") from error

    def _entry(self, what: str, by: str, detail: str, now_ns: int) -> AuditEntry:
        return AuditEntry(time_ns=now_ns, who=by, what=what, detail=detail)
