"""A fixture as it is drawn from the front: shelves from the top, plates as columns, products over their plates."""

from collections.abc import Iterable, Mapping, Sequence

import msgspec

from tillfree.catalog.model import Facing, Fixture, Product, Shelf, Shop
from tillfree.core.ids import FixtureId, ProductId
from tillfree.store.running.state import StockLine

__all__ = ["Cell", "ShelfDrawing", "counts_by_place", "draw_fixture"]

Place = tuple[ProductId, FixtureId, int, tuple[int, ...]]


class Cell(msgspec.Struct, frozen=True):
    """What stands over `span` plates from `first` on: a facing, by its place in the planogram, or nothing (-1).

    `waits` says that the facing is not in force yet; `stock` is what the store knows of it otherwise.
    """

    first: int
    span: int
    facing: int = -1
    product: ProductId = ProductId("")
    name: str = ""
    waits: bool = False
    stock: StockLine | None = None

    @property
    def last(self) -> int:
        """Its last plate."""
        return self.first + self.span - 1


class ShelfDrawing(msgspec.Struct, frozen=True):
    """One shelf. There is more than one lane only where several facings share a plate."""

    index: int
    plates: int
    lanes: tuple[tuple[Cell, ...], ...]

    @property
    def free(self) -> int:
        """How many plates nothing stands on."""
        return self.plates - len({plate for lane in self.lanes for cell in lane if cell.facing >= 0
                                  for plate in range(cell.first, cell.last + 1)})  # fmt: skip


def counts_by_place(lines: Iterable[StockLine]) -> dict[Place, StockLine]:
    """Stock by what lies where, which holds however the planogram is numbered."""
    return {(line.product, line.fixture, line.shelf, line.plates): line for line in lines}


def draw_fixture(
    shop: Shop, fixture: Fixture, in_force: Iterable[Facing], stock: Mapping[Place, StockLine]
) -> list[ShelfDrawing]:
    """The shelves of a fixture, the top one first."""
    products = shop.product_index()
    now = {_place(facing) for facing in in_force if facing.fixture == fixture.id}
    drawn = []
    for shelf in sorted(fixture.shelves, key=lambda shelf: shelf.index, reverse=True):
        cells = [
            cell
            for number, facing in enumerate(shop.facings)
            if facing.fixture == fixture.id and facing.shelf == shelf.index
            for cell in _cells(number, facing, products, _place(facing) not in now, stock)
        ]
        drawn.append(ShelfDrawing(shelf.index, len(shelf.plates), _lanes(shelf, cells)))
    return drawn


def _place(facing: Facing) -> Place:
    return facing.product, facing.fixture, facing.shelf, facing.plates


def _cells(
    number: int, facing: Facing, products: Mapping[ProductId, Product], waits: bool, stock: Mapping[Place, StockLine]
) -> Iterable[Cell]:
    """One cell, or one for each run of plates where they do not touch."""
    product = products.get(facing.product)
    name = product.name if product is not None else ""
    run: list[int] = []
    plates = sorted(set(facing.plates))
    for plate, following in zip(plates, [*plates[1:], None], strict=True):
        run.append(plate)
        if following != plate + 1:
            line = stock.get(_place(facing))
            yield Cell(run[0], len(run), number, facing.product, name or facing.product, waits, line)
            run = []


def _lanes(shelf: Shelf, cells: Sequence[Cell]) -> tuple[tuple[Cell, ...], ...]:
    """Cells side by side, in a further lane where the plates are taken; what is free is a cell too."""
    lanes: list[list[Cell]] = [[]]
    for cell in sorted(cells, key=lambda cell: (cell.first, cell.facing)):
        lane = next((lane for lane in lanes if not lane or lane[-1].last < cell.first), None)
        if lane is None:
            lane = []
            lanes.append(lane)
        lane.append(cell)
    return tuple(tuple(_filled(lane, len(shelf.plates), single=k == 0)) for k, lane in enumerate(lanes))


def _filled(lane: Sequence[Cell], plates: int, *, single: bool) -> Iterable[Cell]:
    at = 1
    for cell in [*lane, Cell(plates + 1, 0)]:
        gap = cell.first - at
        if single:
            yield from (Cell(plate, 1) for plate in range(at, cell.first))
        elif gap > 0:
            yield Cell(at, gap)
        if cell.span:
            yield cell
        at = cell.first + cell.span
