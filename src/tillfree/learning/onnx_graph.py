"""A network as an ONNX file, written node by node: the same weights give the same bytes.

Normalisation is folded into the convolutions before it; weights are kept with 16 bits and widened when a file
is loaded.
"""

from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt

from tillfree.learning.errors import LearningError
from tillfree.learning.torch_lazily import onnx
from tillfree.storage.whole_files import whole_file

__all__ = ["Graph", "write_model"]

_OPSET, _IR = 17, 9


class Graph:
    """Nodes and weights, in the order in which they are added."""

    def __init__(self) -> None:
        self.onnx = onnx()
        self.kinds = self.onnx.TensorProto
        self._nodes: list[Any] = []
        self._weights: list[Any] = []

    def add(self, kind: str, *inputs: str, name: str = "", **attributes: Any) -> str:
        """A node; gives the name of what comes out, which is `name` where it is one of the model's outputs."""
        out = name or f"{kind.lower()}{len(self._nodes)}"
        self._nodes.append(self.onnx.helper.make_node(kind, list(inputs), [out], **attributes))
        return out

    def constant(self, values: npt.NDArray[Any]) -> str:
        """Numbers as they are."""
        name = f"constant{len(self._weights)}"
        self._weights.append(self.onnx.numpy_helper.from_array(values, name))
        return name

    def number(self, value: float) -> str:
        """One number."""
        return self.constant(np.array(value, dtype=np.float32))

    def weight(self, values: npt.NDArray[np.float32]) -> str:
        """Numbers kept with 16 bits."""
        return self.add("Cast", self.constant(values.astype(np.float16)), to=self.kinds.FLOAT)

    def linear(self, layer: Any) -> tuple[str, str]:
        """Weights and shifts of a last layer."""
        weights, shifts = (self.weight(part.detach().numpy()) for part in (layer.weight, layer.bias))
        return weights, shifts

    def convolve(self, x: str, convolution: Any, norm: Any, *, bend: bool = True) -> str:
        """A convolution with its normalisation, and the bend at zero after it."""
        kernel = convolution.weight.detach().numpy()
        scale = (norm.weight / (norm.running_var + norm.eps).sqrt()).detach().numpy()
        shift = norm.bias.detach().numpy() - norm.running_mean.numpy() * scale
        y = self.add(
            "Conv", x, self.weight(kernel * scale[:, None, None, None]), self.weight(shift),
            strides=list(convolution.stride), pads=[kernel.shape[2] // 2] * 4,
        )  # fmt: skip
        return self.add("Relu", y) if bend else y

    def model(
        self, name: str, inputs: dict[str, tuple[int, list[Any]]], outputs: dict[str, tuple[int, list[Any]]]
    ) -> bytes:
        """The file's content; of each input and output the kind of its numbers and its shape."""
        helper = self.onnx.helper
        said = [
            [helper.make_tensor_value_info(key, *value) for key, value in part.items()] for part in (inputs, outputs)
        ]
        whole = helper.make_graph(self._nodes, name, *said, self._weights)
        model = helper.make_model(whole, opset_imports=[helper.make_opsetid("", _OPSET)], ir_version=_IR)
        model.producer_name = "tillfree"
        self.onnx.checker.check_model(model)
        content: bytes = model.SerializeToString(deterministic=True)
        return content


def write_model(content: bytes, path: Path) -> None:
    """Writes a model; the file appears under its name only when it is complete.

    Raises:
        LearningError: the file cannot be written.
    """
    try:
        with whole_file(path) as file:
            file.write(content)
    except OSError as error:
        raise LearningError(f"{path}: cannot be written ({error.strerror or error})") from error
