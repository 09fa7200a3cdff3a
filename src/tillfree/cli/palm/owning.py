"""`tillfree palm show`, `link`, `unlink`, `pin` and `consent`: what the owner of a palm wants."""

import argparse
import getpass
import os
import re
import sys
import time

import msgspec

from tillfree.cli.palm.office import WHO, consent_of, open_data
from tillfree.cli.terminal import TerminalError, show
from tillfree.commerce.display import display_text
from tillfree.core.time import format_utc
from tillfree.storage.database.audit import AuditEntry
from tillfree.storage.palm_vault.records import LinkedCard, Profile
from tillfree.store.palms.door_numbers import with_doors
from tillfree.store.palms.errors import PalmDeskError
from tillfree.store.palms.linking import with_links
from tillfree.store.palms.making import open_palm_vault
from tillfree.store.palms.office import PalmOffice, card_views
from tillfree.store.palms.pins import made_pin
from tillfree.store.palms.wallets import card_id, with_card, with_default, without_card

__all__ = ["run_owner"]

_CARD_TEXT_MAX = 200
_PIN_LINE_MAX = 64


def run_owner(arguments: argparse.Namespace) -> int:
    """Opens the vault, finds the palm, and does one thing; what was done stands in the log of the vault."""
    settings = open_data(arguments)
    with open_palm_vault(settings.palm, arguments.data, os.environ) as vault:
        office = PalmOffice(vault, settings.palm, time.time_ns, site=settings.entry.store_code)
        palm = office.named(arguments.palm)
        return {"show": _show, "link": _link, "unlink": _unlink, "pin": _pin, "consent": _consent}[arguments.act](
            office, palm, arguments
        )


def _show(office: PalmOffice, palm: str, _arguments: argparse.Namespace) -> int:
    office.vault.note(AuditEntry(time_ns=time.time_ns(), who=WHO, what="palm.find", subject=palm))
    show(_words(office, palm, office.profile(palm)))
    return 0


def _words(office: PalmOffice, palm: str, profile: Profile) -> str:
    templates = office.vault.template_count(palm)
    kept = f"  {templates} templates" if templates else "! no template: enrol anew with tillfree palm enrol --palm"
    lines = [f"{palm}, since {format_utc(profile.made_ns)}", kept]
    if not profile.confirmed:
        lines.append("! enrolled at home, and not confirmed by a hover at a station yet")
    words = {
        "account": profile.account,
        "loyalty": profile.loyalty,
        "badge": profile.badge,
        "role": profile.role,
        "listed as": profile.listed_as,
    }
    lines += [f"  {name}: {display_text(value)}" for name, value in words.items() if value]
    if profile.age_over:
        lines.append(f"  over {profile.age_over}: {display_text(profile.age_proof)}")
    if profile.doors:
        doors = ", ".join(profile.doors)
        lines.append(f"  doors: {display_text(doors)}, by number {profile.door_number}")
    for card in card_views(profile):
        said = " ".join(filter(None, (card.brand, card.last4 and f"...{card.last4}", card.name, card.expires)))
        lines.append(f"  card {card.card}: {display_text(said) or 'no words'}{', pays' if card.default else ''}")
    lines.append(f"  PIN: {'yes' if profile.pin is not None else 'none'}")
    for one in profile.consents:
        ended = f", taken back {format_utc(one.withdrawn_ns)}" if one.withdrawn_ns else ""
        lines.append(
            f"  agreed {format_utc(one.given_ns)} to {', '.join(one.purposes)} "
            f"(notice {display_text(one.notice)}, {display_text(one.language)}){ended}"
        )
    return "\n".join(lines) + "\n"


def _link(office: PalmOffice, palm: str, arguments: argparse.Namespace) -> int:
    words = {name: getattr(arguments, name) for name in ("account", "loyalty", "badge")}
    if arguments.default and arguments.card:
        raise TerminalError("--default CARD names one of the wallet: give it alone, or --default without a name")
    to_doors = bool(arguments.door) or arguments.door_number is not None
    if not any(words.values()) and not arguments.card and not arguments.default and not to_doors:
        raise TerminalError("say what to link: --account, --loyalty, --badge, --door, --card or --default CARD")
    card = _card(arguments) if arguments.card else None

    def linked(profile: Profile) -> Profile:
        profile = with_links(profile, **words)
        if to_doors:
            number = profile.door_number if arguments.door_number is None else arguments.door_number
            profile = with_doors(profile, (*profile.doors, *arguments.door), number, office.settings.doors)
        if card is not None:
            return with_card(profile, card, default=arguments.default is not None)
        return with_default(profile, arguments.default) if arguments.default else profile

    office.change(palm, linked, by=WHO)
    show(f"{palm} is linked\n" if card is None else f"{palm} is linked; the card is called {card_id(card)}\n")
    return 0


