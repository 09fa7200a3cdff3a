"""The console as one ASGI application: every page in one table."""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

from starlette.applications import Starlette
from starlette.exceptions import HTTPException
from starlette.middleware import Middleware
from starlette.middleware.gzip import GZipMiddleware
from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import BaseRoute, Mount
from starlette.staticfiles import StaticFiles
from starlette.types import Scope

from tillfree.web import audit, sessions, staff
from tillfree.web.api import page as api_page
from tillfree.web.api import processor_webhooks
from tillfree.web.catalogue import page as catalogue_page
from tillfree.web.console import Console
from tillfree.web.devices import page as devices_page
from tillfree.web.disputes import page as disputes_page
from tillfree.web.gate import page as gate_page
from tillfree.web.guard import Guard
from tillfree.web.live import feed as live_feed
from tillfree.web.live import page as live_page
from tillfree.web.machines import is_for_machines, machine_error
from tillfree.web.palms import page as palms_page
from tillfree.web.payments import page as payments_page
from tillfree.web.planogram import page as planogram_page
from tillfree.web.rendering import STATIC
from tillfree.web.reports import page as reports_page
from tillfree.web.retailer import page as retailer_page
from tillfree.web.review import page as review_page
from tillfree.web.routing import ask_anyhow, wrong_page
from tillfree.web.shopper import page as shopper_page
from tillfree.web.stock import page as stock_page
from tillfree.web.visits import page as visits_page

__all__ = ["make_app"]


def make_app(console: Console) -> Starlette:
    """The application; the store is started and stopped by whoever serves it."""
    board = console.scoreboard
    broadcast = live_feed.Broadcast(console, board.figures if board is not None else None)
    # Those of machines first: they ask far more often than people, and routes are asked in this order.
    routes: list[BaseRoute] = [
        *api_page.routes(),
        *live_page.routes(),
        *broadcast.routes(),
        *visits_page.routes(),
        *review_page.routes(),
        *catalogue_page.routes(),
        *planogram_page.routes(),
        *stock_page.routes(),
        *devices_page.routes(),
        *reports_page.routes(),
        *gate_page.routes(),
        *palms_page.routes(console),
        *payments_page.routes(),
        *disputes_page.routes(),
        *shopper_page.routes(),
        *processor_webhooks.routes(),
        *retailer_page.routes(),
        *audit.routes(),
        *staff.routes(),
        *sessions.routes(),
        Mount("/static", _Static(directory=STATIC)),
    ]

    @asynccontextmanager
    async def lifespan(_app: Starlette) -> AsyncIterator[None]:
        async with broadcast.running():
            yield

    app = Starlette(
        routes=routes,
        middleware=[
            Middleware(Guard, names=console.names, secure=console.secure),
            Middleware(GZipMiddleware, minimum_size=1000, compresslevel=5),
        ],
        exception_handlers={HTTPException: _http_error, Exception: _our_error},
        lifespan=lifespan,
    )
    app.state.console = console
    return app


class _Static(StaticFiles):
    """Files of ours; an address with a digest in it (`?v=`) always means the same bytes."""

    async def get_response(self, path: str, scope: Scope) -> Response:
        response = await super().get_response(path, scope)
        versioned = scope.get("query_string", b"").startswith(b"v=")
        response.headers["Cache-Control"] = "public, max-age=31536000, immutable" if versioned else "no-cache"
        return response


async def _http_error(request: Request, error: Exception) -> Response:
    assert isinstance(error, HTTPException)
    if is_for_machines(request.url.path):
        return machine_error(request.url.path, error.status_code, error.detail, dict(error.headers or {}))
    ask = await ask_anyhow(request)
    said = {
        401: ask.say("Sign in first."),
        404: ask.say("There is no such page."),
        405: ask.say("This cannot be done here."),
    }
    return wrong_page(ask, error.status_code, said.get(error.status_code, error.detail))


async def _our_error(request: Request, _error: Exception) -> Response:
    """A bug of ours; the server's log has the traceback, the reader a plain page."""
    if is_for_machines(request.url.path):
        return machine_error(request.url.path, 500, "Something went wrong on our side. The server's log says what.")
    ask = await ask_anyhow(request)
    return wrong_page(ask, 500, ask.say("Something went wrong on our side. The server's log says what."))
