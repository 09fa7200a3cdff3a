"""What happened in the shop as a feed of events in the envelope of EventBridge: to a file, to an address, or both."""

import logging
import os
import random
import uuid
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any, Literal

import httpx2
import msgspec

from tillfree.connectors.retailer.settings import RetailerSettings
from tillfree.core.time import NS_PER_S, format_utc
from tillfree.storage.database.database import Database
from tillfree.storage.database.money.announcements import Announcement
from tillfree.store.patience import wait_ns

__all__ = ["FAMILIES", "Envelope", "EventFeed", "envelope_of"]

Family = Literal["Ordering", "Payment", "Shopper"]
FAMILIES: dict[str, tuple[Family, str]] = {
    "trip.opened": ("Shopper", "Shopper Entered"),
    "entry.refused": ("Shopper", "Entry Refused"),
    "trip.left": ("Ordering", "Cart Final"),
    "trip.review": ("Ordering", "Cart In Review"),
    "order.accepted": ("Ordering", "Purchase Created"),
    "order.bad": ("Ordering", "Bad Cart"),
    "order.late": ("Ordering", "Cart Not Priced"),
    "receipt.final": ("Ordering", "Receipt Final"),
    "trip.settled": ("Ordering", "Trip Settled"),
    "dispute.opened": ("Shopper", "Dispute Opened"),
    "dispute.decided": ("Shopper", "Dispute Decided"),
    "payment.held": ("Payment", "Payment Authorized"),
    "payment.declined": ("Payment", "Payment Declined"),
    "payment.captured": ("Payment", "Payment Captured"),
    "payment.voided": ("Payment", "Payment Canceled"),
    "payment.refunded": ("Payment", "Payment Refunded"),
    "payment.debt": ("Payment", "Bad Debt"),
}
"""Which announcement becomes which event: its family, and its name."""
_NAMES = uuid.UUID("0d9e1f5c-1f0a-5a52-8a3f-0f6ad9c2b7f1")
_TOGETHER = 10
_FILE, _ADDRESS = "event feed file", "event feed address"
_WAIT_FIRST_S, _WAIT_MOST_S = 1.0, 300.0
_ANSWER_MAX = 64 * 1024
_log = logging.getLogger(__name__)
_encoder = msgspec.json.Encoder(order="deterministic")


class Envelope(msgspec.Struct, frozen=True, kw_only=True):
    """One event. `id` is the same each time that the event is sent, so who gets it twice can tell."""

    version: str = "0"
    id: str
    detail_type: str = msgspec.field(name="detail-type")
    source: str
    account: str
    time: str
    region: str
    resources: tuple[str, ...]
    detail: dict[str, Any]


def envelope_of(told: Announcement, settings: RetailerSettings) -> Envelope:
    """The event of an announcement of one of the `FAMILIES`."""
    family, name = FAMILIES[told.kind]
    return Envelope(
        id=str(uuid.uuid5(_NAMES, f"{settings.store_id} {told.number}")),
        detail_type=f"{family} - {name}",
        source=settings.feed_source,
        account=settings.store_id,
        time=f"{format_utc(told.time_ns)[:19]}Z",
        region=settings.region,
        resources=(f"store/{settings.store_id}", told.subject),
        detail={
            "storeId": settings.store_id,
            "eventFamily": family.upper(),
            "eventType": told.kind,
            "sequence": told.number,
            "subject": told.subject,
            "data": told.body,
        },
    )


class EventFeed:
    """Sends events, each way with a cursor of its own; what could not be sent is sent later. `tick` does all of it."""

    def __init__(
        self,
        database: Database,
        settings: RetailerSettings,
        now_ns: Callable[[], int],
        *,
        transport: httpx2.BaseTransport | None = None,
    ) -> None:
        self._database, self._settings, self._now_ns = database, settings, now_ns
        self._http = httpx2.Client(
            follow_redirects=False, trust_env=False, timeout=settings.timeout_ms / 1000, transport=transport
        )
        self._failures = 0
        self._not_before_ns = 0

    @property
    def is_wanted(self) -> bool:
        """Whether the settings name a folder or an address."""
        return bool(self._settings.feed_folder or self._settings.feed_url)

    def close(self) -> None:
        """Closes the connections."""
        self._http.close()

    def tick(self) -> None:
        """Sends what is new."""
        if self._settings.feed_folder:
            self._deliver(_FILE, self._write)
        if self._settings.feed_url and self._now_ns() >= self._not_before_ns:
            self._deliver(_ADDRESS, self._post)

    def _deliver(self, consumer: str, send: Callable[[Sequence[Envelope]], bool]) -> None:
        while True:
            found = self._database.announcements(self._database.cursor(consumer), _TOGETHER, kinds=tuple(FAMILIES))
            if not found or not send([envelope_of(told, self._settings) for told in found]):
                return
            self._database.set_cursor(consumer, found[-1].number)

    # ---- a file -----------------------------------------------------------------------------------------------

    def _write(self, events: Sequence[Envelope]) -> bool:
        """Appends the events to the file of their day, and waits until they are on the disk."""
        for event in events:
            path = Path(self._settings.feed_folder) / f"events-{event.time[:10]}.jsonl"
            try:
                _append(path, _encoder.encode(event) + b"\n")
            except OSError as error:
                _log.warning("%s: the event feed cannot be written (%s)", path, error.strerror or error)
                return False
        return True

    # ---- an address -------------------------------------------------------------------------------------------

    def _post(self, events: Sequence[Envelope]) -> bool:
        try:
            with self._http.stream(
                "POST",
                self._settings.feed_url,
                content=_encoder.encode(list(events)),
                headers={"content-type": "application/json"},
            ) as answer:
                status = answer.status_code
        except (httpx2.HTTPError, httpx2.InvalidURL) as error:
            return self._failed(f"no answer ({type(error).__name__})")
        if not 200 <= status < 300:
            return self._failed(f"answered {status}")
        self._failures = 0
        return True

    def _failed(self, why: str) -> bool:
        chance = random.Random(f"{self._settings.store_id} {self._failures}")  # noqa: S311  no secret
        waits_ns = wait_ns(self._failures, chance.random, first_s=_WAIT_FIRST_S, longest_s=_WAIT_MOST_S)
        self._failures += 1
        self._not_before_ns = self._now_ns() + waits_ns
        _log.warning("the event feed: %s; tried again in %.0f s", why, waits_ns / NS_PER_S)
        return False


def _append(path: Path, line: bytes) -> None:
    """A line at the end of a file; one that a crash cut off in the middle is taken away first."""
    with path.open("ab+") as file:
        end = file.seek(0, os.SEEK_END)
        while end:
            step = min(end, _ANSWER_MAX)
            file.seek(end - step)
            piece = file.read(step)
            whole = piece.rfind(b"\n")
            if whole >= 0:
                end = end - step + whole + 1
                break
            end -= step
        file.truncate(end)
        file.seek(end)
        file.write(line)
        file.flush()
        os.fsync(file.fileno())
