"""What `tillfree demo` and `tillfree serve` share: a running store, its database, and the console on a port."""

import logging
import os
import sys
import threading
import time
import webbrowser
from collections import deque
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import TextIO
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

from tillfree.catalog.errors import CatalogError
from tillfree.catalog.model import Shop
from tillfree.cli.terminal import TerminalError, say
from tillfree.commerce.display import format_amount
from tillfree.core.errors import TillfreeError
from tillfree.core.time import NS_PER_HOUR
from tillfree.storage.database.database import Database
from tillfree.storage.database.errors import ContradictionError, DatabaseError
from tillfree.storage.database.records import VisitRecord
from tillfree.store.counter import Counter
from tillfree.store.running.state import Minute
from tillfree.web.app import make_app
from tillfree.web.console import Console
from tillfree.web.scoreboard import Scoreboard
from tillfree.web.server import bound_socket, serve

__all__ = ["Keeper", "only_one", "quiet_log", "remembered_shop", "serve_console", "zone_named"]

_log = logging.getLogger(__name__)
_ERASE_EVERY_S, _ERASE_FIRST_S = 3600.0, 5.0
_SILENT_NS = NS_PER_HOUR
_UNSAVED_MAX = 10_000


class Keeper:
    """Takes what a running store hands over: into the database, and onto the scoreboard.

    Where the database cannot be written, visits wait in memory and are tried again with each further one; `trouble`
    says so on every page meanwhile. The store goes on.
    """

    def __init__(self, database: Database, shop: Shop, finished: Callable[[VisitRecord], None] | None = None) -> None:
        """`finished` keeps a visit together with what follows from it for its trip, where there is a till."""
        self._database = database
        self._finished = finished or database.add_visit
        self._unsaved: deque[VisitRecord | Minute] = deque(maxlen=_UNSAVED_MAX)
        self.scoreboard = Scoreboard({product.id: product.name for product in shop.products})
        self.trouble = ""

    def on_visit(self, record: VisitRecord) -> None:
        """A visit is over."""
        self.scoreboard.add(record)
        self._keep(record)

    def on_minute(self, minute: Minute) -> None:
        """A minute is over."""
        self._keep(minute)

    def finish(self) -> None:
        """The store has stopped: tries once more, and says which visits are lost."""
        self._write_all()
        lost = [kept for kept in self._unsaved if isinstance(kept, VisitRecord)]
        for record in lost:
            total = record.receipt.total.gross
            _log.error(
                "visit %s could not be kept and is lost: %s %s, %s",
                record.visit, record.receipt.status, format_amount(total), total.currency,
            )  # fmt: skip

    def _keep(self, kept: VisitRecord | Minute) -> None:
        self._unsaved.append(kept)
        self._write_all()

    def _write_all(self) -> None:
        while self._unsaved:
            try:
                self._write(self._unsaved[0])
            except ContradictionError as error:
                # Played again with other settings: what was kept first stays, and trying again would not help.
                _log.warning("%s", error)
            except DatabaseError as error:
                if not self.trouble:
                    _log.error("%s", error)
                self.trouble = str(error)
                return
            self._unsaved.popleft()
        self.trouble = ""

    def _write(self, kept: VisitRecord | Minute) -> None:
        if isinstance(kept, VisitRecord):
            self._keep_visit(kept)
        else:
            self._database.add_minute(kept)

    def _keep_visit(self, record: VisitRecord) -> None:
        try:
            self._finished(record)
        except DatabaseError:
            raise
        except TillfreeError as error:
            # The visit is kept in any case; what is wrong with its trip is for a person to see.
            _log.error("visit %s: its trip could not go on: %s", record.visit, error)
            self._database.add_visit(record)


def remembered_shop(database: Database, shop: Shop) -> Shop:
    """The shop as it was last changed in the console, else as it came; that is kept as a version, too.

    What is sold keeps the prices of its time, so the first version has to be there before anybody changes one.
    """
    version = database.latest_shop()
    if version is not None and version.by:
        return version.shop
    try:
        if version is None or version.shop != shop:
            database.save_shop(shop, "", "", time.time_ns())
    except CatalogError as error:
        _log.warning("the shop is not kept as a version: %s", error)
    return shop


