"""Write a trained network as the file that ships: ONNX, matrices in eight bits.

    python -m training.export --work build/reader --name reader --out vectorstore/reader.onnx

Each column of a matrix has a scale of its own; activations are quantised as they come, and sums are in float32. A few
channels of the activations are a hundred times the others, which would leave the others few of the eight bits: what
divides a channel multiplies its row of the matrix (SmoothQuant; Xiao et al., 2023). The graph takes one input at a
time, without padding.
"""

import argparse
from collections.abc import Callable, Mapping
from pathlib import Path

import numpy as np
import onnx
import torch
from numpy.typing import NDArray
from onnx import TensorProto, helper, numpy_helper
from sklearn.linear_model import LogisticRegression

from training.examples import Examples
from training.network import EPSILON, HEADS, WIDTH, ReaderNetwork, load_start

_MICROSOFT = "com.microsoft"
_IR_VERSION = 10
_OPSET = 21
_OBSERVED = 275
"""Held-out questions that ranges and calibration are taken from."""

_SMOOTHING = 0.65
"""How much of a large channel goes into the matrix: of 0.5, 0.65 and 0.8 this one changed the logits least."""


class _Graph:
    """Nodes and weights as they are put together.

    Args:
        ranges: Largest value of each channel of what each linear layer takes, by the layer's name.
    """

    def __init__(self, ranges: Mapping[str, NDArray[np.float32]]) -> None:
        self.nodes: list[onnx.NodeProto] = []
        self.weights: list[onnx.TensorProto] = []
        self._ranges = ranges
        self._count = 0

    def weight(self, values: NDArray[np.generic]) -> str:
        self._count += 1
        name = f"w{self._count}"
        self.weights.append(numpy_helper.from_array(values, name))
        return name

    def node(self, kind: str, inputs: list[str], *, domain: str = "", name: str = "", **attributes: object) -> str:
        self._count += 1
        output = name or f"t{self._count}"
        self.nodes.append(helper.make_node(kind, inputs, [output], domain=domain, **attributes))
        return output

    def smooth(self, states: str, name: str, weight: NDArray[np.float32]) -> tuple[str, NDArray[np.float32]]:
        """States with large channels divided, and the weight that makes up for it."""
        largest = np.maximum(self._ranges[name], 1e-4)
        factor = largest**_SMOOTHING / np.maximum(np.abs(weight).max(axis=0), 1e-4) ** (1 - _SMOOTHING)
        factor = np.maximum(factor / np.median(factor), 1.0).astype(np.float32)
        return self.node("Mul", [states, self.weight(1 / factor)]), weight * factor

    def project(self, states: str, weight: NDArray[np.float32], bias: NDArray[np.float32]) -> str:
        """`states @ weight.T + bias`, the weight in eight bits with a scale for each output."""
        scale = np.maximum(np.abs(weight).max(axis=1), 1e-8) / 127
        codes = np.clip(np.round(weight / scale[:, None]), -127, 127).astype(np.int8)
        inputs = [
            states,
            self.weight(np.ascontiguousarray(codes.T)),
            self.weight(scale.astype(np.float32)),
            self.weight(np.zeros(len(scale), np.int8)),
            self.weight(bias),
        ]
        return self.node("DynamicQuantizeMatMul", inputs, domain=_MICROSOFT)

    def exactly(self, states: str, weight: NDArray[np.float32], bias: NDArray[np.float32], name: str = "") -> str:
        """The same in float32, for the small heads."""
        product = self.node("MatMul", [states, self.weight(np.ascontiguousarray(weight.T))])
        return self.node("Add", [product, self.weight(bias)], name=name)


def export(work: Path, name: str, out: Path) -> int:
    """Write the ONNX file.

    Args:
        work: Folder of `training.prepare` and `training.train`.
        name: Of the trained network.
        out: Where to write.

    Returns:
        Bytes written.
    """
    loaded = torch.load(work / f"{name}.pt", map_location="cpu", weights_only=True)
    layers = 1 + max(int(key.split(".")[1]) for key in loaded if key.startswith("layers."))
    network = load_start(work / "start.npz", layers, dropout=0.0).eval()
    network.load_state_dict({key: value.float() for key, value in loaded.items()}, strict=False)
    ranges, (slope, shift) = _observe(network, Examples(work / "examples.npz"))
    state = {key: value.float().numpy() for key, value in loaded.items() if key != "words"}
    # Calibrated probabilities (Platt, 1999): the head gives them as it is.
    state["answerability.2.weight"] = state["answerability.2.weight"] * slope
    state["answerability.2.bias"] = state["answerability.2.bias"] * slope + shift
    graph = _Graph(ranges)
    states = _embed(graph, state)
    for layer in range(layers):
        states = _layer(graph, f"layers.{layer}", state, states)
    _heads(graph, state, states)
    model = helper.make_model(
        helper.make_graph(
            graph.nodes,
            "reader",
            [
                helper.make_tensor_value_info("words", TensorProto.FLOAT, [1, "tokens", WIDTH]),
                helper.make_tensor_value_info("kinds", TensorProto.INT64, [1, "tokens"]),
                helper.make_tensor_value_info("outside", TensorProto.FLOAT, [1, "tokens", 1]),
            ],
            [
                helper.make_tensor_value_info("relevance", TensorProto.FLOAT, None),
                helper.make_tensor_value_info("answerability", TensorProto.FLOAT, None),
                helper.make_tensor_value_info("spans", TensorProto.FLOAT, None),
            ],
            graph.weights,
        ),
        opset_imports=[helper.make_opsetid("", _OPSET), helper.make_opsetid(_MICROSOFT, 1)],
        producer_name="utblick",
    )
    model.ir_version = _IR_VERSION
    data = model.SerializeToString()
    out.write_bytes(data)
    return len(data)


