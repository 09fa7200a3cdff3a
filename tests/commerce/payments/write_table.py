"""Writes the tables of states into the documentation: `python -m tests.commerce.payments.write_table`."""

from pathlib import Path

from tillfree.commerce.payments.states import table_text

PAGE = Path(__file__).resolve().parents[3] / "docs" / "payments.md"
BEGIN, END = "<!-- states -->\n", "<!-- end of states -->\n"


def main() -> None:
    text = PAGE.read_text(encoding="utf-8")
    before, _, rest = text.partition(BEGIN)
    _, _, after = rest.partition(END)
    PAGE.write_text(before + BEGIN + table_text() + END + after, encoding="utf-8")


if __name__ == "__main__":
    main()
