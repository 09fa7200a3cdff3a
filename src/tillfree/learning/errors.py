"""Errors of the learning package.

* LearningError
"""

__all__ = ["LearningError"]


class LearningError(Exception):
    """Training cannot go on: a package or a file is missing, or does not fit; the message says what to do."""
