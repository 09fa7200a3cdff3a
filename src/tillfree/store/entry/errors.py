"""Errors of the desk at the gate.

The tree::

    TillfreeError
    └── EntryError    a file of keys cannot be used, or something is asked of an entry that cannot be done
"""

from tillfree.core.errors import TillfreeError

__all__ = ["EntryError"]


class EntryError(TillfreeError):
    """Says what is wrong at the gate, and what to do."""
