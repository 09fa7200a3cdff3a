"""Where payment processors tell what happened: signed requests, told to the till once each."""

import logging
import os
from collections.abc import Callable, Mapping

from starlette.concurrency import run_in_threadpool
from starlette.responses import PlainTextResponse, Response
from starlette.routing import BaseRoute

from tillfree.connectors.errors import ConnectorError
from tillfree.connectors.processors.making import make_notice_reader
from tillfree.connectors.processors.notices import NoticeError, NoticeReader, SignatureError
from tillfree.connectors.processors.settings import ProcessorSettings
from tillfree.core.errors import TillfreeError
from tillfree.web.ask import Ask
from tillfree.web.routing import open_view

__all__ = ["MachinePaths", "routes"]

MachinePaths = ("/webhooks/stripe", "/webhooks/adyen")
"""Addresses that machines call without a browser: signed, so no page of ours need stand behind them."""
_log = logging.getLogger(__name__)


def routes(
    settings: Callable[[Ask], ProcessorSettings] = lambda ask: ask.console.store.settings.processor,
    environment: Mapping[str, str] = os.environ,
) -> list[BaseRoute]:
    """The addresses of all processors; those that the settings do not name answer 404."""

    async def stripe(ask: Ask) -> Response:
        return await _receive(ask, settings(ask), "stripe", environment)

    async def adyen(ask: Ask) -> Response:
        return await _receive(ask, settings(ask), "adyen", environment)

    return [
        open_view("/webhooks/stripe", stripe, methods=("POST",)),
        open_view("/webhooks/adyen", adyen, methods=("POST",)),
    ]


async def _receive(ask: Ask, settings: ProcessorSettings, kind: str, environment: Mapping[str, str]) -> Response:
    if settings.kind != kind or ask.console.till is None:
        return PlainTextResponse("No such processor here.\n", 404)
    try:
        reader = make_notice_reader(settings, environment)
    except ConnectorError as error:
        _log.error("webhooks cannot be read: %s", error)
        return PlainTextResponse("Not ready.\n", 503)
    body = await ask.request.body()
    signature = ask.request.headers.get("stripe-signature", "")
    return await run_in_threadpool(_tell, ask, reader, body, signature)


def _tell(ask: Ask, reader: NoticeReader, body: bytes, signature: str) -> Response:
    """Every notice is on the disk before the answer is good; after any other answer the processor sends it again."""
    till = ask.console.till
    assert till is not None
    try:
        for notice in reader.read(body, signature, ask.console.now_ns()):
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
