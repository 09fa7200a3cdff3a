"""Lists of consents: one row for each person who has read the notice and agreed, as a CSV file."""

import csv
import dataclasses
import datetime as dt
import io
from collections.abc import Mapping

import msgspec

from tillfree.core.time import NS_PER_S
from tillfree.storage.palm_vault.records import PURPOSES, Consent, Profile, Purpose
from tillfree.store.palms.errors import PalmDeskError
from tillfree.store.palms.linking import with_links

__all__ = ["COLUMNS", "LINK_COLUMNS", "ListedConsent", "read_consents", "read_row"]

COLUMNS = ("person", "version", "purposes", "language", "when")
LINK_COLUMNS = ("account", "loyalty", "badge")
_SHOWN = 5
_TEXT_MAX = 128


@dataclasses.dataclass(frozen=True, slots=True)
class ListedConsent:
    """A row: the consent, and what the person is linked to from the start, without consents of its own."""

    consent: Consent
    links: Profile


def read_consents(data: bytes, where: str, now_ns: int, *, by: str) -> dict[str, ListedConsent]:
    """The rows of a CSV file, by what they call the person.

    Columns, in any order: `person`, `version` of the notice, `purposes` with spaces between them, `language` in which
    it was read, and `when` (a day, or a moment with its offset from UTC); and, if they like, `account`, `loyalty` and
    `badge`. `where` is the name of the file in messages, `by` how consents were given.

    Raises:
        PalmDeskError: it is no such file; all that is wrong with it is told, as far as it is not too much.
    """
    try:
        text = data.decode("utf-8-sig")
        reader = csv.DictReader(io.StringIO(text, newline=""), strict=True)
        names = [name.strip() for name in reader.fieldnames or ()]
        _need_columns(names, where)
        reader.fieldnames = names
        rows = [(reader.line_num, row) for row in reader]
    except (UnicodeDecodeError, csv.Error) as error:
        raise PalmDeskError(f"{where}: no list of consents ({error}); save it as CSV in UTF-8") from error
    found: dict[str, ListedConsent] = {}
    wrong: list[str] = []
    for line, row in rows:
        try:
            person, one = read_row(row, now_ns, by=by)
            if person in found:
                raise PalmDeskError(f"{person} stands there twice; leave one row")
            found[person] = one
        except PalmDeskError as error:
            wrong.append(f"line {line}: {error}")
    if wrong:
        more = f"; and {len(wrong) - _SHOWN} more" if len(wrong) > _SHOWN else ""
        raise PalmDeskError(f"{where}: {'; '.join(wrong[:_SHOWN])}{more}")
    return found


def _need_columns(names: list[str], where: str) -> None:
    missing = [name for name in COLUMNS if name not in names]
    odd = [name for name in names if name not in (*COLUMNS, *LINK_COLUMNS)]
    twice = sorted({name for name in names if names.count(name) > 1})
    for what, those in (("lacks", missing), ("has unknown", odd), ("has twice", twice)):
        if those:
            raise PalmDeskError(
                f"{where}: the first line {what} {', '.join(those)}; it names {', '.join(COLUMNS)}, and may name "
                f"{', '.join(LINK_COLUMNS)}"
            )


def read_row(row: Mapping[str, str | None], now_ns: int, *, by: str) -> tuple[str, ListedConsent]:
    """What one row calls the person, and what they agreed to; it has the columns of `read_consents`.

    Raises:
        PalmDeskError: something of it is missing, or is not what it should be.
    """
    if None in row or None in row.values():
        raise PalmDeskError("it has more or fewer fields than the first line names")
    fields = {name: (value or "").strip() for name, value in row.items()}
    for name in COLUMNS:
        if not fields[name]:
            raise PalmDeskError(f"{name} is empty; give it")
    for name, value in fields.items():
        if not value.isprintable() or len(value) > _TEXT_MAX:
            raise PalmDeskError(f"{name} is at most {_TEXT_MAX} printable characters")
    consent = Consent(
        notice=fields["version"],
        language=fields["language"],
        purposes=_purposes(fields["purposes"]),
        given_ns=_moment_ns(fields["when"], now_ns),
        by=by,
    )
    links = {name: fields[name] for name in LINK_COLUMNS if fields.get(name)}
    return fields["person"], ListedConsent(consent, with_links(Profile(made_ns=0, consents=()), **links))


def _purposes(text: str) -> tuple[Purpose, ...]:
    found = []
    for word in dict.fromkeys(text.split()):
        try:
            found.append(msgspec.convert(word, Purpose))
        except msgspec.ValidationError as error:
            raise PalmDeskError(
                f"{word[:40]!r} is no purpose; give some of {' '.join(PURPOSES)}, with spaces between them"
            ) from error
    return tuple(found)


def _moment_ns(text: str, now_ns: int) -> int:
    try:
        moment = dt.datetime.fromisoformat(text)
    except ValueError as error:
        raise PalmDeskError(f"when is {text[:40]!r}; give a day as 2026-11-27, or 2026-11-27T14:05+01:00") from error
    if moment.tzinfo is None:
        if len(text) > len("2026-11-27"):
            raise PalmDeskError(f"when is {text[:40]!r} of which clock? Give its offset as well: +00:00 is UTC")
        moment = moment.replace(tzinfo=dt.UTC)
    time_ns = int(moment.timestamp()) * NS_PER_S
    if not 0 < time_ns <= now_ns:
        raise PalmDeskError(f"when is {text[:40]!r}, which has not come yet, or is long past; mend it")
    return time_ns
