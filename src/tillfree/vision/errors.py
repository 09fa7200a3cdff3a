"""Errors of the vision package.

* TillfreeError
    * VisionError
"""

from tillfree.core.errors import TillfreeError

__all__ = ["VisionError"]


class VisionError(TillfreeError):
    """A picture cannot be looked at, or the model cannot be used; the message says what to do."""
