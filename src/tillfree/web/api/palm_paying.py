"""Pay by palm at a till or a lane: a hand, an amount or what is sold, and an answer that says whether it is paid."""

import hashlib
from collections.abc import Callable
from typing import Annotated

import msgspec
from msgspec import Meta

from tillfree.commerce.assisted import Handed, handed_of
from tillfree.commerce.payments.payment import Payment
from tillfree.commerce.pricing import COUPONS_MAX, Sale
from tillfree.commerce.trips import Payer, StaffLine, Trip
from tillfree.core.ids import TripId, VisitId
from tillfree.core.money import Money
from tillfree.store.entry.desk import EntryDesk, KnownPayer
from tillfree.store.palms.paying import PalmSale, PricedSale, SaleWish, pay_by_palm, pay_on, sale_message
from tillfree.store.till.assisting import QUANTITY_MAX, WEIGHT_G_MAX
from tillfree.store.till.errors import OtherSaleError
from tillfree.store.till.selling import SALE_MINOR_MAX, sale_outcome
from tillfree.store.till.till import Till
from tillfree.web.api.operations import Call, Operation
from tillfree.web.api.palm_shapes import Captures, PinDigits, WalletCard, asking_palms, palms_of, samples_of, station_of
from tillfree.web.api.problems import Problem
from tillfree.web.api.shapes import Amount, ReceiptView, amount, receipt_view
from tillfree.web.assisted import Chosen, choose

__all__ = ["OPERATIONS"]

_BY = "system"


