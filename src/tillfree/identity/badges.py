"""Employee badges, and accounts that palms are linked to."""

import csv
import io
import re
from typing import Literal, Protocol

import msgspec

from tillfree.identity.errors import IdentityError

__all__ = ["BADGES_MAX", "Badge", "LinkUse", "PalmLink", "PalmLinks", "read_badges"]

BADGES_MAX = 100_000
LinkUse = Literal["enter", "pay"]
"""enter: it begins something that is paid at its end, by a gate or a cart. pay: it pays now, at a till or a lane."""
_COLUMNS = ("badge", "account", "paid_by", "active", "any_time", "age_years", "role")
_NUMBER = re.compile(r"[0-9A-Za-z._:-]{1,64}")
_YES, _NO = ("yes", "true", "1"), ("no", "false", "0", "")


class Badge(msgspec.Struct, frozen=True, kw_only=True):
    """One badge: `account` is what payroll or the badge accounts call its holder, and is charged.

    `paid_by` is "payroll" (deducted later) or "badge account" (a balance). `any_time` opens the door day and night.
    `role` is "shopper", or "associate" for a badge of those who work in the store: nobody pays then.
    """

    badge: str
    account: str
    paid_by: Literal["payroll", "badge account"] = "payroll"
    active: bool = True
    any_time: bool = False
    age_years: int = 0
    role: Literal["shopper", "associate"] = "shopper"


class PalmLink(msgspec.Struct, frozen=True, kw_only=True):
    """What the owner of a palm, or of an account, linked to it: a token at the processor, or an account; and more.

    `badge` is that of an employee, which pays where there is neither token nor account. `fingerprint` is that of the
    card behind the token: a card that is blocked stays so, by whatever it is presented.
    """

    token: str = ""
    fingerprint: str = ""
    brand: str = ""
    last4: str = ""
    account: str = ""
    badge: str = ""
    loyalty: str = ""
    age_years: int = 0
    role: Literal["shopper", "associate"] = "shopper"
    coupons: tuple[str, ...] = ()
    email: str = ""
    language: str = ""


class PalmLinks(Protocol):
    """Who knows what palms, or accounts of an app, are linked to."""

    def link(self, account: str, use: LinkUse = "enter", chosen: str = "") -> PalmLink | None:
        """The link of an account; None where nothing is linked to it for this use.

        `chosen` is the card that pays, of several; empty: the usual one of its owner.
        """
        ...


def read_badges(data: bytes, source: str = "badges.csv") -> tuple[Badge, ...]:
    """The badges of a CSV file with a heading: badge, account; if wanted paid_by, active, any_time, age_years, role.

    Raises:
        IdentityError: a heading is missing or unknown, a value is none, or a badge is there twice; says in which line.
    """
    try:
        rows = list(csv.reader(io.StringIO(data.decode("utf-8-sig"), newline=""), strict=True))
    except (UnicodeDecodeError, csv.Error) as error:
        raise IdentityError(f"{source}: no CSV in UTF-8 ({error}); save the file in that form") from error
    heading = [name.strip().lower() for name in rows[0]] if rows else []
    unknown = [name for name in heading if name not in _COLUMNS]
    if unknown or not {"badge", "account"} <= set(heading) or len(set(heading)) < len(heading):
        raise IdentityError(
            f"{source}, line 1: the heading is {', '.join(heading)[:200] or 'missing'}; "
            f"wanted are badge and account, and allowed are {', '.join(_COLUMNS)}, each once"
        )
    found: dict[str, Badge] = {}
    for number, row in enumerate(rows[1:], 2):
        if not any(cell.strip() for cell in row):
            continue
        where = f"{source}, line {number}"
        if len(row) != len(heading):
            raise IdentityError(f"{where}: has {len(row)} cells, the heading {len(heading)}; give each its own")
        badge = _badge(where, dict(zip(heading, (cell.strip() for cell in row), strict=True)))
        if badge.badge in found:
            raise IdentityError(f"{where}: badge {badge.badge!r} is there twice; leave one of them out")
        found[badge.badge] = badge
        if len(found) > BADGES_MAX:
            raise IdentityError(f"{where}: more than {BADGES_MAX} badges; give fewer")
    return tuple(found.values())


def _badge(where: str, cells: dict[str, str]) -> Badge:
    for name in ("badge", "account"):
        if not _NUMBER.fullmatch(cells[name]):
            raise IdentityError(f"{where}: {name} {cells[name][:80]!r} is not 1 to 64 letters, digits and . _ : -")
    age = cells.get("age_years", "") or "0"
    if not (age.isascii() and age.isdigit() and len(age) <= 3 and int(age) <= 120):
        raise IdentityError(f"{where}: age_years {age[:20]!r} is not a whole number from 0 to 120")
    try:
        return Badge(
            badge=cells["badge"],
            account=cells["account"],
            paid_by="badge account" if _one_of(cells, "paid_by", "payroll", "badge account") else "payroll",
            active=_flag(cells.get("active", "") or "yes"),
            any_time=_flag(cells.get("any_time", "no")),
            age_years=int(age),
            role="associate" if _one_of(cells, "role", "shopper", "associate") else "shopper",
        )
    except IdentityError as error:
        raise IdentityError(f"{where}: {error}") from error


def _one_of(cells: dict[str, str], name: str, usual: str, other: str) -> bool:
    """Whether it is the other one; an empty cell is the usual one."""
    text = cells.get(name, "").lower()
    if text not in ("", usual, other):
        raise IdentityError(f"{name} {text[:40]!r} is neither {usual} nor {other}")
    return text == other


def _flag(text: str) -> bool:
    if text.lower() not in (*_YES, *_NO):
        raise IdentityError(f"{text[:40]!r} is neither yes nor no")
    return text.lower() in _YES
