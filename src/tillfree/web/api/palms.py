"""Palm stations: challenges, enrolment, recognition, and palms that open a gate."""

from typing import Annotated

import msgspec
from msgspec import Meta

from tillfree.core.time import NS_PER_S
from tillfree.store.palms.answers import Enrolled, PalmAnswer
from tillfree.store.palms.desk import PalmDesk
from tillfree.store.palms.entering import enter_by_palm
from tillfree.store.palms.office import card_views
from tillfree.store.palms.policy import Use
from tillfree.web.api.operations import Call, Operation
from tillfree.web.api.palm_shapes import (
    Captures,
    ConsentBody,
    Name,
    PinDigits,
    PurposeName,
    WalletCard,
    asking_palms,
    consent_of,
    palm_name,
    palms_of,
    samples_of,
    station_of,
)
from tillfree.web.api.problems import Problem
from tillfree.web.api.shapes import Moment, moment

__all__ = ["OPERATIONS"]

_MINOR_MAX = 10**15


class ChallengeBody(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """Which station is about to look."""

    station: Name


class ChallengeView(msgspec.Struct, frozen=True, kw_only=True):
    """What it has to sign with its next capture: once, and before it expires."""

    nonce: str
    expires: Moment


class IdentifyBody(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """What was seen, and what for: the captures of one hand, or of both."""

    captures: Captures
    purpose: PurposeName = "identify"
    palm: Annotated[str, Meta(max_length=64, description="Who they say they are; empty: anybody who is enrolled.")] = ""
    amount_minor: Annotated[int, Meta(ge=0, le=_MINOR_MAX, description="What is to be paid.")] = 0
    pin: PinDigits = ""
    card: Annotated[str, Meta(max_length=200, description="The fingerprint of a card that was tapped as well.")] = ""
    age_over: Annotated[int, Meta(ge=0, le=120)] = 0
    audience: Annotated[str, Meta(max_length=64, description="Who reads the proof of age.")] = ""
    door: Annotated[str, Meta(max_length=64)] = ""


class CardChoice(msgspec.Struct, frozen=True, kw_only=True):
    """A card that somebody may choose to pay with: `card` is what it is called in `payByPalm`."""

    card: str
    brand: str
    last4: str
    default: bool


class IdentifyView(msgspec.Struct, frozen=True, kw_only=True):
    """Whether somebody was recognised, and may do it. There is no score in it: nobody climbs along it.

    `reason` is empty where they may; `guidance` says how to hold the hand, where it could not be read.
    """

    recognised: bool
    allowed: bool
    palm: str | None
    reason: str
    message: str
    guidance: str
    card: WalletCard | None = None
    cards: tuple[CardChoice, ...] = ()
    loyalty: str | None = None
    age_proof: str | None = None
    door_number: int | None = None


class PalmEntryBody(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """A hand at a gate."""

    captures: Captures
    gate: Name
    group_size: Annotated[int, Meta(ge=1, le=100)] = 1
    pin: PinDigits = ""
    card: Annotated[str, Meta(max_length=200)] = ""


class PalmEntryView(msgspec.Struct, frozen=True, kw_only=True):
    """Whether the gate opens, and what its display says."""

    opens: bool
    reason: str
    message: str
    guidance: str
    trip: str | None


class EnrolBody(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """Several captures of one hand, or of both, and the consent."""

    captures: Captures
    consent: ConsentBody


class MoreBody(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """More captures of somebody who is enrolled; with a consent their old templates go."""

    captures: Captures
    confirms: Annotated[
        bool, Meta(description="Confirms an enrolment at home; where stations sign, a living hover does it by itself.")
    ] = False
    consent: ConsentBody | None = None


class EnrolledView(msgspec.Struct, frozen=True, kw_only=True):
    """The name under which they are known from now on: random, and only here."""

    palm: str
    hands: tuple[str, ...]
    templates: int


def _challenge(call: Call) -> ChallengeView:
    with asking_palms():
        made = palms_of(call).stations.challenge(call.sent(ChallengeBody).station)
    return ChallengeView(nonce=made.nonce, expires=moment(made.expires_ns // NS_PER_S * NS_PER_S))


def _identify(call: Call) -> IdentifyView:
    desk, body = palms_of(call), call.sent(IdentifyBody)
    if body.purpose == "age" and not body.audience:
        raise Problem("refused", "a proof of age is made for one reader: name it in `audience`")
    use = Use(
        purpose=body.purpose,
        station=station_of(body.captures),
        amount_minor=body.amount_minor,
        pin=body.pin,
        card=body.card,
        age_over=body.age_over,
        door=body.door,
    )
    samples = samples_of(desk, body.captures)
    answer = desk.attend(samples, use, by=use.station, palm=body.palm)
    # Not written down: a log of who was recognised when would be a diary.
    return _said(desk, answer, body)


def _said(desk: PalmDesk, answer: PalmAnswer, body: IdentifyBody) -> IdentifyView:
    view = IdentifyView(
        recognised=answer.recognised,
        allowed=answer.allowed,
        palm=answer.subject or None,
        reason=answer.reason,
        message=answer.message,
        guidance=answer.guidance,
    )
    if not answer.allowed:
        return view
    profile = desk.profile(answer.subject)
    match body.purpose:
        case "pay":
            cards = tuple(
                CardChoice(card=one.card, brand=one.brand, last4=one.last4, default=one.default)
                for one in card_views(profile)
            )
            default = next((one for one in cards if one.default), None)
            card = None if default is None else WalletCard(brand=default.brand, last4=default.last4)
            return msgspec.structs.replace(view, card=card, cards=cards)
        case "loyalty":
            return msgspec.structs.replace(view, loyalty=profile.loyalty)
        case "age":
            proof = desk.ages.proof(answer.subject, body.age_over, body.audience)
            return msgspec.structs.replace(view, palm=None, age_proof=proof)
        case "door" if desk.settings.door(body.door) is None:  # else the store itself tells the controller
            return msgspec.structs.replace(view, door_number=profile.door_number)
        case _:
            return view


def _enter(call: Call) -> PalmEntryView:
    palms, body, desk = palms_of(call), call.sent(PalmEntryBody), call.console.desk
    if desk is None:
        raise Problem("unavailable", "the door of this store is open: no gate asks here")
    samples = samples_of(palms, body.captures)
    hold_minor = call.console.store.settings.payments.hold_minor
    entry = enter_by_palm(
        palms, desk, body.gate, samples, group_size=body.group_size, hold_minor=hold_minor, pin=body.pin, card=body.card
    )
    return PalmEntryView(
        opens=entry.opens,
        reason=entry.palm.reason if entry.gate is None else entry.gate.reason,
        message=entry.message,
        guidance=entry.palm.guidance,
        trip=None if entry.gate is None or entry.gate.trip is None else entry.gate.trip.id,
    )


def _enrol(call: Call) -> EnrolledView:
    desk, body = palms_of(call), call.sent(EnrolBody)
    consent = consent_of(call, body.consent, station_of(body.captures))
    samples = samples_of(desk, body.captures)
    with asking_palms():
        made = desk.enrol(samples, consent, by=call.who)
    return _enrolled(made)


def _more(call: Call) -> EnrolledView:
    desk, body, palm = palms_of(call), call.sent(MoreBody), palm_name(call)
    consent = None if body.consent is None else consent_of(call, body.consent, station_of(body.captures))
    samples = samples_of(desk, body.captures)
    with asking_palms():
        if body.confirms:
            made = desk.confirm(palm, samples, by=call.who)
        elif consent is not None:
            made = desk.re_enrol(palm, samples, consent, by=call.who)
        else:
            made = desk.add_hand(palm, samples, by=call.who)
    return _enrolled(made)


def _enrolled(made: Enrolled) -> EnrolledView:
    return EnrolledView(palm=made.subject, hands=made.hands, templates=made.templates)


_SIGNED = "Where stations sign (`palm.attested`), each capture needs a challenge of its own. "

OPERATIONS = (
    Operation(
        method="POST",
        path="/palms/challenges",
        name="challengePalmStation",
        group="Palms",
        summary="A challenge that a station signs with its next capture",
        scope="palms:present",
        run=_challenge,
        body=ChallengeBody,
        answer=ChallengeView,
        status=201,
        problems=("refused",),
        example={"station": "north"},
    ),
    Operation(
        method="POST",
        path="/palms/identify",
        name="identifyPalm",
        group="Palms",
        summary="Who holds their hand here, and may they do it?",
        about=_SIGNED + "A hand that is not known, or may not, is an answer as well. Scores, pictures and templates "
        "are in no answer.",
        scope="palms:present",
        run=_identify,
        body=IdentifyBody,
        answer=IdentifyView,
        problems=("refused", "not-found"),
    ),
    Operation(
        method="POST",
        path="/palms/entries",
        name="enterByPalm",
        group="Palms",
        summary="A hand at a gate: does it open?",
        about=_SIGNED + "The trip is paid as the owner of the palm has linked it.",
        scope="palms:present",
        run=_enter,
        body=PalmEntryBody,
        answer=PalmEntryView,
        problems=("refused", "not-found"),
    ),
    Operation(
        method="POST",
        path="/palms",
        name="enrolPalm",
        group="Palms",
        summary="Enrol somebody who has agreed to it",
        about=_SIGNED + "Somebody who is enrolled already is refused (409), without saying under which name. Pictures "
        "are not kept.",
        scope="palms:enrol",
        run=_enrol,
        body=EnrolBody,
        answer=EnrolledView,
        status=201,
        problems=("refused", "conflict", "not-found"),
    ),
    Operation(
        method="POST",
        path="/palms/{palm}/captures",
        name="addPalmCaptures",
        group="Palms",
        summary="More captures of somebody: the other hand, a confirmation, or all anew",
        about=_SIGNED,
        scope="palms:enrol",
        run=_more,
        body=MoreBody,
        answer=EnrolledView,
        problems=("refused", "conflict", "not-found"),
    ),
)
