"""Enrolment at home: a link that is good once and for a day, and a palm that does nothing before its first hover."""

import base64
import binascii
import hashlib
import hmac
import secrets
import struct
from collections.abc import Callable, Sequence

import msgspec

from tillfree.core.time import NS_PER_S
from tillfree.palm.samples import HandImage
from tillfree.storage.database.audit import AuditEntry
from tillfree.storage.palm_vault.records import Profile
from tillfree.store.palms.desk import PalmDesk
from tillfree.store.palms.errors import DuplicateError, PalmDeskError
from tillfree.store.palms.recogniser import Sample
from tillfree.web.palms.seeing import Answer, Eyes, Wishes

__all__ = ["PHOTOS", "HomeEnrolment", "Invitation"]

PHOTOS = 3
"""So many photos of one hand are asked for; each agrees with the others, or nothing is enrolled."""
_GOOD_S = 86_400
_NONCE_BYTES, _MAC_BYTES = 12, 16
_HEAD = struct.Struct(">Q")
_WHO = "home"
_LABEL = b"tillfree palm home link 1"


class Invitation(msgspec.Struct, frozen=True):
    """What a link says: its own number, and the account of the retailer's app that the palm will belong to."""

    nonce: str
    account: str


class HomeEnrolment:
    """Makes links and takes photos. Methods may be called by any thread."""

    def __init__(self, desk: PalmDesk, eyes: Eyes, now_ns: Callable[[], int]) -> None:
        self._desk = desk
        self._eyes = eyes
        self._now_ns = now_ns

    def invite(self, account: str, *, by: str) -> str:
        """The secret of a new link.

        `account` is empty, or that of the retailer's app (at most 100 characters).
        """
        nonce = secrets.token_bytes(_NONCE_BYTES)
        body = nonce + _HEAD.pack(self._now_ns() // NS_PER_S + _GOOD_S) + account.encode()[:400]
        self._note("palm.home.invite", by, _name(nonce))
        return base64.urlsafe_b64encode(self._mac(body) + body).decode().rstrip("=")

    def read(self, secret: str) -> Invitation | None:
        """What a link says; None where it is not ours, was used, or is out of date."""
        try:
            data = base64.urlsafe_b64decode(secret + "=" * (-len(secret) % 4))
            mac, body = data[:_MAC_BYTES], data[_MAC_BYTES:]
            if len(body) < _NONCE_BYTES + _HEAD.size or not hmac.compare_digest(mac, self._mac(body)):
                return None
            (until_s,) = _HEAD.unpack_from(body, _NONCE_BYTES)
            account = body[_NONCE_BYTES + _HEAD.size :].decode()
        except (ValueError, binascii.Error, UnicodeError):
            return None
        nonce = _name(body[:_NONCE_BYTES])
        if self._now_ns() // NS_PER_S > until_s or self._is_used(nonce):
            return None
        return Invitation(nonce, account)

    def enrol(self, invitation: Invitation, photos: Sequence[HandImage], wishes: Wishes) -> Answer:
        """`enrolled`, but not confirmed; `already`, `unlike`, or `unread` with what to do better.

        A photo cannot show that a hand lives. So a palm that was enrolled like this does nothing until a hover at a
        station, which is judged, has agreed with it.
        """
        samples = []
        for photo in photos:
            seen = self._eyes.look(photo, None, "unknown")
            if not seen.found or seen.region is None or seen.quality.value < self._desk.settings.quality_min:
                return Answer(kind="unread", reason=seen.guidance or "hold still")
            samples.append(Sample((self._eyes.read(seen.region),), seen.side, seen.quality.value, "", True))
        now_ns = self._now_ns()
        consent = wishes.consent(now_ns, _WHO)
        profile = Profile(made_ns=now_ns, consents=(), account=invitation.account, language=wishes.language)
        try:
            made = self._desk.enrol(samples, consent, by=_WHO, profile=profile, confirmed=False)
        except DuplicateError:
            return Answer(kind="already")
        except PalmDeskError:
            return Answer(kind="unlike")
        self._note("palm.home.used", _WHO, invitation.nonce)
        return Answer(kind="enrolled", account=made.subject)

    def _is_used(self, nonce: str) -> bool:
        return any(row.entry.what == "palm.home.used" for row in self._desk.vault.log(subject=nonce, limit=10))

    def _mac(self, body: bytes) -> bytes:
        # A key of its own, which goes with that of the templates: after a revocation no old link is good.
        key = hmac.new(self._desk.vault.site_key("templates"), _LABEL, hashlib.sha256).digest()
        return hmac.new(key, body, hashlib.sha256).digest()[:_MAC_BYTES]

    def _note(self, what: str, by: str, nonce: str) -> None:
        self._desk.vault.note(AuditEntry(time_ns=self._now_ns(), who=by, what=what, subject=nonce))


def _name(nonce: bytes) -> str:
    return nonce.hex()
