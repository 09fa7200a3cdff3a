"""What the synthetic store refuses.

::

    TillfreeError
    └── SimulationError   options out of bounds, or a shop in which nobody can take anything
"""

from tillfree.core.errors import TillfreeError

__all__ = ["SimulationError"]


class SimulationError(TillfreeError):
    """A simulation cannot be made as asked: says which option or what of the shop, and what to do."""
