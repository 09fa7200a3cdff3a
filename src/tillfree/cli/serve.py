"""`tillfree serve`: the operator console on a recording that is played, or on the live events of a shop."""

import argparse
import sys
from contextlib import ExitStack
from pathlib import Path
from typing import IO

from tillfree.catalog.model import Shop
from tillfree.catalog.shop_file import decode_shop
from tillfree.cli.money import beside, counter_of, receipt_desk
from tillfree.cli.palm.serving import palm_desk_of, palm_doors_of
from tillfree.cli.palm.station import palm_room_of
from tillfree.cli.serving import Keeper, only_one, open_browser, quiet_log, remembered_shop, serve_console, zone_named
from tillfree.cli.shop_files import read_file
from tillfree.cli.terminal import TerminalError, say, show
from tillfree.core.ids import PlateRef
from tillfree.storage.database.database import Database
from tillfree.storage.recordings.opening import open_recording
from tillfree.store.palms.notice import notices_of_store
from tillfree.store.running.calibration import Calibration
from tillfree.store.running.running import RunningStore
from tillfree.store.running.sources import LineSource, RecordingSource, Source
from tillfree.store.settings import StoreSettings, load_settings
from tillfree.web.console import Console
from tillfree.web.stock.lines import facing_key
from tillfree.web.texts import FOLDER

__all__ = ["run_serve"]


def run_serve(arguments: argparse.Namespace) -> int:
    """Serves until Ctrl+C."""
    quiet_log()
    settings = load_settings(arguments.settings) if arguments.settings is not None else StoreSettings()
    zone = zone_named(arguments.timezone)
    with Database.open(arguments.data) as database, only_one(arguments.data), ExitStack() as stack:
        if not database.users():
            raise TerminalError(
                f"{arguments.data}: nobody may sign in yet; first run: "
                f"tillfree users add NAME --role manager --data {arguments.data}"
            )
        source = _source(arguments, database)
        palms = stack.enter_context(palm_desk_of(settings, arguments.data))
        doors = stack.enter_context(palm_doors_of(settings))
        counter = stack.enter_context(counter_of(database, settings, source.shop, palms))
        keeper = Keeper(database, source.shop, None if counter is None else counter.on_visit)
        store = RunningStore(
            source,
            settings,
            store_name=source.shop.name,
            speed=arguments.speed,
            calibration=_calibration(database),
            on_visit=keeper.on_visit,
            on_minute=keeper.on_minute,
            on_entry=None if counter is None else counter.on_entry,
        )
        receipts = None
        if counter is not None:
            receipts = receipt_desk(counter, database, settings, zone)
            counter.attach(store, beside(counter, receipts, database, settings, lambda: store.shop))
        _restore_counts(store, database)
        console = Console(
            store,
            database,
            till=None if counter is None else counter.till,
            desk=None if counter is None else counter.desk,
            receipts=receipts,
            palm_desk=palms,
            palm_doors=doors,
            palm_notices=notices_of_store(settings.palm, settings.name) if settings.palm.enabled else None,
            palm_room=palm_room_of(settings, palms, None if counter is None else counter.desk, doors),
            scoreboard=keeper.scoreboard,
            trouble=lambda: keeper.trouble,
            work_trouble=lambda: "; ".join(
                part.trouble for part in (counter, doors) if part is not None and part.trouble
            ),
            simulated_money=settings.processor.kind == "simulated",
            secure=arguments.https,
            names=frozenset(arguments.name or ()),
            zone=zone,
            texts=arguments.texts or FOLDER,
        )

        def ready(address: str) -> None:
            show(f"The console of {source.name}: {address} (Ctrl+C ends it)\n")
            if arguments.host not in ("127.0.0.1", "localhost", "::1") and not arguments.https:
                say("tillfree: passwords travel in the clear; put a proxy with HTTPS before it, and add --https")
            if arguments.browser:
                open_browser(address)

        try:
            serve_console(console, arguments.host, arguments.port, ready, counter)
        finally:
            keeper.finish()
    return 0


def _source(arguments: argparse.Namespace, database: Database) -> Source:
    """Live events from standard input where a shop is named, else the recording."""
    path: Path = arguments.source
    if path.suffix == ".json":
        shop = decode_shop(read_file(path, "a shop.json"), str(path))
        return LineSource(remembered_shop(database, shop), _standard_input(), path.stem)
    source = RecordingSource(open_recording(path), loop=arguments.loop)
    source.shop = remembered_shop(database, source.shop)
    return source


def _standard_input() -> IO[bytes]:
    """A reader of our own: the thread that waits in Python's would keep the process from ending in order."""
    if sys.stdin is None:
        raise TerminalError(
            "there is no standard input; the events of the shop are to come there, one per line as JSON"
        )
    return open(sys.stdin.fileno(), "rb", closefd=False)


def _calibration(database: Database) -> Calibration:
    gains: dict[PlateRef, float] = database.gains()
    return Calibration(gains)


def _restore_counts(store: RunningStore, database: Database) -> None:
    """What people counted before the last stop; goods that came or went meanwhile are not known."""
    counted = database.counts()
    shop: Shop = store.shop
    found = {
        number: counted.get(facing_key(facing.fixture, facing.shelf, facing.plates, facing.product))
        for number, facing in enumerate(shop.facings)
    }
    store.set_counts(
        {
            k: (count.count, count.count if count.par is None else count.par, count.time_ns)
            for k, count in found.items()
            if count is not None
        }
    )
