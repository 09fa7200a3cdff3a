"""`tillfree demo`: a simulated shop that lives, in a browser, within seconds."""

import argparse
import tempfile
import time
from pathlib import Path

import msgspec

from tillfree.cli.serving import Keeper, open_browser, quiet_log, serve_console
from tillfree.cli.simulating import shop_named
from tillfree.cli.terminal import show
from tillfree.core.time import NS_PER_S
from tillfree.simulation.breakage import SimulatedBreaker
from tillfree.simulation.options import SimulationOptions
from tillfree.simulation.shifts import SimulatedShifts, options_for_crowd
from tillfree.simulation.stores.habits import HABITS
from tillfree.simulation.stores.named import STORES
from tillfree.storage.database.database import Database
from tillfree.store.running.running import RunningStore
from tillfree.web.console import Console

__all__ = ["PORT", "run_demo"]

PORT = 8420
HOST = "127.0.0.1"
"""The demo lets everybody in who reaches it, so nobody from outside this machine may."""
WARM_UP_S = 75.0
"""So much of the simulation runs ahead at the start, so that the shop is alive when the first page is seen."""
UNITS_PER_FACING = 12
"""How many units lie at each facing at the beginning, as if somebody had counted: assumed."""


def run_demo(arguments: argparse.Namespace) -> int:
    """Serves until Ctrl+C."""
    quiet_log()
    begin_s = time.monotonic()
    shop = shop_named(arguments.store)
    options = demo_options(arguments)
    source = SimulatedShifts(shop, options_for_crowd(shop, arguments.shoppers, options), arguments.store)
    with tempfile.TemporaryDirectory(prefix="tillfree-demo-") as folder, Database.open(folder) as database:
        keeper = Keeper(database, shop)
        store = RunningStore(
            source,
            store_name=shown_name(arguments.store),
            speed=arguments.speed,
            warm_up_s=WARM_UP_S,
            on_visit=keeper.on_visit,
            on_minute=keeper.on_minute,
            breaker=SimulatedBreaker(shop),
        )
        counted_ns = options.start_ns
        store.set_counts(dict.fromkeys(range(len(shop.facings)), (UNITS_PER_FACING, UNITS_PER_FACING, counted_ns)))
        console = Console(store, database, demo=True, scoreboard=keeper.scoreboard, trouble=lambda: keeper.trouble)

        def ready(address: str) -> None:
            show(
                f"{shown_name(arguments.store)} is open: {address}\n"
                f"(ready after {time.monotonic() - begin_s:.1f} s; everything in it is simulated; Ctrl+C ends it)\n"
            )
            if arguments.browser:
                open_browser(address)

        serve_console(console, HOST, arguments.port, ready)
    return 0


def shown_name(store: str) -> str:
    """What the shop is called on its pages and receipts: `Demo convenience store`, or the file's name."""
    return f"Demo {store} store" if store in STORES else Path(store).stem


def demo_options(arguments: argparse.Namespace) -> SimulationOptions:
    """People as they are usual in the store, without rushes, from now on.

    Raises:
        SimulationError: a value out of bounds.
    """
    habits = HABITS.get(arguments.store)
    usual = msgspec.structs.asdict(habits) if habits is not None else {}
    usual.pop("rushes", None)
    start_ns = time.time_ns() // NS_PER_S * NS_PER_S - int(WARM_UP_S) * NS_PER_S
    return SimulationOptions(**usual, awkward=arguments.awkward, seed=arguments.seed, start_ns=start_ns)
