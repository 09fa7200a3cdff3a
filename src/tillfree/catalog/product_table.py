"""Products out of a CSV or JSON file of a retailer, whatever its mistakes: they are reported, and reading goes on."""

import re
import statistics
from collections import Counter
from collections.abc import Iterable
from decimal import Decimal

import msgspec

from tillfree.catalog.barcodes import CodeKind, classify_barcode
from tillfree.catalog.model import AGE_MAX, SOLD_BY, Product
from tillfree.catalog.report import CatalogIssue, CatalogReport, IssueKind
from tillfree.catalog.rows import Row, Table, integer, number, read_rows
from tillfree.core.ids import ProductId
from tillfree.core.money import CURRENCY_EXPONENTS, Money

__all__ = ["ID_COLUMNS", "ProductLimits", "read_products"]

ID_COLUMNS = ("product", "product_id", "id", "product_id.id", "barcode", "gtin", "upc", "ean", "sku")
"""Columns that may hold the id of a product, the first that exists being taken."""
_NAME = ("name", "product_name", "title", "metadata.name")
_WEIGHT = ("weight_g", "weight", "metadata.weight")
_SIGMA = ("weight_sigma_g", "metadata.weight_sigma_g")
_PRICE = ("price", "metadata.price")
_PRICE_MINOR = ("price_minor", "metadata.price_minor")
_TAX = ("tax_class", "tax", "metadata.tax_class")
_SOLD_BY = ("sold_by", "metadata.sold_by")
_AGE = ("min_age", "metadata.min_age")
_RFID = ("rfid", "metadata.rfid")
_TAGS = ("tags", "metadata.tags")
_YES_NO = {"": False, "0": False, "no": False, "false": False, "1": True, "yes": True, "true": True}
_CODES = ("barcodes", "barcode", "gtin", "upc", "ean")
_BETWEEN = re.compile(r"[|;,]")
_NAME_MAX = 200
# A fallback price must not look like a market: this many equal prices at least, on more than half of the products.
_PLACEHOLDERS_MIN = 5


class ProductLimits(msgspec.Struct, frozen=True, kw_only=True):
    """Where a value stops being believed.

    A weight below `weight_min_g` or above `weight_max_g` is taken for unknown; one below `weight_doubtful_g` is kept
    and reported. A price more than `price_multiple` times the median price is kept and reported.
    """

    weight_min_g: float = 1.0
    weight_doubtful_g: float = 8.0
    weight_max_g: float = 50_000.0
    price_multiple: int = 500


class _Candidate(msgspec.Struct):
    """A product as one row has it, before rows about the same product are brought together."""

    product: Product
    line: int

    @property
    def known(self) -> int:
        """How many of its values are known."""
        values = (self.product.name, self.product.weight_g, self.product.price_minor)
        return sum(value is not None and value != "" for value in values)


def read_products(
    data: bytes, source: str, currency: str = "USD", limits: ProductLimits | None = None
) -> tuple[tuple[Product, ...], CatalogReport]:
    """The products of a table, in the order in which their ids first appear, and what was wrong with its rows.

    `price` is decimal in units of `currency` (`1.25`), `price_minor` an integer of its smallest unit. Several rows for
    one id become one product: the row with most known values is taken, among equals the first, and what it lacks is
    taken from the others in order. An id that is wrong (a check digit, say) stays: the retailer's systems know it so.

    `sold_by` is `unit` (also where it is empty) or `weight`: then the price is that of one kilogram. Where it is
    neither, nobody can say what the price means, so there is none. `min_age` is 0 to 99 years; anything else is taken
    for 99, since nobody may be served who is too young. `rfid` is yes or no, true or false, 1 or 0. `tags` are words
    with bars, semicolons or commas between them.

    Raises:
        CatalogFileError: the file cannot be used at all, or has no column for the id.
        MoneyError: `currency` is unknown.
    """
    table = read_rows(data, source)
    Money(0, currency)
    reader = _ProductReader(table, currency, limits or ProductLimits())
    for row in table.rows:
        reader.read(row)
    products = reader.settle()
    reader.check_all(products)
    issues = sorted([*table.issues, *reader.issues], key=lambda issue: issue.line)
    return products, CatalogReport(table.rows_read, len(products), tuple(issues))


