"""Makes the golden receipts anew from what this version says, and tells what is different from before.

Run `python -m tests.corpus.write_golden` in the project's root after a change that is meant to alter receipts, look at
every difference, and write a line into the changelog. Small moves of a probability leave a file as it is.
"""

import sys
from collections.abc import Mapping
from pathlib import Path

import msgspec

from tests.corpus.golden import FOLDER, GoldenCase, differences, golden_of, path_of, recordings
from tillfree.simulation.recording import SimulatedRecording
from tillfree.store.replay import replay

__all__ = ["write_golden"]


def write_golden(folder: Path, corpus: Mapping[str, SimulatedRecording]) -> list[str]:
    """Brings the golden files in a folder up to date and returns what changed, in words."""
    told: list[str] = []
    stale = {path.stem for path in folder.glob("*.json")} - corpus.keys()
    for name in sorted(stale):
        path_of(name, folder).unlink()
        told.append(f"{name}: no longer in the corpus")
    for name, recording in corpus.items():
        visits = replay(recording).visits
        path, golden = path_of(name, folder), golden_of(name, visits, recording.truth)
        if path.exists():
            before = msgspec.json.decode(path.read_bytes(), type=GoldenCase)
            changed = differences(before, visits)
            if not changed and before.differs_from_truth == golden.differs_from_truth:
                continue
            told += changed or [f"{name}: another truth"]
        else:
            told.append(f"{name}: new")
        told += [f"{name}: {who}: NOT TRUE, really {items}" for who, items in golden.differs_from_truth.items()]
        path.write_bytes(msgspec.json.format(msgspec.json.encode(golden), indent=1) + b"\n")
    return told


if __name__ == "__main__":
    for line in write_golden(FOLDER, recordings()) or ["nothing changed"]:
        print(line)
    sys.exit(0)
