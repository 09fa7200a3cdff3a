"""`tillfree train palms`: draw what is missing, train, and write the model."""

import argparse
import dataclasses
from pathlib import Path

from tillfree.cli.terminal import Progress, TerminalError, need_folder, say, show
from tillfree.commerce.display import display_text
from tillfree.learning.palms.embedding.collection import Sizes, draw_collection, read_collection
from tillfree.learning.palms.embedding.onnx_file import write_onnx
from tillfree.learning.palms.embedding.training import Course, load_network, train
from tillfree.learning.torch_lazily import onnx, torch

__all__ = ["run_train_palms"]

_SETTLING = 100
"""Steps by pairs alone where a network that has learned goes on with other palms."""
_LIMITS = {"steps": 1_000_000, "palms": 1_000_000, "views": 1000}


def run_train_palms(arguments: argparse.Namespace) -> int:
    """Draws, trains and writes; each of the first two goes on where it was interrupted."""
    for name, most in _LIMITS.items():
        given = getattr(arguments, name)
        least = 2 if name == "views" else 1
        if given is not None and not least <= given <= most:
            raise TerminalError(f"--{name} {given}: give {least} to {most}")
    need_folder(arguments.output)
    for load in (torch, onnx):
        # Better now than after an hour of drawing.
        load()
    if arguments.start is not None:
        load_network(arguments.start)
    asked = {name: getattr(arguments, name) for name in ("palms", "views")}
    sizes = Sizes(**{name: count for name, count in asked.items() if count is not None}, alike=arguments.alike)
    drawn: Path = arguments.work / "drawn"
    with Progress("Drawing palms") as progress:
        for share in draw_collection(drawn, arguments.seed, sizes):
            progress.show("", share)
    course = Course(seed=arguments.seed, steps=arguments.steps)
    if arguments.start is not None:
        course = dataclasses.replace(course, rate=course.rate / 2, pairs_alone=_SETTLING)
    with Progress("Training") as progress:
        for at in train(read_collection(drawn), course, arguments.work, start=arguments.start):
            say(f"step {at.step}: loss of pairs {at.pairs:.3f}, of centres {at.centres:.3f}")
            progress.show(f"step {at.step}", at.step / course.steps)
    network, step = load_network(arguments.work)
    write_onnx(network, arguments.output)
    size_mb = arguments.output.stat().st_size / 1e6
    show(f"{display_text(str(arguments.output))}: {size_mb:.1f} MB, after {step} steps on simulated palms\n")
    return 0
