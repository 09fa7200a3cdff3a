"""Calls about money: adjust, capture, cancel, refund, what a receipt must show, and what came in by another way."""

import uuid

from tillfree.commerce.payments.processor import Outcome
from tillfree.commerce.trips import Payer, Trip
from tillfree.connectors.retailer.money import ChargeMoney
from tillfree.connectors.retailer.platform_wire import (
    AdjustedCharge,
    ChargeStatus,
    ExpirationDate,
    Refunded,
    ShopperEmail,
    TransactionalData,
)
from tillfree.connectors.retailer.priced_cart import receipt_of
from tillfree.core.ids import VisitId
from tillfree.core.money import Money
from tillfree.core.time import NS_PER_DAY
from tillfree.store.till.errors import TillError
from tillfree.web.retailer.calls import Call, CallError, Reply, money_of

__all__ = ["adjust", "cancel", "capture", "checkout", "payment_status", "refund", "shopper_email", "transactional_data"]

_NAMES = uuid.UUID("6a0dbd1c-96d3-5f7e-8f57-52c94b6f5c0b")
_STATUS: dict[Outcome, ChargeStatus] = {"approved": "APPROVED", "declined": "DECLINED", "pending": "PENDING"}
_BY = "retailer"


def adjust(call: Call) -> Reply:
    """Makes the hold as large as the whole total."""
    trip = call.trip()
    total = money_of(call.message.amount, call.counter.currency)
    try:
        answer = call.counter.till.adjust(trip.id, total)
    except TillError:
        if not _is_unanswered(call, trip):
            raise
        return Reply(200, AdjustedCharge(status="PENDING", authorized_amount=ChargeMoney.of(trip.hold or total)))
    granted = answer.amount if answer.amount is not None and answer.outcome == "approved" else total
    return Reply(200, AdjustedCharge(status=_STATUS[answer.outcome], authorized_amount=ChargeMoney.of(granted)))


def capture(call: Call) -> Reply:
    """Takes what is held."""
    trip = call.trip()
    call.counter.till.capture(trip.id, money_of(call.message.amount, call.counter.currency))
    return Reply(200)


def cancel(call: Call) -> Reply:
    """Lets the hold go."""
    call.counter.till.cancel(call.trip().id)
    return Reply(200)


def refund(call: Call) -> Reply:
    """Gives back what was taken, in the time that there is for it."""
    trip, message = call.trip(), call.message
    counter = call.counter
    amount = money_of(message.amount, counter.currency)
    if message.refund_reason_code not in counter.settings.refund_reasons:
        known = ", ".join(counter.settings.refund_reasons)
        raise CallError(400, "BadRequestException", f"refundReasonCode is none of {known}")
    over_ns = trip.closed_ns or trip.opened_ns
    if counter.console.now_ns() - over_ns > counter.settings.refund_window_days * NS_PER_DAY:
        days = counter.settings.refund_window_days
        raise CallError(400, "BadRequestException", f"the trip ended more than {days} days ago; refund it by hand")
    key = f"{_BY} {message.refund_request_id.lower()}"
    counter.till.refund(trip.id, amount, key=key, reason=message.refund_reason_code, by=f"{_BY} {call.key.id}")
    return Reply(200, Refunded(reconciliation_id=str(uuid.uuid5(_NAMES, key))))


def checkout(call: Call) -> Reply:
    """Charges a cart that the retailer priced."""
    counter, cart = call.counter, call.message
    trip = counter.trip(cart.store_id, cart.idempotent_shopping_trip_id)
    store = counter.console.store
    receipt = receipt_of(
        cart,
        trip.id,
        trip.visits[0] if trip.visits else VisitId(""),
        store.shop.product_index(),
        counter.settings,
        store=store.name,
        currency=counter.currency,
        # The same cart must make the same receipt whenever it comes.
        time_ns=trip.closed_ns or trip.opened_ns,
    )
    after = counter.till.checkout(trip.id, receipt)
    if after.status == "external" and after.payment and receipt.total.gross.minor > 0:
        # Where charges are called for one by one, this call is one for all of them.
        counter.till.capture(trip.id, receipt.total.gross)
    return Reply(201)


