"""The published test cases of the connectors, as calls with the answers that they must get: for those who write one.

A case names the connector, what is sent, and which statuses are right. `Known` says what the retailer's test system
knows: a code of a shopper, of an associate, of nobody, and so on.
"""

import copy
import uuid
from collections.abc import Callable, Iterator
from typing import Any

import msgspec

from tillfree.connectors.retailer.client import base64_of

__all__ = ["CONNECTORS", "Case", "Known", "connector_cases"]

CONNECTORS: dict[str, str] = {
    "identity": "/v1/identity/identity-keys",
    "shopper": "/v1/identity/shopper",
    "scan": "/v1/identity/scan",
    "details": "/v1/identity/scan/details",
    "risk": "/v1/fraudandabuse/shopperauthorization",
    "purchases": "/v1/order/purchases",
}
_OK = frozenset({200})
_CREATED = frozenset({200, 201})
_BAD = frozenset({400})
_SHUT = frozenset({400, 401, 403, 404})
_GONE = frozenset({404})
_LONG = "x" * 256
_NAMES = uuid.UUID("b1a7b0f5-93c0-5d0a-9f43-0c3e0b1d6a77")
_START, _END = "2024-03-22T17:09:39Z", "2024-03-22T17:14:02Z"


class Known(msgspec.Struct, frozen=True, kw_only=True):
    """What the test system of a retailer knows."""

    store_id: str = "store-1"
    shopper: str = "SHOPPER-1"
    associate: str = "STAFF-1"
    nobody: str = "NOBODY"
    loyalty: str = "LOYAL-1"
    phone: str = "5550100"
    shopper_id: str = "shopper-1"
    associate_id: str = "associate-1"
    cash_id: str = "cash-1"
    loyalty_id: str = "loyal-1"
    sku: str = "1001"
    other_sku: str = "1002"
    barcode: str = "012345678905"
    run: str = "1"
    """Makes the ids of trips: another run makes other trips."""


class Case(msgspec.Struct, frozen=True, kw_only=True):
    """One test case. `check` says what is wrong with an answer of a right status; `repeats` sends it once more.

    `optional`: many retailers have no such connector, and answer 404.
    """

    name: str
    connector: str
    body: dict[str, Any] | bytes
    expect: frozenset[int]
    check: Callable[[dict[str, Any]], str] | None = None
    repeats: bool = False
    optional: bool = False


def connector_cases(known: Known) -> list[Case]:
    """All of them; names are unique."""
    return [
        *_identity(known),
        *_shopper(known),
        *_scan(known),
        *_details(known),
        *_risk(known),
        *_trips(known),
        *_bad_purchases(known),
    ]


# ---- bodies and changes to them -----------------------------------------------------------------------------------


def _id(known: Known, name: str) -> str:
    return str(uuid.uuid5(_NAMES, f"{known.run} {name}"))


def _with(body: dict[str, Any], path: str, value: Any) -> dict[str, Any]:
    """A copy with one value set: `cartItems.0.quantity.unit`."""
    changed = copy.deepcopy(body)
    *way, last = path.split(".")
    inner: Any = changed
    for step in way:
        inner = inner[int(step)] if isinstance(inner, list) else inner[step]
    inner[int(last) if isinstance(inner, list) else last] = value
    return changed


def _without(body: dict[str, Any], path: str) -> dict[str, Any]:
    """A copy with one value left out."""
    changed = copy.deepcopy(body)
    *way, last = path.split(".")
    inner: Any = changed
    for step in way:
        inner = inner[int(step)] if isinstance(inner, list) else inner[step]
    del inner[last]
    return changed


def _bad(connector: str, name: str, body: dict[str, Any] | bytes, expect: frozenset[int] = _BAD) -> Case:
    return Case(name=f"{connector}: {name}", connector=connector, body=body, expect=expect)


def _missing(connector: str, body: dict[str, Any], *paths: str) -> Iterator[Case]:
    for path in paths:
        yield _bad(connector, f"{path} is missing", _without(body, path))


# ---- who is it ------------------------------------------------------------------------------------------------------


def _visitor(*types: str) -> Callable[[dict[str, Any]], str]:
    def check(answer: dict[str, Any]) -> str:
        details = answer.get("visitorDetails")
        if not isinstance(details, dict) or not details.get("id"):
            return "visitorDetails.id is missing"
        return "" if details.get("type") in types else f"visitorDetails.type is not {' or '.join(types)}"

    return check


