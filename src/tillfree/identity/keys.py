"""Keys of signed codes: Ed25519 (RFC 8032), written as JSON Web Keys (RFC 7517, RFC 8037)."""

import base64
import binascii
import hashlib
from typing import Annotated, Literal

import msgspec
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey, Ed25519PublicKey
from msgspec import Meta

from tillfree.identity.errors import IdentityError

__all__ = [
    "CodeRole",
    "KeySet",
    "SigningKey",
    "VerifyingKey",
    "decode_key_set",
    "decode_signing_key",
    "encode_key_set",
    "encode_signing_key",
    "make_signing_key",
]

CodeRole = Literal["shopper", "associate", "delivery"]
SEED_BYTES = 32
_KEYS_MAX = 100


class _Jwk(msgspec.Struct, frozen=True, kw_only=True, omit_defaults=True):
    """A JSON Web Key as it is written. `tillfree_roles` says whose codes it may sign, `exp` when it is over."""

    kty: Literal["OKP"]
    crv: Literal["Ed25519"]
    x: Annotated[str, Meta(max_length=64)]
    kid: Annotated[str, Meta(max_length=64)] = ""
    d: Annotated[str, Meta(max_length=64)] = ""
    use: str = ""
    alg: str = ""
    exp: int = 0
    tillfree_roles: tuple[CodeRole, ...] = ("shopper",)


class _JwkSet(msgspec.Struct, frozen=True):
    keys: Annotated[list[_Jwk], Meta(max_length=_KEYS_MAX)]


class VerifyingKey(msgspec.Struct, frozen=True, kw_only=True):
    """A public key. It may sign codes of its `roles` only, and after `until_s` (seconds since 1970, 0: ever) none."""

    id: str
    public: bytes
    roles: tuple[CodeRole, ...] = ("shopper",)
    until_s: int = 0

    def made(self) -> Ed25519PublicKey:
        """The key as the library wants it."""
        return Ed25519PublicKey.from_public_bytes(self.public)


class SigningKey(msgspec.Struct, frozen=True, kw_only=True):
    """A private key; whoever holds it lets people in."""

    public: VerifyingKey
    seed: bytes

    def made(self) -> Ed25519PrivateKey:
        """The key as the library wants it."""
        return Ed25519PrivateKey.from_private_bytes(self.seed)

    def __repr__(self) -> str:
        return f"SigningKey({self.public.id!r})"


class KeySet(msgspec.Struct, frozen=True):
    """The keys that are trusted now. To rotate: add the new one, sign with it, take the old one out."""

    keys: tuple[VerifyingKey, ...] = ()

    def find(self, id_: str, now_s: int) -> VerifyingKey | None:
        """The key of an id, if it is not over."""
        return next((key for key in self.keys if key.id == id_ and not 0 < key.until_s <= now_s), None)


def make_signing_key(seed: bytes, roles: tuple[CodeRole, ...] = ("shopper",), until_s: int = 0) -> SigningKey:
    """The key of 32 random bytes; its id is the thumbprint of its public half (RFC 7638)."""
    if len(seed) != SEED_BYTES:
        raise IdentityError(f"a key is made from {SEED_BYTES} random bytes, got {len(seed)}")
    public = Ed25519PrivateKey.from_private_bytes(seed).public_key().public_bytes_raw()
    return SigningKey(
        public=VerifyingKey(id=_thumbprint(public), public=public, roles=roles, until_s=until_s), seed=seed
    )


def encode_signing_key(key: SigningKey) -> bytes:
    """The private key as a JSON Web Key; to be kept where only its owner reads it."""
    return msgspec.json.format(msgspec.json.encode(_jwk(key.public, key.seed))) + b"\n"


def decode_signing_key(data: bytes, source: str = "key") -> SigningKey:
    """The inverse of `encode_signing_key`. Raises IdentityError."""
    try:
        jwk = msgspec.json.decode(data, type=_Jwk)
        seed = _unpadded(jwk.d)
        if not jwk.d:
            raise IdentityError(f"{source}: is a public key; codes are made with the private one")
        key = make_signing_key(seed, jwk.tillfree_roles, jwk.exp)
    except (msgspec.DecodeError, UnicodeDecodeError, binascii.Error, ValueError) as error:
        raise IdentityError(f"{source}: is no private key ({error}); make one with `tillfree codes key`") from error
    if _unpadded(jwk.x) != key.public.public:
        raise IdentityError(
            f"{source}: its two halves do not belong together; make a new key with `tillfree codes key`"
        )
    return key


def encode_key_set(keys: KeySet) -> bytes:
    """Public keys as a JSON Web Key Set; no secret."""
    return msgspec.json.format(msgspec.json.encode(_JwkSet([_jwk(key, b"") for key in keys.keys]))) + b"\n"


def decode_key_set(data: bytes, source: str = "keys") -> KeySet:
    """The inverse of `encode_key_set`. Raises IdentityError, also where a private key lies among them."""
    try:
        found = tuple(_verifying(jwk) for jwk in msgspec.json.decode(data, type=_JwkSet).keys)
    except (msgspec.DecodeError, UnicodeDecodeError, binascii.Error, ValueError) as error:
        raise IdentityError(f"{source}: is no set of public keys ({error}); see docs/entry.md") from error
    if len({key.id for key in found}) < len(found):
        raise IdentityError(f"{source}: two keys have the same id; leave one of them out")
    return KeySet(found)


def _verifying(jwk: _Jwk) -> VerifyingKey:
    if jwk.d:
        raise ValueError("a private key is among them, take it away at once")
    public = _unpadded(jwk.x)
    Ed25519PublicKey.from_public_bytes(public)
    return VerifyingKey(id=jwk.kid or _thumbprint(public), public=public, roles=jwk.tillfree_roles, until_s=jwk.exp)


def _jwk(key: VerifyingKey, seed: bytes) -> _Jwk:
    return _Jwk(
        kty="OKP", crv="Ed25519", x=_text(key.public), kid=key.id, d=_text(seed), use="sig", alg="EdDSA",
        exp=key.until_s, tillfree_roles=key.roles,
    )  # fmt: skip


def _thumbprint(public: bytes) -> str:
    return _text(hashlib.sha256(b'{"crv":"Ed25519","kty":"OKP","x":"' + _text(public).encode() + b'"}').digest())


def _text(data: bytes) -> str:
    return base64.urlsafe_b64encode(data).rstrip(b"=").decode()


def _unpadded(text: str) -> bytes:
    return base64.urlsafe_b64decode(text.encode("ascii") + b"=" * (-len(text) % 4))
