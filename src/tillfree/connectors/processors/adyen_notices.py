"""Standard webhooks of Adyen: items that are each signed with an HMAC over eight of their fields.

Facts: docs.adyen.com/development-resources/webhooks (structure, verify-hmac-signatures).
"""

import base64
import binascii
import hashlib
import hmac
from collections.abc import Mapping
from typing import Any

import msgspec

from tillfree.commerce.payments.processor import Answer
from tillfree.connectors.errors import ConnectorError, SignatureError
from tillfree.connectors.processors.adyen import from_adyen
from tillfree.connectors.processors.calls import object_in
from tillfree.connectors.processors.notices import NoticeError, ProcessorNotice
from tillfree.connectors.processors.secret_keys import Secret

__all__ = ["AdyenNotices", "adyen_signature"]

_SIGNED = ("pspReference", "originalReference", "merchantAccountCode", "merchantReference")
_STARTS = frozenset({"AUTHORISATION"})
_CHANGES = frozenset({"AUTHORISATION_ADJUSTMENT", "CAPTURE", "CANCELLATION", "REFUND"})
_FAILURES = frozenset({"CAPTURE_FAILED", "REFUND_FAILED", "EXPIRE"})
_ITEMS_MAX = 100


def adyen_signature(item: Mapping[str, Any], secret: Secret) -> str:
    """The signature of one item; the secret is the hexadecimal key of the webhook.

    Raises:
        ConnectorError: the secret is not hexadecimal.
    """
    try:
        key = binascii.unhexlify(secret.reveal())
    except (binascii.Error, ValueError) as error:
        raise ConnectorError("the HMAC key of Adyen's webhook is not hexadecimal; copy it again") from error
    amount = object_in(item, "amount")
    fields = [_text(item.get(name)) for name in _SIGNED]
    fields += [_text(amount.get("value")), _text(amount.get("currency"))]
    fields += [_text(item.get("eventCode")), _text(item.get("success"))]
    return base64.b64encode(hmac.new(key, ":".join(fields).encode(), hashlib.sha256).digest()).decode()


class AdyenNotices:
    """Reads the items; those that tell nothing of an order give nothing. Each carries its signature inside."""

    def __init__(self, secret: Secret, merchant_account: str) -> None:
        self._secret = secret
        self._merchant_account = merchant_account

    def read(self, body: bytes, signature: str, now_ns: int) -> list[ProcessorNotice]:  # noqa: ARG002  one protocol
        """What the items say; all of them are signed, or nothing is taken.

        Raises:
            SignatureError: an item is not signed with our secret, or is of another account.
            NoticeError: no items.
        """
        try:
            message = msgspec.json.decode(body)
        except (msgspec.DecodeError, UnicodeDecodeError, RecursionError) as error:
            raise NoticeError(f"a webhook of Adyen holds no JSON: {error}") from error
        items = message.get("notificationItems") if isinstance(message, dict) else None
        if not isinstance(items, list) or not 0 < len(items) <= _ITEMS_MAX:
            raise NoticeError("a webhook of Adyen holds no notificationItems; send standard webhooks as JSON")
        notices = []
        for wrapped in items:
            item = object_in(wrapped, "NotificationRequestItem") if isinstance(wrapped, dict) else {}
            self._check(item)
            answer = _answer(item)
            if answer is not None and answer.key:
                notices.append(ProcessorNotice(f"{item.get('pspReference')}/{item.get('eventCode')}", answer))
        return notices

    def _check(self, item: Mapping[str, Any]) -> None:
        given = object_in(item, "additionalData").get("hmacSignature")
        wanted = adyen_signature(item, self._secret)
        if not isinstance(given, str) or not hmac.compare_digest(wanted.encode(), given.encode()):
            raise SignatureError("a webhook that is not signed with our HMAC key; see the webhook's settings at Adyen")
        if item.get("merchantAccountCode") != self._merchant_account:
            raise SignatureError(
                f"a webhook of account {str(item.get('merchantAccountCode'))[:80]!r}, not of {self._merchant_account!r}"
            )


def _answer(item: Mapping[str, Any]) -> Answer | None:
    event = str(item.get("eventCode", ""))
    if event not in _STARTS | _CHANGES | _FAILURES:
        return None
    good = _text(item.get("success")) == "true" and event not in _FAILURES
    code = "hold_expired" if event == "EXPIRE" else event.lower()
    own, original = str(item.get("pspReference") or ""), str(item.get("originalReference") or "")
    return Answer(
        key=str(item.get("merchantReference") or ""),
        outcome="approved" if good else "declined",
        reference=own if event in _STARTS else original or own,
        amount=from_adyen(object_in(item, "amount")),
        code="" if good else code,
        message="" if good else str(item.get("reason") or ""),
    )


def _text(value: object) -> str:
    """As Adyen writes it into what is signed: nothing for null, and JSON's words for truth."""
    if value is None:
        return ""
    return ("true" if value else "false") if isinstance(value, bool) else str(value)
