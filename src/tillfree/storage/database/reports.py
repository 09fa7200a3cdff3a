"""Figures of sales and of visits over a time, from the receipts in force."""

from typing import Any

import msgspec
from sqlalchemy import ColumnElement, Row, and_, case, func, select

from tillfree.core.ids import ProductId
from tillfree.core.money import Money, TaxedAmount
from tillfree.core.time import NS_PER_HOUR
from tillfree.storage.database.connection import Connected
from tillfree.storage.database.tables import LINES, VISITS

__all__ = ["Conversion", "HourSales", "ProductSales", "Reports", "Sales"]


class ProductSales(msgspec.Struct, frozen=True):
    """What was sold of a product; `name` as on the newest receipt."""

    product: ProductId
    name: str
    units: int
    amount: TaxedAmount


class HourSales(msgspec.Struct, frozen=True):
    """What was sold in one hour of UTC, by when visits ended."""

    begin_ns: int
    receipts: int
    units: int
    amount: TaxedAmount


class Sales(msgspec.Struct, frozen=True):
    """Sales of a time: by product (most money first), by hour (those with sales, in order), and in all.

    A receipt is in force when the model charged it, or as a person decided; one that waits for review is not in here.
    `receipts` counts those with at least one unit. `totals` has one amount per currency: one, in nearly every shop.
    """

    products: tuple[ProductSales, ...]
    hours: tuple[HourSales, ...]
    receipts: int
    units: int
    totals: tuple[TaxedAmount, ...]


class Conversion(msgspec.Struct, frozen=True, kw_only=True):
    """Visits of a time, and what became of them. `charged`, `to_review` and `decided` sum to `visits`.

    `with_items` counts visits whose receipt in force (while in review: that of the model) has at least one unit.
    """

    visits: int
    with_items: int
    charged: int
    to_review: int
    decided: int
    mean_stay_s: float


class Reports(Connected):
    """The part of a database that adds up."""

    def sales(self, since_ns: int, until_ns: int) -> Sales:
        """Sales of the visits that ended at or after a time and before another."""
        columns = (
            func.sum(LINES.c.quantity).label("units"),
            func.sum(LINES.c.net_minor).label("net"),
            func.sum(LINES.c.tax_minor).label("tax"),
            VISITS.c.currency,
        )
        receipts = func.count(VISITS.c.visit.distinct()).label("receipts")
        joined = LINES.join(VISITS, and_(LINES.c.visit == VISITS.c.visit, LINES.c.decision == VISITS.c.in_force))
        sold = select(*columns).select_from(joined).where(*_within(since_ns, until_ns))
        hour = (VISITS.c.closed_ns - VISITS.c.closed_ns % NS_PER_HOUR).label("hour")
        # SQLite takes bare columns from the row that has the largest number, the newest: that is its name.
        by_product = sold.add_columns(
            LINES.c.product, LINES.c.name, func.max(LINES.c.number), func.sum(LINES.c.gross_minor).label("gross")
        ).group_by(LINES.c.product, VISITS.c.currency)
        by_hour = sold.add_columns(hour, receipts).group_by(hour, VISITS.c.currency).order_by(hour)
        in_all = sold.add_columns(receipts).group_by(VISITS.c.currency).order_by(VISITS.c.currency)
        by_product = by_product.order_by(func.sum(LINES.c.gross_minor).desc(), LINES.c.product)
        with self.reading() as connection:
            products = connection.execute(by_product).all()
            hours = connection.execute(by_hour).all()
            totals = connection.execute(in_all).all()
        return Sales(
            tuple(ProductSales(row.product, row.name, row.units, _amount(row)) for row in products),
            tuple(HourSales(row.hour, row.receipts, row.units, _amount(row)) for row in hours),
            sum(row.receipts for row in totals),
            sum(row.units for row in totals),
            tuple(_amount(row) for row in totals),
        )

    def conversion(self, since_ns: int, until_ns: int) -> Conversion:
        """What became of the visits that ended at or after a time and before another."""
        force = func.coalesce(VISITS.c.in_force, 0)
        bought = select(LINES.c.number).where(LINES.c.visit == VISITS.c.visit, LINES.c.decision == force).exists()
        statement = select(
            func.count().label("visits"),
            _count(VISITS.c.outcome == "charged", "charged"),
            _count(VISITS.c.outcome == "to review", "to_review"),
            _count(VISITS.c.outcome == "decided", "decided"),
            _count(bought, "with_items"),
            func.avg((VISITS.c.closed_ns - VISITS.c.opened_ns) / 1e9).label("stay"),
        ).where(*_within(since_ns, until_ns))
        with self.reading() as connection:
            row = connection.execute(statement).one()
        return Conversion(
            visits=row.visits,
            with_items=row.with_items,
            charged=row.charged,
            to_review=row.to_review,
            decided=row.decided,
            mean_stay_s=row.stay or 0.0,
        )


def _within(since_ns: int, until_ns: int) -> tuple[ColumnElement[bool], ...]:
    return VISITS.c.closed_ns >= since_ns, VISITS.c.closed_ns < until_ns


def _count(condition: ColumnElement[bool], name: str) -> ColumnElement[int]:
    return func.coalesce(func.sum(case((condition, 1), else_=0)), 0).label(name)


def _amount(row: Row[Any]) -> TaxedAmount:
    net, tax = Money(row.net, row.currency), Money(row.tax, row.currency)
    return TaxedAmount(net, tax, net + tax)
