"""The published test cases of the calls that a retailer makes, as a table: what is sent, and what must come of it."""

import dataclasses
import uuid
from collections.abc import Callable, Iterator
from typing import Any

import httpx2

from tests.web.retailer.staging import Caller
from tillfree.commerce.trips import Trip
from tillfree.core.money import Money
from tillfree.storage.database.integration.orders import RetailerOrder
from tillfree.store.retailer.purchases import trip_on_wire

__all__ = ["CASES", "PlatformCase"]

DAY_MIN = 24 * 60
NO_UUID = "r-1"
Setup = Callable[[Caller], Trip]
After = Callable[[Caller, Trip, httpx2.Response], bool]
Body = dict[str, Any] | bytes


@dataclasses.dataclass(frozen=True)
class PlatformCase:
    """One case. `body` is made for the trip that `setup` made; `after` says whether what came of it is right."""

    name: str
    path: str
    setup: Setup
    body: Callable[[Trip], Body]
    status: int
    says: str = ""
    after: After = lambda _caller, _trip, _answer: True


# ---- how things stand before --------------------------------------------------------------------------------


def shopped(caller: Caller) -> Trip:
    """A trip by card is over, nobody has said what it costs."""
    return caller.world.shopped()


def nothing_taken(caller: Caller) -> Trip:
    return caller.world.leave(caller.world.enter())


def captured(caller: Caller) -> Trip:
    trip = caller.world.shopped()
    return _captured(caller, trip, 1000)


def _captured(caller: Caller, trip: Trip, minor: int) -> Trip:
    money = {"amount": minor / 100, "code": "USD"}
    for path in ("/v1/adjust/charge", "/v1/capture/charge"):
        assert caller.call(path, {"storeId": "store-1", "shoppingTripId": trip.id, "amount": money}).status_code == 200
    caller.world.till.tick()
    return caller.world.trip(trip)


def in_debt(caller: Caller) -> Trip:
    """The hold was declined, and so was the charge: 10.00 are owed."""
    hold = caller.world.settings.payments.hold_minor
    caller.world.processor.declines.update({hold, 1000})
    trip = caller.world.shopped()
    caller.world.till.capture(trip.id, Money(1000, "USD"))
    caller.world.till.tick()
    caller.world.processor.declines.clear()
    found = caller.world.trip(trip)
    assert found.status == "debt", found
    return found


def declining(caller: Caller) -> Trip:
    trip = caller.world.shopped()
    caller.world.processor.declines.add(99_900)
    return trip


def pending(caller: Caller) -> Trip:
    trip = caller.world.shopped()
    caller.world.processor.pending.add("adjust")
    return trip


def long_ago(days: int) -> Setup:
    def setup(caller: Caller) -> Trip:
        trip = captured(caller)
        caller.world.pass_time(days * DAY_MIN)
        return trip

    return setup


# ---- what is sent -------------------------------------------------------------------------------------------


def about(trip: Trip) -> dict[str, Any]:
    return {"storeId": "store-1", "shoppingTripId": trip.id}


def charge(amount: Any = 10.0, code: str = "USD", **more: Any) -> Callable[[Trip], Body]:
    return lambda trip: about(trip) | {"amount": {"amount": amount, "code": code}} | more


def without(name: str, make: Callable[[Trip], Body]) -> Callable[[Trip], Body]:
    def body(trip: Trip) -> Body:
        made = make(trip)
        assert isinstance(made, dict)
        return {key: value for key, value in made.items() if key != name}

    return body


def changed(make: Callable[[Trip], Body], **values: Any) -> Callable[[Trip], Body]:
    def body(trip: Trip) -> Body:
        made = make(trip)
        assert isinstance(made, dict)
        return made | values

    return body


def refund(amount: float = 4.0, request: str = "", reason: str = "DAMAGED_ITEM") -> Callable[[Trip], Body]:
    """Each trip has refund requests of its own; `request` tells one from another."""

    def body(trip: Trip) -> Body:
        id_ = request if request == NO_UUID else str(uuid.uuid5(uuid.NAMESPACE_URL, f"{trip.id} {request}"))
        return charge(amount, refundRequestId=id_, refundReasonCode=reason)(trip)

    return body


def status_of(total: float, settled: float) -> Callable[[Trip], Body]:
    return lambda trip: (
        about(trip)
        | {
            "totalAmount": {"amount": total, "code": "USD"},
            "settledAmount": {"amount": settled, "code": "USD"},
            "paymentStatusTime": 1_710_000_000,
        }
    )


def money(text: str, code: str = "USD") -> dict[str, str]:
    return {"amount": text, "currencyCode": code}


