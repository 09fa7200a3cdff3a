"""PINs: hashed with scrypt (RFC 7914), and few tries."""

import hmac
import itertools
import secrets

import msgspec
from cryptography.hazmat.primitives.kdf.scrypt import Scrypt

from tillfree.core.time import NS_PER_S
from tillfree.storage.palm_vault.records import Pin, Profile
from tillfree.store.palms.errors import PalmDeskError

__all__ = ["PIN_COST", "PIN_PARALLEL", "has_pin", "is_locked", "made_pin", "note_try"]

PIN_COST, PIN_PARALLEL = 2**14, 1
"""N and p, with r = 8: 16 MiB. A PIN is so short that no hash protects it from whoever
holds all keys: it is sealed besides, and tries are counted."""
_BLOCK = 8
_SALT_BYTES, _HASH_BYTES = 16, 32
_DIGITS_MIN, _DIGITS_MAX = 4, 12


def made_pin(digits: str, cost: int = PIN_COST, parallel: int = PIN_PARALLEL) -> Pin:
    """The hash of a new PIN.

    Raises:
        PalmDeskError: it is not 4 to 12 digits, or one that is guessed first.
    """
    if not (digits.isascii() and digits.isdigit() and _DIGITS_MIN <= len(digits) <= _DIGITS_MAX):
        raise PalmDeskError(f"a PIN has {_DIGITS_MIN} to {_DIGITS_MAX} digits; choose another one")
    steps = {(int(b) - int(a)) % 10 for a, b in itertools.pairwise(digits)}
    if len(steps) == 1 and steps <= {0, 1, 9}:
        raise PalmDeskError("a PIN of one digit, or of digits in a row, is guessed first; choose another one")
    salt = secrets.token_bytes(_SALT_BYTES)
    return Pin(salt=salt, hash=_hashed(digits, salt, cost, parallel), cost=cost, parallel=parallel)


def has_pin(pin: Pin, digits: str) -> bool:
    """Whether these are its digits; takes as long for wrong ones."""
    return hmac.compare_digest(_hashed(digits[: 4 * _DIGITS_MAX], pin.salt, pin.cost, pin.parallel), pin.hash)


def is_locked(profile: Profile, now_ns: int) -> bool:
    """Whether too many wrong PINs were tried a moment ago."""
    return now_ns < profile.locked_until_ns


def note_try(profile: Profile, now_ns: int, *, right: bool, wrong_max: int, lock_min: int) -> Profile:
    """The profile after a try: the right PIN begins the count anew, one too many wrong ones lock it for a while."""
    if right:
        return msgspec.structs.replace(profile, wrong_pins=0, locked_until_ns=0)
    wrong = profile.wrong_pins + 1
    if wrong < wrong_max:
        return msgspec.structs.replace(profile, wrong_pins=wrong)
    return msgspec.structs.replace(profile, wrong_pins=0, locked_until_ns=now_ns + lock_min * 60 * NS_PER_S)


def _hashed(digits: str, salt: bytes, cost: int, parallel: int) -> bytes:
    return Scrypt(salt=salt, length=_HASH_BYTES, n=cost, r=_BLOCK, p=parallel).derive(digits.encode())
