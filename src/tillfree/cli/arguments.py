"""The arguments of the `tillfree` command: one function per command, which loads what does the work when it runs."""

import argparse
from collections.abc import Callable
from pathlib import Path
from typing import TypeAlias

import tillfree
from tillfree.cli.hand_arguments import add_train_hands
from tillfree.cli.integration_arguments import add_integrations

__all__ = ["Command", "make_parser"]

Command = Callable[[argparse.Namespace], int]

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


def _simulate(arguments: argparse.Namespace) -> int:
    from tillfree.cli.simulating import run_simulate

    return run_simulate(arguments)


def _settings(arguments: argparse.Namespace) -> int:
    from tillfree.cli.shop_files import run_settings

    return run_settings(arguments)


def _demo(arguments: argparse.Namespace) -> int:
    from tillfree.cli.demo import run_demo

    return run_demo(arguments)


def _serve(arguments: argparse.Namespace) -> int:
    from tillfree.cli.serve import run_serve

    return run_serve(arguments)


def _train(arguments: argparse.Namespace) -> int:
    from tillfree.cli.training import run_train

    return run_train(arguments)


def _catalog(arguments: argparse.Namespace) -> int:
    from tillfree.cli.shop_files import run_catalog_check

    return run_catalog_check(arguments)


def _prices(arguments: argparse.Namespace) -> int:
    from tillfree.cli.prices import run_prices

    return run_prices(arguments)


def _users(arguments: argparse.Namespace) -> int:
    from tillfree.cli.users import run_users

    return run_users(arguments)


def _audit(arguments: argparse.Namespace) -> int:
    from tillfree.cli.users import run_audit

    return run_audit(arguments)


def _codes(arguments: argparse.Namespace) -> int:
    from tillfree.cli.codes import run_codes

    return run_codes(arguments)


def _badges(arguments: argparse.Namespace) -> int:
    from tillfree.cli.codes import run_badges

    return run_badges(arguments)


def _ledger(arguments: argparse.Namespace) -> int:
    from tillfree.cli.ledger import run_ledger

    return run_ledger(arguments)


# ---- arguments --------------------------------------------------------------------------------------------------


def make_parser() -> argparse.ArgumentParser:
    """The parser of the whole command."""
    parser = argparse.ArgumentParser(
        prog="tillfree", description="A shop's sensor streams become the right receipt for each shopper."
    )
    parser.add_argument("--version", action="version", version=f"tillfree {tillfree.__version__}")
    commands = parser.add_subparsers(title="commands", required=True, metavar="COMMAND")
    _add_demo(commands)
    _add_serve(commands)
    _add_replay(commands)
    _add_explain(commands)
    _add_evaluate(commands)
    _add_recordings(commands)
    _add_simulate(commands)
    _add_train(commands)
    _add_files(commands)
    _add_prices(commands)
    _add_users(commands)
    _add_codes(commands)
    _add_ledger(commands)
    add_integrations(commands, _add)
    return parser


Commands: TypeAlias = "argparse._SubParsersAction[argparse.ArgumentParser]"  # noqa: SLF001  it has no public name


def _add(commands: Commands, name: str, run: Command, text: str) -> argparse.ArgumentParser:
    parser: argparse.ArgumentParser = commands.add_parser(name, help=text, description=text)
    parser.set_defaults(run=run)
    return parser


