"""Who asks: the cookie of a session, signing in and out, and the open house of the demo."""

import asyncio
import hashlib
from typing import cast

from starlette.concurrency import run_in_threadpool
from starlette.requests import HTTPConnection
from starlette.responses import RedirectResponse, Response
from starlette.routing import BaseRoute

from tillfree.core.time import NS_PER_MINUTE
from tillfree.storage.database.audit import AuditEntry
from tillfree.storage.database.errors import LockedError
from tillfree.web.ask import Ask, Reader
from tillfree.web.console import Console
from tillfree.web.errors import AskError
from tillfree.web.roles import ROLES, Role

__all__ = ["COOKIE", "NOBODY", "reader_of", "routes"]

COOKIE = "tillfree"
"""Name of the cookie; where browsers come by HTTPS it has the prefix `__Host-`, which binds it to this very server."""
NOBODY = Reader("", "", "")
_LOOK_AS = "look_as"
_YEAR_S = 365 * 24 * 3600
_WAITING_MAX = 20
_REFUSALS_NOTED = 60


def reader_of(console: Console, connection: HTTPConnection) -> Reader:
    """The reader of a request or WebSocket; `NOBODY` where there is no session, or a forged or ended one."""
    if console.demo:
        wanted = connection.cookies.get(_LOOK_AS, "demo")
        return Reader("demo", wanted if wanted in ROLES else "demo", "demo")
    token = connection.cookies.get(_cookie_name(console), "")
    if not token or len(token) > 100:
        return NOBODY
    session = console.database.session(token, console.now_ns())
    return NOBODY if session is None else Reader(session.name, session.role, _key(token))


def routes() -> list[BaseRoute]:
    """Signing in and out, the theme, and in the demo another role."""
    from tillfree.web.routing import open_view  # noqa: PLC0415  routing knows sessions, as every page does

    return [
        open_view("/sign-in", _sign_in_page),
        open_view("/sign-in", _SignIns().sign_in, ("POST",)),
        open_view("/sign-out", _sign_out, ("POST",)),
        open_view("/theme", _theme, ("POST",)),
        open_view("/demo/role", _look_as, ("POST",)),
    ]


def _key(token: str) -> str:
    """Tells sessions apart without being the secret itself."""
    return hashlib.blake2b(token.encode(), digest_size=12).hexdigest()


def _cookie_name(console: Console) -> str:
    return f"__Host-{COOKIE}" if console.secure else COOKIE


def _sign_in_page(ask: Ask) -> Response:
    if ask.reader is not NOBODY:
        return ask.back("/")
    return ask.page("sign_in.html", to=_local_path(ask.query("to", "/")), wrong="", name="")


class _SignIns:
    """One password is proved at a time: that costs what it must, and many at once must not stop the live page."""

    def __init__(self) -> None:
        self._one = asyncio.Lock()
        self._waiting = 0
        self._minute = 0
        self._refused = 0

    async def sign_in(self, ask: Ask) -> Response:
        """The page that was wanted, or once more the form."""
        if self._waiting >= _WAITING_MAX:
            raise AskError(ask.say("Too many people sign in at this moment. Try again soon."), 503)
        self._waiting += 1
        try:
            async with self._one:
                return await run_in_threadpool(self._judge, ask)
        finally:
            self._waiting -= 1

    def _judge(self, ask: Ask) -> Response:
        name, to = ask.text("name", limit=100), _local_path(ask.text("to", "/", limit=200))
        wrong = ask.say("Name or password is not right.")
        try:
            user = ask.database.check_password(name, ask.text("password", limit=1000))
        except LockedError:
            user = None
            wrong = ask.say("Too many wrong tries for this name. Wait five minutes, then try again.")
        if user is None:
            self._note_refusal(ask, name[:64])
            return ask.page("sign_in.html", 401, to=to, wrong=wrong, name=name)
        now_ns = ask.console.now_ns()
        ask.database.audit(AuditEntry(time_ns=now_ns, who=user.name, what="sign-in", subject=name[:64]))
        token = ask.database.open_session(user.name, now_ns)
        response = RedirectResponse(to, 303)
        secure = ask.console.secure
        response.set_cookie(_cookie_name(ask.console), token, path="/", httponly=True, samesite="strict", secure=secure)
        return response

    def _note_refusal(self, ask: Ask, name: str) -> None:
        """So many a minute one by one, the others as a number: nobody fills the disk by being refused."""
        now_ns = ask.console.now_ns()
        minute = now_ns // NS_PER_MINUTE
        more = 0
        if minute != self._minute:
            more = max(0, self._refused - _REFUSALS_NOTED)
            self._minute, self._refused = minute, 0
        self._refused += 1
        if self._refused <= _REFUSALS_NOTED:
            # Some type their password where the name belongs: only a name that there is is written down.
            known = ask.database.user(name)
            said = ["" if known is not None else "a name that nobody has", f"and {more} more before" if more else ""]
            entry = AuditEntry(
                time_ns=now_ns,
                who="",
                what="sign-in.refused",
                subject="" if known is None else known.name,
                detail=", ".join(filter(None, said)),
            )
            ask.database.audit(entry)


def _sign_out(ask: Ask) -> Response:
    token = ask.request.cookies.get(_cookie_name(ask.console), "")
    if token and not ask.console.demo:
        ask.database.close_session(token)
    response = RedirectResponse("/sign-in", 303)
    response.delete_cookie(_cookie_name(ask.console), path="/", secure=ask.console.secure)
    return response


def _theme(ask: Ask) -> Response:
    """Light, dark, or as the system has it; kept by the browser."""
    wanted = ask.text("theme", limit=10)
    response = RedirectResponse(_local_path(ask.text("to", "/", limit=200)), 303)
    if wanted in ("light", "dark"):
        response.set_cookie("theme", wanted, max_age=_YEAR_S, path="/", samesite="lax", httponly=True)
    else:
        response.delete_cookie("theme", path="/")
    return response


def _look_as(ask: Ask) -> Response:
    """In the demo: see the console as a viewer, an associate, a manager or an engineer does."""
    if not ask.console.demo:
        raise AskError(ask.say("Only in the demo can a role be chosen."), 404)
    wanted = ask.text("role", limit=20)
    response = RedirectResponse("/", 303)
    if cast("Role", wanted) in ROLES:
        response.set_cookie(_LOOK_AS, wanted, path="/", samesite="strict", httponly=True)
    return response


def _local_path(wanted: str) -> str:
    """An address of this server; anything that a browser would take for another one becomes the first page."""
    plain = wanted.startswith("/") and not wanted.startswith("//") and wanted.isascii() and wanted.isprintable()
    return wanted if plain and "\\" not in wanted else "/"
