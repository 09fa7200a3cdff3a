"""Which product lies on which plates: families of an invented brand side by side, shelf after shelf.

Numbers are GTIN-13 (a case of several has a GTIN-14) of a company prefix that nobody owns, with right check digits.
Loose goods have five digits of the form of a PLU code; which number stands for what is invented.
"""

import math
import statistics
from collections.abc import Iterator, Sequence

import numpy as np

from tillfree.catalog.barcodes import check_digit
from tillfree.catalog.model import Facing, Fixture, Product
from tillfree.core.ids import ProductId
from tillfree.simulation.stores.goods import Kind

__all__ = ["Assortment", "Department"]

Department = tuple[Sequence[Kind], Sequence[Fixture]]
"""Kinds of goods, and the fixtures on which they lie."""

_FIRST = (
    "Amber", "Birch", "Cobble", "Dapple", "Ester", "Flint", "Grove", "Hazel", "Inkle", "Jasper", "Kelda", "Larch",
    "Moss", "Nettle", "Osier", "Pebble", "Quarry", "Russet", "Sorrel", "Thistle", "Ulver", "Vetch", "Willow", "Yonder",
)  # fmt: skip
_LAST = ("brook", "croft", "dale", "fold", "garth", "holm", "ley", "mere", "stead", "thorpe")
_BRANDS = len(_FIRST) * len(_LAST)
_EXTRA_MAX = 8
_LIGHTEST_G, _FAMILY_MAX = 25.0, 4


class Assortment:
    """Products and facings of one store, made while its shelves are filled.

    `number` tells stores apart in their GTINs (1 to 9); prices are whole multiples of `step_minor`, less
    `less_minor`: 10 and 1 give prices that end in 9.
    """

    def __init__(self, number: int, rng: np.random.Generator, *, step_minor: int = 10, less_minor: int = 1) -> None:
        self._number, self._rng = number, rng
        self._step_minor, self._less_minor = step_minor, less_minor
        self._families = 0
        self._loose = 0
        self._made: dict[str, int] = {}
        self.products: list[Product] = []
        self.facings: list[Facing] = []

    def fill(self, departments: Sequence[Department], products: int) -> None:
        """Fills all shelves with so many products, each department by its plates and the width of its goods."""
        plates = [sum(len(shelf.plates) for f in fixtures for shelf in f.shelves) for _, fixtures in departments]
        assert products <= sum(plates), f"{products} products need more than {sum(plates)} plates"
        room = [
            count / statistics.mean(kind.plates for kind in kinds)
            for count, (kinds, _) in zip(plates, departments, strict=True)
        ]
        for (kinds, fixtures), count, most in zip(departments, _shares(products, room, plates), plates, strict=True):
            self._fill_one(kinds, fixtures, count, most)

    def _fill_one(self, kinds: Sequence[Kind], fixtures: Sequence[Fixture], products: int, plates: int) -> None:
        goods = self._goods(kinds)
        for fixture in fixtures:
            for shelf in fixture.shelves:
                plate, last = 1, len(shelf.plates)
                while plate <= last and products:
                    product, wide = next(goods)
                    self.products.append(product)
                    spare = plates - products
                    width = min(1 + min(wide - 1, spare), last - plate + 1)
                    # What is left over is shared out: goods that sell well have more room.
                    extra = int((spare - width + 1) / products + self._rng.random())
                    extra = min(extra, spare - width + 1, last - plate + 1 - width, _EXTRA_MAX)
                    spans = [width, extra] if wide == 1 else [width + extra]
                    for span in (span for span in spans if span):
                        numbers = tuple(range(plate, plate + span))
                        self.facings.append(Facing(product.id, fixture.id, shelf.index, numbers))
                        plate += span
                    products -= 1
                    plates -= width + extra
                plates -= last - plate + 1
        assert not products

    def _goods(self, kinds: Sequence[Kind]) -> Iterator[tuple[Product, int]]:
        """Endless families, kind after kind in an order that changes each round."""
        while True:
            for k in self._rng.permutation(len(kinds)):
                yield from self._family(kinds[int(k)])

    def _family(self, kind: Kind) -> Iterator[tuple[Product, int]]:
        rng, family = self._rng, self._families
        self._families += 1
        nth = self._made.get(kind.name, 0)
        self._made[kind.name] = nth + 1
        # Seven has no divisor in common with the number of brands: all are used before one comes again.
        first, last = divmod((7 * nth + 13 * len(kind.name)) % _BRANDS, len(_LAST))
        brand = f"{_FIRST[first]}{_LAST[last]}"
        weight_g = float(np.exp(rng.uniform(math.log(kind.light_g), math.log(kind.heavy_g))))
        sorts = rng.permutation(np.array(kind.sorts))[: int(rng.integers(2, _FAMILY_MAX + 1))]
        for item, sort in enumerate(sorts.tolist()):
            unit_g = round(max(weight_g * (1.0 + 0.012 * float(rng.standard_normal())), _LIGHTEST_G), 1)
            product = Product(
                id=self._id(kind, family, item),
                name=f"{brand} {kind.name} {sort}",
                weight_g=unit_g,
                weight_sigma_g=round(kind.spread * unit_g, 2),
                price_minor=self._price(kind, unit_g),
                tax_class=kind.tax,
                sold_by=kind.sold_by,
                min_age=kind.min_age,
                rfid=kind.rfid,
            )
            yield product, kind.plates

    def _price(self, kind: Kind, unit_g: float) -> int:
        exact = kind.base + kind.per_100_g * unit_g / 100
        if kind.sold_by == "weight":
            exact = 10 * kind.per_100_g * float(self._rng.uniform(0.8, 1.3))
        return max(round(exact / self._step_minor), 1) * self._step_minor - self._less_minor

    def _id(self, kind: Kind, family: int, item: int) -> ProductId:
        if kind.sold_by == "weight":
            self._loose += 1
            return ProductId(str(84_000 + self._loose))
        body = f"00999{self._number}{family:04d}{item:02d}"
        if kind.case:
            body = f"1{body}"
        return ProductId(f"{body}{check_digit(body)}")


def _shares(total: int, room: Sequence[float], most: Sequence[int]) -> list[int]:
    """`total` in proportion to `room`, in whole numbers of at most `most` each (largest remainders first)."""
    exact = [total * part / sum(room) for part in room]
    shares = [min(int(value), limit) for value, limit in zip(exact, most, strict=True)]
    order = sorted(range(len(room)), key=lambda k: (shares[k] - exact[k], k))
    while sum(shares) < total:
        for k in order:
            if sum(shares) < total and shares[k] < most[k]:
                shares[k] += 1
    return shares
