"""The store: catalog and vector index under one folder, kept in step."""

import hashlib
import threading
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from pathlib import Path
from typing import Literal, Protocol

import numpy as np
from filelock import FileLock, Timeout
from numpy.typing import NDArray

from ingest.chunk import CHUNKER_VERSION, Chunk, chunk_document
from ingest.document import Document
from vectorstore.catalog import Catalog
from vectorstore.errors import FingerprintMismatch, StoreDamaged, StoreLocked
from vectorstore.index import ChromaIndex
from vectorstore.types import Filter


class Embedder(Protocol):
    """What the store asks of an embedding model."""

    @property
    def fingerprint(self) -> str:
        """Identity of model and weights."""

    def embed_array(self, texts: Sequence[str], *, kind: Literal["query", "passage"]) -> NDArray[np.float32]:
        """Embed texts as `query` or `passage`: shape (texts, dimension), rows of length 1."""


@dataclass(frozen=True, slots=True)
class Candidate:
    """A chunk that one of the two halves of retrieval found, with both of its scores."""

    chunk: Chunk
    language: str | None
    dense: float
    lexical: float


class Store:
    """Documents, chunks and vectors under one folder.

    Args:
        folder: Created when absent.
        embedder: The embedding model. Its weights are part of the store's fingerprint.

    Raises:
        StoreDamaged: The folder cannot be used.
    """

    def __init__(self, folder: Path, embedder: Embedder) -> None:
        self.folder = folder
        self._embedder = embedder
        try:
            folder.mkdir(parents=True, exist_ok=True)
        except OSError as error:
            raise StoreDamaged(
                f"The data folder {folder} cannot be made: {error}. Name another with --data."
            ) from error
        self.fingerprint = f"{embedder.fingerprint}/chunker-{CHUNKER_VERSION}"
        self.catalog = Catalog(folder / "catalog.sqlite")
        self._index: ChromaIndex | None = None
        self._index_lock = threading.RLock()
        self._seen_change = -1

    def close(self) -> None:
        """Close the catalog."""
        self.catalog.close()

    # Writing

    @contextmanager
    def writing(self, wait_seconds: float = 10.0, *, check: bool = True) -> Iterator[None]:
        """Hold the store's write lock; at its end the vector index is in step with the catalog.

        Args:
            wait_seconds: How long to wait for another process.
            check: Refuse when the store was built with another model; only `rebuild` does without.

        Raises:
            FingerprintMismatch: The store was built with another model or chunker.
            StoreLocked: Another process still held it after `wait_seconds`.
        """
        lock = FileLock(self.folder / "write.lock")
        try:
            lock.acquire(timeout=wait_seconds)
        except Timeout as error:
            raise StoreLocked(
                f"Another process is writing to {self.folder}. Try again when it is done; `utblick ingest` and the "
                "chat's library hold the lock while they work."
            ) from error
        try:
            if check:
                self.check_fingerprint()
                self._bring_in_step()
            yield
            self._bring_in_step()
        finally:
            lock.release()

    def replace(self, document: Document, root: str, location: str) -> int:
        """Chunk, embed and store a document in one transaction. To be called while `writing`.

        Returns:
            The number of chunks.
        """
        chunks, vectors = self._embedded(document)
        with self.catalog.transaction():
            self.catalog.upsert(document, root, location, chunks, vectors)
        return len(chunks)

    def remove(self, document_id: str) -> None:
        """Remove a document. To be called while `writing`.

        Raises:
            UnknownDocument: No document has this identifier.
        """
        with self.catalog.transaction():
            self.catalog.delete(document_id)

    def rebuild(self, progress: Callable[[str], None] = lambda _: None) -> int:
        """Chunk and embed every stored document again, with the present model, and swap the result in when complete.

        Documents are not read anew; what is shown of them stays the same. To be called while
        `writing(check=False)`.

        Args:
            progress: Called with the identifier of each document.

        Returns:
            The number of documents.
        """
        documents = [(self.catalog.document(file.id), file) for file in self.catalog.files() if not file.is_alias]
        with self.catalog.transaction():
            for document, file in documents:
                progress(document.id)
                self.catalog.upsert(document, file.root, file.location, *self._embedded(document))
            self.catalog.set_meta("fingerprint", self.fingerprint)
        self._index = None
        return len(documents)

    def _embedded(self, document: Document) -> tuple[list[Chunk], NDArray[np.float32]]:
        chunks = chunk_document(document)
        texts = [chunk.embedded_text(document.title) for chunk in chunks]
        vectors = self._embedder.embed_array(texts, kind="passage") if texts else np.zeros((0, 1), np.float32)
        return chunks, vectors

    # Reading

    def candidates(
        self, question: str, terms: Sequence[tuple[str, ...]], top_k: int, limits: Filter
    ) -> list[Candidate]:
        """What the dense and the lexical half find, each chunk with both scores.

        Args:
            question: The standalone question.
            terms: Its terms, as `query_terms` gives them.
            top_k: How many each half gives.
            limits: Documents to search in.

        Returns:
            Up to twice `top_k` candidates, in no particular order.
        """
        numbers = self.catalog.numbers(limits)
        query = self._embedder.embed_array([question], kind="query")[0]
        lexical = dict(self.catalog.query_lexical(terms, top_k, numbers)) if terms else {}
        dense = dict(self._current_index().query(query, top_k, numbers))
        ids = [*dense, *(chunk_id for chunk_id in lexical if chunk_id not in dense)]
        vectors = {chunk_id: vector for chunk_id, _, vector in self.catalog.vectors(ids)}
        languages = self.catalog.languages()
        return [
            Candidate(
                chunk, languages.get(chunk.document), float(vectors[chunk_id] @ query), lexical.get(chunk_id, 0.0)
            )
            for chunk_id, chunk in self.catalog.chunks(ids).items()
            if chunk_id in vectors
        ]

    def embed(self, texts: Sequence[str], kind: Literal["query", "passage"]) -> NDArray[np.float32]:
        """Embed texts with the store's model, as `query` or `passage`."""
        return self._embedder.embed_array(texts, kind=kind)

    # Keeping in step

    def index_difference(self) -> tuple[list[str], list[str]]:
        """Chunks that the vector index lacks, and vectors in it without a chunk."""
        known = self.catalog.chunk_ids()
        indexed = self._opened_index().ids()
        return [chunk_id for chunk_id in known if chunk_id not in indexed], sorted(indexed - set(known))

    def finds(self, chunk_id: str, vector: NDArray[np.float32]) -> bool:
        """Whether a search for a chunk's own vector gives the chunk, or one at the same place."""
        found = self._opened_index().query(vector, 10)
        return any(other == chunk_id for other, _ in found) or bool(found and found[-1][1] > 0.9999)

    def repair(self, *, thorough: bool = False) -> tuple[int, int]:
        """Bring the vector index in step with the catalog, without embedding again. To be called while `writing`.

        Args:
            thorough: Write every vector anew, not only those that the index does not list.

        Returns:
            How many vectors were added and removed.
        """
        with self._index_lock:
            change = self.catalog.change
            missing, surplus = self.index_difference()
            index = self._opened_index()
            index.delete(surplus)
            index.upsert(self.catalog.vectors(self.catalog.chunk_ids() if thorough else missing))
            index.delete_other_collections()
            self.catalog.set_meta("indexed_change", str(change))
            self._seen_change = change
            return len(missing), len(surplus)

    def check_fingerprint(self) -> None:
        """Compare the store's embedding model and chunker with the present ones.

        Raises:
            FingerprintMismatch: They differ.
        """
        stored = self.catalog.meta("fingerprint")
        if stored is None or (stored != self.fingerprint and self.catalog.count_chunks() == 0):
            self.catalog.set_meta("fingerprint", self.fingerprint)
        elif stored != self.fingerprint:
            raise FingerprintMismatch(
                f"The store in {self.folder} was built with {stored}, but the settings name {self.fingerprint}. "
                "Set the embedding model back, or run `utblick ingest --rebuild` to embed all documents again."
            )

    def _bring_in_step(self) -> None:
        if self.catalog.meta("indexed_change") != str(self.catalog.change):
            self.repair()

    def _opened_index(self) -> ChromaIndex:
        with self._index_lock:
            if self._index is None:
                name = "chunks-" + hashlib.sha256(self.fingerprint.encode()).hexdigest()[:12]
                self._index = ChromaIndex(self.folder / "chroma", name)
            return self._index

    def _current_index(self) -> ChromaIndex:
        """The vector index in step with the catalog: mended when it is not, opened anew when another process wrote."""
        with self._index_lock:
            change = self.catalog.change
            fresh = self._index is None
            index = self._opened_index()
            if not fresh and change != self._seen_change:
                index.open()
            if fresh or change != self._seen_change:
                self._mend(index)
            self._seen_change = change
            return index

    def _mend(self, index: ChromaIndex) -> None:
        """Mend an index left behind by a process that died; while another process writes, it does that itself."""
        self.check_fingerprint()
        in_step = self.catalog.meta("indexed_change") == str(self.catalog.change)
        if in_step and index.count() == self.catalog.count_chunks():
            return
        with suppress(StoreLocked), self.writing(wait_seconds=0.0):
            self.repair()
