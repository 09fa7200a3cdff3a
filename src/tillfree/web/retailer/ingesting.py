"""Works off uploads of the catalogue: a new version of the shop, and a report with a line for each item."""

import logging
import threading
from collections.abc import Iterable, Mapping
from typing import Any

import msgspec

from tillfree.catalog.model import Product, Shop
from tillfree.connectors.exports.cells import table_text
from tillfree.connectors.retailer.catalogue_items import CatalogItem, merged, problem_of, read_item
from tillfree.connectors.retailer.platform_wire import UploadCatalog
from tillfree.connectors.retailer.wire import decode
from tillfree.core.errors import TillfreeError
from tillfree.core.ids import ProductId
from tillfree.core.time import NS_PER_DAY
from tillfree.storage.database.integration.ingestions import Ingestion
from tillfree.web.console import Console
from tillfree.web.shop_editing import editor_for

__all__ = ["COLUMNS", "Ingesting"]

COLUMNS = ("item_sku", "status", "message")
_log = logging.getLogger(__name__)


class _Line(msgspec.Struct, frozen=True):
    """What became of one item."""

    sku: str
    status: str
    message: str = ""


class Ingesting:
    """Works off what waits, one upload after the other; who comes while it works has nothing to do."""

    def __init__(self, console: Console) -> None:
        self._console = console
        self._database = console.database
        self._settings = console.store.settings
        self._lock = threading.Lock()

    def work(self) -> None:
        """Works off everything that waits; also what an earlier process had begun."""
        if not self._lock.acquire(blocking=False):
            return
        try:
            while (found := self._database.next_ingestion()) is not None:
                self._work_off(found)
            kept_ns = self._settings.retailer.orders_kept_days * NS_PER_DAY
            self._database.erase_ingestions(self._console.now_ns() - kept_ns)
        finally:
            self._lock.release()

    def _work_off(self, ingestion: Ingestion) -> None:
        self._database.ingestion_begun(ingestion.id)
        lines: list[_Line] = []
        try:
            items = decode(ingestion.body, UploadCatalog).catalog_items
            note = f"{len(items)} items by the retailer API, {ingestion.kind}"

            def edit(shop: Shop) -> Shop:
                lines.clear()
                change = self._archived if ingestion.kind == "archive" else self._uploaded
                return change(shop, items, lines)

            editor_for(self._console).change(f"retailer {ingestion.owner}", note, edit)
        except (TillfreeError, msgspec.DecodeError) as error:
            _log.warning("upload %s of the catalogue changes nothing: %s", ingestion.id, error)
            self._database.ingestion_ended(ingestion.id, "FATAL", _report([_Line("", "FAILED", str(error))]))
            return
        self._database.ingestion_ended(ingestion.id, "DONE", _report(lines))

    def _uploaded(self, shop: Shop, items: Iterable[Mapping[str, Any]], lines: list[_Line]) -> Shop:
        """The shop with the items that are right; the others are reported, and change nothing."""
        products = {product.id: product for product in shop.products}
        owners = {code: product.id for product in shop.products for code in product.barcodes}
        seen: set[str] = set()
        for raw in items:
            item = read_item(raw)
            if isinstance(item, str):
                lines.append(_Line(str(raw.get("item_sku", ""))[:255], "FAILED", item))
                continue
            problem = self._problem(item, shop.currency, owners, seen)
            if problem:
                lines.append(_Line(item.item_sku, "FAILED", problem))
                continue
            seen.add(item.item_sku)
            before = products.get(ProductId(item.item_sku))
            product = merged(item, before, shop.currency)
            for code in () if before is None else before.barcodes:
                owners.pop(code, None)
            owners.update((code, product.id) for code in product.barcodes)
            products[product.id] = product
            lines.append(_Line(item.item_sku, "SUCCESS", self._remark(product, before)))
        return msgspec.structs.replace(shop, products=tuple(products.values()))

    def _problem(self, item: CatalogItem, currency: str, owners: Mapping[str, ProductId], seen: set[str]) -> str:
        problem = problem_of(item, self._settings.retailer.store_id, currency)
        if problem:
            return problem
        if item.item_sku in seen:
            return "item_sku stands twice in this upload; the first is taken"
        for code in item.codes:
            if owners.get(code, item.item_sku) != item.item_sku:
                return f"barcode {code!r} belongs to {owners[code]!r} already"
        return ""

    def _remark(self, product: Product, before: Product | None) -> str:
        if before is None and product.weight_g is None:
            return "new; its weight is not known, so shelves cannot tell it by weight"
        if (
            self._settings.retailer.prices == "tillfree"
            and product.tax_class not in self._settings.commerce.tax_rates_ppm
        ):
            return f"tax code {product.tax_class!r} has no rate here; receipts with it go to review"
        return "new" if before is None else "" if before == product else "changed"

    def _archived(self, shop: Shop, items: Iterable[Mapping[str, Any]], lines: list[_Line]) -> Shop:
        """The shop without these products; what has a place on a shelf stays, or nobody could tell it any more."""
        places = {facing.product: f"{facing.fixture}/{facing.shelf}" for facing in shop.facings}
        known = shop.product_index()
        gone: set[ProductId] = set()
        for item in items:
            sku = str(item.get("item_sku", ""))[:255]
            product = ProductId(sku)
            if product not in known or product in gone:
                lines.append(_Line(sku, "FAILED", "there is no such item_sku"))
            elif product in places:
                lines.append(
                    _Line(sku, "FAILED", f"it has a place on shelf {places[product]}; change the planogram first")
                )
            else:
                gone.add(product)
                lines.append(_Line(sku, "SUCCESS", "archived"))
        return msgspec.structs.replace(shop, products=tuple(p for p in shop.products if p.id not in gone))


def _report(lines: Iterable[_Line]) -> bytes:
    return table_text(COLUMNS, ((line.sku, line.status, line.message) for line in lines)).encode()
