"""The arguments of `tillfree palm`: one function per command, which loads what does the work when it runs."""

import argparse
from pathlib import Path

from tillfree.cli.palm.desk_arguments import add_desk
from tillfree.cli.parsers import Commands, add

__all__ = ["add_palm"]

# ---- commands, loaded when they run -----------------------------------------------------------------------------
# ruff: noqa: PLC0415


def _evaluate(arguments: argparse.Namespace) -> int:
    from tillfree.cli.palm.evaluating import run_palm_evaluate

    return run_palm_evaluate(arguments)


def _train_fusion(arguments: argparse.Namespace) -> int:
    from tillfree.cli.palm.training import run_train_fusion

    return run_train_fusion(arguments)


def _demo(arguments: argparse.Namespace) -> int:
    from tillfree.cli.palm.demo import run_palm_demo

    return run_palm_demo(arguments)


# ---- arguments --------------------------------------------------------------------------------------------------


def add_palm(commands: Commands) -> None:
    """Adds `palm` and what it can do."""
    palm = commands.add_parser("palm", help="palms: enrol, recognise, link, forget, and measure", description="palms")
    inner = palm.add_subparsers(title="commands", required=True, metavar="COMMAND")
    _add_demo(inner)
    _add_evaluate(inner)
    _add_train_fusion(inner)
    add_desk(inner)


def _add_demo(commands: Commands) -> None:
    parser = add(commands, "demo", _demo, "open a palm station in the browser, with a camera or with simulated hands")
    parser.add_argument(
        "--data", type=Path, metavar="FOLDER", help="where palms are kept (default: a temporary folder, then gone)"
    )
    parser.add_argument(
        "--liveness", action="store_true", help="turn away what is not taken for a living hand (default: only say so)"
    )
    parser.add_argument("--port", type=int, default=8430, metavar="N", help="default 8430; 0 takes any that is free")
    parser.add_argument(
        "--browser", action=argparse.BooleanOptionalAction, default=True, help="open a browser, where there is a screen"
    )


def _add_evaluate(commands: Commands) -> None:
    parser = add(commands, "evaluate", _evaluate, "say how well the palms in a folder of pictures are told apart")
    parser.add_argument("folder", type=Path, metavar="FOLDER", help="pictures by person, in folders or by their names")
    parser.add_argument("--band", choices=("visible", "nir"), help="the light of all pictures (default: as names say)")
    parser.add_argument(
        "--regions", action="store_true", help="pictures are palm regions already, fingers up: no hand is looked for"
    )
    parser.add_argument(
        "--identity", metavar="PATTERN", help="how paths name people: a regular expression with (?P<person>...), hand, "
        "session, number; or a shape as '{person}/{session}_*'"
    )  # fmt: skip
    parser.add_argument("--group", type=int, default=0, metavar="N", help="N numbered pictures in a row show one palm")
    parser.add_argument("--per-session", type=int, default=0, metavar="N", help="N numbers in a row are one session")
    parser.add_argument(
        "--pairs", choices=("across-sessions", "all"), default="all", help="which samples are compared (default all)"
    )
    parser.add_argument(
        "--matcher", choices=("fused", "embedding", "ordinal", "competitive", "all"), default="all",
        help="one opinion, or all of them and their fusion (default)",
    )  # fmt: skip
    parser.add_argument(
        "--cohort", choices=("folder", "none"), default="folder",
        help="also measure fused scores against those of a sample with the others of the folder (default), or not; "
        "whose they are is not used, and stations do not do it",
    )  # fmt: skip
    parser.add_argument(
        "-o", "--output", type=Path, action="append", default=[], metavar="FILE",
        help="write a report: .html, .json or .csv; may be repeated",
    )  # fmt: skip
    parser.add_argument("--seed", type=int, default=0, metavar="N", help="of the bounds by persons (default 0)")


def _add_train_fusion(commands: Commands) -> None:
    parser = add(commands, "train-fusion", _train_fusion, "learn from simulated palms how much each opinion counts")
    parser.add_argument("-o", "--output", type=Path, required=True, metavar="FILE.py", help="the table of weights")
    parser.add_argument("--palms", type=int, default=1000, metavar="N", help="how many are simulated (default 1000)")
    parser.add_argument("--strangers", type=int, default=40, metavar="N", help="that each palm meets (default 40)")
    parser.add_argument("--seed", type=int, default=4000, metavar="N", help="of these palms (default 4000)")
    parser.add_argument("--protected", action="store_true", help="learn it for comparisons with protected templates")
