"""The trained network of landmarks as an ONNX file.

Input `pictures`: bytes (n, h, w, 3), sides multiples of 32. Outputs: `maps` (n, 23, h/4, w/4) before the softmax (the
last one, skin, before the sigmoid) and `hand` (n,), 0 to 1.
"""

from pathlib import Path
from typing import Any

import numpy as np

from tillfree.learning.onnx_graph import Graph, write_model
from tillfree.learning.palms.landmarks.network import LandmarkNetwork
from tillfree.learning.pyramid import joined_in, levels_in
from tillfree.palm.capture.landmarks import LANDMARKS

__all__ = ["landmark_model", "write_landmark_model"]


def landmark_model(network: LandmarkNetwork) -> bytes:
    """The network as the bytes of an ONNX file."""
    graph, layers = Graph(), network.layers
    found = levels_in(graph, layers)
    mean = graph.add("ReduceMean", found[-1], axes=[2, 3], keepdims=0)
    weights = [graph.weight(part.detach().numpy()) for part in (layers["hand"].weight.T, layers["hand"].bias)]
    logit = graph.add("Add", graph.add("MatMul", mean, weights[0]), weights[1])
    graph.add("Sigmoid", graph.add("Squeeze", logit, graph.constant(np.array([1], np.int64))), name="hand")
    graph.add("Conv", joined_in(graph, layers, found), *graph.linear(layers["maps"]), name="maps")
    kinds = graph.kinds
    outputs: dict[str, tuple[int, list[Any]]] = {
        "maps": (kinds.FLOAT, ["n", len(LANDMARKS) + 1, "rows", "columns"]),
        "hand": (kinds.FLOAT, ["n"]),
    }
    return graph.model("landmarks", {"pictures": (kinds.UINT8, ["n", "h", "w", 3])}, outputs)


def write_landmark_model(network: LandmarkNetwork, path: Path) -> None:
    """Writes `landmark_model`.

    Raises:
        LearningError: the file cannot be written.
    """
    write_model(landmark_model(network), path)
