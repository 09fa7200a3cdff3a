"""Draws simulated presentations, measures their cues, fits the weights and writes the model of liveness.

    python -m tillfree.learning.palms.liveness -o src/tillfree/palm/models/liveness.json

Interrupted, it goes on with the presentations that are missing in its folder of work.
"""

import argparse
import sys
from pathlib import Path

import msgspec

from tillfree.learning.palms.liveness.fitting import fit
from tillfree.learning.palms.liveness.samples import draw_samples, read_samples, wanted_for_training

__all__ = ["main"]


def main(arguments: list[str] | None = None) -> int:
    """The command."""
    parser = argparse.ArgumentParser(prog="python -m tillfree.learning.palms.liveness", description=__doc__)
    parser.add_argument("-o", "--output", type=Path, required=True, help="the model, a JSON file")
    parser.add_argument("--work", type=Path, default=Path("build/liveness"), help="folder of samples")
    parser.add_argument("--seed", type=int, default=1, help="other seeds are other people (default 1)")
    parser.add_argument("--live", type=int, default=100, help="living hands (default 100)")
    parser.add_argument("--each", type=int, default=10, help="presentations of each kind of instrument (default 10)")
    parsed = parser.parse_args(arguments)
    parsed.work.mkdir(parents=True, exist_ok=True)
    path = parsed.work / f"samples-{parsed.seed}.jsonl"
    wanted = wanted_for_training(parsed.seed, parsed.live, parsed.each)
    for done in draw_samples(path, wanted):
        sys.stderr.write(f"\r{done:6.1%}")
    sys.stderr.write("\n")
    given = f"--seed {parsed.seed} --live {parsed.live} --each {parsed.each}"
    asked = {(each.kind, each.person) for each in wanted}
    samples = [sample for sample in read_samples(path) if (sample.kind, sample.seed) in asked]
    model = fit(samples, f"python -m tillfree.learning.palms.liveness {given}")
    parsed.output.write_bytes(msgspec.json.format(msgspec.json.encode(model), indent=1) + b"\n")
    return 0


if __name__ == "__main__":
    sys.exit(main())
