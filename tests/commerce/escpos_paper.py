"""A receipt printer in a few lines: takes the bytes one by one and puts letters on paper, or says what it cannot do.

Written from the command reference alone, and of nothing that makes the bytes: it knows what each command it meets is
followed by, and takes every other control byte for a mistake.
"""

import dataclasses

__all__ = ["PAGES", "Paper", "PrinterError", "Row", "print_on_paper"]

PAGES = {0: "cp437", 16: "cp1252", 17: "cp866", 18: "cp852", 19: "cp858"}
_ON_OFF = {b"\x00": False, b"\x01": True}


class PrinterError(Exception):
    """A byte that this printer has no use for."""


@dataclasses.dataclass
class Row:
    """One row: its text, whether it is bold, how wide its letters are, and whether it stands in the middle."""

    text: str
    bold: bool
    wide: int
    middle: bool


@dataclasses.dataclass
class Paper:
    """What came out."""

    rows: list[Row] = dataclasses.field(default_factory=list)
    codes: list[str] = dataclasses.field(default_factory=list)
    cuts: int = 0

    def text(self) -> str:
        """All rows without their looks."""
        return "\n".join(row.text for row in self.rows)


def print_on_paper(data: bytes, *, columns: int, kanji: bool = False) -> Paper:
    """Raises PrinterError where the bytes do not make sense, or a row runs over the edge."""
    return _Printer(data, columns, kanji).run()


class _Printer:
    def __init__(self, data: bytes, columns: int, kanji: bool) -> None:
        self._data, self._place = data, 0
        self._columns, self._kanji = columns, kanji
        self._paper = Paper()
        self._raw = bytearray()
        self._text = ""
        self._two_bytes = False
        self._stored = b""
        self._reset()

    def _reset(self) -> None:
        self._page, self._bold, self._wide, self._middle = 0, False, 1, False

    def run(self) -> Paper:
        commands = {b"\n": self._line_feed, b"\x1b": self._esc, b"\x1c": self._fs, b"\x1d": self._gs}
        while self._place < len(self._data):
            byte = self._take(1)
            command = commands.get(byte)
            if command is not None:
                self._letters()
                command()
            elif byte[0] < 0x20 or byte[0] == 0x7F:
                raise PrinterError(f"control byte {byte!r}")
            else:
                self._raw += byte
        self._letters()
        if self._text:
            raise PrinterError(f"{self._text!r} never came out: no line feed after it")
        return self._paper

    def _take(self, count: int) -> bytes:
        if self._place + count > len(self._data):
            raise PrinterError(f"the bytes end within a command at {self._place}")
        found = self._data[self._place : self._place + count]
        self._place += count
        return found

    def _letters(self) -> None:
        """What came since the last command, in the page that was in force."""
        self._text += self._raw.decode("cp932" if self._two_bytes else PAGES[self._page])
        self._raw.clear()

    def _line_feed(self) -> None:
        cells = len(self._text.encode("cp932")) if self._two_bytes else len(self._text)
        if cells * self._wide > self._columns:
            raise PrinterError(f"a row of {cells} x {self._wide} runs over {self._columns} columns: {self._text!r}")
        self._paper.rows.append(Row(self._text, self._bold, self._wide, self._middle))
        self._text = ""

    def _esc(self) -> None:
        command = self._take(1)
        if command == b"@":
            self._reset()
        elif command == b"a":
            self._middle = _ON_OFF[self._take(1)]
        elif command == b"E":
            self._bold = _ON_OFF[self._take(1)]
        elif command == b"t":
            self._page = self._take(1)[0]
            if self._page not in PAGES:
                raise PrinterError(f"no page {self._page}")
        else:
            raise PrinterError(f"ESC {command!r}")

    def _fs(self) -> None:
        command = self._take(1)
        if not self._kanji:
            raise PrinterError("FS on a printer that is not for Japan")
        if command == b"&":
            self._two_bytes = True
        elif command != b"C" or self._take(1) != b"\x01":
            raise PrinterError(f"FS {command!r}, or not Shift JIS")

    def _gs(self) -> None:
        command = self._take(1)
        if command == b"!":
            self._wide = (self._take(1)[0] >> 4) + 1
        elif command == b"V":
            if self._take(2)[0] != 66:
                raise PrinterError("another kind of cut")
            self._paper.cuts += 1
        elif command == b"(" and self._take(1) == b"k":
            self._code(self._take(int.from_bytes(self._take(2), "little")))
        else:
            raise PrinterError(f"GS {command!r}")

    def _code(self, body: bytes) -> None:
        kind, function, rest = body[0], body[1], body[2:]
        if kind != 49:
            raise PrinterError("not a QR code")
        if function == 80:
            if rest[:1] != b"0":
                raise PrinterError("store without its mark")
            self._stored = rest[1:]
        elif function == 81:
            self._paper.codes.append(self._stored.decode("ascii"))
        elif function not in (65, 67, 69):
            raise PrinterError(f"QR function {function}")
