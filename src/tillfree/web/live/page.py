"""The first page: the floor map, carts, sensors and events as they happen."""

import msgspec
from starlette.responses import Response
from starlette.routing import BaseRoute

from tillfree.web.ask import Ask
from tillfree.web.errors import AskError
from tillfree.web.floor_plan import floor_plan
from tillfree.web.routing import act, view

__all__ = ["routes"]

SPEEDS = (0.5, 1.0, 2.0, 4.0, 8.0)


def routes() -> list[BaseRoute]:
    """The page, the floor it draws, and where a stream can be paced, its pace."""
    return [
        view("/", _show, "live.see"),
        view("/live/floor", _floor, "live.see"),
        act("/live/pace", _pace, "devices.change"),
    ]


def _show(ask: Ask) -> Response:
    if ask.console.home != "/":
        return ask.back(ask.console.home)
    plan = msgspec.to_builtins(floor_plan(ask.store.shop))
    breaker = ask.store.breaker
    # By fixture, what unplugs its scales: the map offers it for the fixture that is clicked.
    plan["scales"] = {b.fixture: b.id for b in breaker.breakables() if b.kind == "scales"} if breaker else {}
    return ask.page("live.html", plan=plan, speeds=SPEEDS, words=_words(ask))


def _floor(ask: Ask) -> Response:
    return ask.json(floor_plan(ask.store.shop))


def _pace(ask: Ask) -> Response:
    """Slower, faster, or a halt: only for what is played, never for a shop."""
    if not ask.store.paced:
        raise AskError(ask.say("A real shop cannot be stopped or sped up."))
    wanted = ask.text("pace", limit=10)
    if wanted == "pause":
        ask.store.pause()
    elif wanted == "resume":
        ask.store.resume()
    elif wanted in {f"{speed:g}" for speed in SPEEDS}:
        ask.store.set_speed(float(wanted))
    else:
        raise AskError(ask.say("Choose one of the speeds that are offered."))
    ask.audit("pace.change", detail=wanted)
    return ask.back("/")


def _words(ask: Ask) -> dict[str, str]:
    """The texts of live.js."""
    return {
        "floor": ask.say("Floor map: %(count)s people in the shop"),
        "nobody": ask.say("Nobody is in the shop."),
        "empty": ask.say("nothing yet"),
        "since": ask.say("since %(clock)s"),
        "find": ask.say("Show this shopper on the map"),
        "party": ask.say("party"),
        "running": ask.say("Running"),
        "starting": ask.say("Starting"),
        "paused": ask.say("Paused"),
        "ended": ask.say("The recording is over"),
        "failed": ask.say("The store has stopped: see the server's log"),
        "lag": ask.say("%(seconds)s s behind"),
        "lost": ask.say("No connection to the server; trying again"),
        "sensors": ask.say("%(good)s of %(all)s"),
        "of": ask.say("%(count)s of %(all)s"),
        "fixture": ask.say("Fixture %(fixture)s"),
        "unplugged": ask.say("unplugged. In three seconds the shop notices; every visit of this time goes to review."),
        "plugged": ask.say("plugged in again."),
        "failed_click": ask.say("That did not work:"),
        "review": ask.say("review"),
        "unknown": ask.say("truth not known"),
        "right": ask.say("right"),
        "wrong": ask.say("wrong"),
        "charged": ask.say("charged"),
        "waits": ask.say("for review"),
        "differs": ask.say("%(product)s: said %(said)s, truly %(true)s"),
    }
