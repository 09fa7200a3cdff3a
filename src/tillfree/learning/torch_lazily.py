"""PyTorch, loaded when something is trained: it is large, and nothing else needs it."""

from typing import Any

from tillfree.learning.errors import LearningError

__all__ = ["onnx", "torch"]


def torch() -> Any:
    """The package torch.

    Raises:
        LearningError: it is missing.
    """
    try:
        import torch as found  # noqa: PLC0415
    except ImportError as error:
        raise LearningError("training needs the package torch: pip install 'tillfree[learning]'") from error
    return found


def onnx() -> Any:
    """The package onnx.

    Raises:
        LearningError: it is missing.
    """
    try:
        import onnx as found  # noqa: PLC0415
    except ImportError as error:
        raise LearningError("writing models needs the package onnx: pip install 'tillfree[learning]'") from error
    return found