def _identity(known: Known) -> Iterator[Case]:
    body: dict[str, Any] = {
        "requestId": _id(known, "identity"),
        "identityKey": base64_of(known.shopper),
        "storeId": known.store_id,
        "authEvent": {"id": _id(known, "event"), "timestamp": _START, "location": "ENTRY"},
        "keyChannel": "OPTICAL",
    }
    name = "identity"
    shopper = _visitor("SHOPPER", "CASH", "LOYALTY")
    yield Case(name="identity: a shopper's code opens the gate", connector=name, body=body, expect=_OK, check=shopper)
    yield Case(
        name="identity: an associate's code opens the gate as staff",
        connector=name,
        body=_with(body, "identityKey", base64_of(known.associate)),
        expect=_OK,
        check=_visitor("ASSOCIATE"),
    )
    yield Case(name="identity: the same code is the same visitor", connector=name, body=body, expect=_OK, repeats=True)
    yield Case(
        name="identity: unknown fields are ignored",
        connector=name,
        body=_with(_with(body, "newField", {"a": 1}), "authEvent.newField", "b"),
        expect=_OK,
        check=shopper,
    )
    yield _bad(name, "an unknown code keeps the gate shut", _with(body, "identityKey", base64_of(known.nobody)), _SHUT)
    yield _bad(name, "a code that is no Base64", _with(body, "identityKey", "%%%"), _SHUT)
    yield _bad(name, "an empty code", _with(body, "identityKey", ""), _SHUT)
    yield _bad(name, "a code of more than 1000 characters", _with(body, "identityKey", "A" * 1004), _SHUT)
    yield _bad(name, "another store", _with(body, "storeId", "no-such-store"), _SHUT)
    yield _bad(name, "storeId of more than 255 characters", _with(body, "storeId", _LONG))
    yield _bad(name, "requestId is no UUID", _with(body, "requestId", "1"))
    yield _bad(name, "no JSON", b"{")
    yield from _missing(name, body, "requestId", "identityKey", "storeId")


def _shopper(known: Known) -> Iterator[Case]:
    body: dict[str, Any] = {
        "requestId": _id(known, "shopper"),
        "shopperKey": base64_of(known.shopper),
        "shopperKeyType": "QR_CODE",
        "storeId": known.store_id,
        "timestamp": _START,
    }
    name = "shopper"
    found = _visitor("SHOPPER", "CASH", "LOYALTY")
    yield Case(name="shopper: by a code", connector=name, body=body, expect=_OK, check=found)
    yield Case(
        name="shopper: by a phone number",
        connector=name,
        body=_with(_with(body, "shopperKey", base64_of(known.phone)), "shopperKeyType", "PHONE_NUMBER"),
        expect=_OK,
        check=found,
    )
    yield Case(
        name="shopper: the type of the key may be left out",
        connector=name,
        body=_without(body, "shopperKeyType"),
        expect=_OK,
        check=found,
    )
    yield _bad(name, "an unknown key", _with(body, "shopperKey", base64_of(known.nobody)), _SHUT)
    yield _bad(name, "an unknown type of key", _with(body, "shopperKeyType", "SMELL"))
    yield from _missing(name, body, "requestId", "shopperKey", "storeId")


def _scan(known: Known) -> Iterator[Case]:
    body: dict[str, Any] = {
        "requestId": _id(known, "scan"),
        "storeId": known.store_id,
        "scanEvent": {
            "id": base64_of(known.loyalty),
            "timestamp": _START,
            "location": "ENTRY",
            "value": known.loyalty,
            "channel": "OPTICAL",
        },
    }
    name = "scan"

    def loyal(answer: dict[str, Any]) -> str:
        inner = answer.get("scanResult", answer)
        right = isinstance(inner, dict) and inner.get("id") and inner.get("type") == "LOYALTY"
        return "" if right else "the scan result has no id, or is not LOYALTY"

    yield Case(name="scan: a loyalty code", connector=name, body=body, expect=_OK, check=loyal)
    yield Case(
        name="scan: the code in Base64 in the id alone",
        connector=name,
        body=_with(body, "scanEvent.value", base64_of(known.loyalty)),
        expect=_OK,
        check=loyal,
    )
    unknown = _with(_with(body, "scanEvent.value", known.nobody), "scanEvent.id", base64_of(known.nobody))
    yield _bad(name, "an unknown code", unknown, _GONE)
    yield from _missing(name, body, "requestId", "storeId", "scanEvent", "scanEvent.id")


def _details(known: Known) -> Iterator[Case]:
    body: dict[str, Any] = {"storeId": known.store_id, "scanResult": {"id": known.loyalty_id, "type": "LOYALTY"}}
    name = "details"

    def offers(answer: dict[str, Any]) -> str:
        return "" if isinstance(answer.get("promotionIds", []), list) else "promotionIds is no list"

    yield Case(name="details: programme and promotions", connector=name, body=body, expect=_OK, check=offers)
    yield _bad(name, "an unknown id", _with(body, "scanResult.id", "nobody"), _GONE)
    yield _bad(name, "an unknown type", _with(body, "scanResult.type", "FRIEND"))
    yield _bad(name, "an id of more than 255 characters", _with(body, "scanResult.id", _LONG))
    yield from _missing(name, body, "storeId", "scanResult", "scanResult.id", "scanResult.type")