def line(sku: str = "1001", quantity: str = "1.0", unit: str = "each", **prices: Any) -> dict[str, Any]:
    told = {"price": money("1.00"), "totalPrice": money("1.00"), "salesTax": money("0.00")}
    return {
        "productId": sku, "type": "SKU", "quantity": {"value": quantity, "unit": unit}, "unitPrice": told | prices,
    }  # fmt: skip


def cart(lines: list[dict[str, Any]], total: str, sub: str, off: str = "0.00", tax: str = "0.00") -> Any:
    return lambda trip: {
        "idempotentShoppingTripId": trip.id,
        "storeId": "store-1",
        "lineItems": lines,
        "orderTotals": {
            "priceTotal": money(total),
            "subTotal": money(sub),
            "promotionsTotal": money(off),
            "salesTaxTotal": money(tax),
        },
    }


PROMOTION: dict[str, Any] = {"promotions": [{"promotionAmount": money("0.01"), "promotionDescription": "A cent off"}]}
SAMPLE = cart([line(totalPrice=money("0.99"), **PROMOTION)], "0.99", "1.00", "0.01")
DEPOSIT: dict[str, Any] = {
    "depositsAndFees": [{"depositAndFeeAmount": money("0.25"), "depositAndFeeDescription": "Bottle"}]
}
RICH = cart(
    [
        line("1001", "3", price=money("2.50"), totalPrice=money("2.00"), salesTax=money("0.16"),
             promotions=[{"promotionAmount": money("0.50"), "promotionDescription": "Club"}], **DEPOSIT),
        line("1003", "0.352", "kg", price=money("4.99"), totalPrice=money("4.99"), salesTax=money("0.40")),
    ],
    "9.13", "9.26", "1.50", "0.62",
)  # fmt: skip


# ---- what must be true after --------------------------------------------------------------------------------


def adjusted(status: str, amount: float | None = None) -> After:
    def check(_caller: Caller, _trip: Trip, answer: httpx2.Response) -> bool:
        told = answer.json()
        return told["status"] == status and (
            amount is None or told["authorizedAmount"] == {"amount": amount, "code": "USD"}
        )

    return check


def taken(minor: int) -> After:
    def check(caller: Caller, trip: Trip, _answer: httpx2.Response) -> bool:
        caller.world.till.tick()
        return caller.world.processor.moved("capture") == minor and caller.world.trip(trip).status == "settled"

    return check


def given_back(minor: int) -> After:
    def check(caller: Caller, _trip: Trip, _answer: httpx2.Response) -> bool:
        caller.world.till.tick()
        return caller.world.processor.moved("refund") == minor

    return check


def let_go(caller: Caller, trip: Trip, answer: httpx2.Response) -> bool:
    caller.world.till.tick()
    return (
        caller.world.trip(trip).hold is None and answer.content == b"" and not caller.world.processor.moved("capture")
    )


def empty(_caller: Caller, _trip: Trip, answer: httpx2.Response) -> bool:
    return answer.content == b""


def owes(minor: int) -> After:
    def check(caller: Caller, trip: Trip, _answer: httpx2.Response) -> bool:
        payment = caller.world.database.payment_of_trip(trip.id)
        return payment is not None and payment.debt_minor == minor

    return check


def receipt_total(minor: int, lines: int) -> After:
    def check(caller: Caller, trip: Trip, _answer: httpx2.Response) -> bool:
        caller.world.till.tick()
        receipt = caller.world.trip(trip).receipt
        right = receipt is not None and receipt.total.gross.minor == minor and len(receipt.lines) == lines
        return right and caller.world.processor.moved("capture") == minor

    return check


def emv(_caller: Caller, trip: Trip, answer: httpx2.Response) -> bool:
    told: dict[str, Any] = answer.json()
    return told == {
        "brand": "VISA", "posEntryMode": "EMV_9F39_07", "currency": "USD", "authorizationResponseCode": "00",
        "cryptogramInformationData": "80", "tail": "4242", "panSequenceNumber": "01",
        "applicationId": "A0000000031010", "expirationDate": {"expirationYear": "2028", "expirationMonth": "12"},
        "cardholderVerificationMethodResult": "1F0302", "terminalId": "TERM0001",
        "reconciliationId": f"pay-{trip.id}", "cardStatementTransactionId": f"pay-{trip.id}",
    }  # fmt: skip


# ---- the table ----------------------------------------------------------------------------------------------

BLANKS: dict[str, Any] = {
    "empty": "",
    "blank": " ",
    "null": None,
    "a number": 7,
    "too long": "x" * 256,
    "of other signs": "a/b",
}


