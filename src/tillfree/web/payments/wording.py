"""Trips and payments in words: statuses, ways in, what happened to the money, and the accounts of the books."""

from typing import TYPE_CHECKING

from tillfree.commerce.display import display_text, format_amount
from tillfree.commerce.ledger import Entry
from tillfree.commerce.payments.events import (
    AdjustWished,
    Answered,
    DebtPaid,
    Due,
    HoldExpired,
    Opened,
    PaymentEvent,
    RefundAsked,
    Refused,
    Reopened,
    Retried,
    WrittenOff,
)
from tillfree.commerce.payments.payment import Payment
from tillfree.commerce.payments.processor import OrderKind
from tillfree.commerce.payments.states import PaymentState
from tillfree.commerce.trips import EntryKind, TripStatus
from tillfree.core.money import Money
from tillfree.storage.database.money.deliveries import DeliveryKind, DeliveryStatus
from tillfree.web.texts import later

if TYPE_CHECKING:
    from tillfree.web.ask import Ask

__all__ = [
    "ACCOUNT_TITLES",
    "DELIVERIES",
    "ENTRIES",
    "REASONS",
    "ROLES",
    "STATES",
    "STATUSES",
    "STATUS_KINDS",
    "account_title",
    "entry_title",
    "event_said",
    "shown",
]

DELIVERIES: dict[tuple[DeliveryKind, DeliveryStatus], str] = {
    ("receipt", "waiting"): later("The receipt waits to be sent"),
    ("receipt", "sent"): later("The receipt was sent"),
    ("receipt", "refused"): later("The receipt was refused by the shopper's mail server"),
    ("receipt", "given up"): later("The receipt could not be sent; no more tries"),
    ("refund", "waiting"): later("The word of the refund waits to be sent"),
    ("refund", "sent"): later("The word of the refund was sent"),
    ("refund", "refused"): later("The word of the refund was refused by the shopper's mail server"),
    ("refund", "given up"): later("The word of the refund could not be sent; no more tries"),
}
STATUSES: dict[TripStatus, str] = {
    "inside": later("Inside"),
    "review": later("Waits for review"),
    "settling": later("Being paid"),
    "settled": later("Paid"),
    "void": later("Nothing to pay"),
    "debt": later("Not collected"),
    "external": later("Paid elsewhere"),
    "abandoned": later("Nobody came in"),
}
STATUS_KINDS: dict[TripStatus, str] = {"settled": "good", "review": "warn", "settling": "warn", "debt": "bad"}
"""The kind of badge of each status; none is a plain one."""
ENTRIES: dict[EntryKind, str] = {
    "card": later("Bank card"),
    "wallet": later("Wallet"),
    "code": later("Code of the app"),
    "badge": later("Employee badge"),
    "palm": later("Palm"),
    "staff": later("Staff"),
    "delivery": later("Delivery"),
    "open": later("Open door"),
}
ROLES: dict[str, str] = {
    "shopper": later("Shopper"),
    "associate": later("Staff, not charged"),
    "delivery": later("Delivery, not charged"),
}
REASONS: dict[str, str] = {
    "not taken": later("Was not taken"),
    "wrong item": later("Another item was taken"),
    "wrong quantity": later("Fewer were taken"),
    "wrong price": later("The price was wrong"),
    "brought back": later("Was brought back"),
    "faulty": later("Faulty or out of date"),
    "goodwill": later("Goodwill"),
    "other": later("Another reason"),
}
"""Why money is given back."""
STATES: dict[PaymentState, str] = {
    "asked": later("Money is to be put aside; the bank has not answered yet."),
    "held": later("Money is put aside."),
    "adjusting": later("What is put aside is being made larger or smaller."),
    "declined": later("Nothing could be put aside; at the end the card is charged, if it can be."),
    "expired": later("What was put aside is past its time."),
    "open": later("Nothing is put aside, and nothing has to be."),
    "capturing": later("What is due is being taken."),
    "voiding": later("What was put aside is being let go."),
    "captured": later("All that is due was taken."),
    "voided": later("Nothing was due, nothing is put aside."),
    "debt": later("Something that is due could not be taken."),
    "owed": later("On a badge account, or to be paid in cash."),
    "refunding": later("Money is on its way back."),
    "partly refunded": later("A part of what was taken went back."),
    "refunded": later("All that was taken went back."),
    "written off": later("Nobody hopes for the rest any more."),
}
"""What the state of a payment means."""
ACCOUNT_TITLES: dict[str, str] = {
    "clearing": later("At the payment processor"),
    "shopper": later("Between trip and payment"),
    "surplus": later("Taken by mistake, on its way back"),
    "debts": later("Debts that are hoped for"),
    "badge": later("Badge accounts and payroll"),
    "cash due": later("To be paid in cash"),
    "cash": later("Paid by other ways"),
    "sales": later("Sales"),
    "tax": later("Tax"),
    "deposits": later("Deposits"),
    "discounts": later("Discounts"),
    "refunds": later("Refunds"),
    "bad debt": later("Debts that were given up"),
    "holds": later("Put aside on cards (memo)"),
    "holds contra": later("Put aside on cards (other side)"),
}
_ENTRIES: dict[str, str] = {
    "opened": later("Came in"),
    "answered": later("The processor answered"),
    "refused": later("The processor refused"),
    "due": later("To be paid"),
    "adjust_wished": later("More or less is to be put aside"),
    "hold_expired": later("Past its time"),
    "refund_asked": later("Refund"),
    "retried": later("Tried once more"),
    "debt_paid": later("Debt paid"),
    "written_off": later("Given up"),
    "reopened": later("Came in again"),
}
_MOVES = (
    ("clearing", later("Taken"), later("Given back")),
    ("holds", later("Put aside"), later("No longer put aside")),
)
"""Titles of entries that put more, or less, on an account; the first that fits."""
_ORDERS: dict[OrderKind, str] = {
    "authorise": later("Putting money aside"),
    "adjust": later("Changing what is put aside"),
    "capture": later("Taking what is put aside"),
    "void": later("Letting go what was put aside"),
    "refund": later("Giving money back"),
    "charge": later("Charging the card"),
}
_APPROVED: dict[OrderKind, str] = {
    "authorise": later("%(amount)s was put aside"),
    "adjust": later("Put aside is now %(amount)s"),
    "capture": later("%(amount)s was taken of what was put aside"),
    "refund": later("%(amount)s went back"),
    "charge": later("%(amount)s was taken from the card"),
}
"""What an approved order did, where its amount is known."""
_OUTCOMES: dict[str, str] = {
    "approved": later("approved"),
    "declined": later("declined"),
    "pending": later("not decided yet"),
}


