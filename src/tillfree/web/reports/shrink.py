"""Shrink: what counts say is gone and is on no receipt, and what may explain a part of it."""

from collections import Counter, defaultdict

from tillfree.core.ids import ProductId
from tillfree.core.money import Money
from tillfree.storage.database.figures import LeftOut, left_out
from tillfree.storage.database.stock_figures import Counted, counted_intervals
from tillfree.web.ask import Ask
from tillfree.web.charts import Bar, row_chart
from tillfree.web.reports.period import Period
from tillfree.web.reports.sections import Cell, Field, Section, Table, Tile, shown_amount

__all__ = ["shrink_section"]

_PRODUCTS_SHOWN = 10


def shrink_section(ask: Ask, period: Period) -> Section:
    """Missing units by product, valued at today's shelf price, beside what may explain them."""
    shop = ask.store.shop
    places = Counter(facing.product for facing in shop.facings)
    spread = {product for product, count in places.items() if count > 1}
    counted = counted_intervals(ask.database, period.since_ns, period.until_ns, spread)
    away, waits = left_out(ask.database, period.since_ns, period.until_ns, shop.currency)
    missing = _missing(counted)
    names = {product.id: product.name for product in shop.products}
    # Loose goods are priced by the kilogram: what a missing piece of them was worth nobody knows.
    prices = {p.id: p.price_minor for p in shop.products if p.price_minor is not None and p.sold_by == "unit"}
    rows = _rows(ask, missing, away, waits, names, prices)
    value = sum(units * prices.get(product, 0) for product, units in missing.items())
    worst = sorted(missing.items(), key=lambda pair: (-pair[1], pair[0]))
    chart = row_chart(
        ask.say("Missing by count, units"),
        ask.say("Units"),
        [
            Bar(names.get(product, product), float(units), f"{units:,}")
            for product, units in worst[:_PRODUCTS_SHOWN]
            if units > 0
        ],
    )
    return Section(
        name="shrink",
        title=ask.say("Shrink"),
        about=_about(ask, counted),
        tiles=(
            Tile(
                ask.say("Missing by count"),
                ask.say_many("%(count)s unit", "%(count)s units", sum(missing.values())),
                ask.say("%(amount)s at today's prices", amount=shown_amount(ask.money(value))),
                "warn" if sum(missing.values()) else "",
            ),
            _explains(ask, ask.say("Left off by a person"), away),
            _explains(ask, ask.say("On receipts that wait"), waits),
            Tile(
                ask.say("Unexplained weight changes"),
                f"{_unexplained(ask, period):,}",
                ask.say("of the newest events, since the store was started"),
            ),
        ),
        rows=() if chart is None else (chart,),
        table=Table(
            (
                Field("product", ask.say("Number")),
                Field("name", ask.say("Name")),
                Field("missing_units", ask.say("Missing by count")),
                Field("missing_value", ask.say("At today's price")),
                Field("left_off_units", ask.say("Left off by a person")),
                Field("left_off_value", ask.say("Their value")),
                Field("waiting_units", ask.say("On receipts that wait")),
                Field("waiting_value", ask.say("Their value")),
            ),
            tuple(rows),
        ),
        empty=ask.say(
            "No facing was counted twice up to this time, and nobody left anything off a receipt. Count facings on the"
            " stock page to see what is missing."
        ),
    )


def _about(ask: Ask, counted: Counted) -> tuple[str, ...]:
    said = [
        ask.say(
            "Missing by count: between two counts of a facing by a person, the units of the first count, less those on"
            " receipts in force that ended in between, less those of the second count. What a receipt missed, what was"
            " stolen, broken, thrown away or counted wrongly is all in it."
        ),
        ask.say(
            "Not in it: facings counted less than twice, products that lie at several places, and intervals in which"
            " more was found than expected, as after a refill. Count before you refill, and while nobody is inside."
        ),
        ask.say(
            "What a person left off a receipt (or decided as nothing) and what waits for review explains a part of it"
            " and is not added to it. The model may have been wrong there: it need not be a loss."
        ),
    ]
    refilled = sum(interval.missing < 0 for interval in counted.intervals)
    said.append(
        ask.say_many(
            "%(count)s interval between two counts ended in this time; %(refilled)s of them had more than expected.",
            "%(count)s intervals between two counts ended in this time; %(refilled)s of them had more than expected.",
            len(counted.intervals),
            refilled=refilled,
        )
    )
    if counted.several_places:
        said.append(
            ask.say_many(
                "%(count)s counted product lies at several places and is left out.",
                "%(count)s counted products lie at several places and are left out.",
                len(counted.several_places),
            )
        )
    return tuple(said)


def _missing(counted: Counted) -> dict[ProductId, int]:
    missing: dict[ProductId, int] = defaultdict(int)
    for interval in counted.intervals:
        missing[interval.product] += max(interval.missing, 0)
    return dict(missing)


def _rows(
    ask: Ask,
    missing: dict[ProductId, int],
    away: list[LeftOut],
    waits: list[LeftOut],
    names: dict[ProductId, str],
    prices: dict[ProductId, int],
) -> list[tuple[Cell, ...]]:
    left, waiting = {found.product: found for found in away}, {found.product: found for found in waits}
    rows: list[tuple[Cell, ...]] = []
    for product in sorted(missing.keys() | left.keys() | waiting.keys()):
        units = missing.get(product)
        price = prices.get(product)
        value: Money | None = None if units is None or price is None else ask.money(units * price)
        on_receipt = left.get(product) or waiting.get(product)
        name = names.get(product) or (on_receipt.name if on_receipt else "")
        rows.append((product, name, units, value, *_found(ask, left.get(product)), *_found(ask, waiting.get(product))))
    return rows


def _found(ask: Ask, found: LeftOut | None) -> tuple[Cell, Cell]:
    return (0, ask.money(0)) if found is None else (found.units, ask.money(found.gross_minor))


def _explains(ask: Ask, label: str, found: list[LeftOut]) -> Tile:
    return Tile(
        label,
        ask.say_many("%(count)s unit", "%(count)s units", sum(one.units for one in found)),
        shown_amount(ask.money(sum(one.gross_minor for one in found))),
    )


def _unexplained(ask: Ask, period: Period) -> int:
    return sum(
        entry.kind == "unexplained" and period.since_ns <= entry.time_ns < period.until_ns for entry in ask.store.feed()
    )
