"""The trained network as an ONNX file, written node by node: the same weights give the same bytes.

Normalisation is folded into the layers before it; weights are kept with 16 bits and widened when the file is loaded.
Inputs `grey` (n, 1, 128, 128), 0 to 1, and `mask` the same, 1 where there is palm; output `embeddings` (n, 512) of
length 1.
"""

from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt

from tillfree.learning.errors import LearningError
from tillfree.learning.palms.embedding.collection import SIDE_PX
from tillfree.learning.palms.embedding.network import EMBEDDING_SIZE, Network
from tillfree.learning.torch_lazily import onnx
from tillfree.storage.whole_files import whole_file

__all__ = ["write_onnx"]

_OPSET, _IR = 17, 9
_CELLS_PX = 32


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

    def number(self, value: float) -> str:
        """One number."""
        return self.constant(np.array(value, dtype=np.float32))

    def weight(self, values: npt.NDArray[np.float32]) -> str:
        """Numbers kept with 16 bits."""
        return self.add("Cast", self.constant(values.astype(np.float16)), to=self.onnx.TensorProto.FLOAT)

    def mean(self, x: str, size: int, stride: int, pad: int = 0) -> str:
        """The mean of each square, what lies outside being 0."""
        return self.add("AveragePool", x, kernel_shape=[size, size], strides=[stride, stride], pads=[pad] * 4,
                        count_include_pad=1)  # fmt: skip

    def above(self, x: str, limit: float) -> str:
        """1 where it is more than a limit, else 0."""
        return self.add("Cast", self.add("Greater", x, self.number(limit)), to=self.onnx.TensorProto.FLOAT)

    def convolve(self, x: str, kernel: Any, norm: Any, stride: int, *, bend: bool) -> str:
        """A convolution with its normalisation, and the bend at zero after it."""
        scale = (norm.weight / (norm.running_var + norm.eps).sqrt()).detach().numpy()
        shift = norm.bias.detach().numpy() - norm.running_mean.numpy() * scale
        values = kernel.weight.detach().numpy()
        y = self.add("Conv", x, self.weight(values * scale[:, None, None, None]), self.weight(shift),
                     strides=[stride, stride], pads=[values.shape[2] // 2] * 4)  # fmt: skip
        return self.add("Relu", y) if bend else y


def write_onnx(network: Network, path: Path) -> None:
    """Write a network in evaluation; the file appears under its name only when it is complete.

    Raises:
        LearningError: the file cannot be written.
    """
    graph = _Graph()
    kinds, helper = graph.onnx.TensorProto, graph.onnx.helper
    raw = _learned(graph, network, _lines(graph, network))
    length = graph.add("ReduceL2", raw, axes=[1], keepdims=1)
    graph.nodes.append(helper.make_node("Div", [raw, length], ["embeddings"]))
    value = helper.make_tensor_value_info
    square = ["n", 1, SIDE_PX, SIDE_PX]
    whole = helper.make_graph(
        graph.nodes,
        "palms",
        [value("grey", kinds.FLOAT, square), value("mask", kinds.FLOAT, square)],
        [value("embeddings", kinds.FLOAT, ["n", EMBEDDING_SIZE])],
        graph.weights,
    )
    model = helper.make_model(whole, opset_imports=[helper.make_opsetid("", _OPSET)], ir_version=_IR)
    model.producer_name = "tillfree"
    graph.onnx.checker.check_model(model)
    try:
        with whole_file(path) as file:
            file.write(model.SerializeToString(deterministic=True))
    except OSError as error:
        raise LearningError(f"{path}: cannot be written ({error.strerror or error})") from error


def _lines(graph: _Graph, network: Network) -> str:
    """The fixed layers: the same sums as in `Network.lines`."""
    add, number = graph.add, graph.number
    grey, mask = "grey", "mask"
    rim = add("Neg", graph.above(graph.mean(mask, SIDE_PX // _CELLS_PX, SIDE_PX // _CELLS_PX), 0.9))
    sure = add("Neg", add("MaxPool", rim, kernel_shape=[3, 3], strides=[1, 1], pads=[1] * 4))
    found, side = [], SIDE_PX
    for level, bank in enumerate(network.banks):
        stride = 2 if level == 0 else 1
        taps = bank.shape[-1]
        answer = add("Conv", _even(graph, grey, mask, side), graph.constant(bank.numpy()), strides=[stride] * 2,
                     pads=[taps // 2] * 4)  # fmt: skip
        parts = add("Concat", add("Relu", answer), add("Relu", add("Neg", answer)), axis=1)
        ratio = side // stride // _CELLS_PX
        parts = add("Mul", graph.mean(parts, ratio, ratio) if ratio > 1 else parts, sure)
        power = add("ReduceSum", add("Mul", parts, parts), graph.constant(np.array([1], np.int64)), keepdims=1)
        floor = add("Mul", add("ReduceMean", power, axes=[2, 3], keepdims=1), number(0.3))
        around = add("Add", add("Add", graph.mean(power, 9, 1, 4), floor), number(1e-6))
        found.append(add("Div", parts, add("Sqrt", around)))
        if level + 1 < len(network.banks):
            weight = graph.mean(mask, 2, 2)
            grey = add("Div", graph.mean(add("Mul", grey, mask), 2, 2), add("Add", weight, number(1e-4)))
            mask = graph.above(weight, 0.5)
            side //= 2
    return add("Concat", *found, sure, axis=1)


def _even(graph: _Graph, grey: str, mask: str, side: int) -> str:
    """Grey levels without slow light: see `network._even`."""
    add, number = graph.add, graph.number
    ratio = side // _CELLS_PX * 2
    kept = add("Mul", grey, mask)
    weight = graph.mean(graph.mean(mask, ratio, ratio), 3, 1, 1)
    mean = add("Div", graph.mean(graph.mean(kept, ratio, ratio), 3, 1, 1), add("Add", weight, number(1e-3)))
    scale = graph.constant(np.array([1, 1, ratio, ratio], np.float32))
    mean = add("Resize", mean, "", scale, mode="linear", coordinate_transformation_mode="half_pixel")
    off = add("Mul", add("Sub", grey, mean), mask)
    axes = graph.constant(np.array([2, 3], np.int64))
    count = add("Add", add("ReduceSum", mask, axes, keepdims=1), number(1.0))
    power = add("Div", add("ReduceSum", add("Mul", off, off), axes, keepdims=1), count)
    return add("Clip", add("Div", off, add("Sqrt", add("Add", power, number(1e-7)))), number(-4.0), number(4.0))


def _learned(graph: _Graph, network: Network, x: str) -> str:
    """The learned layers, and the embedding before its length is 1."""
    layers = network.layers
    for name, stride in (("stem", 2), ("first", 0), ("down", 2), ("second", 0), ("third", 0)):
        layer = layers[name]
        if stride:
            x = graph.convolve(x, layer[0], layer[1], stride, bend=True)
            continue
        inner = graph.convolve(x, layer[0], layer[1], 1, bend=True)
        x = graph.add("Relu", graph.add("Add", x, graph.convolve(inner, layer[3], layer[4], 1, bend=False)))
    x = graph.add("Flatten", graph.convolve(x, layers["narrow"][0], layers["narrow"][1], 1, bend=False), axis=1)
    linear, norm = layers["embed"][1], layers["embed"][2]
    scale = (1.0 / (norm.running_var + norm.eps).sqrt()).numpy()
    weights = linear.weight.detach().numpy() * scale[:, None]
    shift = -norm.running_mean.numpy() * scale
    return graph.add("Gemm", x, graph.weight(weights), graph.weight(shift), transB=1)
