"""How a command is put beside the others, and the options that several have."""

import argparse
from collections.abc import Callable
from pathlib import Path
from typing import TypeAlias

__all__ = ["Command", "Commands", "add", "add_settings_option"]

Command = Callable[[argparse.Namespace], int]
Commands: TypeAlias = "argparse._SubParsersAction[argparse.ArgumentParser]"  # noqa: SLF001  it has no public name


def add(commands: Commands, name: str, run: Command, text: str) -> argparse.ArgumentParser:
    """A parser of a command; `run` does the work."""
    parser: argparse.ArgumentParser = commands.add_parser(name, help=text, description=text)
    parser.set_defaults(run=run)
    return parser


def add_settings_option(parser: argparse.ArgumentParser) -> None:
    """Where the settings of the store are."""
    parser.add_argument("--settings", type=Path, metavar="STORE.TOML", help="settings of the store (default: built in)")
