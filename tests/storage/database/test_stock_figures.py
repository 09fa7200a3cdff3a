"""What counts of stock say is missing."""

from tests.commerce.shops import NOON_NS
from tests.storage.database.made import TEA, choose, record
from tillfree.core.ids import ProductId
from tillfree.core.time import NS_PER_HOUR
from tillfree.storage.database.database import Database
from tillfree.storage.database.stock_figures import counted_intervals

_KEY = "1/2/3-4/tea"


def test_sold_units_are_not_missing_and_others_are(database: Database) -> None:
    database.save_count(_KEY, 10, 12, "ann", NOON_NS)
    database.add_visit(record("a", {"tea": 2}, closed_ns=NOON_NS + NS_PER_HOUR))
    database.add_visit(record("b", {"tea": 1}, closed_ns=NOON_NS + 2 * NS_PER_HOUR))  # at the very count: before it
    database.add_visit(record("c", {"tea": 5}, closed_ns=NOON_NS))  # at the first count: before that
    database.add_visit(record("d", {"tea": 1}, closed_ns=NOON_NS + NS_PER_HOUR, review=True))
    database.save_count(_KEY, 5, 12, "ann", NOON_NS + 2 * NS_PER_HOUR)
    (found,) = counted_intervals(database, NOON_NS, NOON_NS + 3 * NS_PER_HOUR).intervals
    assert (found.product, found.before, found.sold, found.counted, found.missing) == (TEA, 10, 3, 5, 2)
    database.decide(choose("d", {"tea": 1}))
    (found,) = counted_intervals(database, NOON_NS, NOON_NS + 3 * NS_PER_HOUR).intervals
    assert (found.sold, found.missing) == (4, 1)


def test_a_refill_is_more_than_expected(database: Database) -> None:
    database.save_count(_KEY, 2, 12, "ann", NOON_NS)
    database.save_count(_KEY, 12, 12, "ann", NOON_NS + NS_PER_HOUR)
    (found,) = counted_intervals(database, NOON_NS, NOON_NS + 3 * NS_PER_HOUR).intervals
    assert found.missing == -10


def test_an_interval_belongs_to_the_time_of_its_second_count(database: Database) -> None:
    for hour, count in enumerate((9, 7, 4)):
        database.save_count(_KEY, count, None, "ann", NOON_NS + hour * NS_PER_HOUR)
    late = counted_intervals(database, NOON_NS + 2 * NS_PER_HOUR, NOON_NS + 3 * NS_PER_HOUR).intervals
    assert [(one.before, one.counted, one.missing) for one in late] == [(7, 4, 3)]
    assert counted_intervals(database, NOON_NS + 3 * NS_PER_HOUR, NOON_NS + 4 * NS_PER_HOUR).intervals == ()
    assert len(counted_intervals(database, NOON_NS, NOON_NS + 3 * NS_PER_HOUR).intervals) == 2


def test_products_at_several_places_are_named_and_left_out(database: Database) -> None:
    for hour in (0, 1):
        for place in ("1/1/1", "1/1/2"):
            database.save_count(f"{place}/tea", 5, None, "ann", NOON_NS + hour * NS_PER_HOUR)
        database.save_count("2/1/1/milk", 5 - hour, None, "ann", NOON_NS + hour * NS_PER_HOUR)
        database.save_count("2/1/2/soap", 5, None, "ann", NOON_NS + hour * NS_PER_HOUR)
    found = counted_intervals(database, NOON_NS, NOON_NS + 2 * NS_PER_HOUR, {ProductId("soap")})
    assert found.several_places == ("soap", "tea")
    assert [(one.product, one.missing) for one in found.intervals] == [("milk", 1)]


def test_a_slash_in_a_product_is_part_of_it(database: Database) -> None:
    for hour in (0, 1):
        database.save_count("1/2/3/a/b", 5 - hour, None, "ann", NOON_NS + hour * NS_PER_HOUR)
    (found,) = counted_intervals(database, NOON_NS, NOON_NS + 2 * NS_PER_HOUR).intervals
    assert (found.product, found.missing) == ("a/b", 1)
