"""What a shop is: its products, its furniture with weighing plates, and where each product is meant to lie."""

from collections.abc import Iterable

import msgspec

from tillfree.catalog.cameras import Camera
from tillfree.catalog.offers import Offer, PriceEntry, Surcharge
from tillfree.core.geometry import Box, Point
from tillfree.core.ids import FixtureId, PlateRef, ProductId, ShelfRef

__all__ = [
    "AGE_MAX",
    "SHELF_PLATES_MAX",
    "SHOP_PLATES_MAX",
    "SOLD_BY",
    "Facing",
    "Fixture",
    "Product",
    "Shelf",
    "Shop",
    "Zone",
    "plate_point",
]

SHELF_PLATES_MAX = 64
"""Real shelves have a dozen or two plates. What is worked out about a shelf grows with the square of their number."""
SHOP_PLATES_MAX = 100_000
SOLD_BY = ("unit", "weight")
AGE_MAX = 99


class Product(msgspec.Struct, frozen=True):
    """A thing that can be sold.

    `weight_g` is the weight of one unit, None where it is not known (such a product cannot be told by weight);
    `weight_sigma_g` its spread from unit to unit, None for the store's default share. `price_minor` is the shelf
    price of one unit in the shop's currency, None where unknown. `barcodes` are further codes of the same product.

    `sold_by` is "unit", or "weight" for loose goods: then `price_minor` is the price of one kilogram, and `weight_g`
    the mean weight of one piece, which says how many pieces were taken but not what they cost. `min_age` is how old a
    buyer must be, in years; 0 for anybody. `rfid` says whether each unit carries a tag. `tags` are words by which
    offers and deposits find the product, such as `beer` or `bottle-025`.
    """

    id: ProductId
    name: str
    weight_g: float | None = None
    weight_sigma_g: float | None = None
    price_minor: int | None = None
    tax_class: str = "standard"
    barcodes: tuple[str, ...] = ()
    sold_by: str = "unit"
    min_age: int = 0
    rfid: bool = False
    tags: tuple[str, ...] = ()


class Shelf(msgspec.Struct, frozen=True):
    """One shelf board: `box` reaches from its surface at the front left to the clear height above its back right.

    `plates` gives the left and right edge of each plate along the front in metres, plate 1 first.
    """

    index: int
    box: Box
    plates: tuple[tuple[float, float], ...]


class Fixture(msgspec.Struct, frozen=True):
    """A piece of furniture with shelves; its box encloses it."""

    id: FixtureId
    box: Box
    shelves: tuple[Shelf, ...]


class Facing(msgspec.Struct, frozen=True):
    """A place for one product: one or more neighbouring plates of one shelf."""

    product: ProductId
    fixture: FixtureId
    shelf: int
    plates: tuple[int, ...]


class Zone(msgspec.Struct, frozen=True):
    """A rectangle on the floor (metres) with a use: "exit" (also entry), "staff", "aisle" (where shoppers walk)."""

    name: str
    use: str
    x_min_m: float
    y_min_m: float
    x_max_m: float
    y_max_m: float


class Shop(msgspec.Struct, frozen=True):
    """A whole shop: what `tillfree` must know before the first event. Travels inside a recording.

    `prices` are prices for a time or for one store, in place of those of `products`; `offers` make carts cheaper,
    `surcharges` are deposits and fees.

    Lookups are plain scans made once by the components that need them; build your own index from these tuples.
    """

    name: str
    products: tuple[Product, ...]
    fixtures: tuple[Fixture, ...]
    facings: tuple[Facing, ...]
    zones: tuple[Zone, ...] = ()
    currency: str = "USD"
    cameras: tuple[Camera, ...] = ()
    prices: tuple[PriceEntry, ...] = ()
    offers: tuple[Offer, ...] = ()
    surcharges: tuple[Surcharge, ...] = ()

    def product_index(self) -> dict[ProductId, Product]:
        """Products by id."""
        return {product.id: product for product in self.products}

    def shelf_index(self) -> dict[ShelfRef, Shelf]:
        """Shelves by reference."""
        return {ShelfRef(f.id, s.index): s for f in self.fixtures for s in f.shelves}

    def plate_centres(self) -> dict[PlateRef, Point]:
        """Where an item on each plate is grasped (see `plate_point`)."""
        return {
            PlateRef(fixture.id, shelf.index, number): plate_point(shelf, number)
            for fixture in self.fixtures
            for shelf in fixture.shelves
            for number in range(1, len(shelf.plates) + 1)
        }

    def facings_on(self, shelf: ShelfRef) -> Iterable[Facing]:
        """The facings of one shelf, in the order of the planogram."""
        return (f for f in self.facings if f.fixture == shelf.fixture and f.shelf == shelf.shelf)


def plate_point(shelf: Shelf, plate: int) -> Point:
    """Where an item on the plate is grasped: middle of the plate's width, on the front edge, at the shelf's surface."""
    left, right = shelf.plates[plate - 1]
    return shelf.box.pose.to_parent(Point((left + right) / 2, 0.0, 0.0))
