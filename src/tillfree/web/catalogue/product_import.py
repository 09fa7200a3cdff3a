"""What a file of products would do to a shop: worked out first, shown, and then taken over exactly so."""

from collections.abc import Iterator
from typing import Literal

import msgspec

from tillfree.catalog.model import SOLD_BY, Product, Shop
from tillfree.catalog.product_table import ID_COLUMNS, read_products
from tillfree.catalog.report import CatalogIssue, IssueKind
from tillfree.catalog.rows import read_rows
from tillfree.core.ids import UNKNOWN_PRODUCT, ProductId
from tillfree.web.catalogue.product_csv import FIELD_COLUMNS
from tillfree.web.csv_cells import unguarded
from tillfree.web.uploads import Problems, problems_of

__all__ = ["Change", "FieldChange", "ImportPlan", "Scope", "apply_plan", "is_still_true", "plan_import"]

Scope = Literal["prices", "everything"]
_MISSING = {
    IssueKind.MISSING_NAME: "name",
    IssueKind.MISSING_WEIGHT: "weight_g",
    IssueKind.MISSING_PRICE: "price_minor",
}
_PRICES = frozenset({"name", "price_minor"})


class FieldChange(msgspec.Struct, frozen=True):
    """One value of a product, before and after."""

    field: str
    before: object
    after: object


class Change(msgspec.Struct, frozen=True):
    """A product that the shop has, before and after."""

    before: Product
    after: Product

    @property
    def fields(self) -> list[FieldChange]:
        """The values that differ."""
        pairs = ((name, getattr(self.before, name), getattr(self.after, name)) for name in Product.__struct_fields__)
        return [FieldChange(name, before, after) for name, before, after in pairs if before != after]


class ImportPlan(msgspec.Struct, frozen=True):
    """What taking a file over means.

    `left_new` are products that are new, where only prices and names are updated; `other_unit` those whose price is of
    a piece there and of a kilogram here, or the other way round.
    """

    source: str
    scope: Scope
    new: tuple[Product, ...]
    changed: tuple[Change, ...]
    unchanged: int
    left_new: tuple[Product, ...]
    other_unit: tuple[Product, ...]
    problems: Problems
    rows_read: int

    @property
    def does_nothing(self) -> bool:
        """Whether the shop has all of it already."""
        return not self.new and not self.changed


def plan_import(data: bytes, source: str, shop: Shop, scope: Scope) -> ImportPlan:
    """Read a file and compare it with the shop. A cell that is empty leaves what the shop has.

    Raises:
        CatalogFileError: the file cannot be used at all.
    """
    products, report = read_products(data, source, shop.currency)
    said = _said(data, source)
    known = shop.product_index()
    new: list[Product] = []
    changed: list[Change] = []
    left_new: list[Product] = []
    other_unit: list[Product] = []
    unchanged = 0
    for read in products:
        fields, codes = said.get(read.id, (frozenset(), frozenset()))
        product = _unguarded(read, known)
        before = known.get(product.id)
        if before is None:
            if product.id != UNKNOWN_PRODUCT:
                (new if scope == "everything" else left_new).append(product)
            continue
        if scope == "prices" and "sold_by" in fields and product.sold_by != before.sold_by:
            other_unit.append(product)
            continue
        after = _merged(before, product, fields & _PRICES if scope == "prices" else fields, codes)
        if after == before:
            unchanged += 1
        else:
            changed.append(Change(before, after))
    issues = tuple(_as_it_stays(issue, known) for issue in report.rows)
    return ImportPlan(
        source, scope, tuple(new), tuple(changed), unchanged, tuple(left_new), tuple(other_unit),
        problems_of(msgspec.structs.replace(report, rows=issues)), report.rows_read,
    )  # fmt: skip


def _as_it_stays(issue: CatalogIssue, known: dict[ProductId, Product]) -> CatalogIssue:
    """The finding; where only the file lacks a value that the shop has, it says so."""
    field = _MISSING.get(issue.kind)
    product = known.get(ProductId(issue.subject)) or known.get(ProductId(unguarded(issue.subject)))
    if field is None or product is None or getattr(product, field) in (None, ""):
        return issue
    return msgspec.structs.replace(issue, detail="the file has none", outcome="what the shop has stays")


def is_still_true(plan: ImportPlan, shop: Shop) -> bool:
    """Whether the shop is, where the plan touches it, as it was when the plan was made."""
    known = shop.product_index()
    return all(known.get(change.before.id) == change.before for change in plan.changed) and not any(
        product.id in known for product in plan.new
    )


def apply_plan(plan: ImportPlan, shop: Shop) -> Shop:
    """The shop after it; products that the file does not name stay as they are."""
    after = {change.after.id: change.after for change in plan.changed}
    kept = tuple(after.get(product.id, product) for product in shop.products)
    return msgspec.structs.replace(shop, products=kept + plan.new)


def _said(data: bytes, source: str) -> dict[ProductId, tuple[frozenset[str], frozenset[str]]]:
    """By product: the fields about which the file says something, and the codes that it names, right or wrong."""
    table = read_rows(data, source)
    id_column = table.column(ID_COLUMNS)
    columns = {
        field: [name for name in names if name in table.columns and name != id_column]
        for field, names in FIELD_COLUMNS.items()
    }
    found: dict[ProductId, tuple[frozenset[str], frozenset[str]]] = {}
    for row in table.rows:
        parts = [part.strip() for part in row.text(id_column).split("|")]
        fields = {field for field, names in columns.items() if any(row.text(name) for name in names)}
        codes = {code for name in columns["barcodes"] for code in _codes(row.text(name))}
        if not any(row.text(name).lower() in SOLD_BY for name in columns["sold_by"]):
            fields.discard("sold_by")
        if parts[1:]:
            fields.add("barcodes")
        known_fields, known_codes = found.get(ProductId(parts[0]), (frozenset(), frozenset()))
        found[ProductId(parts[0])] = (known_fields | fields, known_codes | codes)
    return found


def _codes(cell: str) -> Iterator[str]:
    return (unguarded(code) for code in cell.replace("|", " ").replace(";", " ").split())


def _unguarded(product: Product, known: dict[ProductId, Product]) -> Product:
    """The product without the apostrophes that our own export puts before what a spreadsheet would run."""
    plain_id = ProductId(unguarded(product.id))
    return msgspec.structs.replace(
        product,
        id=plain_id if plain_id in known and product.id not in known else product.id,
        name=unguarded(product.name),
        tax_class=unguarded(product.tax_class),
        barcodes=tuple(map(unguarded, product.barcodes)),
        tags=tuple(map(unguarded, product.tags)),
    )


def _merged(before: Product, read: Product, fields: frozenset[str], codes: frozenset[str]) -> Product:
    """What the shop has, with what the file says: a value that the file has not, or not rightly, changes nothing."""
    values: dict[str, object] = {name: getattr(read, name) for name in fields}
    for name in ("price_minor", "weight_g", "weight_sigma_g"):
        if values.get(name) is None:
            values.pop(name, None)
    if not values.get("name"):
        values.pop("name", None)
    if values.get("sold_by", before.sold_by) != before.sold_by and "price_minor" not in values:
        values["price_minor"] = None  # the price of a piece is not that of a kilogram
    if "barcodes" in values:
        # Codes with a wrong check digit are not read; one that the shop has, and the file names, stays all the same.
        stays = [code for code in before.barcodes if code in codes and code not in read.barcodes]
        merged = [*read.barcodes, *stays]
        values["barcodes"] = before.barcodes if set(merged) == set(before.barcodes) else tuple(merged)
    return msgspec.structs.replace(before, **values)
