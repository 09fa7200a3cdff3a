"""Enrolment at home over the API: an app invites, the telephone's photos come in, and a hover at a station confirms."""

from typing import Annotated

import msgspec
from msgspec import Meta

from tillfree.core.time import NS_PER_S
from tillfree.store.palms.desk import PalmDesk
from tillfree.store.palms.home import GOOD_S, PHOTOS
from tillfree.store.palms.office import CONFIRM_DAYS
from tillfree.store.palms.pictures import hand_image
from tillfree.store.palms.recogniser import Sample
from tillfree.web.api.operations import Call, Operation
from tillfree.web.api.palm_shapes import ConsentBody, asking_palms, consent_of, palms_of
from tillfree.web.api.problems import Fault, Problem
from tillfree.web.api.shapes import Moment, moment

__all__ = ["OPERATIONS"]

_PHOTOS_MAX = 10
_PHOTO_TEXT_MAX = 4_000_000
_DAY_NS = 86_400 * NS_PER_S
Photo = Annotated[bytes, Meta(max_length=_PHOTO_TEXT_MAX, description="A PNG or JPEG file, in base64.")]


class InvitationBody(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """Who is invited."""

    account: Annotated[
        str, Meta(max_length=128, description="Of the retailer's app, which the palm will belong to; empty: of none.")
    ] = ""


class InvitationView(msgspec.Struct, frozen=True, kw_only=True):
    """An invitation. Whoever has its secret enrols a palm for that account, once: give it to nobody else."""

    secret: str
    expires: Moment
    page: Annotated[str | None, Meta(description="Where the same is done in a browser, on this server; null: nowhere.")]


class HomeBody(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """Photos of one hand by whoever was invited, who has read the notice."""

    invitation: Annotated[str, Meta(min_length=1, max_length=1000, description="Its secret.")]
    photos: Annotated[
        tuple[Photo, ...], Meta(min_length=1, max_length=_PHOTOS_MAX, description=f"As a rule {PHOTOS} of them.")
    ]
    consent: ConsentBody


class HomeView(msgspec.Struct, frozen=True, kw_only=True):
    """A palm that does nothing yet: the same hand is held over a station before `confirm_by`, or it is erased."""

    palm: str
    hands: tuple[str, ...]
    templates: int
    confirm_by: Moment


def _invite(call: Call) -> InvitationView:
    desk, room = _desk(call), call.console.palm_room
    with asking_palms():
        secret = desk.home.invite(call.sent(InvitationBody).account, by=call.who)
    page = None if room is None or room.home is None else f"/palm/home/{secret}"
    until_s = call.console.now_ns() // NS_PER_S + GOOD_S
    return InvitationView(secret=secret, expires=moment(until_s * NS_PER_S), page=page)


def _enrol(call: Call) -> HomeView:
    desk, body = _desk(call), call.sent(HomeBody)
    invitation = desk.home.read(body.invitation)
    if invitation is None:
        raise Problem("not-found", "this is no invitation, or none that is still good; ask for a new one")
    consent = consent_of(call, body.consent, "home")
    with asking_palms():
        samples = [_sample(desk, number, photo) for number, photo in enumerate(body.photos)]
        made = desk.home.enrol(invitation, samples, consent, by=call.who, language=consent.language)
    return HomeView(
        palm=made.subject,
        hands=made.hands,
        templates=made.templates,
        confirm_by=moment(call.console.now_ns() // NS_PER_S * NS_PER_S + CONFIRM_DAYS * _DAY_NS),
    )


def _sample(desk: PalmDesk, number: int, photo: bytes) -> Sample:
    """What was read of a photo. Raises Problem where the person should take another one."""
    sample = desk.recogniser.read([hand_image(photo, "visible")])
    if sample.features is None or sample.quality < desk.settings.quality_min:
        hint = sample.guidance or "hold still"
        fault = Fault(f"/photos/{number}", hint)
        raise Problem("refused", f"photo {number + 1} cannot be read: {hint}; take it anew", errors=(fault,))
    return sample


def _desk(call: Call) -> PalmDesk:
    desk = palms_of(call)
    if not desk.settings.station.home:
        raise Problem("unavailable", "nobody can enrol at home here; see palm.station.home in the settings")
    return desk


OPERATIONS = (
    Operation(
        method="POST",
        path="/palms/home/invitations",
        name="invitePalm",
        group="Palms",
        summary="Invite somebody to enrol their palm at home",
        about="The secret is good once and for a day, and after a revocation of all palms no more.",
        scope="palms:invite",
        run=_invite,
        body=InvitationBody,
        answer=InvitationView,
        status=201,
        problems=("refused",),
        example={"account": "ann"},
    ),
    Operation(
        method="POST",
        path="/palms/home",
        name="enrolPalmAtHome",
        group="Palms",
        summary="Enrol whoever was invited, by photos of a hand",
        about="A photo cannot show that a hand lives. So the palm does nothing before the same hand was held over a "
        f"station that signs and judges liveness, which confirms it; who has not come within {CONFIRM_DAYS} days is "
        "erased. Photos are not kept. A body has at most 16 MiB.",
        scope="palms:invite",
        run=_enrol,
        body=HomeBody,
        answer=HomeView,
        status=201,
        problems=("refused", "conflict", "not-found"),
    ),
)
