"""Giving money back, and what is done about debts: shown first, done when it is confirmed, and never twice.

The page that shows what would be done makes the key of it; the same confirmation again does nothing more.
"""

import re
import secrets
from typing import TYPE_CHECKING
from urllib.parse import quote

import msgspec
from starlette.responses import Response

from tillfree.commerce.payments.payment import Payment
from tillfree.commerce.receipt import Receipt, ReceiptLine
from tillfree.commerce.tax import divide_rounded
from tillfree.commerce.trips import Trip
from tillfree.core.money import Money, MoneyError
from tillfree.store.till.till import Till
from tillfree.web.errors import AskError, NotThere
from tillfree.web.payments.detail import lines_given_back, refundable_of, trip_of
from tillfree.web.payments.wording import REASONS, shown

if TYPE_CHECKING:
    from tillfree.web.ask import Ask

__all__ = ["ask_debt", "ask_refund", "do_debt", "do_refund", "do_release", "line_gross"]

_MILLION = 1_000_000
_LINES_MAX = 500
_KEY = re.compile(r"[0-9a-f]{32}")
_HOWS = ("whole", "lines", "amount")
_DEBT_ACTS = ("paid", "write_off", "retry")


class _Wish(msgspec.Struct, frozen=True):
    """A refund as it was chosen; `lines` are numbers from 0."""

    amount: Money
    lines: tuple[int, ...]
    reason: str
    note: str

    @property
    def why(self) -> str:
        """As it is kept."""
        return f"{self.reason}: {self.note}" if self.note else self.reason


def line_gross(receipt: Receipt, line: ReceiptLine) -> Money:
    """What a line cost with its tax; nothing where it was not charged."""
    charged = line.charged
    if charged is None or line.problem:
        return Money(0, receipt.currency)
    if receipt.prices_include_tax:
        return charged
    rate_ppm = next((tax.rate_ppm for tax in receipt.taxes if tax.tax_class == line.tax_class), 0)
    return charged + Money(divide_rounded(charged.minor * rate_ppm, _MILLION), charged.currency)


def ask_refund(ask: "Ask") -> Response:
    """Shows what would be given back, and asks whether it shall be."""
    trip, payment = _payable(ask)
    wish = _wish(ask, trip, payment)
    receipt = trip.receipt
    return ask.page(
        "payments/confirm_refund.html",
        trip=trip,
        wish=wish,
        how=ask.query("how", limit=10),
        amount_text=ask.query("amount", limit=20),
        reason=ask.say(REASONS[wish.reason]),
        lines=[] if receipt is None else [receipt.lines[number] for number in wish.lines],
        left=Money(refundable_of(payment) - wish.amount.minor, payment.currency),
        key=secrets.token_hex(16),
    )


def do_refund(ask: "Ask") -> Response:
    """Gives it back."""
    trip, payment = _payable(ask)
    key = _key(ask)
    here = f"/trips/{quote(trip.id, safe='')}"
    known = next((refund for refund in payment.refunds if refund.key == key), None)
    if known is not None:
        return ask.back(here, done=ask.say("This refund was made already; nothing was done twice."))
    wish = _wish(ask, trip, payment)
    _till(ask).refund(trip.id, wish.amount, key=key, reason=wish.why, by=ask.reader.name, lines=wish.lines)
    ask.audit("payment.refund", trip.id, f"{wish.amount}: {wish.why}")
    return ask.back(here, done=ask.say("%(amount)s goes back.", amount=shown(wish.amount)))


def ask_debt(ask: "Ask") -> Response:
    """Shows what would be done about a debt, and asks whether it shall be."""
    trip, payment = _payable(ask)
    act = _debt_act(ask)
    amount = _debt_amount(ask, payment)
    return ask.page("payments/confirm_debt.html", trip=trip, act=act, amount=amount, key=secrets.token_hex(16))


def do_debt(ask: "Ask") -> Response:
    """A debt came in, is given up, or is tried once more."""
    trip, payment = _payable(ask)
    act, key = _debt_act(ask), _key(ask)
    here = f"/trips/{quote(trip.id, safe='')}"
    if key in payment.paid_keys:
        return ask.back(here, done=ask.say("This was done already; nothing was done twice."))
    amount = _debt_amount(ask, payment)
    till, by = _till(ask), ask.reader.name
    if act == "retry":
        till.retry(trip.id, by=by)
        done = ask.say("It is tried once more.")
    elif act == "write_off":
        till.write_off(trip.id, amount, key=key, by=by)
        done = ask.say("%(amount)s was given up.", amount=shown(amount))
    else:
        till.debt_paid(trip.id, amount, key=key, by=by)
        done = ask.say("%(amount)s came in.", amount=shown(amount))
    ask.audit(f"payment.debt.{act}", trip.id, str(amount))
    return ask.back(here, done=done)