class SaleLineBody(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """Something that is sold: the number that was scanned, or the id of a product; one of the two."""

    scan: Annotated[str, Meta(max_length=100)] = ""
    product: Annotated[str, Meta(max_length=200)] = ""
    quantity: Annotated[int, Meta(ge=1, le=QUANTITY_MAX)] = 1
    weight_g: Annotated[
        int | None, Meta(description="What a scale says of each, for goods sold by weight without a label.")
    ] = None


class PalmPaymentBody(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """A hand, and what is to be paid: an amount that the till worked out, or lines that the store prices."""

    captures: Captures
    amount: Amount | None = None
    lines: Annotated[tuple[SaleLineBody, ...], Meta(max_length=200)] = ()
    reference: Annotated[str, Meta(max_length=64, description="What the till calls this sale; nothing personal.")] = ""
    pin: PinDigits = ""
    tapped: Annotated[str, Meta(max_length=200, description="The fingerprint of a card that was tapped as well.")] = ""
    chosen: Annotated[
        str,
        Meta(max_length=64, description="The card of theirs that pays, as `identifyPalm` names it; else the usual."),
    ] = ""


class PalmPaymentView(msgspec.Struct, frozen=True, kw_only=True):
    """Whether it is paid. If so, the money is certain and on its way, and `payment` says what has arrived.

    `reason` is empty where it is paid, `message` what the display says, `guidance` how to hold a hand that could not be
    read. Where money was asked for, `trip` and `payment` name it; it can be given back by `refund`.
    """

    paid: bool
    reason: str
    message: str
    guidance: str
    trip: str | None = None
    payment: str | None = None
    total: Amount | None = None
    card: WalletCard | None = None
    receipt: ReceiptView | None = None


def _pay(call: Call) -> PalmPaymentView:
    palms, till, entry, body = palms_of(call), call.console.till, call.console.desk, call.sent(PalmPaymentBody)
    if till is None or entry is None:
        raise Problem("unavailable", "this store takes no money")
    wish = _wish(call, entry, body)
    # Looked at before the captures: their challenge is used up where this is the same request again.
    done = _before(call, till, wish)
    if done is None:
        with asking_palms():
            samples = samples_of(palms, body.captures)
            done = pay_by_palm(palms, entry, till, wish, samples)
    return _view(call, done)


def _before(call: Call, till: Till, wish: SaleWish) -> PalmSale | None:
    """What became of this sale where it was asked for before, and the answer was lost."""
    try:
        begun = till.find_sale(wish.trip, wish.asked)
    except OtherSaleError as error:
        raise Problem("key-reused", "this Idempotency-Key was used for another sale") from error
    if begun is None:
        return None
    payment = call.database.payment_of_trip(begun.id)
    if payment is None or payment.due_minor is not None:
        return PalmSale(trip=begun)
    payer = call.database.payer(begun.id) or Payer(kind="none")
    return pay_on(till, wish, begun, KnownPayer(payer=payer, age_years=begun.age_years))


def _wish(call: Call, entry: EntryDesk, body: PalmPaymentBody) -> SaleWish:
    """What is asked for. Raises Problem where that cannot be, before anybody is looked at."""
    station = station_of(body.captures)
    if not body.reference.isprintable():
        raise Problem("refused", "a reference is printable characters")
    if (body.amount is None) != bool(body.lines):
        raise Problem("refused", "give amount or lines, and not both")
    asked = (body.amount, body.lines, body.reference, body.chosen, station)
    name = hashlib.sha256(f"{call.key.id}\n{call.idempotency_key}".encode()).hexdigest()[:24]
    trip = TripId(f"palm-{name}")
    return SaleWish(
        trip=trip,
        asked=hashlib.sha256(msgspec.json.encode(asked)).hexdigest()[:32],
        station=station,
        price=_amount_of(call, body.amount) if body.amount is not None else _lines_of(call, entry, body, trip),
        reference=body.reference,
        chosen=body.chosen,
        pin=body.pin,
        tapped=body.tapped,
        still_wanted=lambda: not call.gone(),
    )


def _amount_of(call: Call, given: Amount) -> Callable[[KnownPayer], PricedSale]:
    total = _payable(given.money(call.console.store.shop.currency))
    return lambda _known: PricedSale(total)


def _lines_of(call: Call, entry: EntryDesk, body: PalmPaymentBody, trip: TripId) -> Callable[[KnownPayer], PricedSale]:
    """The store's own prices, offers and taxes, as of now or of when the sale began."""
    begun = call.database.trip(trip)
    time_ns = entry.now_ns() if begun is None else begun.opened_ns
    sold = [(line, _chosen(call, line)) for line in body.lines]
    handed = _handed(sold, time_ns)

    def price(known: KnownPayer) -> PricedSale:
        for _, one in sold:
            if one.product.min_age > known.age_years:
                raise Problem(
                    "conflict",
                    f"{one.product.name or one.product.id} is for people of {one.product.min_age} or more, and no such "
                    "age is linked to this palm: check it, and take the amount of the till",
                )
        sale = Sale(
            visit=VisitId(""),
            time_ns=time_ns,
            lines=(),
            probability=1.0,
            handed=handed,
            loyalty=bool(known.payer.loyalty),
            coupons=known.payer.coupons[:COUPONS_MAX],
            id=f"{trip}/receipt",
        )
        receipt = call.console.prices(time_ns).receipt(sale)
        if receipt.status != "charge":
            raise Problem("refused", "; ".join(receipt.notes)[:500] or "this cannot be priced")
        return PricedSale(_payable(receipt.total.gross), receipt)

    return price


def _chosen(call: Call, line: SaleLineBody) -> Chosen:
    if bool(line.scan.strip()) == bool(line.product.strip()):
        raise Problem("refused", "give scan or product of each line, and not both")
    if line.product and line.product not in call.console.store.shop.product_index():
        raise Problem("refused", "there is no such product in the catalogue")
    if line.weight_g is not None and not 1 <= line.weight_g <= WEIGHT_G_MAX:
        raise Problem("refused", f"a weight is 1 to {WEIGHT_G_MAX} g")
    return choose(call.console, line.scan or line.product, line.weight_g, _said)


def _handed(sold: list[tuple[SaleLineBody, Chosen]], time_ns: int) -> tuple[Handed, ...]:
    return handed_of(
        StaffLine(
            key=str(number), product=one.product.id, quantity=line.quantity, time_ns=time_ns, by=_BY,
            weight_g=one.weight_g, price_minor=one.price_minor, scan=one.scan,
        )
        for number, (line, one) in enumerate(sold)
    )  # fmt: skip


def _payable(total: Money) -> Money:
    if not 0 < total.minor <= SALE_MINOR_MAX:
        raise Problem("refused", f"{total} is not paid by palm: it is more than nothing, and {SALE_MINOR_MAX} at most")
    return total


def _said(text: str, **values: object) -> str:
    return text % values if values else text


def _view(call: Call, done: PalmSale) -> PalmPaymentView:
    if done.trip is None:
        return PalmPaymentView(
            paid=False, reason=done.reason, message=sale_message(done.reason), guidance=done.guidance
        )
    payment = call.database.payment_of_trip(done.trip.id)
    if payment is None:
        raise Problem("refused", "nobody is asked for money by this sale; make a new key")
    outcome = sale_outcome(payment)
    reason = "" if outcome == "paid" else outcome
    total = _total(payment)
    call.note("palm.pay", done.trip.id, f"{total}: {outcome}" if total is not None else outcome)
    return PalmPaymentView(
        paid=not reason,
        reason=reason,
        message=sale_message(reason),
        guidance="",
        trip=done.trip.id,
        payment=payment.id,
        total=None if total is None else amount(total),
        card=_card(call, done.trip),
        receipt=None if reason or done.trip.receipt is None else receipt_view(done.trip.receipt),
    )


def _total(payment: Payment) -> Money | None:
    minor = payment.due_minor or payment.hold_wanted_minor
    return Money(minor, payment.currency) if minor else None


def _card(call: Call, trip: Trip) -> WalletCard | None:
    """The card that was asked, as long as it is known who paid."""
    payer = call.database.payer(trip.id)
    return None if payer is None or not payer.token else WalletCard(brand=payer.brand, last4=payer.last4)


OPERATIONS = (
    Operation(
        method="POST",
        path="/palms/payments",
        name="payByPalm",
        group="Palms",
        summary="Somebody pays with their hand, at a till or a lane",
        about="Where stations sign (`palm.attested`), each capture needs a challenge of its own. The amount is put "
        "aside, the bank decides, and it is taken, or let go: also where no answer comes in some seconds, or whoever "
        "asked is gone by then. That somebody does not pay is an answer as well (`paid` is false): nothing is taken, "
        "and the next try has a new Idempotency-Key and a new challenge. The same request is sent again, with the same "
        "key, only where no answer came.",
        scope="palms:pay",
        run=_pay,
        body=PalmPaymentBody,
        answer=PalmPaymentView,
        money=True,
        problems=("refused", "not-found", "conflict"),
    ),
)
