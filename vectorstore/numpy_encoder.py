"""The bundled model's forward pass in NumPy, for a question or two.

Importing sentence-transformers takes five seconds, and a question's vector a fiftieth of one. The vectors are the same
(cosine above 0.9999); for many texts sentence-transformers in bfloat16 is twice as fast.
"""

import json
import mmap
import struct
import threading
from collections.abc import Sequence
from pathlib import Path

import numpy as np
from numpy.typing import NDArray
from threadpoolctl import ThreadpoolController  # type: ignore[import-untyped]

_TOKENS_AT_ONCE = 1024

WORD_EMBEDDINGS = "embeddings.word_embeddings.weight"


class NumpyEncoder:
    """BERT (Devlin et al., 2019) with mean pooling, in float32. Safe to use from several threads.

    Args:
        folder: A model that `ensure_bundled_model` wrote.

    Raises:
        OSError: A file cannot be read.
    """

    def __init__(self, folder: Path) -> None:
        config = json.loads((folder / "config.json").read_text("utf-8"))
        self._heads: int = config["num_attention_heads"]
        self._layers: int = config["num_hidden_layers"]
        self._epsilon: float = config["layer_norm_eps"]
        # On few tokens a second thread gains nothing, and where the cores are busy it costs ten times the time.
        self._blas = ThreadpoolController().select(user_api="blas")
        self._lock = threading.Lock()
        raw = read_tensors(folder / "model.safetensors")
        # A fifth of a gigabyte, of which a text needs some rows: left in the file.
        self._words = raw.pop(WORD_EMBEDDINGS)
        self._weights = {name: float32(values) for name, values in raw.items()}
        for layer in range(self._layers):
            parts = [f"encoder.layer.{layer}.attention.self.{part}" for part in ("query", "key", "value")]
            for kind in ("weight", "bias"):
                joined = np.concatenate([self._weights.pop(f"{part}.{kind}") for part in parts])
                self._weights[f"encoder.layer.{layer}.attention.self.{kind}"] = joined

    def embed(self, inputs: Sequence[Sequence[int]]) -> NDArray[np.float32]:
        """Embed tokenised texts.

        Args:
            inputs: The tokens of each text, with those that open and close it, no more than the model takes.

        Returns:
            Shape (inputs, dimension); rows of length 1.
        """
        vectors = np.empty((len(inputs), self._words.shape[1]), np.float32)
        begin, tokens = 0, 0
        for index, text in enumerate(inputs):
            if tokens and tokens + len(text) > _TOKENS_AT_ONCE:
                vectors[begin:index] = self._embed_alone(inputs[begin:index])
                begin, tokens = index, 0
            tokens += len(text)
        if begin < len(inputs):
            vectors[begin:] = self._embed_alone(inputs[begin:])
        return vectors

    def _embed_alone(self, inputs: Sequence[Sequence[int]]) -> NDArray[np.float32]:
        """The limit holds for the whole process, so two threads must not set and lift it in turns."""
        with self._lock, self._blas.limit(limits=1):
            return self._embed_together(inputs)

    def _embed_together(self, inputs: Sequence[Sequence[int]]) -> NDArray[np.float32]:
        """Embed texts whose tokens are laid end to end; only attention looks at one text at a time."""
        ends = np.cumsum([len(text) for text in inputs])
        texts = [slice(end - len(text), end) for text, end in zip(inputs, ends, strict=True)]
        states = float32(self._words[np.concatenate([np.asarray(text, np.int64) for text in inputs])])
        positions = self._weights["embeddings.position_embeddings.weight"]
        for text in texts:
            states[text] += positions[: text.stop - text.start]
        states += self._weights["embeddings.token_type_embeddings.weight"][0]
        states = self._normalise(states, "embeddings.LayerNorm")
        for layer in range(self._layers):
            prefix = f"encoder.layer.{layer}"
            attended = self._attend(self._project(states, f"{prefix}.attention.self"), texts)
            attended = self._project(attended, f"{prefix}.attention.output.dense")
            states = self._normalise(states + attended, f"{prefix}.attention.output.LayerNorm")
            inner = _gelu(self._project(states, f"{prefix}.intermediate.dense"))
            states = self._normalise(
                states + self._project(inner, f"{prefix}.output.dense"), f"{prefix}.output.LayerNorm"
            )
        means = np.stack([states[text].mean(axis=0) for text in texts])
        means /= np.linalg.norm(means, axis=1, keepdims=True)
        return means

    def _project(self, states: NDArray[np.float32], name: str) -> NDArray[np.float32]:
        projected: NDArray[np.float32] = states @ self._weights[f"{name}.weight"].T
        projected += self._weights[f"{name}.bias"]
        return projected

    def _attend(self, projected: NDArray[np.float32], texts: Sequence[slice]) -> NDArray[np.float32]:
        width = projected.shape[1] // 3
        size = width // self._heads
        attended = np.empty((len(projected), width), np.float32)
        for text in texts:
            query, key, value = projected[text].reshape(-1, 3, self._heads, size).transpose(1, 2, 0, 3)
            scores = query @ key.transpose(0, 2, 1)
            scores *= np.float32(size**-0.5)
            scores -= scores.max(axis=-1, keepdims=True)
            np.exp(scores, out=scores)
            scores /= scores.sum(axis=-1, keepdims=True)
            attended[text] = (scores @ value).transpose(1, 0, 2).reshape(-1, width)
        return attended

    def _normalise(self, states: NDArray[np.float32], name: str) -> NDArray[np.float32]:
        states = states - states.mean(axis=-1, keepdims=True)
        states /= np.sqrt((states * states).mean(axis=-1, keepdims=True) + np.float32(self._epsilon))
        states *= self._weights[f"{name}.weight"]
        states += self._weights[f"{name}.bias"]
        return states


def _gelu(values: NDArray[np.float32]) -> NDArray[np.float32]:
    """The tanh form: NumPy has no error function, and the embeddings differ by a cosine of a millionth."""
    curve = values * values
    curve *= np.float32(0.044715 * (2 / np.pi) ** 0.5)
    curve += np.float32((2 / np.pi) ** 0.5)
    curve *= values
    np.tanh(curve, out=curve)
    curve += 1
    curve *= values
    curve *= np.float32(0.5)
    return curve


def read_tensors(file: Path) -> dict[str, NDArray[np.uint16]]:
    """The bfloat16 tensors of a safetensors file, mapped, not read."""
    with file.open("rb") as stream:
        data = mmap.mmap(stream.fileno(), 0, access=mmap.ACCESS_READ)
    (size,) = struct.unpack_from("<Q", data)
    header = json.loads(data[8 : 8 + size])
    header.pop("__metadata__", None)
    return {
        name: np.frombuffer(data, "<u2", int(np.prod(entry["shape"])), 8 + size + entry["data_offsets"][0]).reshape(
            entry["shape"]
        )
        for name, entry in header.items()
    }


def float32(values: NDArray[np.uint16]) -> NDArray[np.float32]:
    """bfloat16 is the upper half of a float32."""
    return (values.astype(np.uint32) << 16).view(np.float32)
