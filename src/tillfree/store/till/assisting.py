"""The assisted sale: staff hand something over to somebody who is inside, or take it back."""

import msgspec

from tillfree.commerce.assisted import standing
from tillfree.commerce.trips import StaffLine, Trip
from tillfree.core.ids import ProductId, TripId
from tillfree.store.till.base import TillBase
from tillfree.store.till.errors import TillError

__all__ = ["ADDED_MAX", "PRICE_MINOR_MAX", "QUANTITY_MAX", "WEIGHT_G_MAX", "Assisting"]

QUANTITY_MAX = 100
WEIGHT_G_MAX = 100_000
PRICE_MINOR_MAX = 10**9
ADDED_MAX = 500
"""So many times staff may hand something over, or take it back, on one trip."""
_KEY_MAX = 500


class Assisting(TillBase):
    """The part of the till that staff serve shoppers with. What they hand over is certain, and part of the cart."""

    def add_item(
        self,
        trip: TripId,
        product: ProductId,
        quantity: int = 1,
        *,
        key: str,
        by: str,
        weight_g: int | None = None,
        price_minor: int | None = None,
        scan: str = "",
    ) -> Trip:
        """Staff handed something over: `weight_g` and `price_minor` of each, where a label or a scale says so.

        `key` is made by whoever asks: again with the same one nothing happens. `by` is the role of the writer.

        Raises:
            TillError: nobody of the trip is inside, nobody pays for it, or the key was used for something else.
        """
        line = StaffLine(
            key=key, product=product, quantity=quantity, time_ns=self._now_ns(), by=by, weight_g=weight_g,
            price_minor=price_minor, scan=scan,
        )  # fmt: skip
        return self._assist(trip, line, 1)

    def take_off(
        self,
        trip: TripId,
        product: ProductId,
        quantity: int = 1,
        *,
        key: str,
        by: str,
        weight_g: int | None = None,
        price_minor: int | None = None,
        scan: str = "",
    ) -> Trip:
        """The opposite: staff took back what staff had handed over.

        Raises:
            TillError: as `add_item`; or so many of it, with this weight and price, were not handed over.
        """
        line = StaffLine(
            key=key, product=product, quantity=quantity, time_ns=self._now_ns(), by=by, weight_g=weight_g,
            price_minor=price_minor, scan=scan,
        )  # fmt: skip
        return self._assist(trip, line, -1)

    # ---- inside ---------------------------------------------------------------------------------------------

    def _assist(self, trip: TripId, line: StaffLine, sign: int) -> Trip:
        _check(line)
        line = msgspec.structs.replace(line, quantity=sign * line.quantity)
        with self._book() as book:
            found = self._need(book, trip)
            known = next((other for other in found.added if other.key == line.key), None)
            if known is not None:
                if msgspec.structs.replace(known, time_ns=line.time_ns, by=line.by) != line:
                    raise TillError(f"trip {trip!r}: the key {line.key!r} was used for something else; make a new one")
                return found
            if found.status != "inside" or found.closed_ns:
                raise TillError(f"trip {trip!r} is over ({found.status}): serve who is inside; refund what is paid")
            if found.asked:
                raise TillError(f"trip {trip!r} is a sale of a till, and is paid as that till asked for it")
            if found.role != "shopper":
                raise TillError(f"trip {trip!r} is of staff or a delivery: nobody pays for it")
            if len(found.added) >= ADDED_MAX:
                raise TillError(f"trip {trip!r}: staff changed it {ADDED_MAX} times already; open another trip")
            stands = standing(found.added, line)
            if stands + line.quantity < 0:
                raise TillError(
                    f"trip {trip!r}: {-line.quantity} of {line.product!r} cannot be taken off; staff added {stands} "
                    "like it"
                )
            return self._closing.keep(book, msgspec.structs.replace(found, added=(*found.added, line)))


def _check(line: StaffLine) -> None:
    if not line.key or len(line.key) > _KEY_MAX:
        raise TillError(f"a key of {len(line.key)} characters: give 1 to {_KEY_MAX}")
    for name, value, low, high in (
        ("quantity", line.quantity, 1, QUANTITY_MAX),
        ("weight", line.weight_g, 1, WEIGHT_G_MAX),
        ("price", line.price_minor, 0, PRICE_MINOR_MAX),
    ):
        if value is not None and not low <= value <= high:
            raise TillError(f"product {line.product!r}: a {name} of {value} is not within {low} to {high}")
