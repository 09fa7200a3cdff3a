"""Proof of an age without a date of birth: "over 21", signed, for one reader and some seconds (RFC 7519, RFC 8037).

The subject in it is a name that only this reader sees (pairwise, as in OpenID Connect Core, section 8.1): two readers
cannot tell that they saw the same person. It says yes or nothing: there is no statement that somebody is younger.
"""

import hashlib
import hmac
import secrets
from collections.abc import Callable

import jwt
import msgspec

from tillfree.core.time import NS_PER_S
from tillfree.identity.keys import KeySet, SigningKey, encode_key_set, make_signing_key
from tillfree.storage.palm_vault.vault import PalmVault
from tillfree.store.palms.errors import PalmDeskError

__all__ = ["AGE_TYPE", "AgeClaims", "AgeProofs", "read_age_proof"]

AGE_TYPE = "tillfree-age+jwt"
"""`typ` of the header: a code for the gate is none of these, and none of these opens a gate."""
_ALGORITHM = "EdDSA"
_CLOCK_S = 30
_jws = jwt.PyJWS()


class AgeClaims(msgspec.Struct, frozen=True, kw_only=True):
    """What is signed: `sub`, known to the reader `aud` only, is at least `age_over` years old."""

    iss: str
    aud: str
    sub: str
    age_over: int
    iat: int
    exp: int
    jti: str


class AgeProofs:
    """Signs for the persons of a vault."""

    def __init__(self, vault: PalmVault, site: str, life_s: int, now_ns: Callable[[], int]) -> None:
        """`site` is who signs: the name of the store in codes."""
        self._vault, self._site, self._life_s, self._now_ns = vault, site, life_s, now_ns

    def proof(self, subject: str, age_over: int, audience: str) -> str:
        """The signed statement. Whether the age was proved is for the caller to know (`decide_use`)."""
        assert age_over > 0
        key = self._key()
        now_s = self._now_ns() // NS_PER_S
        pair = hmac.new(self._vault.site_key("pairs"), f"{subject}\0{audience}".encode(), hashlib.sha256)
        claims = AgeClaims(
            iss=self._site, aud=audience, sub=pair.hexdigest()[:32], age_over=age_over, iat=now_s,
            exp=now_s + self._life_s, jti=secrets.token_hex(12),
        )  # fmt: skip
        header = {"typ": AGE_TYPE, "kid": key.public.id}
        return _jws.encode(msgspec.json.encode(claims), key.made(), algorithm=_ALGORITHM, headers=header)

    def keys(self) -> KeySet:
        """The public keys with which readers prove it."""
        return KeySet((self._key().public,))

    def published(self) -> bytes:
        """The same as a JSON Web Key Set; the keys in it may sign no codes."""
        return encode_key_set(self.keys())

    def _key(self) -> SigningKey:
        return make_signing_key(self._vault.site_key("ages"), roles=())


def read_age_proof(text: str, keys: KeySet, audience: str, now_s: int) -> AgeClaims:
    """What a signed statement says to a reader.

    Raises:
        PalmDeskError: it is none, is for somebody else, or is out of date.
    """
    try:
        header = jwt.get_unverified_header(text)
        key = keys.find(str(header.get("kid")), now_s)
        if header.get("typ") != AGE_TYPE or header.get("alg") != _ALGORITHM or key is None:
            raise PalmDeskError("this is no proof of an age that a trusted key has signed")
        claims = msgspec.json.decode(_jws.decode(text, key.made(), algorithms=[_ALGORITHM]), type=AgeClaims)
    except (jwt.InvalidTokenError, msgspec.DecodeError, UnicodeError, ValueError) as error:
        raise PalmDeskError("this is no proof of an age that a trusted key has signed") from error
    if claims.aud != audience:
        raise PalmDeskError("this proof of an age was made for another reader")
    if not claims.iat - _CLOCK_S <= now_s < claims.exp:
        raise PalmDeskError("this proof of an age is out of date; ask for a new one")
    return claims
