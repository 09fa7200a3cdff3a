"""The palms of a store that is served, by its settings."""

import os
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from tillfree.store.palms.desk import PalmDesk
from tillfree.store.palms.door_lines import make_doors
from tillfree.store.palms.doors import PalmDoors
from tillfree.store.palms.making import open_palm_vault
from tillfree.store.settings import StoreSettings
from tillfree.store.workers import Worker, Workers

__all__ = ["palm_desk_of", "palm_doors_of"]

_TURN_S = 60.0


@contextmanager
def palm_desk_of(settings: StoreSettings, data: Path) -> Iterator[PalmDesk | None]:
    """The desk, with its vault open, which forgets by itself who is due; None where the settings want none.

    Raises:
        TillfreeError: the vault cannot be opened, or a model or a package is missing.
    """
    if not settings.palm.enabled:
        yield None
        return
    from tillfree.cli.palm.recognising import make_recogniser  # noqa: PLC0415  networks, rarely wanted

    with open_palm_vault(settings.palm, data, os.environ) as vault:
        desk = PalmDesk(vault, make_recogniser(), settings.palm, time.time_ns, site=settings.entry.store_code)
        # On its own, since a store where nobody pays forgets people, too.
        forgetting = Workers([Worker("palms that are due to be forgotten", desk.tick, _TURN_S)])
        forgetting.start()
        try:
            yield desk
        finally:
            forgetting.stop()
            desk.close()


@contextmanager
def palm_doors_of(settings: StoreSettings) -> Iterator[PalmDoors | None]:
    """The doors that palms open, with their lines open; None where the settings want no palms.

    Raises:
        DoorError: the key of a door is missing, or is none.
    """
    if not settings.palm.enabled:
        yield None
        return
    doors = make_doors(settings.palm, os.environ)
    doors.start()
    try:
        yield doors
    finally:
        doors.stop()