def shown(money: Money | None) -> str:
    """`12.50 EUR`, as the filter `amount` shows it."""
    return "–" if money is None else f"{format_amount(money)}\u00a0{money.currency}"


def account_title(ask: "Ask", account: str) -> str:
    """What an account is for; the part after the colon (a tax class, say) is shown as it is."""
    name, _, part = account.partition(":")
    said = ask.say(ACCOUNT_TITLES[name]) if name in ACCOUNT_TITLES else display_text(name)
    return f"{said}: {display_text(part)}" if part else said


def entry_title(ask: "Ask", entry: Entry) -> str:
    """What an entry of the books is about: what its postings do, where they move money, else what led to it."""
    moved: dict[str, int] = {}
    for posting in entry.postings:
        moved[posting.account] = moved.get(posting.account, 0) + posting.minor
    for account, more, less in _MOVES:
        if moved.get(account):
            return ask.say(more if moved[account] > 0 else less)
    what = entry.what
    return ask.say(_ENTRIES[what]) if what in _ENTRIES else display_text(what)


def event_said(ask: "Ask", payment: Payment, event: PaymentEvent) -> str:  # noqa: C901, PLR0911 - a line for each kind
    """One thing that happened to a payment, in words."""
    match event:
        case Opened():
            return _opened_said(ask, event)
        case Answered():
            return _answer_said(ask, payment, event)
        case Refused():
            return ask.say(
                "%(order)s: the processor will never do it (%(why)s)",
                order=_order_said(ask, payment, event.key),
                why=display_text(event.message),
            )
        case Due():
            if not event.total.minor:
                return ask.say("Nothing is to be paid")
            return ask.say("%(amount)s is to be paid", amount=shown(event.total))
        case AdjustWished():
            return ask.say("%(amount)s is to be put aside", amount=shown(event.total))
        case HoldExpired():
            return ask.say("What was put aside is past its time")
        case RefundAsked():
            return ask.say(
                "%(who)s gives back %(amount)s: %(why)s",
                who=display_text(event.by),
                amount=shown(event.amount),
                why=_reason_said(ask, event.reason),
            )
        case Retried():
            return ask.say("Tried once more")
        case DebtPaid():
            return ask.say("%(amount)s came in by another way (%(who)s)", amount=shown(event.amount), who=event.by)
        case WrittenOff():
            return ask.say("%(amount)s was given up (%(who)s)", amount=shown(event.amount), who=event.by)
        case Reopened():
            return ask.say("Somebody of the trip came in again")


def _opened_said(ask: "Ask", event: Opened) -> str:
    if event.terminal is not None:
        return ask.say(
            "The terminal put %(amount)s aside", amount=shown(Money(event.terminal.minor, event.hold.currency))
        )
    if event.method == "card" and event.chargeable and event.hold.minor:
        return ask.say("Came in; %(amount)s is to be put aside", amount=shown(event.hold))
    return ask.say("Came in; nothing is put aside")


def _answer_said(ask: "Ask", payment: Payment, event: Answered) -> str:
    amount = "" if event.minor is None else shown(Money(event.minor, event.currency or payment.currency))
    outcome = ask.say(_OUTCOMES[event.outcome]) if event.outcome in _OUTCOMES else display_text(event.outcome)
    kind = _kind_of(payment, event.key)
    if event.outcome == "approved" and amount and kind in _APPROVED:
        return ask.say(_APPROVED[kind], amount=amount)
    code = f" ({display_text(event.code)})" if event.code else ""
    return f"{_order_said(ask, payment, event.key)}: {' '.join(part for part in (amount, outcome) if part)}{code}"


def _order_said(ask: "Ask", payment: Payment, key: str) -> str:
    kind = _kind_of(payment, key)
    return display_text(key) if kind is None else ask.say(_ORDERS[kind])


def _kind_of(payment: Payment, key: str) -> OrderKind | None:
    return next((placed.order.kind for placed in payment.placed if placed.order.key == key), None)


def _reason_said(ask: "Ask", reason: str) -> str:
    """Words of the table, and whatever somebody wrote after them."""
    word, _, more = reason.partition(": ")
    if word not in REASONS:
        return display_text(reason) or "–"
    return ask.say(REASONS[word]) + (f": {display_text(more)}" if more else "")
