"""Networks in memory: one thread each, so that the same picture takes the same time beside others."""

from typing import Any

from tillfree.palm.errors import PalmError

__all__ = ["session"]


def session(model: bytes) -> Any:
    """A session of onnxruntime for the bytes of an ONNX file.

    Raises:
        PalmError: onnxruntime is not installed, or the model is none.
    """
    try:
        import onnxruntime  # noqa: PLC0415  only who looks at pictures needs it
    except ImportError as error:
        raise PalmError("palms need the package onnxruntime: pip install 'tillfree[palm]'") from error
    options = onnxruntime.SessionOptions()
    options.intra_op_num_threads = options.inter_op_num_threads = 1
    options.log_severity_level = 4
    try:
        return onnxruntime.InferenceSession(model, options, providers=["CPUExecutionProvider"])
    # The runtime raises errors of kinds that it does not publish.
    except Exception as error:
        raise PalmError(f"this is no model that onnxruntime can use: {error}") from error
