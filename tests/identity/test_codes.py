"""Signed codes: what is signed comes back, nothing else is believed, and their keys can be changed."""

import base64
import json
from typing import Any

import jwt
import msgspec
import pytest
from hypothesis import given
from hypothesis import strategies as st

from tillfree.identity.codes import CODE_CHARACTERS_MAX, CODE_TYPE, CodeClaims, make_code, read_code
from tillfree.identity.errors import IdentityError
from tillfree.identity.keys import (
    KeySet,
    SigningKey,
    VerifyingKey,
    decode_key_set,
    decode_signing_key,
    encode_key_set,
    encode_signing_key,
    make_signing_key,
)
from tillfree.identity.settings import EntrySettings

NOW_S = 1_700_000_000
SETTINGS = EntrySettings()
KEY = make_signing_key(bytes(range(32)), ("shopper", "delivery"))
OTHER = make_signing_key(bytes(range(1, 33)), ("shopper", "associate"))
KEYS = KeySet((KEY.public,))


def claims(**changes: Any) -> CodeClaims:
    plain = CodeClaims(iss="app", aud="store-1", iat=NOW_S, exp=NOW_S + 120, jti="one-code-only", sub="ann")
    return msgspec.structs.replace(plain, **changes)


def problem(text: str, now_s: int = NOW_S, keys: KeySet = KEYS) -> str:
    return read_code(text, keys, "store-1", now_s, SETTINGS).problem


def signed(payload: object, key: SigningKey = KEY, **header: str) -> str:
    """Anything at all, with a signature that is good."""
    return jwt.PyJWS().encode(
        json.dumps(payload).encode(), key.made(), "EdDSA", headers={"typ": CODE_TYPE, "kid": key.public.id, **header}
    )


# ---- what is signed comes back ----------------------------------------------------------------------------------


def test_what_was_signed_is_read() -> None:
    made = claims(grp=3, loy="L1", age=21, lang="de")
    found = read_code(make_code(made, KEY), KEYS, "store-1", NOW_S + 5, SETTINGS)
    assert (found.claims, found.problem, found.foreign) == (made, "", False)


words = st.text(max_size=40)


@given(
    iss=words, sub=words, jti=st.text(min_size=8, max_size=40), grp=st.integers(1, 100), age=st.integers(0, 120),
    loy=words, life_s=st.integers(1, 300), after_s=st.integers(-30, 400),
)  # fmt: skip
def test_any_code_is_good_exactly_while_it_lasts(after_s: int, life_s: int, **said: Any) -> None:
    made = claims(exp=NOW_S + life_s, **said)
    try:
        code = make_code(made, KEY)
    except IdentityError:
        return  # too long to scan
    found = read_code(code, KEYS, "store-1", NOW_S + after_s, SETTINGS)
    assert found.claims == made
    assert found.problem == ("" if after_s < life_s + SETTINGS.clock_tolerance_s else "expired")


def test_the_rfc_example_of_a_thumbprint() -> None:
    """RFC 8037, appendix A.3: the key of A.1 has this thumbprint."""
    seed = base64.urlsafe_b64decode("nWGxne_9WmC6hEr0kuwsxERJxWl7MmkZcDusAxyuf2A=")
    assert make_signing_key(seed).public.id == "kPrK_qmxVWaYVA9wwBF6Iuo3vVzz7TxHCTwXBygrS4k"


# ---- nothing else is believed -----------------------------------------------------------------------------------


@given(st.integers(0, 10_000), st.integers(1, 255))
def test_no_changed_character_passes(at: int, change: int) -> None:
    code = make_code(claims(), KEY)
    at %= len(code)
    other = chr((ord(code[at]) ^ change) & 0x7F)
    changed = code[:at] + other + code[at + 1 :]
    found = read_code(changed, KEYS, "store-1", NOW_S, SETTINGS)
    same_bytes = _decoded(changed) == _decoded(code)
    assert same_bytes or found.problem or found.foreign


def _decoded(code: str) -> list[bytes] | None:
    """Base64 has idle bits at the end of each part, which mean nothing."""
    try:
        return [base64.urlsafe_b64decode(part + "=" * (-len(part) % 4)) for part in code.strip().split(".")]
    except ValueError:
        return None


@pytest.mark.parametrize(
    ("changes", "now_s", "reason"),
    [
        ({"aud": "store-2"}, NOW_S, "wrong_store"),
        ({"exp": NOW_S + 301}, NOW_S, "too_long"),
        ({}, NOW_S - 31, "not_yet"),
        ({}, NOW_S - 30, ""),
        ({}, NOW_S + 149, ""),
        ({}, NOW_S + 150, "expired"),
        ({"role": "delivery", "exp": NOW_S + 3600}, NOW_S, ""),
    ],
)
def test_the_reason_is_told(changes: dict[str, Any], now_s: int, reason: str) -> None:
    assert problem(make_code(claims(**changes), KEY), now_s) == reason


def test_a_key_signs_only_codes_of_its_roles() -> None:
    with pytest.raises(IdentityError, match="may sign codes of shopper, delivery, not of associate"):
        make_code(claims(role="associate"), KEY)
    forged = msgspec.structs.replace(KEY, public=msgspec.structs.replace(KEY.public, roles=("associate",)))
    assert problem(make_code(claims(role="associate"), forged)) == "bad_signature"


def test_an_unknown_key_opens_nothing() -> None:
    assert problem(make_code(claims(), OTHER)) == "bad_signature"


