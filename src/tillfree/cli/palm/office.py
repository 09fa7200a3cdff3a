"""`tillfree palm delete`, `export`, `revoke-all` and the like: what needs no hand."""

import argparse
import base64
import binascii
import os
import time

import msgspec

from tillfree.cli.terminal import TerminalError, show, write_file
from tillfree.commerce.display import display_text
from tillfree.core.time import format_utc
from tillfree.storage.palm_vault.records import Consent
from tillfree.store.palms.making import open_palm_vault
from tillfree.store.palms.office import PalmOffice
from tillfree.store.settings import StoreSettings, load_settings

__all__ = ["WHO", "consent_of", "open_data", "run_office"]

WHO = "command line"
_LINES = 20


def run_office(arguments: argparse.Namespace) -> int:
    """Opens the vault and does one thing; what was done stands in its log."""
    settings = open_data(arguments)
    accept = arguments.act == "accept-restored"
    with open_palm_vault(settings.palm, arguments.data, os.environ, accept_restored=accept) as vault:
        if accept:
            show(f"the vault is in use again; what was left of {vault.cleared} persons is erased\n")
            return 0
        office = PalmOffice(vault, settings.palm, time.time_ns, site=settings.entry.store_code)
        return {
            "delete": _delete,
            "export": _export,
            "revoke-all": _revoke,
            "rotate-keys": _rotate,
            "forget-inactive": _forget,
            "count": _count,
            "log": _log,
            "stations": _stations,
        }[arguments.act](office, arguments)


def open_data(arguments: argparse.Namespace) -> StoreSettings:
    """The settings of the store whose folder is named.

    Raises:
        TerminalError: there is no such folder.
        SettingsError: the settings cannot be read.
    """
    if not arguments.data.is_dir():
        raise TerminalError(f"{arguments.data}: there is no such folder; name that of the store")
    return load_settings(arguments.settings) if arguments.settings is not None else StoreSettings()


def consent_of(arguments: argparse.Namespace) -> Consent:
    """What somebody agreed to just now: to which notice, read in which language, and for what."""
    return Consent(
        notice=arguments.notice,
        language=arguments.language,
        purposes=tuple(dict.fromkeys(arguments.purpose)),
        given_ns=time.time_ns(),
        by=WHO,
    )


def _delete(office: PalmOffice, arguments: argparse.Namespace) -> int:
    proof = office.delete(office.named(arguments.palm), by=WHO)
    show(
        f"{proof.subject} is forgotten: the key is destroyed, {proof.templates} templates are erased\n"
        f"entry {proof.audit_number} of the log: {proof.audit_hash}\n"
    )
    return 0


def _export(office: PalmOffice, arguments: argparse.Namespace) -> int:
    text = msgspec.json.format(msgspec.json.encode(office.export(office.named(arguments.palm), by=WHO))) + b"\n"
    if arguments.output is None:
        show(text.decode())
    else:
        write_file(arguments.output, text)
    return 0


def _revoke(office: PalmOffice, arguments: argparse.Namespace) -> int:
    count = office.revoke_all(by=WHO, why=arguments.why)
    show(
        f"all templates are void; {count} persons keep their links and enrol anew: with their card at a station, or by "
        "tillfree palm enrol --palm\n"
    )
    return 0


def _rotate(office: PalmOffice, _arguments: argparse.Namespace) -> int:
    show(f"{office.rotate_keys(by=WHO)} keys are wrapped anew\n")
    return 0


def _forget(office: PalmOffice, _arguments: argparse.Namespace) -> int:
    count = office.erase_inactive()
    show(f"{count} persons were not seen for {office.settings.inactive_days} days and are erased\n")
    return 0


def _count(office: PalmOffice, _arguments: argparse.Namespace) -> int:
    counts = office.counts()
    show(
        f"{counts.with_templates} persons with {counts.templates} templates, "
        f"{counts.subjects - counts.with_templates} who wait to enrol anew, {counts.stations} stations\n"
    )
    return 0


def _log(office: PalmOffice, arguments: argparse.Namespace) -> int:
    """1 where the log does not hold."""
    proof = office.vault.verify_log()
    for row in reversed(office.vault.log(limit=_LINES)):
        entry = row.entry
        show(f"{row.number} {format_utc(entry.time_ns)} {entry.who}: {entry.what} {entry.subject} {entry.detail}\n")
    if proof.broken_at is not None:
        show(f"! entry {proof.broken_at} is not the one that was written there: changed, removed, or put back\n")
        return 1
    if arguments.head and not office.vault.had_head(arguments.head):
        show("! the log never had this head: both files were put back from an older copy, or it is of another vault\n")
        return 1
    show(f"{proof.entries} entries hold; the head is {proof.head}: write it down elsewhere\n")
    return 0


def _stations(office: PalmOffice, arguments: argparse.Namespace) -> int:
    if arguments.trust:
        name, text = arguments.trust
        try:
            public = base64.b64decode(text, validate=True)
        except (binascii.Error, ValueError) as error:
            raise TerminalError("a public key is 32 bytes in base64; copy it from the station") from error
        office.stations.enrol(name, public, by=WHO)
    if arguments.distrust:
        office.stations.remove(arguments.distrust, by=WHO)
    for name in office.stations.names():
        record = office.stations.find(name)
        if record is not None:
            since = format_utc(record.made_ns)
            show(f"{display_text(name)} {base64.b64encode(record.public).decode()} since {since}\n")
    return 0
