"""Receipts to look at: what they say, how wide they are, and that names cannot do harm."""

import unicodedata
from html.parser import HTMLParser

import msgspec
import pytest
from hypothesis import given
from hypothesis import strategies as st

from tests.commerce.shops import SETTINGS, SHOP, line, receipt, sale
from tillfree.catalog.model import Product, Shop
from tillfree.commerce.display import cut, display_text, display_width, format_probability, format_rate, wrap
from tillfree.commerce.page import render_html
from tillfree.commerce.pricing import ANONYMOUS_NOTE, Pricing, Sale
from tillfree.commerce.receipt import Receipt, encode_receipt
from tillfree.commerce.settings import CommerceSettings
from tillfree.commerce.text import COLUMNS, render_text
from tillfree.core.ids import ProductId, VisitId

HOSTILE = [
    "<script>alert(1)</script>",
    '"><img src=x onerror=alert(1)>',
    "' onmouseover='alert(1)",
    "</title></style><script>x</script>",
    "&lt;b&gt; & co",
    "\x1b[2J\x1b[31mred\x1b]0;title\x07",
    "\x9b31mred",
    "tea\r\nTOTAL 0.00",
    "tea\u2028TOTAL",
    "\u202egnp.exe",
    "zero\u200bwidth\ufeff",
    "e" + "\u0301" * 500,
    "=HYPERLINK(1)",
    "nul\x00byte",
    "日本茶" * 40,
    "x" * 1000,
    "👩‍👩‍👧",
]


def hostile(name: str) -> Receipt:
    """A receipt on which everything that can be text is this text."""
    shop = Shop(
        name=name,
        products=(
            Product(ProductId(name), name, price_minor=100, tax_class=name),
            Product(ProductId("x" + name), name),
        ),
        fixtures=(),
        facings=(),
    )
    settings = CommerceSettings(tax_rates_ppm={name: 72_500})
    lines = (line(name, 1, 0.5, name), line("x" + name), line("y" + name))
    found = Pricing(shop, settings).receipt(
        Sale(visit=VisitId(name), time_ns=0, lines=lines, probability=0.5, notes=(name,))
    )
    assert found.status == "review"
    return found


class Page(HTMLParser):
    """Tags, attributes and texts of a page; fails on tags that are not closed in order."""

    VOID = ("meta", "br")

    def __init__(self, text: str) -> None:
        super().__init__()
        self.tags: list[str] = []
        self.attributes: list[tuple[str, str, str | None]] = []
        self.texts: list[str] = []
        self._open: list[str] = []
        self.feed(text)
        self.close()
        assert self._open == []

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.tags.append(tag)
        self.attributes += [(tag, name, value) for name, value in attrs]
        if tag not in self.VOID:
            self._open.append(tag)

    def handle_endtag(self, tag: str) -> None:
        assert self._open.pop() == tag

    def handle_data(self, data: str) -> None:
        self.texts.append(data)


def assert_plain(text: str, allowed: str = "") -> None:
    bad = [
        letter for letter in text if letter not in allowed and unicodedata.category(letter) in {"Cc", "Cf", "Zl", "Zp"}
    ]
    assert not bad


# ---- text -------------------------------------------------------------------------------------------------------


def test_the_text_of_a_receipt() -> None:
    found = Pricing(SHOP, SETTINGS).receipt(sale(line("tea", 2, 0.995), line("milk", 1, 1.0), notes=(ANONYMOUS_NOTE,)))
    assert render_text(found) == (
        "               Corner shop\n"
        "         2026-01-01 12:00:00 UTC\n"
        "Receipt v1/receipt\n"
        "------------------------------------------\n"
        "Green tea\n"
        "  2 x 2.49   99.5 %                   4.98\n"
        "Milk 1 l\n"
        "  1 x 1.19   > 99.9 %                 1.19\n"
        "------------------------------------------\n"
        "Net                                   6.17\n"
        "Tax 7 % food                          0.08\n"
        "Tax 19 % standard                     0.95\n"
        "TOTAL USD                             7.20\n"
        "------------------------------------------\n"
        "Probability                         98.7 %\n"
        "* Nobody was tracked: one anonymous\n"
        "  visitor is assumed.\n"
    )


