"""The books: double entry, in minor units, every entry summing to zero. Pure.

What the books say of a payment is a function of the payment and its receipt (`position`); an entry is the difference
between the positions before and after something happened. So the books cannot forget a step, and no step can be booked
twice. Amounts above zero are debits, below zero credits.
"""

import hashlib
from collections.abc import Iterable, Sequence
from types import MappingProxyType

import msgspec

from tillfree.commerce.errors import PaymentError
from tillfree.commerce.payments.payment import Part, Payment, Refund
from tillfree.commerce.receipt import Receipt, ReceiptLine
from tillfree.commerce.tax import TaxLine, divide_rounded

__all__ = [
    "ACCOUNTS",
    "DEBTS",
    "HOLDS",
    "NO_HASH",
    "SHOPPER",
    "SURPLUS",
    "Entry",
    "Posting",
    "account_of",
    "difference",
    "entry_hash",
    "position",
    "refund_parts",
]

NO_HASH = bytes(32)
"""What stands before the first entry."""
_MILLION = 1_000_000

CLEARING, SHOPPER, SURPLUS, DEBTS = "clearing", "shopper", "surplus", "debts"
BADGE, CASH_DUE, CASH = "badge", "cash due", "cash"
SALES, TAX, DEPOSITS, DISCOUNTS, REFUNDS = "sales", "tax", "deposits", "discounts", "refunds"
BAD_DEBT, HOLDS, HOLDS_CONTRA = "bad debt", "holds", "holds contra"

ACCOUNTS = MappingProxyType(
    {
        CLEARING: "Asset. What payment processors took for us and have not paid out.",
        SHOPPER: "Asset. What shoppers owe between the end of a trip and the payment; zero when a trip is settled.",
        SURPLUS: "Liability. What was taken by mistake and is on its way back; zero when a trip is settled.",
        DEBTS: "Asset. What could not be collected and is still hoped for.",
        BADGE: "Asset. What stands on badge accounts, or is to come from the payroll.",
        CASH_DUE: "Asset. What is to be paid in cash.",
        CASH: "Asset. What came in outside of the processors.",
        SALES: "Revenue, one account for each tax class: `sales:food`. Net, before discounts.",
        TAX: "Liability, one account for each tax class, and authority where there are several: `tax:food:County`.",
        DEPOSITS: "Liability. Deposits on bottles and the like.",
        DISCOUNTS: "Against revenue, one account for each tax class. Net.",
        REFUNDS: "Against revenue, one account for each tax class. Net.",
        BAD_DEBT: "Expense. Debts that were given up.",
        HOLDS: "Memo. What is put aside on cards; no money of ours. Zero when all holds are over.",
        HOLDS_CONTRA: "Memo. The other side of it.",
    }
)
"""The chart of accounts. A name may be followed by `:` and a part."""


class Posting(msgspec.Struct, frozen=True, array_like=True):
    """So much on one account: debit above zero, credit below."""

    account: str
    minor: int


class Entry(msgspec.Struct, frozen=True, kw_only=True):
    """One entry. `what` says what happened, as "answered"; `postings` sum to zero.

    Raises:
        PaymentError: where they do not.
    """

    time_ns: int
    trip: str
    payment: str
    what: str
    currency: str
    postings: tuple[Posting, ...]

    def __post_init__(self) -> None:
        if sum(posting.minor for posting in self.postings):
            raise PaymentError(f"entry {self.what!r} of payment {self.payment!r}: its postings do not sum to zero")


def account_of(name: str) -> str:
    """What stands before the first colon of the name of an account."""
    return name.partition(":")[0]


def entry_hash(previous: bytes, number: int, entry: Entry) -> bytes:
    """sha256 of the hash before and of the canonical bytes (msgpack of number and fields) of the entry."""
    return hashlib.sha256(previous + msgspec.msgpack.encode((number, msgspec.structs.astuple(entry)))).digest()


