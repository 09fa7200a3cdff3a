"""The routes of this room."""

from starlette.routing import BaseRoute

from tillfree.web.gate.acting import block, check_age, close, find, reopen, unblock
from tillfree.web.gate.showing import show
from tillfree.web.routing import act, view

__all__ = ["routes"]


def routes() -> list[BaseRoute]:
    """The page of the gate, and what is done there."""
    return [
        view("/gate", show, "gate.see"),
        act("/gate/age", check_age, "gate.change"),
        act("/gate/block", block, "gate.change"),
        act("/gate/unblock", unblock, "gate.change"),
        act("/gate/find", find, "gate.change"),
        act("/gate/close", close, "gate.change"),
        act("/gate/open", reopen, "gate.change"),
    ]
