"""The arguments of the commands for other systems: keys, exports, and the description of the API."""

import argparse
from pathlib import Path

from tillfree.cli.parsers import Commands, add

__all__ = ["add_integrations"]

# ---- commands, loaded when they run -----------------------------------------------------------------------------
# ruff: noqa: PLC0415


def _keys(arguments: argparse.Namespace) -> int:
    from tillfree.cli.keys import run_keys

    return run_keys(arguments)


def _export(arguments: argparse.Namespace) -> int:
    from tillfree.cli.exporting import run_export

    return run_export(arguments)


def _describe(arguments: argparse.Namespace) -> int:
    from tillfree.cli.keys import run_describe

    return run_describe(arguments)


def _check_retailer(arguments: argparse.Namespace) -> int:
    from tillfree.cli.retailing import run_check

    return run_check(arguments)


def _mock_retailer(arguments: argparse.Namespace) -> int:
    from tillfree.cli.retailing import run_mock

    return run_mock(arguments)


def add_integrations(commands: Commands) -> None:
    """Puts the commands beside the others."""
    _add_keys(commands)
    _add_exports(commands)
    _add_retailer(commands)
    api = commands.add_parser("api", help="the API of a store", description="the API of a store")
    inner = api.add_subparsers(title="commands", required=True, metavar="COMMAND", dest="action")
    parser = add(inner, "describe", _describe, "print the description of the API (OpenAPI 3.1)")
    parser.add_argument("-o", "--output", type=Path, metavar="FILE", help="write it to FILE instead")


def _add_keys(commands: Commands) -> None:
    keys = commands.add_parser("keys", help="keys of other systems", description="keys of other systems")
    inner = keys.add_subparsers(title="commands", required=True, metavar="COMMAND", dest="action")
    made = {
        "add": add(inner, "add", _keys, "make a key for another system; it is printed once"),
        "list": add(inner, "list", _keys, "say which keys there are"),
        "revoke": add(inner, "revoke", _keys, "let a key open nothing any more"),
    }
    made["add"].add_argument("name", metavar="NAME", help="which system uses it")
    made["add"].add_argument(
        "--scope", action="append", required=True, metavar="SCOPE",
        help="what it may, as payments:read; may be repeated; `tillfree keys list --scopes` prints them",
    )  # fmt: skip
    made["add"].add_argument(
        "--per-minute", type=int, default=1200, metavar="N", help="so many requests a minute (default 1200)"
    )
    made["list"].add_argument("--scopes", action="store_true", help="print what keys can be allowed to do instead")
    made["revoke"].add_argument("id", metavar="ID", help="the middle of the key: tf_ID_...")
    for name, parser in made.items():
        parser.add_argument(
            "--data", type=Path, required=name != "list", metavar="FOLDER", help="where the store keeps its data"
        )


def _add_exports(commands: Commands) -> None:
    export = commands.add_parser("export", help="sales as files", description="sales as files")
    inner = export.add_subparsers(title="commands", required=True, metavar="COMMAND", dest="action")
    sales = add(inner, "sales", _export, "write sales as a table (CSV)")
    sales.add_argument("--by", choices=("line", "tax"), default="line", help="what a row is (default line)")
    epcis = add(inner, "epcis", _export, "write sales as an EPCIS 2.0 document (JSON-LD)")
    epcis.add_argument("--gln", default="", metavar="GLN", help="the store's GLN, 13 digits")
    epcis.add_argument("--store", default="store-1", metavar="NAME", help="the store's name, where it has no GLN")
    for parser in (sales, epcis):
        parser.add_argument("--data", type=Path, required=True, metavar="FOLDER", help="where the store keeps its data")
        parser.add_argument("--since", metavar="MOMENT", help="trips begun then or later: 2026-11-26, or with a time")
        parser.add_argument("--until", metavar="MOMENT", help="trips begun before then (in UTC, where nothing is said)")
        parser.add_argument("-o", "--output", type=Path, metavar="FILE", help="write to FILE instead of the terminal")


def _add_retailer(commands: Commands) -> None:
    retailer = commands.add_parser("retailer", help="the retailer API", description="the retailer API")
    inner = retailer.add_subparsers(title="commands", required=True, metavar="COMMAND", dest="action")
    check = add(inner, "check", _check_retailer, "run the published test cases against a retailer's connectors")
    check.add_argument("url", metavar="URL", help="where the connectors are, without /v1")
    check.add_argument("--connector", action="append", metavar="NAME", help="only this one; may be repeated")
    check.add_argument("--auth", choices=("none", "sigv4", "bearer"), default="none", help="how calls are signed")
    check.add_argument(
        "--key-env", default="TILLFREE_CONNECTOR_KEY", metavar="NAME", help="environment variable with the key"
    )
    check.add_argument("--region", default="us-east-1", help="the region in signatures")
    for name, default, text in (
        ("store-id", "store-1", "the store"),
        ("shopper-code", "SHOPPER-1", "a code of a shopper"),
        ("associate-code", "STAFF-1", "a code of an associate"),
        ("loyalty-code", "LOYAL-1", "a loyalty code"),
        ("phone", "5550100", "the phone number of a shopper"),
        ("shopper-id", "shopper-1", "what the connectors call that shopper"),
        ("loyalty-id", "loyal-1", "what they call that loyalty code"),
        ("sku", "1001", "a product"),
        ("other-sku", "", "another product"),
        ("barcode", "012345678905", "the barcode of the product"),
    ):
        check.add_argument(f"--{name}", default=default, metavar="TEXT", help=f"{text} (default {default!r})")
    mock = add(inner, "mock", _mock_retailer, "play a retailer whose connectors answer, or fail as you say")
    mock.add_argument("--port", type=int, default=0, help="the port (default: any free one)")
    mock.add_argument("--store-id", default="store-1", metavar="TEXT", help="the store (default store-1)")
    mock.add_argument("--status", type=int, default=0, help="answer everything with this status instead")
    mock.add_argument("--delay-ms", type=int, default=0, help="answer so late")
    mock.add_argument("--deny", action="store_true", help="let nobody in")
    mock.add_argument("--seconds", type=float, default=0.0, help="end after so long (default: never)")
