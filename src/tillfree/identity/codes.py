"""Codes at the gate: a signed statement in a QR code (JWS compact, RFC 7515; EdDSA, RFC 8037; claims of RFC 7519).

A gate proves a code with public keys alone, without a network. Single use is the desk's matter: it keeps `jti` until
the code is out of date.
"""

import base64
import binascii
from typing import Annotated

import jwt
import msgspec
from msgspec import Meta

from tillfree.identity.errors import IdentityError
from tillfree.identity.keys import CodeRole, KeySet, SigningKey
from tillfree.identity.settings import EntrySettings

__all__ = ["CODE_CHARACTERS_MAX", "CODE_TYPE", "CodeClaims", "ReadCode", "make_code", "read_code"]

CODE_TYPE = "tillfree-entry+jwt"
"""`typ` of the header: a token that was made for something else opens no gate, and this one opens nothing else."""
CODE_CHARACTERS_MAX = 2000
"""What a QR code can hold with room to spare."""
_ALGORITHM = "EdDSA"
_TIME_MAX = 2**40
_jws = jwt.PyJWS()

Word = Annotated[str, Meta(max_length=128)]
Second = Annotated[int, Meta(ge=0, le=_TIME_MAX)]


class CodeClaims(msgspec.Struct, frozen=True, kw_only=True, omit_defaults=True):
    """What a code states, under the names that it has in the code.

    `iss` made it, for `sub` (an account; empty for a pass of nobody in particular), to be used at the store `aud` once
    (`jti`) from `iat` to `exp` (seconds since 1970) by `grp` people. `age` is how old the holder was proved to be,
    `loy` a loyalty account, `cpn` the codes of their coupons.
    """

    iss: Word
    aud: Word
    iat: Second
    exp: Second
    jti: Annotated[str, Meta(min_length=8, max_length=128)]
    sub: Word = ""
    grp: Annotated[int, Meta(ge=1, le=100)] = 1
    role: CodeRole = "shopper"
    loy: Word = ""
    cpn: Annotated[tuple[Word, ...], Meta(max_length=20)] = ()
    age: Annotated[int, Meta(ge=0, le=120)] = 0
    lang: Annotated[str, Meta(max_length=16)] = ""


class ReadCode(msgspec.Struct, frozen=True):
    """What a code says. `problem` is a word of the table of reasons, empty for a good one.

    `foreign` is text that is none of our codes at all: perhaps the retailer's system can read it.
    """

    claims: CodeClaims | None = None
    problem: str = ""
    foreign: bool = False


def make_code(claims: CodeClaims, key: SigningKey) -> str:
    """The signed code.

    Raises:
        IdentityError: the key may not sign codes of that role, the code would never be good, or is too long to scan.
    """
    if claims.role not in key.public.roles:
        raise IdentityError(
            f"key {key.public.id} may sign codes of {', '.join(key.public.roles)}, not of {claims.role}; "
            "use another key, or make one for it"
        )
    if claims.exp <= claims.iat:
        raise IdentityError("a code that ends before it begins lets nobody in; give it some time")
    header = {"typ": CODE_TYPE, "kid": key.public.id}
    code = _jws.encode(msgspec.json.encode(claims), key.made(), algorithm=_ALGORITHM, headers=header)
    if len(code) > CODE_CHARACTERS_MAX:
        raise IdentityError(f"the code has {len(code)} characters, and a gate reads {CODE_CHARACTERS_MAX}; say less")
    return code


def read_code(text: str, keys: KeySet, audience: str, now_s: int, settings: EntrySettings) -> ReadCode:
    """What the text of a QR code says at this store now. Nothing in it is believed before its signature is proved."""
    text = text.strip()
    if not text or len(text) > CODE_CHARACTERS_MAX or not text.isprintable():
        return ReadCode(problem="unreadable")
    header = _header(text)
    if header is None or header.get("typ") != CODE_TYPE:
        return ReadCode(foreign=True)
    claims, problem = _proved(text, header, keys, now_s)
    if claims is None:
        return ReadCode(problem=problem)
    return ReadCode(claims, _problem(claims, audience, now_s, settings))


def _proved(text: str, header: dict[str, object], keys: KeySet, now_s: int) -> tuple[CodeClaims | None, str]:
    """What a trusted key has signed, or what is wrong with it."""
    name = header.get("kid")
    key = keys.find(name, now_s) if isinstance(name, str) else None
    if key is None or header.get("alg") != _ALGORITHM:
        return None, "bad_signature"
    try:
        payload = _jws.decode(text, key.made(), algorithms=[_ALGORITHM])
        claims = msgspec.json.decode(payload, type=CodeClaims)
    except jwt.InvalidSignatureError:
        return None, "bad_signature"
    except (jwt.InvalidTokenError, msgspec.DecodeError, UnicodeError, ValueError, RecursionError):
        return None, "unreadable"
    return (claims, "") if claims.role in key.roles else (None, "bad_signature")


def _problem(claims: CodeClaims, audience: str, now_s: int, settings: EntrySettings) -> str:
    most_s = settings.shopper_code_s_max if claims.role == "shopper" else settings.pass_h_max * 3600
    slack_s = settings.clock_tolerance_s
    rules = (
        (claims.aud != audience, "wrong_store"),
        (claims.exp <= claims.iat, "unreadable"),
        (claims.exp - claims.iat > most_s, "too_long"),
        (claims.iat > now_s + slack_s, "not_yet"),
        (claims.exp + slack_s <= now_s, "expired"),
    )
    return next((reason for wrong, reason in rules if wrong), "")


def _header(text: str) -> dict[str, object] | None:
    """What stands in front of the first dot, if it is the header of a signed statement; it proves nothing yet."""
    first, _, rest = text.partition(".")
    if rest.count(".") != 1:
        return None
    try:
        found = msgspec.json.decode(base64.urlsafe_b64decode(first.encode("ascii") + b"=" * (-len(first) % 4)))
    except (msgspec.DecodeError, binascii.Error, UnicodeError, ValueError, RecursionError):
        return None
    return found if isinstance(found, dict) else None
