"""The palms of a store that is served, by its settings."""

import os
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from tillfree.store.palms.desk import PalmDesk
from tillfree.store.palms.making import open_palm_vault
from tillfree.store.settings import StoreSettings
from tillfree.store.workers import Worker

__all__ = ["palm_desk_of", "palm_workers"]

_TURN_S = 60.0


@contextmanager
def palm_desk_of(settings: StoreSettings, data: Path) -> Iterator[PalmDesk | None]:
    """The desk, with its vault open; None where the settings want none.

    Raises:
        TillfreeError: the vault cannot be opened, or a model or a package is missing.
    """
    if not settings.palm.enabled:
        yield None
        return
    from tillfree.cli.palm.recognising import make_recogniser  # noqa: PLC0415  networks, rarely wanted

    with open_palm_vault(settings.palm, data, os.environ) as vault:
        yield PalmDesk(vault, make_recogniser(), settings.palm, time.time_ns, site=settings.entry.store_code)


def palm_workers(desk: PalmDesk | None) -> list[Worker]:
    """What goes on beside the stream: who was not seen for long is erased."""
    if desk is None:
        return []
    return [Worker("palms", desk.tick, _TURN_S, "see whether the vault of palms and its keys can be read and written")]
