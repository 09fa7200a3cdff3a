"""Layers that see a picture at several sizes, and join what they see at a quarter of its size.

Down by residual blocks (He et al., Deep residual learning, CVPR 2016), up again with short cuts (Lin et al., Feature
pyramid networks, CVPR 2017). Tensors have the type Any, since PyTorch is loaded only where something is trained.
"""

from typing import Any

import numpy as np

from tillfree.learning.onnx_graph import Graph
from tillfree.learning.torch_lazily import torch

__all__ = ["apply", "convolution", "joined", "joined_in", "levels", "levels_in", "pyramid"]


def convolution(inputs: int, outputs: int, kernel: int = 3, stride: int = 1) -> Any:
    """A convolution with its normalisation."""
    nn = torch().nn
    made = nn.Conv2d(inputs, outputs, kernel, stride, kernel // 2, bias=False)
    return nn.ModuleDict({"convolution": made, "norm": nn.BatchNorm2d(outputs)})


def apply(layer: Any, x: Any, *, bend: bool = True) -> Any:
    """What such a convolution says; bent at zero where wanted."""
    y = layer["norm"](layer["convolution"](x))
    return torch().nn.functional.relu(y) if bend else y


def pyramid(widths: tuple[int, ...], depths: tuple[int, ...], middle: int) -> dict[str, Any]:
    """The layers: so many channels at each size, so many blocks at each but the first, and in the middle so many."""
    nn = torch().nn
    sizes = range(1, len(widths))
    return {
        "stem": convolution(3, widths[0], stride=2),
        "down": nn.ModuleList(convolution(widths[k - 1], widths[k], stride=2) for k in sizes),
        "stages": nn.ModuleList(nn.ModuleList(_residual(widths[k]) for _ in range(depths[k - 1])) for k in sizes),
        "across": nn.ModuleList(convolution(widths[k], middle, kernel=1) for k in sizes),
        "smooth": nn.ModuleList(convolution(middle, middle) for _ in sizes[:-1]),
    }


def levels(layers: Any, x: Any) -> list[Any]:
    """What is seen in pictures (n, 3, h, w), 0 to 1, at a quarter of the size, an eighth, and so on."""
    found = []
    x = apply(layers["stem"], (x - 0.5) * 4.0)
    for down, stage in zip(layers["down"], layers["stages"], strict=True):
        x = apply(down, x)
        for block in stage:
            inner = apply(block["first"], x)
            x = torch().nn.functional.relu(x + apply(block["second"], inner, bend=False))
        found.append(x)
    return found


def joined(layers: Any, found: list[Any]) -> Any:
    """All of it at a quarter of the size."""
    functional = torch().nn.functional
    x = apply(layers["across"][-1], found[-1], bend=False)
    for number in range(len(found) - 2, -1, -1):
        x = functional.interpolate(functional.relu(x), scale_factor=2.0, mode="nearest")
        x = functional.relu(x + apply(layers["across"][number], found[number], bend=False))
        x = apply(layers["smooth"][number], x)
    return x


def levels_in(graph: Graph, layers: Any) -> list[str]:
    """`levels` in a file, from its input `pictures`: bytes (n, h, w, 3)."""
    x = graph.add("Transpose", graph.add("Cast", "pictures", to=graph.kinds.FLOAT), perm=[0, 3, 1, 2])
    # The network takes shares of white, less a half, times four.
    x = graph.add("Mul", graph.add("Sub", x, graph.number(127.5)), graph.number(4.0 / 255.0))
    x = _convolve(graph, x, layers["stem"])
    found: list[str] = []
    for down, stage in zip(layers["down"], layers["stages"], strict=True):
        x = _convolve(graph, x, down)
        for block in stage:
            inner = _convolve(graph, _convolve(graph, x, block["first"]), block["second"], bend=False)
            x = graph.add("Relu", graph.add("Add", x, inner))
        found.append(x)
    return found


def joined_in(graph: Graph, layers: Any, found: list[str]) -> str:
    """`joined` in a file."""
    twice = graph.constant(np.array([1, 1, 2, 2], np.float32))
    x = _convolve(graph, found[-1], layers["across"][-1], bend=False)
    for number in range(len(found) - 2, -1, -1):
        x = graph.add("Resize", graph.add("Relu", x), "", twice, mode="nearest",
                      coordinate_transformation_mode="asymmetric", nearest_mode="floor")  # fmt: skip
        both = graph.add("Add", x, _convolve(graph, found[number], layers["across"][number], bend=False))
        x = _convolve(graph, graph.add("Relu", both), layers["smooth"][number])
    return x


def _residual(width: int) -> Any:
    return torch().nn.ModuleDict({"first": convolution(width, width), "second": convolution(width, width)})


def _convolve(graph: Graph, x: str, layer: Any, *, bend: bool = True) -> str:
    return graph.convolve(x, layer["convolution"], layer["norm"], bend=bend)
