"""`tillfree codes` and `tillfree badges`: keys, signed codes for the gate, and the list of employee badges."""

import argparse
import io
import secrets
import sys
import time
from collections.abc import Callable
from pathlib import Path

import msgspec
import segno

from tillfree.cli.shop_files import read_file
from tillfree.cli.terminal import TerminalError, say, show, show_bytes
from tillfree.commerce.display import display_text
from tillfree.connectors.exports.cells import table_text
from tillfree.core.time import NS_PER_S, format_utc
from tillfree.identity.badges import read_badges
from tillfree.identity.codes import CODE_CHARACTERS_MAX, CodeClaims, make_code, read_code
from tillfree.identity.keys import CodeRole, decode_key_set
from tillfree.identity.reasons import REASONS
from tillfree.storage.database.audit import AuditEntry
from tillfree.storage.database.database import Database
from tillfree.store.entry.key_files import PUBLIC_NAME, KeyFolder
from tillfree.store.settings import StoreSettings, load_settings

__all__ = ["run_badges", "run_codes"]

_WHO = "command line"
_PICTURES = (".svg", ".png")
_MINUTES_MAX = 366 * 24 * 60
_encoder = msgspec.msgpack.Encoder(order="deterministic")


def run_codes(arguments: argparse.Namespace) -> int:
    """Does one thing with keys or codes; 1 where a code is not good."""
    return _CODES[arguments.action](arguments)


def run_badges(arguments: argparse.Namespace) -> int:
    """Puts in a new list of badges, in the place of the old one; or says what their accounts owe."""
    if arguments.action == "owed":
        return _owed(arguments)
    badges = read_badges(read_file(arguments.file, "a CSV file of badges"), str(arguments.file))
    with Database.open(arguments.data) as database:
        database.set_badges([(badge.badge, _encoder.encode(badge)) for badge in badges])
        _log(database, "badges.import", f"{len(badges)} badges")
    active = sum(badge.active for badge in badges)
    show(f"{len(badges)} badges are known now, {active} of them active\n")
    return 0


def _owed(arguments: argparse.Namespace) -> int:
    with Database.open(arguments.data, create=False) as database:
        sums = database.badge_sums(arguments.month)
    rows = [(one.month, one.account, one.paid_by, one.currency, one.minor) for one in sums if one.minor]
    show_bytes(table_text(("month", "account", "paid_by", "currency", "minor"), rows).encode())
    return 0


# ---- keys -------------------------------------------------------------------------------------------------------


def _key(arguments: argparse.Namespace) -> int:
    folder = _folder(arguments, create=True)
    roles: tuple[CodeRole, ...] = tuple(dict.fromkeys(arguments.role or ["shopper"]))
    until_s = int(time.time()) + arguments.days * 86_400 if arguments.days else 0
    key = folder.make(roles, until_s)
    with Database.open(arguments.data) as database:
        _log(database, "codes.key", f"{key.public.id} for {', '.join(roles)}")
    show(f"key {key.public.id} for codes of {', '.join(roles)}\n")
    say(f"private: {folder.private_path(key.public.id)} (whoever has it lets people in)")
    say(f"public: {folder.folder / PUBLIC_NAME}")
    return 0


def _keys(arguments: argparse.Namespace) -> int:
    folder = _folder(arguments)
    keys = folder.keys().keys
    for key in keys:
        until = f", until {format_utc(key.until_s * NS_PER_S)}" if key.until_s else ""
        here = "" if folder.private_path(key.id).exists() else ", signed elsewhere"
        show(f"{display_text(key.id)}  {', '.join(key.roles)}{until}{here}\n")
    if not keys:
        say("no key is trusted yet: tillfree codes key --data FOLDER")
    return 0


def _trust(arguments: argparse.Namespace) -> int:
    new = _folder(arguments, create=True).trust(
        decode_key_set(read_file(arguments.file, "public keys"), str(arguments.file))
    )
    with Database.open(arguments.data) as database:
        for key in new:
            _log(database, "codes.trust", f"{key.id} for {', '.join(key.roles)}")
    show(f"{len(new)} new keys are trusted\n")
    return 0


