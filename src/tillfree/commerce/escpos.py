"""The receipt of a shopper as bytes for a receipt printer (ESC/POS): what the printer shows, and nothing that it obeys.

The commands are those of Epson's command reference, which other makers follow: ESC @ (begin anew), ESC a (middle or
left), ESC E (bold), GS ! (double size), ESC t (page of letters), GS ( k (QR code), GS V (cut), and, on printers for
Japan, FS & and FS C (Kanji as Shift JIS). A letter that none of the printer's pages has is printed as its plain form
(Ł as L), else as a question mark. No page of letters writes Arabic joined and from right to left, and without
`japanese` none writes Japanese: such receipts are printed in English, with names as far as they can be.
"""

import unicodedata

import msgspec

from tillfree.commerce.display import display_width, wrap
from tillfree.commerce.errors import CommerceError
from tillfree.commerce.layout import Layout
from tillfree.commerce.shopper_text import pair

__all__ = ["CODE_PAGES", "EscPosPrinter", "can_print", "render_escpos"]

CODE_PAGES: dict[int, str] = {
    0: "cp437", 2: "cp850", 3: "cp860", 4: "cp863", 5: "cp865", 16: "cp1252", 17: "cp866", 18: "cp852", 19: "cp858",
    45: "cp1250", 46: "cp1251", 47: "cp1253", 48: "cp1254", 51: "cp1257",
}  # fmt: skip
"""Pages of letters by the number that ESC t knows them by."""
_PLAIN = {
    "Ł": "L", "ł": "l", "Ø": "O", "ø": "o", "Đ": "D", "đ": "d", "ß": "ss", "Æ": "AE", "æ": "ae", "Œ": "OE", "œ": "oe",
    "–": "-", "—": "-", "−": "-", "‘": "'", "’": "'", "“": '"', "”": '"', "„": '"', "…": "...", "×": "x", "€": "EUR",
    "¥": "JPY", "£": "GBP", "ı": "i",
}  # fmt: skip
_JAPANESE = "cp932"
_QR_BYTES_MAX = 1000
_INIT, _MIDDLE, _LEFT = b"\x1b@", b"\x1ba\x01", b"\x1ba\x00"
_BOLD, _PLAIN_WEIGHT = b"\x1bE\x01", b"\x1bE\x00"
_DOUBLE, _SINGLE = b"\x1d!\x11", b"\x1d!\x00"
_KANJI, _SHIFT_JIS = b"\x1c&", b"\x1cC\x01"
_FEED_AND_CUT = b"\x1dVB\x03"


class EscPosPrinter(msgspec.Struct, frozen=True, kw_only=True):
    """What a printer can do: its columns (48 on 80 mm paper, 42 or 32 on others) and pages of letters.

    Of `code_pages` an earlier one is taken where several have a letter.
    """

    columns: int = 48
    code_pages: tuple[int, ...] = (16, 18, 17)
    japanese: bool = False
    cuts: bool = True

    def __post_init__(self) -> None:
        if not 24 <= self.columns <= 96:
            raise CommerceError(f"a receipt printer has 24 to 96 columns, not {self.columns}")
        for page in self.code_pages:
            if page not in CODE_PAGES:
                raise CommerceError(f"code page {page} is not known; known are {', '.join(map(str, CODE_PAGES))}")


def can_print(language: str, printer: EscPosPrinter) -> bool:
    """Whether the printer writes a language; where not, lay the receipt out in English."""
    return language != "ar" and (language != "ja" or printer.japanese)


def render_escpos(layout: Layout, printer: EscPosPrinter, *, link: str = "") -> bytes:
    """The receipt, with a QR code of `link` if there is one, ready to be sent.

    Raises:
        CommerceError: the link is too long for a code, or not ASCII.
    """
    paper = _Paper(printer)
    columns = printer.columns
    paper.middle()
    paper.double(layout.store)
    paper.text(layout.when)
    paper.text(layout.number)
    paper.left()
    if layout.simulated:
        paper.bold(layout.words.simulated)
    paper.text("-" * columns)
    for item in layout.lines:
        paper.text(item.name)
        paper.pair(item.detail, item.amount, indent=2)
        for under in item.under:
            paper.pair(under.label, under.amount, indent=2)
    if not layout.lines:
        paper.text(layout.words.nothing_taken)
    paper.text("-" * columns)
    for total in layout.sums:
        if total.strong:
            paper.total(total.label, total.amount)
        else:
            paper.pair(total.label, total.amount)
    paper.text("-" * columns)
    paper.middle()
    paper.text(layout.note)
    if link:
        paper.feed()
        paper.text(layout.words.scan)
        paper.qr(link)
    paper.text(layout.words.thanks)
    return paper.finished()


