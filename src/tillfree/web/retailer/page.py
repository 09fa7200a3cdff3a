"""The routes of this room: one table of calls, the report behind a link, and a page of the console."""

import threading
import weakref
from collections.abc import Awaitable, Callable

from starlette.background import BackgroundTask
from starlette.concurrency import run_in_threadpool
from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import BaseRoute, Route

from tillfree.connectors.retailer.platform_wire import (
    ArchiveCatalog,
    Charge,
    CheckoutCart,
    IngestionRef,
    PaymentStatus,
    Refund,
    TripOnly,
    UploadCatalog,
)
from tillfree.web.console import Console
from tillfree.web.retailer import catalogue, charges, orders_page
from tillfree.web.retailer.calls import Operation, RetailerCounter
from tillfree.web.retailer.ingesting import Ingesting

__all__ = ["OPERATIONS", "routes"]

OPERATIONS: tuple[Operation, ...] = (
    Operation(path="/v1/catalog/upload", kind=UploadCatalog, handler=catalogue.upload),
    Operation(path="/v1/catalog/cart/upload", kind=UploadCatalog, handler=catalogue.cart_upload),
    Operation(path="/v1/catalog/archive", kind=ArchiveCatalog, handler=catalogue.archive),
    Operation(path="/v1/catalog/getCatalogUploadStatus", kind=IngestionRef, handler=catalogue.status),
    Operation(
        path="/v1/checkout/carts",
        kind=CheckoutCart,
        handler=charges.checkout,
        idempotent_by=lambda cart: str(cart.idempotent_shopping_trip_id),
    ),
    Operation(path="/v1/adjust/charge", kind=Charge, handler=charges.adjust),
    Operation(path="/v1/cancel/charge", kind=TripOnly, handler=charges.cancel),
    Operation(path="/v1/capture/charge", kind=Charge, handler=charges.capture),
    Operation(
        path="/v1/refund",
        kind=Refund,
        handler=charges.refund,
        idempotent_by=lambda refund: str(refund.refund_request_id).lower(),
    ),
    Operation(path="/v1/payment/transactional-data", kind=TripOnly, handler=charges.transactional_data),
    Operation(path="/v1/feedback/payment-status", kind=PaymentStatus, handler=charges.payment_status),
    Operation(path="/v1/identity/shopper", kind=TripOnly, handler=charges.shopper_email),
)
"""Every call that a retailer can make. All are POST, reads too."""
_FIRST = threading.Lock()
_COUNTERS: dict[int, tuple[RetailerCounter, Ingesting]] = {}


def routes() -> list[BaseRoute]:
    """All of them."""
    return [
        *(Route(operation.path, _endpoint(operation), methods=["POST"]) for operation in OPERATIONS),
        Route("/v1/catalog/reports/{ingestion}", _report, methods=["GET"]),
        *orders_page.routes(),
    ]


def _of(console: Console) -> tuple[RetailerCounter, Ingesting]:
    """What all calls to one console share; it goes when the console goes."""
    key = id(console)
    with _FIRST:
        if key not in _COUNTERS:
            _COUNTERS[key] = (RetailerCounter(console), Ingesting(console))
            weakref.finalize(console, _COUNTERS.pop, key, None)
        return _COUNTERS[key]


def _endpoint(operation: Operation) -> Callable[[Request], Awaitable[Response]]:
    async def endpoint(request: Request) -> Response:
        counter, ingesting = _of(request.app.state.console)
        response = await counter.answer(request, operation)
        if operation.path.startswith("/v1/catalog/") and response.status_code < 300:
            # After the answer, in a thread of its own; what an earlier process left is worked off, too.
            response.background = BackgroundTask(ingesting.work)
        return response

    return endpoint


async def _report(request: Request) -> Response:
    counter, _ = _of(request.app.state.console)
    return await run_in_threadpool(catalogue.report, counter, request)