def difference(before: dict[str, int], after: dict[str, int]) -> tuple[Posting, ...]:
    """What has to be posted to come from one position to another, accounts in order."""
    changed = ((name, after.get(name, 0) - before.get(name, 0)) for name in {*before, *after})
    return tuple(Posting(name, minor) for name, minor in sorted(changed) if minor)


def position(payment: Payment | None, receipt: Receipt | None) -> dict[str, int]:
    """What stands on each account because of a payment; sums to zero. `receipt` is the one that is charged."""
    if payment is None:
        return {}
    found: dict[str, int] = {}
    if payment.due_minor:
        _add_sale(found, payment.due_minor, receipt)
    for refund in payment.refunds:
        _add_refund(found, refund, payment.returned_for(refund))
    _add(found, BAD_DEBT, written := _written_off(payment))
    if payment.method == "card":
        _add(found, CLEARING, payment.taken_minor - payment.returned_minor)
        _add(found, CASH, payment.debt_paid_minor)
        _add(found, DEBTS, payment.debt_minor)
        _add(found, HOLDS, payment.held_minor)
        _add(found, HOLDS_CONTRA, -payment.held_minor)
    elif payment.due_minor is not None:
        came = payment.debt_paid_minor - (payment.refunded_minor if payment.method == "cash" else 0)
        owed = payment.due_minor - payment.debt_paid_minor - written
        _add(found, CASH, came)
        _add(found, BADGE if payment.method == "badge" else CASH_DUE, owed)
        if payment.method == "badge":
            _add(found, BADGE, -payment.refunded_minor)
    # What is left of the sum is between the shopper and us, until the next answer.
    rest = -sum(found.values())
    _add(found, SHOPPER if rest > 0 else SURPLUS, rest)
    return {name: minor for name, minor in found.items() if minor}


def _written_off(payment: Payment) -> int:
    came = payment.taken_minor - payment.surplus_returned_minor + payment.debt_paid_minor
    return min(payment.written_off_minor, max(0, (payment.due_minor or 0) - came))


def _add(found: dict[str, int], account: str, minor: int) -> None:
    if minor:
        found[account] = found.get(account, 0) + minor


# ---- the sale -------------------------------------------------------------------------------------------------------


def _add_sale(found: dict[str, int], due_minor: int, receipt: Receipt | None) -> None:
    if receipt is None or receipt.total.gross.minor != due_minor:
        # Another system priced it, and told no more than the amount.
        _add(found, SALES, -due_minor)
        return
    for tax in receipt.taxes:
        lines = [line for line in receipt.lines if line.tax_class == tax.tax_class and not line.problem]
        deposits = sum(_net(line.charged.minor, tax, receipt) for line in lines if _is_deposit(line) and line.charged)
        discounts = sum(
            _net(discount.amount.minor, tax, receipt)
            for line in lines
            if not _is_deposit(line)
            for discount in line.discounts
        )
        _add(found, DEPOSITS, -deposits)
        _add(found, f"{DISCOUNTS}:{tax.tax_class}", discounts)
        _add(found, f"{SALES}:{tax.tax_class}", -(tax.amount.net.minor - deposits + discounts))
        rest = tax.amount.tax.minor
        for part in tax.parts:
            _add(found, f"{TAX}:{tax.tax_class}:{part.name}", -part.tax.minor)
            rest -= part.tax.minor
        _add(found, f"{TAX}:{tax.tax_class}", -rest)


def _is_deposit(line: ReceiptLine) -> bool:
    return line.kind == "deposit"


def _net(minor: int, tax: TaxLine, receipt: Receipt) -> int:
    """The net part of an amount as the shelf shows it."""
    if not receipt.prices_include_tax:
        return minor
    return minor - divide_rounded(minor * tax.rate_ppm, _MILLION + tax.rate_ppm)


# ---- refunds --------------------------------------------------------------------------------------------------------


