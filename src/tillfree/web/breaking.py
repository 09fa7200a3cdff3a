"""Breaking a sensor of a simulated shop by a click, and mending it again: to see what the store makes of it.

The list itself is the template `_breaking.html`, which pages include where `store.breaker` is there.
"""

from starlette.responses import Response
from starlette.routing import BaseRoute

from tillfree.core.errors import TillfreeError
from tillfree.store.running.sources import Breaker
from tillfree.web.ask import Ask
from tillfree.web.errors import NotThere
from tillfree.web.routing import act, view

__all__ = ["routes"]


def routes() -> list[BaseRoute]:
    """What the list's buttons call; a real shop has nothing to break."""
    return [
        view("/demo/breakables", _list, "live.see"),
        act("/demo/break", _break, "live.see"),
        act("/demo/mend", _mend, "live.see"),
    ]


def _list(ask: Ask) -> Response:
    return ask.json({"breakables": _breaker(ask).breakables()})


def _break(ask: Ask) -> Response:
    return _switch(ask, broken=True)


def _mend(ask: Ask) -> Response:
    return _switch(ask, broken=False)


def _switch(ask: Ask, broken: bool) -> Response:
    breaker = _breaker(ask)
    id_ = ask.text("id", limit=400)
    to = "/devices" if ask.text("to", limit=200) == "/devices" else "/"
    wants_json = "application/json" in ask.request.headers.get("accept", "")
    try:
        if broken:
            breaker.break_(id_)
        else:
            breaker.mend(id_)
    except TillfreeError as error:
        return ask.json({"error": str(error)}, 400) if wants_json else ask.back(to, wrong=str(error))
    ask.audit("sensor.break" if broken else "sensor.mend", id_)
    if wants_json:
        return ask.json({"breakables": breaker.breakables()})
    return ask.back(to, done=ask.say("Broken: watch what happens.") if broken else ask.say("It works again."))


def _breaker(ask: Ask) -> Breaker:
    if ask.store.breaker is None:
        raise NotThere(ask.say("Only sensors of a simulated shop can be broken here."))
    if not ask.console.demo:
        # In the demo everybody plays; where people sign in to a simulated shop, it is the engineer's matter.
        ask.need("devices.change")
    return ask.store.breaker
