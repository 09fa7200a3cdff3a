"""A whole shop as one JSON file, `shop.json`: checked when it is read and when it is written."""

import math
import re
from collections.abc import Iterable, Iterator
from typing import Any

import msgspec

from tillfree.catalog.cameras import camera_problems
from tillfree.catalog.errors import CatalogError, CatalogFileError
from tillfree.catalog.model import AGE_MAX, SHELF_PLATES_MAX, SHOP_PLATES_MAX, SOLD_BY, Fixture, Product, Shop
from tillfree.catalog.offers import offer_problems, price_problems, surcharge_problems
from tillfree.catalog.report import printable
from tillfree.core.geometry import Box
from tillfree.core.ids import ProductId, ShelfRef
from tillfree.core.money import CURRENCY_EXPONENTS

__all__ = ["decode_shop", "encode_shop", "shop_problems"]

_PROBLEMS_SHOWN = 20
# Plate edges come from measurements and sums of widths: so much beyond the shelf is rounding.
_EDGE_TOLERANCE_M = 0.01
_PRICE_MAX = 10**15
_PRODUCT_DEFAULTS: dict[str, Any] = {"sold_by": "unit", "min_age": 0, "rfid": False, "tags": ()}
_SHOP_DEFAULTS: dict[str, Any] = {"cameras": (), "prices": (), "offers": (), "surcharges": ()}
_encoder = msgspec.json.Encoder()


def encode_shop(shop: Shop) -> bytes:
    """The shop as indented JSON, the same bytes for the same shop.

    What a shop does not use of later versions (cameras, goods sold by weight, ages, tags, offers) is left out, so that
    the bytes of an older shop stay what they were.

    Raises:
        CatalogError: the shop contradicts itself (see `shop_problems`).
    """
    _refuse(list(shop_problems(shop)), f"shop {shop.name!r} cannot be written")
    document = msgspec.to_builtins(shop, order="deterministic")
    for product in document["products"]:
        _leave_out(product, _PRODUCT_DEFAULTS)
    _leave_out(document, _SHOP_DEFAULTS)
    return msgspec.json.format(_encoder.encode(document), indent=2) + b"\n"


def _leave_out(document: dict[str, Any], defaults: dict[str, Any]) -> None:
    for name, default in defaults.items():
        if document[name] == default:
            del document[name]


def decode_shop(data: bytes, source: str = "shop.json") -> Shop:
    """The inverse of `encode_shop`; a byte-order mark is skipped.

    Raises:
        CatalogFileError: not JSON of a shop; says line and column, or the place in the structure.
        CatalogError: the shop contradicts itself; all problems are listed.
    """
    data = data.removeprefix(b"\xef\xbb\xbf")
    try:
        shop = msgspec.json.decode(data, type=Shop)
    except msgspec.ValidationError as error:
        raise CatalogFileError(source, f"no shop: {error}") from error
    except RecursionError as error:
        raise CatalogFileError(source, "no shop: brackets are nested too deep") from error
    except (msgspec.DecodeError, UnicodeDecodeError) as error:
        found = re.search(r"\(byte (\d+)\)", str(error))
        before = data[: int(found[1])] if found else data
        column = len(before) - before.rfind(b"\n")
        problem = f"not JSON: {str(error).partition(' (byte')[0]}"
        raise CatalogFileError(source, problem, before.count(b"\n") + 1, column) from error
    _refuse(list(shop_problems(shop)), f"{source}: the shop contradicts itself")
    return shop


def _refuse(problems: list[str], heading: str) -> None:
    if problems:
        shown = [f"  {printable(problem, 300)}" for problem in problems[:_PROBLEMS_SHOWN]]
        if len(problems) > _PROBLEMS_SHOWN:
            shown.append(f"  and {len(problems) - _PROBLEMS_SHOWN} more")
        raise CatalogError("\n".join([f"{heading}:", *shown]))


# ---- checks -----------------------------------------------------------------------------------------------------


def shop_problems(shop: Shop) -> Iterator[str]:
    """Everything that makes a shop unusable: ids twice, sizes and numbers out of range, facings that lead nowhere."""
    if shop.currency not in CURRENCY_EXPONENTS:
        yield f"currency {shop.currency!r} is unknown; use an ISO 4217 code such as {', '.join(('USD', 'EUR', 'JPY'))}"
    yield from _doubles("product", (product.id for product in shop.products))
    yield from _doubles("fixture", (fixture.id for fixture in shop.fixtures))
    yield from _doubles("camera", (camera.id for camera in shop.cameras))
    for product in shop.products:
        yield from _product_problems(product)
    for fixture in shop.fixtures:
        yield from _fixture_problems(fixture)
    plates = sum(len(shelf.plates) for fixture in shop.fixtures for shelf in fixture.shelves)
    if plates > SHOP_PLATES_MAX:
        yield f"{plates} plates, but a shop has at most {SHOP_PLATES_MAX}; split it"
    yield from _facing_problems(shop)
    for camera in shop.cameras:
        yield from (f"camera {camera.id!r}: {problem}" for problem in camera_problems(camera))
    yield from _tariff_problems(shop)
    for zone in shop.zones:
        corners = (zone.x_min_m, zone.y_min_m, zone.x_max_m, zone.y_max_m)
        if not all(map(math.isfinite, corners)) or zone.x_min_m >= zone.x_max_m or zone.y_min_m >= zone.y_max_m:
            yield f"zone {zone.name!r}: {corners} m is no rectangle"


