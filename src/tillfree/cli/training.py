"""`tillfree train people`: draw what is missing, train, and write the model."""

import argparse
from pathlib import Path

from tillfree.cli.terminal import Progress, TerminalError, need_folder, say, show
from tillfree.commerce.display import display_text
from tillfree.learning.people.collection import Sizes, draw_collection, read_collection
from tillfree.learning.people.onnx_file import write_onnx
from tillfree.learning.people.training import Course, load_network, train
from tillfree.learning.torch_lazily import onnx, torch

__all__ = ["run_train"]

_STEPS_MAX = 1_000_000


def run_train(arguments: argparse.Namespace) -> int:
    """Draws, trains and writes; each of the first two goes on where it was interrupted."""
    if not 1 <= arguments.steps <= _STEPS_MAX:
        raise TerminalError(f"--steps {arguments.steps}: give 1 to {_STEPS_MAX}")
    need_folder(arguments.output)
    for load in (torch, onnx):
        # Better now than after an hour of drawing.
        load()
    given = {name: getattr(arguments, name) for name in ("people", "things", "backdrops")}
    sizes = Sizes(**{name: count for name, count in given.items() if count is not None})
    drawn: Path = arguments.work / "drawn"
    with Progress("Drawing people, things and backdrops") as progress:
        for share in draw_collection(drawn, arguments.seed, sizes):
            progress.show("", share)
    course = Course(seed=arguments.seed, steps=arguments.steps)
    with Progress("Training") as progress:
        for at in train(read_collection(drawn), course, arguments.work):
            say(f"step {at.step}: loss of hills {at.hills:.3f}, of boxes {at.boxes:.3f}")
            progress.show(f"step {at.step}", at.step / course.steps)
    network, step = load_network(arguments.work)
    write_onnx(network, arguments.output)
    size_mb = arguments.output.stat().st_size / 1e6
    show(f"{display_text(str(arguments.output))}: {size_mb:.1f} MB, after {step} steps on simulated pictures\n")
    return 0
