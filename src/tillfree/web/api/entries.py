"""Codes with which shoppers of the retailer's app enter: signed here, shown by the app, proved by the gate alone."""

import secrets
from typing import Annotated

import msgspec
from msgspec import Meta

from tillfree.core.time import NS_PER_S
from tillfree.identity.codes import CodeClaims, make_code
from tillfree.store.entry.key_files import KeyFolder
from tillfree.web.api.operations import Call, Operation
from tillfree.web.api.problems import Problem
from tillfree.web.api.shapes import Moment, moment

__all__ = ["OPERATIONS"]

Word = Annotated[str, Meta(max_length=128)]


class CodeBody(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """For whom: the account is the app's own name of them, and means nothing to anybody else."""

    account: Annotated[str, Meta(min_length=1, max_length=128)]
    group_size: Annotated[int, Meta(ge=1, le=100)] = 1
    age_years: Annotated[
        int, Meta(ge=0, le=120, description="How old the app has proved them to be; 0: not known.")
    ] = 0
    loyalty: Word = ""
    language: Annotated[str, Meta(max_length=16)] = ""
    valid_s: Annotated[int, Meta(ge=10, le=86_400, description="At most as long as the store lets codes live.")] = 60


class CodeView(msgspec.Struct, frozen=True, kw_only=True):
    """The text of the QR code; it opens a gate once, until it expires."""

    code: str
    expires: Moment


def _issue(call: Call) -> CodeView:
    body, folder = call.sent(CodeBody), call.database.folder
    settings = call.console.store.settings.entry
    if folder is None:
        raise Problem("unavailable", "this store keeps nothing on a disk, and so no keys for codes")
    if not body.account.isprintable() or not body.loyalty.isprintable() or not body.language.isprintable():
        raise Problem("refused", "account, loyalty and language are printable characters")
    now_s = call.console.now_ns() // NS_PER_S
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
)
