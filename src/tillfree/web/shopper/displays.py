"""Who may open an exit screen or a kiosk: staff who see the gate, or a display that was given the secret of displays.

A display is opened once as `/exit?display=SECRET`; the secret then travels in a cookie that no script can read, and out
of the address, where people could see it.
"""

import hmac
import os
from typing import TYPE_CHECKING

from starlette.responses import RedirectResponse, Response

from tillfree.store.receipts.desk import ReceiptDesk
from tillfree.web.errors import NotAllowed, NotThere
from tillfree.web.sessions import NOBODY

if TYPE_CHECKING:
    from tillfree.web.ask import Ask

__all__ = ["COOKIE", "desk_of", "is_secret", "needs_sign_in", "opened", "with_secret"]

COOKIE = "display"
_SECRET_MIN = 16
_YEAR_S = 365 * 24 * 3600


def desk_of(ask: "Ask") -> ReceiptDesk:
    """The desk of receipts; a store without one has no such pages."""
    if ask.console.receipts is None:
        raise NotThere(ask.say("This store makes no receipts that shoppers pay."))
    return ask.console.receipts


def opened(ask: "Ask") -> Response | None:
    """What answers a display that brings the secret in its address; None where it does not."""
    given = ask.query("display")
    return with_secret(ask, given) if given and _is_secret(ask, given) else None


def with_secret(ask: "Ask", given: str) -> Response:
    """The same page once more: the secret now is in a cookie, and out of the address."""
    path, gate = ask.request.url.path, ask.query("gate")
    answer = RedirectResponse(f"{path}?gate={gate}" if gate.isascii() and gate.isalnum() else path, 303)
    answer.set_cookie(
        COOKIE,
        given,
        max_age=_YEAR_S,
        path="/",
        httponly=True,
        samesite="strict",
        secure=ask.console.secure,
    )
    return answer


def needs_sign_in(ask: "Ask") -> bool:
    """Whether whoever asks must sign in first; raises NotAllowed where that is done, and does not help."""
    if _is_secret(ask, ask.request.cookies.get(COOKIE, "")):
        return False
    if ask.reader is NOBODY:
        return True
    if not ask.may("gate.see"):
        raise NotAllowed(ask.say("Your role does not allow this. Ask a manager for another role."))
    return False


def _is_secret(ask: "Ask", given: str) -> bool:
    wanted = os.environ.get(desk_of(ask).settings.receipts.display_token_env, "")
    return is_secret(wanted, given)


def is_secret(wanted: str, given: str) -> bool:
    """Whether that is the secret; one that is too short to be one is nobody's."""
    return len(wanted) >= _SECRET_MIN and hmac.compare_digest(wanted.encode(), given.encode("utf-8", "surrogatepass"))
