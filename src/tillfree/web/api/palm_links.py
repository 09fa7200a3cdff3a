"""What the owner of a palm wants: links, cards, a PIN, consents; to see all of it, and to be forgotten."""

from collections.abc import Callable
from typing import Annotated, Literal

import msgspec
from msgspec import Meta

from tillfree.connectors.mail import is_address
from tillfree.core.time import NS_PER_S
from tillfree.storage.palm_vault.records import Consent, ErasureProof, LinkedCard, Profile
from tillfree.store.palms.answers import CardView, TemplateView
from tillfree.store.palms.desk import PalmDesk
from tillfree.store.palms.door_numbers import check_door_links
from tillfree.store.palms.office import card_views
from tillfree.store.palms.pins import made_pin
from tillfree.store.palms.wallets import with_card, with_default, without_card
from tillfree.web.api.operations import Call, Operation
from tillfree.web.api.palm_shapes import ConsentBody, Name, PurposeName, asking_palms, consent_of, palm_name, palms_of
from tillfree.web.api.problems import Problem
from tillfree.web.api.shapes import Moment, moment

__all__ = ["OPERATIONS"]

Word = Annotated[str, Meta(max_length=128)]
_DOOR_NUMBER_MAX = 2**32 - 1


class PalmLinksBody(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """What a palm is linked to, in the place of what was; cards and the PIN have addresses of their own."""

    account: Annotated[str, Meta(max_length=128, description="Of the retailer's app.")] = ""
    loyalty: Word = ""
    badge: Annotated[str, Meta(max_length=64, description="Of an employee.")] = ""
    role: Literal["shopper", "associate"] = "shopper"
    age_over: Annotated[
        int, Meta(ge=0, le=120, description="The greatest age that was proved; no date of birth comes in here.")
    ] = 0
    age_proof: Annotated[str, Meta(max_length=64, description="How: `passport`, `seen by staff`.")] = ""
    doors: Annotated[tuple[Name, ...], Meta(max_length=100)] = ()
    door_number: Annotated[
        int, Meta(ge=0, le=_DOOR_NUMBER_MAX, description="What a door controller is told, as that of a card.")
    ] = 0
    email: Annotated[str, Meta(max_length=254)] = ""
    language: Annotated[str, Meta(max_length=16)] = ""


class PalmCardBody(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """A card for the wallet."""

    token: Annotated[str, Meta(min_length=1, max_length=500, description="What the processor charges; no card number.")]
    name: Annotated[str, Meta(max_length=64, description="What its owner calls it.")] = ""
    fingerprint: Annotated[str, Meta(max_length=200)] = ""
    brand: Annotated[str, Meta(max_length=40)] = ""
    last4: Annotated[str, Meta(max_length=4, pattern="^[0-9]*$")] = ""
    expires: Annotated[str, Meta(max_length=7, pattern="^([0-9]{4}-[0-9]{2})?$")] = ""
    default: Annotated[bool, Meta(description="Whether it pays from now on.")] = False


class PinBody(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """A new PIN; empty: none any more."""

    pin: Annotated[str, Meta(max_length=12, pattern="^[0-9]*$")]


class WithdrawalBody(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """What a palm may not be used for any more."""

    purposes: Annotated[tuple[PurposeName, ...], Meta(min_length=1, max_length=6)]


class ConsentView(msgspec.Struct, frozen=True, kw_only=True):
    """A consent."""

    notice: str
    language: str
    purposes: tuple[str, ...]
    by: str
    given: Moment
    withdrawn: Moment | None


class PalmView(msgspec.Struct, frozen=True, kw_only=True):
    """What a palm is linked to: nothing of the palm itself, and no token."""

    palm: str
    made: Moment
    confirmed: bool
    consents: tuple[ConsentView, ...]
    cards: tuple[CardView, ...]
    account: str
    loyalty: str
    badge: str
    role: str
    age_over: int
    age_proof: str
    doors: tuple[str, ...]
    door_number: int
    email: str
    language: str
    listed_as: Annotated[str, Meta(description="What a list of many called them, from which they were enrolled.")]
    has_pin: bool


class PalmExportView(msgspec.Struct, frozen=True, kw_only=True):
    """All that is stored about somebody (GDPR Art. 15 and 20).

    Of tokens and templates it says that there are some: a token pays, and a template that left the vault could not be
    called back.
    """

    about: PalmView
    last_seen: Moment
    erased_after_days: int
    wrong_pins: int
    templates: tuple[TemplateView, ...]
    log: tuple["LogView", ...]


class LogView(msgspec.Struct, frozen=True, kw_only=True):
    """Something that was done with it."""

    time: Moment
    who: str
    what: str
    detail: str


class ErasureView(msgspec.Struct, frozen=True, kw_only=True):
    """That somebody was erased: their key was destroyed, and the entry of the vault's log that says so."""

    palm: str
    templates: int
    time: Moment
    log_number: int
    log_hash: str


class WithdrawnView(msgspec.Struct, frozen=True, kw_only=True):
    """What is left; who may not be identified any more is erased."""

    palm: str
    erasure: ErasureView | None
    purposes: tuple[str, ...]


def _view(palm: str, profile: Profile) -> PalmView:
    return PalmView(
        palm=palm,
        made=moment(profile.made_ns),
        confirmed=profile.confirmed,
        consents=tuple(map(_consent, profile.consents)),
        cards=card_views(profile),
        account=profile.account,
        loyalty=profile.loyalty,
        badge=profile.badge,
        role=profile.role,
        age_over=profile.age_over,
        age_proof=profile.age_proof,
        doors=profile.doors,
        door_number=profile.door_number,
        email=profile.email,
        language=profile.language,
        listed_as=profile.listed_as,
        has_pin=profile.pin is not None,
    )


def _consent(consent: Consent) -> ConsentView:
    return ConsentView(
        notice=consent.notice,
        language=consent.language,
        purposes=consent.purposes,
        by=consent.by,
        given=moment(consent.given_ns),
        withdrawn=moment(consent.withdrawn_ns) if consent.withdrawn_ns else None,
    )


def _erasure(proof: ErasureProof) -> ErasureView:
    return ErasureView(
        palm=proof.subject,
        templates=proof.templates,
        time=moment(proof.time_ns),
        log_number=proof.audit_number,
        log_hash=proof.audit_hash,
    )


def _get(call: Call) -> PalmView:
    palm = palm_name(call)
    return _view(palm, _profile(palms_of(call), palm))


def _profile(desk: PalmDesk, palm: str) -> Profile:
    with asking_palms():
        return desk.profile(palm)


def _link(call: Call) -> PalmView:
    body = call.sent(PalmLinksBody)
    if body.email and not is_address(body.email):
        raise Problem("refused", "email is no address that a receipt could be sent to")
    fields = msgspec.structs.asdict(body)
    texts = [value for value in fields.values() if isinstance(value, str)]
    if not all(text.isprintable() for text in texts):
        raise Problem("refused", "all of it is printable characters")

    def linked(profile: Profile) -> Profile:
        profile = msgspec.structs.replace(profile, **fields)
        check_door_links(profile, palms_of(call).settings.doors)
        return profile

    return _changed(call, linked, "palm.link")


def _add_card(call: Call) -> PalmView:
    body = call.sent(PalmCardBody)
    if not all(text.isprintable() for text in (body.token, body.name, body.fingerprint, body.brand)):
        raise Problem("refused", "all of it is printable characters")
    card = LinkedCard(
        token=body.token, name=body.name, fingerprint=body.fingerprint, brand=body.brand, last4=body.last4,
        expires=body.expires,
    )  # fmt: skip
    return _changed(call, lambda one: with_card(one, card, default=body.default), "palm.card.add")


def _choose_card(call: Call) -> PalmView:
    card = call.path["card"]
    return _changed(call, lambda one: with_default(one, card), "palm.card.default")


def _remove_card(call: Call) -> PalmView:
    card = call.path["card"]
    return _changed(call, lambda one: without_card(one, card), "palm.card.remove")


def _pin(call: Call) -> None:
    digits = call.sent(PinBody).pin
    with asking_palms():
        pin = made_pin(digits) if digits else None
    _changed(call, lambda one: msgspec.structs.replace(one, pin=pin, wrong_pins=0, locked_until_ns=0), "palm.pin")


def _changed(call: Call, change: Callable[[Profile], Profile], what: str) -> PalmView:
    desk, palm = palms_of(call), palm_name(call)
    with asking_palms():
        return _view(palm, desk.change(palm, change, by=call.who, what=what))


def _agree(call: Call) -> PalmView:
    desk, palm, consent = palms_of(call), palm_name(call), consent_of(call, call.sent(ConsentBody))
    with asking_palms():
        return _view(palm, desk.agree(palm, consent, by=call.who))


def _withdraw(call: Call) -> WithdrawnView:
    desk, palm, body = palms_of(call), palm_name(call), call.sent(WithdrawalBody)
    with asking_palms():
        proof = desk.withdraw(palm, frozenset(body.purposes), by=call.who)
    if proof is not None:
        return WithdrawnView(palm=palm, erasure=_erasure(proof), purposes=())
    return WithdrawnView(palm=palm, erasure=None, purposes=tuple(sorted(_profile(desk, palm).purposes())))


def _delete(call: Call) -> ErasureView:
    desk, palm = palms_of(call), palm_name(call)
    with asking_palms():
        return _erasure(desk.delete(palm, by=call.who))


def _export(call: Call) -> PalmExportView:
    desk, palm = palms_of(call), palm_name(call)
    profile = _profile(desk, palm)
    made = desk.export(palm, by=call.who)
    return PalmExportView(
        about=_view(palm, profile),
        last_seen=moment(made.last_seen_day * 86_400 * NS_PER_S),
        erased_after_days=made.erased_after_days,
        wrong_pins=made.wrong_pins,
        templates=made.templates,
        log=tuple(
            LogView(time=moment(time_ns), who=who, what=what, detail=detail) for time_ns, who, what, detail in made.log
        ),
    )


_GONE = ("not-found",)

OPERATIONS = (
    Operation(
        method="GET",
        path="/palms/{palm}",
        name="getPalm",
        group="Palms",
        summary="What a palm is linked to",
        scope="palms:write",
        run=_get,
        answer=PalmView,
        problems=_GONE,
    ),
    Operation(
        method="PUT",
        path="/palms/{palm}/links",
        name="linkPalm",
        group="Palms",
        summary="Link a palm to an account, loyalty, a badge, doors or a proved age",
        about="In the place of what was; cards stay as they are.",
        scope="palms:write",
        run=_link,
        body=PalmLinksBody,
        answer=PalmView,
        problems=("not-found", "refused"),
        example={"loyalty": "club-17", "age_over": 21, "age_proof": "passport"},
    ),
    Operation(
        method="POST",
        path="/palms/{palm}/cards",
        name="addPalmCard",
        group="Palms",
        summary="Put a card into the wallet of a palm",
        scope="palms:write",
        run=_add_card,
        body=PalmCardBody,
        answer=PalmView,
        status=201,
        problems=("not-found", "refused"),
        example={"token": "pm_card_visa", "brand": "visa", "last4": "4242", "default": True},
    ),
    Operation(
        method="PUT",
        path="/palms/{palm}/cards/{card}/default",
        name="choosePalmCard",
        group="Palms",
        summary="Let another card of the wallet pay",
        scope="palms:write",
        run=_choose_card,
        answer=PalmView,
        problems=("not-found", "refused"),
    ),
    Operation(
        method="DELETE",
        path="/palms/{palm}/cards/{card}",
        name="removePalmCard",
        group="Palms",
        summary="Take a card out of the wallet",
        scope="palms:write",
        run=_remove_card,
        answer=PalmView,
        problems=("not-found", "refused"),
    ),
    Operation(
        method="PUT",
        path="/palms/{palm}/pin",
        name="setPalmPin",
        group="Palms",
        summary="Set the PIN for larger amounts",
        scope="palms:write",
        run=_pin,
        body=PinBody,
        problems=("not-found", "refused"),
    ),
    Operation(
        method="POST",
        path="/palms/{palm}/consents",
        name="agreePalm",
        group="Palms",
        summary="Agree to more purposes, or to a new notice",
        scope="palms:write",
        run=_agree,
        body=ConsentBody,
        answer=PalmView,
        status=201,
        problems=("not-found", "refused"),
        example={"notice": "1", "language": "en", "purposes": ["identify", "pay", "enter"]},
    ),
    Operation(
        method="POST",
        path="/palms/{palm}/withdrawals",
        name="withdrawPalm",
        group="Palms",
        summary="Take consent back",
        about="Who may not be identified any more (`identify`) is erased at once.",
        scope="palms:write",
        run=_withdraw,
        body=WithdrawalBody,
        answer=WithdrawnView,
        problems=("not-found", "refused"),
        example={"purposes": ["pay"]},
    ),
    Operation(
        method="DELETE",
        path="/palms/{palm}",
        name="deletePalm",
        group="Palms",
        summary="Forget the owner of a palm",
        about="Their key is destroyed and their rows are erased before this answers: copies of the vault are noise "
        "from then on.",
        scope="palms:write",
        run=_delete,
        answer=ErasureView,
        problems=_GONE,
    ),
    Operation(
        method="GET",
        path="/palms/{palm}/export",
        name="exportPalm",
        group="Palms",
        summary="All that is stored about the owner of a palm",
        scope="palms:export",
        run=_export,
        answer=PalmExportView,
        problems=_GONE,
    ),
)