# ---- risk -----------------------------------------------------------------------------------------------------------


def _decision(answer: dict[str, Any]) -> str:
    inner = answer.get("recommendation", answer)
    said = isinstance(inner, dict) and isinstance(inner.get("shopperAuthorized"), bool)
    return "" if said else "shopperAuthorized is missing, or neither true nor false"


def _risk(known: Known) -> Iterator[Case]:
    money = {"value": 30, "currencyCode": "USD"}
    body: dict[str, Any] = {
        "storeId": known.store_id,
        "shopperIdentity": {"id": "card-1"},
        "authorizedAmount": money,
        "shopperInteraction": {
            "shoppingTripId": _id(known, "risk"),
            "gateAuthenticationEvent": {
                "id": _id(known, "tap"),
                "type": "CREDIT_CARD",
                "interactionType": "TAP",
                "timestamp": _START,
                "location": "ENTRY",
                "data": {},
            },
            "recommendation": {"shopperAuthorized": True},
        },
    }
    advice = "shopperInteraction.recommendation"
    hint = {
        "totalPrice": {"value": 4.5, "currencyCode": "USD"},
        "items": [
            {
                "id": known.sku,
                "type": "SKU",
                "unitPrice": {"value": 4.5, "currencyCode": "USD"},
                "quantity": {"value": 1, "unit": "each"},
                "externalIdentifiers": [{"id": known.barcode, "externalIdentifierType": "UPC"}],
            }
        ],
    }
    lower = {"type": "ADJUST", "amount": {"value": 10, "currencyCode": "USD"}}
    right = {
        "low risk": body,
        "advice against, for fraud": _with(
            body, advice, {"shopperAuthorized": False, "shopperRisks": ["CustomerFraud"]}
        ),
        "advice against, for a bad debt": _with(
            body, advice, {"shopperAuthorized": False, "shopperRisks": ["BadDebt"]}
        ),
        "advice against, for an expired or invalid card": _with(
            body, advice, {"shopperAuthorized": False, "shopperRisks": ["InvalidCard"]}
        ),
        "advice for a smaller hold": _with(
            body, advice, {"shopperAuthorized": True, "authorizationConditions": [lower]}
        ),
        "a hint of the cart": _with(body, "shopperInteraction.cartHint", hint),
        "unknown fields are ignored": _with(body, "newField", 1),
    }
    for name, sent in right.items():
        yield Case(name=f"risk: {name}", connector="risk", body=sent, expect=_OK, check=_decision, optional=True)
    wrong = [_bad("risk", "another store", _with(body, "storeId", "no-such-store"), _SHUT)]
    wrong += _missing("risk", body, "storeId", "shopperIdentity", "shopperIdentity.id", "authorizedAmount")
    wrong += _missing("risk", body, "shopperInteraction", "shopperInteraction.shoppingTripId")
    for case in wrong:
        yield msgspec.structs.replace(case, optional=True)


# ---- carts ----------------------------------------------------------------------------------------------------------


def _cart(known: Known, name: str) -> dict[str, Any]:
    return {
        "requestId": _id(known, f"request {name}"),
        "idempotentShoppingTripId": _id(known, f"trip {name}"),
        "storeId": known.store_id,
        "shoppingTrip": {
            "startTime": _START,
            "endTime": _END,
            "authEvents": [
                {
                    "id": _id(known, f"event {name}"),
                    "timestamp": _START,
                    "location": "ENTRY",
                    "payloadType": "SCAN_CODE",
                    "scanResult": {"id": known.shopper_id, "type": "SHOPPER"},
                }
            ],
        },
        "cartItems": [_item(known.sku)],
        "shopperIdentity": {"id": known.shopper_id},
    }


def _item(sku: str, value: str = "1", unit: str = "each", kind: str = "SKU") -> dict[str, Any]:
    return {"id": sku, "type": kind, "quantity": {"value": value, "unit": unit}}


def _purchased(answer: dict[str, Any]) -> str:
    return (
        "" if isinstance(answer.get("purchaseId"), str) and answer["purchaseId"] else "purchaseId is missing or empty"
    )


def _nothing_purchased(answer: dict[str, Any]) -> str:
    return "" if not answer.get("purchaseId") else "purchaseId is not empty, though nothing was taken"


