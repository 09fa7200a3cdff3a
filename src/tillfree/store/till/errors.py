"""What the till cannot do.

::

    TillfreeError
    └── TillError    a trip that is not there, or that is not in a state in which this can be done
"""

from tillfree.core.errors import TillfreeError

__all__ = ["TillError"]


class TillError(TillfreeError):
    """The till cannot do this with a trip; says why, and what can be done."""