def serve_console(
    console: Console, host: str, port: int, ready: Callable[[str], None], counter: Counter | None = None
) -> None:
    """Starts the store and answers browsers until the end; `ready` is told the address.

    The work of `counter` begins before the store and ends after it.

    Raises:
        WebError: the port cannot be used.
    """
    listening = bound_socket(host, port)
    number = listening.getsockname()[1]
    shown = f"[{host}]" if ":" in host else host
    with listening, _erasing(console):
        if counter is not None:
            counter.start()
        console.store.start()
        try:
            serve(make_app(console), listening, lambda: _told(ready, f"http://{shown}:{number}/"))
        finally:
            console.store.stop()
            if counter is not None:
                counter.close()


def _told(ready: Callable[[str], None], address: str) -> None:
    try:
        ready(address)
    except OSError as error:  # whoever started it does not listen: the shop is open all the same
        _log.warning("the address %s could not be shown: %s", address, error)


def _stream_now_ns(console: Console, now_ns: int, since_ns: int) -> int:
    """What time it is in the stream, for the age of what is kept; 0 while that is not known.

    A recording of long ago is kept by its own clock: what it shows is not old while it is played. A stream that has
    ended or fallen silent grows old like everything else, and none is ever of a later day than today: whatever a
    sensor says of the time, what is kept is not erased for it.
    """
    snapshot = console.store.snapshot()
    if snapshot.time_ns and snapshot.arrived_ns:
        return min(now_ns, snapshot.time_ns + max(0, now_ns - snapshot.arrived_ns))
    if not console.store.paced and now_ns - since_ns > _SILENT_NS:
        return now_ns  # a live shop of which nothing is heard
    return min(now_ns, snapshot.time_ns)


@contextmanager
def only_one(folder: Path) -> Iterator[None]:
    """Nobody else serves the store of this folder while the block runs.

    Raises:
        TerminalError: somebody does, or the folder cannot be written.
    """
    path = folder / "serving.lock"
    try:
        held = path.open("a")
    except OSError as error:
        raise TerminalError(
            f"{path}: cannot be written ({error.strerror or error}); allow it, or give --data"
        ) from error
    with held:
        try:
            _lock(held)
        except OSError as error:
            raise TerminalError(
                f"{folder}: another tillfree serves this store already, and two would count everything twice; "
                "stop that one, or give another folder with --data"
            ) from error
        yield


def _lock(held: TextIO) -> None:
    """The system lets go of it when the process ends, however it ends."""
    if sys.platform == "win32":
        import msvcrt  # noqa: PLC0415  only there

        msvcrt.locking(held.fileno(), msvcrt.LK_NBLCK, 1)
    else:
        import fcntl  # noqa: PLC0415  not there on Windows

        fcntl.flock(held, fcntl.LOCK_EX | fcntl.LOCK_NB)


@contextmanager
def _erasing(console: Console) -> Iterator[None]:
    """What has been kept for long enough is erased: when the stream has begun, and every hour."""
    over = threading.Event()
    since_ns = console.now_ns()

    def erase() -> None:
        while True:
            now_ns = console.now_ns()
            stream_ns = _stream_now_ns(console, now_ns, since_ns)
            try:
                if stream_ns:
                    console.database.erase_before(now_ns, stream_now_ns=stream_ns)
            except Exception:  # noqa: BLE001  it is tried again in an hour
                _log.exception("old records could not be erased")
            if over.wait(_ERASE_EVERY_S if stream_ns else _ERASE_FIRST_S):
                return

    thread = threading.Thread(target=erase, name="erasing", daemon=True)
    thread.start()
    try:
        yield
    finally:
        over.set()
        thread.join(2.0)


def zone_named(name: str) -> ZoneInfo:
    """A time zone of the IANA database.

    Raises:
        TerminalError: there is none of that name.
    """
    try:
        return ZoneInfo(name)
    except (ZoneInfoNotFoundError, ValueError, OSError) as error:
        raise TerminalError(f"--timezone {name}: no such time zone; give one as Europe/Berlin or UTC") from error


def quiet_log() -> None:
    """Warnings and errors go to the terminal, one line each."""
    logging.basicConfig(level=logging.WARNING, format="%(asctime)s %(levelname)s %(name)s: %(message)s")


def open_browser(address: str) -> None:
    """Shows the console where there is a screen; a browser in a terminal would be in the way."""
    screen = sys.platform in ("darwin", "win32") or os.environ.get("DISPLAY") or os.environ.get("WAYLAND_DISPLAY")
    if screen and not webbrowser.open(address):
        say(f"No browser could be opened: go to {address}")
