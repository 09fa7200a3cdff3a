"""Numbers with a price or weight inside: templates, both rules of the verifier, and what is refused."""

import contextlib
from decimal import Decimal

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tillfree.catalog.barcodes import check_digit
from tillfree.catalog.embedded import EmbeddedTemplate, parse_templates, price_verifier, read_embedded
from tillfree.catalog.errors import BarcodeError

AMERICA = parse_templates({"2IIIIIVPPPPC": "price/2"})
EUROPE = parse_templates({"28IIIIIPPPPPC": "price/2", "29IIIIIPPPPPC": "weight/3", "27IIIIVPPPPPC": "price/2"})


def whole(body: str) -> str:
    return body + str(check_digit(body))


def test_the_verifier_of_four_digits() -> None:
    # 2875: 4 + 5 + 21 + 3 = 33, three times that is 99.
    assert price_verifier("2875") == 9
    assert price_verifier("0000") == 0


def test_the_verifier_of_five_digits() -> None:
    # 14685: 5 + 8 + 7 + 4 + 9 = 33, which is 7 below 40; the digit with the weight 5- of 7 is 6.
    assert price_verifier("14685") == 6
    assert price_verifier("00000") == 0


@pytest.mark.parametrize("digits", ["", "123", "123456", "12a4", "١٢٣٤"])
def test_a_price_of_another_form_has_no_verifier(digits: str) -> None:
    with pytest.raises(BarcodeError, match="is no price of 4 or 5 digits"):
        price_verifier(digits)


@given(st.integers(4, 5), st.data())
def test_the_verifier_finds_every_wrong_digit(length: int, data: st.DataObject) -> None:
    digits = data.draw(st.text("0123456789", min_size=length, max_size=length))
    place, other = data.draw(st.integers(0, length - 1)), data.draw(st.sampled_from("0123456789"))
    wrong = digits[:place] + other + digits[place + 1 :]
    assert (price_verifier(wrong) == price_verifier(digits)) == (wrong == digits)


def test_a_price_of_north_america() -> None:
    code = whole("2" + "12345" + "9" + "2875")
    for scanned in (code, f"0{code}", f"00{code}", f" {code}\n"):  # as UPC-A, as EAN-13, as GTIN-14
        found = read_embedded(scanned, AMERICA)
        assert found is not None
        assert (found.item, str(found.price), found.weight_g) == ("12345", "28.75", None)
        assert found.base == whole("2" + "12345" + "0" + "0000")


def test_a_price_and_a_weight_of_europe() -> None:
    price = read_embedded(whole("28" + "12345" + "01499"), EUROPE)
    weight = read_embedded(whole("29" + "12345" + "00412"), EUROPE)
    assert price is not None
    assert weight is not None
    assert (price.item, str(price.price), price.base) == ("12345", "14.99", whole("28" + "12345" + "00000"))
    assert (weight.item, weight.weight_g, weight.price) == ("12345", Decimal(412), None)
    checked = read_embedded(whole("27" + "1234" + "6" + "14685"), EUROPE)
    assert checked is not None
    assert str(checked.price) == "146.85"


@pytest.mark.parametrize(
    ("code", "templates", "message"),
    [
        (whole("2" + "12345" + "8" + "2875"), AMERICA, "does not fit its verifier"),
        ("212345928750", AMERICA, "wrong check digit"),
        (whole("27" + "1234" + "7" + "14685"), EUROPE, "does not fit its verifier"),
    ],
)
def test_a_misread_number_is_refused(code: str, templates: tuple[EmbeddedTemplate, ...], message: str) -> None:
    with pytest.raises(BarcodeError, match=message):
        read_embedded(code, templates)


@pytest.mark.parametrize("code", ["", "abc", "4006381333931", "1" + whole("2123459287"), "2", "٢" * 13, "²" * 13])
def test_other_numbers_are_left_to_others(code: str) -> None:
    assert read_embedded(code, AMERICA + EUROPE) is None


def test_a_verifier_need_not_be_looked_at() -> None:
    (template,) = parse_templates({"2IIIIIVPPPPC": "price/2 unchecked"})
    assert read_embedded(whole("2" + "12345" + "8" + "2875"), (template,)) is not None


def test_decimals_are_those_of_the_currency_unless_said() -> None:
    templates = parse_templates({"28IIIIIPPPPPC": "price"})
    found = [read_embedded(whole("28" + "12345" + "01499"), templates, digits) for digits in (0, 2, 3)]
    assert [str(code.price) for code in found if code] == ["1499", "14.99", "1.499"]


@pytest.mark.parametrize(
    ("templates", "message"),
    [
        ({"2IIIII": "price/2"}, "is none: 12 or 13"),
        ({"2IIIIIVPPPPX": "price/2"}, "is none"),
        ({"2IIIIIIIIIIC": "price/2"}, "is none"),
        ({"4IIIIIVPPPPC": "price/2"}, "must begin with 2 or 02"),
        ({"2IIIIIVPPPPC": "price/9"}, "is neither price/2 nor weight/3"),
        ({"2IIIIIVPPPPC": "volume"}, "is neither"),
        ({"2IIIVPPPPPPC": "price/2"}, "a verifier is known for 4 and 5 digits P"),
        ({"28IIIIIPPPPPC": "price", "2IIIIIIPPPPPC": "weight"}, "fit the same numbers"),
        ({"2IIIIIVPPPPC": "price", "02IIIIIPPPPPC": "price"}, "fit the same numbers"),
    ],
)
def test_a_template_that_is_none_is_refused(templates: dict[str, str], message: str) -> None:
    with pytest.raises(BarcodeError, match=message):
        parse_templates(templates)


@given(st.integers(0, 99999), st.integers(0, 99999))
def test_what_was_put_in_comes_out(item: int, price: int) -> None:
    found = read_embedded(whole(f"28{item:05d}{price:05d}"), EUROPE)
    assert found is not None
    assert (found.item, found.price) == (f"{item:05d}", Decimal(price).scaleb(-2))


@given(st.text(max_size=20))
def test_any_text_is_read_or_refused(text: str) -> None:
    with contextlib.suppress(BarcodeError):
        assert read_embedded(text, AMERICA + EUROPE) is None or text.strip().isdigit()
