"""Products as a CSV file that `catalog.product_table.read_products` reads back."""

from collections.abc import Iterator

from tillfree.catalog.model import Shop
from tillfree.core.money import Money

__all__ = ["FIELD_COLUMNS", "HEADER", "product_rows"]

HEADER = (
    "product",
    "name",
    "price",
    "sold_by",
    "weight_g",
    "weight_sigma_g",
    "tax_class",
    "min_age",
    "rfid",
    "barcodes",
    "tags",
)
FIELD_COLUMNS: dict[str, tuple[str, ...]] = {
    "name": ("name", "product_name", "title", "metadata.name"),
    "price_minor": ("price_minor", "metadata.price_minor", "price", "metadata.price"),
    "sold_by": ("sold_by", "metadata.sold_by"),
    "weight_g": ("weight_g", "weight", "metadata.weight"),
    "weight_sigma_g": ("weight_sigma_g", "metadata.weight_sigma_g"),
    "tax_class": ("tax_class", "tax", "metadata.tax_class"),
    "min_age": ("min_age", "metadata.min_age"),
    "rfid": ("rfid", "metadata.rfid"),
    "barcodes": ("barcodes", "barcode", "gtin", "upc", "ean"),
    "tags": ("tags", "metadata.tags"),
}
"""Where a file may say something about a field of a product: a cell that is empty there says nothing about it."""


def product_rows(shop: Shop) -> Iterator[tuple[object, ...]]:
    """One row per product, with the cells of `HEADER`."""
    for product in shop.products:
        yield (
            product.id,
            product.name,
            None if product.price_minor is None else Money(product.price_minor, shop.currency),
            product.sold_by,
            _grams(product.weight_g),
            _grams(product.weight_sigma_g),
            product.tax_class,
            product.min_age,
            "yes" if product.rfid else "no",
            "|".join(product.barcodes),
            "|".join(product.tags),
        )


def _grams(value: float | None) -> object:
    """Whole grams without a point; else as many digits as bring the same number back."""
    return int(value) if value is not None and value == int(value) else value
