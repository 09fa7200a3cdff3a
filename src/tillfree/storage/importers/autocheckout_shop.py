"""The shop of the AutoCheckout layout: `planogram.json` (places, metres) and `products.json` (grams)."""

from pathlib import Path

import msgspec

from tillfree.catalog.errors import CatalogError
from tillfree.catalog.model import SHELF_PLATES_MAX, SHOP_PLATES_MAX, Facing, Product, Shop
from tillfree.catalog.product_table import read_products
from tillfree.core.ids import FixtureId, ProductId, ShelfRef
from tillfree.storage.importers.furniture import FacingPlace, build_fixtures
from tillfree.storage.importers.json_lines import decode_lines
from tillfree.storage.importers.small_file import read_small_file
from tillfree.storage.recordings.model import RecordingError
from tillfree.storage.recordings.tally import Tally

__all__ = ["read_shop"]

_SHELVES_MAX = 100
_FIXTURES_MAX = 1000


class _Id(msgspec.Struct, frozen=True):
    id: str | int | None = None


class _ShelfId(msgspec.Struct, frozen=True):
    gondola_id: _Id
    shelf_index: int


class _PlateId(msgspec.Struct, frozen=True):
    shelf_id: _ShelfId
    plate_index: int


class _Vector(msgspec.Struct, frozen=True):
    # The exporter leaves out a coordinate of exactly 0.
    x: float = 0.0
    y: float = 0.0
    z: float = 0.0


class _Transform(msgspec.Struct, frozen=True):
    translation: _Vector | None = None
    rotation: _Vector = _Vector()


class _Coordinates(msgspec.Struct, frozen=True):
    transform: _Transform = _Transform()
    dim_x: float = 0.0
    dim_y: float = 0.0
    dim_z: float = 0.0


class _FacingDocument(msgspec.Struct, frozen=True):
    plate_ids: list[_PlateId]
    planogram_product_id: _Id = _Id()
    global_coordinates: _Coordinates = _Coordinates()


_facings: "msgspec.json.Decoder[_FacingDocument]" = msgspec.json.Decoder(_FacingDocument)


def read_shop(folder: Path, tally: Tally) -> Shop:
    """The shop that the folder describes; odd rows are counted.

    Raises:
        RecordingError: a file cannot be read, or holds no usable facing or product at all.
    """
    products = _read_products(folder / "products.json", tally)
    if not products:
        raise RecordingError(f"{folder / 'products.json'}: no usable product in it; export the catalogue again")
    facings, places = _read_planogram(folder / "planogram.json", tally)
    fixtures = build_fixtures(places, tally)
    plates = sum(len(shelf.plates) for fixture in fixtures for shelf in fixture.shelves)
    if plates > SHOP_PLATES_MAX:
        raise RecordingError(
            f"{folder / 'planogram.json'}: {plates} plates, more than {SHOP_PLATES_MAX}; is it of one shop?"
        )
    if not fixtures:
        raise RecordingError(f"{folder / 'planogram.json'}: no usable facing in it; export the planogram again")
    shelves = {ShelfRef(f.id, s.index) for f in fixtures for s in f.shelves}
    kept = []
    for facing in facings:
        if ShelfRef(facing.fixture, facing.shelf) not in shelves:
            tally.add("facing on a shelf of unknown place left out", f"fixture {facing.fixture}, shelf {facing.shelf}")
            continue
        kept.append(facing)
        if facing.product not in products:
            tally.add("product of the planogram is not in the catalogue: its weight is unknown", facing.product)
            products[facing.product] = Product(facing.product, facing.product)
    return Shop(
        name=folder.resolve().name,
        products=tuple(products.values()),
        fixtures=fixtures,
        facings=tuple(kept),
    )


def _text_id(identity: str | int | None) -> str:
    return "" if identity is None else str(identity).strip()


def _read_products(path: Path, tally: Tally) -> dict[ProductId, Product]:
    """The catalogue by id; what its report finds is counted by kind."""
    try:
        products, report = read_products(read_small_file(path), path.name)
    except CatalogError as error:
        raise RecordingError(f"{path.parent}: {error}") from None
    for issue in report.rows:
        tally.add(
            f"{path.name}: {issue.kind.value}", f"line {issue.line}, {issue.subject}: {issue.detail}", issue.count
        )
    return {product.id: product for product in products}


def _read_planogram(path: Path, tally: Tally) -> tuple[list[Facing], list[FacingPlace]]:
    facings: list[Facing] = []
    places: list[FacingPlace] = []
    fixtures: set[FixtureId] = set()
    for number, _, document in decode_lines(path, _facings, tally):
        where = f"line {number}"
        shelves: dict[ShelfRef, set[int]] = {}
        for plate in document.plate_ids:
            fixture = FixtureId(_text_id(plate.shelf_id.gondola_id.id))
            shelf = plate.shelf_id.shelf_index
            if not (fixture and 1 <= shelf <= _SHELVES_MAX and 1 <= plate.plate_index <= SHELF_PLATES_MAX):
                tally.add("planogram names an impossible plate: left out", where)
                continue
            fixtures.add(fixture)
            if len(fixtures) > _FIXTURES_MAX:
                raise RecordingError(f"{path}: more than {_FIXTURES_MAX} fixtures (line {number}); is it a planogram?")
            shelves.setdefault(ShelfRef(fixture, shelf), set()).add(plate.plate_index)
        if not shelves:
            tally.add("facing without plates left out", where)
        product = ProductId(_text_id(document.planogram_product_id.id))
        if shelves and not product:
            tally.add("facing without a product left out (its plates are kept)", where)
        for ref, plates in shelves.items():
            ordered = tuple(sorted(plates))
            places.append(_place(ref, ordered, document.global_coordinates))
            if product:
                facings.append(Facing(product, ref.fixture, ref.shelf, ordered))
    return facings, places


def _place(shelf: ShelfRef, plates: tuple[int, ...], coordinates: _Coordinates) -> FacingPlace:
    at = coordinates.transform.translation
    return FacingPlace(
        shelf=shelf,
        plates=plates,
        origin=None if at is None else (at.x, at.y, at.z),
        yaw_rad=coordinates.transform.rotation.z,
        width_m=coordinates.dim_x,
        depth_m=coordinates.dim_y,
        height_m=coordinates.dim_z,
    )