def _card(arguments: argparse.Namespace) -> LinkedCard:
    fields = {"token": arguments.card} | {
        name: getattr(arguments, name) for name in ("name", "fingerprint", "brand", "last4", "expires")
    }
    for name, value in fields.items():
        if not value.isprintable() or len(value) > _CARD_TEXT_MAX:
            raise TerminalError(f"the {name} of a card is at most {_CARD_TEXT_MAX} printable characters")
    if not re.fullmatch(r"[0-9]{0,4}", arguments.last4, re.ASCII):
        raise TerminalError("--last4: give the last four digits of the card, and no more of them")
    if not re.fullmatch(r"([0-9]{4}-[0-9]{2})?", arguments.expires, re.ASCII):
        raise TerminalError("--expires: give the month as 2029-05")
    return LinkedCard(**fields)


def _unlink(office: PalmOffice, palm: str, arguments: argparse.Namespace) -> int:
    words = {name: "" for name in ("account", "loyalty", "badge") if getattr(arguments, name)}
    if not words and not arguments.card and not arguments.door:
        raise TerminalError("say what to take away: --account, --loyalty, --badge, --door NAME or --card CARD")

    def unlinked(profile: Profile) -> Profile:
        profile = with_links(profile, **words)
        unknown = next((name for name in arguments.door if name not in profile.doors), None)
        if unknown is not None:
            raise PalmDeskError(f"door {unknown[:40]!r} is not linked to this palm; see `tillfree palm show`")
        if arguments.door:  # the others stay as they are, whether or not their number is right
            left = tuple(name for name in profile.doors if name not in arguments.door)
            profile = with_doors(profile, left, profile.door_number, ())
        return without_card(profile, arguments.card) if arguments.card else profile

    office.change(palm, unlinked, by=WHO)
    show(f"{palm} is linked to that no more\n")
    return 0


def _pin(office: PalmOffice, palm: str, arguments: argparse.Namespace) -> int:
    pin = None if arguments.remove else made_pin(_typed())
    office.change(
        palm,
        lambda one: msgspec.structs.replace(one, pin=pin, wrong_pins=0, locked_until_ns=0),
        by=WHO,
        what="palm.pin",
    )
    show(f"{palm} has no PIN any more\n" if pin is None else f"{palm} has a new PIN\n")
    return 0


def _typed() -> str:
    """A PIN from the keyboard, unseen and twice; from a pipe one line: on the command line others would see it."""
    if not sys.stdin.isatty():
        return sys.stdin.readline(_PIN_LINE_MAX).strip()
    digits = getpass.getpass("PIN: ")
    if getpass.getpass("Once more: ") != digits:
        raise TerminalError("the two are not the same; nothing was changed")
    return digits


def _consent(office: PalmOffice, palm: str, arguments: argparse.Namespace) -> int:
    """Agreeing and taking back are two acts, each of which stands in the log."""
    agrees = bool(arguments.purpose or arguments.notice or arguments.language)
    if agrees == bool(arguments.withdraw):
        raise TerminalError("give either --notice, --language and --purpose, or --withdraw")
    if arguments.withdraw:
        proof = office.withdraw(palm, frozenset(arguments.withdraw), by=WHO)
        gone = "is erased, as nobody may recognise them any more" if proof else "has taken that back"
        show(f"{palm} {gone}\n")
        return 0
    if not (arguments.purpose and arguments.notice and arguments.language):
        raise TerminalError("a consent has a --notice, a --language and at least one --purpose; give all of them")
    consent = consent_of(arguments)
    office.agree(palm, consent, by=WHO)
    show(f"{palm} has agreed to {', '.join(consent.purposes)}\n")
    return 0