class _Paper:
    """What is to be printed, as it grows."""

    def __init__(self, printer: EscPosPrinter) -> None:
        self._printer = printer
        self._page = -1
        self._bytes = bytearray(_INIT)
        self._bytes += _KANJI + _SHIFT_JIS if printer.japanese else b""

    def middle(self) -> None:
        self._bytes += _MIDDLE

    def left(self) -> None:
        self._bytes += _LEFT

    def feed(self) -> None:
        self._bytes += b"\n"

    def text(self, text: str) -> None:
        """In as many rows as it needs."""
        self._rows(wrap(self._printable(text), self._printer.columns))

    def bold(self, text: str) -> None:
        self._bytes += _BOLD
        self.text(text)
        self._bytes += _PLAIN_WEIGHT

    def double(self, text: str) -> None:
        """Twice as wide and high."""
        self._bytes += _DOUBLE
        self._rows(wrap(self._printable(text), self._printer.columns // 2))
        self._bytes += _SINGLE

    def pair(self, left: str, right: str, *, indent: int = 0) -> None:
        rows = self._pair(left, right, self._printer.columns - indent)
        self._rows([" " * indent + row for row in rows])

    def total(self, label: str, amount: str) -> None:
        """Twice as wide and high, where both fit on one line; else bold."""
        rows = self._pair(label, amount, self._printer.columns // 2)
        large = len(rows) == 1
        self._bytes += _DOUBLE if large else _BOLD
        self._rows(rows if large else self._pair(label, amount, self._printer.columns))
        self._bytes += _SINGLE if large else _PLAIN_WEIGHT

    def qr(self, link: str) -> None:
        """GS ( k of Epson: model 2, dots of 6, correction M, store, print.

        Raises:
            CommerceError: the link is too long, or not in ASCII.
        """
        if not link.isascii() or not link.isprintable() or len(link) > _QR_BYTES_MAX:
            raise CommerceError(
                f"a link of {len(link)} characters cannot be a code; give up to {_QR_BYTES_MAX} of ASCII"
            )
        stored = link.encode()
        for call in (b"1A2\x00", b"1C\x06", b"1E1", b"1P0" + stored, b"1Q0"):
            self._bytes += b"\x1d(k" + len(call).to_bytes(2, "little") + call
        self.feed()

    def finished(self) -> bytes:
        """All of it, with the paper cut."""
        self._bytes += b"\n\n\n" + (_FEED_AND_CUT if self._printer.cuts else b"\n")
        return bytes(self._bytes)

    def _pair(self, left: str, right: str, columns: int) -> list[str]:
        return pair(self._printable(left), self._printable(right), columns)

    def _rows(self, rows: list[str]) -> None:
        """Rows that fit: letters that become others change the width, so that was done before they were cut."""
        for row in rows:
            self._write(row.rstrip())
            self.feed()

    def _printable(self, text: str) -> str:
        """The text in letters that the printer has. What a printer would obey is none: those are all below a blank."""
        return "".join(self._letter(letter) for letter in unicodedata.normalize("NFC", text))

    def _letter(self, letter: str) -> str:
        if letter == " " or "!" <= letter <= "~":
            return letter
        if letter.isspace():
            return " "
        if self._page_of(letter) is not None:
            return letter
        if letter in _PLAIN:
            return "".join(self._letter(part) for part in _PLAIN[letter])
        plain = "".join(
            part for part in unicodedata.normalize("NFKD", letter) if not unicodedata.category(part).startswith("M")
        )
        if plain and plain != letter:
            return "".join(self._letter(part) for part in plain)
        return "?" if letter.isprintable() else ""

    def _page_of(self, letter: str) -> int | None:
        """The page that has a letter, -1 for Kanji; the one in force if it can."""
        if self._printer.japanese:
            # Every letter of two bytes is two columns wide, also such as are narrow elsewhere (×).
            found = _encoded(letter, _JAPANESE)
            return -1 if found and len(found) == display_width(letter) else None
        pages = self._printer.code_pages
        for page in (self._page, *pages) if self._page in pages else pages:
            if _encoded(letter, CODE_PAGES[page]):
                return page
        return None

    def _write(self, text: str) -> None:
        if self._printer.japanese:
            self._bytes += text.encode(_JAPANESE)
            return
        for letter in text:
            if letter == " " or "!" <= letter <= "~":
                self._bytes += letter.encode("ascii")
                continue
            page = self._page_of(letter)
            assert page is not None
            if page != self._page:
                self._bytes += b"\x1bt" + bytes([page])
                self._page = page
            self._bytes += letter.encode(CODE_PAGES[page])


def _encoded(letter: str, page: str) -> bytes:
    """The letter in a page; nothing where it is not there, or a byte that a printer obeys."""
    try:
        found = letter.encode(page)
    except UnicodeEncodeError:
        return b""
    return found if found[0] >= 0x20 else b""
