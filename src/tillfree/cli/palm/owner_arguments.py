"""The arguments of the commands that do what the owner of a palm wants with what is linked to it."""

import argparse

from tillfree.cli.parsers import Commands, add
from tillfree.storage.palm_vault.purposes import PURPOSES

__all__ = ["add_owner"]

# ---- commands, loaded when they run -----------------------------------------------------------------------------
# ruff: noqa: PLC0415


def _owner(arguments: argparse.Namespace) -> int:
    from tillfree.cli.palm.owning import run_owner

    return run_owner(arguments)


# ---- arguments --------------------------------------------------------------------------------------------------


def add_owner(commands: Commands, who: str) -> list[argparse.ArgumentParser]:
    """Adds `show`, `link`, `unlink`, `pin` and `consent`; `who` says how a palm is named."""
    show = _add(commands, "show", who, "what a palm is linked to; nothing of the palm itself, and no token")
    link = _add(commands, "link", who, "link a palm to an account, loyalty, a badge, doors, or a way to pay")
    unlink = _add(commands, "unlink", who, "take away what a palm is linked to")
    pin = _add(commands, "pin", who, "set the PIN for larger amounts: it is asked for, or one line of the input")
    consent = _add(commands, "consent", who, "agree to more purposes or to a new notice, or take consent back")
    for parser in (link, unlink):
        _add_words(parser, taken=parser is unlink)
    link.add_argument(
        "--door", action="append", default=[], metavar="NAME", help="one more that opens; may be repeated"
    )
    link.add_argument("--door-number", type=int, metavar="N",
                      help="by which door controllers know them: facility * 65536 + number of a card")  # fmt: skip
    unlink.add_argument("--door", action="append", default=[], metavar="NAME", help="may be repeated")
    link.add_argument("--card", metavar="TOKEN", help="what the processor charges: never the number of a card")
    link.add_argument("--name", default="", metavar="TEXT", help="what the owner calls the card")
    link.add_argument("--brand", default="", metavar="TEXT", help="as visa")
    link.add_argument("--last4", default="", metavar="DIGITS", help="the last digits, which receipts show")
    link.add_argument("--fingerprint", default="", metavar="TEXT", help="by which a tap of the card is known again")
    link.add_argument("--expires", default="", metavar="YYYY-MM", help="when the card is out of date")
    link.add_argument("--default", metavar="CARD", nargs="?", const="", default=None,
                      help="let this card pay; or that one of the wallet, as `show` calls it")  # fmt: skip
    unlink.add_argument("--card", metavar="CARD", help="as `show` calls it")
    pin.add_argument("--remove", action="store_true", help="no PIN any more")
    consent.add_argument("--notice", metavar="VERSION", help="the notice that they have read")
    consent.add_argument("--language", metavar="CODE", help="in which language, as en")
    consent.add_argument("--purpose", action="append", default=[], choices=PURPOSES, help="may be repeated")
    consent.add_argument(
        "--withdraw", action="append", default=[], choices=PURPOSES,
        help="take it back; may be repeated. Who takes `identify` back is erased at once",
    )  # fmt: skip
    return [show, link, unlink, pin, consent]


def _add(commands: Commands, name: str, who: str, text: str) -> argparse.ArgumentParser:
    parser = add(commands, name, _owner, text)
    parser.set_defaults(act=name)
    parser.add_argument("palm", metavar="PALM", help=who)
    return parser


def _add_words(parser: argparse.ArgumentParser, *, taken: bool) -> None:
    for name, what in (("account", "of the retailer's app"), ("loyalty", "number"), ("badge", "of an employee")):
        if taken:
            parser.add_argument(f"--{name}", action="store_true", help=what)
        else:
            parser.add_argument(f"--{name}", metavar="TEXT", help=what)
