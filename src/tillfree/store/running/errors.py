"""What a running store refuses.

::

    TillfreeError
    └── StoreError   something asked of a running store cannot be done: says what, and what to do
"""

from tillfree.core.errors import TillfreeError

__all__ = ["StoreError"]


class StoreError(TillfreeError):
    """Something that was asked of a running store cannot be done."""
