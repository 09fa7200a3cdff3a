"""Devices: how each does, as it was last heard."""

from collections import Counter
from collections.abc import Sequence
from typing import Any
from urllib.parse import quote, urlencode

import msgspec
from starlette.responses import Response
from starlette.routing import BaseRoute

from tillfree.commerce.display import display_text
from tillfree.store.running.state import DeviceState
from tillfree.web import breaking
from tillfree.web.ask import Ask
from tillfree.web.devices import calibrating, detail
from tillfree.web.devices.words import DEVICE_STATES, KINDS, ago_words, device_words, measured
from tillfree.web.routing import view

__all__ = ["PAGE_ROWS", "routes"]

PAGE_ROWS = 100
_PAGE_MAX = 100_000
_LIVE_ROWS_MAX = 1000
_ORDER = {kind: rank for rank, kind in enumerate(KINDS)}


def routes() -> list[BaseRoute]:
    """The pages about devices; those of a single one come last, as its name may be anything."""
    return [
        view("/devices", _page, "devices.see"),
        view("/devices/now", _now, "devices.see"),
        *breaking.routes(),
        *calibrating.Bench().routes(),
        *detail.routes(),
    ]


class _Wanted(msgspec.Struct, frozen=True):
    text: str
    state: str

    def holds(self, ask: Ask, device: DeviceState) -> bool:
        if self.state and device.state != self.state:
            return False
        text = f"{device.device} {device_words(ask, device.device)}".casefold()
        return all(word in text for word in self.text.casefold().split())


def _page(ask: Ask) -> Response:
    devices = ask.store.devices()
    wanted = _wanted(ask)
    found = _found(ask, devices, wanted)
    pages = max(1, -(-len(found) // PAGE_ROWS))
    page = min(ask.number("page", 1, _PAGE_MAX, 1), pages)
    query = {"text": wanted.text, "state": wanted.state}
    return ask.page(
        "devices.html",
        tiles=_tally(devices),
        groups=_groups(ask, found[(page - 1) * PAGE_ROWS : page * PAGE_ROWS]),
        found=len(found),
        known=len(devices),
        wanted=wanted,
        states=DEVICE_STATES,
        page=page,
        pages=pages,
        page_link=lambda number: "?" + urlencode(query | {"page": str(number)}),
        now_link="/devices/now?" + urlencode({"text": wanted.text, "page": "" if wanted.state else str(page)}),
    )


def _wanted(ask: Ask) -> _Wanted:
    state = ask.query("state", limit=20)
    return _Wanted(ask.query("text").strip(), state if state in DEVICE_STATES else "")


def _found(ask: Ask, devices: Sequence[DeviceState], wanted: _Wanted) -> list[DeviceState]:
    return sorted(
        (device for device in devices if wanted.holds(ask, device)),
        key=lambda device: _ORDER.get(device.kind, len(_ORDER)),
    )


def _groups(ask: Ask, devices: Sequence[DeviceState]) -> list[tuple[str, str, list[dict[str, Any]]]]:
    """Kind, its name, and its devices."""
    groups: dict[str, list[dict[str, Any]]] = {}
    now_ns = ask.store.now_ns
    for device in devices:
        groups.setdefault(device.kind, []).append(_told(ask, device, now_ns))
    return [(kind, ask.say(KINDS[kind][0]), rows) for kind, rows in groups.items()]


def _now(ask: Ask) -> Response:
    """The devices of a page as they are now, by name. A page of one state asks for all: its devices change theirs."""
    devices = ask.store.devices()
    now_ns = ask.store.now_ns
    found = _found(ask, devices, _wanted(ask))
    page = ask.number("page", 0, _PAGE_MAX, 0)
    shown = found[(page - 1) * PAGE_ROWS : page * PAGE_ROWS] if page else found[:_LIVE_ROWS_MAX]
    return ask.json({"tiles": _tally(devices), "rows": {device.device: _told(ask, device, now_ns) for device in shown}})


def _told(ask: Ask, device: DeviceState, now_ns: int) -> dict[str, Any]:
    words, looks, sign = DEVICE_STATES[device.state]
    return {
        "device": device.device,
        "name": display_text(device_words(ask, device.device)),
        "link": f"/devices/{quote(device.device)}",
        "state": f"{sign} {ask.say(words)}",
        "looks": looks,
        "seen": ago_words(ask, device.last_seen_ns, now_ns),
        "rate": measured(device.rate_hz, 1),
        "noise": measured(device.noise_g, 2, "g"),
        "drift": measured(device.drift_g_per_h, 1, "g/h"),
        "bad": f"{device.plates_bad} / {device.plates}" if device.plates else "–",
        "detail": display_text(device.detail),
        "remedy": display_text(device.remedy),
    }


def _tally(devices: Sequence[DeviceState]) -> dict[str, int]:
    states = Counter(device.state for device in devices)
    return {state: states[state] for state in ("ok", "degraded", "silent", "unheard")}
