"""What the pages of one console share: the store that runs, what it remembers, and how it is served."""

import dataclasses
import datetime as dt
import functools
import threading
import time
from collections import defaultdict
from collections.abc import Callable
from pathlib import Path
from zoneinfo import ZoneInfo

from tillfree.core.time import NS_PER_S
from tillfree.storage.database.database import Database
from tillfree.store.entry.desk import EntryDesk
from tillfree.store.palms.desk import PalmDesk
from tillfree.store.palms.doors import PalmDoors
from tillfree.store.palms.notice import Notices
from tillfree.store.receipts.desk import ReceiptDesk
from tillfree.store.running.running import RunningStore
from tillfree.store.sale_prices import SalePrices
from tillfree.store.till.till import Till
from tillfree.web.palms.room import PalmRoom
from tillfree.web.scoreboard import Scoreboard
from tillfree.web.texts import FOLDER

__all__ = ["Console"]

_NOTICES_KEPT = 5


@dataclasses.dataclass
class Console:
    """One console. `demo` lets everybody in who reaches it, so it is served on this machine only."""

    store: RunningStore
    database: Database
    demo: bool = False
    till: Till | None = None
    """Where trips are paid; None in a store that only makes receipts."""
    desk: EntryDesk | None = None
    """Where gates ask; None in a store whose door is open."""
    palm_desk: PalmDesk | None = None
    """Where palms are enrolled and recognised; None in a store that reads none."""
    palm_doors: PalmDoors | None = None
    """Doors that a palm opens; None in a store that reads no palms."""
    palm_notices: Notices | None = None
    """What people read before they enrol a palm; None in a store that reads none."""
    receipts: ReceiptDesk | None = None
    """Where shoppers get their receipts; None in a store where nobody pays."""
    palm_room: PalmRoom | None = None
    """Who looks at hands at a station in a browser; None in a store that has none."""
    scoreboard: Scoreboard | None = None
    """How right the decisions were, where the truth is known: in a simulation, or a labelled recording."""
    trouble: Callable[[], str] = lambda: ""
    """What keeps the store from remembering, shown on every page; empty while all is well."""
    work_trouble: Callable[[], str] = lambda: ""
    """What does not work beside the stream (money, mail, webhooks), shown on every page; empty while all is well."""
    simulated_money: bool = False
    """Whether the money is simulated, in a store whose people need not be."""
    secure: bool = False
    """Whether browsers reach it by HTTPS: cookies then never travel in the clear."""
    names: frozenset[str] = frozenset()
    """Names of this server beside its addresses; a request for another name is refused (DNS rebinding)."""
    shown: frozenset[str] | None = None
    """The pages that its menu has; None for all."""
    home: str = "/"
    """The first page."""
    texts: Path = FOLDER
    """Where catalogues of other languages lie."""
    zone: ZoneInfo = dataclasses.field(default_factory=lambda: ZoneInfo("UTC"))
    now_ns: Callable[[], int] = time.time_ns
    _notices: dict[str, list[tuple[str, str]]] = dataclasses.field(default_factory=lambda: defaultdict(list))
    _lock: threading.Lock = dataclasses.field(default_factory=threading.Lock)

    @functools.cached_property
    def prices(self) -> SalePrices:
        """What things cost at the time of a sale."""
        return SalePrices(self.store, self.database)

    def now_s(self) -> float:
        """The wall clock in seconds."""
        return self.now_ns() / NS_PER_S

    def clock(self, time_ns: int) -> str:
        """The time of day in the store's time zone: `14:03:09`."""
        return dt.datetime.fromtimestamp(time_ns // NS_PER_S, self.zone).strftime("%H:%M:%S")

    def notify(self, whom: str, text: str, kind: str = "done") -> None:
        """Keep a short text for the next page that somebody (by session) sees; `kind` is "done" or "wrong"."""
        with self._lock:
            notices = self._notices[whom]
            notices.append((kind, text))
            del notices[:-_NOTICES_KEPT]

    def take_notices(self, whom: str) -> list[tuple[str, str]]:
        """The texts kept for somebody, which are then forgotten."""
        with self._lock:
            return self._notices.pop(whom, [])
