"""The planogram out of a CSV or JSON file: which product is meant to lie on which plates."""

import re
from collections.abc import Iterable, Sequence

from tillfree.catalog.barcodes import classify_barcode
from tillfree.catalog.model import Facing, Fixture, Product
from tillfree.catalog.product_table import ID_COLUMNS
from tillfree.catalog.report import CatalogIssue, CatalogReport, IssueKind
from tillfree.catalog.rows import Row, Table, integer, read_rows
from tillfree.core.ids import FixtureId, PlateRef, ProductId, ShelfRef

__all__ = ["read_planogram"]

_FIXTURE = ("fixture", "fixture_id", "gondola")
_SHELF = ("shelf", "shelf_index")
_PLATES = ("plates", "plate", "plate_index")
_RANGE = re.compile(r"(\d{1,4})\s*-\s*(\d{1,4})", re.ASCII)
_PLATES_MAX = 1000


def read_planogram(
    data: bytes, source: str, products: Iterable[Product], fixtures: Iterable[Fixture] | None = None
) -> tuple[tuple[Facing, ...], CatalogReport]:
    """The facings of a table, in the order of its rows, and what was wrong with them.

    Columns: product, fixture, shelf, and plates (`3`, `3-5` or `3|4|5`). Rows of one product on one shelf are joined
    where their plates touch, so a table with one row per plate gives the same facings. Where fixture, shelf or plate is
    -1, the product is not on a shelf. Without `fixtures`, shelves and plates are believed.

    Raises:
        CatalogFileError: the file cannot be used at all, or lacks one of the columns.
    """
    table = read_rows(data, source)
    reader = _PlanogramReader(table, tuple(products), None if fixtures is None else tuple(fixtures))
    for row in table.rows:
        reader.read(row)
    facings = reader.settle()
    issues = sorted([*table.issues, *reader.issues], key=lambda issue: issue.line)
    return facings, CatalogReport(table.rows_read, len(facings), tuple(issues))


class _PlanogramReader:
    def __init__(self, table: Table, products: Sequence[Product], fixtures: Sequence[Fixture] | None) -> None:
        self._source = table.source
        self._product = table.require(ID_COLUMNS)
        self._fixture, self._shelf = table.require(_FIXTURE), table.require(_SHELF)
        self._plates = table.require(_PLATES)
        self._ids = _ids_by_number(products)
        self._counts: dict[ShelfRef, int] | None = None
        if fixtures is not None:
            self._counts = {ShelfRef(f.id, shelf.index): len(shelf.plates) for f in fixtures for shelf in f.shelves}
        self._found: dict[tuple[ShelfRef, ProductId], dict[int, int]] = {}
        self.issues: list[CatalogIssue] = []

    def _report(self, kind: IssueKind, line: int, subject: str, detail: str, outcome: str) -> None:
        self.issues.append(CatalogIssue(kind, self._source, line, subject, detail, outcome))

    def read(self, row: Row) -> None:
        """Note the plates of one row, or report why there are none."""
        number, fixture = row.text(self._product), row.text(self._fixture)
        shelf_text, plates_text = row.text(self._shelf), row.text(self._plates)
        if "-1" in (fixture, shelf_text, plates_text):
            return
        if not number or not plates_text:
            missing = "plates" if number else "product"
            self._report(IssueKind.EMPTY_FACING, row.line, number, f"no {missing} named", "left out")
            return
        product = self._ids.get(number) or self._ids.get(classify_barcode(number).gtin14)
        if product is None:
            self._report(IssueKind.UNKNOWN_PRODUCT, row.line, number, "not among the products", "left out")
            return
        shelf, plates = integer(shelf_text), _plate_numbers(plates_text)
        if shelf is None or not fixture or plates is None:
            detail = f"fixture {fixture!r}, shelf {shelf_text!r}, plates {plates_text!r} are no place"
            self._report(IssueKind.BAD_VALUE, row.line, number, detail, "left out")
            return
        self._place(row.line, product, ShelfRef(FixtureId(fixture), shelf), plates)

    def _place(self, line: int, product: ProductId, shelf: ShelfRef, plates: Sequence[int]) -> None:
        if self._counts is not None:
            count = self._counts.get(shelf)
            if count is None:
                self._report(IssueKind.UNKNOWN_SHELF, line, product, f"the layout has no shelf {shelf}", "left out")
                return
            missing = [plate for plate in plates if not 1 <= plate <= count]
            if missing:
                detail = f"shelf {shelf} has {count} plates, none with number {', '.join(map(str, missing))}"
                outcome = "these plates left out" if len(missing) < len(plates) else "left out"
                self._report(IssueKind.MISSING_PLATE, line, product, detail, outcome)
        else:
            count = _PLATES_MAX
        found = self._found.setdefault((shelf, product), {})
        for plate in plates:
            if plate in found:
                detail = f"plate {plate} of shelf {shelf}, already on line {found[plate]}"
                self._report(IssueKind.DUPLICATE, line, product, detail, "kept once")
            elif 1 <= plate <= count:
                found[plate] = line

    def settle(self) -> tuple[Facing, ...]:
        """Facings of neighbouring plates, in the order in which their rows stand."""
        facings: list[tuple[int, Facing]] = []
        users: dict[PlateRef, ProductId] = {}
        for (shelf, product), found in self._found.items():
            runs = _runs(found)
            if len(runs) > 1:
                detail = f"its plates on shelf {shelf} do not touch"
                self._report(IssueKind.SPLIT_FACING, found[runs[1][0]], product, detail, f"made {len(runs)} facings")
            for run in runs:
                line = min(found[plate] for plate in run)
                facings.append((line, Facing(product, shelf.fixture, shelf.shelf, tuple(run))))
                for plate in run:
                    other = users.setdefault(PlateRef(shelf.fixture, shelf.shelf, plate), product)
                    if other != product:
                        detail = f"plate {plate} of shelf {shelf} is also that of {other}"
                        self._report(IssueKind.SHARED_PLATE, found[plate], product, detail, "both kept")
        facings.sort(key=lambda pair: (pair[0], pair[1].plates))
        return tuple(facing for _, facing in facings)


def _ids_by_number(products: Sequence[Product]) -> dict[str, ProductId]:
    """Ids by every number that means the product; an id itself always comes before a number like it."""
    ids: dict[str, ProductId] = {product.id: product.id for product in products}
    for product in products:
        for code in (product.id, *product.barcodes):
            ids.setdefault(code, product.id)
            full = classify_barcode(code).gtin14
            if full:
                ids.setdefault(full, product.id)
    return ids


def _plate_numbers(text: str) -> list[int] | None:
    """`3`, `3-5`, `3|4|5`, `3, 4` or `3 4` as numbers; None where the text is none of these."""
    plates: list[int] = []
    for part in re.sub(r"\s*-\s*", "-", text).replace("|", " ").replace(",", " ").replace(";", " ").split():
        span = _RANGE.fullmatch(part)
        first = integer(span[1] if span else part)
        last = int(span[2]) if span else first
        if first is None or last is None or not first <= last < first + _PLATES_MAX:
            return None
        plates += range(first, last + 1)
    return list(dict.fromkeys(plates)) or None


def _runs(plates: Iterable[int]) -> list[list[int]]:
    """Numbers in order, cut wherever one is missing."""
    runs: list[list[int]] = []
    for plate in sorted(plates):
        if runs and runs[-1][-1] == plate - 1:
            runs[-1].append(plate)
        else:
            runs.append([plate])
    return runs
