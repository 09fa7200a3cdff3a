"""Everything between one store and its retailer's systems, made from the settings and worked by one `tick`."""

import os
import time
from collections.abc import Callable

from tillfree.catalog.model import Shop
from tillfree.commerce.payments.payment import main_hold
from tillfree.commerce.trips import Trip
from tillfree.connectors.errors import SignatureError
from tillfree.connectors.retailer.client import RetailerClient
from tillfree.connectors.retailer.signing import keys_of
from tillfree.core.time import NS_PER_HOUR
from tillfree.storage.database.database import Database
from tillfree.store.retailer.event_feed import EventFeed
from tillfree.store.retailer.identity import RetailerGate
from tillfree.store.retailer.ordering import OrderWorker, TripBook
from tillfree.store.retailer.sales_files import SalesFiles
from tillfree.store.settings import StoreSettings
from tillfree.store.till.till import Till

__all__ = ["RetailerHouse", "connector_key", "retailer_gate"]


def connector_key(settings: StoreSettings) -> str:
    """The key for calls to the connectors, from the environment.

    Raises:
        SignatureError: calls are to be signed, and there is no such key.
    """
    retailer = settings.retailer
    key = os.environ.get(retailer.connector_key_env, "").strip()
    if not retailer.endpoint or retailer.connector_auth == "none":
        return key
    if not key:
        raise SignatureError(
            f"the environment variable {retailer.connector_key_env} is not set; put the key of the connectors in it, "
            'or set retailer.connector_auth = "none"'
        )
    if retailer.connector_auth == "sigv4":
        keys_of(key)
    return key


def retailer_gate(settings: StoreSettings, now_ns: Callable[[], int], *, timeout_s: float) -> RetailerGate | None:
    """What a gate asks of codes and cards, for `EntryDesk(retailer=...)`; None where the store itself knows all.

    Raises:
        TillfreeError: the settings or the key cannot be used.
    """
    retailer = settings.retailer
    asked = retailer.identifies == "retailer" or retailer.loyalty == "retailer" or retailer.risk != "none"
    if not retailer.endpoint or not asked:
        return None
    client = RetailerClient(retailer, connector_key(settings), now_ns=now_ns)
    return RetailerGate(client, retailer, timeout_s=timeout_s)


def _hold_ends_ns(database: Database, trip: Trip) -> int:
    payment = database.payment_of_trip(trip.id)
    hold = None if payment is None else main_hold(payment)
    return 0 if hold is None else hold.expires_ns


class RetailerHouse:
    """The workers. `tick` is called about every second by one thread; it may wait for the retailer."""

    def __init__(
        self,
        database: Database,
        trips: TripBook,
        till: Till,
        settings: StoreSettings,
        shop: Callable[[], Shop],
        now_ns: Callable[[], int],
        *,
        seed: int = 0,
    ) -> None:
        """Raises SignatureError: there is no key for the connectors."""
        retailer = settings.retailer
        self._client: RetailerClient | None = None
        self._orders: OrderWorker | None = None
        if retailer.prices == "retailer" and retailer.endpoint:
            # Signatures are of the clock on the wall, also where the store plays a recording.
            self._client = RetailerClient(retailer, connector_key(settings), now_ns=time.time_ns)
            self._orders = OrderWorker(
                database,
                trips,
                till,
                self._client,
                retailer,
                shop,
                now_ns,
                hold_ends_ns=lambda trip: _hold_ends_ns(database, trip),
                review_ns=settings.payments.review_h * NS_PER_HOUR,
                seed=seed,
            )
        self._feed = EventFeed(database, retailer, now_ns)
        self._sales = SalesFiles(database, trips, retailer, now_ns)

    @property
    def is_needed(self) -> bool:
        """Whether there is anything to do at all with these settings."""
        return self._orders is not None or self._feed.is_wanted or self._sales.is_wanted

    def tick(self) -> None:
        """All that is due; see `OrderWorker`, `EventFeed` and `SalesFiles`."""
        if self._orders is not None:
            self._orders.tick()
        self._feed.tick()
        self._sales.tick()

    def close(self) -> None:
        """Closes the connections; what waits goes on at the next start."""
        if self._client is not None:
            self._client.close()
        self._feed.close()
