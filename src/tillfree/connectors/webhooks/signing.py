"""Signatures of messages, as Standard Webhooks 1.0 has them (standardwebhooks.com), and the receiver's check.

What is signed is `id.timestamp.body`, by HMAC-SHA256 with the bytes behind `whsec_`. While a secret is being replaced
there are two signatures, and either is enough.
"""

import base64
import binascii
import hashlib
import hmac
from collections.abc import Mapping, Sequence

from tillfree.connectors.errors import ConnectorError, SignatureError

__all__ = ["TOLERANCE_S", "signed_headers", "verify"]

TOLERANCE_S = 300
_PREFIX = "whsec_"
_KEY_BYTES_MIN = 24


def signed_headers(secrets: Sequence[str], id_: str, time_s: int, body: bytes) -> dict[str, str]:
    """The three headers of a message.

    Raises:
        ConnectorError: a secret is none.
    """
    signatures = [_signature(secret, id_, str(time_s), body) for secret in secrets]
    return {"webhook-id": id_, "webhook-timestamp": str(time_s), "webhook-signature": " ".join(signatures)}


def verify(secret: str, headers: Mapping[str, str], body: bytes, now_s: float) -> str:
    """The id of a message, if it was signed with that secret within the last five minutes.

    `headers` are looked up in lower case. Do nothing twice for the same id.

    Raises:
        SignatureError: it was not.
    """
    id_, sent, given = (headers.get(name, "") for name in ("webhook-id", "webhook-timestamp", "webhook-signature"))
    if not (id_ and sent and given):
        raise SignatureError("the message is not signed: webhook-id, webhook-timestamp or webhook-signature is missing")
    if not (sent.isascii() and sent.isdigit() and len(sent) < 20) or abs(now_s - int(sent)) > TOLERANCE_S:
        raise SignatureError(f"the message is of {sent[:20]!r}, not of the last {TOLERANCE_S} s; set the clock")
    wanted = _signature(secret, id_, sent, body).encode()
    if not any(hmac.compare_digest(wanted, one.encode()) for one in given.split(" ")):
        raise SignatureError("the signature is not right: another secret, or a body that was changed on the way")
    return id_


def _signature(secret: str, id_: str, sent: str, body: bytes) -> str:
    try:
        key = base64.b64decode(secret.removeprefix(_PREFIX), validate=True)
    except (binascii.Error, ValueError) as error:
        raise ConnectorError("this is no secret of a webhook; it begins with whsec_") from error
    if len(key) < _KEY_BYTES_MIN:
        raise ConnectorError(f"this is no secret of a webhook; it has {_KEY_BYTES_MIN} bytes or more behind whsec_")
    digest = hmac.new(key, b".".join((id_.encode(), sent.encode(), body)), hashlib.sha256).digest()
    return "v1," + base64.b64encode(digest).decode()
