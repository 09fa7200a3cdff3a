"""The shop of the per-plate CSV layout: `products.csv`, one row per product and plate."""

import csv
import re
import unicodedata
from collections.abc import Iterator
from pathlib import Path

from tillfree.catalog.model import SHELF_PLATES_MAX, SHOP_PLATES_MAX, Facing, Fixture, Product, Shelf, Shop
from tillfree.core.geometry import Box, Point, Pose
from tillfree.core.ids import FixtureId, PlateRef, ProductId
from tillfree.storage.importers.catalogue import ProductRows, usable_price_minor, usable_weight_g
from tillfree.storage.importers.furniture import enclosing_fixture
from tillfree.storage.importers.json_lines import read_lines
from tillfree.storage.recordings.model import RecordingError
from tillfree.storage.recordings.soundness import SHELVES_MAX
from tillfree.storage.recordings.tally import Tally

__all__ = ["local_product_id", "read_shop"]

_COLUMNS = ("Name", "Gondola", "Shelf", "Plate", "Weight")
_LINE_BYTES_MAX = 100_000
_PLATE_M = 0.1016
_DEPTH_M = 0.4064
_SHELF_STEP_M = 0.25
_FIXTURE_GAP_M = 0.5
_FIXTURES_MAX = 1000


def read_shop(path: Path, name: str, tally: Tally) -> Shop:
    """The shop that the table describes, with an invented geometry; odd rows are counted.

    Raises:
        RecordingError: the file cannot be read, lacks a column, or places nothing on a plate.
    """
    rows = ProductRows(tally)
    places: dict[PlateRef, ProductId] = {}
    names: dict[ProductId, str] = {}
    for where, row in _rows(path, tally):
        product = _product(row, where, tally)
        if product is None:
            continue
        if names.setdefault(product.id, product.name) != product.name:
            tally.add("products of different names share an id: taken for one", f"{where}, {product.id}")
        rows.add(product, where, expected=True)
        ref = _place(row, where, tally)
        if ref is None:
            continue
        if places.setdefault(ref, product.id) != product.id:
            tally.add("two products on one plate: the first is used", f"{where}, plate {ref}")
    if not places:
        raise RecordingError(f"{path}: it places no product on any plate (columns Gondola, Shelf, Plate)")
    fixtures = _fixtures(places)
    plates = sum(len(shelf.plates) for fixture in fixtures for shelf in fixture.shelves)
    if plates > SHOP_PLATES_MAX:
        raise RecordingError(f"{path}: {plates} plates, more than {SHOP_PLATES_MAX}; is it the table of one shop?")
    rows.report()
    tally.add(
        f"places are not known: a plain layout is invented (plates {_PLATE_M * 100:.1f} cm wide, "
        f"shelves {_SHELF_STEP_M * 100:.0f} cm apart)"
    )
    return Shop(
        name=name,
        products=tuple(rows.products.values()),
        fixtures=fixtures,
        facings=tuple(_facings(places)),
    )


def local_product_id(name: str) -> ProductId:
    """A stable id for a product that has none: "local:" and its name in plain small letters."""
    plain = unicodedata.normalize("NFKD", name).encode("ascii", "ignore").decode().lower()
    return ProductId("local:" + (re.sub(r"[^a-z0-9]+", "-", plain).strip("-")[:120] or "unnamed"))


def _rows(path: Path, tally: Tally) -> Iterator[tuple[str, dict[str, str]]]:
    """Place in words and columns of each row.

    Raises:
        RecordingError: the file cannot be read or lacks a column.
    """
    lines = (
        line.decode("utf-8-sig" if number == 1 else "utf-8", "replace").replace("\0", "")
        for number, line in read_lines(path, tally, _LINE_BYTES_MAX)
        if line is not None
    )
    reader = csv.DictReader(lines)
    try:
        missing = [column for column in _COLUMNS if column not in (reader.fieldnames or ())]
        if missing:
            raise RecordingError(f"{path}: column {', '.join(missing)} missing in its first line")
        for row in reader:
            where = f"line {reader.line_num}"
            if None in row or None in row.values():
                tally.add(f"{path.name}: row of the wrong length", where)
            yield where, {key: value for key, value in row.items() if isinstance(key, str) and isinstance(value, str)}
    except csv.Error as error:
        raise RecordingError(f"{path}: not a table ({error}, line {reader.line_num})") from None


