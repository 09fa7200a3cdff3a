"""Errors of the web server.

The tree::

    TillfreeError
    └── WebError            the server cannot start
        ├── AskError        a request that cannot be answered: its status and what to do
        │   ├── NotAllowed  403, the reader's role does not allow it
        │   ├── NotThere    404, there is no such thing
        │   └── StaleError  409, somebody changed the shop in between (shop_editing)
        ├── TooLate         somebody decided a visit before (review.deciding)
        ├── MoveError       a planogram that cannot be changed so (planogram.moves)
        ├── Problem         an answer of the API that is a problem (api.problems)
        └── CallError       a call of the retailer that cannot be carried out (retailer.calls)
"""

from tillfree.core.errors import TillfreeError

__all__ = ["AskError", "NotAllowed", "NotThere", "WebError"]


class WebError(TillfreeError):
    """The console cannot be served: says why and what to do."""


class AskError(WebError):
    """A request that cannot be answered as it is; `status` is the HTTP status of the answer."""

    def __init__(self, message: str, status: int = 400) -> None:
        super().__init__(message)
        self.status = status


class NotAllowed(AskError):  # noqa: N818  reads as what it says
    """The role of whoever asks does not allow it."""

    def __init__(self, message: str) -> None:
        super().__init__(message, 403)


class NotThere(AskError):  # noqa: N818
    """What is asked for does not exist."""

    def __init__(self, message: str) -> None:
        super().__init__(message, 404)
