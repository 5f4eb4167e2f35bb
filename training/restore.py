"""The weights of a network, taken back from the file that ships, so that training can go on from there."""

from pathlib import Path

import numpy as np
import onnx
import torch
from numpy.typing import NDArray
from onnx import numpy_helper
from torch import Tensor

_LINEAR = ("out", "inner", "outer")


def restore(path: Path) -> dict[str, Tensor]:
    """The state that `training.export` wrote, but for what eight bits lost.

    Args:
        path: The ONNX file.

    Returns:
        Weights by name, as `training.train` begins with.
    """
    graph = onnx.load(path).graph
    weights = {entry.name: numpy_helper.to_array(entry) for entry in graph.initializer}
    made = {name: node for node in graph.node for name in node.output}
    state: dict[str, NDArray[np.float32]] = {}

    def projected(node: onnx.NodeProto) -> tuple[NDArray[np.float32], NDArray[np.float32]]:
        """Weight and bias of a quantised layer, the smoothing of its inputs undone."""
        states, codes, scales, _, bias = node.input
        matrix = weights[codes].T.astype(np.float32) * weights[scales][:, None]
        return matrix * weights[made[states].input[1]], weights[bias]

    def named(name: str, weight: NDArray[np.float32], bias: NDArray[np.float32]) -> None:
        state[f"{name}.weight"], state[f"{name}.bias"] = weight, bias

    kinds = next(node for node in graph.node if node.op_type == "Gather" and "kinds" in node.input)
    places = next(node for node in graph.node if node.op_type == "Slice")
    state["kinds.weight"], state["positions.weight"] = weights[kinds.input[0]], weights[places.input[0]]
    (norm,) = (node for node in graph.node if node.op_type == "LayerNormalization")
    named("norm", weights[norm.input[1]], weights[norm.input[2]])
    norms = [node for node in graph.node if node.op_type == "SkipLayerNormalization"]
    quantised = [projected(node) for node in graph.node if node.op_type == "DynamicQuantizeMatMul"]
    for layer in range(len(norms) // 2):
        own = quantised[6 * layer : 6 * layer + 6]
        joined = [np.concatenate(parts) for parts in zip(*own[:3], strict=True)]
        named(f"layers.{layer}.joined", joined[0], joined[1])
        for name, (weight, bias) in zip(_LINEAR, own[3:], strict=True):
            named(f"layers.{layer}.{name}", weight, bias)
        for name, node in zip(("norm", "last_norm"), norms[2 * layer :], strict=False):
            named(f"layers.{layer}.{name}", weights[node.input[2]], weights[node.input[3]])
    sums = [
        node
        for node in graph.node
        if node.op_type == "Add" and node.input[1] in weights and made[node.input[0]].op_type == "MatMul"
    ]
    heads = ("span", "relevance.0", "relevance.2", "answerability.0", "answerability.2")
    for name, node in zip(heads, sums, strict=True):
        named(name, weights[made[node.input[0]].input[1]].T, weights[node.input[1]])
    return {name: torch.from_numpy(np.array(values, np.float32)) for name, values in state.items()}
