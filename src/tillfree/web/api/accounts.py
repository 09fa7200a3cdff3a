"""Accounts of the retailer's app, and of palms: with what each is paid, and what its owner may have."""

from typing import Annotated

import msgspec
from msgspec import Meta

from tillfree.commerce.pricing import COUPONS_MAX
from tillfree.connectors.mail import is_address
from tillfree.identity.badges import PalmLink
from tillfree.store.entry.accounts import KeptAccounts
from tillfree.web.api.operations import Call, Operation, missing
from tillfree.web.api.problems import Problem

__all__ = ["OPERATIONS"]

_ACCOUNT_MAX = 128
Word = Annotated[str, Meta(max_length=128)]
Coupon = Annotated[str, Meta(min_length=1, max_length=128)]


class AccountBody(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """What is linked to an account, in the place of what was."""

    token: Annotated[str, Meta(max_length=500, description="What the processor charges; no card number.")] = ""
    fingerprint: Annotated[
        str, Meta(max_length=200, description="The processor's mark of the card, so that its blocks and debts count.")
    ] = ""
    brand: Annotated[str, Meta(max_length=40)] = ""
    last4: Annotated[str, Meta(max_length=4, pattern="^[0-9]*$")] = ""
    loyalty: Word = ""
    age_years: Annotated[int, Meta(ge=0, le=120, description="How old they were proved to be; 0: not known.")] = 0
    coupons: Annotated[tuple[Coupon, ...], Meta(max_length=COUPONS_MAX)] = ()
    email: Annotated[str, Meta(max_length=254, description="Where receipts go; empty: nowhere.")] = ""
    language: Annotated[str, Meta(max_length=16, description="That of the receipts, as `pt` or `de`.")] = ""


class AccountView(msgspec.Struct, frozen=True, kw_only=True):
    """An account, without the token: nobody gets that back."""

    account: str
    pays: bool
    brand: str
    last4: str
    loyalty: str
    age_years: int
    coupons: tuple[str, ...]
    email: str
    language: str


def _name(call: Call) -> str:
    name = call.path["account"]
    if not name.isprintable() or len(name) > _ACCOUNT_MAX:
        raise missing("account of this name")
    return name


def _view(account: str, link: PalmLink) -> AccountView:
    return AccountView(
        account=account,
        pays=bool(link.token),
        brand=link.brand,
        last4=link.last4,
        loyalty=link.loyalty,
        age_years=link.age_years,
        coupons=link.coupons,
        email=link.email,
        language=link.language,
    )


def _get(call: Call) -> AccountView:
    account = _name(call)
    link = KeptAccounts(call.database).link(account)
    if link is None:
        raise missing("account of this name")
    return _view(account, link)


def _put(call: Call) -> AccountView:
    account, body = _name(call), call.sent(AccountBody)
    if body.email and not is_address(body.email):
        raise Problem("refused", "email is no address that a receipt could be sent to")
    texts = (body.token, body.fingerprint, body.brand, body.loyalty, body.language, *body.coupons)
    if not all(text.isprintable() for text in texts):
        raise Problem("refused", "all of it is printable characters")
    if sum(map(str.isdigit, body.token)) >= 12 and body.token.replace(" ", "").replace("-", "").isdigit():
        raise Problem("refused", "this looks like the number of a card; give the token that the processor made of it")
    link = PalmLink(
        token=body.token,
        fingerprint=body.fingerprint,
        brand=body.brand,
        last4=body.last4,
        account=account,
        loyalty=body.loyalty,
        age_years=body.age_years,
        coupons=body.coupons,
        email=body.email,
        language=body.language,
    )
    KeptAccounts(call.database).set(account, link)
    call.note("account.link", "", "with a card" if body.token else "without a card")
    return _view(account, link)


def _delete(call: Call) -> None:
    if not KeptAccounts(call.database).remove(_name(call)):
        raise missing("account of this name")
    call.note("account.unlink", "")


OPERATIONS = (
    Operation(
        method="GET",
        path="/accounts/{account}",
        name="getAccount",
        group="Entries",
        summary="What is linked to an account",
        scope="accounts:write",
        run=_get,
        answer=AccountView,
        problems=("not-found",),
    ),
    Operation(
        method="PUT",
        path="/accounts/{account}",
        name="linkAccount",
        group="Entries",
        summary="Link a card, a loyalty account or coupons to an account",
        about="Codes of this account (`sub`), and a palm that is linked to it, are then paid with that card. It stays "
        "until it is changed or removed.",
        scope="accounts:write",
        run=_put,
        body=AccountBody,
        answer=AccountView,
        problems=("not-found", "refused"),
        example={"token": "pm_card_visa", "brand": "visa", "last4": "4242", "loyalty": "club-17"},
    ),
    Operation(
        method="DELETE",
        path="/accounts/{account}",
        name="unlinkAccount",
        group="Entries",
        summary="Forget an account",
        scope="accounts:write",
        run=_delete,
        problems=("not-found",),
    ),
)
