"""The vector index: the only module that knows chromadb. It is derived from the catalog, so damage to it is harmless."""

from collections.abc import Iterable, Sequence
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

_BATCH = 1000


class ChromaIndex:
    """Chunk vectors in an embedded Chroma collection, searched by cosine.

    Only identifiers, vectors and the number of the document are kept here; text stays in the catalog.

    Args:
        folder: Chroma's folder; created when absent. One process at a time may write to it.
        name: Name of the collection; created when absent.
    """

    def __init__(self, folder: Path, name: str) -> None:
        self._folder = folder
        self.name = name
        self._collection: Any = None
        self.open()

    def open(self) -> None:
        """Open the folder, anew if it was open: what another process wrote since becomes visible."""
        import chromadb
        from chromadb.api.shared_system_client import SharedSystemClient
        from chromadb.config import Settings

        if self._collection is not None:
            SharedSystemClient.clear_system_cache()
        self._client = chromadb.PersistentClient(str(self._folder), settings=Settings(anonymized_telemetry=False))
        self._collection = self._client.get_or_create_collection(
            self.name, embedding_function=None, configuration={"hnsw": {"space": "cosine"}}
        )

    def upsert(self, entries: Iterable[tuple[str, int, NDArray[np.float32]]]) -> None:
        """Store vectors: `(chunk id, number of its document, vector)`; known identifiers are replaced."""
        batch: list[tuple[str, int, NDArray[np.float32]]] = []
        for entry in entries:
            batch.append(entry)
            if len(batch) == _BATCH:
                self._upsert(batch)
                batch = []
        if batch:
            self._upsert(batch)

    def _upsert(self, batch: Sequence[tuple[str, int, NDArray[np.float32]]]) -> None:
        self._collection.upsert(
            ids=[chunk_id for chunk_id, _, _ in batch],
            embeddings=np.stack([vector for _, _, vector in batch]),
            metadatas=[{"document": number} for _, number, _ in batch],
        )

    def delete(self, ids: Sequence[str]) -> None:
        """Remove vectors; unknown identifiers are passed over."""
        for start in range(0, len(ids), _BATCH):
            self._collection.delete(ids=list(ids[start : start + _BATCH]))

    def delete_other_collections(self) -> None:
        """Remove the collections of earlier fingerprints."""
        for collection in self._client.list_collections():
            if collection.name != self.name:
                self._client.delete_collection(collection.name)

    def ids(self) -> set[str]:
        """Identifiers of all vectors."""
        return set(self._collection.get(include=[])["ids"])

    def count(self) -> int:
        """How many vectors there are."""
        return int(self._collection.count())

    def query(
        self, vector: NDArray[np.float32], top_k: int, numbers: Sequence[int] | None = None
    ) -> list[tuple[str, float]]:
        """The nearest vectors.

        Args:
            vector: The question's, shape (dimension,), normalised.
            top_k: How many.
            numbers: Limits to documents with these numbers; None for all.

        Returns:
            `(chunk id, cosine)`, nearest first.
        """
        if numbers is not None and not numbers:
            return []
        found = self._collection.query(
            query_embeddings=vector[np.newaxis, :],
            n_results=top_k,
            where=None if numbers is None else {"document": {"$in": list(numbers)}},
            include=["distances"],
        )
        return [
            (chunk_id, 1.0 - float(distance))
            for chunk_id, distance in zip(found["ids"][0], found["distances"][0], strict=True)
        ]