def _distrust(arguments: argparse.Namespace) -> int:
    _folder(arguments).distrust(arguments.key)
    with Database.open(arguments.data) as database:
        _log(database, "codes.distrust", arguments.key)
    show("its codes open no gate any more\n")
    return 0


# ---- codes ------------------------------------------------------------------------------------------------------


def _make(arguments: argparse.Namespace) -> int:
    if not 0 < arguments.minutes <= _MINUTES_MAX:
        raise TerminalError(f"--minutes {arguments.minutes}: give more than 0, at most {_MINUTES_MAX}")
    now_s = int(time.time())
    key = _folder(arguments).signing_key(arguments.role, now_s)
    settings = _settings(arguments)
    claims = CodeClaims(
        iss=arguments.issuer,
        aud=settings.entry.store_code,
        iat=now_s,
        exp=now_s + round(arguments.minutes * 60),
        jti=secrets.token_urlsafe(12),
        sub=arguments.account,
        grp=arguments.group,
        role=arguments.role,
        loy=arguments.loyalty,
        cpn=tuple(arguments.coupon),
        age=arguments.age,
        lang=arguments.language,
    )
    code = make_code(_checked(claims), key)
    problem = read_code(code, _folder(arguments).keys(), settings.entry.store_code, now_s, settings.entry).problem
    if problem:
        raise TerminalError(
            f"no gate would let this code in ({problem}): {REASONS[problem]} See [entry] in the settings"
        )
    picture = segno.make(code, error="m", micro=False)
    if arguments.out is None:
        show(f"{code}\n")
        drawn = io.StringIO()
        picture.terminal(drawn, compact=True)
        if sys.stdout is not None and sys.stdout.isatty():
            show(drawn.getvalue())
    else:
        _save(picture, arguments.out)
        say(f"{arguments.out}: a code for {claims.grp}, good for {arguments.minutes:g} minutes, once")
    return 0


def _verify(arguments: argparse.Namespace) -> int:
    text = arguments.code if arguments.code != "-" else sys.stdin.read(CODE_CHARACTERS_MAX + 2)
    settings = _settings(arguments)
    found = read_code(text, _folder(arguments).keys(), settings.entry.store_code, int(time.time()), settings.entry)
    if found.foreign:
        show("this is none of our codes: only the retailer's system can say whether it is good\n")
        return 1
    if found.claims is not None:
        claims = found.claims
        who = f" for {display_text(claims.sub)}" if claims.sub else ""
        people = f"{claims.grp} {'person' if claims.grp == 1 else 'people'}"
        show(f"{claims.role}{who}, {people}, until {format_utc(claims.exp * NS_PER_S)}\n")
    if found.problem:
        show(f"! {found.problem}: {REASONS[found.problem]}\n")
        return 1
    show("good, unless a gate has seen it already\n")
    return 0


_CODES: dict[str, Callable[[argparse.Namespace], int]] = {
    "key": _key,
    "keys": _keys,
    "trust": _trust,
    "distrust": _distrust,
    "make": _make,
    "verify": _verify,
}


def _checked(claims: CodeClaims) -> CodeClaims:
    """The bounds of a code hold when it is read; so they are proved before it is made."""
    try:
        return msgspec.json.decode(msgspec.json.encode(claims), type=CodeClaims)
    except msgspec.ValidationError as error:
        raise TerminalError(f"this makes no code: {error}; give other values") from error


def _save(picture: segno.QRCode, path: Path) -> None:
    if path.suffix.lower() not in _PICTURES:
        raise TerminalError(f"--out {path}: give a file that ends in {' or '.join(_PICTURES)}")
    try:
        picture.save(str(path), scale=6)
    except OSError as error:
        raise TerminalError(f"{path}: cannot be written ({error.strerror or error}); name another file") from error


def _folder(arguments: argparse.Namespace, *, create: bool = False) -> KeyFolder:
    # The folder is made, or found, as everywhere else: with the database of the store in it.
    with Database.open(arguments.data, create=create):
        return KeyFolder(arguments.data)


def _settings(arguments: argparse.Namespace) -> StoreSettings:
    return load_settings(arguments.settings) if arguments.settings is not None else StoreSettings()


def _log(database: Database, what: str, detail: str) -> None:
    database.audit(AuditEntry(time_ns=time.time_ns(), who=_WHO, what=what, detail=detail))
