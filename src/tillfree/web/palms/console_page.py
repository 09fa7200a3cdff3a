"""Palms for staff: how many there are, what their owners agreed to, and the log. No picture, no template, no score."""

from collections import Counter
from collections.abc import Callable

import msgspec
from starlette.responses import Response

from tillfree.commerce.display import display_text
from tillfree.storage.database.audit import AuditProof
from tillfree.store.palms.desk import PalmDesk
from tillfree.store.palms.errors import NoPalmError, PalmDeskError
from tillfree.store.palms.link_codes import LIFE_MIN
from tillfree.web.ask import Ask
from tillfree.web.errors import AskError
from tillfree.web.palms.words import DOOR_WORDS, LOG_WORDS, PURPOSES

__all__ = ["code", "delete", "export", "find", "invite", "revoke", "show"]

_PAGE = "/palms"
_LOG_SHOWN = 100
_NAME_MAX = 100
_WHY_MAX = 200
_SURE = "revoke all"
"""What has to be typed before every template of a site is made void."""


class ConsentCounts(msgspec.Struct, frozen=True):
    """What people agreed to: by purpose, by version of the notice, and how many enrolments at home wait."""

    purposes: list[tuple[str, int]]
    notices: list[tuple[str, int]]
    unconfirmed: int


def show(ask: Ask) -> Response:
    """The page."""
    room, desk = ask.console.palm_room, ask.console.palm_desk
    if desk is None:
        return ask.page("palms/palms.html", room=room, desk=None)
    before = ask.number("before", 1, 2**62, 0)
    log = desk.vault.log(before=before or None, limit=_LOG_SHOWN)
    counts = desk.counts()
    proof: AuditProof | None = desk.vault.verify_log() if ask.query("check", limit=5) else None
    return ask.page(
        "palms/palms.html",
        room=room,
        desk=desk,
        notice=None if ask.console.palm_notices is None else ask.console.palm_notices.all[0],
        counts=counts,
        revoked=counts.subjects - counts.with_templates,
        stations=desk.stations.names(),
        doors=[] if ask.console.palm_doors is None else ask.console.palm_doors.all(),
        door_words=DOOR_WORDS,
        consents=_consents(desk) if ask.query("consents", limit=5) else None,
        purposes=PURPOSES,
        log=log,
        said=_said(ask),
        older=f"{_PAGE}?before={log[-1].number}" if len(log) == _LOG_SHOWN else "",
        newer=_PAGE if before else "",
        proof=proof,
        found=_found(ask, desk),
        sure=_SURE,
    )


def find(ask: Ask) -> Response:
    """Looks for the palms of an account of the retailer's app, or of a badge, or for one by its name or code."""
    wanted = ask.text("account", limit=_NAME_MAX).strip()
    if not wanted:
        return ask.back(
            _PAGE, wrong=ask.say("Give the code, the name of the palm, the account of the app, or the badge.")
        )
    desk = _desk(ask)
    coded = desk.link_codes.find(wanted)
    if coded and desk.vault.profile(coded) is not None:
        desk.note_code(coded, by=ask.reader.name)
        ask.audit("palm.find", coded)
        return ask.back(_PAGE, palm=coded)
    for subject in [wanted] if desk.vault.profile(wanted) is not None else desk.vault.subjects():
        profile = desk.vault.profile(subject)
        if profile is not None and (subject == wanted or wanted in (profile.account, profile.badge)):
            ask.audit("palm.find", subject)
            return ask.back(_PAGE, palm=subject)
    ask.audit("palm.find", "", "nobody")
    return ask.back(_PAGE, wrong=ask.say("There is no palm of that code, name or account."))


def code(ask: Ask) -> Response:
    """A code with which somebody whose palm was revoked enrols anew at a station, and keeps what they linked."""
    desk, subject = _desk(ask), ask.text("palm", limit=_NAME_MAX)
    if desk.vault.profile(subject) is None:
        return ask.back(_PAGE, wrong=ask.say("This palm is gone already."))
    if desk.vault.template_count(subject):
        return ask.back(_PAGE, wrong=ask.say("This palm is enrolled: nobody enrols it anew."), palm=subject)
    ask.audit("palm.code", subject)
    said = ask.say(
        "%(code)s is good for %(minutes)s minutes, at a station: Enrol my palm, I was enrolled here before.",
        code=desk.link_codes.make(subject),
        minutes=LIFE_MIN,
    )
    return ask.back(_PAGE, done=said, palm=subject)


