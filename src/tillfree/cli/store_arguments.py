"""The arguments of the commands for a store: the console, its files and prices, who may use it, and its books."""

import argparse
from pathlib import Path

from tillfree.cli.parsers import Commands, add, add_settings_option

__all__ = ["add_codes", "add_files", "add_ledger", "add_prices", "add_serve", "add_users"]

_ROLES = ("viewer", "associate", "manager", "engineer")

# ---- commands, loaded when they run -----------------------------------------------------------------------------
# ruff: noqa: PLC0415


def _serve(arguments: argparse.Namespace) -> int:
    from tillfree.cli.serve import run_serve

    return run_serve(arguments)


def _settings(arguments: argparse.Namespace) -> int:
    from tillfree.cli.shop_files import run_settings

    return run_settings(arguments)


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


def add_serve(commands: Commands) -> None:
    """A store, with its console."""
    text = "open the operator console on a recording that is played, or on the live events of a shop"
    parser = add(commands, "serve", _serve, text)
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
    add_settings_option(parser)


def add_files(commands: Commands) -> None:
    """Settings and catalogues."""
    parser = add(commands, "settings", _settings, "print the settings' schema or defaults, or check a file")
    parser.add_argument("action", choices=("schema", "default", "check"))
    parser.add_argument("file", nargs="?", type=Path, metavar="STORE.TOML", help="the file to check")
    catalog = commands.add_parser("catalog", help="look into catalogues", description="look into catalogues")
    inner = catalog.add_subparsers(title="commands", required=True, metavar="COMMAND")
    parser = add(inner, "check", _catalog, "report bad rows of products, planogram, layout and cameras (CSV or JSON)")
    parser.add_argument("files", nargs="+", type=Path, metavar="FILE")
    parser.add_argument("--currency", default="USD", help="ISO 4217 code of the prices (default USD)")


def add_prices(commands: Commands) -> None:
    """Price lists and offers."""
    prices = commands.add_parser("prices", help="prices and offers", description="prices and offers")
    inner = prices.add_subparsers(title="commands", required=True, metavar="COMMAND", dest="action")
    check = add(inner, "check", _prices, "check price lists and offers, and print what is in force at a time")
    put = add(inner, "apply", _prices, "put price lists and offers into a shop's file, in place of those it has")
    add(inner, "schema", _prices, "print the JSON Schema of offers.toml")
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


def add_users(commands: Commands) -> None:
    """Who may use the console, and what they did."""
    users = commands.add_parser("users", help="who may use the console", description="who may use the console")
    inner = users.add_subparsers(title="commands", required=True, metavar="COMMAND", dest="action")
    made = {
        "add": add(inner, "add", _users, "let somebody sign in; the password is asked, or one line on standard input"),
        "list": add(inner, "list", _users, "say who may sign in"),
        "role": add(inner, "role", _users, "give somebody another role"),
        "password": add(inner, "password", _users, "give somebody a new password"),
        "remove": add(inner, "remove", _users, "let somebody sign in no more"),
    }
    for name, parser in made.items():
        if name != "list":
            parser.add_argument("name", metavar="NAME")
    made["add"].add_argument("--role", required=True, choices=_ROLES)
    made["role"].add_argument("role", metavar="ROLE", choices=_ROLES, help=", ".join(_ROLES))
    audit = commands.add_parser("audit", help="the log of who did what", description="the log of who did what")
    inner = audit.add_subparsers(title="commands", required=True, metavar="COMMAND", dest="action")
    made["verify"] = add(inner, "verify", _audit, "prove that nothing in the log was altered")
    made["show"] = add(inner, "show", _audit, "print the log, newest first")
    made["show"].add_argument("--limit", type=int, default=50, metavar="N", help="so many entries (default 50)")
    for parser in made.values():
        parser.add_argument("--data", type=Path, required=True, metavar="FOLDER", help="where the store keeps its data")


def add_codes(commands: Commands) -> None:
    """Codes and badges for the gate."""
    codes = commands.add_parser("codes", help="codes for the gate", description="codes for the gate, and their keys")
    inner = codes.add_subparsers(title="commands", required=True, metavar="COMMAND", dest="action")
    made = {
        "key": add(inner, "key", _codes, "make a key"),
        "keys": add(inner, "keys", _codes, "say which keys are trusted"),
        "trust": add(inner, "trust", _codes, "trust public keys of somebody else (a JSON Web Key Set)"),
        "distrust": add(inner, "distrust", _codes, "trust a key no more"),
        "make": add(inner, "make", _codes, "make a code that is good once"),
        "verify": add(inner, "verify", _codes, "say whether a code is good here and now"),
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
        add_settings_option(made[name])
    badges = commands.add_parser("badges", help="employee badges", description="employee badges")
    inner = badges.add_subparsers(title="commands", required=True, metavar="COMMAND", dest="action")
    made["import"] = add(inner, "import", _badges, "put in a list of badges, in the place of the old one")
    made["import"].add_argument("file", type=Path, metavar="CSV", help="with the columns badge and account, at least")
    made["owed"] = add(inner, "owed", _badges, "write what each account owes, by month, as CSV for payroll")
    made["owed"].add_argument("--month", default="", metavar="YYYY-MM", help="only this month (in UTC)")
    for parser in made.values():
        parser.add_argument("--data", type=Path, required=True, metavar="FOLDER", help="where the store keeps its data")


def add_ledger(commands: Commands) -> None:
    """The books of all money."""
    ledger = commands.add_parser("ledger", help="the books of all money", description="the books of all money")
    inner = ledger.add_subparsers(title="commands", required=True, metavar="COMMAND", dest="action")
    made = [add(inner, "prove", _ledger, "prove every entry, sum, payment and receipt again (1 if one is wrong)")]
    show = add(inner, "show", _ledger, "print accounts and entries, newest first")
    show.add_argument("--trip", default="", metavar="TRIP", help="the entries of one trip")
    show.add_argument("--limit", type=int, default=20, metavar="N", help="so many entries (default 20)")
    export = add(inner, "export", _ledger, "write all postings as CSV")
    export.add_argument("file", type=Path, metavar="FILE.csv", help="a new file, or - for standard output")
    for parser in (*made, show, export):
        parser.add_argument("--data", type=Path, required=True, metavar="FOLDER", help="where the store keeps its data")
