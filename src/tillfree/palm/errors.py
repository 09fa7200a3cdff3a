"""What can go wrong with palms.

* TillfreeError
    * PalmError: a picture, a template, a key or a model is not what it has to be
"""

from tillfree.core.errors import TillfreeError

__all__ = ["PalmError"]


class PalmError(TillfreeError):
    """A picture, a template, a key or a model is not what it has to be; says which, where, and what to do."""
