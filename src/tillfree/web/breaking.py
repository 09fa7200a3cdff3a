"""Breaking a sensor of a simulated shop by a click, and mending it again: to see what the store makes of it."""

from typing import Any

from starlette.responses import Response
from starlette.routing import BaseRoute

from tillfree.core.errors import TillfreeError
from tillfree.store.running.sources import Breaker
from tillfree.store.running.state import Breakable
from tillfree.web.ask import Ask
from tillfree.web.errors import NotThere
from tillfree.web.routing import act, view
from tillfree.web.stock.places import place_words
from tillfree.web.texts import later

__all__ = ["breakable_groups", "routes"]

_KINDS: dict[str, tuple[str, str]] = {
    "tracker": (
        later("People tracker"),
        later("Nobody is seen any more. Goods that move belong to nobody, so carts are unsure and go to review."),
    ),
    "gate": (
        later("Door gate"),
        later("Nobody is heard to come or go at the gate: entry and exit are told by where people walk."),
    ),
    "scales": (
        later("Scales of a fixture"),
        later("The fixture falls silent within three seconds. Whoever reaches into it meanwhile goes to review."),
    ),
    "plate": (
        later("Single plates"),
        later("The scales work in part: the neighbours feel some of it, and what nobody can tell goes to review."),
    ),
}
"""Kinds in the order of the list, and what happens when one of them breaks."""


def routes() -> list[BaseRoute]:
    """What the demo's buttons call; a real shop has nothing to break here."""
    return [
        view("/demo/breakables", _list, "live.see"),
        act("/demo/break", _break, "live.see"),
        act("/demo/mend", _mend, "live.see"),
    ]


def breakable_groups(ask: Ask) -> list[dict[str, Any]]:
    """What can be broken, by kind; empty where nothing can."""
    breaker = ask.store.breaker
    if breaker is None or not _may(ask):
        return []
    groups: dict[str, list[Breakable]] = {}
    for breakable in breaker.breakables():
        groups.setdefault(breakable.kind, []).append(breakable)
    kinds = [kind for kind in _KINDS if kind in groups] + [kind for kind in groups if kind not in _KINDS]
    return [
        {
            "kind": kind,
            "title": ask.say(_KINDS[kind][0]) if kind in _KINDS else kind,
            "follows": ask.say(_KINDS[kind][1]) if kind in _KINDS else "",
            "broken": sum(breakable.broken for breakable in groups[kind]),
            "items": [_told(ask, breakable) for breakable in groups[kind]],
        }
        for kind in kinds
    ]


def _may(ask: Ask) -> bool:
    # In the demo everybody plays; where people sign in to a simulated shop, it is the engineer's matter.
    return ask.console.demo or ask.may("devices.change")


def _told(ask: Ask, breakable: Breakable) -> dict[str, Any]:
    return {
        "id": breakable.id,
        "name": _name(ask, breakable),
        "broken": breakable.broken,
        "action": _action(ask, breakable.how, breakable.broken),
        "break": _action(ask, breakable.how, False),
        "mend": _action(ask, breakable.how, True),
    }


def _name(ask: Ask, breakable: Breakable) -> str:
    if breakable.kind == "plate":
        place = place_words(ask, breakable.fixture, breakable.shelf, (breakable.plate,))
        if breakable.how == "stuck":
            return ask.say("%(place)s: repeats one value", place=place)
        return ask.say("%(place)s: no reading", place=place)
    if breakable.fixture:
        return ask.say("Fixture %(fixture)s", fixture=breakable.fixture)
    return ask.say(_KINDS[breakable.kind][0]) if breakable.kind in _KINDS else breakable.id


def _action(ask: Ask, how: str, broken: bool) -> str:
    if how == "unplugged":
        return ask.say("Plug in again") if broken else ask.say("Unplug")
    return ask.say("Mend") if broken else ask.say("Break")


def _list(ask: Ask) -> Response:
    _breaker(ask)
    return ask.json({"groups": breakable_groups(ask)})


def _break(ask: Ask) -> Response:
    return _switch(ask, broken=True)


def _mend(ask: Ask) -> Response:
    return _switch(ask, broken=False)


def _switch(ask: Ask, broken: bool) -> Response:
    breaker = _breaker(ask)
    id_ = ask.text("id", limit=400)
    to = "/devices" if ask.text("to", limit=20) == "/devices" else "/"
    wants_json = "application/json" in ask.request.headers.get("accept", "")
    try:
        if broken:
            breaker.break_(id_)
        else:
            breaker.mend(id_)
    except TillfreeError as error:
        if wants_json:
            return ask.json({"error": str(error)}, 400)
        return ask.back(to, wrong=str(error))
    ask.audit("sensor.break" if broken else "sensor.mend", id_)
    if wants_json:
        return ask.json({"groups": breakable_groups(ask)})
    return ask.back(to, done=ask.say("Broken: watch what happens.") if broken else ask.say("Mended."))


def _breaker(ask: Ask) -> Breaker:
    if ask.store.breaker is None:
        raise NotThere(ask.say("Only sensors of a simulated shop can be broken here."))
    if not _may(ask):
        ask.need("devices.change")
    return ask.store.breaker
