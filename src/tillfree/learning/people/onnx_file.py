"""The trained detector as an ONNX file.

Input `pictures`: bytes (n, h, w, 3), sides multiples of 32. Outputs: `hills` (n, 1, h/4, w/4) from 0 to 1 and `sides`
(n, 4, h/4, w/4), the distances in pixels of a place to left, top, right and bottom of the box.
"""

from pathlib import Path

from tillfree.learning.onnx_graph import Graph, write_model
from tillfree.learning.people.network import BOX_SCALE_PX, Network
from tillfree.learning.pyramid import joined_in, levels_in

__all__ = ["write_onnx"]


def write_onnx(network: Network, path: Path) -> None:
    """Write a network in evaluation; the file appears under its name only when it is complete.

    Raises:
        LearningError: the file cannot be written.
    """
    graph, layers = Graph(), network.layers
    x = joined_in(graph, layers, levels_in(graph, layers))
    ends = []
    for name, head in zip(("hills", "sides"), layers["heads"], strict=True):
        last = graph.linear(layers[name])
        ends.append(graph.add("Conv", graph.convolve(x, head["convolution"], head["norm"]), *last))
    graph.add("Sigmoid", ends[0], name="hills")
    graph.add("Mul", graph.add("Softplus", ends[1]), graph.number(BOX_SCALE_PX), name="sides")
    kinds, places = graph.kinds, ["rows", "columns"]
    outputs = {"hills": (kinds.FLOAT, ["n", 1, *places]), "sides": (kinds.FLOAT, ["n", 4, *places])}
    write_model(graph.model("people", {"pictures": (kinds.UINT8, ["n", "h", "w", 3])}, outputs), path)
