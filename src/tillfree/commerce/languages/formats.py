"""Amounts, rates, weights and times as a language writes them (Unicode CLDR, by way of Babel)."""

import datetime as dt
import functools
import re
from decimal import Decimal

from babel.core import Locale
from babel.dates import format_date, format_time
from babel.numbers import format_currency, format_decimal, format_percent

from tillfree.core.money import CURRENCY_EXPONENTS, Money
from tillfree.core.time import NS_PER_S

__all__ = ["amount_in", "clock_in", "day_in", "rate_in", "weight_kg_in"]

# The digits of price tags; Arabic has others besides, which no shelf label of a shop with two languages shows.
_DIGITS = "latn"
# CLDR wants a blank between a currency of letters and its number (currencySpacing), which Babel leaves out.
_LETTER_THEN_DIGIT = re.compile(r"(?<=[^\W\d_])(?=\d)")
_PLACES = {"pt": "pt_PT"}
# The marks of direction in Arabic amounts are no letters: fonts and printers show a box for each.
_UNSEEN = str.maketrans("", "", "\u200e\u200f\u061c")


def amount_in(money: Money, language: str) -> str:
    """`12,50 €`, with as many digits as the currency has."""
    value = Decimal(money.minor).scaleb(-CURRENCY_EXPONENTS[money.currency])
    shown = format_currency(value, money.currency, locale=_locale(language), numbering_system=_DIGITS)
    return _LETTER_THEN_DIGIT.sub("\u00a0", shown.translate(_UNSEEN))


def rate_in(rate_ppm: int, language: str) -> str:
    """`7,25 %`, with as many digits as the rate has."""
    locale = _locale(language)
    pattern = locale.percent_formats[None].pattern.replace("##0", "##0.####", 1)
    shown = format_percent(Decimal(rate_ppm) / 1_000_000, pattern, locale=locale, numbering_system=_DIGITS)
    return shown.translate(_UNSEEN)


def weight_kg_in(weight_g: int, language: str) -> str:
    """Kilograms with three digits: `0,376`."""
    value = Decimal(weight_g).scaleb(-3)
    return format_decimal(value, "#,##0.000", locale=_locale(language), numbering_system=_DIGITS)


def day_in(time_ns: int, language: str, zone: dt.tzinfo = dt.UTC) -> str:
    """`27. November 2026`, as the calendar of the zone has it."""
    return format_date(_moment(time_ns, zone), "long", locale=_locale(language)).translate(_UNSEEN)


def clock_in(time_ns: int, language: str, zone: dt.tzinfo = dt.UTC) -> str:
    """`14:03`, or `2:03 PM`."""
    return format_time(_moment(time_ns, zone), "short", locale=_locale(language)).translate(_UNSEEN)


@functools.cache
def _locale(language: str) -> Locale:
    return Locale.parse(_PLACES.get(language, language))


def _moment(time_ns: int, zone: dt.tzinfo) -> dt.datetime:
    return dt.datetime.fromtimestamp(time_ns // NS_PER_S, dt.UTC).astimezone(zone)
