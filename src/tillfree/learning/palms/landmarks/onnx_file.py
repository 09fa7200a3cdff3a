"""The trained network of landmarks as an ONNX file, written node by node: the same weights give the same bytes.

Normalisation is folded into the convolutions before it; weights are kept with 16 bits. Input `pictures`: bytes
(n, h, w, 3), sides multiples of 32. Outputs: `maps` (n, 23, h/4, w/4) before the softmax (the last one, skin, before
the sigmoid) and `hand` (n,), 0 to 1.
"""

from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt

from tillfree.learning.errors import LearningError
from tillfree.learning.palms.landmarks.network import LandmarkNetwork
from tillfree.learning.torch_lazily import onnx
from tillfree.palm.capture.landmarks import LANDMARKS
from tillfree.storage.whole_files import whole_file

__all__ = ["landmark_model", "write_landmark_model"]

_OPSET, _IR = 17, 9


class _Graph:
    """Nodes and weights, in the order in which they are added."""

    def __init__(self) -> None:
        self.onnx = onnx()
        self.nodes: list[Any] = []
        self.weights: list[Any] = []

    def add(self, kind: str, *inputs: str, name: str = "", **attributes: Any) -> str:
        """A node; gives the name of what comes out."""
        out = name or f"{kind.lower()}{len(self.nodes)}"
        self.nodes.append(self.onnx.helper.make_node(kind, list(inputs), [out], **attributes))
        return out

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


def landmark_model(network: LandmarkNetwork) -> bytes:
    """The network as the bytes of an ONNX file."""
    graph, layers = _Graph(), network.layers
    kinds, value = graph.onnx.TensorProto, graph.onnx.helper.make_tensor_value_info
    x = graph.add("Transpose", graph.add("Cast", "pictures", to=kinds.FLOAT), perm=[0, 3, 1, 2])
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
    mean = graph.add("ReduceMean", levels[-1], axes=[2, 3], keepdims=0)
    line = layers["hand"]
    weights = [graph.weight(part.detach().numpy()) for part in (line.weight.T, line.bias)]
    logit = graph.add("Add", graph.add("MatMul", mean, weights[0]), weights[1])
    graph.add("Sigmoid", graph.add("Squeeze", logit, graph.constant(np.array([1], np.int64))), name="hand")
    twice = graph.constant(np.array([1, 1, 2, 2], np.float32))
    x = graph.convolve(levels[-1], layers["across"][-1], bend=False)
    for number in range(len(levels) - 2, -1, -1):
        x = graph.add("Resize", graph.add("Relu", x), "", twice, mode="nearest",
                      coordinate_transformation_mode="asymmetric", nearest_mode="floor")  # fmt: skip
        joined = graph.add("Add", x, graph.convolve(levels[number], layers["across"][number], bend=False))
        x = graph.convolve(graph.add("Relu", joined), layers["smooth"][number])
    last = layers["maps"]
    graph.add("Conv", x, *(graph.weight(part.detach().numpy()) for part in (last.weight, last.bias)), name="maps")
    whole = graph.onnx.helper.make_graph(
        graph.nodes,
        "landmarks",
        [value("pictures", kinds.UINT8, ["n", "h", "w", 3])],
        [value("maps", kinds.FLOAT, ["n", len(LANDMARKS) + 1, "rows", "columns"]), value("hand", kinds.FLOAT, ["n"])],
        graph.weights,
    )
    version = graph.onnx.helper.make_opsetid("", _OPSET)
    model = graph.onnx.helper.make_model(whole, opset_imports=[version], ir_version=_IR)
    model.producer_name = "tillfree"
    graph.onnx.checker.check_model(model)
    content: bytes = model.SerializeToString(deterministic=True)
    return content


def write_landmark_model(network: LandmarkNetwork, path: Path) -> None:
    """Writes `landmark_model`.

    Raises:
        LearningError: the file cannot be written.
    """
    content = landmark_model(network)
    try:
        with whole_file(path) as file:
            file.write(content)
    except OSError as error:
        raise LearningError(f"{path}: cannot be written ({error.strerror or error})") from error