def _product(row: dict[str, str], where: str, tally: Tally) -> Product | None:
    name = row.get("Name", "").strip()
    codes = [code.strip() for code in row.get("Barcode", "").split("|") if code.strip()]
    if not name and not codes:
        tally.add("product row without name and id left out", where)
        return None
    if not codes:
        tally.add("product without a barcode: a local id is made from its name", name)
    elif len(codes) > 1:
        tally.add("product with several barcodes: the first is its id", where)
    return Product(
        id=ProductId(codes[0]) if codes else local_product_id(name),
        name=name or codes[0],
        weight_g=usable_weight_g(_number(row.get("Weight"))),
        price_minor=usable_price_minor(_number(row.get("Price"))),
        barcodes=tuple(codes[1:]),
    )


def _number(text: str | None) -> float | None:
    try:
        return float(text) if text else None
    except ValueError:
        return None


def _place(row: dict[str, str], where: str, tally: Tally) -> PlateRef | None:
    """The plate of a row, None for a product that lies on none (or on an impossible one, which is counted)."""
    try:
        fixture, shelf, plate = (int(row.get(column, "")) for column in ("Gondola", "Shelf", "Plate"))
    except ValueError:
        tally.add("product row without a readable place", where)
        return None
    if -1 in (fixture, shelf, plate):
        return None
    if not (0 <= fixture < 10**9 and 1 <= shelf <= SHELVES_MAX and 1 <= plate <= SHELF_PLATES_MAX):
        tally.add("product row with an impossible place", where)
        return None
    return PlateRef(FixtureId(str(fixture)), shelf, plate)


def _facings(places: dict[PlateRef, ProductId]) -> Iterator[Facing]:
    """Neighbouring plates of one product make one facing."""
    run: list[PlateRef] = []
    for ref in sorted(places, key=_order):
        if run and (
            ref.shelf_ref != run[-1].shelf_ref or ref.plate != run[-1].plate + 1 or places[ref] != places[run[-1]]
        ):
            yield _facing(run, places)
            run = []
        run.append(ref)
    yield _facing(run, places)


def _facing(run: list[PlateRef], places: dict[PlateRef, ProductId]) -> Facing:
    return Facing(places[run[0]], run[0].fixture, run[0].shelf, tuple(ref.plate for ref in run))


def _order(ref: PlateRef) -> tuple[int, int, int]:
    return int(ref.fixture), ref.shelf, ref.plate


def _fixtures(places: dict[PlateRef, ProductId]) -> tuple[Fixture, ...]:
    """Fixtures side by side along x, fronts at y = 0, every shelf as wide as the widest of its fixture."""
    plates: dict[FixtureId, int] = {}
    shelves: dict[FixtureId, set[int]] = {}
    for ref in sorted(places, key=_order):
        plates[ref.fixture] = max(plates.get(ref.fixture, 0), ref.plate)
        shelves.setdefault(ref.fixture, set()).add(ref.shelf)
    built = []
    left_m = 0.0
    for fixture, count in plates.items():
        edges = tuple((number * _PLATE_M, (number + 1) * _PLATE_M) for number in range(count))
        boxes = [
            Shelf(
                index,
                Box(Pose(Point(left_m, 0.0, index * _SHELF_STEP_M)), count * _PLATE_M, _DEPTH_M, _SHELF_STEP_M),
                edges,
            )
            for index in sorted(shelves[fixture])
        ]
        built.append(enclosing_fixture(fixture, boxes))
        left_m += count * _PLATE_M + _FIXTURE_GAP_M
    return tuple(built)
