"""Where payment processors tell what happened: signed requests, told to the till once each."""

import logging
import os
from collections.abc import Awaitable, Callable, Mapping

from starlette.concurrency import run_in_threadpool
from starlette.requests import ClientDisconnect, Request
from starlette.responses import PlainTextResponse, Response
from starlette.routing import BaseRoute, Route

from tillfree.connectors.errors import ConnectorError, SignatureError
from tillfree.connectors.processors.making import make_notice_reader
from tillfree.connectors.processors.notices import NoticeError, NoticeReader
from tillfree.connectors.processors.settings import ProcessorSettings
from tillfree.core.errors import TillfreeError
from tillfree.web.console import Console

__all__ = ["routes"]

_log = logging.getLogger(__name__)
_KINDS = ("stripe", "adyen")


def _of_store(console: Console) -> ProcessorSettings:
    return console.store.settings.processor


def routes(
    settings: Callable[[Console], ProcessorSettings] = _of_store, environment: Mapping[str, str] = os.environ
) -> list[BaseRoute]:
    """One address for each processor; those that the settings do not name answer 404."""
    return [
        Route(f"/webhooks/{kind}", _endpoint(kind, settings, environment), methods=["POST"], name=f"webhooks {kind}")
        for kind in _KINDS
    ]


def _endpoint(
    kind: str, settings: Callable[[Console], ProcessorSettings], environment: Mapping[str, str]
) -> Callable[[Request], Awaitable[Response]]:
    async def endpoint(request: Request) -> Response:
        console: Console = request.app.state.console
        chosen = settings(console)
        if chosen.kind != kind or console.till is None:
            return PlainTextResponse("No such processor here.\n", 404)
        try:
            reader = make_notice_reader(chosen, environment)
        except ConnectorError as error:
            _log.error("webhooks cannot be read: %s", error)
            return PlainTextResponse("Not ready.\n", 503)
        try:
            body = await request.body()
        except ClientDisconnect:
            return PlainTextResponse("The request did not come to its end.\n", 408)
        signature = request.headers.get("stripe-signature", "")
        return await run_in_threadpool(_tell, console, reader, body, signature)

    return endpoint


def _tell(console: Console, reader: NoticeReader, body: bytes, signature: str) -> Response:
    """Every notice is on the disk before the answer is good; after any other answer the processor sends it again."""
    till = console.till
    assert till is not None
    try:
        for notice in reader.read(body, signature, console.now_ns()):
            till.notice(notice.answer, notice=notice.id)
    except SignatureError as error:
        _log.warning("%s", error)
        return PlainTextResponse("Not signed by whom we know.\n", 401)
    except NoticeError as error:
        _log.warning("%s", error)
        return PlainTextResponse("No notice.\n", 400)
    except TillfreeError as error:
        _log.error("a notice of the processor could not be kept: %s", error)
        return PlainTextResponse("Not kept; send it again.\n", 503)
    return PlainTextResponse("[accepted]\n")
