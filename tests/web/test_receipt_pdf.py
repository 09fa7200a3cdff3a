"""Receipts as PDF, read by another program (pypdf): all of it, its language, the same bytes, and no boxes."""

import io
import logging
import unicodedata
from pathlib import Path

import matplotlib as mpl
import msgspec
import pypdf
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from tests.commerce.receipts_to_show import any_receipt, full_receipt
from tillfree.commerce.languages.choosing import LANGUAGES
from tillfree.commerce.layout import lay_out
from tillfree.commerce.receipt import Receipt
from tillfree.commerce.tax import TaxLine
from tillfree.core.money import Money, TaxedAmount
from tillfree.web.shopper.arabic import joined, visual
from tillfree.web.shopper.pdf import PdfMaker

FONTS = Path(mpl.get_data_path()) / "fonts" / "ttf"


def _read(data: bytes) -> tuple[pypdf.PdfReader, str]:
    reader = pypdf.PdfReader(io.BytesIO(data))
    text = "\n".join(page.extract_text() for page in reader.pages)
    return reader, " ".join(text.split())


@pytest.mark.parametrize("language", [code for code in LANGUAGES if code not in ("ja", "ar")])
@pytest.mark.parametrize("inclusive", [True, False])
def test_all_of_the_receipt_is_in_the_file(language: str, inclusive: bool) -> None:
    layout = lay_out(full_receipt(inclusive=inclusive), language, refunds={0: Money(166, "EUR")}, simulated=True)
    data = PdfMaker()(layout)
    assert data is not None
    reader, text = _read(data)
    for line in layout.lines:
        assert line.name in text
        assert " ".join(line.amount.split()) in text
        for under in line.under:
            assert " ".join(under.label.split()) in text
            assert " ".join(under.amount.split()) in text
    for total in layout.sums:
        assert " ".join(total.label.split()) in text
        assert " ".join(total.amount.split()) in text
    for said in (layout.store, " ".join(layout.when.split()), layout.number, " ".join(layout.words.simulated.split())):
        assert said in text
    assert reader.metadata is not None
    assert reader.metadata.title == layout.words.title.format(store="Eckladen & Co")
    assert reader.trailer["/Root"]["/Lang"] == language  # type: ignore[index]
    assert reader.metadata.creation_date is not None
    assert reader.metadata.creation_date.isoformat() == "2026-11-18T11:06:40+00:00"


def test_the_same_receipt_is_the_same_bytes() -> None:
    layout = lay_out(full_receipt(), "de")
    first = PdfMaker()(layout)
    assert first is not None
    assert first == PdfMaker()(layout)
    assert first != PdfMaker()(lay_out(full_receipt(), "fr"))


def test_a_letter_that_no_font_has_makes_no_file_rather_than_a_box() -> None:
    maker = PdfMaker()
    assert maker(lay_out(full_receipt(), "ja")) is None
    assert maker(lay_out(full_receipt(store="茶屋"), "en")) is None
    assert maker(lay_out(full_receipt(), "en")) is not None


def test_a_font_of_the_shop_is_taken_for_what_is_missing() -> None:
    # Of all the fonts that come with matplotlib, this one has the letters of mathematics that DejaVu lacks.
    layout = lay_out(full_receipt(store="Shop \U0001d49c\U0001d4aa \u2af7"), "en")
    missing = PdfMaker()(layout)
    own = PdfMaker(str(FONTS / "STIXGeneral.ttf"))(layout)
    if missing is not None:
        pytest.skip("DejaVu has these letters by now")
    assert own is not None


@pytest.mark.parametrize("content", [None, b"", b"no font at all"])
def test_a_font_that_cannot_be_read_is_logged_and_left_out(
    tmp_path: Path, caplog: pytest.LogCaptureFixture, content: bytes | None
) -> None:
    path = tmp_path / "own.ttf"
    if content is not None:
        path.write_bytes(content)
    with caplog.at_level(logging.WARNING):
        maker = PdfMaker(str(path))
    assert "receipts.pdf_font" in caplog.text
    assert maker(lay_out(full_receipt(), "en")) is not None


def test_a_long_receipt_has_several_pages_and_loses_nothing() -> None:
    receipt = full_receipt()
    lines = tuple(
        msgspec.structs.replace(receipt.lines[2], name=f"Bottle number {n}", quantity=1, amount=Money(25, "EUR"))
        for n in range(80)
    )
    total = TaxedAmount(Money(2000, "EUR"), Money(0, "EUR"), Money(2000, "EUR"))
    long = msgspec.structs.replace(receipt, lines=lines, taxes=(TaxLine("standard", 0, total),), total=total)
    data = PdfMaker()(lay_out(long, "en"))
    assert data is not None
    reader, text = _read(data)
    assert len(reader.pages) > 3
    assert all(f"Bottle number {n} " in text for n in range(80))
    assert "€20.00" in text


@settings(max_examples=30)
@given(receipt=any_receipt(), language=st.sampled_from(sorted(LANGUAGES)))
def test_any_receipt_is_a_file_or_none(receipt: Receipt, language: str) -> None:
    data = PdfMaker()(lay_out(receipt, language))
    assert data is None or data.startswith(b"%PDF-")


# ---- Arabic -----------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("text", "shown"),
    [
        ("ب", "\ufe8f"),
        ("بب", "\ufe91\ufe90"),
        ("ببب", "\ufe91\ufe92\ufe90"),
        ("دب", "\ufea9\ufe8f"),  # dal gives nothing to the next
        ("بد", "\ufe91\ufeaa"),
        ("لا", "\ufefb"),  # lam and alef are one
        ("بلا", "\ufe91\ufefc"),
        ("ب ب", "\ufe8f \ufe8f"),
        ("بَب", "\ufe91\u064e\ufe90"),  # a mark changes nothing
        ("شيء", "\ufeb7\ufef2\ufe80"),  # hamza joins nobody
        ("abc 123", "abc 123"),
    ],
)
def test_letters_join(text: str, shown: str) -> None:
    assert joined(text) == shown


def test_text_runs_as_it_is_read() -> None:
    assert visual("بد") == "\ufeaa\ufe91"
    assert visual("Milk 2 × 3") == "Milk 2 × 3"
    assert visual("بد 12.50 بد", right_to_left=True) == "\ufeaa\ufe91 12.50 \ufeaa\ufe91"
    assert visual("-2.00 €", right_to_left=True) == "-2.00 €"


def test_an_arabic_receipt_has_its_words_in_joined_letters() -> None:
    layout = lay_out(full_receipt(), "ar")
    data = PdfMaker()(layout)
    assert data is not None
    reader, _ = _read(data)
    text = reader.pages[0].extract_text()
    for word in layout.words.total.split():
        assert joined(word) in text or joined(word)[::-1] in text
    assert "10.33" in text


@given(st.text(alphabet=st.characters(min_codepoint=0x600, max_codepoint=0x6FF), max_size=30))
def test_no_letter_is_lost_in_joining(text: str) -> None:
    def plain(shown: str) -> str:
        return unicodedata.normalize("NFKC", shown)

    assert plain(joined(text)) == plain(text)
