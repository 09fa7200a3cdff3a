"""A receipt printer in a few lines: takes the bytes one by one and puts letters on paper, or says what it cannot do.

Written from the command reference alone, and of nothing that makes the bytes: it knows what each command it meets is
followed by, and takes every other control byte for a mistake.
"""

import dataclasses

__all__ = ["PAGES", "Paper", "PrinterError", "print_on_paper"]

PAGES = {0: "cp437", 16: "cp1252", 17: "cp866", 18: "cp852", 19: "cp858"}


class PrinterError(Exception):
    """A byte that this printer has no use for."""


@dataclasses.dataclass
class Row:
    """One row: its text, whether it is bold, and how wide its letters are."""

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
    paper = Paper()
    row = bytearray()
    pieces: list[str] = []
    page, bold, wide, middle, stored, double_bytes = 0, False, 1, False, b"", False
    place = 0

    def flush() -> None:
        if row:
            pieces.append(row.decode("cp932" if double_bytes else PAGES[page]))
            row.clear()

    def take(count: int) -> bytes:
        nonlocal place
        if place + count > len(data):
            raise PrinterError(f"the bytes end within a command at {place}")
        found = data[place : place + count]
        place += count
        return found

    while place < len(data):
        byte = take(1)
        if byte == b"\n":
            flush()
            text = "".join(pieces)
            pieces = []
            cells = sum(2 if double_bytes and len(letter.encode("cp932")) == 2 else 1 for letter in text)
            if cells * wide > columns:
                raise PrinterError(f"a row of {cells} x {wide} runs over {columns} columns: {text!r}")
            paper.rows.append(Row(text, bold, wide, middle))
        elif byte == b"\x1b":
            flush()
            command = take(1)
            if command == b"@":
                page, bold, wide, middle = 0, False, 1, False
            elif command == b"a":
                middle = {b"\x00": False, b"\x01": True}[take(1)]
            elif command == b"E":
                bold = {b"\x00": False, b"\x01": True}[take(1)]
            elif command == b"t":
                page = take(1)[0]
                if page not in PAGES:
                    raise PrinterError(f"no page {page}")
            else:
                raise PrinterError(f"ESC {command!r}")
        elif byte == b"\x1c":
            flush()
            command = take(1)
            if not kanji:
                raise PrinterError("FS on a printer that is not for Japan")
            if command == b"&":
                double_bytes = True
            elif command == b"C":
                if take(1) != b"\x01":
                    raise PrinterError("not Shift JIS")
            else:
                raise PrinterError(f"FS {command!r}")
        elif byte == b"\x1d":
            flush()
            command = take(1)
            if command == b"!":
                wide = (take(1)[0] >> 4) + 1
            elif command == b"V":
                if take(2)[0] != 66:
                    raise PrinterError("another kind of cut")
                paper.cuts += 1
            elif command == b"(":
                if take(1) != b"k":
                    raise PrinterError("GS ( without k")
                body = take(int.from_bytes(take(2), "little"))
                kind, function, rest = body[0], body[1], body[2:]
                if kind != 49:
                    raise PrinterError("not a QR code")
                if function == 80:
                    if rest[:1] != b"0":
                        raise PrinterError("store without its mark")
                    stored = rest[1:]
                elif function == 81:
                    paper.codes.append(stored.decode("ascii"))
                elif function not in (65, 67, 69):
                    raise PrinterError(f"QR function {function}")
            else:
                raise PrinterError(f"GS {command!r}")
        elif byte[0] < 0x20 or byte[0] == 0x7F:
            raise PrinterError(f"control byte {byte!r}")
        else:
            row += byte
    flush()
    if pieces:
        raise PrinterError(f"{pieces} never came out: no line feed after it")
    return paper
