"""The screen of a palm station: a hand over the reader, words that guide it, and what comes of it."""

from starlette.responses import RedirectResponse, Response

from tillfree.store.palms.link_codes import LIFE_MIN
from tillfree.web.ask import Ask
from tillfree.web.errors import NotThere
from tillfree.web.palms.opening import needs_sign_in, notices_of, opened, read_by, room_of
from tillfree.web.palms.seeing import SampleHands
from tillfree.web.palms.words import GRANTED, GUIDANCE, PURPOSES, REASONS, RESULTS, station_words

__all__ = ["camera_headers", "sample", "show"]

_HEADERS = {
    "Permissions-Policy": "camera=(self), microphone=(), geolocation=()",
    "X-Robots-Tag": "noindex, nofollow",
    "Cache-Control": "no-store",
}


def camera_headers(response: Response) -> Response:
    """Allows that page, and no other, to ask for the camera."""
    response.headers.update(_HEADERS)
    return response


def show(ask: Ask) -> Response:
    """The screen."""
    room = room_of(ask)
    answer = opened(ask)
    if answer is not None:
        return answer
    if needs_sign_in(ask):
        return RedirectResponse("/sign-in?to=/palm", 303)
    words = {
        **station_words(ask),
        "guide": {code: ask.say(text) for code, text in GUIDANCE.items()},
        "results": {code: [ask.say(text) for text in texts] for code, texts in RESULTS.items()},
        "granted": {code: [ask.say(text) for text in texts] for code, texts in GRANTED.items()},
        "reasons": {code: ask.say(text) for code, text in REASONS.items()},
        "may": {code: ask.say(text) for code, text in PURPOSES.items()},
    }
    samples, notices = room.samples, notices_of(ask)
    return camera_headers(
        ask.page(
            "palms/station.html",
            room=room,
            words=words,
            texts=notices.all,
            notice=read_by(ask, notices),
            purposes=[(code, PURPOSES[code]) for code in PURPOSES if code in room.rules.purposes],
            pin_digits=room.rules.pin_digits,
            waiting=_some_wait(ask),
            samples=_buttons(ask, samples),
            setup={
                "notice": room.rules.notice_version,
                "samples": 0 if samples is None else samples.frames,
                "bands": [] if samples is None else [samples.band(frame) for frame in range(samples.frames)],
                "code_min": LIFE_MIN,
                "judged": room.eyes.judge is not None,
            },
        )
    )


def _some_wait(ask: Ask) -> bool:
    """Whether there is anybody whose palm was revoked."""
    desk = ask.console.palm_desk
    if desk is None:
        return False
    counts = desk.counts()
    return counts.subjects > counts.with_templates


def _buttons(ask: Ask, samples: SampleHands | None) -> list[tuple[int, str]]:
    """Each simulated hand, and what is held up instead of the first one."""
    buttons = []
    for person in range(0 if samples is None else samples.people):
        assert samples is not None
        kind = samples.kind(person)
        named = (
            ask.say("Attack: %(kind)s of hand 1", kind=kind) if kind else ask.say("Hand %(number)s", number=person + 1)
        )
        buttons.append((person, named))
    return buttons


def sample(ask: Ask) -> Response:
    """A simulated picture of a hand."""
    samples = room_of(ask).samples
    values = ask.request.path_params
    person, frame = int(values["person"]), int(values["frame"])
    if samples is None or needs_sign_in(ask) or not (person < samples.people and frame < samples.frames):
        raise NotThere(ask.say("There is no such picture."))
    return Response(samples.picture(person, frame), media_type="image/jpeg")
