"""What staff should see to, in words, and who has seen it."""

import hashlib
from collections.abc import Iterable, Sequence
from urllib.parse import quote

import msgspec

from tillfree.catalog.model import Facing
from tillfree.commerce.display import display_text
from tillfree.core.ids import ProductId
from tillfree.storage.database.audit import AuditQuery
from tillfree.store.running.state import Alert
from tillfree.web.ask import Ask
from tillfree.web.console import Console
from tillfree.web.devices.words import device_words
from tillfree.web.stock.places import place_words
from tillfree.web.texts import later

__all__ = ["AlertList", "Told", "acknowledge", "alert_list", "forget_ended"]

_ACT = "alert.acknowledge"
_KINDS: dict[str, tuple[str, str, str]] = {
    "age": (later("Age"), "bad", "!"),
    "out_of_stock": (later("Out of stock"), "bad", "✕"),
    "misplaced": (later("In the wrong place"), "warn", "⇄"),
    "device": (later("Device"), "bad", "!"),
    "low_stock": (later("Low"), "warn", "▾"),
    "unexplained": (later("Unexplained"), "warn", "?"),
}
"""Kinds in the order of the list: words, looks of the badge, and a sign that tells it without colour."""
_RANK = {kind: rank for rank, kind in enumerate(_KINDS)}
_PLACES_NAMED = 3


class Told(msgspec.Struct, frozen=True, kw_only=True):
    """An alert as it is shown."""

    id: str
    title: str
    looks: str
    sign: str
    text: str
    more: str
    time_ns: int
    link: str = ""
    seen_by: str = ""
    seen_ns: int = 0


class AlertList(msgspec.Struct, frozen=True, kw_only=True):
    """The first alerts that nobody has seen, the first that somebody has, how many of each, and a mark of them all."""

    fresh: list[Told]
    fresh_count: int
    known: list[Told]
    known_count: int
    mark: str


def alert_list(ask: Ask, most: int) -> AlertList:
    """The alerts of now: urgent kinds first, newest first of a kind, at most so many of each list."""
    alerts = sorted(ask.store.alerts(), key=lambda alert: (_RANK.get(alert.kind, len(_RANK)), -alert.time_ns))
    seen = forget_ended(ask.console, alerts)
    fresh = [alert for alert in alerts if alert.id not in seen]
    known = [alert for alert in alerts if alert.id in seen]
    wording = _Wording(ask, [*fresh[:most], *known[:most]])
    return AlertList(
        fresh=[wording.told(alert) for alert in fresh[:most]],
        fresh_count=len(fresh),
        known=[wording.told(alert, seen=True) for alert in known[:most]],
        known_count=len(known),
        mark=_mark(fresh, known),
    )


def acknowledge(ask: Ask, wanted: Sequence[str] | None) -> int:
    """Notes that the reader has seen these alerts, or all; says how many of them nobody had seen before."""
    alerts = ask.store.alerts()
    seen = forget_ended(ask.console, alerts)
    fresh = [alert.id for alert in alerts if alert.id not in seen and (wanted is None or alert.id in wanted)]
    for id_ in fresh:
        ask.database.acknowledge(id_, ask.reader.name, ask.console.now_ns())
        ask.audit(_ACT, id_)
    return len(fresh)


def forget_ended(console: Console, alerts: Iterable[Alert]) -> set[str]:
    """The alerts that somebody has seen; where a cause is gone it is forgotten, so that the next time it is new."""
    seen = console.database.acknowledged()
    ended = seen - {alert.id for alert in alerts}
    if not ended or console.store.snapshot().state == "starting":
        return seen
    for id_ in ended:
        console.database.withdraw_acknowledgement(id_)
    return seen - ended


def _mark(fresh: Sequence[Alert], known: Sequence[Alert]) -> str:
    text = "\n".join([*(alert.id for alert in fresh), "", *(alert.id for alert in known)])
    return hashlib.blake2b(text.encode(errors="replace"), digest_size=8).hexdigest()


class _Wording:
    """Puts alerts into words; names and places are looked up once for all of them."""

    def __init__(self, ask: Ask, alerts: Sequence[Alert]) -> None:
        self._ask = ask
        wanted = {alert.product for alert in alerts}
        shop = ask.store.shop
        self._names = {product.id: product.name for product in shop.products if product.id in wanted}
        self._homes: dict[ProductId, list[Facing]] = {}
        for facing in shop.facings:
            if facing.product in wanted:
                self._homes.setdefault(facing.product, []).append(facing)

    def told(self, alert: Alert, seen: bool = False) -> Told:
        title, looks, sign = _KINDS.get(alert.kind, (later("Look at this"), "warn", "?"))
        text, more = self._words(alert)
        by, when_ns = self._seen_by(alert.id) if seen else ("", 0)
        return Told(
            id=alert.id,
            title=self._ask.say(title),
            looks=looks,
            sign=sign,
            text=display_text(text),
            more=display_text(more),
            # A device's alert is of the time that it was last heard, not of when that began.
            time_ns=0 if alert.kind == "device" else alert.time_ns,
            link=self._link(alert),
            seen_by=by,
            seen_ns=when_ns,
        )

    def _link(self, alert: Alert) -> str:
        if alert.kind == "age":
            return "/gate#inside" if self._ask.may("gate.see") else ""
        return f"/devices/{quote(alert.device)}" if alert.kind == "device" else ""

    def _words(self, alert: Alert) -> tuple[str, str]:
        """What is so, and where or what to do."""
        say = self._ask.say
        place = place_words(self._ask, alert.fixture, alert.shelf, alert.plates)
        product = self._names.get(alert.product) or alert.product
        match alert.kind:
            case "age":
                return self._age(alert.visit, product)
            case "out_of_stock":
                return say("%(product)s is out", product=product), place
            case "low_stock":
                return say("%(product)s runs low", product=product), place
            case "misplaced":
                return say("%(product)s lies at: %(place)s", product=product, place=place), self._belongs(alert)
            case "device":
                what = device_words(self._ask, alert.device)
                return say("%(device)s: %(detail)s", device=what, detail=alert.detail), alert.remedy
            case _:
                return say("Something moved: %(place)s", place=place), alert.detail

    def _age(self, visit: str, product: str) -> tuple[str, str]:
        say = self._ask.say
        text = say("%(visit)s holds %(product)s, and nobody has checked their age", visit=visit, product=product)
        return text, say("Ask for a proof of age; the gate's page notes it.")

    def _belongs(self, alert: Alert) -> str:
        homes = self._homes.get(alert.product, [])
        if not homes:
            return self._ask.say("It has no place in the planogram: take it out.")
        places = [place_words(self._ask, home.fixture, home.shelf, home.plates) for home in homes[:_PLACES_NAMED]]
        return self._ask.say("It belongs at: %(places)s", places="; ".join(places))

    def _seen_by(self, id_: str) -> tuple[str, int]:
        """Who acknowledged it and when, as the audit log has it; nobody where that was erased."""
        rows = self._ask.database.audit_log(AuditQuery(what=_ACT, subject=id_, limit=1))
        return (rows[0].entry.who, rows[0].entry.time_ns) if rows else ("", 0)
