"""Errors of the ways to other systems.

The tree::

    TillfreeError
    └── ConnectorError    another system cannot be reached, or does not answer as it should
"""

from tillfree.core.errors import TillfreeError

__all__ = ["ConnectorError"]


class ConnectorError(TillfreeError):
    """Another system, or the way to it, is at fault; says which, what, and what to do."""