def _bad_references(path: str, make: Callable[[Trip], Body]) -> Iterator[PlatformCase]:
    """What each call about a trip must refuse."""
    name = path.removeprefix("/v1/")
    for field in ("storeId", "shoppingTripId"):
        yield PlatformCase(f"{name}: {field} is missing", path, shopped, without(field, make), 400)
        for what, value in BLANKS.items():
            yield PlatformCase(f"{name}: {field} is {what}", path, shopped, changed(make, **{field: value}), 400)
    unknown = changed(make, shoppingTripId=str(uuid.UUID(int=7)))
    yield PlatformCase(f"{name}: an unknown trip", path, shopped, unknown, 400, "UnknownShoppingTrip")
    yield PlatformCase(f"{name}: another store", path, shopped, changed(make, storeId="other"), 400, "storeId")
    yield PlatformCase(f"{name}: no JSON", path, shopped, lambda _trip: b"{", 400, "BadRequestException")
    yield PlatformCase(f"{name}: a list", path, shopped, lambda _trip: b"[]", 400, "BadRequestException")


def _bad_amounts(path: str, setup: Setup, make: Callable[..., Callable[[Trip], Body]]) -> Iterator[PlatformCase]:
    name = path.removeprefix("/v1/")
    yield PlatformCase(f"{name}: amount is missing", path, setup, without("amount", make()), 400)
    for what, value in (
        ("below nothing", -1),
        ("nothing", 0),
        ("of three decimals", 1.005),
        ("huge", 1e300),
        ("a word", "x"),
    ):
        yield PlatformCase(f"{name}: an amount {what}", path, setup, make(value), 400)
    for what, code in (("another currency", "EUR"), ("no currency", "XXX"), ("a currency in small letters", "usd")):
        body = changed(make(), amount={"amount": 10, "code": code})
        yield PlatformCase(f"{name}: {what}", path, setup, body, 400)


def _charges() -> Iterator[PlatformCase]:
    path = "/v1/adjust/charge"
    yield PlatformCase(
        "adjust/charge: up to the total", path, shopped, charge(45.5), 200, "", adjusted("APPROVED", 45.5)
    )
    yield PlatformCase("adjust/charge: down to the total", path, shopped, charge(3), 200, "", adjusted("APPROVED", 3))
    yield PlatformCase(
        "adjust/charge: a decline is an answer", path, declining, charge(999), 200, "", adjusted("DECLINED")
    )
    yield PlatformCase("adjust/charge: no answer yet", path, pending, charge(45.5), 200, "", adjusted("PENDING"))
    yield PlatformCase(
        "adjust/charge: unknown fields", path, shopped, charge(45.5, newField=1), 200, "", adjusted("APPROVED")
    )
    yield PlatformCase(
        "adjust/charge: by the id of the order", path, ordered, by_wire, 200, "",
        adjusted("APPROVED", 10),
    )  # fmt: skip
    yield PlatformCase("adjust/charge: after the capture", path, captured, charge(12), 400, "BadRequestException")
    yield from _bad_references(path, charge())
    yield from _bad_amounts(path, shopped, charge)

    path = "/v1/capture/charge"
    yield PlatformCase("capture/charge: what was adjusted", path, adjusted_first, charge(), 200, "", taken(1000))
    yield PlatformCase("capture/charge: an empty answer", path, adjusted_first, charge(), 200, "", empty)
    yield PlatformCase("capture/charge: the same again changes nothing", path, captured, charge(), 200, "", taken(1000))
    yield PlatformCase(
        "capture/charge: another amount again", path, captured, charge(11), 400, "BadRequestException", taken(1000)
    )
    yield from _bad_references(path, charge())
    yield from _bad_amounts(path, shopped, charge)

    path = "/v1/cancel/charge"
    yield PlatformCase("cancel/charge: nothing was taken", path, nothing_taken, about, 200, "", let_go)
    yield PlatformCase("cancel/charge: whatever was taken", path, shopped, about, 200, "", let_go)
    yield PlatformCase("cancel/charge: twice", path, cancelled, about, 200, "", let_go)
    yield PlatformCase("cancel/charge: after the capture", path, captured, about, 400, "refund", taken(1000))
    yield from _bad_references(path, about)


def ordered(caller: Caller) -> Trip:
    """The retailer knows the trip by the id that stood in its cart."""
    trip = caller.world.shopped()
    caller.world.database.add_order(
        RetailerOrder(trip=trip.id, wire=trip_on_wire(trip.id), time_ns=caller.world.now_ns, items=1, cart=b"")
    )
    return trip


