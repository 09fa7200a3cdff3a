"""What can be done to a planogram, each as a function from a shop to a shop; what cannot be done says why."""

import msgspec

from tillfree.catalog.model import Facing, Shop
from tillfree.core.ids import FixtureId, ProductId, ShelfRef
from tillfree.web.errors import WebError
from tillfree.web.texts import later

__all__ = ["MoveError", "move", "narrow", "place", "remove", "swap", "users_of", "widen"]


class MoveError(WebError):
    """This cannot be done: `text` with `values` filled in says why; it is translated when it is shown."""

    def __init__(self, text: str, **values: object) -> None:
        super().__init__(text % values)
        self.text, self.values = text, values


def users_of(shop: Shop, shelf: ShelfRef) -> dict[int, list[int]]:
    """By plate of a shelf, the facings (by their place in the planogram) that use it."""
    users: dict[int, list[int]] = {}
    for number, facing in enumerate(shop.facings):
        if facing.fixture == shelf.fixture and facing.shelf == shelf.shelf:
            for plate in facing.plates:
                users.setdefault(plate, []).append(number)
    return users


def move(shop: Shop, number: int, shelf: ShelfRef, first: int, count: int) -> Shop:
    """The facing on other plates: `count` from `first` on."""
    facing = _facing(shop, number)
    return _with(shop, number, _fitted(shop, facing.product, shelf, (first, count), number))


def place(shop: Shop, product: ProductId, shelf: ShelfRef, first: int, count: int) -> Shop:
    """A new facing for a product of the shop."""
    if all(known.id != product for known in shop.products):
        raise MoveError(later("There is no such product."))
    return msgspec.structs.replace(shop, facings=(*shop.facings, _fitted(shop, product, shelf, (first, count), None)))


def swap(shop: Shop, one: int, other: int) -> Shop:
    """Two facings with each other's product."""
    first, second = _facing(shop, one), _facing(shop, other)
    if first.product == second.product:
        raise MoveError(later("Both places are of the same product."))
    shop = _with(shop, one, msgspec.structs.replace(first, product=second.product))
    return _with(shop, other, msgspec.structs.replace(second, product=first.product))


def widen(shop: Shop, number: int) -> Shop:
    """The facing with one plate more: to its right if that is free, else to its left."""
    facing = _facing(shop, number)
    shelf = ShelfRef(facing.fixture, facing.shelf)
    used, plates = users_of(shop, shelf), _plates(shop, shelf)
    for plate in (max(facing.plates) + 1, min(facing.plates) - 1):
        if 1 <= plate <= plates and plate not in used:
            wider = tuple(sorted((*facing.plates, plate)))
            return _with(shop, number, msgspec.structs.replace(facing, plates=wider))
    raise MoveError(later("There is no free plate beside it."))


def narrow(shop: Shop, number: int) -> Shop:
    """The facing without its rightmost plate."""
    facing = _facing(shop, number)
    if len(facing.plates) == 1:
        raise MoveError(later("It has one plate only. Remove it instead."))
    return _with(shop, number, msgspec.structs.replace(facing, plates=tuple(sorted(facing.plates))[:-1]))


def remove(shop: Shop, number: int) -> Shop:
    """The planogram without the facing; its product stays in the catalogue."""
    _facing(shop, number)
    return msgspec.structs.replace(shop, facings=shop.facings[:number] + shop.facings[number + 1 :])


def _facing(shop: Shop, number: int) -> Facing:
    if not 0 <= number < len(shop.facings):
        raise MoveError(later("There is no such place any more."))
    return shop.facings[number]


def _with(shop: Shop, number: int, facing: Facing) -> Shop:
    return msgspec.structs.replace(shop, facings=(*shop.facings[:number], facing, *shop.facings[number + 1 :]))


def _plates(shop: Shop, shelf: ShelfRef) -> int:
    for fixture in shop.fixtures:
        for board in fixture.shelves:
            if (fixture.id, board.index) == (shelf.fixture, shelf.shelf):
                return len(board.plates)
    raise MoveError(later("There is no shelf %(shelf)s."), shelf=str(shelf))


def _fitted(shop: Shop, product: ProductId, shelf: ShelfRef, span: tuple[int, int], mine: int | None) -> Facing:
    """A facing on these plates, if they are there and nobody else's."""
    first, count = span
    plates = _plates(shop, shelf)
    if first < 1 or count < 1 or first + count - 1 > plates:
        text = later("Shelf %(shelf)s has plates 1 to %(plates)s: that does not fit.")
        raise MoveError(text, shelf=str(shelf), plates=plates)
    used = users_of(shop, shelf)
    names = {known.id: known.name for known in shop.products}
    for plate in range(first, first + count):
        others = [number for number in used.get(plate, ()) if number != mine]
        if others:
            holder = shop.facings[others[0]].product
            text = later("Plate %(plate)s of shelf %(shelf)s is taken by %(name)s.")
            raise MoveError(text, plate=plate, shelf=str(shelf), name=names.get(holder) or holder)
    return Facing(product, FixtureId(shelf.fixture), shelf.shelf, tuple(range(first, first + count)))