def test_the_text_of_a_receipt_for_review() -> None:
    settings = CommerceSettings(prices_include_tax=True, tax_rates_ppm={"standard": 190_000})
    text = render_text(receipt(line("tea", 2), line("unpriced"), settings=settings))
    assert "*** FOR REVIEW: not charged ***" in text
    assert "  1   99.0 %                      no price\n" in text
    assert "TOTAL USD                             4.98\nincl. tax 19 % standard               0.80\n" in text
    assert "Net" not in text


def test_an_empty_receipt_says_so() -> None:
    assert "nothing taken" in render_text(receipt())
    assert "Nothing taken." in render_html(receipt())


def test_texts_at_both_edges_never_touch() -> None:
    for digits in range(1, 16):
        shop = msgspec.structs.replace(SHOP, products=(Product(ProductId("tea"), "Tea", price_minor=10**digits),))
        rows = render_text(receipt(line("tea", 7), shop=shop)).splitlines()
        assert all(len(row) <= COLUMNS for row in rows)
        assert sum(row.split()[-1:] == [f"{7 * 10**digits / 100:.2f}"] for row in rows) >= 2


def test_great_amounts_still_fit() -> None:
    shop = msgspec.structs.replace(SHOP, products=(Product(ProductId("tea"), "Tea", price_minor=10**12 + 1),))
    text = render_text(receipt(line("tea", 123_456), shop=shop))
    assert all(len(row) <= COLUMNS for row in text.splitlines())
    # The quantity and price leave no room for the amount, which stands on a line of its own.
    assert "  123456 x 10000000000.01   99.0 %\n" + 23 * " " + "1234560000001234.56\n" in text


@pytest.mark.parametrize("name", HOSTILE)
def test_hostile_names_are_harmless_in_text(name: str) -> None:
    text = render_text(hostile(name))
    assert_plain(text, allowed="\n")
    for row in text.split("\n"):
        assert display_width(row) <= COLUMNS
        assert row == row.rstrip()
    assert text.count("TOTAL USD") == 1
    assert not any(row.startswith("TOTAL 0.00") for row in text.split("\n"))


@given(st.text(min_size=1, max_size=80))
def test_any_name_is_harmless_in_text(name: str) -> None:
    text = render_text(hostile(name))
    assert_plain(text, allowed="\n")
    assert all(display_width(row) <= COLUMNS for row in text.split("\n"))


# ---- HTML -------------------------------------------------------------------------------------------------------


def test_the_page_of_a_receipt() -> None:
    text = render_html(receipt(line("tea", 2, 0.99, "scale#4"), line("unpriced")))
    page = Page(text)
    shown = " ".join(" ".join(page.texts).split())
    for expected in (
        "Corner shop",
        "2026-01-01 12:00:00 UTC",
        "Green tea",
        "2 × 2.49 (tea)",
        "4.98",
        "5.93",
        "99.0 %",
        "no price",
    ):
        assert expected in shown
    assert "For review: nobody is charged" in shown
    assert "Green tea: scale#4" in shown


def test_the_page_is_accessible_and_needs_nothing_else() -> None:
    text = render_html(receipt(line("tea")))
    page = Page(text)
    assert text.startswith("<!DOCTYPE html>\n")
    assert ("html", "lang", "en") in page.attributes
    assert ("meta", "name", "viewport") in page.attributes
    assert page.tags.count("h1") == page.tags.count("main") == page.tags.count("title") == 1
    assert page.tags.count("caption") == page.tags.count("table") == 2
    headings = [(name, value) for tag, name, value in page.attributes if tag == "th" and name == "scope"]
    assert page.tags.count("th") == len(headings)
    assert not {"script", "link", "img", "iframe", "object", "form"} & set(page.tags)
    assert not {"src", "href", "style", "onload"} & {name for _, name, _ in page.attributes}
    assert "url(" not in text
    assert "@import" not in text
    for feature in ("prefers-color-scheme: dark", "@media print", "default-src 'none'"):
        assert feature in text
    assert "FOR REVIEW" not in text.upper()