def _add_refund(found: dict[str, int], refund: Refund, returned_minor: int) -> None:
    """What went back of a refund, class by class; where only a part of it went back yet, as much of each class."""
    if not returned_minor:
        return
    parts = refund.parts or (Part("", refund.minor, 0),)
    shares = _shares(returned_minor, [part.net_minor + part.tax_minor for part in parts])
    for part, share in zip(parts, shares, strict=True):
        whole = part.net_minor + part.tax_minor
        tax = divide_rounded(part.tax_minor * share, whole) if whole > 0 else 0
        _add(found, f"{TAX}:{part.tax_class}" if part.tax_class else TAX, tax)
        _add(found, f"{REFUNDS}:{part.tax_class}" if part.tax_class else REFUNDS, share - tax)


def refund_parts(
    receipt: Receipt | None, before: Iterable[Refund], minor: int, lines: Sequence[int] = ()
) -> tuple[Part, ...]:
    """Of which tax classes a refund is: those of `lines` (numbers from 0) if given, else all by what is left of each.

    All refunds of a receipt together give back exactly its tax, however they are cut. Empty where there is no receipt.

    Raises:
        PaymentError: there is no such line.
    """
    if receipt is None:
        return ()
    left = {tax.tax_class: [tax.amount.net.minor, tax.amount.tax.minor] for tax in receipt.taxes}
    for refund in before:
        for part in refund.parts:
            if part.tax_class in left:
                left[part.tax_class][0] -= part.net_minor
                left[part.tax_class][1] -= part.tax_minor
    wanted = {name: max(0, net + tax) for name, (net, tax) in left.items()}
    weights = _line_weights(receipt, lines, wanted)
    first = _shares(min(minor, sum(weights.values())), list(weights.values()))
    given = dict(zip(weights, first, strict=True))
    # More than those lines cost (a gesture): the rest comes from whatever else is left.
    rest = minor - sum(first)
    others = {name: wanted[name] - given.get(name, 0) for name in wanted}
    more = _shares(min(rest, sum(others.values())), list(others.values()))
    for name, share in zip(others, more, strict=True):
        given[name] = given.get(name, 0) + share
    parts = [_part(name, share, left[name]) for name, share in sorted(given.items()) if share]
    if (over := minor - sum(given.values())) > 0:
        parts.append(Part("", over, 0))
    return tuple(parts)


def _part(name: str, share: int, left: list[int]) -> Part:
    net, tax = left
    taken = tax if share == net + tax else divide_rounded(tax * share, net + tax)
    return Part(name, share - taken, taken)


def _line_weights(receipt: Receipt, lines: Sequence[int], left: dict[str, int]) -> dict[str, int]:
    if not lines:
        return left
    rates = {tax.tax_class: tax.rate_ppm for tax in receipt.taxes}
    weights: dict[str, int] = {}
    for number in set(lines):
        if not 0 <= number < len(receipt.lines):
            raise PaymentError(f"receipt {receipt.id!r} has no line {number}; it has {len(receipt.lines)}, from 0 on")
        line = receipt.lines[number]
        if line.charged is None or line.problem or line.tax_class not in left:
            continue
        gross = line.charged.minor
        if not receipt.prices_include_tax:
            gross += divide_rounded(gross * rates[line.tax_class], _MILLION)
        weights[line.tax_class] = weights.get(line.tax_class, 0) + gross
    return {name: min(weight, left[name]) for name, weight in weights.items()}


def _shares(minor: int, weights: Sequence[int]) -> list[int]:
    """An amount cut by weights into whole units that sum to it, none above its weight if the sum of those suffices."""
    total = sum(weights)
    if total <= 0:
        return [0] * len(weights)
    shares: list[int] = []
    reached = seen = 0
    for weight in weights:
        seen += weight
        upto = minor * seen // total
        shares.append(upto - reached)
        reached = upto
    return shares
