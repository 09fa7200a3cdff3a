"""Adds to the corpus of events what this version writes and the corpus does not have yet.

Run `python -m tests.core.extend_corpus` in the project's root after a field or a kind was added and `samples.py` was
extended. It only ever appends to the corpus; a change that would make old lines unreadable is refused.
"""

import sys
from pathlib import Path

import msgspec

from tests.core.evolution import Shape, breaking_changes, shapes
from tests.core.samples import FULL, plain
from tillfree.core.events import encode_event

__all__ = ["CORPUS", "SHAPES", "extend", "read_shapes"]

CORPUS = Path(__file__).parent / "corpus" / "events-v1.jsonl"
SHAPES = CORPUS.with_name("events-v1.fields.json")


def read_shapes(path: Path) -> dict[str, Shape]:
    """The stored shapes; none before the first run."""
    stored: dict[str, Shape] = msgspec.json.decode(path.read_bytes()) if path.exists() else {}
    return stored


def extend(corpus: Path, stored_shapes: Path) -> list[str]:
    """Bring both files up to date; returns what stands in the way, and then changes nothing."""
    now = shapes()
    refused = breaking_changes(read_shapes(stored_shapes), now)
    if refused:
        return refused
    have = set(corpus.read_bytes().splitlines()) if corpus.exists() else set()
    lines = dict.fromkeys(encode_event(event) for full in FULL for event in (plain(full), full))
    with corpus.open("ab") as file:
        file.writelines(line + b"\n" for line in lines if line not in have)
    stored_shapes.write_bytes(msgspec.json.format(msgspec.json.encode(now, order=None), indent=1) + b"\n")
    return []


def main() -> int:
    """Extend the corpus in the repository."""
    refused = extend(CORPUS, SHAPES)
    for change in refused:
        print(f"refused: {change}", file=sys.stderr)
    if refused:
        print("See the rules at the head of tillfree.core.events.", file=sys.stderr)
    return 1 if refused else 0


if __name__ == "__main__":
    sys.exit(main())
