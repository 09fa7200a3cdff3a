"""The arguments of the commands that enrol, recognise and forget."""

import argparse
from pathlib import Path

from tillfree.cli.palm.owner_arguments import add_owner
from tillfree.cli.parsers import Command, Commands, add
from tillfree.storage.palm_vault.purposes import PURPOSES

__all__ = ["add_desk"]

_WHO = "their name in the vault, or account:NAME, badge:NUMBER, loyalty:NUMBER, listed:NAME"

# ---- commands, loaded when they run -----------------------------------------------------------------------------
# ruff: noqa: PLC0415


def _recognise(arguments: argparse.Namespace) -> int:
    from tillfree.cli.palm.recognising import run_recognise

    return run_recognise(arguments)


def _office(arguments: argparse.Namespace) -> int:
    from tillfree.cli.palm.office import run_office

    return run_office(arguments)


def _notice(arguments: argparse.Namespace) -> int:
    from tillfree.cli.palm.noticing import run_notice

    return run_notice(arguments)


def _enrol_folder(arguments: argparse.Namespace) -> int:
    from tillfree.cli.palm.folders import run_enrol_folder

    return run_enrol_folder(arguments)


# ---- arguments --------------------------------------------------------------------------------------------------


def add_desk(commands: Commands) -> None:
    """Adds `enrol`, `identify`, `verify`, `delete`, `export`, `revoke-all`, and what keeps the vault in order.

    What the owner of a palm wants done with what is linked to it is added as well.
    """
    enrol = _add(commands, "enrol", _recognise, "enrol somebody by pictures of their hand, with their consent")
    identify = _add(commands, "identify", _recognise, "say whose hand is on pictures, of all who are enrolled")
    verify = _add(commands, "verify", _recognise, "say whether a hand is that of somebody who is enrolled")
    folder = _add(commands, "enrol-folder", _enrol_folder, "enrol many people at once, nobody of them twice")
    verify.add_argument("palm", metavar="PALM", help=_WHO)
    for parser in (enrol, identify, verify):
        parser.add_argument("pictures", nargs="+", type=Path, metavar="PICTURE", help="PNG or JPEG")
        parser.add_argument("--band", choices=("visible", "nir"), default="visible", help="the light of the pictures")
    for parser in (enrol, identify, verify, folder):
        parser.add_argument(
            "--regions",
            action="store_true",
            help="pictures are palm regions, fingers up: no hand is looked for",
        )
    enrol.add_argument("--notice", required=True, metavar="VERSION", help="the notice that they have read")
    enrol.add_argument("--language", required=True, metavar="CODE", help="in which language, as en")
    enrol.add_argument(
        "--purpose", action="append", required=True, choices=PURPOSES, help="what they agreed to; may be repeated"
    )
    enrol.add_argument(
        "--palm", metavar="PALM", default="",
        help=f"new templates for somebody who is there, as after a revocation: {_WHO}",
    )  # fmt: skip
    _add_folder(folder)
    notice = _add(commands, "notice", _notice, "print what people read before they agree; it is no legal advice")
    notice.add_argument("--language", metavar="CODE", default="", help="as de (default: that of the shop)")
    notice.add_argument("--settings", type=Path, metavar="STORE.TOML", help="its settings (default: as they come)")
    notice.add_argument("-o", "--output", type=Path, metavar="FILE", help="write it to FILE instead")
    delete = _add(commands, "delete", _office, "forget somebody: their key is destroyed, their rows are erased")
    export = _add(commands, "export", _office, "print all that is stored about somebody, as JSON")
    for parser in (delete, export):
        parser.add_argument("palm", metavar="PALM", help=_WHO)
    export.add_argument("-o", "--output", type=Path, metavar="FILE", help="write it to FILE instead")
    revoke = _add(commands, "revoke-all", _office, "void all templates; links stay, and people enrol anew")
    revoke.add_argument("--why", required=True, metavar="TEXT", help="for the log")
    rotate = _add(commands, "rotate-keys", _office, "wrap all keys with a new one; nobody has to enrol anew")
    forget = _add(commands, "forget-inactive", _office, "erase whoever was not seen for as long as the settings say")
    count = _add(commands, "count", _office, "say how many palms are enrolled")
    log = _add(commands, "log", _office, "prove the log of the vault and print its end")
    log.add_argument("--head", metavar="HASH", help="that the log had once: say whether it still holds")
    accept = _add(commands, "accept-restored", _office, "go on with a copy that was put back: the erased stay erased")
    station = _add(commands, "stations", _office, "trust palm stations, or list them")
    station.add_argument("--trust", nargs=2, metavar=("NAME", "KEY"), help="its public key, in base64")
    station.add_argument("--distrust", metavar="NAME")
    owned = add_owner(commands, _WHO)
    desk = (enrol, folder, identify, verify, *owned)
    for parser in (*desk, delete, export, revoke, rotate, forget, count, log, accept, station):
        parser.add_argument("--data", type=Path, required=True, metavar="FOLDER", help="where the store keeps its data")
        parser.add_argument("--settings", type=Path, metavar="STORE.TOML", help="its settings (default: as they come)")


def _add_folder(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("folder", type=Path, metavar="FOLDER", help="pictures by person, in folders or by their names")
    parser.add_argument(
        "--consents", type=Path, required=True, metavar="FILE.csv",
        help="a row for each person: person, version, purposes, language, when; perhaps account, loyalty, badge",
    )  # fmt: skip
    parser.add_argument("--band", choices=("visible", "nir"), help="the light of all pictures (default: as names say)")
    parser.add_argument(
        "--identity", metavar="PATTERN", help="how paths name people, as for `palm evaluate` (default: it is guessed)"
    )
    parser.add_argument("--dry-run", action="store_true", help="say what would be done; nobody is enrolled")
    parser.add_argument("-o", "--output", type=Path, metavar="FILE.json", help="write what became of each person")


def _add(commands: Commands, name: str, run: Command, text: str) -> argparse.ArgumentParser:
    parser = add(commands, name, run, text)
    parser.set_defaults(act=name)
    return parser
