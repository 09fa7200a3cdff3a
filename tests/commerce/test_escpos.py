"""What a receipt printer puts on paper, by a printer that was written for the test."""

import msgspec
import pytest
from hypothesis import given
from hypothesis import strategies as st

from tests.commerce.escpos_paper import PrinterError, print_on_paper
from tests.commerce.receipts_to_show import any_receipt, full_receipt
from tillfree.commerce.errors import CommerceError
from tillfree.commerce.escpos import EscPosPrinter, can_print, render_escpos
from tillfree.commerce.languages.choosing import LANGUAGES
from tillfree.commerce.languages.formats import amount_in
from tillfree.commerce.layout import lay_out
from tillfree.commerce.receipt import Receipt
from tillfree.core.money import Money

LINK = "https://shop.example/r/x-Y_z0123456789"
PRINTED = [code for code in LANGUAGES if code not in ("ja", "ar")]


@pytest.mark.parametrize("columns", [32, 42, 48])
@pytest.mark.parametrize("language", PRINTED)
def test_all_of_the_receipt_is_on_the_paper(language: str, columns: int) -> None:
    receipt = full_receipt()
    layout = lay_out(receipt, language, refunds={0: Money(166, "EUR")})
    paper = print_on_paper(render_escpos(layout, EscPosPrinter(columns=columns), link=LINK), columns=columns)
    text = " ".join(paper.text().split())
    for line in layout.lines:
        assert line.name in text
        assert " ".join(line.amount.split()) in text
    assert "Łódzki ser" in text
    for total in layout.sums:
        assert " ".join(total.amount.split()) in text
        assert " ".join(total.label.split()) in text
    assert paper.codes == [LINK]
    assert paper.cuts == 1
    total_row = next(
        row
        for row in paper.rows
        if layout.words.total in row.text and amount_in(receipt.total.gross, language).split()[-1] in row.text
    )
    assert total_row.wide == 2 or total_row.bold
    assert paper.rows[0].middle
    assert paper.rows[0].wide == 2


def test_what_a_page_lacks_is_printed_in_plain_letters() -> None:
    receipt = full_receipt(store="Ĉio 日本 — Łódź ✓")
    paper = print_on_paper(render_escpos(lay_out(receipt, "en"), EscPosPrinter(code_pages=(16,))), columns=48)
    assert paper.rows[0].text == "Cio ?? — Lódz ?"
    bare = print_on_paper(render_escpos(lay_out(receipt, "de"), EscPosPrinter(code_pages=())), columns=48)
    assert bare.text().isascii()
    assert "Bio-Apfel" in bare.text()
    assert "10,33 EUR" in bare.text()


def test_japanese_on_a_printer_for_japan() -> None:
    printer = EscPosPrinter(japanese=True)
    layout = lay_out(full_receipt(currency="JPY"), "ja")
    assert can_print("ja", printer)
    paper = print_on_paper(render_escpos(layout, printer, link=LINK), columns=48, kanji=True)
    assert "合計" in paper.text()
    assert "容器保証金" in paper.text()
    assert "1,033" in paper.text()


def test_what_no_printer_writes_is_said_beforehand() -> None:
    assert not can_print("ja", EscPosPrinter())
    assert not can_print("ar", EscPosPrinter(japanese=True))
    assert all(can_print(language, EscPosPrinter()) for language in PRINTED)


@pytest.mark.parametrize("link", ["https://ä.example", "a\nb", "x" * 1001, "\x1d"])
def test_a_link_that_is_no_code_is_refused(link: str) -> None:
    with pytest.raises(CommerceError, match="code"):
        render_escpos(lay_out(full_receipt(), "en"), EscPosPrinter(), link=link)


@pytest.mark.parametrize("columns", [0, 23, 97])
def test_a_printer_that_there_is_none_like(columns: int) -> None:
    with pytest.raises(CommerceError, match="columns"):
        EscPosPrinter(columns=columns)
    with pytest.raises(CommerceError, match="code page 99"):
        EscPosPrinter(code_pages=(99,))


@given(
    receipt=any_receipt(),
    language=st.sampled_from(sorted(LANGUAGES)),
    columns=st.sampled_from([32, 42, 48]),
    pages=st.sampled_from([(), (0,), (16, 18, 17), (19, 18)]),
    japanese=st.booleans(),
)
def test_no_receipt_gives_the_printer_an_order_of_its_own(
    receipt: Receipt, language: str, columns: int, pages: tuple[int, ...], japanese: bool
) -> None:
    printer = EscPosPrinter(columns=columns, code_pages=pages, japanese=japanese)
    data = render_escpos(lay_out(receipt, language), printer)
    paper = print_on_paper(data, columns=columns, kanji=japanese)
    assert paper.cuts == 1
    assert paper.codes == []
    total = amount_in(receipt.total.gross, "en").split()[-1].strip("$€£¥￥")
    if language == "en" and not japanese:
        assert total in paper.text()


def test_the_paper_of_the_test_finds_mistakes() -> None:
    for wrong in (b"\x07", b"\x1bp\x00", b"a" * 49 + b"\n", b"\x1d(k\x05\x001", b"no end", b"\x1c&"):
        with pytest.raises(PrinterError):
            print_on_paper(wrong, columns=48)


@pytest.mark.parametrize("japanese", [True, False])
@pytest.mark.parametrize("name", ["\u0300" * 20, "a\u0300\u0301\u0302", "\u200d", "\ufe0f", "\x7f", "\U0001f9c0\ufe0f"])
def test_letters_that_take_no_room_do_no_harm(name: str, japanese: bool) -> None:
    receipt = full_receipt()
    lines = tuple(msgspec.structs.replace(line, name=name) for line in receipt.lines)
    layout = lay_out(msgspec.structs.replace(receipt, lines=lines), "en")
    assert render_escpos(layout, EscPosPrinter(japanese=japanese)).startswith(b"\x1b@")
