"""Errors of the vision package.

* VisionError
"""

__all__ = ["VisionError"]


class VisionError(Exception):
    """A picture cannot be looked at, or the model cannot be used; the message says what to do."""