def by_wire(trip: Trip) -> Body:
    return changed(charge(), shoppingTripId=trip_on_wire(trip.id))(trip)


def adjusted_first(caller: Caller) -> Trip:
    trip = caller.world.shopped()
    assert caller.call("/v1/adjust/charge", charge()(trip)).status_code == 200
    return trip


def cancelled(caller: Caller) -> Trip:
    trip = nothing_taken(caller)
    assert caller.call("/v1/cancel/charge", about(trip)).status_code == 200
    return trip


def refunded(caller: Caller) -> Trip:
    trip = captured(caller)
    assert caller.call("/v1/refund", refund()(trip)).status_code == 200
    return trip


def _refunds() -> Iterator[PlatformCase]:
    path = "/v1/refund"
    other = "other"

    def has_id(_caller: Caller, _trip: Trip, answer: httpx2.Response) -> bool:
        return bool(answer.json()["reconciliationId"])

    yield PlatformCase("refund: a part", path, captured, refund(), 200, "", given_back(400))
    yield PlatformCase("refund: the whole", path, captured, refund(10), 200, "", given_back(1000))
    yield PlatformCase("refund: the answer has an id", path, captured, refund(), 200, "", has_id)
    yield PlatformCase("refund: the same request again", path, refunded, refund(), 200, "", given_back(400))
    yield PlatformCase("refund: another request", path, refunded, refund(request=other), 200, "", given_back(800))
    yield PlatformCase(
        "refund: the same id for another amount", path, refunded, refund(5), 409, "Conflict", given_back(400)
    )
    yield PlatformCase("refund: more than was taken", path, captured, refund(10.01), 400, "", given_back(0))
    yield PlatformCase("refund: more than is left", path, refunded, refund(6.01, other), 400, "", given_back(400))
    yield PlatformCase("refund: before the capture", path, shopped, refund(), 400, "", given_back(0))
    yield PlatformCase("refund: on the last day", path, long_ago(6), refund(), 200, "", given_back(400))
    yield PlatformCase("refund: after the window", path, long_ago(8), refund(), 400, "7 days", given_back(0))
    yield PlatformCase("refund: an unknown reason", path, captured, refund(reason="WHIM"), 400, "refundReasonCode")
    yield PlatformCase("refund: no reason", path, captured, without("refundReasonCode", refund()), 400)
    yield PlatformCase("refund: no id", path, captured, without("refundRequestId", refund()), 400)
    yield PlatformCase("refund: an id that is no UUID", path, captured, refund(request=NO_UUID), 400)
    yield from _bad_references(path, refund())
    yield from _bad_amounts(path, captured, refund)


def _feedback() -> Iterator[PlatformCase]:
    path = "/v1/feedback/payment-status"
    yield PlatformCase("payment-status: settled in full", path, in_debt, status_of(10, 10), 200, "", owes(0))
    yield PlatformCase("payment-status: settled in part", path, in_debt, status_of(10, 4), 200, "", owes(600))
    yield PlatformCase(
        "payment-status: nothing settled, a bad debt", path, in_debt, status_of(10, 0), 200, "", owes(1000)
    )
    yield PlatformCase("payment-status: told twice", path, half_paid, status_of(10, 4), 200, "", owes(600))
    yield PlatformCase("payment-status: the rest later", path, half_paid, status_of(10, 10), 200, "", owes(0))
    yield PlatformCase("payment-status: more settled than due", path, in_debt, status_of(10, 11), 400, "", owes(1000))
    yield PlatformCase("payment-status: below nothing", path, in_debt, status_of(10, -1), 400, "", owes(1000))
    yield PlatformCase(
        "payment-status: no time", path, in_debt, without("paymentStatusTime", status_of(10, 10)), 400, "", owes(1000)
    )
    yield from _bad_references(path, status_of(10, 10))


def half_paid(caller: Caller) -> Trip:
    trip = in_debt(caller)
    assert caller.call("/v1/feedback/payment-status", status_of(10, 4)(trip)).status_code == 200
    return trip


def _data() -> Iterator[PlatformCase]:
    path = "/v1/payment/transactional-data"
    yield PlatformCase("transactional-data: of the card", path, shopped, about, 200, "", emv)
    yield from _bad_references(path, about)
    path = "/v1/identity/shopper"

    def address(_caller: Caller, _trip: Trip, answer: httpx2.Response) -> bool:
        return bool(answer.json()["email"] == "someone@example.org")

    yield PlatformCase("identity/shopper: the address for a receipt", path, shopped, about, 200, "", address)
    yield PlatformCase("identity/shopper: after it is forgotten", path, forgotten, about, 404, "ResourceNotFound")
    yield from _bad_references(path, about)