def test_the_name_of_a_key_does_not_make_its_signature() -> None:
    assert problem(signed(msgspec.to_builtins(claims()), OTHER, kid=KEY.public.id)) == "bad_signature"


def test_another_algorithm_is_never_accepted() -> None:
    """The public key as the secret of an HMAC, and no signature at all: the classic attacks on JWS."""
    header = {"typ": CODE_TYPE, "kid": KEY.public.id}
    payload = msgspec.json.encode(claims())
    hmac_code = jwt.PyJWS().encode(payload, base64.b64encode(KEY.public.public), "HS256", headers=header)
    assert problem(hmac_code) == "bad_signature"
    nothing = jwt.PyJWS().encode(payload, None, "none", headers=header)  # type: ignore[arg-type]
    assert problem(nothing) == "bad_signature"


def test_a_token_made_for_something_else_is_foreign() -> None:
    found = read_code(signed(msgspec.to_builtins(claims()), typ="JWT"), KEYS, "store-1", NOW_S, SETTINGS)
    assert found.foreign
    assert found.claims is None


@pytest.mark.parametrize(
    "payload",
    [
        [], "text", 7, {}, {**msgspec.to_builtins(claims()), "grp": 0},
        {**msgspec.to_builtins(claims()), "exp": "soon"},
        {**msgspec.to_builtins(claims()), "exp": 10**30}, {**msgspec.to_builtins(claims()), "role": "owner"},
        {**msgspec.to_builtins(claims()), "jti": "x"},
    ],
)  # fmt: skip
def test_a_good_signature_under_nonsense_is_unreadable(payload: object) -> None:
    assert problem(signed(payload)) == "unreadable"


def test_what_is_not_known_in_a_code_is_passed_over() -> None:
    assert problem(signed({**msgspec.to_builtins(claims()), "new": [1]})) == ""


@given(st.text(max_size=300) | st.from_regex(r"[A-Za-z0-9_-]{0,40}\.[A-Za-z0-9_-]{0,40}\.[A-Za-z0-9_-]{0,40}"))
def test_any_text_has_an_answer(text: str) -> None:
    found = read_code(text, KEYS, "store-1", NOW_S, SETTINGS)
    assert found.claims is None
    assert found.foreign or found.problem


def test_a_code_of_any_length_has_an_answer() -> None:
    assert problem("x" * (CODE_CHARACTERS_MAX + 1)) == "unreadable"
    deep = base64.urlsafe_b64encode(b"[" * 1400).rstrip(b"=").decode()
    assert read_code(f"{deep}.a.b", KEYS, "store-1", NOW_S, SETTINGS).foreign


# ---- keys -------------------------------------------------------------------------------------------------------


def test_keys_are_rotated() -> None:
    both = KeySet((KEY.public, OTHER.public))
    old, new = make_code(claims(), KEY), make_code(claims(jti="another-code"), OTHER)
    assert [problem(code, keys=both) for code in (old, new)] == ["", ""]
    assert [problem(code, keys=KeySet((OTHER.public,))) for code in (old, new)] == ["bad_signature", ""]


def test_a_key_is_over_at_its_time() -> None:
    key = make_signing_key(bytes(32), until_s=NOW_S + 10)
    code = make_code(claims(), key)
    assert problem(code, NOW_S + 9, KeySet((key.public,))) == ""
    assert problem(code, NOW_S + 10, KeySet((key.public,))) == "bad_signature"


def test_keys_come_back_from_their_files() -> None:
    assert decode_signing_key(encode_signing_key(KEY)) == KEY
    keys = KeySet((KEY.public, msgspec.structs.replace(OTHER.public, until_s=5)))
    assert decode_key_set(encode_key_set(keys)) == keys
    assert b'"d"' not in encode_key_set(keys)


def test_a_private_key_among_public_ones_is_refused() -> None:
    data = b'{"keys":[' + encode_signing_key(KEY) + b"]}"
    with pytest.raises(IdentityError, match="a private key is among them"):
        decode_key_set(data)


def test_a_secret_is_not_printed() -> None:
    assert repr(KEY) == f"SigningKey({KEY.public.id!r})"


@pytest.mark.parametrize(
    "data",
    [b"", b"{}", b"[]", b"\xff", b'{"keys":[{"kty":"OKP","crv":"Ed25519","x":"AAA"}]}', b'{"keys":[{"kty":"RSA"}]}'],
)
def test_what_is_no_key_set_says_so(data: bytes) -> None:
    with pytest.raises(IdentityError, match="is no set of public keys"):
        decode_key_set(data, "file.json")


def test_what_is_no_private_key_says_so() -> None:
    public = json.loads(encode_signing_key(KEY))
    del public["d"]
    with pytest.raises(IdentityError, match="is a public key"):
        decode_signing_key(json.dumps(public).encode())
    broken = {**json.loads(encode_signing_key(KEY)), "x": json.loads(encode_signing_key(OTHER))["x"]}
    with pytest.raises(IdentityError, match="do not belong together"):
        decode_signing_key(json.dumps(broken).encode())
    with pytest.raises(IdentityError, match="32 random bytes"):
        make_signing_key(b"short")


def test_two_keys_of_one_name_are_refused() -> None:
    twice = KeySet((KEY.public, VerifyingKey(id=KEY.public.id, public=OTHER.public.public)))
    with pytest.raises(IdentityError, match="two keys have the same id"):
        decode_key_set(encode_key_set(twice))
