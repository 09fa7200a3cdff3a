"""Numbers that hold more than a product: a price or weight inside a shop's own barcode, and GS1 element strings.

Restricted circulation numbers (RCN-12 beginning with 2, RCN-13 beginning with 20 to 29) have no world-wide layout: each
shop says how its digits are laid out, as templates. In a template digits stand for themselves, `I` is the item, `P` the
price or weight, `V` a check digit over the P alone, `C` that of the whole number.

Sources: GS1 General Specifications, sections on restricted circulation numbers, on the price verifier digits and on
application identifiers.
"""

import re
from collections.abc import Mapping
from decimal import Decimal

import msgspec

from tillfree.catalog.barcodes import check_digit, has_valid_check_digit
from tillfree.catalog.errors import BarcodeError

__all__ = ["EmbeddedCode", "EmbeddedTemplate", "parse_templates", "price_verifier", "read_embedded"]

_TEMPLATE = re.compile(r"\d{1,3}I{2,8}V?P{3,6}C|\d{1,3}V?I{2,8}P{3,6}C", re.ASCII)
_MEANING = re.compile(r"(price|weight)(?:/([0-5]))?( unchecked)?", re.ASCII)
_KILOGRAM_DIGITS = 3

# The weighted products of one digit, by the rule of the specification that is named in front.
_TWO_MINUS = (0, 2, 4, 6, 8, 9, 1, 3, 5, 7)  # twice the digit, less its tens digit
_THREE = (0, 3, 6, 9, 2, 5, 8, 1, 4, 7)  # three times the digit
_FIVE_PLUS = (0, 5, 1, 6, 2, 7, 3, 8, 4, 9)  # five times the digit, and its tens digit
_FIVE_MINUS = (0, 5, 9, 4, 8, 3, 7, 2, 6, 1)  # five times the digit, less its tens digit


class EmbeddedTemplate(msgspec.Struct, frozen=True):
    """One layout: which digits are the item, the price or weight, and its verifier; `digits` after the point.

    `digits` is None where a price has as many as the currency. `checked` says whether V must be right.
    """

    layout: str
    holds: str
    digits: int | None
    checked: bool


class EmbeddedCode(msgspec.Struct, frozen=True):
    """A number taken apart. `item` is the shop's own reference; `base` the same number with nothing inside.

    `base` has zeros for the price or weight and its verifier, and a right check digit: catalogues often hold that. Of
    `price` (in units of the currency) and `weight_g` one is set.
    """

    text: str
    item: str
    base: str
    price: Decimal | None = None
    weight_g: Decimal | None = None


def parse_templates(settings: Mapping[str, str]) -> tuple[EmbeddedTemplate, ...]:
    """Templates as the settings have them: layout to meaning, such as `2IIIIIVPPPPC` to `price/2`.

    Raises:
        BarcodeError: a layout or meaning is not understood, or two layouts could be meant by one number.
    """
    found: list[EmbeddedTemplate] = []
    for layout, meaning in settings.items():
        read = _MEANING.fullmatch(meaning)
        if len(layout) not in (12, 13) or not _TEMPLATE.fullmatch(layout):
            raise BarcodeError(f"template {layout!r} is none: 12 or 13 of digits, I, V, P and C, such as 2IIIIIVPPPPC")
        if not layout.startswith(("2", "02")):
            raise BarcodeError(f"template {layout!r} must begin with 2 or 02: other numbers belong to somebody")
        if read is None:
            raise BarcodeError(f"template {layout!r}: {meaning!r} is neither price/2 nor weight/3 or the like")
        verifier = "V" in layout
        checked = verifier and not read[3]
        if checked and layout.count("P") not in (4, 5):
            raise BarcodeError(f"template {layout!r}: a verifier is known for 4 and 5 digits P; write 'unchecked'")
        template = EmbeddedTemplate(layout, read[1], int(read[2]) if read[2] else None, checked)
        for other in found:
            if _overlap(_padded(layout), _padded(other.layout)):
                raise BarcodeError(f"templates {other.layout!r} and {layout!r} fit the same numbers; keep one")
        found.append(template)
    return tuple(found)


def _padded(layout: str) -> str:
    """A UPC-A symbol read by a scanner for EAN-13 has a zero in front."""
    return layout.rjust(13, "0")


def _overlap(one: str, two: str) -> bool:
    return all(not (a.isdigit() and b.isdigit()) or a == b for a, b in zip(one, two, strict=True))


def read_embedded(code: str, templates: tuple[EmbeddedTemplate, ...], currency_digits: int = 2) -> EmbeddedCode | None:
    """Take a scanned number apart by the template that it fits; None where it fits none.

    Raises:
        BarcodeError: it fits one, but a check digit is wrong: it was misread, or somebody made it up.
    """
    text = code.strip()
    if not (text.isascii() and text.isdigit()) or len(text) not in (12, 13, 14):
        return None
    if len(text) == 14:
        if text[0] != "0":
            return None
        text = text[1:]
    padded = text.rjust(13, "0")
    for template in templates:
        layout = _padded(template.layout)
        if all(not sign.isdigit() or sign == digit for sign, digit in zip(layout, padded, strict=True)):
            return _taken_apart(code, padded, layout, template, currency_digits)
    return None


def _taken_apart(code: str, padded: str, layout: str, template: EmbeddedTemplate, currency_digits: int) -> EmbeddedCode:
    if not has_valid_check_digit(padded):
        raise BarcodeError(f"{code!r} has a wrong check digit: scan it again")
    value = _of(padded, layout, "P")
    if template.checked and price_verifier(value) != int(_of(padded, layout, "V")):
        raise BarcodeError(f"{code!r}: the price or weight {value} does not fit its verifier: scan it again")
    body = "".join("0" if sign in "PV" else digit for sign, digit in zip(layout[:-1], padded[:-1], strict=True))
    base = body + str(check_digit(body))
    default = currency_digits if template.holds == "price" else _KILOGRAM_DIGITS
    amount = Decimal(value).scaleb(-(default if template.digits is None else template.digits))
    return EmbeddedCode(
        text=code,
        item=_of(padded, layout, "I"),
        base=base[-len(template.layout) :],
        price=amount if template.holds == "price" else None,
        weight_g=amount * 1000 if template.holds == "weight" else None,
    )


def _of(padded: str, layout: str, sign: str) -> str:
    return "".join(digit for digit, place in zip(padded, layout, strict=True) if place == sign)


def price_verifier(digits: str) -> int:
    """The verifier of a price of four or five digits.

    Four digits have the weights 2-, 2-, 3, 5-; three times their sum ends in it. Five have 5+, 2-, 5-, 5+, 2-; it is
    the digit whose weight 5- is the distance of their sum to the next multiple of ten.

    Raises:
        BarcodeError: another number of digits, or other signs.
    """
    if not (digits.isascii() and digits.isdigit()) or len(digits) not in (4, 5):
        raise BarcodeError(f"{digits!r} is no price of 4 or 5 digits")
    numbers = [int(digit) for digit in digits]
    if len(numbers) == 4:
        rules = (_TWO_MINUS, _TWO_MINUS, _THREE, _FIVE_MINUS)
        return 3 * sum(rule[n] for rule, n in zip(rules, numbers, strict=True)) % 10
    rules_of_five = (_FIVE_PLUS, _TWO_MINUS, _FIVE_MINUS, _FIVE_PLUS, _TWO_MINUS)
    distance = -sum(rule[n] for rule, n in zip(rules_of_five, numbers, strict=True)) % 10
    return _FIVE_MINUS.index(distance)
