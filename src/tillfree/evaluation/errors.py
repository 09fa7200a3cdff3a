"""Errors of evaluation.

The tree::

    TillfreeError
    └── EvaluationError    nothing to evaluate, predictions that cannot be read, a report that cannot be written
"""

from tillfree.core.errors import TillfreeError

__all__ = ["EvaluationError"]


class EvaluationError(TillfreeError):
    """An evaluation cannot be done as asked; the message says why and what to do."""
