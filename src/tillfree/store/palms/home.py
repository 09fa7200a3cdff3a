"""Enrolment at home: an invitation that is good once and for a day, and a palm that does nothing before a first hover.

Photos are not signed by a station, and cannot show that a hand lives. So what comes of them is not confirmed.
"""

import base64
import binascii
import dataclasses
import hashlib
import hmac
import secrets
import struct
from collections.abc import Callable, Sequence

import msgspec

from tillfree.core.time import NS_PER_S
from tillfree.storage.database.audit import AuditEntry
from tillfree.storage.palm_vault.errors import DoneBeforeError
from tillfree.storage.palm_vault.records import Consent, Profile
from tillfree.storage.palm_vault.vault import PalmVault
from tillfree.store.palms.answers import Enrolled
from tillfree.store.palms.errors import PalmDeskError
from tillfree.store.palms.linking import with_links
from tillfree.store.palms.recogniser import Sample

__all__ = ["GOOD_S", "PHOTOS", "HomeInvitations", "Invitation"]

PHOTOS = 3
"""So many photos of one hand are asked for; each agrees with the others, or nothing is enrolled."""
GOOD_S = 86_400
"""So many seconds an invitation is good."""
_NONCE_BYTES, _MAC_BYTES = 12, 16
_HEAD = struct.Struct(">Q")
_WHO, _USED = "home", "palm.home.used"
_LABEL = b"tillfree palm home link 1"


class Invitation(msgspec.Struct, frozen=True):
    """What the secret of an invitation says: its own number, and the account that the palm will belong to."""

    nonce: str
    account: str


class HomeInvitations:
    """Invites, and enrols who was invited. Methods may be called by any thread."""

    def __init__(self, vault: PalmVault, enrol: Callable[..., Enrolled], now_ns: Callable[[], int]) -> None:
        """`enrol` is that of the desk."""
        self._vault = vault
        self._enrol = enrol
        self._now_ns = now_ns

    def invite(self, account: str, *, by: str) -> str:
        """The secret of a new invitation; `account` is empty, or that of the retailer's app.

        Raises:
            PalmDeskError: an account is not called like that.
        """
        with_links(Profile(made_ns=0, consents=()), account=account)
        nonce = secrets.token_bytes(_NONCE_BYTES)
        body = nonce + _HEAD.pack(self._now_ns() // NS_PER_S + GOOD_S) + account.encode()
        self._vault.note(self._entry("palm.home.invite", by, nonce.hex()))
        return base64.urlsafe_b64encode(self._mac(body) + body).decode().rstrip("=")

    def read(self, secret: str) -> Invitation | None:
        """What an invitation says; None where it is not ours, was used, or is out of date."""
        try:
            data = base64.urlsafe_b64decode(secret + "=" * (-len(secret) % 4))
            mac, body = data[:_MAC_BYTES], data[_MAC_BYTES:]
            if len(body) < _NONCE_BYTES + _HEAD.size or not hmac.compare_digest(mac, self._mac(body)):
                return None
            (until_s,) = _HEAD.unpack_from(body, _NONCE_BYTES)
            account = body[_NONCE_BYTES + _HEAD.size :].decode()
        except (ValueError, binascii.Error, UnicodeError):
            return None
        nonce = body[:_NONCE_BYTES].hex()
        if self._now_ns() // NS_PER_S > until_s or self._is_used(nonce):
            return None
        return Invitation(nonce, account)

    def enrol(
        self, invitation: Invitation, samples: Sequence[Sample], consent: Consent, *, by: str = _WHO, language: str = ""
    ) -> Enrolled:
        """Enrols by samples of photos; not confirmed.

        Raises:
            DuplicateError: this palm is enrolled already.
            PalmDeskError: the invitation was used meanwhile, samples are not of one palm, or as `PalmDesk.enrol`.
        """
        # Whether a photo shows a living hand nobody can say: a hover that is judged has to agree with it.
        taken = [dataclasses.replace(one, live=one.features is not None) for one in samples]
        profile = Profile(made_ns=self._now_ns(), consents=(), account=invitation.account, language=language)
        used = self._entry(_USED, by, invitation.nonce)
        try:
            return self._enrol(taken, consent, by=by, profile=profile, confirmed=False, once=used)
        except DoneBeforeError as error:
            raise PalmDeskError("this invitation was used; ask for a new one") from error

    def _is_used(self, nonce: str) -> bool:
        return any(row.entry.what == _USED for row in self._vault.log(subject=nonce, limit=10))

    def _mac(self, body: bytes) -> bytes:
        # A key of its own, which goes with that of the templates: after a revocation no old invitation is good.
        key = hmac.new(self._vault.site_key("templates"), _LABEL, hashlib.sha256).digest()
        return hmac.new(key, body, hashlib.sha256).digest()[:_MAC_BYTES]

    def _entry(self, what: str, by: str, nonce: str) -> AuditEntry:
        return AuditEntry(time_ns=self._now_ns(), who=by, what=what, subject=nonce)
