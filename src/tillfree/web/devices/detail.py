"""One device: for scales its plates as they look from the front, one of them closely, and what was wrong lately."""

from collections.abc import Mapping
from typing import Any
from urllib.parse import urlencode

import msgspec
from starlette.responses import Response
from starlette.routing import BaseRoute

from tillfree.catalog.model import Fixture
from tillfree.commerce.display import display_text
from tillfree.core.ids import FixtureId, PlateRef
from tillfree.store.running.state import DeviceState, FeedEntry, PlateState
from tillfree.web.ask import Ask
from tillfree.web.devices.words import DEVICE_STATES, PLATE_STATES, ago_words, device_words, measured
from tillfree.web.errors import NotThere
from tillfree.web.routing import view
from tillfree.web.stock.places import place_words, shelves_from_top

__all__ = ["Cell", "plate_at", "routes"]

_ISSUES = 20
_HISTORY = 20


class Cell(msgspec.Struct, frozen=True, kw_only=True):
    """One plate as the grid shows it."""

    id: str
    shelf: int
    plate: int
    sign: str
    looks: str
    state: str
    load: str
    spoken: str


def routes() -> list[BaseRoute]:
    """The page of a device."""
    return [
        view("/devices/plates", _plates_now, "devices.see"),
        view("/devices/{device:path}", _page, "devices.see"),
    ]


def plate_at(ask: Ask, fixture: str, shelf: int, plate: int) -> PlateState:
    """One plate of the shop.

    Raises:
        NotThere: it has none such.
    """
    for known in ask.store.plates(FixtureId(fixture)) if _fixture(ask, fixture) else ():
        if (known.shelf, known.plate) == (shelf, plate):
            return known
    raise NotThere(ask.say("There is no such plate in this shop."))


def _page(ask: Ask) -> Response:
    name = ask.request.path_params["device"]
    device = next((known for known in ask.store.devices() if known.device == name), None)
    if device is None:
        raise NotThere(ask.say("There is no such device, or it was never heard."))
    fixture = _fixture(ask, name.removeprefix("scales/")) if device.kind == "scales" else None
    values: dict[str, Any] = {"shelves": [], "chosen": None, "history": []}
    if fixture is not None:
        values = _plate_values(ask, fixture)
    issues = [entry for entry in ask.store.feed() if entry.device == name and entry.kind in ("issue", "recovered")]
    return ask.page(
        "device.html",
        device=device,
        name=display_text(device_words(ask, name)),
        facts=_facts(ask, device),
        state=DEVICE_STATES[device.state],
        fixture=fixture.id if fixture else "",
        issues=[_issue(ask, entry) for entry in reversed(issues[-_ISSUES:])],
        **values,
    )


def _plate_values(ask: Ask, fixture: Fixture) -> dict[str, Any]:
    states = {(plate.shelf, plate.plate): plate for plate in ask.store.plates(fixture.id)}
    number, _, plate = ask.query("plate", limit=20).partition("-")
    chosen = states.get((_whole(number), _whole(plate)))
    return {
        "shelves": [
            (shelf.index, _row(ask, states, shelf.index, len(shelf.plates))) for shelf in shelves_from_top(fixture)
        ],
        "plates_most": max((len(shelf.plates) for shelf in fixture.shelves), default=0),
        "chosen": None if chosen is None else _closely(ask, chosen),
        "history": [] if chosen is None else ask.database.gain_history(_ref(chosen), _HISTORY),
        "now_link": "/devices/plates?" + urlencode({"fixture": fixture.id}),
        "measured": measured,
        "states": PLATE_STATES,
    }


def _row(ask: Ask, states: Mapping[tuple[int, int], PlateState], shelf: int, plates: int) -> list[Cell]:
    return [_cell(ask, states[shelf, plate]) for plate in range(1, plates + 1) if (shelf, plate) in states]


def _cell(ask: Ask, plate: PlateState) -> Cell:
    words, looks, sign = PLATE_STATES[plate.state]
    load = measured(plate.load_g, 0, "g")
    return Cell(
        id=f"{plate.shelf}-{plate.plate}",
        shelf=plate.shelf,
        plate=plate.plate,
        sign=sign,
        looks=looks,
        state=ask.say(words),
        load=load,
        spoken=ask.say(
            "Shelf %(shelf)s, plate %(plate)s: %(state)s, %(load)s",
            shelf=plate.shelf,
            plate=plate.plate,
            state=ask.say(words),
            load=load,
        ),
    )


