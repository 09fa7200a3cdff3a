"""`tillfree demo`: a simulated shop that lives, in a browser, within seconds."""

import argparse
import tempfile
import time
from contextlib import ExitStack
from pathlib import Path
from zoneinfo import ZoneInfo

import msgspec

from tillfree.catalog.model import Shop
from tillfree.cli.money import beside, receipt_desk
from tillfree.cli.serving import Keeper, open_browser, quiet_log, serve_console
from tillfree.cli.simulating import shop_named
from tillfree.cli.terminal import show
from tillfree.commerce.settings import CommerceSettings
from tillfree.connectors.processors.settings import ProcessorSettings
from tillfree.core.money import Money
from tillfree.core.time import NS_PER_S
from tillfree.identity.keys import SigningKey
from tillfree.identity.settings import EntrySettings
from tillfree.simulation.breakage import SimulatedBreaker
from tillfree.simulation.entrance.gate import SimulatedEntrance
from tillfree.simulation.entrance.switches import Switches
from tillfree.simulation.entrance.taps import SimulatedCardGate
from tillfree.simulation.entrance.wallets import Wallets
from tillfree.simulation.options import ActRates, SimulationOptions
from tillfree.simulation.payments.processor import SimulatedProcessor
from tillfree.simulation.shifts import SimulatedShifts, options_for_crowd
from tillfree.simulation.stores.habits import HABITS
from tillfree.simulation.stores.named import STORES
from tillfree.simulation.stores.offers import with_offers
from tillfree.storage.database.database import Database
from tillfree.store.counter import Counter
from tillfree.store.entry.key_files import KeyFolder
from tillfree.store.running.running import RunningStore
from tillfree.store.running.sources import Source
from tillfree.store.settings import StoreSettings
from tillfree.store.stream_clock import StreamClock
from tillfree.store.workers import Worker
from tillfree.web.console import Console

__all__ = ["demo_counter", "demo_settings", "run_demo"]

HOST = "127.0.0.1"
"""The demo lets everybody in who reaches it, so nobody from outside this machine may."""
WARM_UP_S = 75.0
"""So much of the simulation runs ahead at the start, so that the shop is alive when the first page is seen."""
UNITS_PER_FACING = 12
"""How many units lie at each facing at the beginning, as if somebody had counted: assumed."""
GATE = "gate"
"""What the gate of a simulation is called."""
PROVES_AGE = 0.9
"""Share of payers of whom an age was proved, by their credential or to somebody of the staff: assumed."""
SLIPS_IN = 0.1
"""How often somebody slips in behind somebody else, relative to other awkward acts: assumed."""

TAXES_PPM = {"food": 70_000, "reduced": 70_000}
USUAL_TAX_PPM = 190_000
"""Rates of tax, so that receipts have some: assumed."""


def run_demo(arguments: argparse.Namespace) -> int:
    """Serves until Ctrl+C."""
    quiet_log()
    begin_s = time.monotonic()
    shop = with_offers(shop_named(arguments.store))
    options = demo_options(arguments)
    source = SimulatedShifts(shop, options_for_crowd(shop, arguments.shoppers, options), arguments.store)
    settings = demo_settings(shop)
    with ExitStack() as stack:
        folder = stack.enter_context(tempfile.TemporaryDirectory(prefix="tillfree-demo-"))
        database = stack.enter_context(Database.open(folder))
        key = KeyFolder(Path(folder)).make(("shopper", "associate"))
        counter, entrance, worker = demo_counter(database, settings, source, key, stack, seed=arguments.seed)
        keeper = Keeper(database, shop, counter.on_visit)
        store = RunningStore(
            source,
            settings,
            store_name=shown_name(arguments.store),
            speed=arguments.speed,
            warm_up_s=WARM_UP_S,
            on_visit=keeper.on_visit,
            on_minute=keeper.on_minute,
            on_entry=counter.on_entry,
            breaker=entrance,
        )
        receipts = receipt_desk(counter, database, settings, ZoneInfo("UTC"))
        counter.attach(store, [worker, *beside(counter, receipts, database, settings, lambda: store.shop)])
        counted_ns = options.start_ns
        store.set_counts(dict.fromkeys(range(len(shop.facings)), (UNITS_PER_FACING, UNITS_PER_FACING, counted_ns)))
        console = Console(
            store,
            database,
            demo=True,
            till=counter.till,
            desk=counter.desk,
            receipts=receipts,
            scoreboard=keeper.scoreboard,
            trouble=lambda: keeper.trouble,
            work_trouble=lambda: counter.trouble,
            simulated_money=True,
        )

        def ready(address: str) -> None:
            show(
                f"{shown_name(arguments.store)} is open: {address}\n"
                f"(ready after {time.monotonic() - begin_s:.1f} s; everything in it is simulated; Ctrl+C ends it)\n"
            )
            if arguments.browser:
                open_browser(address)

        serve_console(console, HOST, arguments.port, ready, counter)
    return 0


