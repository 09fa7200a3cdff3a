"""Draws simulated captures, measures them, fits what each fault costs and writes the table of quality.

    python -m tillfree.learning.palms.quality -o src/tillfree/palm/quality_table.py

Interrupted, it goes on with the palms that are missing in its folder of work. Some seconds for each palm.
"""

import argparse
import sys
from pathlib import Path

import msgspec

from tillfree.learning.palms.lines import drop_unfinished
from tillfree.learning.palms.quality.captures import draw_captures, read_captures
from tillfree.learning.palms.quality.fitting import fit, table_text
from tillfree.palm.capture.finder import HandFinder
from tillfree.palm.embedding import Embedder
from tillfree.palm.encoding import Encoder
from tillfree.storage.models import hand_model, palm_model

__all__ = ["main"]


def main(arguments: list[str] | None = None) -> int:
    """The command."""
    parser = argparse.ArgumentParser(prog="python -m tillfree.learning.palms.quality", description=__doc__)
    parser.add_argument("-o", "--output", type=Path, required=True, help="the table, a Python file")
    parser.add_argument("--work", type=Path, default=Path("build/quality"), help="folder of captures")
    parser.add_argument("--seed", type=int, default=501, help="other seeds are other palms (default 501)")
    parser.add_argument("--palms", type=int, default=100, help="palms, by turns in each light (default 100)")
    parsed = parser.parse_args(arguments)
    parsed.work.mkdir(parents=True, exist_ok=True)
    path = parsed.work / f"captures-{parsed.seed}.jsonl"
    there = _whole(path)
    finder, encoder = HandFinder(hand_model()), Encoder(Embedder(palm_model() or b""))
    with path.open("ab") as file:
        for captures in draw_captures(finder, encoder, seed=parsed.seed, numbers=range(there, parsed.palms)):
            file.write(b"".join(msgspec.json.encode(each) + b"\n" for each in captures))
            file.flush()
            if captures:
                sys.stderr.write(f"\r{(captures[0].number + 1) / parsed.palms:6.1%}")
    sys.stderr.write("\n")
    captures = [each for each in read_captures(path) if each.number < parsed.palms]
    command = (
        f"python -m tillfree.learning.palms.quality --seed {parsed.seed} --palms {parsed.palms} -o quality_table.py"
    )
    parsed.output.write_text(table_text(fit(captures), command), encoding="utf-8")
    return 0


def _whole(path: Path) -> int:
    """How many palms need no more drawing: all of those before and with the last one in the file."""
    if not path.exists():
        return 0
    drop_unfinished(path)
    return max((each.number + 1 for each in read_captures(path)), default=0)


if __name__ == "__main__":
    sys.exit(main())
