"""The receipt of a shopper as a PDF: the same bytes for the same receipt, with its language and title in it.

Letters are those of DejaVu Sans (it comes with matplotlib): Latin, Greek, Cyrillic, Arabic, Hebrew and more, but no
Chinese, Japanese or Korean. For those the shop names a font file of its own (`receipts.pdf_font`); a receipt with a
letter that neither has is no PDF at all rather than one with boxes in it, and the page says how to print it instead.
Arabic is written in its joined forms, so programs that search the text find those.
"""

import contextlib
import datetime as dt
import functools
import io
import logging
import struct
from collections.abc import Iterator
from pathlib import Path

import matplotlib as mpl
from fontTools.ttLib import TTFont, TTLibError
from fpdf import FPDF
from fpdf.errors import FPDFException
from fpdf.fonts import TTFFont

from tillfree.commerce.layout import Layout, LineLayout, SumLayout
from tillfree.core.time import NS_PER_S
from tillfree.web.shopper.arabic import visual

__all__ = ["PdfMaker"]

_FONTS = Path(mpl.get_data_path()) / "fonts" / "ttf"
_REGULAR, _BOLD = "DejaVuSans.ttf", "DejaVuSans-Bold.ttf"
_PAGE_MM = (148.0, 210.0)
_MARGIN_MM = 14.0
_GAP_MM = 4.0
_NAME = "Text"
_OWN = "Own"
_log = logging.getLogger(__name__)
# fontTools tells at length which tables it leaves out of a font.
logging.getLogger("fontTools").setLevel(logging.WARNING)


class PdfMaker:
    """Makes PDFs with the fonts of one shop."""

    def __init__(self, font: str = "") -> None:
        """`font` is a TrueType file for letters that DejaVu Sans lacks; where it cannot be read, that is logged."""
        self._font = ""
        if font:
            try:
                _letters_of(Path(font).read_bytes())
                with _blank(font):
                    self._font = font
            except (OSError, FPDFException, TTLibError, ValueError, KeyError, struct.error) as error:
                _log.warning("receipts.pdf_font: %s cannot be used (%s); PDFs are made without it", font, error)

    def can_make(self, layout: Layout) -> bool:
        """Whether all letters of the receipt are in a font."""
        known = _letters(self._font)
        return all(ord(letter) in known for text in _texts(layout) for letter in _shown(text, layout))

    def __call__(self, layout: Layout) -> bytes | None:
        """The file, or None where a letter of the receipt is in no font."""
        if not self.can_make(layout):
            return None
        try:
            with _blank(self._font) as sheet:
                return _Sheet(sheet, layout).made()
        except FPDFException as error:
            _log.warning("no PDF of this receipt: %s", error)
            return None


def _texts(layout: Layout) -> Iterator[str]:
    """All that is written."""
    words = layout.words
    yield from (layout.store, layout.when, layout.number, layout.note, words.thanks, words.simulated)
    yield words.nothing_taken
    for line in layout.lines:
        yield from (line.name, line.detail, line.amount)
        for under in line.under:
            yield from (under.label, under.amount)
    for total in layout.sums:
        yield from (total.label, total.amount)


def _shown(text: str, layout: Layout) -> str:
    """The text as it stands on the line."""
    return visual(text.replace("\u202f", "\u00a0"), right_to_left=layout.words.right_to_left)


@functools.cache
def _letters(font: str) -> frozenset[int]:
    """All letters that can be written: bold ones too, of which there are fewer."""
    regular, bold = ((_FONTS / name).read_bytes() for name in (_REGULAR, _BOLD))
    own = _letters_of(Path(font).read_bytes()) if font else frozenset()
    return (_letters_of(regular) & _letters_of(bold)) | own


def _letters_of(data: bytes) -> frozenset[int]:
    with TTFont(io.BytesIO(data)) as font:
        return frozenset(font.getBestCmap() or ())


@contextlib.contextmanager
def _blank(font: str) -> Iterator[FPDF]:
    """A sheet with its fonts, whose files are closed at the end."""
    sheet = FPDF(unit="mm", format=_PAGE_MM)
    try:
        sheet.add_font(_NAME, "", _FONTS / _REGULAR)
        sheet.add_font(_NAME, "B", _FONTS / _BOLD)
        if font:
            sheet.add_font(_OWN, "", font)
            sheet.add_font(_OWN, "B", font)
            sheet.set_fallback_fonts([_OWN])
        yield sheet
    finally:
        for opened in sheet.fonts.values():
            if isinstance(opened, TTFFont):
                opened.close()


