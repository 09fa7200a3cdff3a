"""The project's own files, as the tests of its rules see them."""

import ast
from collections.abc import Iterator
from functools import cache
from pathlib import Path

__all__ = ["PACKAGE", "PACKAGES", "PURE", "ROOT", "modules", "name_of", "text_files", "tree_of"]

ROOT = Path(__file__).resolve().parents[2]
PACKAGE = ROOT / "src" / "tillfree"
PACKAGES = sorted(init.parent for init in PACKAGE.rglob("__init__.py"))
PURE = ("core", "catalog", "sensing", "rfid", "vision", "fusion", "shopping", "commerce", "identity", "palm")
"""The packages of floors 0 and 1."""


def modules() -> list[Path]:
    """Every module of the package."""
    return sorted(PACKAGE.rglob("*.py"))


def name_of(path: Path) -> str:
    """A path as tests show it: from the project's root."""
    return path.relative_to(ROOT).as_posix()


@cache
def tree_of(path: Path) -> ast.Module:
    """The syntax tree of a module."""
    return ast.parse(path.read_text(encoding="utf-8"), filename=str(path))


def text_files() -> Iterator[Path]:
    """Everything that people read: sources, tests, pages and the files at the root."""
    for folder in ("src", "tests", "docs", ".ci"):
        for path in sorted((ROOT / folder).rglob("*")):
            if path.is_file() and "__pycache__" not in path.parts and path.suffix in TEXT:
                yield path
    for path in sorted(ROOT.iterdir()):
        if path.is_file() and path.suffix in TEXT and path.name not in {".git", "LICENSE"}:
            yield path


TEXT = frozenset({".py", ".md", ".toml", ".json", ".jsonl", ".csv", ".html", ".css", ".js", ".svg", ".txt", ""})