def forgotten(caller: Caller) -> Trip:
    trip = captured(caller)
    caller.world.pass_time(30 * DAY_MIN)
    caller.world.till.tick()
    return trip


def _checkout() -> Iterator[PlatformCase]:
    path = "/v1/checkout/carts"
    ok = 201
    bad = "CartContentValidationException"
    form = "InvalidPayloadException"
    one = line()

    def case(
        name: str, body: Any, status: int, says: str = "", after: After | None = None, setup: Setup = shopped
    ) -> PlatformCase:
        return PlatformCase(f"checkout/carts: {name}", path, setup, body, status, says, after or (lambda *_: True))

    yield case("the published sample", SAMPLE, ok, "", receipt_total(99, 1))
    yield case("promotions, fees, taxes and a weight", RICH, ok, "", receipt_total(913, 3))
    yield case("many pieces", cart([line(quantity="3")], "3.00", "3.00"), ok, "", receipt_total(300, 1))
    yield case(
        "total with tax in the line",
        cart([line(totalPrice=money("1.08"), salesTax=money("0.08"))], "1.08", "1.00", tax="0.08"),
        ok,
        "",
        receipt_total(108, 1),
    )
    yield case("the same again", SAMPLE, ok, "", receipt_total(99, 1), checked_out)
    yield case("another cart again", cart([one], "1.00", "1.00"), 409, "Conflict", receipt_total(99, 1), checked_out)
    yield case(
        "an unknown product is the retailer's matter",
        cart([line("9999")], "1.00", "1.00"),
        ok,
        "",
        receipt_total(100, 1),
    )
    yield case("unknown fields", cart([one | {"newField": 1}], "1.00", "1.00"), ok, "", receipt_total(100, 1))
    yield case("price total off by a cent", cart([one], "1.01", "1.00"), 400, bad)
    yield case("sub-total off by a cent", cart([one], "1.00", "0.99"), 400, bad)
    yield case(
        "promotions off by a cent",
        cart([line(totalPrice=money("0.99"), **PROMOTION)], "0.98", "1.00", "0.02"),
        400,
        bad,
    )
    yield case("tax off by a cent", cart([line(salesTax=money("0.08"))], "1.07", "1.00", tax="0.07"), 400, bad)
    yield case("a line's total that is not its price", cart([line(totalPrice=money("0.90"))], "1.00", "1.00"), 400, bad)
    yield case(
        "promotions above the price",
        cart([line(totalPrice=money("0.00"), promotions=[{"promotionAmount": money("1.01")}])], "0.00", "1.00", "1.01"),
        400,
        bad,
    )
    yield case("a fee that is in no total", cart([line(**DEPOSIT)], "1.00", "1.00"), 400, bad)
    yield case("more than two decimals", cart([line(price=money("1.001"))], "1.00", "1.00"), 400, form)
    yield case("an amount that is no number", cart([line(price=money("one"))], "1.00", "1.00"), 400, form)
    yield case("an amount without a value", cart([line(price=money("NaN"))], "1.00", "1.00"), 400, form)
    yield case(
        "an amount below nothing",
        cart([line(price=money("-1.00"), totalPrice=money("-1.00"))], "-1.00", "-1.00"),
        400,
        form,
    )
    yield case("another currency", cart([line(price=money("1.00", "EUR"))], "1.00", "1.00"), 400, form)
    yield case("no pieces", cart([line(quantity="0")], "0.00", "0.00"), 400, form)
    yield case("half a piece", cart([line(quantity="0.5")], "0.50", "0.50"), 400, form)
    yield case("another type of id", cart([one | {"type": "SCANCODE"}], "1.00", "1.00"), 400, "BadRequestException")
    for field in ("idempotentShoppingTripId", "storeId", "lineItems", "orderTotals"):
        yield case(f"{field} is missing", without(field, SAMPLE), 400, "BadRequestException")
    yield case("an unknown trip", changed(SAMPLE, idempotentShoppingTripId="x"), 400, "UnknownShoppingTrip")
    yield case("another store", changed(SAMPLE, storeId="other"), 400, "storeId")
    yield case("no JSON", lambda _trip: b"{", 400, "BadRequestException")


def checked_out(caller: Caller) -> Trip:
    trip = caller.world.shopped()
    assert caller.call("/v1/checkout/carts", SAMPLE(trip)).status_code == 201
    return trip


CASES: tuple[PlatformCase, ...] = (*_charges(), *_refunds(), *_feedback(), *_data(), *_checkout())
"""All of them; names are unique."""
