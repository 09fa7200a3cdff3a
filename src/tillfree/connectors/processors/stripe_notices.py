"""Webhooks of Stripe: `Stripe-Signature: t=...,v1=...`, and events about intents and refunds.

Facts: docs.stripe.com/webhooks (signatures), docs.stripe.com/api/events/types.
"""

import hashlib
import hmac
from collections.abc import Callable, Mapping
from typing import Any

import msgspec

from tillfree.commerce.payments.processor import Answer
from tillfree.connectors.errors import SignatureError
from tillfree.connectors.processors.calls import object_in
from tillfree.connectors.processors.notices import NoticeError, ProcessorNotice
from tillfree.connectors.processors.secret_keys import Secret
from tillfree.connectors.processors.stripe import intent_answer, refund_answer
from tillfree.core.time import NS_PER_S

__all__ = ["StripeNotices", "stripe_signature"]

_AGE_S = 300


def stripe_signature(body: bytes, secret: Secret, time_s: int) -> str:
    """The header that goes with a body."""
    return f"t={time_s},v1={_mac(body, secret, str(time_s))}"


class StripeNotices:
    """Reads events; those that tell nothing of an order of ours give nothing."""

    def __init__(self, secret: Secret, *, age_s: int = _AGE_S) -> None:
        self._secret = secret
        self._age_s = age_s

    def read(self, body: bytes, signature: str, now_ns: int) -> list[ProcessorNotice]:
        """What an event says.

        Raises:
            SignatureError: not signed with our secret, or too long ago.
            NoticeError: signed, but no event.
        """
        self._check(body, signature, now_ns)
        try:
            event = msgspec.json.decode(body)
        except (msgspec.DecodeError, UnicodeDecodeError, RecursionError) as error:
            raise NoticeError(f"a signed webhook of Stripe holds no JSON: {error}") from error
        if (
            not isinstance(event, dict)
            or not isinstance(event.get("id"), str)
            or not isinstance(event.get("type"), str)
        ):
            raise NoticeError("a signed webhook of Stripe holds no event; send it events of the API only")
        read = _READERS.get(event["type"])
        answer = None if read is None else read(object_in(event, "data", "object"))
        return [] if answer is None or not answer.key else [ProcessorNotice(event["id"], answer)]

    def _check(self, body: bytes, signature: str, now_ns: int) -> None:
        parts = [part.strip().partition("=") for part in signature[:2000].split(",")]
        times = [value for name, _, value in parts if name == "t"]
        macs = [value for name, _, value in parts if name == "v1"]
        if len(times) != 1 or not (times[0].isascii() and times[0].isdigit() and len(times[0]) <= 12):
            raise SignatureError("a webhook without a signature of Stripe; see the secret of its endpoint")
        wanted = _mac(body, self._secret, times[0]).encode()
        if not any(hmac.compare_digest(wanted, mac.encode()) for mac in macs):
            raise SignatureError("a webhook that is not signed with our secret; see the secret of its endpoint")
        if abs(now_ns // NS_PER_S - int(times[0])) > self._age_s:
            raise SignatureError(f"a webhook signed more than {self._age_s} s ago; see the clock of this machine")


def _mac(body: bytes, secret: Secret, time: str) -> str:
    return hmac.new(secret.reveal().encode(), f"{time}.".encode() + body, hashlib.sha256).hexdigest()


def _key(thing: Mapping[str, Any], *names: str) -> str:
    metadata = object_in(thing, "metadata")
    return next((str(metadata[name]) for name in names if metadata.get(name)), "")


def _held(intent: Mapping[str, Any]) -> Answer:
    return intent_answer(_key(intent, "tillfree_adjust_key", "tillfree_key"), intent)


def _paid(intent: Mapping[str, Any]) -> Answer:
    return intent_answer(_key(intent, "tillfree_capture_key", "tillfree_key"), intent)


def _failed(intent: Mapping[str, Any]) -> Answer:
    return intent_answer(_key(intent, "tillfree_key"), intent)


def _cancelled(intent: Mapping[str, Any]) -> Answer | None:
    """Of what we cancelled ourselves we had the answer; a hold whose time was over is news."""
    if intent.get("cancellation_reason") != "automatic":
        return None
    return Answer(
        key=_key(intent, "tillfree_key"), outcome="declined", reference=str(intent.get("id", "")), code="hold_expired"
    )


def _refunded(refund: Mapping[str, Any]) -> Answer:
    answer = refund_answer(_key(refund, "tillfree_key"), refund)
    if answer.outcome != "declined":
        return answer
    # It may have been approved before: the code says that this is final.
    return msgspec.structs.replace(answer, code="refund_failed", message=answer.code)


_READERS: dict[str, Callable[[Mapping[str, Any]], Answer | None]] = {
    "payment_intent.amount_capturable_updated": _held,
    "payment_intent.succeeded": _paid,
    "payment_intent.payment_failed": _failed,
    "payment_intent.canceled": _cancelled,
    "refund.created": _refunded,
    "refund.updated": _refunded,
    "refund.failed": _refunded,
    "charge.refund.updated": _refunded,
}
