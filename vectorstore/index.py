"""Chroma: the one module that knows it. What it holds is derived from the catalog, so damage to it is harmless."""

import base64
import itertools
import shutil
from collections.abc import Iterable, Iterator, Sequence
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from vectorstore.errors import IndexUnavailable

# With Chroma's own settings (16, 100, 100) passages that many documents share become unreachable: of 5,000 vectors in
# 200 close clusters 53 were not found by themselves, with these none.
GRAPH = {"space": "cosine", "max_neighbors": 48, "ef_construction": 400, "ef_search": 200}
"""How the collection's graph is built and searched; part of its name, since it cannot be changed afterwards."""

_BATCH = 1000
_PAGE = 10_000
_VERSIONS_AT_ONCE = 100
_QUERIES = 100
_STATE = "state"
_VERSIONS = "versions"
_VERSION = "version"


class ChromaIndex:
    """Chunk vectors in an embedded Chroma collection, searched by cosine.

    Only identifiers, vectors and the version of the document are kept here; text stays in the catalog. Chroma keeps
    what it has read in memory, so one process at a time may open a folder, be it only to read: see `VectorIndex`.

    Args:
        folder: Chroma's folder; created when absent.
        name: Name of the collection; created when absent.

    Raises:
        IndexUnavailable: The folder is damaged or cannot be written. All methods may raise it.
    """

    def __init__(self, folder: Path, name: str) -> None:
        self._folder = folder
        self.name = name
        self._client: Any = None
        self._collection: Any = None
        self._open()

    def _open(self) -> None:
        with _translated(self._folder):
            import chromadb
            from chromadb.api.shared_system_client import SharedSystemClient
            from chromadb.config import Settings

            # What is left of an attempt to open a damaged folder would be taken for an open one.
            if not SharedSystemClient._identifier_to_refcount.get(str(self._folder)):
                SharedSystemClient._identifier_to_system.pop(str(self._folder), None)
            self._client = chromadb.PersistentClient(str(self._folder), settings=Settings(anonymized_telemetry=False))
            try:
                self._collection = self._client.get_or_create_collection(
                    self.name, embedding_function=None, configuration={"hnsw": GRAPH}
                )
                self._collection.count()
            except BaseException:
                self.close()
                raise

    def close(self) -> None:
        """Let go of the folder."""
        client, self._client, self._collection = self._client, None, None
        if client is not None:
            with suppress(IndexUnavailable), _translated(self._folder):
                client.close()

    @property
    def state(self) -> str | None:
        """The state of the catalog that the index was last brought in step with; None while it is being changed."""
        return self._metadata().get(_STATE)

    @property
    def documents(self) -> frozenset[int] | None:
        """The versions of all documents that it was last brought in step with; None where that is not known."""
        packed = self._metadata().get(_VERSIONS)
        return None if packed is None else frozenset(np.frombuffer(base64.b64decode(packed), "<i8").tolist())

    def begin_change(self) -> None:
        """Record that the index is in step with nothing, so that an interrupted change is noticed."""
        with _translated(self._folder):
            self._collection.modify(metadata={_STATE: ""})

    def set_state(self, state: str, documents: Iterable[int]) -> None:
        """Record the catalog's state, and the versions of its documents."""
        packed = base64.b64encode(np.array(sorted(documents), "<i8").tobytes()).decode()
        with _translated(self._folder):
            self._collection.modify(metadata={_STATE: state, _VERSIONS: packed})

    def _metadata(self) -> dict[str, Any]:
        with _translated(self._folder):
            return self._collection.metadata or {}

    def upsert(self, entries: Iterable[tuple[str, int, NDArray[np.float32]]]) -> None:
        """Store vectors: `(chunk id, version of its document, vector)`; known identifiers are replaced."""
        batch: list[tuple[str, int, NDArray[np.float32]]] = []
        for entry in entries:
            batch.append(entry)
            if len(batch) == _BATCH:
                self._upsert(batch)
                batch = []
        if batch:
            self._upsert(batch)

    def _upsert(self, batch: Sequence[tuple[str, int, NDArray[np.float32]]]) -> None:
        with _translated(self._folder):
            self._collection.upsert(
                ids=[chunk_id for chunk_id, _, _ in batch],
                embeddings=np.stack([vector for _, _, vector in batch]),
                metadatas=[{_VERSION: version} for _, version, _ in batch],
            )

    def delete(self, ids: Sequence[str]) -> None:
        """Remove vectors; unknown identifiers are passed over."""
        for start in range(0, len(ids), _BATCH):
            with _translated(self._folder):
                self._collection.delete(ids=list(ids[start : start + _BATCH]))

    def delete_other_collections(self) -> None:
        """Remove the collections of earlier fingerprints."""
        with _translated(self._folder):
            for collection in self._client.list_collections():
                if collection.name != self.name:
                    self._client.delete_collection(collection.name)

    def versions(self) -> dict[str, int]:
        """Identifiers of all vectors, each with the version of its document."""
        return {
            chunk_id: int((metadata or {}).get(_VERSION, -1))
            for found in self._pages(include=["metadatas"])
            for chunk_id, metadata in zip(found["ids"], found["metadatas"], strict=True)
        }

    def ids_of(self, documents: Iterable[int]) -> list[str]:
        """Identifiers of the vectors of documents in these versions."""
        versions, ids = list(documents), list[str]()
        for start in range(0, len(versions), _VERSIONS_AT_ONCE):
            wanted = {_VERSION: {"$in": versions[start : start + _VERSIONS_AT_ONCE]}}
            for found in self._pages(where=wanted, include=[]):
                ids += found["ids"]
        return ids

    def _pages(self, **arguments: Any) -> Iterator[Any]:  # noqa: ANN401 - as Chroma takes them
        """What Chroma's `get` gives, in parts: of 100,000 vectors at once it fails for want of SQL variables."""
        for start in itertools.count(0, _PAGE):
            with _translated(self._folder):
                found = self._collection.get(limit=_PAGE, offset=start, **arguments)
            yield found
            if len(found["ids"]) < _PAGE:
                return

    def count(self) -> int:
        """How many vectors there are."""
        with _translated(self._folder):
            return int(self._collection.count())

    def query(self, vector: NDArray[np.float32], top_k: int) -> list[tuple[str, float]]:
        """The nearest vectors.

        Args:
            vector: The question's, shape (dimension,), normalised.
            top_k: How many.

        Returns:
            `(chunk id, cosine)`, nearest first.
        """
        return next(self.query_all(vector[np.newaxis, :], top_k))

    def query_all(self, vectors: NDArray[np.float32], top_k: int) -> Iterator[list[tuple[str, float]]]:
        """The nearest vectors of each of several; as `query`."""
        for start in range(0, len(vectors), _QUERIES):
            with _translated(self._folder):
                found = self._collection.query(
                    query_embeddings=vectors[start : start + _QUERIES], n_results=top_k, include=["distances"]
                )
            for ids, distances in zip(found["ids"], found["distances"], strict=True):
                yield [(chunk_id, 1.0 - float(distance)) for chunk_id, distance in zip(ids, distances, strict=True)]


def remove_index(folder: Path) -> None:
    """Remove a folder of Chroma's that no process has open.

    Raises:
        IndexUnavailable: It cannot be removed.
    """
    with _translated(folder):
        if folder.exists():
            shutil.rmtree(folder)


@contextmanager
def _translated(folder: Path) -> Iterator[None]:
    """All that Chroma raises, as one error: its own, Python's from its adapter, and panics of its native part."""
    try:
        yield
    except (KeyboardInterrupt, SystemExit, GeneratorExit, MemoryError):
        raise
    except BaseException as error:
        if not isinstance(error, Exception) and type(error).__name__ != "PanicException":
            raise
        raise IndexUnavailable(
            f"The vector index in {folder} cannot be used: {error}. Questions are answered without it, more slowly; "
            "`utblick doctor --repair` makes it anew."
        ) from error
