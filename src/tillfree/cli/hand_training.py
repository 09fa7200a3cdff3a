"""`tillfree train hands`: draw what is missing, train, and write the model."""

import argparse

from tillfree.cli.terminal import Progress, TerminalError, need_folder, say, show
from tillfree.commerce.display import display_text
from tillfree.learning.palms.landmarks.lessons import draw_cutouts, read_cutouts
from tillfree.learning.palms.landmarks.onnx_file import write_landmark_model
from tillfree.learning.palms.landmarks.training import HandCourse, load_landmarks, train_landmarks
from tillfree.learning.torch_lazily import onnx, torch

__all__ = ["run_train_hands"]

_STEPS_MAX = 1_000_000
_HANDS_MIN, _HANDS_MAX = 100, 100_000


def run_train_hands(arguments: argparse.Namespace) -> int:
    """Draws, trains and writes; each of the first two goes on where it was interrupted."""
    if not 1 <= arguments.steps <= _STEPS_MAX:
        raise TerminalError(f"--steps {arguments.steps}: give 1 to {_STEPS_MAX}")
    if not _HANDS_MIN <= arguments.hands <= _HANDS_MAX:
        raise TerminalError(f"--hands {arguments.hands}: give {_HANDS_MIN} to {_HANDS_MAX}, drawn in parts of 100")
    need_folder(arguments.output)
    for load in (torch, onnx):
        # Better now than after an hour of drawing.
        load()
    drawn = arguments.work / "drawn"
    with Progress("Drawing hands") as progress:
        for share in draw_cutouts(drawn, arguments.seed, arguments.hands):
            progress.show("", share)
    course = HandCourse(seed=arguments.seed, steps=arguments.steps)
    with Progress("Training") as progress:
        for at in train_landmarks(read_cutouts(drawn), course, arguments.work):
            say(f"step {at.step}: loss {at.loss:.3f}")
            progress.show(f"step {at.step}", at.step / course.steps)
    network, step = load_landmarks(arguments.work)
    write_landmark_model(network, arguments.output)
    size_mb = arguments.output.stat().st_size / 1e6
    show(f"{display_text(str(arguments.output))}: {size_mb:.1f} MB, after {step} steps on simulated hands\n")
    return 0