class _ProductReader:
    def __init__(self, table: Table, currency: str, limits: ProductLimits) -> None:
        self._source, self._currency, self._limits = table.source, currency, limits
        self._id = table.require(ID_COLUMNS)
        self._name, self._weight, self._sigma = table.column(_NAME), table.column(_WEIGHT), table.column(_SIGMA)
        self._price, self._price_minor = table.column(_PRICE), table.column(_PRICE_MINOR)
        self._tax = table.column(_TAX)
        self._sold_by, self._age, self._rfid = table.column(_SOLD_BY), table.column(_AGE), table.column(_RFID)
        self._tags = table.column(_TAGS)
        self._codes = tuple(name for name in _CODES if name in table.columns and name != self._id)
        # One row per product and plate is a way to write a planogram: there, repetition is no mistake.
        self._repeats = any(name in table.columns for name in ("plate", "plates"))
        self._found: dict[ProductId, list[_Candidate]] = {}
        self.issues: list[CatalogIssue] = []

    def _report(self, kind: IssueKind, line: int, subject: str, detail: str, outcome: str, count: int = 1) -> None:
        self.issues.append(CatalogIssue(kind, self._source, line, subject, detail, outcome, count))

    # ---- one row --------------------------------------------------------------------------------------------

    def read(self, row: Row) -> None:
        """Turn a row into a candidate, or report why it is none."""
        text = row.text(self._id)
        name = " ".join(row.text(self._name).split())
        if not text:
            self._report(IssueKind.MISSING_ID, row.line, name, f"no value in column {self._id}", "left out")
            return
        first, *others = (part.strip() for part in text.split("|")) if "|" in text else (text,)
        if classify_barcode(first).kind is CodeKind.UNUSABLE:
            reason = classify_barcode(first).reason
            self._report(IssueKind.UNUSABLE_ID, row.line, first, reason, "left out")
            return
        if len(name) > _NAME_MAX:
            self._report(IssueKind.LONG_NAME, row.line, first, f"{len(name)} characters", f"cut to {_NAME_MAX}")
            name = name[:_NAME_MAX]
        sold_by = row.text(self._sold_by).lower() or "unit"
        price_minor = self._read_price(row, first)
        if sold_by not in SOLD_BY:
            detail = f"sold_by {sold_by!r} is neither unit nor weight"
            self._report(IssueKind.BAD_VALUE, row.line, first, detail, "price unknown")
            sold_by, price_minor = "unit", None
        product = Product(
            id=ProductId(first),
            name=name,
            weight_g=self._read_weight(row, first),
            weight_sigma_g=self._read_sigma(row, first),
            price_minor=price_minor,
            tax_class=row.text(self._tax) or "standard",
            barcodes=self._read_codes(row, first, others),
            sold_by=sold_by,
            min_age=self._read_age(row, first),
            rfid=self._read_rfid(row, first),
            tags=tuple(dict.fromkeys(tag.strip() for tag in _BETWEEN.split(row.text(self._tags)) if tag.strip())),
        )
        self._found.setdefault(product.id, []).append(_Candidate(product, row.line))

    def _read_codes(self, row: Row, first: str, others: Iterable[str]) -> tuple[str, ...]:
        """Further numbers of the product: from their own columns, and where the id's field holds several."""
        codes = [code for code in others if code]
        parts = first.split()
        if len(parts) > 1 and all(classify_barcode(part).gtin14 for part in parts):
            codes += parts
        if codes:
            detail = f"{' and '.join([first, *codes] if len(parts) == 1 else parts)} stand together"
            self._report(IssueKind.SEVERAL_IDS, row.line, first, detail, f"kept as {first}, the others as its barcodes")
        for column in self._codes:
            for code in row.text(column).replace("|", " ").replace(";", " ").split():
                barcode = classify_barcode(code)
                if not barcode.usable:
                    self._report(IssueKind.WRONG_CHECK_DIGIT, row.line, code, barcode.reason, "left out")
                else:
                    codes.append(code)
        return tuple(dict.fromkeys(code for code in codes if code != first))

    def _read_weight(self, row: Row, subject: str) -> float | None:
        text = row.text(self._weight)
        value = number(text)
        if value is None:
            if text:
                self._report(
                    IssueKind.BAD_VALUE, row.line, subject, f"weight {text!r} is no number of grams", "unknown"
                )
            return None
        weight_g = float(value)
        if not self._limits.weight_min_g <= weight_g <= self._limits.weight_max_g:
            if weight_g:
                self._report(IssueKind.ABSURD_WEIGHT, row.line, subject, f"{weight_g:g} g", "taken for unknown")
            return None
        if weight_g < self._limits.weight_doubtful_g:
            self._report(IssueKind.DOUBTFUL_WEIGHT, row.line, subject, f"{weight_g:g} g", "kept")
        return weight_g

    def _read_sigma(self, row: Row, subject: str) -> float | None:
        text = row.text(self._sigma)
        value = number(text)
        if text and (value is None or value <= 0):
            detail = f"weight_sigma_g {text!r} is no number of grams above 0"
            self._report(IssueKind.BAD_VALUE, row.line, subject, detail, "unknown")
            return None
        return None if value is None else float(value)

    def _read_price(self, row: Row, subject: str) -> int | None:
        text, exponent = row.text(self._price_minor), 0
        if not text:
            text, exponent = row.text(self._price), CURRENCY_EXPONENTS[self._currency]
        value = number(text)
        if value is None:
            if text:
                detail = f"price {text!r} is no decimal number such as 1.50"
                self._report(IssueKind.BAD_VALUE, row.line, subject, detail, "unknown")
            return None
        minor: Decimal = value.scaleb(exponent)
        if minor != minor.to_integral_value():
            detail = f"price {text} has more digits than {self._currency} has"
            self._report(IssueKind.ABSURD_PRICE, row.line, subject, detail, "taken for unknown")
            return None
        if minor <= 0 or minor >= 10**15:
            self._report(IssueKind.ABSURD_PRICE, row.line, subject, f"price {text}", "taken for unknown")
            return None
        return int(minor)

    def _read_age(self, row: Row, subject: str) -> int:
        text = row.text(self._age)
        value = integer(text or "0")
        if value is None or not 0 <= value <= AGE_MAX:
            detail = f"min_age {text!r} is no whole number of years from 0 to {AGE_MAX}"
            self._report(IssueKind.BAD_VALUE, row.line, subject, detail, f"taken for {AGE_MAX}")
            return AGE_MAX
        return value

    def _read_rfid(self, row: Row, subject: str) -> bool:
        text = row.text(self._rfid)
        value = _YES_NO.get(text.lower())
        if value is None:
            self._report(IssueKind.BAD_VALUE, row.line, subject, f"rfid {text!r} is neither yes nor no", "taken for no")
        return bool(value)

    # ---- all rows of one product ----------------------------------------------------------------------------

    def settle(self) -> tuple[Product, ...]:
        """One product per id."""
        return tuple(self._settle_one(candidates) for candidates in self._found.values())

    def _settle_one(self, candidates: list[_Candidate]) -> Product:
        best = max(candidates, key=lambda candidate: (candidate.known, -candidate.line))
        product = best.product
        for candidate in candidates:
            if candidate is not candidates[0]:
                self._compare(candidates[0], candidate, best)
            other = candidate.product
            product = msgspec.structs.replace(
                product,
                name=product.name or other.name,
                weight_g=other.weight_g if product.weight_g is None else product.weight_g,
                weight_sigma_g=other.weight_sigma_g if product.weight_sigma_g is None else product.weight_sigma_g,
                price_minor=_price_of(product, other),
                min_age=max(product.min_age, other.min_age),
                rfid=product.rfid or other.rfid,
                tags=tuple(dict.fromkeys((*product.tags, *other.tags))),
                barcodes=tuple(dict.fromkeys((*product.barcodes, *other.barcodes))),
            )
        return product

    def _compare(self, first: _Candidate, candidate: _Candidate, best: _Candidate) -> None:
        """Report a further row about a product: the same again, or something else."""
        differences = [
            f"{label} {mine!r} on line {first.line}, {other!r} here"
            for label, mine, other in (
                ("name", first.product.name, candidate.product.name),
                ("weight_g", first.product.weight_g, candidate.product.weight_g),
                ("weight_sigma_g", first.product.weight_sigma_g, candidate.product.weight_sigma_g),
                ("price_minor", first.product.price_minor, candidate.product.price_minor),
                ("tax class", first.product.tax_class, candidate.product.tax_class),
                ("sold_by", first.product.sold_by, candidate.product.sold_by),
                ("min_age", first.product.min_age or None, candidate.product.min_age or None),
            )
            if mine != other and mine not in (None, "") and other not in (None, "")
        ]
        subject = first.product.id
        if differences:
            why = "it stands first" if best is first and best.known == candidate.known else "it has most values"
            outcome = f"line {best.line} kept, {why}"
            self._report(IssueKind.CONTRADICTION, candidate.line, subject, "; ".join(differences), outcome)
        elif not self._repeats:
            detail = f"already on line {first.line}, and nothing contradicts it"
            self._report(IssueKind.DUPLICATE, candidate.line, subject, detail, "kept once")

    # ---- the whole catalogue --------------------------------------------------------------------------------

    def check_all(self, products: tuple[Product, ...]) -> None:
        """What is judged once per product, or over all of them."""
        lines = {product: candidates[0].line for product, candidates in self._found.items()}
        by_gtin: dict[str, Product] = {}
        for product in products:
            line = lines[product.id]
            barcode = classify_barcode(product.id)
            if barcode.kind is CodeKind.BAD_CHECK_DIGIT:
                self._report(
                    IssueKind.WRONG_CHECK_DIGIT, line, product.id, barcode.reason, "kept as the shop's own number"
                )
            twin = by_gtin.setdefault(barcode.gtin14, product) if barcode.gtin14 else product
            if twin is not product:
                detail = f"the same GTIN as {twin.id} on line {lines[twin.id]}"
                self._report(IssueKind.SHARED_GTIN, line, product.id, detail, "both kept")
            if not product.name:
                self._report(IssueKind.MISSING_NAME, line, product.id, "a receipt would show its id", "kept")
            if product.weight_g is None:
                self._report(IssueKind.MISSING_WEIGHT, line, product.id, "cannot be told by weight", "kept")
            if product.price_minor is None:
                self._report(IssueKind.MISSING_PRICE, line, product.id, "a receipt with it goes to review", "kept")
        self._check_prices(products, lines)

    def _check_prices(self, products: tuple[Product, ...], lines: dict[ProductId, int]) -> None:
        prices = [product.price_minor for product in products if product.price_minor is not None]
        if not prices:
            return
        price, count = Counter(prices).most_common(1)[0]
        if count >= _PLACEHOLDERS_MIN and 2 * count > len(prices):
            detail = f"{count} of {len(prices)} prices are {Money(price, self._currency)}, which no shop has"
            self._report(IssueKind.PLACEHOLDER_PRICES, 0, "", detail, "kept", count)
        limit = statistics.median_low(prices) * self._limits.price_multiple
        for product in products:
            if product.price_minor is not None and product.price_minor > limit:
                detail = f"{Money(product.price_minor, self._currency)} is far above the other prices"
                self._report(IssueKind.DOUBTFUL_PRICE, lines[product.id], product.id, detail, "kept")


def _price_of(product: Product, other: Product) -> int | None:
    """The product's own price, else that of another row, if it is a price of the same: of a unit, or of a kilogram."""
    if product.price_minor is None and product.sold_by == other.sold_by:
        return other.price_minor
    return product.price_minor
