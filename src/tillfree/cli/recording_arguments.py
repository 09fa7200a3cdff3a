"""The arguments of the commands for recordings: their receipts and why, how good they are, and what is in them."""

import argparse
from pathlib import Path

from tillfree.cli.parsers import Commands, add, add_settings_option

__all__ = ["add_evaluate", "add_explain", "add_recordings", "add_replay"]

# ---- commands, loaded when they run -----------------------------------------------------------------------------
# ruff: noqa: PLC0415


def _replay(arguments: argparse.Namespace) -> int:
    from tillfree.cli.replaying import run_replay

    return run_replay(arguments)


def _explain(arguments: argparse.Namespace) -> int:
    from tillfree.cli.explaining import run_explain

    return run_explain(arguments)


def _evaluate(arguments: argparse.Namespace) -> int:
    from tillfree.cli.evaluating import run_evaluate

    return run_evaluate(arguments)


def _import(arguments: argparse.Namespace) -> int:
    from tillfree.cli.recordings import run_import

    return run_import(arguments)


def _info(arguments: argparse.Namespace) -> int:
    from tillfree.cli.recordings import run_info

    return run_info(arguments)


def _truth(arguments: argparse.Namespace) -> int:
    from tillfree.cli.truths import run_truth

    return run_truth(arguments)


# ---- arguments --------------------------------------------------------------------------------------------------


def add_replay(commands: Commands) -> None:
    """The receipts of a recording."""
    parser = add(commands, "replay", _replay, "turn a recording into receipts")
    parser.add_argument("recording", type=Path, metavar="RECORDING", help="an MCAP file, or a folder as it lies")
    parser.add_argument("--json", action="store_true", help="print JSON instead of text")
    parser.add_argument(
        "-o", "--output", type=Path, metavar="FILE", help='also write {"PERSON": {"BARCODE": quantity}} to FILE'
    )
    parser.add_argument("--html", type=Path, metavar="FOLDER", help="also write each receipt as a page into FOLDER")
    add_settings_option(parser)


def add_explain(commands: Commands) -> None:
    """Why a line is on a receipt."""
    parser = add(commands, "explain", _explain, "say why a line is on a receipt, and what else it might have been")
    parser.add_argument("recording", type=Path, metavar="RECORDING", help="an MCAP file, or a folder as it lies")
    parser.add_argument("--visit", required=True, metavar="ID", help="the code of a visit, or a person's track id")
    add_settings_option(parser)


def add_evaluate(commands: Commands) -> None:
    """Receipts beside the truth."""
    parser = add(commands, "evaluate", _evaluate, "score every recording below a folder against its truth")
    parser.add_argument("folder", type=Path, metavar="FOLDER", help="where recordings lie; one recording is fine too")
    parser.add_argument("--predictions", type=Path, metavar="OUT", help="write OUT/<case>/receipts.json for each")
    parser.add_argument("--report", type=Path, metavar="FILE.html", help="write a page with tables and plots")
    parser.add_argument("--json", action="store_true", help="print the whole report as JSON")
    parser.add_argument("--match", default="*", metavar="PATTERN", help="only recordings of such names, as 'SYN-*'")
    parser.add_argument("--exclude", default="", metavar="PATTERN", help="no recordings of such names, as '*FAULTS*'")
    add_settings_option(parser)


def add_recordings(commands: Commands) -> None:
    """Recordings of other systems, and what is in one."""
    parser = add(commands, "import", _import, "write a recording of another system as MCAP")
    parser.add_argument("layout", choices=("autocheckout", "csv"), help="JSON lines, or one CSV file per plate")
    parser.add_argument("folder", type=Path, metavar="FOLDER")
    parser.add_argument("-o", "--output", type=Path, required=True, metavar="FILE.mcap")
    record = commands.add_parser("record", help="look into recordings", description="look into recordings")
    inner = record.add_subparsers(title="commands", required=True, metavar="COMMAND")
    parser = add(inner, "info", _info, "say what is in a recording")
    parser.add_argument("recording", type=Path, metavar="RECORDING", help="an MCAP file, or a folder as it lies")
    parser.add_argument("--json", action="store_true", help="print JSON instead of text")
    parser = add(inner, "truth", _truth, "write what really happened as tables: receipts, acts, reaches, places")
    parser.add_argument("recording", type=Path, metavar="RECORDING", help="an MCAP file, or a folder as it lies")
    parser.add_argument("-o", "--output", type=Path, required=True, metavar="FOLDER", help="a new folder for them")
