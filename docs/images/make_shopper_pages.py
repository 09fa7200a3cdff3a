"""Make the pictures of the pages for shoppers: a receipt by its link, the screen at the exit, the kiosk, the form.

    python docs/images/make_shopper_pages.py          docs/images/shopper/*.png

Needs Tillfree installed with its extras `dev` and `frames`, and Chromium on the path. The shop is simulated.
"""

import sys
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import msgspec
import uvicorn
from playwright.sync_api import ViewportSize

DOCS = Path(__file__).resolve().parents[1]
sys.path.append(str(DOCS.parent))

from benchmarks.demo_process import open_browser  # noqa: E402  needs the line above
from make_console import small_png  # noqa: E402
from tillfree.commerce.disputes import Claim  # noqa: E402
from tillfree.commerce.trips import Trip  # noqa: E402
from tillfree.connectors.settings import MailSettings  # noqa: E402
from tillfree.core.ids import TripId  # noqa: E402
from tillfree.simulation.demo_shop import demo_shop  # noqa: E402
from tillfree.simulation.options import SimulationOptions  # noqa: E402
from tillfree.simulation.payments.processor import SimulatedProcessor  # noqa: E402
from tillfree.simulation.recording import simulate  # noqa: E402
from tillfree.storage.database.database import Database  # noqa: E402
from tillfree.storage.database.visits import VisitQuery  # noqa: E402
from tillfree.store.receipts.desk import ReceiptDesk  # noqa: E402
from tillfree.store.running.running import RunningStore  # noqa: E402
from tillfree.store.running.sources import RecordingSource  # noqa: E402
from tillfree.store.settings import StoreSettings  # noqa: E402
from tillfree.store.till.till import Till  # noqa: E402
from tillfree.web.app import make_app  # noqa: E402
from tillfree.web.console import Console  # noqa: E402
from tillfree.web.server import bound_socket  # noqa: E402

__all__ = ["main"]

FOLDER = DOCS / "images" / "shopper"
SETTINGS = StoreSettings(
    mail=MailSettings(host="mail.example", from_address="shop@tillfree.example"),
    receipts=msgspec.structs.replace(StoreSettings().receipts, exit_seconds=300),
)
_PHONE, _SCREEN = ViewportSize(width=375, height=720), ViewportSize(width=1280, height=720)
_LOOK_MS = 900


def main() -> int:
    """Take all pictures."""
    FOLDER.mkdir(parents=True, exist_ok=True)
    with _shop() as (console, desk, address), open_browser() as browser:
        trips = _trips(console)
        shown = desk.receipt_of_trip(trips[0].id)
        assert shown is not None, "a trip of a short simulation is charged"
        desk.dispute(shown, Claim(line=1, reason="damaged", really=0))
        secret = desk.make_link(trips[0].id)
        for trip in trips[:2]:
            desk.exits.add(trip.id, "gate", desk.make_link(trip.id), desk.now_ns())
        for name, path, size in (
            ("receipt", f"/r/{secret}?lang=en", _PHONE),
            ("receipt-de", f"/r/{secret}?lang=de", _PHONE),
            ("receipt-ar", f"/r/{secret}?lang=ar", _PHONE),
            ("wrong", f"/r/{secret}/wrong/0?lang=en", _PHONE),
            ("exit", "/exit?lang=en", _SCREEN),
            ("kiosk", "/kiosk?lang=en", _SCREEN),
        ):
            page = browser.new_context(viewport=size, color_scheme="light", locale="en-GB").new_page()
            page.goto(address + path)
            page.wait_for_timeout(_LOOK_MS)
            data = small_png(page.screenshot(full_page=size is _PHONE))
            (FOLDER / f"{name}.png").write_bytes(data)
            print(f"{name}.png: {len(data) / 1000:.0f} kB")
            page.context.close()
    return 0


@contextmanager
def _shop() -> Iterator[tuple[Console, ReceiptDesk, str]]:
    """A simulated shop that is over, as a demo, on a port of this machine."""
    recording = simulate(demo_shop(2), SimulationOptions(shoppers=7, seed=8, takes=3.0))
    with Database.open(":memory:") as database, bound_socket("127.0.0.1", 0) as listening:
        store = RunningStore(
            RecordingSource(recording), store_name="Corner shop", speed=float("inf"), on_visit=database.add_visit
        )
        till = Till(database, SETTINGS, SimulatedProcessor(time.time_ns), time.time_ns, workers=0)
        desk = ReceiptDesk(database, SETTINGS, till, time.time_ns)
        console = Console(store, database, demo=True, receipts=desk)
        store.start()
        while store.snapshot().state not in ("ended", "failed"):
            time.sleep(0.05)
        config = uvicorn.Config(make_app(console), ws="websockets-sansio", log_level="error")
        server = uvicorn.Server(config)
        thread = threading.Thread(target=server.run, kwargs={"sockets": [listening]}, daemon=True)
        thread.start()
        try:
            yield console, desk, f"http://127.0.0.1:{listening.getsockname()[1]}"
        finally:
            server.should_exit = True
            thread.join(10.0)
            store.stop()
            till.close()


def _trips(console: Console) -> list[Trip]:
    """A paid trip for each visit that the model charged, the longest receipt first."""
    made: list[Trip] = []
    for row in console.database.visits(VisitQuery(limit=50)):
        record = console.database.visit(row.visit)
        if record is None or record.receipt.status != "charge" or not record.receipt.lines:
            continue
        trip = Trip(
            id=TripId(f"trip-{row.visit}"),
            gate="gate",
            entry="card",
            opened_ns=time.time_ns(),
            closed_ns=time.time_ns(),
            visits=(row.visit,),
            left=(row.visit,),
            status="settled",
            receipt=record.receipt,
            simulated=True,
        )
        with console.database.book() as book:
            book.put_trip(trip)
        made.append(trip)
    return sorted(made, key=lambda trip: -len(trip.receipt.lines if trip.receipt else ()))


if __name__ == "__main__":
    sys.exit(main())