def demo_counter(
    database: Database, settings: StoreSettings, source: Source, key: SigningKey, stack: ExitStack, *, seed: int
) -> tuple[Counter, SimulatedEntrance, Worker]:
    """Till, desk and gate around a simulated processor; what tells of the processor's notices is the worker."""
    clock = StreamClock()
    wallets = Wallets(seed, key, settings.entry.store_code)
    processor = SimulatedProcessor(clock, seed=seed, cards={card.token: card for card in wallets.cards()})
    switches = Switches(processor)
    counter = Counter(
        database,
        settings,
        switches,
        clock,
        accounts=wallets,
        simulated=True,
    )
    stack.callback(counter.close)
    database.set_badges([(badge.badge, msgspec.msgpack.encode(badge)) for badge in wallets.badges()])
    hold = Money(settings.payments.hold_minor, settings.currency)
    cards = stack.enter_context(SimulatedCardGate(GATE, counter.desk, switches, hold, clock, seed))
    entrance = SimulatedEntrance(
        SimulatedBreaker(source.shop, gate=True), switches, counter.desk, cards, wallets, lambda: source.truth, clock
    )

    def tell_notices() -> None:
        for notice in processor.take_notices(clock()):
            counter.till.notice(notice.answer, notice=notice.id)

    return counter, entrance, Worker("notices of the processor", tell_notices)


def demo_settings(shop: Shop) -> StoreSettings:
    """Nobody comes in without showing something, prices include tax, and money is simulated."""
    return StoreSettings(
        currency=shop.currency,
        commerce=CommerceSettings(
            prices_include_tax=True,
            tax_rates_ppm={
                product.tax_class: TAXES_PPM.get(product.tax_class, USUAL_TAX_PPM) for product in shop.products
            },
        ),
        entry=EntrySettings(required=True),
        processor=ProcessorSettings(kind="simulated"),
    )


def shown_name(store: str) -> str:
    """What the shop is called on its pages and receipts: `Demo convenience store`, or the file's name."""
    return f"Demo {store} store" if store in STORES else Path(store).stem


def demo_options(arguments: argparse.Namespace) -> SimulationOptions:
    """People as they are usual in the store, without rushes, from now on; they show something at the gate.

    Raises:
        SimulationError: a value out of bounds.
    """
    habits = HABITS.get(arguments.store)
    usual = msgspec.structs.asdict(habits) if habits is not None else {}
    usual.pop("rushes", None)
    start_ns = time.time_ns() // NS_PER_S * NS_PER_S - int(WARM_UP_S) * NS_PER_S
    rates = msgspec.structs.replace(ActRates(), tailgate_in=SLIPS_IN)
    return SimulationOptions(
        **usual,
        awkward=arguments.awkward,
        seed=arguments.seed,
        start_ns=start_ns,
        entry=True,
        entry_ages=PROVES_AGE,
        rates=rates,
    )
