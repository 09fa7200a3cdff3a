"""The examples on the pages: code blocks in order, with the page and line where each begins."""

import re
from pathlib import Path
from typing import NamedTuple

from tests.project.sources import ROOT

__all__ = ["PAGES", "Block", "blocks"]

PAGES = [ROOT / "README.md", *sorted((ROOT / "docs").rglob("*.md"))]
FENCE = re.compile(r"^(?P<fence>```+)(?P<language>[\w-]+)\n(?P<text>.*?)^(?P=fence)$", re.MULTILINE | re.DOTALL)


class Block(NamedTuple):
    """One fenced block; `line` is that of its first line of text."""

    page: Path
    line: int
    language: str
    text: str


def blocks(page: Path, text: str) -> list[Block]:
    """All fenced blocks of a page that name a language."""
    return [
        Block(page, text.count("\n", 0, match.start("text")) + 1, match["language"], match["text"])
        for match in FENCE.finditer(text)
    ]
