"""AWS Signature Version 4 for the service `execute-api`: signs what is sent, and verifies what comes.

Source: AWS General Reference, "Signature Version 4 signing process" (canonical request, string to sign, signing key).
"""

import hashlib
import hmac
from collections.abc import Iterable, Mapping
from datetime import UTC, datetime
from urllib.parse import quote, unquote, urlsplit

import msgspec

from tillfree.connectors.errors import SignatureError
from tillfree.core.time import NS_PER_S

__all__ = ["SERVICE", "Key", "Request", "Verifier", "keys_of", "sign"]

SERVICE = "execute-api"
_ALGORITHM = "AWS4-HMAC-SHA256"
_STAMP = "%Y%m%dT%H%M%SZ"
_SAFE = "-_.~"
# A header of many kilobytes would be work for nothing.
_HEADER_MAX = 4096


class Key(msgspec.Struct, frozen=True):
    """An access key: `id` is public, `secret` never leaves this process."""

    id: str
    secret: str

    def __repr__(self) -> str:
        return f"Key({self.id!r}, ...)"


class Request(msgspec.Struct, frozen=True, kw_only=True):
    """A request as it is signed: `path` and `query` as they stand on the wire, names of headers in any case."""

    method: str
    path: str
    query: str = ""
    headers: Mapping[str, str] = {}
    body: bytes = b""


def keys_of(text: str) -> tuple[Key, ...]:
    """The keys in `id:secret id:secret`.

    Raises:
        SignatureError: an entry without a colon, or with an empty side, or one id twice.
    """
    keys = []
    for number, entry in enumerate(text.split(), 1):
        name, colon, secret = entry.partition(":")
        if not (name and colon and secret):
            raise SignatureError(f"key {number} of the environment is not written id:secret; write it so")
        keys.append(Key(name, secret))
    if len({key.id for key in keys}) != len(keys):
        raise SignatureError("a key id stands twice in the environment; give each key an id of its own")
    return tuple(keys)


