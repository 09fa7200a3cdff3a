"""Numbers of tags: the examples of the standard, and that nothing is lost on the way there and back."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tillfree.catalog.barcodes import check_digit
from tillfree.rfid.errors import EpcError
from tillfree.rfid.sgtin96 import SERIAL_MAX, Sgtin, decode_sgtin96, encode_sgtin96, is_sgtin96

FIRST = "3074257BF7194E4000001A85"
"""GTIN 80614141123458, company prefix 0614141, serial 6789, filter value 3: the example of the standard."""


def gtin_of(body: str) -> str:
    return f"{body}{check_digit(body)}"


items = st.builds(
    Sgtin,
    st.text("0123456789", min_size=13, max_size=13).map(gtin_of),
    st.integers(0, SERIAL_MAX),
    st.integers(6, 12),
    st.integers(0, 7),
)


def test_the_standards_example() -> None:
    item = Sgtin("80614141123458", 6789, 7, 3)
    assert encode_sgtin96(item) == FIRST
    assert decode_sgtin96(FIRST) == decode_sgtin96(FIRST.lower()) == item


@given(items)
def test_there_and_back(item: Sgtin) -> None:
    epc = encode_sgtin96(item)
    assert len(epc) == 24
    assert decode_sgtin96(epc) == item


@given(items, items)
def test_two_items_never_share_a_number(one: Sgtin, other: Sgtin) -> None:
    assert (encode_sgtin96(one) == encode_sgtin96(other)) == (one == other)


@given(st.integers(0, 2**88 - 1).map(lambda rest: f"30{rest:022X}"))
def test_what_is_read_is_written_the_same_or_refused(epc: str) -> None:
    try:
        item = decode_sgtin96(epc)
    except EpcError:
        return
    assert encode_sgtin96(item) == epc


def test_short_gtins_are_filled_up() -> None:
    item = decode_sgtin96(encode_sgtin96(Sgtin("4006381333931", 1)))
    assert item.gtin == "04006381333931"


@pytest.mark.parametrize(
    ("item", "why"),
    [
        (Sgtin("80614141123457", 1), "wrong check digit"),
        (Sgtin("4011", 1), "has 4 digits"),
        (Sgtin("80614141123458", SERIAL_MAX + 1), "does not fit"),
        (Sgtin("80614141123458", -1), "does not fit"),
        (Sgtin("80614141123458", 1, 5), "6 to 12 digits, not 5"),
        (Sgtin("80614141123458", 1, 7, 8), "filter value 8"),
    ],
)
def test_what_does_not_fit_is_refused(item: Sgtin, why: str) -> None:
    with pytest.raises(EpcError, match=why):
        encode_sgtin96(item)


@pytest.mark.parametrize(
    "epc",
    ["", "30", FIRST + "0", "31" + FIRST[2:], "G" + FIRST[1:], "307F" + FIRST[4:], "3077" + "F" * 20, "３" + FIRST[1:]],
)
def test_what_is_no_item_is_refused(epc: str) -> None:
    with pytest.raises(EpcError):
        decode_sgtin96(epc)


def test_numbers_of_other_kinds_are_told_apart() -> None:
    assert is_sgtin96(FIRST)
    assert not is_sgtin96("35" + FIRST[2:])
    assert not is_sgtin96(FIRST[:-1])