def invite(ask: Ask) -> Response:
    """Shows a link, once, with which somebody enrols at home."""
    room = ask.console.palm_room
    if room is None or room.home is None:
        raise AskError(ask.say("Nobody can enrol a palm at home here."))
    try:
        secret = room.home.invite(ask.text("invited", limit=_NAME_MAX).strip(), by=ask.reader.name)
    except PalmDeskError as error:
        raise AskError(str(error)) from error
    ask.audit("palm.invite")
    return ask.page("palms/invited.html", link=f"{ask.request.base_url}palm/home/{secret}")


def delete(ask: Ask) -> Response:
    """Erases everything of one person."""
    subject = ask.text("palm", limit=_NAME_MAX)
    try:
        proof = _desk(ask).delete(subject, by=ask.reader.name, why="asked for, done by staff")
    except NoPalmError:
        return ask.back(_PAGE, wrong=ask.say("This palm is gone already."))
    ask.audit("palm.delete", subject)
    return ask.back(
        _PAGE,
        done=ask.say(
            "Erased: the key, %(templates)s templates and all links. Entry %(number)s of the log proves it.",
            templates=proof.templates,
            number=proof.audit_number,
        ),
    )


def export(ask: Ask) -> Response:
    """Everything that is kept about one person, as JSON, for that person."""
    subject = ask.text("palm", limit=_NAME_MAX)
    try:
        kept = _desk(ask).export(subject, by=ask.reader.name)
    except NoPalmError:
        return ask.back(_PAGE, wrong=ask.say("This palm is gone already."))
    ask.audit("palm.export", subject)
    return Response(
        msgspec.json.format(msgspec.json.encode(kept)),
        media_type="application/json",
        headers={"Content-Disposition": 'attachment; filename="palm.json"'},
    )


def revoke(ask: Ask) -> Response:
    """Makes every template of the site void; people keep their links and enrol anew."""
    if ask.text("sure", limit=40).strip().lower() != _SURE:
        return ask.back(_PAGE, wrong=ask.say('Nothing was revoked: type "%(sure)s" if you mean it.', sure=_SURE))
    why = ask.text("why", limit=_WHY_MAX).strip()
    if not why:
        return ask.back(_PAGE, wrong=ask.say("Say why all are revoked: it stands in the log."))
    count = _desk(ask).revoke_all(by=ask.reader.name, why=why)
    ask.audit("palm.revoke", "", f"{count} people")
    return ask.back(
        _PAGE, done=ask.say("Revoked. %(count)s people keep what they linked and enrol their palm anew.", count=count)
    )


def _desk(ask: Ask) -> PalmDesk:
    desk = ask.console.palm_desk
    if desk is None:
        raise AskError(ask.say("This store knows no palms. The settings under [palm] turn them on."))
    return desk


def _consents(desk: PalmDesk) -> ConsentCounts:
    """Read person by person, so only when somebody asks."""
    purposes: Counter[str] = Counter()
    notices: Counter[str] = Counter()
    unconfirmed = 0
    for subject in desk.vault.subjects():
        profile = desk.vault.profile(subject)
        if profile is None:
            continue
        purposes.update(profile.purposes())
        notices.update({one.notice for one in profile.consents if not one.withdrawn_ns})
        unconfirmed += not profile.confirmed
    return ConsentCounts(
        purposes=[(purpose, purposes[purpose]) for purpose in PURPOSES if purpose in purposes],
        notices=sorted(notices.items()),
        unconfirmed=unconfirmed,
    )


def _found(ask: Ask, desk: PalmDesk) -> dict[str, object] | None:
    """What staff see of one person, who was looked for: no way to pay; and what it is linked to."""
    subject = ask.query("palm", limit=_NAME_MAX)
    profile = desk.vault.profile(subject) if subject else None
    if profile is None:
        return None
    return {
        "palm": subject,
        "made_ns": profile.made_ns,
        "templates": desk.vault.template_count(subject),
        "purposes": [purpose for purpose in PURPOSES if purpose in profile.purposes()],
        "cards": len(profile.cards),
        "account": profile.account,
        "loyalty": profile.loyalty,
        "badge": profile.badge,
        "doors": profile.doors,
        "door_number": profile.door_number,
        "confirmed": profile.confirmed,
    }


def _said(ask: Ask) -> Callable[[str], str]:
    return lambda what: ask.say(LOG_WORDS[what]) if what in LOG_WORDS else display_text(what)