@torch.no_grad()
def _observe(network: ReaderNetwork, examples: Examples) -> tuple[dict[str, NDArray[np.float32]], tuple[float, float]]:
    """On held-out texts: the range of each channel, and what makes the logit of answerability a calibrated one.

    Each question is read with its own window and another of the same passage.
    """
    ranges: dict[str, NDArray[np.float32]] = {}

    def keep(name: str) -> Callable[[torch.nn.Module, tuple[torch.Tensor, ...]], None]:
        def look(module: torch.nn.Module, inputs: tuple[torch.Tensor, ...]) -> None:
            largest = inputs[0].abs().flatten(0, 1).amax(0).numpy()
            ranges[name] = np.maximum(ranges.get(name, largest), largest)

        return look

    for name, module in network.named_modules():
        if isinstance(module, torch.nn.Linear) and name.startswith("layers."):
            module.register_forward_pre_hook(keep(name))
    rows = np.flatnonzero(examples.held & np.isin(examples.kinds, ("asked", "strategy")))
    rows = rows[:: max(1, len(rows) // _OBSERVED)]
    logits, labels = [], []
    for batch in examples.batches(rows.tolist(), 2, 16, np.random.default_rng(0), shuffle=False):
        logits += network(batch.ids, batch.kinds, batch.mask).answerability.tolist()
        labels += batch.answers.tolist()
    fitted = LogisticRegression(C=1e6).fit(np.array(logits)[:, None], np.array(labels))
    return ranges, (float(fitted.coef_[0, 0]), float(fitted.intercept_[0]))


def _embed(graph: _Graph, state: dict[str, NDArray[np.float32]]) -> str:
    """Word embeddings with those of place and kind, normalised."""
    shape = graph.node("Shape", ["words"], start=1, end=2)
    zero = graph.weight(np.array([0], np.int64))
    places = graph.node("Slice", [graph.weight(state["positions.weight"]), zero, shape, zero])
    kinds = graph.node("Gather", [graph.weight(state["kinds.weight"]), "kinds"])
    summed = graph.node("Add", [graph.node("Add", ["words", kinds]), places])
    return graph.node(
        "LayerNormalization",
        [summed, graph.weight(state["norm.weight"]), graph.weight(state["norm.bias"])],
        axis=-1,
        epsilon=EPSILON,
    )


def _layer(graph: _Graph, name: str, state: Mapping[str, NDArray[np.float32]], states: str) -> str:
    def project(part: str, inputs: str) -> str:
        smoothed, weight = graph.smooth(inputs, f"{name}.{part}", state[f"{name}.{part}.weight"])
        return graph.project(smoothed, weight, state[f"{name}.{part}.bias"])

    smoothed, weight = graph.smooth(states, f"{name}.joined", state[f"{name}.joined.weight"])
    bias = state[f"{name}.joined.bias"]
    queries = [
        graph.project(smoothed, weight[place : place + WIDTH], bias[place : place + WIDTH])
        for place in (0, WIDTH, 2 * WIDTH)
    ]
    told = project("out", graph.node("MultiHeadAttention", queries, domain=_MICROSOFT, num_heads=HEADS))
    states = _add_and_normalise(graph, f"{name}.norm", state, states, told)
    told = project("outer", graph.node("Gelu", [project("inner", states)], domain=_MICROSOFT))
    return _add_and_normalise(graph, f"{name}.last_norm", state, states, told)


def _add_and_normalise(
    graph: _Graph, name: str, state: Mapping[str, NDArray[np.float32]], states: str, told: str
) -> str:
    inputs = [states, told, graph.weight(state[f"{name}.weight"]), graph.weight(state[f"{name}.bias"])]
    return graph.node("SkipLayerNormalization", inputs, domain=_MICROSOFT, epsilon=EPSILON)


def _heads(graph: _Graph, state: dict[str, NDArray[np.float32]], states: str) -> None:
    """As `ReaderNetwork.forward`."""
    first = graph.node("Gather", [states, graph.weight(np.array(0, np.int64))], axis=1)
    marks = graph.exactly(states, state["span.weight"], state["span.bias"])
    spans = graph.node("Sub", [marks, "outside"], name="spans")
    both = graph.node("ReduceSum", [spans, graph.weight(np.array([2], np.int64))], keepdims=1)
    share = graph.node("Softmax", [both], axis=1)
    focus = graph.node(
        "ReduceSum", [graph.node("Mul", [share, states]), graph.weight(np.array([1], np.int64))], keepdims=0
    )
    told = graph.node("Concat", [first, focus], axis=-1)
    for name, inputs in (("relevance", first), ("answerability", told)):
        hidden = graph.node("Tanh", [graph.exactly(inputs, state[f"{name}.0.weight"], state[f"{name}.0.bias"])])
        graph.exactly(hidden, state[f"{name}.2.weight"], state[f"{name}.2.bias"], name=name)


def main() -> None:
    """The command line."""
    parser = argparse.ArgumentParser(description="Write a trained network as the file that ships.")
    parser.add_argument("--work", type=Path, default=Path("build/reader"))
    parser.add_argument("--name", default="reader")
    parser.add_argument("--out", type=Path, default=Path("vectorstore/reader.onnx"))
    arguments = parser.parse_args()
    size = export(arguments.work, arguments.name, arguments.out)
    print(f"{arguments.out}: {size / 1e6:.1f} MB")


if __name__ == "__main__":
    main()
