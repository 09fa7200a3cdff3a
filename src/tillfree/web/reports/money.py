"""Money: what came in and went back in these days by the ledger, and what is owed and put aside now."""

from collections import defaultdict

import msgspec

from tillfree.commerce.ledger import account_of
from tillfree.core.money import Money
from tillfree.storage.database.money.ledger import LedgerQuery
from tillfree.web.ask import Ask
from tillfree.web.payments.wording import account_title
from tillfree.web.reports.period import Period
from tillfree.web.reports.sections import Cell, Field, Section, Table, Tile, shown_amount

__all__ = ["money_section"]

_PAGE = 1000
_ENTRIES_MAX = 100_000
_TAKINGS = ("clearing", "cash", "badge")


def money_section(ask: Ask, period: Period) -> Section:
    """Takings, refunds, losses, and what stands open; without a till there is nothing of it."""
    moved, cut = _moved(ask, period)
    main = ask.store.shop.currency
    rows: list[tuple[Cell, ...]] = [
        (
            account_title(ask, account),
            account,
            Money(debit, currency),
            Money(credit, currency),
            currency,
        )
        for (account, currency), (debit, credit) in sorted(moved.items())
    ]
    stands = {
        (account_of(balance.account), balance.amount.currency): balance.amount for balance in ask.database.balances()
    }
    tiles = (
        Tile(
            ask.say("Takings"), shown_amount(_sum(moved, main, _TAKINGS)), ask.say("what came in, less what went back")
        ),
        Tile(ask.say("Given back"), shown_amount(_sum(moved, main, ("refunds",))), ask.say("without tax")),
        Tile(
            ask.say("Given up"),
            shown_amount(_sum(moved, main, ("bad debt",))),
            ask.say("debts nobody hopes for any more"),
        ),
        Tile(
            ask.say("Owed now"),
            shown_amount(stands.get(("debts", main), Money(0, main))),
            ask.say("could not be collected yet"),
            "warn" if stands.get(("debts", main), Money(0, main)).minor else "",
        ),
        Tile(ask.say("Put aside now"), shown_amount(stands.get(("holds", main), Money(0, main))), ask.say("on cards")),
    )
    return Section(
        name="money",
        title=ask.say("Money"),
        about=(
            ask.say("By the ledger: every entry of these days. What is owed and put aside is as of now."),
            ask.say("Amounts of other currencies are in the table only."),
            *((ask.say("There are more entries than fit here: the rest is not in the sums."),) if cut else ()),
        ),
        tiles=tiles,
        table=Table(
            (
                Field("title", ask.say("Account")),
                Field("account", ask.say("Name in files")),
                Field("debit", ask.say("Debit")),
                Field("credit", ask.say("Credit")),
                Field("currency", ask.say("Currency")),
            ),
            tuple(rows),
        ),
        empty=ask.say("No money moved in this time."),
    )


def _moved(ask: Ask, period: Period) -> tuple[dict[tuple[str, str], tuple[int, int]], bool]:
    """Debits and credits by account and currency; and whether there were more entries than are read."""
    sums: dict[tuple[str, str], list[int]] = defaultdict(lambda: [0, 0])
    query = LedgerQuery(since_ns=period.since_ns, until_ns=period.until_ns, limit=_PAGE)
    read = 0
    while read < _ENTRIES_MAX:
        page = ask.database.ledger(query)
        for row in page:
            for posting in row.entry.postings:
                sums[posting.account, row.entry.currency][posting.minor < 0] += abs(posting.minor)
        read += len(page)
        if len(page) < _PAGE:
            return {key: (debit, credit) for key, (debit, credit) in sums.items()}, False
        query = msgspec.structs.replace(query, before=page[-1].number)
    return {key: (debit, credit) for key, (debit, credit) in sums.items()}, True


def _sum(moved: dict[tuple[str, str], tuple[int, int]], currency: str, accounts: tuple[str, ...]) -> Money:
    found = (
        debit - credit
        for (name, unit), (debit, credit) in moved.items()
        if unit == currency and account_of(name) in accounts
    )
    return Money(sum(found), currency)
