"""The reader that ships with the project: a small cross-encoder that ranks, marks the answer and tells if there is one.

Trained by `training/` from multilingual-e5-small; its word embeddings are those of the bundled embedding model.
"""

import threading
from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor
from importlib.resources import files
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray
from platformdirs import user_cache_path

from vectorstore.bundled import ensure_bundled_model
from vectorstore.digest import digest_files
from vectorstore.errors import ReaderError
from vectorstore.numpy_encoder import WORD_EMBEDDINGS, float32, read_tensors
from vectorstore.reader import Passage, Place, Reading
from vectorstore.reader_input import open_tokenizer, tokenize
from vectorstore.reader_layout import Pair, Tokens, lay_out

_FILE = "reader.onnx"
_LONGEST_SPAN = 40
_LEAST = 0.01
"""A token that is less likely to begin or end the answer is not told."""
_OUTSIDE = np.float32(1e4)
_REMEMBERED = 2_000


class BundledReader:
    """The reader in ONNX Runtime, in eight bits. Made by `load`; safe to use from several threads.

    Two inputs are read at a time, each on a core of its own and without padding: on short inputs that is faster than
    one at a time on two.
    """

    def __init__(self, weights: Path, cache_dir: Path) -> None:
        self._weights = weights
        self._cache_dir = cache_dir
        self._fingerprint = f"bundled:{digest_files([weights], weights.parent, cache_dir)}"
        self._lock = threading.Lock()
        self._session: Any = None
        self._tokenizer: Any = None
        self._words: NDArray[np.uint16] = np.empty((0, 0), np.uint16)
        self._known: dict[str, Tokens] = {}
        self._pool = ThreadPoolExecutor(2, thread_name_prefix="reader")

    @classmethod
    def load(cls, cache_dir: Path | None = None) -> "BundledReader":
        """Find the weights; they are read when they are first needed.

        Args:
            cache_dir: Where the bundled embedding model is unpacked; None for the platform's.

        Raises:
            ReaderError: The weights are missing.
        """
        weights = Path(str(files("vectorstore").joinpath(_FILE)))
        if not weights.is_file():
            raise ReaderError(f"The reader's weights are missing: {weights}. Install Utblick anew.")
        return cls(weights, cache_dir or user_cache_path("utblick", appauthor=False))

    @property
    def fingerprint(self) -> str:
        """A digest of the weights."""
        return self._fingerprint

    def read(self, question: str, passages: Sequence[Passage]) -> list[Reading]:
        """One reading for each passage, in their order; what is longer than the model takes is read in part.

        Raises:
            ReaderError: The weights cannot be read.
            EmbeddingError: The embedding model, whose words it shares, cannot be unpacked.
        """
        if not passages:
            return []
        self._open()
        (asked,) = tokenize(self._tokenizer, [question])
        contexts = self._tokens([passage.context for passage in passages])
        texts = self._tokens([passage.text for passage in passages])
        inputs = [lay_out(asked, context, text) for context, text in zip(contexts, texts, strict=True)]
        outputs = list(self._pool.map(self._run, inputs))
        return [_reading(pair, text, *output) for pair, text, output in zip(inputs, texts, outputs, strict=True)]

    def _open(self) -> None:
        with self._lock:
            if self._session is not None:
                return
            import onnxruntime

            folder = ensure_bundled_model(self._cache_dir)
            self._tokenizer = open_tokenizer(folder)
            self._words = read_tensors(folder / "model.safetensors")[WORD_EMBEDDINGS]
            options = onnxruntime.SessionOptions()
            options.intra_op_num_threads = 1
            options.inter_op_num_threads = 1
            options.log_severity_level = 3
            try:
                self._session = onnxruntime.InferenceSession(
                    str(self._weights), options, providers=["CPUExecutionProvider"]
                )
            except Exception as error:  # whatever a damaged file makes the library raise
                raise ReaderError(
                    f"The reader's weights {self._weights} cannot be read: {error}. Install Utblick anew."
                ) from error

    def _tokens(self, texts: Sequence[str]) -> list[Tokens]:
        """Tokens of texts; those of passages that are met again are remembered."""
        with self._lock:
            missing = [text for text in dict.fromkeys(texts) if text not in self._known]
            if len(self._known) + len(missing) > _REMEMBERED:
                self._known.clear()
                missing = list(dict.fromkeys(texts))
            self._known.update(zip(missing, tokenize(self._tokenizer, missing), strict=True))
            return [self._known[text] for text in texts]

    def _run(self, pair: Pair) -> tuple[float, float, NDArray[np.float32]]:
        """Logits of relevance and answerability, and of each token of the passage as first and last of the answer."""
        words = float32(self._words[pair.ids])
        outside = np.full((1, len(pair.ids), 1), _OUTSIDE, np.float32)
        outside[0, pair.first : pair.first + pair.length] = 0
        relevance, answerability, spans = self._session.run(
            ["relevance", "answerability", "spans"],
            {"words": words[None], "kinds": pair.types[None].astype(np.int64), "outside": outside},
        )
        return float(relevance[0, 0]), float(answerability[0, 0]), spans[0, pair.first : pair.first + pair.length]


def _reading(pair: Pair, text: Tokens, relevance: float, answerability: float, spans: NDArray[np.float32]) -> Reading:
    if not pair.length:
        return Reading(_sigmoid(relevance), _sigmoid(answerability))
    shares = np.exp(spans - spans.max(axis=0))
    shares /= shares.sum(axis=0)
    first, last = best_span(spans)
    offsets = text.offsets
    share = shares.mean(axis=1)
    places = tuple(
        Place(int(offsets[index, 0]), int(offsets[index, 1]), float(share[index]))
        for index in np.flatnonzero(share >= _LEAST)
    )
    return Reading(
        _sigmoid(relevance), _sigmoid(answerability), (int(offsets[first, 0]), int(offsets[last, 1])), places
    )


def best_span(spans: NDArray[np.float32]) -> tuple[int, int]:
    """First and last token of the likeliest span.

    Args:
        spans: Logit of each token as the first and as the last, shape (tokens, 2).
    """
    count = len(spans)
    scores = spans[:, 0][:, None] + spans[:, 1][None, :]
    allowed = np.triu(np.ones((count, count), bool)) & ~np.triu(np.ones((count, count), bool), _LONGEST_SPAN)
    place = int(np.argmax(np.where(allowed, scores, -np.inf)))
    return place // count, place % count


def _sigmoid(logit: float) -> float:
    return float(1 / (1 + np.exp(-np.clip(logit, -30, 30))))
