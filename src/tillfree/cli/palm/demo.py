"""`tillfree palm demo`: a palm station in the browser, with a camera or with simulated hands, within seconds."""

import argparse
import contextlib
import io
import tempfile
import time
from collections.abc import Iterator
from contextlib import ExitStack
from pathlib import Path

import msgspec

from tillfree.cli.palm.eyes import shipped_eyes
from tillfree.cli.palm.sample_hands import SampleHands
from tillfree.cli.palm.station import station_rules
from tillfree.cli.serving import open_browser, quiet_log
from tillfree.cli.terminal import show
from tillfree.simulation.demo_shop import demo_shop
from tillfree.storage.database.database import Database
from tillfree.storage.palm_vault.key_rooms import KeyFile
from tillfree.storage.palm_vault.records import PURPOSES
from tillfree.storage.palm_vault.vault import PalmVault
from tillfree.store.palms.desk import PalmDesk
from tillfree.store.palms.notice import make_notices
from tillfree.store.palms.notice_settings import NoticeSettings, StationSettings
from tillfree.store.palms.recogniser import Recogniser
from tillfree.store.palms.settings import PalmSettings
from tillfree.store.running.running import RunningStore
from tillfree.store.running.sources import LineSource
from tillfree.web.app import make_app
from tillfree.web.console import Console
from tillfree.web.palms.clerk import DeskClerk
from tillfree.web.palms.home import HomeEnrolment
from tillfree.web.palms.room import PalmRoom
from tillfree.web.palms.seeing import Eyes
from tillfree.web.server import bound_socket, serve

__all__ = ["demo_console", "run_palm_demo"]

HOST = "127.0.0.1"
"""The demo lets everybody in who reaches it, so nobody from outside this machine may."""
NAME = "Palm demo"
NOTICE_VERSION = "demo-1"
PEOPLE = 4
ATTACKS = ("colour laser print", "tablet")
"""What can be held up in the place of a hand, to see what the judge of liveness says."""
_STATION = "demo"


def run_palm_demo(arguments: argparse.Namespace) -> int:
    """Serves until Ctrl+C."""
    quiet_log()
    begin_s = time.monotonic()
    with ExitStack() as stack:
        listening = stack.enter_context(contextlib.closing(bound_socket(HOST, arguments.port)))
        eyes, recogniser = shipped_eyes()
        console = stack.enter_context(demo_console(eyes, recogniser, arguments.data, live=arguments.liveness))
        address = f"http://{HOST}:{listening.getsockname()[1]}/palm"

        def ready() -> None:
            show(
                f"The palm station is open: {address}\n"
                f"(ready after {time.monotonic() - begin_s:.1f} s; {_where(arguments.data)} Ctrl+C ends it)\n"
            )
            if arguments.browser:
                open_browser(address)

        serve(make_app(console), listening, ready)
    return 0


@contextlib.contextmanager
def demo_console(eyes: Eyes, recogniser: Recogniser, data: Path | None, *, live: bool = False) -> Iterator[Console]:
    """A console that has palms and nothing else; `live` turns away what the judge of liveness does not take.

    Raises:
        VaultError: the folder cannot be used.
        DatabaseError: the same.
    """
    with ExitStack() as stack:
        folder = data or Path(stack.enter_context(tempfile.TemporaryDirectory(prefix="tillfree-palm-")))
        for name in ("vault", "keys"):
            (folder / name).mkdir(parents=True, exist_ok=True, mode=0o700)
        keys = folder / "keys"
        vault = stack.enter_context(PalmVault.open(folder / "vault", KeyFile(keys), keys_folder=keys))
        settings = PalmSettings(
            enabled=True,
            may=PURPOSES,
            notice_version=NOTICE_VERSION,
            liveness="required" if live else "off",
            attested=False,
            station=StationSettings(enabled=True, name=_STATION, home=True),
        )
        desk = stack.enter_context(contextlib.closing(PalmDesk(vault, recogniser, settings, time.time_ns, site=NAME)))
        notices = make_notices(
            NoticeSettings(),
            store_name=NAME,
            version=NOTICE_VERSION,
            inactive_days=settings.inactive_days,
            simulated=data is None,
        )
        room = PalmRoom(
            eyes=eyes,
            clerk=DeskClerk(desk, time.time_ns),
            rules=msgspec.structs.replace(station_rules(settings), explain=True),
            samples=SampleHands(PEOPLE, ATTACKS),
            home=HomeEnrolment(desk, eyes, time.time_ns),
            where=_where(data),
        )
        # The pages of a console know a store; this one is empty and does not run.
        store = RunningStore(LineSource(demo_shop(1), io.BytesIO(), NAME), store_name=NAME)
        database = stack.enter_context(Database.open(folder))
        yield Console(
            store,
            database,
            demo=True,
            palm_desk=desk,
            palm_room=room,
            palm_notices=notices,
            home="/palm",
            shown=frozenset({"/palms", "/audit"}),
        )


def _where(data: Path | None) -> str:
    if data is None:
        return "What is enrolled is kept encrypted in a temporary folder, and gone when the demo ends."
    return f"What is enrolled is kept encrypted in {data}."
