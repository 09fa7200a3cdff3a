"""What can be wrong with the number of a tag."""

from tillfree.core.errors import TillfreeError

__all__ = ["EpcError"]


class EpcError(TillfreeError):
    """An item's number cannot be written on a tag, or a tag's number is none of an item: says which and why."""
