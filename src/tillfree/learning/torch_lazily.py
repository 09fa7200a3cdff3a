"""PyTorch, loaded when something is trained: it is large, and nothing else needs it."""

import importlib
from typing import Any

from tillfree.learning.errors import LearningError

__all__ = ["onnx", "torch"]


def torch() -> Any:
    """The package torch.

    Raises:
        LearningError: it is missing.
    """
    return _loaded("torch", "training")


def onnx() -> Any:
    """The package onnx.

    Raises:
        LearningError: it is missing.
    """
    return _loaded("onnx", "writing models")


def _loaded(name: str, what: str) -> Any:
    try:
        return importlib.import_module(name)
    except ImportError as error:
        raise LearningError(f"{what} needs the package {name}: pip install 'tillfree[learning]'") from error
