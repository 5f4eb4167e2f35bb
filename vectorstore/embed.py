"""Embed texts: in NumPy where there are few, by sentence-transformers where there are many."""

import gc
import os
import threading
from collections.abc import Sequence
from contextlib import suppress
from pathlib import Path
from typing import TYPE_CHECKING, Literal

import numpy as np
from langchain_core.embeddings import Embeddings
from numpy.typing import NDArray
from platformdirs import user_cache_path

from vectorstore.encodable import encodable
from vectorstore.errors import EmbeddingError
from vectorstore.locate import LocatedModel, locate_model
from vectorstore.numpy_encoder import NumpyEncoder

if TYPE_CHECKING:
    from tokenizers import Tokenizer

    from vectorstore.batch_encoder import BatchEncoder, Precision

Kind = Literal["query", "passage"]

# A question is encoded in NumPy even when the library is loaded: as quick, and it need not wait for another thread.
_ALWAYS_NUMPY = 1_000
# Two seconds of NumPy, against five for importing the library and one for loading the model.
_NUMPY_BEFORE_LOADING = 24_000


class SentenceEmbeddings(Embeddings):
    """Embeddings by a sentence-transformers model. Made by `load`; safe to use from several threads.

    With the bundled model, sentence-transformers is imported only when there is much to embed: a question, and the
    passages for its answer, are encoded in NumPy from the same weights.
    """

    def __init__(
        self, located: LocatedModel, precision: "Precision | None" = None, *, repeatable: bool = False
    ) -> None:
        self._located = located
        self._precision = precision
        self._repeatable = repeatable
        self._loading = threading.Lock()
        self._preparing = threading.Lock()
        self._batch_encoder: BatchEncoder | None = None
        self._numpy_encoder: NumpyEncoder | None = None
        self._tokenizer: Tokenizer | None = None
        self._characters_in_numpy = 0

    @classmethod
    def load(
        cls,
        model: str = "bundled",
        cache_dir: Path | None = None,
        *,
        precision: "Precision | None" = None,
        repeatable: bool = False,
    ) -> "SentenceEmbeddings":
        """Find an embedding model; its weights are read when they are first needed.

        Args:
            model: `bundled`, a folder, or a name on the Hugging Face hub. Nothing is downloaded for the first two.
            cache_dir: Folder for the unpacked model; None for the platform's.
            precision: What sentence-transformers calculates in; None for what is quickest on this processor.
            repeatable: Give a text the same vector to the last bit whatever was embedded before it: one encoder
                for all, which with the bundled model is slow for many texts, and no precision that is tried out.

        Raises:
            EmbeddingError: There is no such model, or it cannot be fetched or unpacked.
        """
        os.environ.setdefault("HF_HUB_DISABLE_TELEMETRY", "1")
        os.environ.setdefault("TOKENIZERS_PARALLELISM", "false")
        if model == "bundled" or Path(model).expanduser().is_dir():
            os.environ.setdefault("HF_HUB_OFFLINE", "1")
            os.environ.setdefault("TRANSFORMERS_OFFLINE", "1")
        located = locate_model(model, cache_dir or user_cache_path("utblick", appauthor=False))
        return cls(located, precision or ("float32" if repeatable else None), repeatable=repeatable)

    @property
    def model(self) -> str:
        """The setting that named the model."""
        return self._located.name

    @property
    def fingerprint(self) -> str:
        """Name of the model and a digest of its weights and configuration."""
        return self._located.fingerprint

    @property
    def dimension(self) -> int:
        """Length of a vector."""
        if self._located.bundled:
            return int(self._located.setting("config.json", "hidden_size"))
        return self._loaded().dimension

    @property
    def max_tokens(self) -> int:
        """How many tokens of a text the model reads, its prompt and special tokens among them."""
        limit = self._located.setting("sentence_bert_config.json", "max_seq_length") or self._loaded().max_tokens
        return int(limit or 512)

    @property
    def precision(self) -> str:
        """What sentence-transformers calculates in, `bfloat16` or `float32`. Vectors are float32 all the same."""
        return self._loaded().precision

    def start_loading(self) -> None:
        """Begin to load sentence-transformers in the background, for a process that will embed much.

        Questions asked meanwhile are answered from NumPy. What goes wrong is raised by the call that needs the model.
        """

        def load() -> None:
            with suppress(EmbeddingError):
                self._loaded()

        threading.Thread(target=load, name="load-embedding-model", daemon=True).start()

    def embed_documents(self, texts: list[str]) -> list[list[float]]:
        """Embed passages, as LangChain asks for them.

        Raises:
            EmbeddingError: The model cannot be loaded.
        """
        vectors: list[list[float]] = self.embed_array(texts, kind="passage").tolist()
        return vectors

    def embed_query(self, text: str) -> list[float]:
        """Embed a question, as LangChain asks for it.

        Raises:
            EmbeddingError: The model cannot be loaded.
        """
        vector: list[float] = self.embed_array([text], kind="query")[0].tolist()
        return vector

    def embed_array(self, texts: Sequence[str], *, kind: Kind, progress: bool = False) -> NDArray[np.float32]:
        """Embed texts; the prompt that the model wants is put before each. What exceeds `max_tokens` is not read.

        Args:
            texts: In any order and of any length.
            kind: Whether they are questions or passages.
            progress: Show a bar on standard error.

        Returns:
            Shape (texts, dimension); rows of length 1, so that a product is a cosine.

        Raises:
            EmbeddingError: The model cannot be loaded.
        """
        prompt = self._located.query_prompt if kind == "query" else self._located.passage_prompt
        fit = [encodable(text) for text in texts]
        if not fit:
            return np.zeros((0, self.dimension), np.float32)
        if self._in_numpy(sum(map(len, fit))):
            return self._embed_in_numpy([prompt + text for text in fit])
        return self._loaded().embed(fit, prompt, progress=progress)

    def count_tokens(self, text: str) -> int:
        """How many tokens a passage has for the model, its prompt and special tokens among them, however long it is."""
        return self.token_counts([text])[0]

    def token_counts(self, texts: Sequence[str]) -> list[int]:
        """How many tokens each passage has, as `count_tokens`."""
        prompted = [self._located.passage_prompt + encodable(text) for text in texts]
        if (self._located.folder / "tokenizer.json").is_file():
            return [len(tokens) for tokens in self._tokenise(prompted)]
        return self._loaded().token_counts(prompted)

    def _in_numpy(self, characters: int) -> bool:
        if not self._located.bundled:
            return False
        if self._repeatable or characters <= _ALWAYS_NUMPY:
            return True
        if self._batch_encoder is not None:
            return False
        self._characters_in_numpy += characters
        return self._characters_in_numpy <= _NUMPY_BEFORE_LOADING

    def _embed_in_numpy(self, prompted: Sequence[str]) -> NDArray[np.float32]:
        with self._preparing:
            if self._numpy_encoder is None:
                self._numpy_encoder = NumpyEncoder(self._located.folder)
        limit = self.max_tokens
        inputs = [
            tokens if len(tokens) <= limit else [*tokens[: limit - 1], tokens[-1]]
            for tokens in self._tokenise(prompted)
        ]
        return self._numpy_encoder.embed(inputs)

    def _tokenise(self, prompted: Sequence[str]) -> list[list[int]]:
        with self._preparing:
            if self._tokenizer is None:
                self._tokenizer = _load_tokenizer(self._located)
        return [encoding.ids for encoding in self._tokenizer.encode_batch_fast(list(prompted))]

    def _loaded(self) -> "BatchEncoder":
        with self._loading:
            if self._batch_encoder is None:
                self._batch_encoder = _load_batch_encoder(self._located, self._precision)
            return self._batch_encoder


def _load_tokenizer(located: LocatedModel) -> "Tokenizer":
    from tokenizers import Tokenizer

    try:
        tokenizer = Tokenizer.from_file(str(located.folder / "tokenizer.json"))
    except Exception as error:  # the library raises nothing more particular
        raise _cannot_load(located, error) from error
    tokenizer.no_truncation()
    tokenizer.no_padding()
    return tokenizer


def _load_batch_encoder(located: LocatedModel, precision: "Precision | None") -> "BatchEncoder":
    # The import makes half a million objects and no garbage: collecting meanwhile takes a tenth of its time.
    collecting = gc.isenabled()
    gc.disable()
    try:
        from vectorstore.batch_encoder import BatchEncoder
    finally:
        if collecting:
            gc.enable()
    try:
        return BatchEncoder(located.folder, precision)
    except Exception as error:  # whatever a damaged file makes four libraries raise, a bare Exception among it
        raise _cannot_load(located, error) from error


def _cannot_load(located: LocatedModel, error: Exception) -> EmbeddingError:
    remedy = "Delete the folder; it is made anew." if located.bundled else "Is it a sentence-transformers model?"
    return EmbeddingError(f"The embedding model in {located.folder} cannot be loaded: {error}. {remedy}")
