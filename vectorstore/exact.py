"""Search by comparing with every vector of the catalog: exact, and quick enough where Chroma cannot be used."""

import threading
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from vectorstore.catalog import Catalog


@dataclass(frozen=True, slots=True)
class _Vectors:
    """The vectors of one document in one version."""

    version: int
    ids: tuple[str, ...]
    matrix: NDArray[np.float32]


class ExactIndex:
    """The vectors of a catalog in memory, read again for documents that changed. Safe to use from several threads.

    20,000 vectors of 384 numbers take 31 MB, 60 ms to read and 5 ms to search.

    Args:
        catalog: Where the vectors are.
    """

    def __init__(self, catalog: Catalog) -> None:
        self._catalog = catalog
        self._lock = threading.Lock()
        self._documents: dict[int, _Vectors] = {}
        self._joined: tuple[str, list[str], NDArray[np.float32]] | None = None

    def query(
        self, vector: NDArray[np.float32], top_k: int, numbers: Sequence[int] | None = None
    ) -> list[tuple[str, float]]:
        """The nearest vectors, as `ChromaIndex.query` gives them.

        Args:
            vector: The question's, shape (dimension,), normalised.
            top_k: How many.
            numbers: Limits to documents with these numbers; None for all.

        Returns:
            `(chunk id, cosine)`, nearest first.
        """
        ids, matrix = self._vectors(numbers)
        if not ids:
            return []
        cosines = matrix @ vector
        nearest = np.argpartition(-cosines, top_k - 1)[:top_k] if top_k < len(ids) else np.arange(len(ids))
        ordered = sorted(nearest.tolist(), key=lambda position: (-cosines[position], ids[position]))
        return [(ids[position], float(cosines[position])) for position in ordered]

    def _vectors(self, numbers: Sequence[int] | None) -> tuple[list[str], NDArray[np.float32]]:
        with self._catalog.reading(), self._lock:
            state = self._catalog.state
            if numbers is None and self._joined is not None and self._joined[0] == state:
                return self._joined[1], self._joined[2]
            versions = self._catalog.document_versions()
            self._documents = {
                number: known for number, known in self._documents.items() if versions.get(number) == known.version
            }
            wanted = versions if numbers is None else [number for number in numbers if number in versions]
            documents = [self._document(number, versions[number]) for number in wanted]
            ids = [chunk_id for document in documents for chunk_id in document.ids]
            matrix = (
                np.concatenate([document.matrix for document in documents if document.ids])
                if ids
                else np.zeros((0, 0), np.float32)
            )
            if numbers is None:
                self._joined = (state, ids, matrix)
            return ids, matrix

    def _document(self, number: int, version: int) -> _Vectors:
        if number not in self._documents:
            ids, matrix = self._catalog.document_vectors(number)
            self._documents[number] = _Vectors(version, tuple(ids), matrix)
        return self._documents[number]