def _closely(ask: Ask, plate: PlateState) -> dict[str, Any]:
    words, looks, sign = PLATE_STATES[plate.state]
    shop = ask.store.shop
    here = {
        facing.product
        for facing in shop.facings
        if (facing.fixture, facing.shelf) == (plate.fixture, plate.shelf) and plate.plate in facing.plates
    }
    return {
        "id": f"{plate.shelf}-{plate.plate}",
        "shelf": plate.shelf,
        "plate": plate.plate,
        "title": place_words(ask, plate.fixture, plate.shelf, (plate.plate,)),
        "state": f"{sign} {ask.say(words)}",
        "looks": looks,
        "load": measured(plate.load_g, 1, "g"),
        "noise": measured(plate.noise_g, 2, "g"),
        "drift": measured(plate.drift_g_per_h, 1, "g/h"),
        "gain": measured(plate.gain, 4),
        "changed": ago_words(ask, plate.last_change_ns, ask.store.now_ns),
        "products": ", ".join(display_text(product.name) for product in shop.products if product.id in here),
    }


def _facts(ask: Ask, device: DeviceState) -> list[tuple[str, str, str]]:
    """What is known of a device: a name for scripts, a label, and the value."""
    now_ns = ask.store.now_ns
    facts = [
        ("seen", ask.say("Last heard"), ago_words(ask, device.last_seen_ns, now_ns)),
        ("rate", ask.say("Messages per second"), measured(device.rate_hz, 1)),
    ]
    if device.plates:
        facts += [
            ("bad", ask.say("Plates that fail"), f"{device.plates_bad} / {device.plates}"),
            ("noise", ask.say("Noise (median)"), measured(device.noise_g, 2, "g")),
            ("drift", ask.say("Drift (largest)"), measured(device.drift_g_per_h, 1, "g/h")),
        ]
    return facts


def _plates_now(ask: Ask) -> Response:
    """A fixture's scales and plates as they are now; `plate` is the one that is looked at closely."""
    fixture = _fixture(ask, ask.query("fixture"))
    if fixture is None:
        raise NotThere(ask.say("There is no fixture %(fixture)s in this shop.", fixture=ask.query("fixture")[:60]))
    plates = ask.store.plates(fixture.id)
    wanted = ask.query("plate", limit=20)
    chosen = next((plate for plate in plates if f"{plate.shelf}-{plate.plate}" == wanted), None)
    device = next((known for known in ask.store.devices() if known.device == f"scales/{fixture.id}"), None)
    words, looks, sign = DEVICE_STATES[device.state] if device else ("", "", "")
    return ask.json(
        {
            "plates": {cell.id: cell for cell in (_cell(ask, plate) for plate in plates)},
            "chosen": None if chosen is None else _closely(ask, chosen),
            "facts": {} if device is None else {name: value for name, _, value in _facts(ask, device)},
            "state": f"{sign} {ask.say(words)}",
            "looks": looks,
            "detail": display_text(f"{device.detail}" if device else ""),
            "remedy": display_text(device.remedy if device else ""),
        }
    )


def _issue(ask: Ask, entry: FeedEntry) -> dict[str, Any]:
    over = entry.kind == "recovered"
    return {
        "time_ns": entry.time_ns,
        "what": ask.say("✓ Works again") if over else ask.say("! Trouble"),
        "looks": "good" if over else "warn",
        "detail": display_text(entry.detail),
        "remedy": display_text(entry.remedy),
    }


def _fixture(ask: Ask, wanted: str) -> Fixture | None:
    return next((fixture for fixture in ask.store.shop.fixtures if fixture.id == wanted and fixture.shelves), None)


def _ref(plate: PlateState) -> PlateRef:
    return PlateRef(plate.fixture, plate.shelf, plate.plate)


def _whole(text: str) -> int:
    return int(text) if text.isascii() and text.isdigit() and len(text) < 6 else -1
