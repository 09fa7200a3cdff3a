"""A price list out of a CSV or JSON file, `prices.csv`: prices for a time, for one store, or both."""

import re
from collections.abc import Collection, Iterator

from tillfree.catalog.errors import CatalogError, CatalogFileError
from tillfree.catalog.offers import PRICE_MAX, PriceEntry
from tillfree.catalog.periods import WEEKDAYS, window_of
from tillfree.catalog.report import CatalogIssue, CatalogReport, IssueKind, printable
from tillfree.catalog.rows import Row, Table, number, read_rows
from tillfree.core.ids import ProductId
from tillfree.core.money import CURRENCY_EXPONENTS, Money

__all__ = ["PRICE_COLUMNS", "read_prices"]

PRICE_COLUMNS = ("product", "price", "price_minor", "store", "from", "until", "days", "hours", "name", "note")
"""What a price list may hold; `name` and `note` are for people."""
_ROWS_MAX = 1_000_000
_OF_ONE_MAX = 1000
_BETWEEN = re.compile(r"[\s|;,]+")


def read_prices(
    data: bytes, source: str, currency: str = "USD", products: Collection[ProductId] = ()
) -> tuple[tuple[PriceEntry, ...], CatalogReport]:
    """The entries of a price list in the order of the file, and what was wrong with its rows.

    `price` is decimal in units of `currency`, `price_minor` an integer of its smallest unit. `from` and `until` are
    days or moments, `days` weekdays (`mon tue` or `mon-fri`), `hours` spans (`17:00-19:00`), all by the store's clock;
    what is empty means always, or every store. A row that is not understood is left out as a whole. Products that are
    not in `products`, where there are any, are reported and left out.

    Raises:
        CatalogFileError: the file cannot be used at all, or has a column that no price list has: a mistyped `until`
            would make a price last for ever.
        MoneyError: `currency` is unknown.
    """
    table = read_rows(data, source)
    Money(0, currency)
    table.require(("product",))
    _require_known(table)
    reader = _PriceReader(table, currency, products)
    for row in table.rows:
        reader.read(row)
    issues = sorted([*table.issues, *reader.issues], key=lambda issue: issue.line)
    return tuple(reader.entries), CatalogReport(table.rows_read, len(reader.entries), tuple(issues))


def _require_known(table: Table) -> None:
    strange = [name for name in table.columns if name not in PRICE_COLUMNS]
    if strange:
        known = ", ".join(PRICE_COLUMNS)
        raise CatalogFileError(table.source, f"column {printable(strange[0], 40)!r} is unknown; use {known}", 1)
    if table.rows and not {"price", "price_minor"} & set(table.columns):
        raise CatalogFileError(table.source, "no column price or price_minor", 1)
    if len(table.rows) > _ROWS_MAX:
        raise CatalogFileError(table.source, f"{len(table.rows)} rows, where {_ROWS_MAX} is the most")


class _PriceReader:
    def __init__(self, table: Table, currency: str, products: Collection[ProductId]) -> None:
        self._source, self._currency, self._products = table.source, currency, frozenset(products)
        self._seen: dict[tuple[str, ...], tuple[int, int]] = {}
        self._count: dict[ProductId, int] = {}
        self.entries: list[PriceEntry] = []
        self.issues: list[CatalogIssue] = []

    def _report(self, kind: IssueKind, line: int, subject: str, detail: str, outcome: str = "left out") -> None:
        self.issues.append(CatalogIssue(kind, self._source, line, subject, detail, outcome))

    def read(self, row: Row) -> None:
        """Turn a row into an entry, or report why it is none."""
        name = row.text("product")
        if not name:
            self._report(IssueKind.MISSING_ID, row.line, "", "no value in column product")
            return
        product = ProductId(name)
        if self._products and product not in self._products:
            self._report(IssueKind.UNKNOWN_PRODUCT, row.line, name, "not in the catalogue")
            return
        try:
            entry = PriceEntry(
                product=product,
                price_minor=self._price(row),
                store=row.text("store"),
                begin=row.text("from"),
                end=row.text("until"),
                days=tuple(_days(row.text("days"))),
                hours=tuple(part for part in _BETWEEN.split(row.text("hours")) if part),
            )
            window_of(entry)
        except CatalogError as error:
            self._report(IssueKind.BAD_VALUE, row.line, name, str(error))
            return
        if self._is_new(entry, row.line):
            self.entries.append(entry)

    def _price(self, row: Row) -> int:
        column = "price_minor" if row.text("price_minor") else "price"
        text = row.text(column)
        value = number(text)
        if value is None:
            raise CatalogError(f"{column} {text!r} is no decimal number such as 1.50")
        minor = value.scaleb(CURRENCY_EXPONENTS[self._currency] if column == "price" else 0)
        if minor != minor.to_integral_value():
            raise CatalogError(f"{column} {text} has more digits than {self._currency} has")
        if not 0 <= minor <= PRICE_MAX:
            raise CatalogError(f"{column} {text} is not within 0 to {Money(PRICE_MAX, self._currency)}")
        return int(minor)

    def _is_new(self, entry: PriceEntry, line: int) -> bool:
        """Report a second entry for the very same time and store; of two prices the lower will count."""
        key = (entry.product, entry.store, entry.begin, entry.end, *entry.days, "/", *entry.hours)
        first = self._seen.setdefault(key, (line, entry.price_minor))
        if first[0] != line:
            if first[1] == entry.price_minor:
                self._report(IssueKind.DUPLICATE, line, entry.product, f"already on line {first[0]}", "kept once")
                return False
            detail = f"another price for the same time stands on line {first[0]}"
            self._report(IssueKind.CONTRADICTION, line, entry.product, detail, "the lower one counts")
        self._count[entry.product] = self._count.get(entry.product, 0) + 1
        if self._count[entry.product] > _OF_ONE_MAX:
            self._report(IssueKind.BAD_VALUE, line, entry.product, f"more than {_OF_ONE_MAX} prices of one product")
            return False
        return True


def _days(text: str) -> Iterator[str]:
    """Weekdays one by one; `mon-fri` is five of them, `sat-mon` three."""
    for part in _BETWEEN.split(text.lower()):
        first, dash, last = part.partition("-")
        if dash and first in WEEKDAYS and last in WEEKDAYS:
            begin, end = WEEKDAYS.index(first), WEEKDAYS.index(last)
            yield from (WEEKDAYS[(begin + n) % 7] for n in range((end - begin) % 7 + 1))
        elif part:
            yield part