def _add_settings_option(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("--settings", type=Path, metavar="STORE.TOML", help="settings of the store (default: built in)")


def _add_demo(commands: Commands) -> None:
    parser = _add(commands, "demo", _demo, "open a simulated shop that lives, in the browser")
    parser.add_argument(
        "--store",
        default="convenience",
        metavar="NAME|FILE",
        help="nano, kiosk, convenience or grocery, or a shop as JSON (default convenience)",
    )
    parser.add_argument(
        "--shoppers", type=float, default=8, metavar="N", help="about so many are in the shop at a time (default 8)"
    )
    parser.add_argument("--speed", type=float, default=1.0, metavar="X", help="times real time (default 1)")
    parser.add_argument(
        "--awkward", type=float, default=0.2, metavar="X", help="share of awkward acts, 0 to 1 (default 0.2)"
    )
    parser.add_argument("--seed", type=int, default=1, metavar="N", help="of people and sensors (default 1)")
    parser.add_argument("--port", type=int, default=8420, metavar="N", help="default 8420; 0 takes any that is free")
    parser.add_argument(
        "--browser", action=argparse.BooleanOptionalAction, default=True, help="open a browser, where there is a screen"
    )


def _add_serve(commands: Commands) -> None:
    text = "open the operator console on a recording that is played, or on the live events of a shop"
    parser = _add(commands, "serve", _serve, text)
    parser.add_argument(
        "source",
        type=Path,
        metavar="RECORDING|SHOP.JSON",
        help="what is played; or a shop, whose live events come on standard input, one per line as JSON",
    )
    parser.add_argument("--data", type=Path, required=True, metavar="FOLDER", help="where the store remembers things")
    parser.add_argument("--speed", type=float, default=1.0, metavar="X", help="of a recording, times real time")
    parser.add_argument("--loop", action="store_true", help="play the recording again and again")
    parser.add_argument("--host", default="127.0.0.1", metavar="ADDRESS", help="default 127.0.0.1: this machine only")
    parser.add_argument("--port", type=int, default=8420, metavar="N", help="default 8420; 0 takes any that is free")
    parser.add_argument(
        "--name", action="append", metavar="HOST", help="a name by which browsers reach it; may be repeated"
    )
    parser.add_argument("--https", action="store_true", help="browsers come by HTTPS, through a proxy before it")
    parser.add_argument("--timezone", default="UTC", metavar="NAME", help="of the shop, as Europe/Berlin (default UTC)")
    parser.add_argument("--texts", type=Path, metavar="FOLDER", help="where catalogues of other languages lie")
    parser.add_argument("--browser", action="store_true", help="open a browser")
    _add_settings_option(parser)


def _add_replay(commands: Commands) -> None:
    parser = _add(commands, "replay", _replay, "turn a recording into receipts")
    parser.add_argument("recording", type=Path, metavar="RECORDING", help="an MCAP file, or a folder as it lies")
    parser.add_argument("--json", action="store_true", help="print JSON instead of text")
    parser.add_argument(
        "-o", "--output", type=Path, metavar="FILE", help='also write {"PERSON": {"BARCODE": quantity}} to FILE'
    )
    parser.add_argument("--html", type=Path, metavar="FOLDER", help="also write each receipt as a page into FOLDER")
    _add_settings_option(parser)


def _add_explain(commands: Commands) -> None:
    parser = _add(commands, "explain", _explain, "say why a line is on a receipt, and what else it might have been")
    parser.add_argument("recording", type=Path, metavar="RECORDING", help="an MCAP file, or a folder as it lies")
    parser.add_argument("--visit", required=True, metavar="ID", help="the code of a visit, or a person's track id")
    _add_settings_option(parser)


def _add_evaluate(commands: Commands) -> None:
    parser = _add(commands, "evaluate", _evaluate, "score every recording below a folder against its truth")
    parser.add_argument("folder", type=Path, metavar="FOLDER", help="where recordings lie; one recording is fine too")
    parser.add_argument("--predictions", type=Path, metavar="OUT", help="write OUT/<case>/receipts.json for each")
    parser.add_argument("--report", type=Path, metavar="FILE.html", help="write a page with tables and plots")
    parser.add_argument("--json", action="store_true", help="print the whole report as JSON")
    parser.add_argument("--match", default="*", metavar="PATTERN", help="only recordings of such names, as 'SYN-*'")
    parser.add_argument("--exclude", default="", metavar="PATTERN", help="no recordings of such names, as '*FAULTS*'")
    _add_settings_option(parser)


def _add_recordings(commands: Commands) -> None:
    parser = _add(commands, "import", _import, "write a recording of another system as MCAP")
    parser.add_argument("layout", choices=("autocheckout", "csv"), help="JSON lines, or one CSV file per plate")
    parser.add_argument("folder", type=Path, metavar="FOLDER")
    parser.add_argument("-o", "--output", type=Path, required=True, metavar="FILE.mcap")
    record = commands.add_parser("record", help="look into recordings", description="look into recordings")
    inner = record.add_subparsers(title="commands", required=True, metavar="COMMAND")
    parser = _add(inner, "info", _info, "say what is in a recording")
    parser.add_argument("recording", type=Path, metavar="RECORDING", help="an MCAP file, or a folder as it lies")
    parser.add_argument("--json", action="store_true", help="print JSON instead of text")
    parser = _add(inner, "truth", _truth, "write what really happened as tables: receipts, acts, reaches, places")
    parser.add_argument("recording", type=Path, metavar="RECORDING", help="an MCAP file, or a folder as it lies")
    parser.add_argument("-o", "--output", type=Path, required=True, metavar="FOLDER", help="a new folder for them")


def _add_simulate(commands: Commands) -> None:
    parser = _add(commands, "simulate", _simulate, "write a simulated recording with its truth")
    parser.add_argument("-o", "--output", type=Path, required=True, metavar="FILE", help="file, or folder to be made")
    parser.add_argument("--format", choices=("mcap", "autocheckout"), default="mcap", help="default: mcap, one file")
    who = parser.add_mutually_exclusive_group()
    who.add_argument("--shoppers", type=int, default=3, metavar="N", help="how many come in (default 3)")
    who.add_argument(
        "--per-hour", type=float, metavar="X", help="instead: a random number, at this rate outside rushes"
    )
    parser.add_argument("--seed", type=int, default=1, metavar="N", help="the same seed is the same visit (default 1)")
    where = parser.add_mutually_exclusive_group()
    where.add_argument("--fixtures", type=int, default=2, metavar="N", help="gondolas of the demo shop (default 2)")
    where.add_argument(
        "--store",
        metavar="NAME|FILE",
        help="instead of the demo shop: nano, kiosk, convenience or grocery, or a shop as JSON (shop.json)",
    )
    length = parser.add_mutually_exclusive_group()
    length.add_argument(
        "--duration",
        dest="duration_s",
        type=float,
        metavar="X",
        help="length in s, at least (it ends when all have left)",
    )
    length.add_argument("--hours", type=float, metavar="H", help="the same in hours")
    parser.add_argument(
        "--lists",
        action=argparse.BooleanOptionalAction,
        help="whether people have shopping lists (default: in stores by name)",
    )
    parser.add_argument(
        "--rush",
        action="append",
        metavar="BEGIN:LENGTH:FACTOR",
        help="so many times as many come in this part of the time, as 0.4:0.2:3; 'none' for no rush; may be repeated",
    )
    parser.add_argument(
        "--rate",
        action="append",
        metavar="ACT=X",
        help="how often an awkward act happens relative to others, as hide=1; all=0 sets every one; may be repeated",
    )
    for option, kind, text in (
        ("--parties", float, "probability that who comes in is the first of a party of adults"),
        ("--dwell-s", float, "how long people look before they reach, in the middle"),
        ("--takes", float, "mean number of acts per shopper"),
        ("--awkward", float, "share of awkward acts: put-backs, hand-overs, touches, two at once"),
        ("--noise", float, "scale of the noise of the plates"),
        ("--dead", int, "plates that give nothing or one value for ever"),
        ("--drift-g", float, "each plate drifts by up to this much"),
        ("--spikes", float, "single wrong samples per gondola and second"),
        ("--drop-frames", float, "share of people frames that are lost"),
        ("--gaps", float, "mean number of times that the tracker loses a shopper"),
        ("--new-id", float, "probability that somebody lost is found under another id (default 0.5)"),
        ("--skew-s", float, "people frames are stamped late by this much"),
        ("--lose-batches", float, "share of weight batches that are lost"),
        ("--occlusion", float, "probability that joints of people side by side vanish"),
        ("--id-switches", float, "probability that two people who come close exchange their track ids"),
        ("--ghosts", float, "false people per minute that the tracker sees"),
        ("--latency-s", float, "people frames arrive so much later than they are stamped"),
        ("--gate-missed", float, "share of passages that the gate does not see"),
        ("--gate-doubled", float, "share of passages that the gate counts twice"),
        ("--entry-codes", float, "share of payers who come in on a code of the app (default 0.25)"),
        ("--entry-wallets", float, "share of those who tap a wallet (default 0.25); the others tap a card"),
        ("--entry-badges", float, "share of those who come in on an employee's badge (default 0.05)"),
        ("--entry-palms", float, "share of those who come in by their palm (default 0.05)"),
        ("--entry-refused", float, "probability that a payer first shows something that is refused (default 0.05)"),
        ("--entry-ages", float, "probability that a credential proves an age (default 0.3)"),
        ("--clock-offset-s", float, "spread of the offsets of the devices' clocks"),
        ("--clock-drift-ppm", float, "spread of how fast or slow they run, in millionths"),
        ("--rfid-shelf-s", float, "how often the tags on the shelves are read (default 120; 0: never)"),
        ("--rfid-missed", float, "share of reads of tags that are lost"),
    ):
        parser.add_argument(option, dest=option[2:].replace("-", "_"), type=kind, metavar="X", help=text)
    for option, text in (
        ("--gate", "a gate tells of everybody who comes in or goes out"),
        ("--entry", "everybody shows a credential at the gate (--rate tailgate_in=1: some slip in behind others)"),
        ("--sightlines", "furniture and people hide joints (default: where the shop has cameras)"),
        ("--rfid", "readers tell of tagged goods (default: where the shop sells some)"),
    ):
        parser.add_argument(option, action=argparse.BooleanOptionalAction, help=text)
    frames = parser.add_argument_group("frames", "pictures of the shop's cameras; needs tillfree[frames]")
    frames.add_argument(
        "--frames", type=Path, metavar="FOLDER", help="draw colours, depths and labels into a new folder"
    )
    frames.add_argument("--video", type=Path, metavar="FOLDER", help="write an MP4 of each camera into a new folder")
    frames.add_argument(
        "--record-frames", action="store_true", help="put JPEG pictures of the cameras into the recording (MCAP only)"
    )
    frames.add_argument("--fps", type=float, metavar="X", help="frames per second and camera (default 1)")
    frames.add_argument("--cameras", metavar="ID,ID", help="these cameras only (default: all of the shop)")
    frames.add_argument("--looks", type=int, metavar="N", help="light, colours and clothes at random, from this seed")


def _add_train(commands: Commands) -> None:
    train = commands.add_parser("train", help="train a model", description="train a model")
    inner = train.add_subparsers(title="models", required=True, metavar="MODEL")
    parser = _add(inner, "people", _train, "train the detector of people on pictures that are drawn for it")
    parser.add_argument("-o", "--output", type=Path, required=True, metavar="FILE.onnx", help="the model")
    parser.add_argument(
        "--work", type=Path, required=True, metavar="FOLDER",
        help="where what is drawn and how far training came are kept; the same folder again goes on there",
    )  # fmt: skip
    parser.add_argument("--seed", type=int, default=1, metavar="N", help="of pictures and weights (default 1)")
    parser.add_argument("--steps", type=int, default=3000, metavar="N", help="of 16 pictures each (default 3000)")
    parser.add_argument("--people", type=int, metavar="N", help="how many are drawn (default 1000)")
    parser.add_argument("--things", type=int, metavar="N", help="how many are drawn (default 500)")
    parser.add_argument("--backdrops", type=int, metavar="N", help="how many are drawn (default 700)")
    add_train_hands(inner, _add)


def _add_files(commands: Commands) -> None:
    parser = _add(commands, "settings", _settings, "print the settings' schema or defaults, or check a file")
    parser.add_argument("action", choices=("schema", "default", "check"))
    parser.add_argument("file", nargs="?", type=Path, metavar="STORE.TOML", help="the file to check")
    catalog = commands.add_parser("catalog", help="look into catalogues", description="look into catalogues")
    inner = catalog.add_subparsers(title="commands", required=True, metavar="COMMAND")
    parser = _add(inner, "check", _catalog, "report bad rows of products, planogram, layout and cameras (CSV or JSON)")
    parser.add_argument("files", nargs="+", type=Path, metavar="FILE")
    parser.add_argument("--currency", default="USD", help="ISO 4217 code of the prices (default USD)")


def _add_prices(commands: Commands) -> None:
    prices = commands.add_parser("prices", help="prices and offers", description="prices and offers")
    inner = prices.add_subparsers(title="commands", required=True, metavar="COMMAND", dest="action")
    check = _add(inner, "check", _prices, "check price lists and offers, and print what is in force at a time")
    put = _add(inner, "apply", _prices, "put price lists and offers into a shop's file, in place of those it has")
    _add(inner, "schema", _prices, "print the JSON Schema of offers.toml")
    for parser in (check, put):
        parser.add_argument("files", nargs="+", type=Path, metavar="FILE", help="prices.csv, offers.toml, or several")
    check.add_argument("--shop", type=Path, metavar="SHOP.JSON", help="the shop that they are for")
    check.add_argument("--products", type=Path, metavar="FILE", help="or its products alone (CSV or JSON)")
    check.add_argument("--currency", metavar="CODE", help="of the amounts (default: the shop's, else USD)")
    check.add_argument("--store", default="", metavar="NAME", help="the store whose prices are printed")
    check.add_argument("--timezone", default="UTC", metavar="NAME", help="of that store (default UTC)")
    check.add_argument("--at", metavar="TIME", help="its local time, as 2026-03-01T17:30 (default: now)")
    where = put.add_mutually_exclusive_group(required=True)
    where.add_argument("--shop", type=Path, metavar="SHOP.JSON", help="the shop that they are for")
    where.add_argument("--data", type=Path, metavar="FOLDER", help="where a store keeps its data; it must not run")
    put.add_argument("-o", "--output", type=Path, metavar="FILE", help="the new shop file, with --shop")


_ROLES = ("viewer", "associate", "manager", "engineer")


def _add_users(commands: Commands) -> None:
    users = commands.add_parser("users", help="who may use the console", description="who may use the console")
    inner = users.add_subparsers(title="commands", required=True, metavar="COMMAND", dest="action")
    made = {
        "add": _add(inner, "add", _users, "let somebody sign in; the password is asked, or one line on standard input"),
        "list": _add(inner, "list", _users, "say who may sign in"),
        "role": _add(inner, "role", _users, "give somebody another role"),
        "password": _add(inner, "password", _users, "give somebody a new password"),
        "remove": _add(inner, "remove", _users, "let somebody sign in no more"),
    }
    for name, parser in made.items():
        if name != "list":
            parser.add_argument("name", metavar="NAME")
    made["add"].add_argument("--role", required=True, choices=_ROLES)
    made["role"].add_argument("role", metavar="ROLE", choices=_ROLES, help=", ".join(_ROLES))
    audit = commands.add_parser("audit", help="the log of who did what", description="the log of who did what")
    inner = audit.add_subparsers(title="commands", required=True, metavar="COMMAND", dest="action")
    made["verify"] = _add(inner, "verify", _audit, "prove that nothing in the log was altered")
    made["show"] = _add(inner, "show", _audit, "print the log, newest first")
    made["show"].add_argument("--limit", type=int, default=50, metavar="N", help="so many entries (default 50)")
    for parser in made.values():
        parser.add_argument("--data", type=Path, required=True, metavar="FOLDER", help="where the store keeps its data")


def _add_codes(commands: Commands) -> None:
    codes = commands.add_parser("codes", help="codes for the gate", description="codes for the gate, and their keys")
    inner = codes.add_subparsers(title="commands", required=True, metavar="COMMAND", dest="action")
    made = {
        "key": _add(inner, "key", _codes, "make a key"),
        "keys": _add(inner, "keys", _codes, "say which keys are trusted"),
        "trust": _add(inner, "trust", _codes, "trust public keys of somebody else (a JSON Web Key Set)"),
        "distrust": _add(inner, "distrust", _codes, "trust a key no more"),
        "make": _add(inner, "make", _codes, "make a code that is good once"),
        "verify": _add(inner, "verify", _codes, "say whether a code is good here and now"),
    }
    roles = ("shopper", "associate", "delivery")
    made["key"].add_argument(
        "--role", action="append", choices=roles, help="whose codes it may sign; may be repeated (default shopper)"
    )
    made["key"].add_argument("--days", type=int, default=0, metavar="N", help="trusted for so long (default: ever)")
    made["trust"].add_argument("file", type=Path, metavar="KEYS.JSON")
    made["distrust"].add_argument("key", metavar="ID")
    make = made["make"]
    make.add_argument("--role", choices=roles, default="shopper", help="default shopper")
    make.add_argument("--account", default="", metavar="NAME", help="who pays, as the retailer's app knows them")
    make.add_argument("--group", type=int, default=1, metavar="N", help="so many may come in (default 1)")
    make.add_argument("--minutes", type=float, default=2.0, metavar="N", help="good for so long (default 2)")
    make.add_argument("--age", type=int, default=0, metavar="YEARS", help="proved to be so old (default 0: unknown)")
    make.add_argument("--loyalty", default="", metavar="ID", help="an account of a loyalty programme")
    make.add_argument("--coupon", action="append", default=[], metavar="CODE", help="a coupon; may be said again")
    make.add_argument("--language", default="", metavar="CODE", help="language of the receipt, such as de")
    make.add_argument("--issuer", default="tillfree", metavar="NAME", help="who made it (default tillfree)")
    make.add_argument("--out", type=Path, metavar="FILE", help="an SVG or PNG picture (default: shown here)")
    made["verify"].add_argument("code", metavar="CODE", help="its text; - reads it from standard input")
    for name in ("make", "verify"):
        _add_settings_option(made[name])
    badges = commands.add_parser("badges", help="employee badges", description="employee badges")
    inner = badges.add_subparsers(title="commands", required=True, metavar="COMMAND", dest="action")
    made["import"] = _add(inner, "import", _badges, "put in a list of badges, in the place of the old one")
    made["import"].add_argument("file", type=Path, metavar="CSV", help="with the columns badge and account, at least")
    made["owed"] = _add(inner, "owed", _badges, "write what each account owes, by month, as CSV for payroll")
    made["owed"].add_argument("--month", default="", metavar="YYYY-MM", help="only this month (in UTC)")
    for parser in made.values():
        parser.add_argument("--data", type=Path, required=True, metavar="FOLDER", help="where the store keeps its data")


def _add_ledger(commands: Commands) -> None:
    ledger = commands.add_parser("ledger", help="the books of all money", description="the books of all money")
    inner = ledger.add_subparsers(title="commands", required=True, metavar="COMMAND", dest="action")
    made = [_add(inner, "prove", _ledger, "prove every entry, sum, payment and receipt again (1 if one is wrong)")]
    show = _add(inner, "show", _ledger, "print accounts and entries, newest first")
    show.add_argument("--trip", default="", metavar="TRIP", help="the entries of one trip")
    show.add_argument("--limit", type=int, default=20, metavar="N", help="so many entries (default 20)")
    export = _add(inner, "export", _ledger, "write all postings as CSV")
    export.add_argument("file", type=Path, metavar="FILE.csv", help="a new file, or - for standard output")
    for parser in (*made, show, export):
        parser.add_argument("--data", type=Path, required=True, metavar="FOLDER", help="where the store keeps its data")
