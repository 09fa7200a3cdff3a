"""Errors of the learning package.

* TillfreeError
    * LearningError
"""

from tillfree.core.errors import TillfreeError

__all__ = ["LearningError"]


class LearningError(TillfreeError):
    """Training cannot go on: a package or a file is missing, or does not fit; the message says what to do."""
