"""A simulated retailer's six connectors as a web application, with faults to switch on."""

import asyncio
import base64
import binascii
import dataclasses
import time
import uuid
from collections.abc import Callable
from typing import Any

import msgspec
from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route

from tillfree.connectors.errors import SignatureError
from tillfree.connectors.retailer.signing import Key, Verifier
from tillfree.connectors.retailer.signing import Request as SignedRequest
from tillfree.connectors.retailer.wire import (
    Condition,
    CreatedPurchases,
    CreatePurchases,
    GetScanDetails,
    GetShopper,
    GetShopperAuthorization,
    Identified,
    Recommendation,
    ResolveScan,
    ScanDetails,
    ScanResult,
    ScanType,
    VerifyIdentityKeys,
    Visitor,
    decode,
    encode,
)

__all__ = ["DEMO_CODES", "Faults", "SimulatedRetailer", "make_app"]

DEMO_CODES: dict[str, tuple[str, str]] = {
    "SHOPPER-1": ("shopper-1", "SHOPPER"),
    "SHOPPER-2": ("shopper-2", "SHOPPER"),
    "STAFF-1": ("associate-1", "ASSOCIATE"),
    "CASH-1": ("cash-1", "CASH"),
    "LOYAL-1": ("loyal-1", "LOYALTY"),
    "5550100": ("shopper-1", "SHOPPER"),
}
"""Codes that the simulated retailer knows, each with its own id of who has it, and what they are."""
_JSON = "application/json"
_FORBIDDEN, _MISSING, _BAD = 403, 404, 400


@dataclasses.dataclass
class Faults:
    """What goes wrong, until it is changed: `status` instead of an answer, at most `times` times (0: always).

    `before` says whether the fault comes before the work is done or after it, when the answer alone is lost.
    """

    status: int = 0
    times: int = 0
    before: bool = True
    delay_s: float = 0.0
    retry_after: str = ""
    visitor_type: str = ""
    deny: bool = False
    hold: tuple[str, str] | None = None
    body: bytes | None = None
    without: frozenset[str] = frozenset()


@dataclasses.dataclass
class SimulatedRetailer:
    """What the retailer knows, and what it was told: `calls` by path, `purchases` by trip."""

    store_id: str = "store-1"
    codes: dict[str, tuple[str, str]] = dataclasses.field(default_factory=lambda: dict(DEMO_CODES))
    bad_skus: frozenset[str] = frozenset()
    risky: frozenset[str] = frozenset()
    keys: tuple[Key, ...] = ()
    bearer: str = ""
    now_ns: Callable[[], int] = time.time_ns
    faults: Faults = dataclasses.field(default_factory=Faults)
    calls: list[tuple[str, dict[str, Any]]] = dataclasses.field(default_factory=list)
    purchases: dict[str, tuple[str, CreatePurchases]] = dataclasses.field(default_factory=dict)
    ordered: int = 0
    """How many purchases were really made: a repeated trip makes none."""


class _Refusal(Exception):  # noqa: N818  never seen outside
    def __init__(self, status: int, message: str) -> None:
        super().__init__(message)
        self.status = status


def make_app(retailer: SimulatedRetailer) -> Starlette:
    """The connectors as an application."""
    handlers: dict[str, tuple[Any, Callable[[SimulatedRetailer, Any], tuple[int, msgspec.Struct]]]] = {
        "/v1/identity/identity-keys": (VerifyIdentityKeys, _verify),
        "/v1/identity/shopper": (GetShopper, _shopper),
        "/v1/identity/scan": (ResolveScan, _scan),
        "/v1/identity/scan/details": (GetScanDetails, _details),
        "/v1/fraudandabuse/shopperauthorization": (GetShopperAuthorization, _authorise),
        "/v1/order/purchases": (CreatePurchases, _purchase),
    }

    async def endpoint(request: Request) -> Response:
        body = await request.body()
        faults, path = retailer.faults, request.url.path
        kind, handler = handlers[path]
        if path in faults.without:
            return _error(_MISSING, "there is no such connector")
        try:
            retailer.calls.append((path, msgspec.json.decode(body, type=dict[str, Any])))
            _check_caller(retailer, request, body)
            if faults.before and (wrong := await _fault(faults)) is not None:
                return wrong
            status, answer = handler(retailer, decode(body, kind))
        except (msgspec.DecodeError, UnicodeDecodeError) as error:
            return _error(_BAD, str(error))
        except _Refusal as error:
            return _error(error.status, str(error))
        if not faults.before and (wrong := await _fault(faults)) is not None:
            return wrong
        return Response(encode(answer) if faults.body is None else faults.body, status, media_type=_JSON)

    return Starlette(routes=[Route(path, endpoint, methods=["POST"]) for path in handlers])


async def _fault(faults: Faults) -> Response | None:
    if faults.delay_s:
        await asyncio.sleep(faults.delay_s)
    if not faults.status:
        return None
    if faults.times:
        faults.times -= 1
        if not faults.times:
            status, faults.status = faults.status, 0
            return _error(status, "simulated fault", faults.retry_after)
    return _error(faults.status, "simulated fault", faults.retry_after)


