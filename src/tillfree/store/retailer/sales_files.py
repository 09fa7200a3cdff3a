"""Sales as CSV files, several a day: each there as a whole or not at all, and what stands in two of them is marked."""

import csv
import io
import logging
from collections.abc import Callable, Iterator, Sequence
from pathlib import Path

import msgspec

from tillfree.commerce.receipt import Receipt, ReceiptLine
from tillfree.commerce.trips import Trip
from tillfree.connectors.exports.cells import guarded_cell
from tillfree.connectors.retailer.money import decimal_of
from tillfree.connectors.retailer.settings import RetailerSettings
from tillfree.core.ids import TripId
from tillfree.core.money import Money
from tillfree.core.time import NS_PER_MINUTE, format_utc
from tillfree.storage.database.database import Database
from tillfree.storage.database.money.announcements import Announcement
from tillfree.storage.whole_files import whole_file
from tillfree.store.retailer.ordering import TripBook
from tillfree.store.retailer.purchases import trip_on_wire

__all__ = ["COLUMNS", "CONSUMER", "SalesFiles"]

CONSUMER = "sales files"
COLUMNS = (
    "row_id",
    "duplicate",
    "kind",
    "store_id",
    "trip_id",
    "time",
    "line",
    "product",
    "name",
    "quantity",
    "weight_g",
    "unit_price",
    "discount",
    "amount",
    "currency",
    "receipt_total",
    "receipt_tax",
)
"""`kind` is "sale" (a line of the receipt in force) or "refund". `row_id` is the same wherever the row stands."""
_KINDS = ("trip.settled", "payment.refunded")
_PAGE = 200
_log = logging.getLogger(__name__)


class _Row(msgspec.Struct, frozen=True):
    number: int
    cells: dict[str, str]


