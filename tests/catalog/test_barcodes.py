"""Numbers on goods: check digits, forms of one number, and what a number is."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tillfree.catalog.barcodes import (
    CodeKind,
    check_digit,
    classify_barcode,
    compress_upc_a,
    expand_upc_e,
    gtin12,
    gtin13,
    gtin14,
    has_valid_check_digit,
)
from tillfree.catalog.errors import BarcodeError, CatalogError

DIGITS = "0123456789"


def digits(length: int) -> st.SearchStrategy[str]:
    return st.text(DIGITS, min_size=length, max_size=length)


gtins = st.sampled_from((7, 11, 12, 13)).flatmap(digits).map(lambda body: f"{body}{check_digit(body)}")


# Numbers from public literature: an EAN-13 and its UPC-A neighbour, an ISBN, EAN-8, ITF-14, a UPC-A.
@pytest.mark.parametrize(
    "code", ["4006381333931", "9780306406157", "96385074", "73513537", "15400141288763", "036000291452", "614141999996"]
)
def test_known_numbers_have_the_right_check_digit(code: str) -> None:
    assert has_valid_check_digit(code)
    assert check_digit(code[:-1]) == int(code[-1])


@given(gtins, st.data())
def test_one_wrong_digit_is_always_noticed(code: str, data: st.DataObject) -> None:
    place = data.draw(st.integers(0, len(code) - 1))
    other = data.draw(st.sampled_from(DIGITS).filter(lambda digit: digit != code[place]))
    assert not has_valid_check_digit(code[:place] + other + code[place + 1 :])


@given(gtins)
def test_leading_zeros_do_not_change_the_check_digit(code: str) -> None:
    assert gtin14(code) == code.rjust(14, "0")
    assert has_valid_check_digit(gtin14(code))
    assert gtin14(gtin14(code)) == gtin14(code)


def test_forms_of_one_number() -> None:
    assert gtin14("036000291452") == "00036000291452"
    assert gtin13("036000291452") == "0036000291452"
    assert gtin12("00036000291452") == "036000291452"
    assert gtin13("00000096385074") == "0000096385074"


@pytest.mark.parametrize(
    ("code", "message"),
    [
        ("03600029145", "has 11 digits; a GTIN has 8, 12, 13 or 14"),
        ("036000291453", "wrong check digit: 3 should be 2"),
        ("03600029145x", "other characters"),
        ("", "other characters"),
        ("٠٣٦٠٠٠٢٩١٤٥٢", "other characters"),
    ],
)
def test_what_is_no_gtin_is_refused_with_the_reason(code: str, message: str) -> None:
    with pytest.raises(BarcodeError, match=message):
        gtin14(code)
    assert issubclass(BarcodeError, CatalogError)


def test_a_number_that_needs_more_digits_is_not_cut() -> None:
    with pytest.raises(BarcodeError, match="cannot be written in 12 digits"):
        gtin12("4006381333931")
    with pytest.raises(BarcodeError, match="cannot be written in 13 digits"):
        gtin13("15400141288763")


# ---- UPC-E ------------------------------------------------------------------------------------------------------


# One case for each rule of the last digit, as the encoding tables give them.
@pytest.mark.parametrize(
    ("short", "maker", "item"),
    [
        ("124560", "12000", "00456"),
        ("275831", "27100", "00583"),
        ("412022", "41200", "00202"),
        ("876543", "87600", "00054"),
        ("753774", "75370", "00007"),
        ("213756", "21375", "00006"),
        ("517019", "51701", "00009"),
    ],
)
def test_upc_e_expands_by_its_last_digit(short: str, maker: str, item: str) -> None:
    body = f"0{maker}{item}"
    expected = f"{body}{check_digit(body)}"
    assert expand_upc_e(short) == expected
    assert expand_upc_e(f"0{short}") == expected
    assert expand_upc_e(f"0{short}{expected[-1]}") == expected
    assert compress_upc_a(expected) == f"0{short}{expected[-1]}"


@given(st.sampled_from("01"), digits(6))
def test_expanding_what_was_compressed_gives_the_number_back(system: str, six: str) -> None:
    upc_a = expand_upc_e(system + six)
    assert has_valid_check_digit(upc_a)
    short = compress_upc_a(upc_a)
    assert short, "every expanded number has a short form, though perhaps another than it came from"
    assert expand_upc_e(short) == upc_a


@given(digits(11))
def test_compressing_never_names_another_number(body: str) -> None:
    upc_a = f"{body}{check_digit(body)}"
    short = compress_upc_a(upc_a)
    assert not short or expand_upc_e(short) == upc_a


@pytest.mark.parametrize("code", ["12345", "123456789", "2123456", "04963407", "04x634", ""])
def test_what_is_no_upc_e_is_refused(code: str) -> None:
    with pytest.raises(BarcodeError):
        expand_upc_e(code)


# ---- classification ---------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("text", "kind", "gtin"),
    [
        ("96385074", CodeKind.GTIN_8, "00000096385074"),
        ("036000291452", CodeKind.GTIN_12, "00036000291452"),
        ("4006381333931", CodeKind.GTIN_13, "04006381333931"),
        ("15400141288763", CodeKind.GTIN_14, "15400141288763"),
        (" 036000291452 ", CodeKind.GTIN_12, "00036000291452"),
        ("36000291452", CodeKind.GTIN_12, "00036000291452"),
        ("04963406", CodeKind.UPC_E, "00049000006346"),
        ("4011", CodeKind.PLU, ""),
        ("3000", CodeKind.PLU, ""),
        ("4999", CodeKind.PLU, ""),
        ("83000", CodeKind.PLU, ""),
        ("84999", CodeKind.PLU, ""),
        ("94011", CodeKind.PLU_ORGANIC, ""),
        ("93000", CodeKind.PLU_ORGANIC, ""),
        ("94999", CodeKind.PLU_ORGANIC, ""),
        ("2999", CodeKind.LOCAL, ""),
        ("5000", CodeKind.LOCAL, ""),
        ("82999", CodeKind.LOCAL, ""),
        ("85000", CodeKind.LOCAL, ""),
        ("92999", CodeKind.LOCAL, ""),
        ("95000", CodeKind.LOCAL, ""),
        ("120850", CodeKind.LOCAL, ""),
        ("01", CodeKind.LOCAL, ""),
        ("44", CodeKind.LOCAL, ""),
        ("3.5", CodeKind.LOCAL, ""),
        ("SOUP-DAY", CodeKind.LOCAL, ""),
        ("٣٤", CodeKind.LOCAL, ""),
        ("111111111111", CodeKind.BAD_CHECK_DIGIT, ""),
        ("4006381333932", CodeKind.BAD_CHECK_DIGIT, ""),
        ("96385075", CodeKind.BAD_CHECK_DIGIT, ""),
        ("04963407", CodeKind.BAD_CHECK_DIGIT, ""),
        ("", CodeKind.UNUSABLE, ""),
        ("   ", CodeKind.UNUSABLE, ""),
        ("12\x1b[31m", CodeKind.UNUSABLE, ""),
        ("9" * 81, CodeKind.UNUSABLE, ""),
    ],
)
def test_a_number_is_what_its_form_says(text: str, kind: CodeKind, gtin: str) -> None:
    barcode = classify_barcode(text)
    assert (barcode.kind, barcode.gtin14) == (kind, gtin)
    assert len(barcode.reason) > 5
    assert barcode.usable == (kind not in (CodeKind.BAD_CHECK_DIGIT, CodeKind.UNUSABLE))


@pytest.mark.parametrize(("code", "restricted"), [("20000004", True), ("96385074", False)])
def test_a_short_number_for_use_within_a_company_says_so(code: str, restricted: bool) -> None:
    assert ("restricted" in classify_barcode(code).reason) == restricted


def test_a_short_form_and_its_number_are_the_same_goods() -> None:
    assert classify_barcode("04963406").gtin14 == classify_barcode("049000006346").gtin14 != ""


@pytest.mark.parametrize("prefix", ["02", *(str(number) for number in range(20, 30))])
def test_numbers_that_may_hold_a_price_are_marked(prefix: str) -> None:
    body = f"{prefix}1234500199"
    assert classify_barcode(f"{body}{check_digit(body)}").variable_measure
    case = f"5{body}"
    assert not classify_barcode(f"{case}{check_digit(case)}").variable_measure, "a case has no price inside"


def test_a_upc_of_variable_measure_is_marked() -> None:
    assert classify_barcode(f"21234500199{check_digit('21234500199')}").variable_measure


@pytest.mark.parametrize("prefix", ["00", "01", "03", "04", "19", "30", "97"])
def test_other_numbers_are_not_marked(prefix: str) -> None:
    body = f"{prefix}1234500199"
    assert not classify_barcode(f"{body}{check_digit(body)}").variable_measure


@given(st.text(max_size=100))
def test_every_text_is_judged(text: str) -> None:
    barcode = classify_barcode(text)
    assert barcode.text == text
    assert barcode.reason
    assert not barcode.gtin14 or has_valid_check_digit(barcode.gtin14)


@given(gtins)
def test_every_gtin_is_recognised(code: str) -> None:
    assert classify_barcode(code).gtin14
    assert classify_barcode(code).usable