class _Sheet:
    """One receipt on paper."""

    def __init__(self, sheet: FPDF, layout: Layout) -> None:
        self._layout = layout
        self._rtl = layout.words.right_to_left
        made = dt.datetime.fromtimestamp(layout.time_ns // NS_PER_S, dt.UTC)
        sheet.set_creation_date(made)
        sheet.set_title(layout.words.title.format(store=layout.store))
        sheet.set_lang(layout.words.code)
        sheet.set_author(layout.store)
        sheet.set_creator("Tillfree")
        sheet.set_producer("Tillfree")
        sheet.set_margin(_MARGIN_MM)
        sheet.set_auto_page_break(True, _MARGIN_MM)
        sheet.add_page()
        self._sheet = sheet
        self._width_mm = _PAGE_MM[0] - 2 * _MARGIN_MM

    def made(self) -> bytes:
        """The whole file."""
        layout, words = self._layout, self._layout.words
        self._text(layout.store, 16, bold=True)
        self._text(layout.when, 9)
        self._text(layout.number, 9)
        if layout.simulated:
            self._text(words.simulated, 9, bold=True)
        self._rule()
        for line in layout.lines:
            self._item(line)
        if not layout.lines:
            self._text(words.nothing_taken, 10)
        self._rule()
        for total in layout.sums:
            self._pair(total.label, total.amount, 12 if total.strong else 10, bold=total.strong)
        self._rule()
        self._text(layout.note, 8)
        self._text(words.thanks, 8)
        return bytes(self._sheet.output())

    def _item(self, line: LineLayout) -> None:
        rows = [SumLayout(line.detail, line.amount), *line.under]
        # A name must not stand at the foot of one page and its price on the next.
        needed_mm = 6.0 * (1 + len(rows))
        if self._sheet.will_page_break(min(needed_mm, 60.0)):
            self._sheet.add_page()
        self._text(line.name, 10)
        for row in rows:
            self._pair(row.label, row.amount, 9, indent_mm=4.0, bold=row.strong)
        self._sheet.ln(1.0)

    def _text(self, text: str, size_pt: float, *, bold: bool = False) -> None:
        self._font(size_pt, bold=bold)
        for row in self._rows(text, self._width_mm):
            self._cell(self._width_mm, size_pt, row, "R" if self._rtl else "L")
            self._sheet.ln()

    def _pair(self, left: str, right: str, size_pt: float, *, indent_mm: float = 0.0, bold: bool = False) -> None:
        self._font(size_pt, bold=bold)
        amount_mm = min(self._width_mm * 0.6, self._sheet.get_string_width(self._shown(right)) + 1.0)
        label_mm = self._width_mm - amount_mm - indent_mm - _GAP_MM
        *first, last = self._rows(left, label_mm) or [""]
        for row in first:
            self._row(row, "", label_mm, amount_mm, indent_mm, size_pt)
        self._row(last, right, label_mm, amount_mm, indent_mm, size_pt)

    def _row(self, left: str, right: str, label_mm: float, amount_mm: float, indent_mm: float, size_pt: float) -> None:
        if self._rtl:
            self._cell(amount_mm, size_pt, right, "L")
            self._cell(label_mm + _GAP_MM, size_pt, left, "R")
        else:
            self._cell(indent_mm, size_pt, "", "L")
            self._cell(label_mm + _GAP_MM, size_pt, left, "L")
            self._cell(amount_mm, size_pt, right, "R")
        self._sheet.ln()

    def _rows(self, text: str, width_mm: float) -> list[str]:
        """The text in rows that fit, broken at blanks where there are any."""
        rows, current = [], ""
        for word in text.split(" "):
            longer = f"{current} {word}" if current else word
            if self._sheet.get_string_width(self._shown(longer)) <= width_mm - 2.5:
                current = longer
                continue
            if current:
                rows.append(current)
            current = ""
            for letter in word:
                if current and self._sheet.get_string_width(self._shown(current + letter)) > width_mm - 2.5:
                    rows.append(current)
                    current = ""
                current += letter
        return [*rows, current] if current else rows

    def _shown(self, text: str) -> str:
        return _shown(text, self._layout)

    def _cell(self, width_mm: float, size_pt: float, text: str, align: str) -> None:
        if width_mm > 0:
            self._sheet.cell(width_mm, size_pt * 0.5, self._shown(text), align=align)

    def _font(self, size_pt: float, *, bold: bool) -> None:
        self._sheet.set_font(_NAME, "B" if bold else "", size_pt)

    def _rule(self) -> None:
        y_mm = self._sheet.get_y() + 1.5
        self._sheet.set_draw_color(150)
        self._sheet.line(_MARGIN_MM, y_mm, _PAGE_MM[0] - _MARGIN_MM, y_mm)
        self._sheet.set_y(y_mm + 1.5)
