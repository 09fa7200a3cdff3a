"""Arguments of `tillfree train hands`."""

import argparse
from collections.abc import Callable
from pathlib import Path

__all__ = ["add_train_hands"]

Parsers = Callable[..., argparse.ArgumentParser]


def add_train_hands(models: "argparse._SubParsersAction[argparse.ArgumentParser]", add: Parsers) -> None:
    """Puts the command beside those of other models; `add` makes a parser of a name, a function and a text."""
    parser = add(models, "hands", _train_hands, "train the finder of hands on hands that are drawn for it")
    parser.add_argument("-o", "--output", type=Path, required=True, metavar="FILE.onnx", help="the model")
    parser.add_argument(
        "--work", type=Path, required=True, metavar="FOLDER",
        help="where what is drawn and how far training came are kept; the same folder again goes on there",
    )  # fmt: skip
    parser.add_argument("--seed", type=int, default=1, metavar="N", help="of hands and weights (default 1)")
    parser.add_argument("--steps", type=int, default=2600, metavar="N", help="of 16 pictures each (default 2600)")
    parser.add_argument("--hands", type=int, default=2700, metavar="N", help="how many are drawn (default 2700)")


def _train_hands(arguments: argparse.Namespace) -> int:
    from tillfree.cli.hand_training import run_train_hands  # noqa: PLC0415  PyTorch is loaded only where it is used

    return run_train_hands(arguments)
