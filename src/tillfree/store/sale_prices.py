"""What things cost at the time of a sale, for whatever is priced after it: reviews, parties, the certain part, offers.

A live store goes by the wall clock: the time of a sale says which version of the shop was in force, in this run of the
program or in an earlier one, as the database remembers it. A recording or a simulation plays times of its own; there
the running store itself knows which of its states was in force when, and versions in the database mean nothing.
"""

import threading
from collections import OrderedDict

from tillfree.catalog.model import Shop
from tillfree.commerce.pricing import Pricing
from tillfree.storage.database.database import Database
from tillfree.store.running.running import RunningStore
from tillfree.store.running.shop_change import as_sold

__all__ = ["SalePrices"]

_KEPT_MAX = 8


class SalePrices:
    """Gives the pricing of a time. May be called by any thread, also by one that writes into the database."""

    def __init__(self, store: RunningStore, database: Database) -> None:
        self._store = store
        self._database = database
        self._lock = threading.Lock()
        # A pricing is made of a whole catalogue; the shops stand beside it, so that no other takes on their identity.
        self._made: OrderedDict[tuple[int, int, str], tuple[Shop, Shop, Pricing]] = OrderedDict()

    def __call__(self, time_ns: int, name: str = "") -> Pricing:
        """The prices, offers and taxes at a time; `name` is that of the store on receipts, if not its own.

        What had no price then, or was in no catalogue, has today's.
        """
        now = self._store.shop
        then = self._shop_at(time_ns) or now
        name = name or self._store.name
        key = (id(then), id(now), name)
        with self._lock:
            made = self._made.get(key)
            if made is not None:
                self._made.move_to_end(key)
                return made[2]
        pricing = Pricing(as_sold(then, now), self._store.settings.commerce, name)
        with self._lock:
            self._made[key] = (then, now, pricing)
            if len(self._made) > _KEPT_MAX:
                self._made.popitem(last=False)
        return pricing

    def _shop_at(self, time_ns: int) -> Shop | None:
        running = self._store.shop_at(time_ns)
        if running is not None:
            return running
        version = self._database.shop_at(time_ns)
        return None if version is None else version.shop