def sign(method: str, url: str, body: bytes, key: Key, *, region: str, now_ns: int) -> dict[str, str]:
    """The headers to send with a request so that it is signed; `content-type` is JSON."""
    parts = urlsplit(url)
    stamp = datetime.fromtimestamp(now_ns // NS_PER_S, UTC).strftime(_STAMP)
    headers = {
        "content-type": "application/json",
        "host": parts.netloc.rpartition("@")[2],
        "x-amz-content-sha256": hashlib.sha256(body).hexdigest(),
        "x-amz-date": stamp,
    }
    request = Request(method=method, path=parts.path or "/", query=parts.query, headers=headers, body=body)
    signed = sorted(headers)
    scope = f"{stamp[:8]}/{region}/{SERVICE}/aws4_request"
    signature = _signature(request, signed, stamp, scope, key)
    headers["authorization"] = (
        f"{_ALGORITHM} Credential={key.id}/{scope}, SignedHeaders={';'.join(signed)}, Signature={signature}"
    )
    return headers


class Verifier:
    """Says by whose key a request is signed."""

    def __init__(self, keys: Iterable[Key], *, region: str, skew_s: int) -> None:
        """`region` empty: any. `skew_s` is the most that the time of the signature may differ from ours."""
        self._keys = {key.id: key for key in keys}
        self._region = region
        self._skew_s = skew_s

    def verify(self, request: Request, now_ns: int) -> Key:
        """The key.

        Raises:
            SignatureError: no signature, one that cannot be read, an unknown key, a wrong time, or a wrong signature.
        """
        headers = {name.lower(): value for name, value in request.headers.items()}
        key_id, scope, signed, signature = _read_authorization(headers.get("authorization", ""))
        stamp = headers.get("x-amz-date", "")
        self._check_time(stamp, now_ns)
        self._check_scope(scope, stamp)
        for name in ("host", "x-amz-date"):
            if name not in signed:
                raise SignatureError(f"the header {name} is not signed")
        for name in signed:
            if name not in headers:
                raise SignatureError("a header that is signed is missing")
        declared = headers.get("x-amz-content-sha256")
        if declared is not None and not _same(declared, hashlib.sha256(request.body).hexdigest()):
            raise SignatureError("x-amz-content-sha256 is not the digest of the body")
        # An unknown key takes as long as a wrong signature.
        key = self._keys.get(key_id, Key("", "no such key"))
        full = msgspec.structs.replace(request, headers=headers)
        expected = _signature(full, signed, stamp, scope, key)
        if not _same(signature, expected) or not key.id:
            raise SignatureError("the signature is not that of a key of this store")
        return key

    def _check_time(self, stamp: str, now_ns: int) -> None:
        try:
            signed_at = datetime.strptime(stamp, _STAMP).replace(tzinfo=UTC)
        except ValueError as error:
            raise SignatureError("the header x-amz-date is missing, or not written 20240322T170939Z") from error
        if abs(signed_at.timestamp() - now_ns / NS_PER_S) > self._skew_s:
            raise SignatureError(f"the signature is not of the last {self._skew_s} s; set the clock, and sign anew")

    def _check_scope(self, scope: str, stamp: str) -> None:
        parts = scope.split("/")
        if len(parts) != 4 or parts[0] != stamp[:8] or parts[2:] != [SERVICE, "aws4_request"]:
            raise SignatureError(f"the scope of the signature is not DATE/REGION/{SERVICE}/aws4_request")
        if self._region and parts[1] != self._region:
            raise SignatureError(f"the signature is for another region than {self._region}")


def _same(one: str, other: str) -> bool:
    return hmac.compare_digest(one.encode("utf-8", "replace"), other.encode("utf-8", "replace"))


def _read_authorization(text: str) -> tuple[str, str, list[str], str]:
    """Key id, scope, names of the signed headers, signature."""
    algorithm, _, rest = text.partition(" ")
    if algorithm != _ALGORITHM:
        raise SignatureError(f"sign the request with {_ALGORITHM}")
    if len(text) > _HEADER_MAX:
        raise SignatureError("the header authorization is too long")
    fields = dict(part.strip().partition("=")[::2] for part in rest.split(","))
    key_id, _, scope = fields.get("Credential", "").partition("/")
    signed, signature = fields.get("SignedHeaders", ""), fields.get("Signature", "")
    if not (key_id and scope and signed and signature):
        raise SignatureError("the header authorization lacks Credential, SignedHeaders or Signature")
    return key_id, scope, signed.split(";"), signature


def _signature(request: Request, signed: list[str], stamp: str, scope: str, key: Key) -> str:
    canonical = _canonical_request(request, signed)
    digest = hashlib.sha256(canonical.encode("utf-8", "surrogateescape")).hexdigest()
    to_sign = f"{_ALGORITHM}\n{stamp}\n{scope}\n{digest}"
    derived = f"AWS4{key.secret}".encode()
    for part in scope.split("/"):
        derived = hmac.new(derived, part.encode("utf-8", "surrogateescape"), hashlib.sha256).digest()
    return hmac.new(derived, to_sign.encode("utf-8", "surrogateescape"), hashlib.sha256).hexdigest()


def _canonical_request(request: Request, signed: list[str]) -> str:
    lines = [f"{name}:{' '.join(request.headers[name].split())}" for name in signed]
    payload = request.headers.get("x-amz-content-sha256") or hashlib.sha256(request.body).hexdigest()
    return "\n".join(
        (
            request.method.upper(),
            # Every service but S3 encodes the path once more than it is on the wire.
            quote(_normalised(request.path), safe="/" + _SAFE),
            _canonical_query(request.query),
            *lines,
            "",
            ";".join(signed),
            payload,
        )
    )


def _normalised(path: str) -> str:
    """RFC 3986, section 5.2.4: without dot segments, and without empty ones."""
    found: list[str] = []
    for part in path.split("/"):
        if part == "..":
            del found[-1:]
        elif part not in ("", "."):
            found.append(part)
    return "/" + "/".join(found) + ("/" if found and path.endswith("/") else "")


def _canonical_query(query: str) -> str:
    pairs = []
    for part in query.split("&") if query else ():
        name, _, value = part.partition("=")
        pairs.append((quote(unquote(name), safe=_SAFE), quote(unquote(value), safe=_SAFE)))
    return "&".join(f"{name}={value}" for name, value in sorted(pairs))