def _doubles(what: str, ids: Iterable[str]) -> Iterator[str]:
    seen: set[str] = set()
    for name in ids:
        if not name:
            yield f"a {what} has no id"
        elif name in seen:
            yield f"{what} {name!r} stands there twice"
        seen.add(name)


def _product_problems(product: Product) -> Iterator[str]:
    for name, value in (("weight_g", product.weight_g), ("weight_sigma_g", product.weight_sigma_g)):
        if value is not None and not (math.isfinite(value) and value > 0):
            yield f"product {product.id!r}: {name} {value} is not above 0; leave it out where it is unknown"
    if product.price_minor is not None and not 0 <= product.price_minor <= _PRICE_MAX:
        yield f"product {product.id!r}: price_minor {product.price_minor} is not within 0 to {_PRICE_MAX}"
    if product.sold_by not in SOLD_BY:
        yield f"product {product.id!r}: sold_by {product.sold_by!r} is neither {' nor '.join(SOLD_BY)}"
    if not 0 <= product.min_age <= AGE_MAX:
        yield f"product {product.id!r}: min_age {product.min_age} is not within 0 to {AGE_MAX} years"


def _tariff_problems(shop: Shop) -> Iterator[str]:
    yield from _doubles("offer, deposit or fee", [*(o.id for o in shop.offers), *(s.id for s in shop.surcharges)])
    for entry in shop.prices:
        yield from (f"price of {entry.product!r}: {problem}" for problem in price_problems(entry))
    for offer in shop.offers:
        yield from (f"offer {offer.id!r}: {problem}" for problem in offer_problems(offer))
    for surcharge in shop.surcharges:
        yield from (f"{surcharge.kind} {surcharge.id!r}: {problem}" for problem in surcharge_problems(surcharge))


def _fixture_problems(fixture: Fixture) -> Iterator[str]:
    yield from _box_problems(f"fixture {fixture.id!r}", fixture.box)
    yield from _doubles(f"shelf of fixture {fixture.id!r},", (str(shelf.index) for shelf in fixture.shelves))
    for shelf in fixture.shelves:
        where = f"shelf {fixture.id}/{shelf.index}"
        if shelf.index < 1:
            yield f"{where}: shelves count from 1 at the bottom"
        yield from _box_problems(where, shelf.box)
        if len(shelf.plates) > SHELF_PLATES_MAX:
            yield f"{where}: {len(shelf.plates)} plates, but a shelf has at most {SHELF_PLATES_MAX}"
            continue
        previous = -math.inf
        for number, (left, right) in enumerate(shelf.plates, start=1):
            within = -_EDGE_TOLERANCE_M <= left < right <= shelf.box.width_m + _EDGE_TOLERANCE_M
            if not within or left < previous:
                yield f"{where}: plate {number} from {left:g} to {right:g} m does not fit or is out of order"
            previous = left


def _box_problems(where: str, box: Box) -> Iterator[str]:
    origin = box.pose.origin
    if not all(map(math.isfinite, (origin.x, origin.y, origin.z, box.pose.yaw_rad))):
        yield f"{where}: its place is not a number"
    sizes = (box.width_m, box.depth_m, box.height_m)
    if not all(math.isfinite(size) and size > 0 for size in sizes):
        yield f"{where}: a size of {' x '.join(f'{size:g}' for size in sizes)} m is not above 0"


def _facing_problems(shop: Shop) -> Iterator[str]:
    products: set[ProductId] = {product.id for product in shop.products}
    plates = {ref: len(shelf.plates) for ref, shelf in shop.shelf_index().items()}
    for facing in shop.facings:
        shelf = ShelfRef(facing.fixture, facing.shelf)
        where = f"facing of {facing.product!r} on {shelf}"
        if facing.product not in products:
            yield f"{where}: there is no such product"
        if shelf not in plates:
            yield f"{where}: there is no such shelf"
        elif not facing.plates:
            yield f"{where}: it has no plates"
        elif not all(1 <= plate <= plates[shelf] for plate in facing.plates):
            yield f"{where}: plates {facing.plates}, but the shelf has {plates[shelf]}"
