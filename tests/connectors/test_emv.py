"""EMV data objects: what is written is read, hostile bytes end in an error, and the card's number stays inside."""

import contextlib

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tillfree.connectors.terminals.emv import EMV_NAMES, EmvError, decode_tlv, encode_tlv, tellable
from tillfree.core.money import CURRENCY_EXPONENTS, Money
from tillfree.simulation.payments.cards import make_card
from tillfree.simulation.payments.chip import CURRENCY_NUMBERS, chip_objects

VALUES = st.binary(max_size=300).map(lambda data: data.hex().upper())


@given(st.dictionaries(st.sampled_from(sorted(EMV_NAMES)), VALUES))
def test_what_is_written_is_read(objects: dict[str, str]) -> None:
    assert decode_tlv(encode_tlv(objects)) == objects


@given(st.binary(max_size=200))
def test_any_bytes_are_read_or_refused(data: bytes) -> None:
    with contextlib.suppress(EmvError):
        assert all(bytes.fromhex(tag) and bytes.fromhex(value) is not None for tag, value in decode_tlv(data).items())


def test_a_known_text_byte_for_byte() -> None:
    # EMV Book 3, annex B: tag 9F02 of six bytes, tag 95 of five, a template 70 around another object.
    assert encode_tlv({"9F02": "000000001234", "95": "0000008000"}).hex() == "9f0206000000001234" + "95050000008000"
    assert decode_tlv(bytes.fromhex("70039A0124" + "0000" + "9C0100")) == {"9A": "24", "9C": "00"}
    assert encode_tlv({"9F10": "AB" * 200}).hex().startswith("9f1081c8abab")
    assert encode_tlv({"9F10": "AB" * 300}).hex().startswith("9f1082012cabab")


@pytest.mark.parametrize("text", ["9F", "9F02", "9F0206", "9F020600", "9F0280", "9F0284FFFFFFFF", "9F8181818101", "1F"])
def test_bytes_that_end_too_soon(text: str) -> None:
    with pytest.raises(EmvError):
        decode_tlv(bytes.fromhex(text))


def test_nesting_has_an_end() -> None:
    data = b""
    for _ in range(30):
        data = encode_tlv({"70": data.hex()})
    with pytest.raises(EmvError, match="nested"):
        decode_tlv(data)


@pytest.mark.parametrize("objects", [{"9F": "00"}, {"XY": "00"}, {"9F02": "0"}, {"9F02": "0 00"}, {"9A9A": "00"}])
def test_objects_that_cannot_be_written(objects: dict[str, str]) -> None:
    with pytest.raises(EmvError):
        encode_tlv(objects)


@given(st.integers(0, 10**6), st.sampled_from(["visa", "mc", "amex"]), st.integers(1, 10**9))
def test_the_number_of_a_card_is_in_nothing_that_is_told(index: int, brand: str, minor: int) -> None:
    card = make_card(1, index, brand=brand)
    objects = chip_objects(card, Money(minor, "EUR"), counter=1, time_ns=0, seed=1, serial="s")
    assert card.number in objects["5A"]
    told = encode_tlv(tellable(objects)).hex()
    assert card.number not in told
    assert card.number not in card.token + card.fingerprint
    assert "5A" not in tellable(objects)
    assert objects["9F02"] == f"{minor:012d}"


@given(st.integers(0, 10**6), st.sampled_from(["visa", "mc", "amex"]))
def test_numbers_have_their_check_digit(index: int, brand: str) -> None:
    digits = [int(digit) for digit in reversed(make_card(7, index, brand=brand).number)]
    assert sum(d if i % 2 == 0 else (2 * d - 9 if d > 4 else 2 * d) for i, d in enumerate(digits)) % 10 == 0
    assert len(digits) == (15 if brand == "amex" else 16)


def test_the_cryptogram_covers_amount_and_counter() -> None:
    card = make_card(1, 1)

    def cryptogram(minor: int, counter: int) -> str:
        return chip_objects(card, Money(minor, "EUR"), counter=counter, time_ns=0, seed=1, serial="s")["9F26"]

    assert len({cryptogram(100, 1), cryptogram(101, 1), cryptogram(100, 2)}) == 3
    assert cryptogram(100, 1) == cryptogram(100, 1)


def test_every_currency_has_its_number() -> None:
    assert set(CURRENCY_NUMBERS) == set(CURRENCY_EXPONENTS)
    assert len(set(CURRENCY_NUMBERS.values())) == len(CURRENCY_NUMBERS)
