"""Read passages with a cross-encoder of sentence-transformers, which a setting names."""

import os
import threading
from collections.abc import Sequence
from pathlib import Path
from typing import Any

from platformdirs import user_cache_path

from vectorstore.encodable import encodable
from vectorstore.errors import ReaderError
from vectorstore.locate import Wanted, find_folder
from vectorstore.reader import Passage, Reading

_RERANKER = Wanted(
    "reranker", "cross-encoder", "BAAI/bge-reranker-v2-m3", "leave the reranker empty to search without", ReaderError
)


class CrossEncoderReader:
    """A reader over a sentence-transformers `CrossEncoder`. Made by `load`; safe to use from several threads.

    It tells relevance alone: the sigmoid of the model's one logit, whatever activation the model's own
    configuration names, so that models that were published with and without one are told alike.
    """

    def __init__(self, folder: Path, fingerprint: str) -> None:
        self._folder = folder
        self._fingerprint = fingerprint
        self._lock = threading.Lock()
        self._model: Any = None

    @classmethod
    def load(cls, model: str, cache_dir: Path | None = None) -> "CrossEncoderReader":
        """Find a cross-encoder; its weights are read when they are first needed.

        Args:
            model: A folder, or a name on the Hugging Face hub, which is then downloaded once.
            cache_dir: Folder for remembered digests; None for the platform's.

        Raises:
            ReaderError: There is no such model, or it cannot be fetched.
        """
        os.environ.setdefault("HF_HUB_DISABLE_TELEMETRY", "1")
        os.environ.setdefault("TOKENIZERS_PARALLELISM", "false")
        return cls(*find_folder(model, cache_dir or user_cache_path("utblick", appauthor=False), _RERANKER))

    @property
    def fingerprint(self) -> str:
        """Name of the model and a digest of its weights and configuration."""
        return self._fingerprint

    def read(self, question: str, passages: Sequence[Passage]) -> list[Reading]:
        """The relevance of each passage, in their order; what exceeds the model's length is not read.

        Raises:
            ReaderError: The model cannot be loaded, or is no reranker.
        """
        if not passages:
            return []
        pairs = [
            (encodable(question), encodable("\n".join(filter(None, (passage.context, passage.text)))))
            for passage in passages
        ]
        with self._lock:
            if self._model is None:
                self._model = _load_cross_encoder(self._folder)
            relevances = self._model.predict(pairs, activation_fn=_sigmoid, show_progress_bar=False)
        return [Reading(float(relevance)) for relevance in relevances]


def _load_cross_encoder(folder: Path) -> Any:  # noqa: ANN401 - the library's class, imported late
    import torch
    from sentence_transformers import CrossEncoder
    from transformers.utils import logging as transformers_logging

    from vectorstore.batch_encoder import allotted_cores

    untyped: Any = transformers_logging
    untyped.set_verbosity_error()
    untyped.disable_progress_bar()
    torch.set_num_threads(min(allotted_cores(), torch.get_num_threads()))
    try:
        # In float32: in bfloat16 the logits of passages that are nearly as good fall together.
        model = CrossEncoder(str(folder), local_files_only=True)
    except Exception as error:  # whatever a damaged file makes four libraries raise, a bare Exception among it
        raise ReaderError(f"The reranker in {folder} cannot be loaded: {error}. Is it a cross-encoder?") from error
    if model.num_labels != 1:
        raise ReaderError(
            f"The model in {folder} is no reranker: it tells {model.num_labels} classes apart, where a reranker gives "
            "one score. Name a cross-encoder for retrieval, or leave the reranker empty."
        )
    return model


def _sigmoid(logits: Any) -> Any:  # noqa: ANN401 - tensors of a library that is imported late
    return logits.sigmoid()
