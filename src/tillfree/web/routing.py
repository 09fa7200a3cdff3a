"""How an address becomes a page: sign-in, role, form and errors are dealt with in one place."""

import inspect
import logging
from collections.abc import Awaitable, Callable
from weakref import WeakKeyDictionary

from starlette.concurrency import run_in_threadpool
from starlette.datastructures import FormData
from starlette.exceptions import HTTPException
from starlette.requests import ClientDisconnect, Request
from starlette.responses import PlainTextResponse, RedirectResponse, Response
from starlette.routing import Route

from tillfree.core.errors import TillfreeError
from tillfree.web.ask import Ask
from tillfree.web.console import Console
from tillfree.web.errors import AskError
from tillfree.web.roles import Permission
from tillfree.web.sessions import NOBODY, reader_of
from tillfree.web.texts import languages, preferred

__all__ = ["Handler", "act", "ask_anyhow", "make_ask", "needed", "open_view", "view", "wrong_page"]

Handler = Callable[[Ask], Response] | Callable[[Ask], Awaitable[Response]]
_FIELDS_MAX, _FILES_MAX = 2000, 4
_log = logging.getLogger(__name__)
_NEEDED: WeakKeyDictionary[Callable[[Request], Awaitable[Response]], Permission | None] = WeakKeyDictionary()


def view(path: str, handler: Handler, need: Permission) -> Route:
    """A page that is looked at (GET). A plain function runs in a thread of its own, so it may wait for the database."""
    return Route(path, _endpoint(handler, need), methods=["GET"])


def act(path: str, handler: Handler, need: Permission) -> Route:
    """Something that is done (POST); answer it with `ask.back(...)`, so that a reload does not do it again."""
    return Route(path, _endpoint(handler, need), methods=["POST"])


def open_view(path: str, handler: Handler, methods: tuple[str, ...] = ("GET",)) -> Route:
    """A page for everybody, signed in or not."""
    return Route(path, _endpoint(handler, None), methods=list(methods))


def needed(route: Route) -> Permission | None:
    """What somebody must be allowed to for that address; None where it is open to everybody.

    Raises:
        KeyError: the address was not made by a function of this module, so nothing stands before it.
    """
    return _NEEDED[route.endpoint]


def _endpoint(handler: Handler, need: Permission | None) -> Callable[[Request], Awaitable[Response]]:
    async def endpoint(request: Request) -> Response:
        form = FormData()
        if request.method == "POST":
            try:
                form = await request.form(max_files=_FILES_MAX, max_fields=_FIELDS_MAX)
            except ClientDisconnect:  # gone, too slow, or too much: none of our log's business
                return PlainTextResponse("The request did not come to its end.\n", 408)
        try:
            ask = await make_ask(request, form)
        except TillfreeError as error:
            await form.close()
            _log.error("nobody can be let in: %s", error)
            ask = await ask_anyhow(request)
            return wrong_page(ask, 503, ask.say("What the store remembers cannot be read now. See the server's log."))
        if need is not None and ask.reader is NOBODY:
            return _to_sign_in(request)
        try:
            if need is not None:
                ask.need(need)
            if inspect.iscoroutinefunction(handler):
                response: Response = await handler(ask)
            else:
                response = await run_in_threadpool(handler, ask)  # type: ignore[arg-type]
        except AskError as error:
            return wrong_page(ask, error.status, str(error))
        except TillfreeError as error:
            return wrong_page(ask, 400, str(error))
        finally:
            await form.close()
        return response

    _NEEDED[endpoint] = need
    return endpoint


async def make_ask(request: Request, form: FormData | None = None) -> Ask:
    """The request with its reader and language."""
    console: Console = request.app.state.console
    reader = await run_in_threadpool(reader_of, console, request)
    language = preferred(request.headers.get("accept-language", ""), languages(console.texts))
    return Ask(request, console, reader, language, form or FormData())


async def ask_anyhow(request: Request) -> Ask:
    """The same where it cannot be found out who asks: somebody who is not signed in."""
    try:
        return await make_ask(request)
    except TillfreeError:
        console: Console = request.app.state.console
        return Ask(request, console, NOBODY, "en", FormData())


def _to_sign_in(request: Request) -> Response:
    if request.method != "GET":
        raise HTTPException(401)
    return RedirectResponse(f"/sign-in?to={request.url.path}", 303)


def wrong_page(ask: Ask, status: int, message: str) -> Response:
    """A page, or a line of JSON for a script, that says what is wrong."""
    if "application/json" in ask.request.headers.get("accept", ""):
        return ask.json({"error": message}, status)
    return ask.page("wrong.html", status, problem=status, message=message)
