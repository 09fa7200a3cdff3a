"""Who may open the screen of a station: staff who see palms, or a display that was given the secret of displays."""

from typing import TYPE_CHECKING

from starlette.requests import HTTPConnection
from starlette.responses import Response

from tillfree.store.palms.notice import Notice, Notices
from tillfree.web.console import Console
from tillfree.web.errors import NotAllowed, NotThere
from tillfree.web.roles import may
from tillfree.web.sessions import NOBODY, reader_of
from tillfree.web.shopper.displays import COOKIE, is_secret, with_secret
from tillfree.web.texts import preferred

if TYPE_CHECKING:
    from tillfree.web.ask import Ask
    from tillfree.web.palms.room import PalmRoom

__all__ = ["is_staff", "may_open", "needs_sign_in", "notices_of", "opened", "read_by", "room_of"]

_LANGUAGE_MAX = 20


def room_of(ask: "Ask") -> "PalmRoom":
    """What knows palms; a store without it has no such pages."""
    if ask.console.palm_room is None:
        raise NotThere(ask.say("This store knows no palms. The settings under [palm] turn them on."))
    return ask.console.palm_room


def notices_of(ask: "Ask") -> Notices:
    """What people read before they enrol a palm, in all its languages."""
    if ask.console.palm_notices is None:
        raise NotThere(ask.say("This store knows no palms. The settings under [palm] turn them on."))
    return ask.console.palm_notices


def read_by(ask: "Ask", notices: Notices) -> Notice:
    """The notice in the language that the address names, else that the browser wants most, else that of the shop."""
    chosen = notices.find(ask.query("language", limit=_LANGUAGE_MAX))
    wanted = ask.request.headers.get("accept-language", "")
    found = chosen or notices.find(preferred(wanted, notices.languages, notices.languages[0]))
    assert found is not None, "one of its own languages"
    return found


def may_open(console: Console, connection: HTTPConnection) -> bool:
    """Whether whoever asks may have the station's screen."""
    if _is_display(console, connection.cookies.get(COOKIE, "")):
        return True
    return may(reader_of(console, connection).role, "palms.see")


def is_staff(console: Console, connection: HTTPConnection) -> bool:
    """Whether somebody opened it who may change palms, and no display."""
    return may(reader_of(console, connection).role, "palms.change")


def opened(ask: "Ask") -> Response | None:
    """What answers a display that brings the secret in its address; None where it does not."""
    given = ask.query("display")
    return with_secret(ask, given) if given and _is_display(ask.console, given) else None


def needs_sign_in(ask: "Ask") -> bool:
    """Whether whoever asks must sign in first; raises NotAllowed where that is done, and does not help."""
    if _is_display(ask.console, ask.request.cookies.get(COOKIE, "")):
        return False
    if ask.reader is NOBODY:
        return True
    if not ask.may("palms.see"):
        raise NotAllowed(ask.say("Your role does not allow this. Ask a manager for another role."))
    return False


def _is_display(console: Console, given: str) -> bool:
    return console.palm_room is not None and bool(given) and is_secret(console.palm_room.display_token(), given)
