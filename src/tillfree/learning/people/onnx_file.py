"""The trained network as an ONNX file, written node by node: the same weights give the same bytes.

Normalisation is folded into the convolutions before it; weights are kept with 16 bits and widened when the file is
loaded. Input `pictures`: bytes (n, h, w, 3), sides multiples of 32. Outputs: `hills` (n, 1, h/4, w/4) from 0 to 1 and
`sides` (n, 4, h/4, w/4), the distances in pixels of a place to left, top, right and bottom of the box.
"""

from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt

from tillfree.learning.errors import LearningError
from tillfree.learning.people.network import BOX_SCALE_PX, Network
from tillfree.learning.torch_lazily import onnx
from tillfree.storage.whole_files import whole_file

__all__ = ["write_onnx"]

_OPSET, _IR = 17, 9


class _Graph:
    """Nodes and weights, in the order in which they are added."""

    def __init__(self) -> None:
        self.onnx = onnx()
        self.nodes: list[Any] = []
        self.weights: list[Any] = []

    def add(self, kind: str, *inputs: str, **attributes: Any) -> str:
        """A node; gives the name of what comes out."""
        name = f"{kind.lower()}{len(self.nodes)}"
        self.nodes.append(self.onnx.helper.make_node(kind, list(inputs), [name], **attributes))
        return name

    def constant(self, values: npt.NDArray[Any]) -> str:
        """Numbers as they are."""
        name = f"constant{len(self.weights)}"
        self.weights.append(self.onnx.numpy_helper.from_array(values, name))
        return name

    def weight(self, values: npt.NDArray[np.float32]) -> str:
        """Numbers kept with 16 bits."""
        return self.add("Cast", self.constant(values.astype(np.float16)), to=self.onnx.TensorProto.FLOAT)

    def convolve(self, x: str, layer: Any, *, bend: bool = True) -> str:
        """A convolution with its normalisation, and the bend at zero after it."""
        norm, kernel = layer["norm"], layer["convolution"].weight.detach().numpy()
        scale = (norm.weight / (norm.running_var + norm.eps).sqrt()).detach().numpy()
        shift = norm.bias.detach().numpy() - norm.running_mean.numpy() * scale
        stride, pad = layer["convolution"].stride[0], kernel.shape[2] // 2
        y = self.add(
            "Conv", x, self.weight(kernel * scale[:, None, None, None]), self.weight(shift),
            strides=[stride, stride], pads=[pad] * 4,
        )  # fmt: skip
        return self.add("Relu", y) if bend else y


def write_onnx(network: Network, path: Path) -> None:
    """Write a network in evaluation; the file appears under its name only when it is complete.

    Raises:
        LearningError: the file cannot be written.
    """
    graph, layers = _Graph(), network.layers
    kinds, helper = graph.onnx.TensorProto, graph.onnx.helper
    x = graph.add("Transpose", graph.add("Cast", "pictures", to=kinds.FLOAT), perm=[0, 3, 1, 2])
    # The network takes shares of white, less a half, times four.
    x = graph.add("Mul", graph.add("Sub", x, graph.constant(np.array(127.5, np.float32))),
                  graph.constant(np.array(4.0 / 255.0, np.float32)))  # fmt: skip
    x = graph.convolve(x, layers["stem"])
    levels: list[str] = []
    for down, stage in zip(layers["down"], layers["stages"], strict=True):
        x = graph.convolve(x, down)
        for block in stage:
            inner = graph.convolve(graph.convolve(x, block["first"]), block["second"], bend=False)
            x = graph.add("Relu", graph.add("Add", x, inner))
        levels.append(x)
    twice = graph.constant(np.array([1, 1, 2, 2], np.float32))
    x = graph.convolve(levels[-1], layers["across"][-1], bend=False)
    for number in range(len(levels) - 2, -1, -1):
        x = graph.add("Resize", graph.add("Relu", x), "", twice, mode="nearest",
                      coordinate_transformation_mode="asymmetric", nearest_mode="floor")  # fmt: skip
        joined = graph.add("Add", x, graph.convolve(levels[number], layers["across"][number], bend=False))
        x = graph.convolve(graph.add("Relu", joined), layers["smooth"][number])
    outputs = []
    for head, last in zip(layers["heads"], (layers["hills"], layers["sides"]), strict=True):
        weights = [graph.weight(part.detach().numpy()) for part in (last.weight, last.bias)]
        outputs.append(graph.add("Conv", graph.convolve(x, head), *weights))
    graph.nodes.append(helper.make_node("Sigmoid", [outputs[0]], ["hills"]))
    far = graph.add("Softplus", outputs[1])
    graph.nodes.append(helper.make_node("Mul", [far, graph.constant(np.array(BOX_SCALE_PX, np.float32))], ["sides"]))
    value = helper.make_tensor_value_info
    whole = helper.make_graph(
        graph.nodes,
        "people",
        [value("pictures", kinds.UINT8, ["n", "h", "w", 3])],
        [value("hills", kinds.FLOAT, ["n", 1, "rows", "columns"]),
         value("sides", kinds.FLOAT, ["n", 4, "rows", "columns"])],
        graph.weights,
    )  # fmt: skip
    model = helper.make_model(whole, opset_imports=[helper.make_opsetid("", _OPSET)], ir_version=_IR)
    model.producer_name = "tillfree"
    graph.onnx.checker.check_model(model)
    try:
        with whole_file(path) as file:
            file.write(model.SerializeToString(deterministic=True))
    except OSError as error:
        raise LearningError(f"{path}: cannot be written ({error.strerror or error})") from error
