"""The trained embedding as an ONNX file.

Inputs `grey` (n, 1, 128, 128), 0 to 1, and `mask` the same, 1 where there is palm; output `embeddings` (n, 512) of
length 1.
"""

from pathlib import Path

import numpy as np

from tillfree.learning.onnx_graph import Graph, write_model
from tillfree.learning.palms.embedding.collection import SIDE_PX
from tillfree.learning.palms.embedding.network import EMBEDDING_SIZE, Network

__all__ = ["write_onnx"]

_CELLS_PX = 32


def write_onnx(network: Network, path: Path) -> None:
    """Write a network in evaluation; the file appears under its name only when it is complete.

    Raises:
        LearningError: the file cannot be written.
    """
    graph = Graph()
    raw = _learned(graph, network, _lines(graph, network))
    graph.add("Div", raw, graph.add("ReduceL2", raw, axes=[1], keepdims=1), name="embeddings")
    square = (graph.kinds.FLOAT, ["n", 1, SIDE_PX, SIDE_PX])
    outputs = {"embeddings": (graph.kinds.FLOAT, ["n", EMBEDDING_SIZE])}
    write_model(graph.model("palms", {"grey": square, "mask": square}, outputs), path)


def _mean(graph: Graph, x: str, size: int, stride: int, pad: int = 0) -> str:
    """The mean of each square, what lies outside being 0."""
    return graph.add("AveragePool", x, kernel_shape=[size, size], strides=[stride, stride], pads=[pad] * 4,
                     count_include_pad=1)  # fmt: skip


def _above(graph: Graph, x: str, limit: float) -> str:
    """1 where it is more than a limit, else 0."""
    return graph.add("Cast", graph.add("Greater", x, graph.number(limit)), to=graph.kinds.FLOAT)


def _lines(graph: Graph, network: Network) -> str:
    """The fixed layers: the same sums as in `Network.lines`."""
    add, number = graph.add, graph.number
    grey, mask = "grey", "mask"
    rim = add("Neg", _above(graph, _mean(graph, mask, SIDE_PX // _CELLS_PX, SIDE_PX // _CELLS_PX), 0.9))
    sure = add("Neg", add("MaxPool", rim, kernel_shape=[3, 3], strides=[1, 1], pads=[1] * 4))
    found, side = [], SIDE_PX
    for level, bank in enumerate(network.banks):
        stride = 2 if level == 0 else 1
        taps = bank.shape[-1]
        answer = add("Conv", _even(graph, grey, mask, side), graph.constant(bank.numpy()), strides=[stride] * 2,
                     pads=[taps // 2] * 4)  # fmt: skip
        parts = add("Concat", add("Relu", answer), add("Relu", add("Neg", answer)), axis=1)
        ratio = side // stride // _CELLS_PX
        parts = add("Mul", _mean(graph, parts, ratio, ratio) if ratio > 1 else parts, sure)
        power = add("ReduceSum", add("Mul", parts, parts), graph.constant(np.array([1], np.int64)), keepdims=1)
        floor = add("Mul", add("ReduceMean", power, axes=[2, 3], keepdims=1), number(0.3))
        around = add("Add", add("Add", _mean(graph, power, 9, 1, 4), floor), number(1e-6))
        found.append(add("Div", parts, add("Sqrt", around)))
        if level + 1 < len(network.banks):
            weight = _mean(graph, mask, 2, 2)
            grey = add("Div", _mean(graph, add("Mul", grey, mask), 2, 2), add("Add", weight, number(1e-4)))
            mask = _above(graph, weight, 0.5)
            side //= 2
    return add("Concat", *found, sure, axis=1)


def _even(graph: Graph, grey: str, mask: str, side: int) -> str:
    """Grey levels without slow light: see `network._even`."""
    add, number = graph.add, graph.number
    ratio = side // _CELLS_PX * 2
    kept = add("Mul", grey, mask)
    weight = _mean(graph, _mean(graph, mask, ratio, ratio), 3, 1, 1)
    mean = add("Div", _mean(graph, _mean(graph, kept, ratio, ratio), 3, 1, 1), add("Add", weight, number(1e-3)))
    scale = graph.constant(np.array([1, 1, ratio, ratio], np.float32))
    mean = add("Resize", mean, "", scale, mode="linear", coordinate_transformation_mode="half_pixel")
    off = add("Mul", add("Sub", grey, mean), mask)
    axes = graph.constant(np.array([2, 3], np.int64))
    count = add("Add", add("ReduceSum", mask, axes, keepdims=1), number(1.0))
    power = add("Div", add("ReduceSum", add("Mul", off, off), axes, keepdims=1), count)
    return add("Clip", add("Div", off, add("Sqrt", add("Add", power, number(1e-7)))), number(-4.0), number(4.0))


def _learned(graph: Graph, network: Network, x: str) -> str:
    """The learned layers, and the embedding before its length is 1."""
    layers = network.layers
    for name in ("stem", "first", "down", "second", "third"):
        layer = layers[name]
        if name in ("stem", "down"):
            x = graph.convolve(x, layer[0], layer[1])
            continue
        inner = graph.convolve(x, layer[0], layer[1])
        x = graph.add("Relu", graph.add("Add", x, graph.convolve(inner, layer[3], layer[4], bend=False)))
    x = graph.add("Flatten", graph.convolve(x, layers["narrow"][0], layers["narrow"][1], bend=False), axis=1)
    linear, norm = layers["embed"][1], layers["embed"][2]
    scale = (1.0 / (norm.running_var + norm.eps).sqrt()).numpy()
    weights = linear.weight.detach().numpy() * scale[:, None]
    shift = -norm.running_mean.numpy() * scale
    return graph.add("Gemm", x, graph.weight(weights), graph.weight(shift), transB=1)