class SalesFiles:
    """Writes what was sold since the last file. `tick` writes when it is time to."""

    def __init__(
        self, database: Database, trips: TripBook, settings: RetailerSettings, now_ns: Callable[[], int]
    ) -> None:
        self._database, self._trips, self._settings, self._now_ns = database, trips, settings, now_ns
        self._last_ns = now_ns()

    @property
    def is_wanted(self) -> bool:
        """Whether the settings name a folder."""
        return bool(self._settings.sales_folder)

    def tick(self) -> None:
        """Writes files, if it is time, and if anything was sold."""
        if not self._settings.sales_folder:
            return
        now_ns = self._now_ns()
        if now_ns - self._last_ns < self._settings.sales_every_minutes * NS_PER_MINUTE:
            return
        self._last_ns = now_ns
        self.write()

    def write(self) -> list[Path]:
        """Writes all that was sold since the last file, now; an order of many lines may go on in the next file."""
        written: list[Path] = []
        rows: list[_Row] = []
        seen = self._newest_rows()
        after = self._database.cursor(CONSUMER)
        while found := self._database.announcements(after, _PAGE, kinds=_KINDS):
            after = found[-1].number
            rows.extend(row for told in found for row in self._rows(told))
            while len(rows) >= self._settings.sales_rows_max:
                here, rows = rows[: self._settings.sales_rows_max], rows[self._settings.sales_rows_max :]
                if not self._save(here, seen, written):
                    return written
                # What goes on in the next file begins again after a crash, and is then marked there.
                self._database.set_cursor(CONSUMER, rows[0].number - 1 if rows else after)
        if rows and not self._save(rows, seen, written):
            return written
        self._database.set_cursor(CONSUMER, after)
        return written

    # ---- rows -------------------------------------------------------------------------------------------------

    def _rows(self, told: Announcement) -> Iterator[_Row]:
        trip = self._trips.trip(TripId(str(told.body.get("trip") or told.subject)))
        if trip is None:
            return
        if told.kind == "payment.refunded":
            yield self._refund(trip, told)
        elif trip.receipt is not None and trip.status in ("settled", "debt", "external"):
            for line_number, line in enumerate(trip.receipt.lines, 1):
                yield _Row(told.number, self._sale(trip, trip.receipt, told, line_number, line))

    def _sale(self, trip: Trip, receipt: Receipt, told: Announcement, number: int, line: ReceiptLine) -> dict[str, str]:
        zero = Money(0, receipt.currency)
        off = sum((discount.amount for discount in line.discounts), zero)
        return self._shared(trip, told, f"{number}") | {
            "kind": "sale",
            "line": str(number),
            "product": line.product,
            "name": line.name,
            "quantity": str(line.quantity),
            "weight_g": "" if line.weight_g is None else str(line.weight_g),
            "unit_price": _amount(line.unit_price),
            "discount": _amount(off),
            "amount": _amount(line.charged),
            "currency": receipt.currency,
            "receipt_total": _amount(receipt.total.gross),
            "receipt_tax": _amount(receipt.total.tax),
        }

    def _refund(self, trip: Trip, told: Announcement) -> _Row:
        money = _money_in(told.body)
        currency = money.currency if money else (trip.receipt.currency if trip.receipt else "")
        cells = {"kind": "refund", "amount": _amount(-money if money else None), "currency": currency}
        return _Row(told.number, self._shared(trip, told, "refund") | cells)

    def _shared(self, trip: Trip, told: Announcement, part: str) -> dict[str, str]:
        return {
            "row_id": f"{self._settings.store_id}-{told.number}-{part}",
            "store_id": self._settings.store_id,
            "trip_id": trip_on_wire(trip.id),
            "time": f"{format_utc(told.time_ns)[:19]}Z",
        }

    # ---- files ------------------------------------------------------------------------------------------------

    def _save(self, rows: Sequence[_Row], seen: set[str], written: list[Path]) -> bool:
        text = io.StringIO(newline="")
        table = csv.DictWriter(text, COLUMNS, restval="", lineterminator="\r\n")
        table.writeheader()
        for row in rows:
            cells = {
                name: guarded_cell(cell) if name in ("name", "product") else cell for name, cell in row.cells.items()
            }
            cells["duplicate"] = "yes" if row.cells["row_id"] in seen else "no"
            table.writerow(cells)
        path = self._free_name(rows[0].number, rows[-1].number)
        try:
            with whole_file(path) as file:
                file.write(text.getvalue().encode("utf-8"))
        except OSError as error:
            _log.warning("%s: sales cannot be written (%s)", path, error.strerror or error)
            return False
        seen.update(row.cells["row_id"] for row in rows)
        written.append(path)
        return True

    def _free_name(self, first: int, last: int) -> Path:
        """Store, time, the numbers of what is in it; a part number where two files would have one name."""
        stamp = format_utc(self._now_ns())[:19].replace("-", "").replace(":", "")
        stem = f"sales_{self._settings.store_id}_{stamp}Z_{first:010d}-{last:010d}"
        folder = Path(self._settings.sales_folder)
        path, part = folder / f"{stem}.csv", 1
        while path.exists():
            part += 1
            path = folder / f"{stem}_{part}.csv"
        return path

    def _newest_rows(self) -> set[str]:
        """The rows in files that hold anything after the cursor: written, but the cursor was not, as the power went."""
        after = self._database.cursor(CONSUMER)
        found: set[str] = set()
        for path in sorted(Path(self._settings.sales_folder).glob(f"sales_{self._settings.store_id}_*.csv")):
            last = path.stem.removeprefix(f"sales_{self._settings.store_id}_").split("_")[1].rpartition("-")[2]
            if last.isdigit() and int(last) > after:
                try:
                    with path.open(encoding="utf-8", newline="") as file:
                        found.update(row["row_id"] for row in csv.DictReader(file))
                except (OSError, UnicodeDecodeError, KeyError, csv.Error) as error:
                    _log.warning("%s: is no file of sales that can be read (%s)", path, error)
        return found


def _money_in(body: dict[str, object]) -> Money | None:
    """The amount that an announcement names."""
    minor, currency = body.get("amount_minor"), body.get("currency")
    return Money(minor, currency) if isinstance(minor, int) and isinstance(currency, str) else None


def _amount(money: Money | None) -> str:
    return "" if money is None else str(decimal_of(money))