def do_release(ask: "Ask") -> Response:
    """A trip in review is charged as it stands."""
    trip = trip_of(ask)
    _till(ask).release(trip.id, by=ask.reader.name)
    ask.audit("trip.release", trip.id)
    return ask.back(f"/trips/{quote(trip.id, safe='')}", done=ask.say("It is charged as it stands."))


# ---- what was sent --------------------------------------------------------------------------------------------------


def _payable(ask: "Ask") -> tuple[Trip, Payment]:
    trip = trip_of(ask)
    payment = ask.database.payment_of_trip(trip.id)
    if payment is None:
        raise NotThere(ask.say("Nothing is paid for this trip here."))
    return trip, payment


def _till(ask: "Ask") -> Till:
    till = ask.console.till
    if till is None:
        raise AskError(ask.say("This store only makes receipts: no payment processor is set."), 409)
    return till


def _sent(ask: "Ask", name: str, limit: int) -> str:
    return (ask.text(name, limit=limit) if ask.request.method == "POST" else ask.query(name, limit=limit)).strip()


def _all_sent(ask: "Ask", name: str) -> list[str]:
    found = ask.form.getlist(name) if ask.request.method == "POST" else ask.request.query_params.getlist(name)
    return [value for value in found if isinstance(value, str)]


def _key(ask: "Ask") -> str:
    key = ask.text("key", limit=64)
    if not _KEY.fullmatch(key):
        raise AskError(ask.say("Open the trip and begin anew: this confirmation is not complete."))
    return f"console/{key}"


def _wish(ask: "Ask", trip: Trip, payment: Payment) -> _Wish:
    how, reason = _sent(ask, "how", 10), _sent(ask, "reason", 40)
    if how not in _HOWS:
        raise AskError(ask.say("Choose what is to be given back: all, some lines, or an amount."))
    if reason not in REASONS:
        raise AskError(ask.say("Choose why money is given back."))
    note = " ".join(_sent(ask, "note", 200).split())
    left = Money(refundable_of(payment), payment.currency)
    if not left.minor:
        raise AskError(ask.say("Nothing is left that could be given back."), 409)
    lines: tuple[int, ...] = ()
    if how == "whole":
        amount = left
    elif how == "lines":
        lines = _lines(ask, trip, payment)
        assert trip.receipt is not None
        amount = Money(0, payment.currency)
        for number in lines:
            amount += line_gross(trip.receipt, trip.receipt.lines[number])
        # Tax of lines that is rounded one by one may come to a unit more than was paid.
        amount = min(amount, left, key=lambda money: money.minor)
    else:
        amount = _amount(ask, payment.currency)
    if not 0 < amount.minor <= left.minor:
        raise AskError(
            ask.say("%(amount)s cannot be given back; at most %(left)s can.", amount=shown(amount), left=shown(left))
        )
    return _Wish(amount, lines, reason, note)


def _lines(ask: "Ask", trip: Trip, payment: Payment) -> tuple[int, ...]:
    most = 0 if trip.receipt is None else len(trip.receipt.lines)
    sent = _all_sent(ask, "line")
    numbers = {int(text) for text in sent if text.isascii() and text.isdigit() and len(text) < 5}
    if not sent or len(sent) > _LINES_MAX or len(numbers) < len(set(sent)) or not all(n < most for n in numbers):
        raise AskError(ask.say("Choose the lines that are to be given back."))
    if numbers & lines_given_back(payment):
        raise AskError(ask.say("Money for one of these lines went back already; give back an amount instead."), 409)
    return tuple(sorted(numbers))


def _amount(ask: "Ask", currency: str) -> Money:
    text = _sent(ask, "amount", 20).replace(",", ".")
    if not text.replace(".", "", 1).isdigit() or not text.isascii():
        raise AskError(ask.say("Give an amount, as 12.50."))
    try:
        return Money.parse(text, currency)
    except MoneyError as error:
        raise AskError(ask.say("Give an amount, as 12.50.")) from error


def _debt_act(ask: "Ask") -> str:
    act = _sent(ask, "act", 20)
    if act not in _DEBT_ACTS:
        raise AskError(ask.say("Choose what is to be done about the debt."))
    return act


def _debt_amount(ask: "Ask", payment: Payment) -> Money:
    owed = Money(payment.debt_minor, payment.currency)
    if not owed.minor:
        raise AskError(ask.say("Nothing is owed for this trip."), 409)
    if _debt_act(ask) == "retry" or not _sent(ask, "amount", 20):
        return owed
    amount = _amount(ask, payment.currency)
    if not 0 < amount.minor <= owed.minor:
        raise AskError(ask.say("Give an amount up to %(owed)s.", owed=shown(owed)))
    return amount