def _error(status: int, message: str, retry_after: str = "") -> Response:
    headers = {"Retry-After": retry_after} if retry_after else {}
    return Response(msgspec.json.encode({"errorMsg": message}), status, headers, _JSON)


def _check_caller(retailer: SimulatedRetailer, request: Request, body: bytes) -> None:
    if retailer.bearer and request.headers.get("authorization") != f"Bearer {retailer.bearer}":
        raise _Refusal(_FORBIDDEN, "no such key")
    if not retailer.keys:
        return
    signed = SignedRequest(
        method=request.method,
        path=request.url.path,
        query=request.url.query,
        headers=dict(request.headers),
        body=body,
    )
    try:
        Verifier(retailer.keys, region="", skew_s=300).verify(signed, retailer.now_ns())
    except SignatureError as error:
        raise _Refusal(_FORBIDDEN, str(error)) from error


# ---- the connectors -----------------------------------------------------------------------------------------------


def _need_store(retailer: SimulatedRetailer, store: str) -> None:
    if store != retailer.store_id:
        raise _Refusal(_BAD, "there is no such store")


def _known(retailer: SimulatedRetailer, *texts: str) -> tuple[str, str]:
    """Whom one of these texts names, as it is or out of Base64."""
    for text in texts:
        for candidate in (_plain(text), text):
            if candidate in retailer.codes:
                return retailer.codes[candidate]
    raise _Refusal(_MISSING, "nobody has this code")


def _plain(text: str) -> str:
    try:
        return base64.b64decode(text, validate=True).decode("utf-8")
    except (binascii.Error, UnicodeDecodeError):
        return ""


def _need_base64(text: str) -> None:
    try:
        base64.b64decode(text, validate=True)
    except binascii.Error as error:
        raise _Refusal(_BAD, "the key is no Base64") from error


def _verify(retailer: SimulatedRetailer, message: VerifyIdentityKeys) -> tuple[int, msgspec.Struct]:
    _need_store(retailer, message.store_id)
    _need_base64(message.identity_key)
    if retailer.faults.deny:
        raise _Refusal(_FORBIDDEN, "not today")
    id_, type_ = _known(retailer, message.identity_key)
    return 200, Identified(visitor_details=Visitor(id=id_, type=retailer.faults.visitor_type or type_))


def _shopper(retailer: SimulatedRetailer, message: GetShopper) -> tuple[int, msgspec.Struct]:
    _need_store(retailer, message.store_id)
    _need_base64(message.shopper_key)
    id_, type_ = _known(retailer, message.shopper_key)
    return 200, Identified(visitor_details=Visitor(id=id_, type=type_))


def _scan(retailer: SimulatedRetailer, message: ResolveScan) -> tuple[int, msgspec.Struct]:
    _need_store(retailer, message.store_id)
    id_, type_ = _known(retailer, message.scan_event.value, message.scan_event.id)
    kind: ScanType = msgspec.convert(type_, ScanType)
    return 200, ScanResult(id=id_, type=kind)


def _details(retailer: SimulatedRetailer, message: GetScanDetails) -> tuple[int, msgspec.Struct]:
    _need_store(retailer, message.store_id)
    if (message.scan_result.id, message.scan_result.type) not in retailer.codes.values():
        raise _Refusal(_MISSING, "nobody has this id")
    loyal = message.scan_result.type == "LOYALTY"
    return 200, ScanDetails(provider="Simulated club", promotion_ids=("club-10",) if loyal else ())


def _authorise(retailer: SimulatedRetailer, message: GetShopperAuthorization) -> tuple[int, msgspec.Struct]:
    _need_store(retailer, message.store_id)
    advice = message.shopper_interaction.recommendation
    wrong = retailer.faults.deny or message.shopper_identity.id in retailer.risky or not advice.shopper_authorized
    conditions: tuple[Condition, ...] = ()
    if retailer.faults.hold is not None:
        amount, currency = retailer.faults.hold
        data = {"type": "ADJUST", "amount": {"value": amount, "currencyCode": currency}}
        conditions = (msgspec.convert(data, Condition, strict=False),)
    return 200, Recommendation(
        shopper_authorized=not wrong,
        authorization_conditions=() if wrong else conditions,
        shopper_risks=advice.shopper_risks or (("CustomerFraud",) if wrong else ()),
    )


def _purchase(retailer: SimulatedRetailer, message: CreatePurchases) -> tuple[int, msgspec.Struct]:
    _need_store(retailer, message.store_id)
    trip = message.idempotent_shopping_trip_id.lower()
    if trip in retailer.purchases:
        return 201, CreatedPurchases(purchase_id=retailer.purchases[trip][0])
    for item in message.cart_items:
        if item.id in retailer.bad_skus:
            raise _Refusal(_BAD, f"there is no product {item.id}")
    retailer.ordered += 1
    purchase = "" if not message.cart_items else str(uuid.uuid5(uuid.NAMESPACE_URL, f"simulated-retailer/{trip}"))
    retailer.purchases[trip] = (purchase, message)
    return 201, CreatedPurchases(purchase_id=purchase)
