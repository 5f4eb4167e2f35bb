"""Search by comparing with every vector of the catalog: exact, and quick enough where Chroma cannot be used."""

import threading
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field

import numpy as np
from numpy.typing import NDArray

from vectorstore.catalog import Catalog

_SPAN_COSTS = 20
"""To begin another product of matrix and vector takes as long as that many rows."""


@dataclass(slots=True)
class _Rows:
    """Vectors one below the other. Rows are only ever added, so that who searches needs no lock.

    Attributes:
        matrix: Shape (capacity, dimension); what stands below the last of `ids` is not yet anything.
        ids: Identifier of each row's chunk.
        places: Version, first row and row after the last of each document that is stored now.
        live: How many rows belong to these; the others are of documents that are gone.
    """

    matrix: NDArray[np.float32] = field(default_factory=lambda: np.zeros((0, 0), np.float32))
    ids: list[str] = field(default_factory=list)
    places: dict[int, tuple[int, int, int]] = field(default_factory=dict)
    live: int = 0


class ExactIndex:
    """The vectors of a catalog in memory, read again for documents that changed. Safe to use from several threads.

    Where only some documents are searched, only these are read. 100,000 vectors of 384 numbers take 154 MB.

    Args:
        catalog: Where the vectors are.
    """

    def __init__(self, catalog: Catalog) -> None:
        self._catalog = catalog
        self._lock = threading.Lock()
        self._rows = _Rows()
        self._state = ""
        self._versions: dict[int, int] = {}
        self._everything: list[tuple[int, int]] | None = None

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
        with self._catalog.reading(), self._lock:
            spans = self._spans(numbers)
            matrix, ids = self._rows.matrix, self._rows.ids
        if not spans:
            return []
        cosines, rows = _cosines(matrix, spans, vector)
        nearest = np.argpartition(-cosines, top_k - 1)[:top_k] if top_k < len(rows) else np.arange(len(rows))
        found = [(ids[rows[place]], float(cosines[place])) for place in nearest.tolist()]
        return sorted(found, key=lambda entry: (-entry[1], entry[0]))

    def _spans(self, numbers: Sequence[int] | None) -> list[tuple[int, int]]:
        """The rows of documents, as the catalog has them now."""
        state = self._catalog.state
        if not state or state != self._state:
            self._forget_changed()
            self._state, self._everything = state, None
        if numbers is None and self._everything is not None:
            return self._everything
        wanted = (
            self._versions.keys() if numbers is None else [number for number in numbers if number in self._versions]
        )
        missing = [number for number in wanted if number not in self._rows.places]
        if missing:
            self._read(missing)
        spans = _merged(self._rows.places[number][1:] for number in wanted if number in self._rows.places)
        if numbers is None:
            self._everything = spans
        return spans

    def _forget_changed(self) -> None:
        self._versions = self._catalog.document_versions()
        places = self._rows.places
        for number in [number for number, place in places.items() if self._versions.get(number) != place[0]]:
            _, begin, end = places.pop(number)
            self._rows.live -= end - begin

    def _read(self, numbers: Sequence[int]) -> None:
        """Add the vectors of documents below the others."""
        count, dimension = self._catalog.count_vectors(numbers)
        if len(self._rows.ids) + count > len(self._rows.matrix) or dimension != self._rows.matrix.shape[1]:
            self._rows = _moved(self._rows, count, dimension)
        rows = self._rows
        places = dict.fromkeys(numbers, (0, 0))
        for number, ids, vectors in self._catalog.vectors_of(numbers):
            begin, end = len(rows.ids), len(rows.ids) + len(ids)
            rows.matrix[begin:end] = vectors
            rows.ids += ids
            # The parts of a large document stand one below the other.
            places[number] = (places[number][0] if places[number][1] else begin, end)
        rows.places |= {number: (self._versions[number], *place) for number, place in places.items()}
        rows.live += count


def _moved(rows: _Rows, count: int, dimension: int) -> _Rows:
    """The rows in use, with room for `count` more, in new arrays: others may be searching the present ones."""
    needed = rows.live + count
    # Room to spare takes no memory before something is written there.
    matrix, ids = np.empty((needed + needed // 8, dimension), np.float32), list[str]()
    places: dict[int, tuple[int, int, int]] = {}
    for number, (version, begin, end) in rows.places.items():
        places[number] = (version, len(ids), len(ids) + end - begin)
        matrix[len(ids) : len(ids) + end - begin] = rows.matrix[begin:end]
        ids += rows.ids[begin:end]
    return _Rows(matrix, ids, places, len(ids))


def _merged(places: Iterable[tuple[int, int]]) -> list[tuple[int, int]]:
    """Intervals in order, those that touch made one."""
    merged: list[tuple[int, int]] = []
    for begin, end in sorted(places):
        if merged and merged[-1][1] == begin:
            merged[-1] = (merged[-1][0], end)
        elif begin < end:
            merged.append((begin, end))
    return merged


def _cosines(
    matrix: NDArray[np.float32], spans: Sequence[tuple[int, int]], vector: NDArray[np.float32]
) -> tuple[NDArray[np.float32], NDArray[np.intp]]:
    """The cosines of the rows in `spans`, and the numbers of these rows."""
    rows = np.concatenate([np.arange(begin, end) for begin, end in spans])
    # Row by row: as a product of matrix and vector it would be divided among threads, which on a busy machine wait for
    # each other longer than the whole takes.
    if len(rows) + _SPAN_COSTS * len(spans) > spans[-1][1] - spans[0][0]:
        whole = np.vecdot(matrix[spans[0][0] : spans[-1][1]], vector)
        return whole[rows - spans[0][0]], rows
    return np.concatenate([np.vecdot(matrix[begin:end], vector) for begin, end in spans]), rows
