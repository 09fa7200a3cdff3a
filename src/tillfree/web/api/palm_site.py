"""Palms of a whole site: how many there are, which stations are trusted, keys of signed ages, and revocation."""

from typing import Annotated

import msgspec
from msgspec import Meta

from tillfree.store.palms.policy import purposes_at
from tillfree.web.api.operations import Call, Operation, missing
from tillfree.web.api.palm_shapes import Name, asking_palms, palms_of
from tillfree.web.api.problems import Problem
from tillfree.web.api.shapes import Moment, moment

__all__ = ["OPERATIONS"]


class PalmsView(msgspec.Struct, frozen=True, kw_only=True):
    """How much there is, and nothing of whom; what a palm may do here, and which notice is in force."""

    enrolled: int
    waiting: Annotated[int, Meta(description="Those whose templates were revoked, and who have not come again yet.")]
    templates: int
    stations: int
    notice_version: str
    may: tuple[str, ...]
    stations_sign: bool


class NoticeQuery(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """In which language it is to be read."""

    language: Annotated[
        str, Meta(max_length=20, description="As `de`; empty, or one that it is not there in: that of the shop.")
    ] = ""


class NoticePartView(msgspec.Struct, frozen=True, kw_only=True):
    """A heading, which may be empty, and its paragraphs."""

    heading: str
    paragraphs: tuple[str, ...]


class NoticeView(msgspec.Struct, frozen=True, kw_only=True):
    """What people read before they agree: in `language`, which is what a consent to it says."""

    version: str
    language: str
    languages: Annotated[tuple[str, ...], Meta(description="In which it is there; that of the shop first.")]
    laws: Annotated[tuple[str, ...], Meta(description="Of which laws it tells: gdpr, bipa, cubi.")]
    parts: tuple[NoticePartView, ...]
    text: Annotated[str, Meta(description="All of it, headings after #, parted by blank lines.")]


class StationBody(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """The public half of a key that never leaves the station."""

    public_key: Annotated[bytes, Meta(max_length=64, description="Ed25519, 32 bytes, in base64.")]
    place: Annotated[str, Meta(max_length=100)] = ""


class StationView(msgspec.Struct, frozen=True, kw_only=True):
    """A station that is trusted."""

    station: str
    place: str
    public_key: bytes
    enrolled: Moment


class PalmStationsView(msgspec.Struct, frozen=True, kw_only=True):
    """All stations that are trusted."""

    stations: tuple[StationView, ...]


class RevocationBody(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """Why all palms are revoked."""

    why: Annotated[str, Meta(min_length=1, max_length=200)]


class RevocationView(msgspec.Struct, frozen=True, kw_only=True):
    """How many people keep their links, and enrol anew when they next tap the card that they linked."""

    palms: int


class WaitingBody(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """What somebody shows instead of a hand: one of these is enough; the first that is known counts."""

    card: Annotated[str, Meta(max_length=200, description="The fingerprint of a card that was tapped.")] = ""
    account: Annotated[str, Meta(max_length=128, description="Of the retailer's app.")] = ""
    badge: Annotated[str, Meta(max_length=64, description="Of an employee.")] = ""


class WaitingView(msgspec.Struct, frozen=True, kw_only=True):
    """Whose it is, if they enrolled here and their palm was revoked: captures for them go to that palm."""

    palm: str | None


class LinkCodeBody(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """The code that a station showed after an enrolment; case, blanks and hyphens do not matter."""

    code: Annotated[str, Meta(min_length=8, max_length=20)]


class LinkCodeView(msgspec.Struct, frozen=True, kw_only=True):
    """Whose it is: what is linked to them goes to that palm."""

    palm: str


class AgeKeyView(msgspec.Struct, frozen=True, kw_only=True):
    """A public key (RFC 8037)."""

    kty: str
    crv: str
    x: str
    kid: str
    use: str
    alg: str


class AgeKeysView(msgspec.Struct, frozen=True, kw_only=True):
    """A JSON Web Key Set (RFC 7517)."""

    keys: tuple[AgeKeyView, ...]


def _counts(call: Call) -> PalmsView:
    desk = palms_of(call)
    counts = desk.counts()
    return PalmsView(
        enrolled=counts.with_templates,
        waiting=counts.subjects - counts.with_templates,
        templates=counts.templates,
        stations=counts.stations,
        notice_version=desk.settings.notice_version,
        may=tuple(sorted(purposes_at(desk.settings, ""))),
        stations_sign=desk.settings.attested,
    )


def _notice(call: Call) -> NoticeView:
    palms_of(call)
    notices = call.console.palm_notices
    if notices is None:
        raise Problem("unavailable", "this store has no notice about palms; see palm.notice in its settings")
    found = notices.find(call.asked(NoticeQuery).language) or notices.all[0]
    return NoticeView(
        version=found.version,
        language=found.language,
        languages=notices.languages,
        laws=found.laws,
        parts=tuple(NoticePartView(heading=heading, paragraphs=those) for heading, those in found.parts),
        text=found.text,
    )


def _stations(call: Call) -> PalmStationsView:
    names = palms_of(call).stations.names()
    return PalmStationsView(stations=tuple(_station_of(call, name) for name in names))


def _station_of(call: Call, name: str) -> StationView:
    record = palms_of(call).stations.find(name)
    if record is None:
        raise missing("station of this name")
    return StationView(
        station=record.station, place=record.place, public_key=record.public, enrolled=moment(record.made_ns)
    )


def _trust(call: Call) -> StationView:
    body, name = call.sent(StationBody), _station_name(call)
    with asking_palms():
        palms_of(call).stations.enrol(name, body.public_key, by=call.who, place=body.place)
    return _station_of(call, name)


def _station_name(call: Call) -> str:
    try:
        return msgspec.convert(call.path["station"], Name)
    except msgspec.ValidationError as error:
        raise missing("station of this name") from error


def _distrust(call: Call) -> None:
    desk, name = palms_of(call), _station_name(call)
    if desk.stations.find(name) is None:
        raise missing("station of this name")
    with asking_palms():
        desk.stations.remove(name, by=call.who)


def _age_keys(call: Call) -> AgeKeysView:
    return msgspec.json.decode(palms_of(call).ages.published(), type=AgeKeysView)


def _revoke(call: Call) -> RevocationView:
    return RevocationView(palms=palms_of(call).revoke_all(by=call.who, why=call.sent(RevocationBody).why))


def _waiting(call: Call) -> WaitingView:
    body = call.sent(WaitingBody)
    if not (body.card or body.account or body.badge):
        raise Problem("refused", "nobody is asked for: give a card, an account or a badge")
    return WaitingView(palm=palms_of(call).waits_for(body.card, account=body.account, badge=body.badge) or None)


def _link_code(call: Call) -> LinkCodeView:
    desk = palms_of(call)
    palm = desk.link_codes.find(call.sent(LinkCodeBody).code)
    if not palm or desk.vault.profile(palm) is None:
        raise Problem("not-found", "this is no code, or none that is still good; link by the name of the palm")
    desk.note_code(palm, by=call.who)
    return LinkCodeView(palm=palm)


OPERATIONS = (
    Operation(
        method="GET",
        path="/palms",
        name="countPalms",
        group="Palms",
        summary="How many palms are enrolled",
        scope="palms:read",
        run=_counts,
        answer=PalmsView,
    ),
    Operation(
        method="GET",
        path="/palms/notice",
        name="palmNotice",
        group="Palms",
        summary="The notice that people read before they enrol a palm",
        about="Show all of it, and send its `version` and `language` with the consent. It is no legal advice.",
        scope="palms:read",
        run=_notice,
        query=NoticeQuery,
        answer=NoticeView,
    ),
    Operation(
        method="GET",
        path="/palms/stations",
        name="listPalmStations",
        group="Palms",
        summary="Which stations are trusted",
        scope="palms:read",
        run=_stations,
        answer=PalmStationsView,
    ),
    Operation(
        method="PUT",
        path="/palms/stations/{station}",
        name="trustPalmStation",
        group="Palms",
        summary="Trust a station, or give it a new key",
        scope="palms:manage",
        run=_trust,
        body=StationBody,
        answer=StationView,
        problems=("refused", "not-found"),
    ),
    Operation(
        method="DELETE",
        path="/palms/stations/{station}",
        name="distrustPalmStation",
        group="Palms",
        summary="Trust a station no more",
        scope="palms:manage",
        run=_distrust,
        problems=("not-found",),
    ),
    Operation(
        method="GET",
        path="/palms/age-keys",
        name="palmAgeKeys",
        group="Palms",
        summary="The public keys with which a reader proves a statement about an age",
        scope="palms:read",
        run=_age_keys,
        answer=AgeKeysView,
    ),
    Operation(
        method="POST",
        path="/palms/revocations",
        name="revokePalms",
        group="Palms",
        summary="Void all templates of the site",
        about="For a stolen site key, or a protection that was broken. What people linked stays; they enrol anew when "
        "they next tap their card.",
        scope="palms:manage",
        run=_revoke,
        body=RevocationBody,
        answer=RevocationView,
        status=201,
        example={"why": "the site key may have been copied"},
    ),
    Operation(
        method="POST",
        path="/palms/waiting",
        name="waitingPalm",
        group="Palms",
        summary="Whose card, account or badge is this, of those whose palm was revoked?",
        scope="palms:enrol",
        run=_waiting,
        body=WaitingBody,
        answer=WaitingView,
        problems=("refused",),
        example={"card": "fp_4242"},
    ),
    Operation(
        method="POST",
        path="/palms/link-codes",
        name="findPalmByCode",
        group="Palms",
        summary="Whose code is this, which a station showed after an enrolment?",
        about="To link a card or an account for somebody who has just enrolled. It is good for 15 minutes.",
        scope="palms:write",
        run=_link_code,
        body=LinkCodeBody,
        answer=LinkCodeView,
        problems=("not-found",),
        example={"code": "7KQM-24TX"},
    ),
)
"""These come before the palms by name: an address that begins alike is asked in order."""