def payment_status(call: Call) -> Reply:
    """What a trip cost came in, in part or in whole; a settlement of nothing says that it did not."""
    trip, message, counter = call.trip(), call.message, call.counter
    total = money_of(message.total_amount, counter.currency)
    settled = money_of(message.settled_amount, counter.currency, least=0)
    if settled.minor > total.minor:
        raise CallError(400, "BadRequestException", "settledAmount is more than totalAmount")
    payment = counter.database.payment_of_trip(trip.id)
    if payment is None:
        raise CallError(400, "BadRequestException", "this store does not collect for this trip; nothing is owed here")
    # The call says how things stand, not what changed: told twice, it changes nothing the second time.
    paid = payment.debt_minor - (total.minor - settled.minor)
    if paid > 0:
        key = f"{_BY} {payment.id} {total.minor} {settled.minor}"
        counter.till.debt_paid(trip.id, Money(paid, total.currency), by=f"{_BY} {call.key.id}", key=key)
    return Reply(200)


def shopper_email(call: Call) -> Reply:
    """Where the shopper wants the receipt, if they said so and the trip is not settled yet."""
    trip = call.trip()
    payer = _payer(call, trip)
    if payer is None or not payer.email:
        raise CallError(404, "ResourceNotFoundException", "nobody has left an address for the receipt of this trip")
    return Reply(200, ShopperEmail(shopper_id=payer.account or trip.id, email=payer.email))


def transactional_data(call: Call) -> Reply:
    """What the terminal said of the card, as a receipt must show it. It is forgotten when the trip is settled."""
    trip = call.trip()
    payer = _payer(call, trip)
    currency = trip.hold.currency if trip.hold else call.counter.currency
    reconciliation = str(trip.payment or trip.id)
    if payer is None:
        return Reply(200, TransactionalData(currency=currency, reconciliation_id=reconciliation))
    emv = {tag.upper(): value for tag, value in payer.emv.items()}
    entry_mode = emv.get("9F39", "")
    return Reply(
        200,
        TransactionalData(
            brand=payer.brand.upper(),
            pos_entry_mode=f"EMV_9F39_{entry_mode}" if entry_mode else "",
            currency=currency,
            authorization_response_code=_text(emv.get("8A", "")),
            cryptogram_information_data=emv.get("9F27", ""),
            tail=payer.last4,
            pan_sequence_number=emv.get("5F34", ""),
            application_id=emv.get("84", "") or emv.get("9F06", "") or emv.get("4F", ""),
            expiration_date=_expiry(emv.get("5F24", "")),
            cardholder_verification_method_result=emv.get("9F34", ""),
            terminal_id=_text(emv.get("9F1C", "")),
            reconciliation_id=reconciliation,
            card_statement_transaction_id=reconciliation,
        ),
    )


def _payer(call: Call, trip: Trip) -> Payer | None:
    return call.counter.database.payer(trip.id)


def _is_unanswered(call: Call, trip: Trip) -> bool:
    """Whether the processor has not said yet what became of the adjustment."""
    payment = call.counter.database.payment_of_trip(trip.id)
    kinds = ("adjust", "authorise")
    return payment is not None and any(p.unresolved for p in payment.placed if p.order.kind in kinds)


def _text(hexadecimal: str) -> str:
    """EMV Book 3, annex A: a data object of letters, which travels as their codes."""
    try:
        text = bytes.fromhex(hexadecimal).decode("ascii")
    except ValueError:
        return hexadecimal
    return text if text.isprintable() else hexadecimal


def _expiry(digits: str) -> ExpirationDate | None:
    """EMV tag 5F24: YYMMDD."""
    if len(digits) < 4 or not digits.isdigit():
        return None
    return ExpirationDate(expiration_year=f"20{digits[:2]}", expiration_month=digits[2:4])
