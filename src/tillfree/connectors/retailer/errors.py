"""Errors of calls to the retailer's connectors.

The tree::

    ConnectorError
    ├── RetailerRefused        the connector understood the call and will never do it
    └── RetailerUnavailable    no answer, or one that says: later
"""

from tillfree.connectors.errors import ConnectorError

__all__ = ["RetailerRefused", "RetailerUnavailable"]


class RetailerRefused(ConnectorError):  # noqa: N818  what it is
    """The connector says no; `status` is its HTTP status. Asking again would not help."""

    def __init__(self, message: str, status: int) -> None:
        super().__init__(message)
        self.status = status


class RetailerUnavailable(ConnectorError):  # noqa: N818
    """It is not known whether the call was carried out; ask again, after `after_s` seconds where that is said."""

    def __init__(self, message: str, after_s: float = 0.0) -> None:
        super().__init__(message)
        self.after_s = after_s
