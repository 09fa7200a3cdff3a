"""The routes of this room."""

from starlette.routing import BaseRoute

__all__ = ["routes"]


def routes() -> list[BaseRoute]:
    """All of them."""
    return []
