"""What shoppers read: all of it in every language, with the same values in it; and amounts as they are written."""

import re
import string
from decimal import Decimal
from pathlib import Path

import msgspec
import pytest
from hypothesis import given
from hypothesis import strategies as st

import tillfree
from tests.commerce.receipts_to_show import TIME_NS, full_receipt
from tillfree.commerce.languages.choosing import LANGUAGES, choose_words, words_of
from tillfree.commerce.languages.formats import amount_in, clock_in, day_in, rate_in, weight_kg_in
from tillfree.commerce.languages.words import Words
from tillfree.commerce.layout import lay_out
from tillfree.commerce.shopper_page import render_shopper_html
from tillfree.commerce.shopper_text import render_shopper_text
from tillfree.core.money import CURRENCY_EXPONENTS, Money

TEXTS = [field for field in msgspec.structs.fields(Words) if field.type is str and field.name not in ("code", "name")]


def _placeholders(text: str) -> set[str]:
    return {name for _, name, _, _ in string.Formatter().parse(text) if name is not None}


def test_ten_languages_and_what_they_call_themselves() -> None:
    assert sorted(LANGUAGES) == sorted(["en", "de", "fr", "es", "it", "nl", "pl", "pt", "ja", "ar"])
    assert len({words.name for words in LANGUAGES.values()}) == len(LANGUAGES)
    assert [words.code for words in LANGUAGES.values() if words.right_to_left] == ["ar"]


@pytest.mark.parametrize("language", LANGUAGES)
def test_no_text_is_empty_and_each_has_the_values_of_the_english_one(language: str) -> None:
    english, words = LANGUAGES["en"], LANGUAGES[language]
    for field in TEXTS:
        text = getattr(words, field.name)
        assert text == text.strip(), field.name
        assert text, field.name
        assert _placeholders(text) == _placeholders(getattr(english, field.name)), field.name


@pytest.mark.parametrize("language", [code for code in LANGUAGES if code != "en"])
def test_hardly_a_text_is_left_in_english(language: str) -> None:
    english, words = LANGUAGES["en"], LANGUAGES[language]
    same = [field.name for field in TEXTS if getattr(words, field.name) == getattr(english, field.name)]
    # "Total" is "Total" in several of them.
    assert set(same) <= {"total", "item", "by_weight"}, same


def test_every_text_is_shown_somewhere() -> None:
    root = Path(tillfree.__file__).parent
    places = [*root.rglob("*.py"), *root.rglob("templates/shopper/*.html")]
    said = "\n".join(p.read_text(encoding="utf-8") for p in places if p.parent.name != "languages")
    for field in TEXTS:
        used = re.search(rf"(?:words|w)\.{field.name}\b", said) or field.name.startswith("reason_")
        assert used, f"{field.name} is translated ten times and never shown"


@pytest.mark.parametrize(
    ("wanted", "known", "accepted", "language"),
    [
        ("", "", "", "en"),
        ("de", "fr", "es", "de"),
        ("xx", "fr", "es", "fr"),
        ("", "", "xx, es;q=0.5, it;q=0.9", "it"),
        ("", "", "pt-BR,en;q=0.5", "pt"),
        ("PT_br", "", "", "pt"),
        ("", "", "de;q=0,nl;q=0.1", "nl"),
        ("", "", "de;q=x,;;,*" + "," * 9999, "en"),
        ("../../etc", "", "", "en"),
    ],
)
def test_which_language_it_is(wanted: str, known: str, accepted: str, language: str) -> None:
    assert choose_words(wanted, known, accepted).code == language


def test_an_unknown_language_is_english() -> None:
    assert words_of("tlh") is LANGUAGES["en"]
    assert words_of("") is LANGUAGES["en"]


@pytest.mark.parametrize(
    ("language", "minor", "currency", "shown"),
    [
        ("en", 123456, "USD", "$1,234.56"),
        ("de", 123456, "EUR", "1.234,56\u00a0€"),
        ("pl", -5, "PLN", "-0,05\u00a0zł"),
        ("pt", 1250, "EUR", "12,50\u00a0€"),
        ("ja", 1250, "JPY", "￥1,250"),
        ("ar", 12345, "KWD", "12.345\u00a0د.ك."),
        ("en", 12345, "KWD", "KWD\u00a012.345"),
    ],
)
def test_amounts_are_as_the_language_has_them(language: str, minor: int, currency: str, shown: str) -> None:
    assert amount_in(Money(minor, currency), language) == shown


@given(
    language=st.sampled_from(sorted(LANGUAGES)),
    minor=st.integers(-(10**12), 10**12),
    currency=st.sampled_from(sorted(CURRENCY_EXPONENTS)),
)
def test_no_amount_loses_a_digit(language: str, minor: int, currency: str) -> None:
    digits = re.sub(r"\D", "", amount_in(Money(minor, currency), language)).lstrip("0")
    assert digits == str(abs(minor)).lstrip("0")


@given(language=st.sampled_from(sorted(LANGUAGES)), rate_ppm=st.integers(0, 1_000_000))
def test_rates_have_all_their_digits(language: str, rate_ppm: int) -> None:
    shown = re.sub(r"[^\d.,]", "", rate_in(rate_ppm, language)).replace(",", ".")
    assert Decimal(shown) == Decimal(rate_ppm) / 10_000


def test_days_clocks_and_weights() -> None:
    assert day_in(TIME_NS, "de") == "18. November 2026"
    assert day_in(TIME_NS, "ja") == "2026年11月18日"
    assert clock_in(TIME_NS, "de") == "11:06"
    assert weight_kg_in(1376, "fr") == "1,376"


@pytest.mark.parametrize("language", LANGUAGES)
@pytest.mark.parametrize("inclusive", [True, False])
def test_a_receipt_says_everything_in_every_language(language: str, inclusive: bool) -> None:
    receipt = full_receipt(inclusive=inclusive)
    layout = lay_out(receipt, language, refunds={0: Money(166, "EUR"), -1: Money(10, "EUR")})
    page = render_shopper_html(layout, greeting="Hello <b>", link="https://shop.example/r/a?b=1&c=2", below=("Below.",))
    text = render_shopper_text(layout, 48).replace("\n", " ")
    for minor in (747, -249, 485, 50, receipt.total.gross.minor, -166, -176, receipt.total.gross.minor - 176):
        shown = amount_in(Money(minor, "EUR"), language)
        assert shown in page, minor
        assert shown in text.replace("\u00a0", "\u00a0"), minor
    for line in receipt.lines:
        assert line.name in page
    assert f'<html lang="{language}" dir="{"rtl" if language == "ar" else "ltr"}">' in page
    assert "Eckladen &amp; Co" in page
    assert "Hello &lt;b&gt;" in page
    assert "https://shop.example/r/a?b=1&amp;c=2" in page
    assert "Below." in page


def test_the_receipt_of_a_shopper_does_not_say_which_lines_are_unsure() -> None:
    receipt = full_receipt()
    sure = msgspec.structs.replace(
        receipt, lines=tuple(msgspec.structs.replace(line, probability=0.5) for line in receipt.lines), probability=0.1
    )
    assert lay_out(receipt, "en") == lay_out(sure, "en")
