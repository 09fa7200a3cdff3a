"""Codes with which shoppers of the retailer's app enter, and what a reader at a gate saw: a code, a badge, a palm."""

import secrets
from typing import Annotated, Literal

import msgspec
from msgspec import Meta

from tillfree.commerce.pricing import COUPONS_MAX
from tillfree.core.time import NS_PER_S
from tillfree.identity.codes import CODE_CHARACTERS_MAX, CodeClaims, make_code
from tillfree.identity.credentials import BadgeTap, Credential, PalmMatch, ScannedCode
from tillfree.store.entry.key_files import KeyFolder
from tillfree.web.api.operations import Call, Operation
from tillfree.web.api.problems import Problem
from tillfree.web.api.shapes import Moment, moment

__all__ = ["OPERATIONS"]

Word = Annotated[str, Meta(max_length=128)]
Gate = Annotated[str, Meta(min_length=1, max_length=64, pattern="^[0-9A-Za-z._/:-]+$")]


class CodeBody(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """For whom: the account is the app's own name of them, and means nothing to anybody else."""

    account: Annotated[str, Meta(min_length=1, max_length=128)]
    group_size: Annotated[int, Meta(ge=1, le=100)] = 1
    age_years: Annotated[
        int, Meta(ge=0, le=120, description="How old the app has proved them to be; 0: not known.")
    ] = 0
    loyalty: Word = ""
    language: Annotated[str, Meta(max_length=16)] = ""
    coupons: Annotated[tuple[Word, ...], Meta(max_length=COUPONS_MAX)] = ()
    valid_s: Annotated[int, Meta(ge=10, le=86_400, description="At most as long as the store lets codes live.")] = 60


class CodeView(msgspec.Struct, frozen=True, kw_only=True):
    """The text of the QR code; it opens a gate once, until it expires."""

    code: str
    expires: Moment


class PresentBody(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """What a reader saw. Cards are not shown here: a payment terminal reads them."""

    gate: Gate
    kind: Literal["code", "badge", "palm"]
    value: Annotated[
        str,
        Meta(
            min_length=1,
            max_length=CODE_CHARACTERS_MAX,
            description="The text of the code, the number of the badge, or the account that the palm of somebody "
            "else's station is linked to.",
        ),
    ]
    group_size: Annotated[int, Meta(ge=1, le=100)] = 1


class GroupBody(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """How many want to come in on the next card at a gate."""

    gate: Gate
    group_size: Annotated[int, Meta(ge=1, le=100)]


class EntryView(msgspec.Struct, frozen=True, kw_only=True):
    """Whether the gate opens, and what its display says."""

    opens: bool
    message: str
    trip: str | None
    group_size: int


def _present(call: Call) -> EntryView:
    body, desk = call.sent(PresentBody), call.console.desk
    if desk is None:
        raise Problem("unavailable", "the door of this store is open: no gate asks here")
    palms = call.console.palm_desk
    if body.kind == "palm" and palms is not None and palms.knows(body.value):
        # A name is no hand: here it would open without a capture, without liveness, a PIN or what the site allows.
        raise Problem("refused", "this palm lies in the vault of this store: send its captures to /palms/entries")
    answer = desk.present(body.gate, _credential(body), group_size=body.group_size)
    return EntryView(
        opens=answer.opens,
        message=answer.message,
        trip=None if answer.trip is None else answer.trip.id,
        group_size=body.group_size if answer.trip is None else answer.trip.group_size,
    )


def _expect_group(call: Call) -> None:
    body, desk = call.sent(GroupBody), call.console.desk
    if desk is None:
        raise Problem("unavailable", "the door of this store is open: no gate asks here")
    desk.expect_group(body.gate, body.group_size)


def _credential(body: PresentBody) -> Credential:
    match body.kind:
        case "code":
            return ScannedCode(text=body.value)
        case "badge":
            return BadgeTap(badge=body.value)
        case "palm":
            return PalmMatch(account=body.value)


def _issue(call: Call) -> CodeView:
    body, folder = call.sent(CodeBody), call.database.folder
    settings = call.console.store.settings.entry
    if folder is None:
        raise Problem("unavailable", "this store keeps nothing on a disk, and so no keys for codes")
    if not all(text.isprintable() for text in (body.account, body.loyalty, body.language, *body.coupons)):
        raise Problem("refused", "account, loyalty, language and coupons are printable characters")
    desk = call.console.desk
    # By the clock of the gate: where a recording is played, today's codes would not be good yet, or no longer.
    now_s = (call.console.now_ns() if desk is None else desk.now_ns()) // NS_PER_S
    expires_s = now_s + min(body.valid_s, settings.shopper_code_s_max)
    key = KeyFolder(folder).signing_key("shopper", now_s)
    claims = CodeClaims(
        iss="api",
        aud=settings.store_code,
        iat=now_s,
        exp=expires_s,
        jti=secrets.token_hex(12),
        sub=body.account,
        grp=body.group_size,
        loy=body.loyalty,
        cpn=body.coupons,
        age=body.age_years,
        lang=body.language,
    )
    return CodeView(code=make_code(claims, key), expires=moment(expires_s * NS_PER_S))


OPERATIONS = (
    Operation(
        method="POST",
        path="/entries/codes",
        name="issueCode",
        group="Entries",
        summary="A code with which a shopper enters",
        about="The gate proves it without a network. Make a key for such codes first: `tillfree codes key`.",
        scope="entries:write",
        run=_issue,
        body=CodeBody,
        answer=CodeView,
        status=201,
        problems=("refused",),
        example={"account": "customer-4711", "group_size": 2},
    ),
    Operation(
        method="POST",
        path="/entries",
        name="present",
        group="Entries",
        summary="Something was held to a reader at a gate: does it open?",
        about="For readers of codes and badges, and for palm stations of others, which send an account of the app. "
        "Whoever is enrolled in the vault of this store shows a hand (`/palms/entries`): their name in it is refused. "
        "A gate that stays shut is an answer as well (`opens` is false). With an `Idempotency-Key` the same question "
        "may be asked again; without one a code that was good the first time is used up.",
        scope="entries:present",
        run=_present,
        body=PresentBody,
        answer=EntryView,
        problems=("refused",),
        example={"gate": "gate", "kind": "badge", "value": "B0001"},
    ),
    Operation(
        method="POST",
        path="/entries/groups",
        name="expectGroup",
        group="Entries",
        summary="So many want to come in on the next card",
        about="For the display beside a card terminal: it holds for the next card at that gate, for a minute.",
        scope="entries:present",
        run=_expect_group,
        body=GroupBody,
        problems=("refused",),
        example={"gate": "gate", "group_size": 2},
    ),
)
