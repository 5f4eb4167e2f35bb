"""Embed many texts: with `measure_precision`, the one module that knows sentence-transformers and torch."""

import os
import threading
from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor, as_completed
from pathlib import Path
from typing import Any, Literal

import numpy as np
import torch
from numpy.typing import NDArray
from sentence_transformers import SentenceTransformer
from tqdm import tqdm
from transformers.utils import logging as transformers_logging

from vectorstore.measure_precision import choose_precision

Precision = Literal["bfloat16", "float32"]

# Small batches stay in the processor's caches.
_BATCH_CHARACTERS = 8_000
_BATCH_TEXTS = 64


class BatchEncoder:
    """A sentence-transformers model that encodes batches side by side. Safe to use from several threads.

    On a processor each batch is calculated by one thread, and there is a thread for each core. Threads that share one
    batch, which is torch's way, wait for each other after every operation: where other processes keep the cores busy,
    two of them take three to five times as long as one.

    Args:
        folder: The model, as `SentenceTransformer.save` writes it.
        precision: What to calculate in; None for what is quickest here.

    Raises:
        Exception: The model cannot be loaded; four libraries raise whatever they like.
    """

    def __init__(self, folder: Path, precision: Precision | None = None) -> None:
        untyped: Any = transformers_logging
        untyped.set_verbosity_error()
        untyped.disable_progress_bar()
        if precision is None and torch.cuda.is_available():
            precision = "bfloat16" if torch.cuda.is_bf16_supported() else "float32"
        self._model = SentenceTransformer(
            str(folder), local_files_only=True, model_kwargs={"dtype": getattr(torch, precision or "float32")}
        )
        self._preparing = threading.Lock()
        self._tokenise_alone()
        on_processor = self._model.device.type == "cpu"
        self._workers = allotted_cores() if on_processor else 1
        self._pool = _start_pool(self._workers) if on_processor else ThreadPoolExecutor(1)
        if precision is None and on_processor:
            self._pool.submit(choose_precision, self._model).result()

    @property
    def precision(self) -> str:
        """`bfloat16` or `float32`."""
        return str(self._model.dtype).removeprefix("torch.")

    @property
    def dimension(self) -> int:
        """Length of a vector."""
        return int(self._model.get_embedding_dimension() or 0)

    @property
    def max_tokens(self) -> int | None:
        """How many tokens the model reads; None where it does not say."""
        limit: int | None = self._model.max_seq_length
        return limit

    def token_counts(self, texts: list[str]) -> list[int]:
        """How many tokens each text has, those that open and close it among them, however long it is."""
        untyped: Any = self._model.tokenizer
        with self._preparing:
            return [len(tokens) for tokens in untyped(texts, truncation=False, padding=False)["input_ids"]]

    def embed(self, texts: Sequence[str], prompt: str, *, progress: bool = False) -> NDArray[np.float32]:
        """Embed texts, with a prompt before each.

        Args:
            texts: In any order and of any length.
            prompt: May be empty.
            progress: Show a bar on standard error.

        Returns:
            Shape (texts, dimension); rows of length 1.
        """
        vectors = np.empty((len(texts), self.dimension), np.float32)

        def encode(batch: list[int]) -> int:
            vectors[batch] = self._model.encode(
                [texts[index] for index in batch],
                prompt=prompt or None,
                batch_size=len(batch),
                show_progress_bar=False,
            )
            return len(batch)

        if len(texts) == 1:
            # Alone, and waited for: by all cores, past what others have queued.
            encode([0])
        else:
            self._encode_side_by_side(encode, texts, progress)
        # Here, not in the model: in bfloat16 the length would be off by a thousandth.
        vectors /= np.maximum(np.linalg.norm(vectors, axis=1, keepdims=True), np.float32(1e-12))
        return vectors

    def _encode_side_by_side(self, encode: Callable[[list[int]], int], texts: Sequence[str], progress: bool) -> None:
        share = -(-sum(map(len, texts)) // self._workers)
        running = [self._pool.submit(encode, batch) for batch in batches(texts, min(share, _BATCH_CHARACTERS))]
        try:
            with tqdm(total=len(texts), desc="Embedding", unit="text", disable=not progress) as bar:
                for done in as_completed(running):
                    bar.update(done.result())
        finally:
            # After an error or an interruption nobody wants the rest.
            for batch in running:
                batch.cancel()

    def _tokenise_alone(self) -> None:
        """Tokenisers keep how to truncate as a state, and raise when two threads set it. The rest has no state."""
        preprocess = self._model.preprocess

        def alone(*arguments: Any, **options: Any) -> Any:  # noqa: ANN401 - the library's signature
            with self._preparing:
                return preprocess(*arguments, **options)

        self._model.preprocess = alone


def batches(texts: Sequence[str], characters: int = _BATCH_CHARACTERS) -> Iterator[list[int]]:
    """Indices of texts of like length, longest first, so that little is padded and the last ones are soon done."""
    batch: list[int] = []
    for index in sorted(range(len(texts)), key=lambda index: -len(texts[index])):
        if batch and ((len(batch) + 1) * len(texts[batch[0]]) > characters or len(batch) == _BATCH_TEXTS):
            yield batch
            batch = []
        batch.append(index)
    if batch:
        yield batch


def _start_pool(threads: int) -> ThreadPoolExecutor:
    """Threads in each of which torch calculates alone.

    torch keeps the number for each thread, but sets the one for new threads with it; that is put back.
    """
    before = torch.get_num_threads()
    pool = ThreadPoolExecutor(threads, "embed", initializer=_calculate_alone)
    started = threading.Barrier(threads + 1)
    try:
        for _ in range(threads):
            pool.submit(started.wait)
    except RuntimeError:
        # The process is ending, and would wait for those that wait here.
        started.abort()
        raise
    started.wait()
    torch.set_num_threads(min(before, threads))
    return pool


def _calculate_alone() -> None:
    torch.get_num_threads()  # else the first operation in this thread sets the number that new threads have
    torch.set_num_threads(1)


def allotted_cores(limit: Path = Path("/sys/fs/cgroup/cpu.max")) -> int:
    """Cores that this process may use. A container's share is not what torch or the system's count says."""
    affinity = getattr(os, "sched_getaffinity", None)  # Linux only
    cores = len(affinity(0)) if affinity else os.cpu_count() or 1
    try:
        quota, period = limit.read_text("ascii").split()
        return max(1, min(cores, round(int(quota) / int(period))))
    except (OSError, ValueError):
        return cores
