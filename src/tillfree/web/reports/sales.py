"""Sales: what was charged, by product and by hour."""

from tillfree.core.money import Money
from tillfree.storage.database.figures import QuarterSales, Waiting, sales_by_quarter, waiting
from tillfree.storage.database.reports import Sales
from tillfree.web.ask import Ask
from tillfree.web.charts import Bar, column_chart, row_chart
from tillfree.web.reports.period import Period
from tillfree.web.reports.sections import Cell, Field, Section, Table, Tile, by_day, by_hour, hour_bars, shown_amount

__all__ = ["sales_sections"]

_PRODUCTS_SHOWN = 10


def sales_sections(ask: Ask, period: Period) -> list[Section]:
    """Sales by hour (and by day, where there are several), and by product."""
    currency = ask.store.shop.currency
    sales = ask.database.sales(period.since_ns, period.until_ns)
    quarters = sales_by_quarter(ask.database, period.since_ns, period.until_ns, currency)
    waits = waiting(ask.database, period.since_ns, period.until_ns, currency)
    return [_by_hour(ask, period, sales, quarters, waits), _by_product(ask, sales)]


def _by_hour(ask: Ask, period: Period, sales: Sales, quarters: list[QuarterSales], waits: Waiting) -> Section:
    currency = ask.store.shop.currency
    hours = by_hour(ask, {quarter.begin_ns: quarter.gross_minor for quarter in quarters})
    receipts = by_hour(ask, {quarter.begin_ns: quarter.receipts for quarter in quarters})
    units = by_hour(ask, {quarter.begin_ns: quarter.units for quarter in quarters})
    scale = _scale(currency)
    bars = hour_bars([value / scale for value in hours], [shown_amount(ask.money(round(value))) for value in hours])
    charts = [column_chart(ask.say("Sales by hour of the day"), bars, currency)]
    if period.days > 1:
        days = by_day(ask, ((quarter.begin_ns, quarter.gross_minor) for quarter in quarters))
        shown = [
            Bar(day.strftime("%m-%d"), value / scale, shown_amount(ask.money(round(value))))
            for day, value in days.items()
        ]
        charts.append(column_chart(ask.say("Sales by day"), shown, currency))
    rows: list[tuple[Cell, ...]] = [
        (f"{hour:02d}:00", round(receipts[hour]), round(units[hour]), ask.money(round(hours[hour])))
        for hour in range(24)
        if receipts[hour]
    ]
    return Section(
        name="sales",
        title=ask.say("Sales"),
        about=(
            ask.say("Receipts in force: charged by the model, or as a person decided. With tax."),
            ask.say("What waits for review is told beside it and is in no sum."),
        ),
        tiles=(*_total_tiles(ask, sales), _waiting_tile(ask, waits)),
        columns=tuple(chart for chart in charts if chart is not None),
        table=Table(
            (
                Field("hour", ask.say("Hour of the day")),
                Field("receipts", ask.say("Receipts")),
                Field("units", ask.say("Units")),
                Field("gross", ask.say("Sales")),
            ),
            tuple(rows),
        ),
        empty=ask.say("Nothing was sold in this time."),
    )


def _total_tiles(ask: Ask, sales: Sales) -> list[Tile]:
    currency = ask.store.shop.currency
    # A shop that changed its currency has sums in both, which nobody may add.
    totals = sorted(sales.totals, key=lambda total: (total.gross.currency != currency, total.gross.currency))
    tiles = [
        Tile(
            ask.say("Sales"),
            shown_amount(total.gross),
            ask.say("%(net)s and %(tax)s tax", net=shown_amount(total.net), tax=shown_amount(total.tax)),
        )
        for total in totals
    ] or [Tile(ask.say("Sales"), shown_amount(ask.money(0)))]
    main = next((total.gross for total in totals if total.gross.currency == currency), None)
    average: Money | None = None
    if main is not None and sales.receipts and len(totals) == 1:
        average = ask.money((2 * main.minor + sales.receipts) // (2 * sales.receipts))
    return [
        *tiles,
        Tile(ask.say("Receipts"), f"{sales.receipts:,}", ask.say("with at least one unit")),
        Tile(
            ask.say("Average receipt"),
            shown_amount(average),
            ask.say("%(units)s units each", units=f"{sales.units / sales.receipts:.1f}") if sales.receipts else "",
        ),
        Tile(ask.say("Units sold"), f"{sales.units:,}"),
    ]


def _waiting_tile(ask: Ask, waits: Waiting) -> Tile:
    return Tile(
        ask.say("Waits for review"),
        f"{waits.visits:,}",
        ask.say("%(amount)s as the model sees it, not in the sales", amount=shown_amount(ask.money(waits.gross_minor))),
        "warn" if waits.visits else "",
    )


def _by_product(ask: Ask, sales: Sales) -> Section:
    currency = ask.store.shop.currency
    scale = _scale(currency)
    sold = [product for product in sales.products if product.amount.gross.currency == currency]
    best = [
        Bar(
            product.name or product.product,
            product.amount.gross.minor / scale,
            ask.say("%(amount)s, %(units)s units", amount=shown_amount(product.amount.gross), units=product.units),
        )
        for product in sold[:_PRODUCTS_SHOWN]
    ]
    chart = row_chart(ask.say("Best sellers"), ask.say("Sales"), best)
    return Section(
        name="products",
        title=ask.say("Products"),
        about=(ask.say("Units and sales on receipts in force, most money first."),),
        tiles=(Tile(ask.say("Products sold"), f"{len(sales.products):,}"),),
        rows=() if chart is None else (chart,),
        table=Table(
            (
                Field("product", ask.say("Number")),
                Field("name", ask.say("Name")),
                Field("units", ask.say("Units")),
                Field("net", ask.say("Net")),
                Field("tax", ask.say("Tax")),
                Field("gross", ask.say("Sales")),
                Field("currency", ask.say("Currency")),
            ),
            tuple(
                (
                    product.product,
                    product.name,
                    product.units,
                    product.amount.net,
                    product.amount.tax,
                    product.amount.gross,
                    product.amount.gross.currency,
                )
                for product in sales.products
            ),
        ),
        empty=ask.say("Nothing was sold in this time."),
    )


def _scale(currency: str) -> int:
    """How many of the smallest unit make one: 100 cents, 1 yen."""
    whole = str(Money(0, currency)).partition(" ")[0]
    return int(10 ** len(whole.partition(".")[2]))
