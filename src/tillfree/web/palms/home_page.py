"""Pages that people see on their own telephone: the notice as a public policy, and enrolment at home."""

from starlette.concurrency import run_in_threadpool
from starlette.responses import Response

from tillfree.store.palms.home import PHOTOS, Invitation
from tillfree.store.palms.office import CONFIRM_DAYS
from tillfree.web.ask import Ask
from tillfree.web.errors import NotThere
from tillfree.web.palms.home import HomeEnrolment
from tillfree.web.palms.opening import notices_of, read_by, room_of
from tillfree.web.palms.pictures import PictureError, decode_picture
from tillfree.web.palms.seeing import Answer, Wishes
from tillfree.web.palms.station_page import camera_headers
from tillfree.web.palms.words import GUIDANCE, PURPOSES, REASONS, RESULTS

__all__ = ["home", "policy", "send"]

_PHOTO_BYTES_MAX = 2 * 1024 * 1024
_PHOTO_SIDE_PX = 2048
_TRIES_AT_ONCE_MAX = 2


def policy(ask: Ask) -> Response:
    """The notice, for everybody: what is kept, why, and for how long."""
    notices = notices_of(ask)
    return ask.page("palms/policy.html", notice=read_by(ask, notices), texts=notices.all)


def home(ask: Ask) -> Response:
    """The form behind a link."""
    invitation = _invitation(ask)
    return _form(ask, invitation)


async def send(ask: Ask) -> Response:
    """Enrols by photos; they are looked at and thrown away."""
    invitation = await run_in_threadpool(_invitation, ask)
    room = room_of(ask)
    purposes = tuple(code for code in ask.form.getlist("purpose") if code in PURPOSES)
    wrong = ""
    read = notices_of(ask).find(ask.text("language", limit=40))
    if read is None or ask.text("notice", limit=40) != room.rules.notice_version:
        wrong = ask.say(REASONS["old notice"])
    elif "identify" not in purposes or not set(purposes) <= room.rules.purposes or not ask.text("agree", limit=5):
        wrong = ask.say(REASONS["no consent"])
    if wrong or read is None:
        return _form(ask, invitation, wrong, 400)
    try:
        photos = [
            await run_in_threadpool(
                decode_picture, await ask.file(f"photo{k}", _PHOTO_BYTES_MAX), "visible", _PHOTO_SIDE_PX
            )
            for k in range(1, PHOTOS + 1)
        ]
    except PictureError as error:
        return _form(ask, invitation, str(error), 400)
    wishes = Wishes(notice_version=room.rules.notice_version, purposes=purposes, language=read.language)
    answer = await run_in_threadpool(_home_of(ask).enrol, invitation, photos, wishes)
    if answer.kind == "enrolled":
        return ask.page("palms/home.html", invitation=None, done=True, wrong="", days=CONFIRM_DAYS)
    return _form(ask, invitation, _why(ask, answer), 400)


def _why(ask: Ask, answer: Answer) -> str:
    title, text = RESULTS.get(answer.kind, RESULTS["trouble"])
    hint = GUIDANCE.get(answer.reason, "") if answer.kind == "unread" else ""
    return " ".join(f"{ask.say(part).rstrip('.')}." for part in (title, hint or text))


def _form(ask: Ask, invitation: Invitation, wrong: str = "", status: int = 200) -> Response:
    room, notices = room_of(ask), notices_of(ask)
    del invitation  # what it says is nobody's business, also of whoever holds it
    return camera_headers(
        ask.page(
            "palms/home.html",
            status,
            done=False,
            wrong=wrong,
            notice=read_by(ask, notices),
            texts=notices.all,
            purposes=[(code, text) for code, text in PURPOSES.items() if code in room.rules.purposes],
            photos=range(1, PHOTOS + 1),
            days=CONFIRM_DAYS,
        )
    )


def _home_of(ask: Ask) -> HomeEnrolment:
    found = room_of(ask).home
    if found is None:
        raise NotThere(ask.say("Nobody can enrol a palm at home here."))
    return found


def _invitation(ask: Ask) -> Invitation:
    found = _home_of(ask).read(str(ask.request.path_params["secret"])[:1000])
    if found is None:
        raise NotThere(ask.say("This link is not good, or not any more. Ask for a new one."))
    return found