def _tags_of(found: Receipt) -> list[str]:
    return Page(render_html(found)).tags


HARMLESS_TAGS = _tags_of(hostile("tea"))
HARMLESS_ATTRIBUTES = {(tag, name) for tag, name, _ in Page(render_html(hostile("tea"))).attributes}


@pytest.mark.parametrize("name", HOSTILE)
def test_hostile_names_are_harmless_in_html(name: str) -> None:
    text = render_html(hostile(name))
    page = Page(text)
    assert page.tags == HARMLESS_TAGS, "no name may add or remove a tag"
    assert {(tag, attribute) for tag, attribute, _ in page.attributes} == HARMLESS_ATTRIBUTES
    assert_plain(text, allowed="\n")
    assert display_text(name) in " ".join(" ".join(page.texts).split())


@given(st.text(min_size=1, max_size=80).filter(lambda name: display_text(name) != ""))
def test_any_name_is_harmless_in_html(name: str) -> None:
    page = Page(render_html(hostile(name)))
    assert page.tags == HARMLESS_TAGS
    assert {(tag, attribute) for tag, attribute, _ in page.attributes} == HARMLESS_ATTRIBUTES


# ---- JSON -------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("name", HOSTILE)
def test_hostile_names_are_harmless_in_json(name: str) -> None:
    data = encode_receipt(hostile(name))
    assert_plain(data.decode().replace("\u200d", ""), allowed="\u202e\u200b\ufeff\u2028\x9b\x7f")
    tree = msgspec.json.decode(data)
    assert tree["lines"][0]["product"] == name, "ids are exact in data, whatever is shown"
    assert tree["lines"][0]["name"] == display_text(name)


# ---- the pieces -------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("text", "shown"),
    [
        ("  a \t b\n", "a b"),
        ("\x1b[31mred", "[31mred"),
        ("\u202eabc\u200b", "abc"),
        ("a\u0301", "a\u0301"),
        ("a" + "\u0301" * 9, "a" + "\u0301" * 4),
        ("日本", "日本"),
        ("\x00\x07", ""),
    ],
)
def test_display_text(text: str, shown: str) -> None:
    assert display_text(text) == shown
    assert display_text(shown) == shown


def test_width_cut_and_wrap() -> None:
    assert display_width("日本a\u0301") == 5
    assert cut("abcdef", 6) == "abcdef"
    assert cut("abcdefg", 6) == "abcde…"
    assert cut("日本茶", 5) == "日本…"
    assert cut("日本茶", 4) == "日…"
    assert wrap("aa bb cc", 5) == ["aa bb", "cc"]
    assert wrap("aaaaaaa b", 3) == ["aaa", "aaa", "a b"]
    assert wrap("", 3) == []


@given(st.text(max_size=60).map(display_text), st.integers(2, 20))
def test_wrapped_text_fits_and_loses_nothing(text: str, columns: int) -> None:
    lines = wrap(text, columns)
    assert all(display_width(row) <= columns for row in lines)
    assert "".join(lines).replace(" ", "") == text.replace(" ", "")
    assert display_width(cut(text, columns)) <= columns


@pytest.mark.parametrize(
    ("probability", "shown"),
    [
        (1.0, "> 99.9 %"),
        (0.9999999, "> 99.9 %"),
        (0.9994, "99.9 %"),
        (0.29, "29.0 %"),
        (0.0, "0.0 %"),
        (0.98712, "98.7 %"),
        (5e-324, "0.0 %"),
    ],
)
def test_a_probability_is_never_rounded_up(probability: float, shown: str) -> None:
    assert format_probability(probability) == shown


@pytest.mark.parametrize(
    ("ppm", "shown"), [(190_000, "19 %"), (72_500, "7.25 %"), (0, "0 %"), (1, "0.0001 %"), (1_000_000, "100 %")]
)
def test_rates(ppm: int, shown: str) -> None:
    assert format_rate(ppm) == shown
