"""What counts of stock say about goods that left without a receipt."""

from bisect import bisect_right
from collections import defaultdict
from collections.abc import Set as AbstractSet
from itertools import accumulate, pairwise

import msgspec
from sqlalchemy import and_, func, select

from tillfree.core.ids import ProductId
from tillfree.storage.database.database import Database
from tillfree.storage.database.stock import StockCount
from tillfree.storage.database.tables import LINES, STOCK_COUNTS, VISITS

__all__ = ["Counted", "CountedInterval", "counted_intervals"]


class CountedInterval(msgspec.Struct, frozen=True, kw_only=True):
    """Two counts of one facing, one after the other, and the units of its product on receipts in force between them.

    A receipt counts when its visit ended after the first count and not after the second.
    """

    key: str
    product: ProductId
    since_ns: int
    until_ns: int
    before: int
    sold: int
    counted: int

    @property
    def missing(self) -> int:
        """Units that are gone and on no receipt; below 0 where there are more than expected, as after a refill."""
        return self.before - self.sold - self.counted


class Counted(msgspec.Struct, frozen=True):
    """The intervals that end within a time, and the products at several places, of which no interval says much."""

    intervals: tuple[CountedInterval, ...]
    several_places: tuple[ProductId, ...]


def counted_intervals(
    database: Database, since_ns: int, until_ns: int, spread: AbstractSet[ProductId] = frozenset()
) -> Counted:
    """Every two counts in a row of a facing of which the second was made within a time.

    A receipt does not say from which of several places a unit came, so products that were counted at several, or lie at
    several (`spread`), are left out and named.
    """
    by_key = _counts(database, since_ns, until_ns)
    keys_of: dict[ProductId, list[str]] = defaultdict(list)
    for key in by_key:
        keys_of[_product(key)].append(key)
    several = tuple(sorted(product for product, keys in keys_of.items() if len(keys) > 1 or product in spread))
    pairs = [
        (key, product, one, two)
        for product, keys in keys_of.items()
        if len(keys) == 1 and product not in spread
        for key in keys
        for one, two in pairwise(by_key[key])
    ]
    if not pairs:
        return Counted((), several)
    begin_ns, end_ns = min(pair[2].time_ns for pair in pairs), max(pair[3].time_ns for pair in pairs)
    sold = _Sold(database, begin_ns, end_ns)
    intervals = [
        CountedInterval(
            key=key,
            product=product,
            since_ns=one.time_ns,
            until_ns=two.time_ns,
            before=one.count,
            sold=sold.between(product, one.time_ns, two.time_ns),
            counted=two.count,
        )
        for key, product, one, two in pairs
    ]
    return Counted(tuple(sorted(intervals, key=lambda interval: (interval.until_ns, interval.key))), several)


def _product(key: str) -> ProductId:
    # `fixture/shelf/plates/product`: the id of a product may hold a slash itself.
    return ProductId(key.split("/", 3)[-1])


def _counts(database: Database, since_ns: int, until_ns: int) -> dict[str, list[StockCount]]:
    """The counts of each facing within a time, and the newest one before it, in the order of time."""
    columns = [STOCK_COUNTS.c[name] for name in StockCount.__struct_fields__]
    in_time = select(STOCK_COUNTS.c.key).where(STOCK_COUNTS.c.time_ns >= since_ns, STOCK_COUNTS.c.time_ns < until_ns)
    before = (
        select(func.max(STOCK_COUNTS.c.number))
        .where(STOCK_COUNTS.c.time_ns < since_ns, STOCK_COUNTS.c.key.in_(in_time))
        .group_by(STOCK_COUNTS.c.key)
    )
    statement = (
        select(*columns)
        .where(
            STOCK_COUNTS.c.number.in_(before)
            | and_(STOCK_COUNTS.c.time_ns >= since_ns, STOCK_COUNTS.c.time_ns < until_ns)
        )
        .order_by(STOCK_COUNTS.c.time_ns, STOCK_COUNTS.c.number)
    )
    found: dict[str, list[StockCount]] = defaultdict(list)
    with database.reading() as connection:
        for row in connection.execute(statement):
            found[row.key].append(StockCount(**row._mapping))  # noqa: SLF001  the public name of it in SQLAlchemy
    return found


class _Sold:
    """Units on receipts in force by product and time, added up so that any interval is two look-ups."""

    def __init__(self, database: Database, begin_ns: int, end_ns: int) -> None:
        statement = (
            select(LINES.c.product, VISITS.c.closed_ns, LINES.c.quantity)
            .select_from(
                LINES.join(VISITS, and_(LINES.c.visit == VISITS.c.visit, LINES.c.decision == VISITS.c.in_force))
            )
            .where(VISITS.c.closed_ns > begin_ns, VISITS.c.closed_ns <= end_ns)
            .order_by(VISITS.c.closed_ns)
        )
        self._times: dict[str, list[int]] = defaultdict(list)
        units: dict[str, list[int]] = defaultdict(list)
        with database.reading() as connection:
            for row in connection.execute(statement):
                self._times[row.product].append(row.closed_ns)
                units[row.product].append(row.quantity)
        self._sums = {product: [0, *accumulate(quantities)] for product, quantities in units.items()}

    def between(self, product: ProductId, after_ns: int, until_ns: int) -> int:
        """Units of receipts after one time and not after another."""
        times = self._times.get(product)
        if not times:
            return 0
        sums = self._sums[product]
        return sums[bisect_right(times, until_ns)] - sums[bisect_right(times, after_ns)]
