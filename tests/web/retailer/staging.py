"""A console with a till, called as a retailer calls it: signed, in JSON, under a clock that stands still."""

from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

import httpx2
import msgspec
from starlette.testclient import TestClient

from tests.store.retailer.staging import World, retailer_settings
from tillfree.catalog.model import Product, Shop
from tillfree.connectors.retailer.signing import Key, sign
from tillfree.core.ids import ProductId
from tillfree.simulation.demo_shop import demo_shop
from tillfree.simulation.options import SimulationOptions
from tillfree.simulation.recording import simulate
from tillfree.store.running.running import RunningStore
from tillfree.store.running.sources import RecordingSource
from tillfree.web.app import make_app
from tillfree.web.console import Console

__all__ = ["KEYS", "OTHER", "OURS", "Caller", "calling"]

KEYS = "AKIDRETAILER:a-secret AKIDOTHER:another-secret"
OURS, OTHER = Key("AKIDRETAILER", "a-secret"), Key("AKIDOTHER", "another-secret")
BASE = "http://127.0.0.1"


class Caller:
    """Calls the server; `world` is what lies behind it."""

    def __init__(self, world: World, console: Console, client: TestClient) -> None:
        self.world, self.console, self.client = world, console, client

    def call(
        self, path: str, body: Any, *, key: Key | None = OURS, headers: dict[str, str] | None = None
    ) -> httpx2.Response:
        data = body if isinstance(body, bytes) else msgspec.json.encode(body)
        found = headers
        if found is None:
            found = (
                {}
                if key is None
                else sign("POST", BASE + path, data, key, region="us-east-1", now_ns=self.world.now_ns)
            )
        # Calls of one test are not of one second.
        self.world.now_ns += 10**9
        answer: httpx2.Response = self.client.post(path, content=data, headers=found)
        return answer


@contextmanager
def calling(**retailer: Any) -> Iterator[Caller]:
    """A server whose shop has two shelves and some products without a place."""
    base = demo_shop(1)
    extra = (
        Product(ProductId("1001"), "Oat milk", 1030.0, price_minor=250, barcodes=("012345678905",), min_age=18),
        Product(ProductId("1002"), "Crisps", 180.0, price_minor=199),
    )
    shop: Shop = msgspec.structs.replace(base, products=base.products + extra)
    recording = simulate(shop, SimulationOptions(shoppers=1, seed=3))
    world = World(retailer_settings(**retailer), shop=recording.shop)
    store = RunningStore(RecordingSource(recording), world.settings, store_name="Corner shop", speed=float("inf"))
    store.start()
    store.wait_for_end(60)
    console = Console(store, world.database, till=world.till, now_ns=world.clock)
    try:
        with TestClient(make_app(console), base_url=BASE) as client:
            yield Caller(world, console, client)
    finally:
        store.stop()
        world.close()