def _trips(known: Known) -> Iterator[Case]:
    event = "shoppingTrip.authEvents.0"
    sku, code = known.sku, known.barcode
    card = {"id": _id(known, "card"), "timestamp": _START, "location": "ENTRY", "payloadType": "FINANCIAL"}
    identified = _item(sku) | {"externalIdentifiers": [{"id": code, "type": "UPC"}]}
    bare: dict[str, Any] = {"id": _id(known, "bare"), "payloadType": "FINANCIAL"}
    changes: dict[str, dict[str, Any]] = {
        "a single item": {},
        "many items": {"cartItems": [_item(sku, "3"), _item(known.other_sku, "2"), _item(sku)]},
        "an item by weight": {"cartItems": [_item(sku, "0.352", "kg")]},
        "an item by its barcode": {"cartItems": [_item(code, kind="SCANCODE")]},
        "an item with further identifiers": {"cartItems": [identified]},
        "an item with a number of its line": {"cartItems": [_item(sku) | {"lineItemId": "7"}]},
        "entry by card": {event: card},
        "entry by a code": {},
        "an associate's trip": {f"{event}.scanResult": {"id": known.associate_id, "type": "ASSOCIATE"}},
        "a cash shopper's trip": {f"{event}.scanResult": {"id": known.cash_id, "type": "CASH"}},
        "a loyalty shopper's trip": {f"{event}.scanResult": {"id": known.loyalty_id, "type": "LOYALTY"}},
        "a group with several entries": {"shoppingTrip.authEvents": [card, card | {"id": _id(known, "second")}]},
        "an entry by hand in the store": {f"{event}.location": "MANUAL_IN_STORE"},
        "unknown fields": {"newField": {"a": [1]}, "shoppingTrip.newField": 2},
        "a device and a source of payment": {"shopperDeviceId": "cart-7", "paymentSource": {"id": "token-1"}},
        "optional fields left out": {"shoppingTrip.authEvents": [bare]},
    }
    for name, edits in changes.items():
        body = _cart(known, name)
        for path, value in edits.items():
            body = _with(body, path, value)
        if name.startswith("optional"):
            del body["shopperIdentity"]
        yield Case(name=f"purchases: {name}", connector="purchases", body=body, expect=_CREATED, check=_purchased)
    empty = _with(_cart(known, "empty"), "cartItems", [])
    yield Case(
        name="purchases: nothing was taken",
        connector="purchases",
        body=empty,
        expect=_CREATED,
        check=_nothing_purchased,
    )
    again = _cart(known, "again")
    yield Case(
        name="purchases: the same trip again is the same purchase",
        connector="purchases",
        body=again,
        expect=_CREATED,
        check=_purchased,
        repeats=True,
    )


def _bad_purchases(known: Known) -> Iterator[Case]:
    body = _cart(known, "bad")
    event, item = "shoppingTrip.authEvents.0", "cartItems.0"
    name = "purchases"
    yield from _missing(
        name, body, "requestId", "idempotentShoppingTripId", "storeId", "shoppingTrip", "shoppingTrip.startTime",
        "shoppingTrip.endTime", "shoppingTrip.authEvents", f"{event}.id", f"{event}.payloadType", "cartItems",
        f"{item}.id", f"{item}.type", f"{item}.quantity", f"{item}.quantity.value", f"{item}.quantity.unit",
    )  # fmt: skip
    wrong: dict[str, tuple[str, Any]] = {
        "requestId is no UUID": ("requestId", "not-a-uuid"),
        "idempotentShoppingTripId is no UUID": ("idempotentShoppingTripId", "trip"),
        "storeId of more than 255 characters": ("storeId", _LONG),
        "another store": ("storeId", "no-such-store"),
        "startTime is no time": ("shoppingTrip.startTime", "yesterday"),
        "endTime is no time": ("shoppingTrip.endTime", "soon"),
        "endTime before startTime": ("shoppingTrip.endTime", "2024-03-22T16:00:00Z"),
        "nobody came in": ("shoppingTrip.authEvents", []),
        "an unknown location": (f"{event}.location", "ROOF"),
        "an unknown payload type": (f"{event}.payloadType", "SMELL"),
        "an unknown type of scan": (f"{event}.scanResult", {"id": "a", "type": "FRIEND"}),
        "an unknown type of item": (f"{item}.type", "THING"),
        "an id of more than 255 characters": (f"{item}.id", _LONG),
        "a quantity below nothing": (f"{item}.quantity.value", "-1"),
        "a quantity that is no number": (f"{item}.quantity.value", "some"),
        "a quantity as a number": (f"{item}.quantity.value", 1),
        "an empty unit": (f"{item}.quantity.unit", ""),
        "an unknown type of identifier": (f"{item}.externalIdentifiers", [{"id": "1", "type": "SECRET"}]),
        "cartItems is no list": ("cartItems", {}),
    }
    for what, (path, value) in wrong.items():
        yield _bad(name, what, _with(body, path, value), _SHUT if what == "another store" else _BAD)
    yield _bad(name, "no JSON", b"[")
