"""The dense half of the store: an exact search, and in a large store Chroma while it is in step with the catalog."""

import hashlib
import logging
import math
import threading
import time
from collections.abc import Collection, Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path

import numpy as np
from filelock import FileLock, Timeout
from numpy.typing import NDArray

from vectorstore.catalog import Catalog
from vectorstore.errors import IndexUnavailable, VectorStoreError
from vectorstore.exact import ExactIndex
from vectorstore.index import GRAPH, ChromaIndex, remove_index

_log = logging.getLogger(__name__)

EXACT_UP_TO = 50_000
"""Chunks up to which the vectors are compared one by one, which misses nothing; see docs/adr/0006."""

_NOTE = "in-step"
"""File in Chroma's folder that names the state of the catalog it is in step with, for those who do not open Chroma."""

_PATIENCE = 5.0
"""How many seconds closing waits for Chroma to be brought in step in the background."""

_ATTEMPTS = 3
"""How often Chroma is made anew, and what its graph lost is stored again, when it is repaired."""

_SETTLED = 10.0
"""How many seconds the catalog must stay the same before Chroma follows it in a process that answers questions."""

_LATELY = 30.0
_FEW, _MANY = 50, 1000
"""How many vectors are given to Chroma at a time where a question was asked within so many seconds, and elsewhere."""


@dataclass(frozen=True, slots=True)
class Difference:
    """How the vector index differs from the catalog.

    Attributes:
        missing: Chunks that it lacks, or has in another version.
        surplus: Vectors without a chunk.
    """

    missing: tuple[str, ...] = ()
    surplus: tuple[str, ...] = ()


class VectorIndex:
    """Finds the chunks nearest to a question, and keeps Chroma in step with the catalog.

    Up to `EXACT_UP_TO` chunks, and within some documents, the catalog's vectors are searched exactly. Beyond, Chroma
    is asked. It is opened by one process at a time, the first that writes or needs it; that one alone brings it in
    step, whoever wrote to the catalog. Other processes, and this one until that is done, search exactly.

    Args:
        folder: Chroma's folder.
        catalog: The truth.
    """

    def __init__(self, folder: Path, catalog: Catalog) -> None:
        self._folder = folder
        self._catalog = catalog
        self._exact = ExactIndex(catalog)
        self._owner = FileLock(folder.with_name("chroma.lock"), thread_local=False)
        self._chroma: ChromaIndex | None = None
        self._lock = threading.RLock()
        self._mending: threading.Thread | None = None
        self._given_up = False
        self._ending = threading.Event()
        self._asked = -math.inf
        self._seen: tuple[str, float] | None = None
        self._counted: str | None = None
        self._sized: tuple[str | None, int] = (None, 0)

    def query(
        self, vector: NDArray[np.float32], top_k: int, numbers: Sequence[int] | None = None
    ) -> list[tuple[str, float]]:
        """The nearest chunks of the catalog.

        Args:
            vector: The question's, shape (dimension,), normalised.
            top_k: How many.
            numbers: Limits to documents with these numbers; None for all.

        Returns:
            `(chunk id, cosine)`, nearest first. An identifier may be of a chunk that was removed just now.
        """
        self._asked = time.monotonic()
        # Chroma's filters cost more than the exact search of what passes them, and find less.
        if numbers is None and self._size() > EXACT_UP_TO and self._lock.acquire(blocking=False):
            try:
                chroma = self._in_step()
                if chroma is not None:
                    return chroma.query(vector, top_k)
            except IndexUnavailable as error:
                _log.warning("%s", error)
                self._discard()
            finally:
                self._lock.release()
        return self._exact.query(vector, top_k, numbers)

    def is_said_to_be_in_step(self) -> bool:
        """Whether Chroma was left in step with the catalog; whether it still is, `difference` says."""
        try:
            noted = (self._folder / _NOTE).read_text("utf-8")
        except (OSError, ValueError):
            return False
        return noted == self._catalog.state and (self._folder / "chroma.sqlite3").exists()

    def bring_in_step(self) -> Difference | None:
        """Add, replace and remove vectors until Chroma holds what the catalog holds. Nothing is embedded.

        Only documents that have changed since are looked at, unless a change was interrupted or the counts tell that
        something was lost.

        Returns:
            What differed; None where another process has Chroma open, which does it itself.

        Raises:
            IndexUnavailable: The folder cannot be written.
        """
        with self._lock:
            chroma = self._opened()
            if chroma is None:
                return None
            if self._is_in_step(chroma):
                return Difference()
            difference = self._follow(chroma, chroma.documents)
            if chroma.state == self._catalog.state and not self._is_in_step(chroma):
                rest = self._follow(chroma, None)
                return Difference(difference.missing + rest.missing, difference.surplus + rest.surplus)
            return difference

    def _follow(self, chroma: ChromaIndex, known: Collection[int] | None) -> Difference:
        """Bring Chroma to the present state of the catalog; `known` are the versions of documents that it holds.

        Vectors are read batch by batch: a snapshot over the whole of it would keep SQLite's log from ending.
        """
        with self._catalog.reading():
            state, versions = self._catalog.state, self._catalog.document_versions()
            difference = self._difference(chroma) if known is None else self._changed(chroma, known, versions)
        if difference != Difference():
            chroma.begin_change()
            chroma.delete(difference.surplus)
            self._upsert(chroma, difference.missing)
        chroma.delete_other_collections()
        if not self._ending.is_set():
            chroma.set_state(state, versions.values())
            self._given_up = False
            with suppress(OSError):
                (self._folder / _NOTE).write_text(state, "utf-8")
        return difference

    def rebuild(self) -> bool:
        """Make Chroma's folder anew from the catalog; False where another process has it open.

        Raises:
            IndexUnavailable: The folder cannot be written.
        """
        with self._lock:
            if not self._own():
                return False
            # Its graph is drawn by chance. Among many passages that are alike one in some is cut off from the others.
            for _ in range(_ATTEMPTS):
                self._close_chroma()
                remove_index(self._folder)
                self.bring_in_step()
                if self._reaches_all():
                    break
            return True

    def _reaches_all(self) -> bool:
        """Whether every chunk is found by its vector, once those that are not have been stored again."""
        ids = self._catalog.chunk_ids()
        for _ in range(_ATTEMPTS):
            lost = self.lost(ids)
            if not lost or self._chroma is None:
                return True
            self._upsert(self._chroma, lost)
        return not self.lost(ids)

    def difference(self) -> Difference | None:
        """How Chroma differs from the catalog; None where another process has it open.

        Raises:
            IndexUnavailable: It is damaged.
        """
        with self._lock, self._catalog.reading():
            chroma = self._opened()
            return None if chroma is None else self._difference(chroma)

    def lost(self, ids: Sequence[str]) -> list[str]:
        """Chunks that Chroma lists but does not find by their own vectors: lost from its graph, or it has others.

        Raises:
            IndexUnavailable: It is damaged.
        """
        with self._lock:
            chroma = self._opened()
            if chroma is None or not ids:
                return []
            found = self._catalog.find(ids)
            vectors = np.stack([entry.vector for entry in found.values()])
            vectors /= np.maximum(np.linalg.norm(vectors, axis=1, keepdims=True), np.float32(1e-12))
            # Where many passages have the same vector, the ten nearest need not hold the one looked for.
            return [
                chunk_id
                for chunk_id, nearest in zip(found, chroma.query_all(vectors, 10), strict=True)
                if dict(nearest).get(chunk_id, 0.0) < 0.999 and not (nearest and nearest[-1][1] > 0.9999)
            ]

    def close(self) -> None:
        """Let go of the folder; mending that takes longer than some seconds is left to the next time."""
        if self._mending is not None:
            self._mending.join(_PATIENCE)
            self._ending.set()
            self._mending.join()
        with self._lock:
            self._close_chroma()
            self._owner.release(force=True)

    def _in_step(self) -> ChromaIndex | None:
        """Chroma, where it can be asked; where it cannot and can be mended here, that begins in the background."""
        if self._given_up or (self._mending is not None and self._mending.is_alive()):
            return None
        chroma = self._opened()
        if chroma is None or self._is_in_step(chroma):
            self._seen = (self._catalog.state, -math.inf)
            return chroma
        if not self._is_settled():
            return None
        # No daemon: a process that ends meanwhile waits, so that Chroma is not cut off while it writes.
        self._mending = threading.Thread(target=self._mend, name="mend-vector-index")
        self._mending.start()
        return None

    def _size(self) -> int:
        """How many chunks the catalog has, counted once for each state."""
        with self._catalog.reading():
            state, size = self._catalog.state, self._sized[1]
            if self._sized[0] != state:
                size = self._catalog.count_chunks()
                self._sized = (state, size)
            return size

    def _is_settled(self) -> bool:
        """Whether nobody has been writing for a while; what was out of step from the beginning is to be mended now."""
        state = self._catalog.state
        if self._seen is None:
            self._seen = (state, -math.inf)
        elif self._seen[0] != state:
            self._seen = (state, time.monotonic())
        return time.monotonic() - self._seen[1] >= _SETTLED

    def _is_in_step(self, chroma: ChromaIndex) -> bool:
        """Whether Chroma is at the catalog's state, and has as many vectors, which is counted once for each state."""
        with self._catalog.reading():
            state = self._catalog.state
            if chroma.state != state:
                return False
            if self._counted != state and chroma.count() == self._size():
                self._counted = state
            return self._counted == state

    def _mend(self) -> None:
        try:
            self.bring_in_step()
        except IndexUnavailable:
            with self._lock:
                self._discard()
                try:
                    self.bring_in_step()
                except VectorStoreError as error:
                    self._given_up = True
                    _log.warning("%s", error)
        except VectorStoreError as error:
            _log.warning("%s", error)

    def _difference(self, chroma: ChromaIndex) -> Difference:
        wanted, indexed = self._catalog.chunk_versions(), chroma.versions()
        return Difference(
            tuple(chunk_id for chunk_id, version in wanted.items() if indexed.get(chunk_id) != version),
            tuple(chunk_id for chunk_id in indexed if chunk_id not in wanted),
        )

    def _changed(self, chroma: ChromaIndex, known: Collection[int], versions: Mapping[int, int]) -> Difference:
        """The difference by documents: those that came, and those that went, with versions of their own."""
        new = [number for number, version in versions.items() if version not in known]
        missing = self._catalog.chunk_ids(new)
        surplus = set(chroma.ids_of(set(known).difference(versions.values()))).difference(missing)
        return Difference(tuple(missing), tuple(surplus))

    def _upsert(self, chroma: ChromaIndex, ids: Sequence[str]) -> None:
        """Copy vectors from the catalog.

        Chroma lets no other thread of Python run while it stores. So where questions are asked in this process, it is
        given little at a time, with pauses in which they are answered.
        """
        place = 0
        while place < len(ids) and not self._ending.is_set():
            asked, began = time.monotonic() - self._asked < _LATELY, time.monotonic()
            some = ids[place : place + (_FEW if asked else _MANY)]
            chroma.upsert(self._catalog.versioned_vectors(some))
            place += len(some)
            if asked and place < len(ids):
                time.sleep(2 * (time.monotonic() - began))

    def _opened(self) -> ChromaIndex | None:
        """Chroma with the collection of the catalog's model; None where another process has it open."""
        fingerprint = self._catalog.meta("fingerprint") or ""
        name = "chunks-" + hashlib.sha256(f"{fingerprint} {GRAPH}".encode()).hexdigest()[:12]
        if self._chroma is not None and (self._chroma.name != name or not self._folder.exists()):
            self._close_chroma()
        if self._chroma is None and self._own():
            try:
                self._chroma = ChromaIndex(self._folder, name)
            except IndexUnavailable as error:
                # All of it can be made again from the catalog.
                _log.warning("%s It is made anew.", error)
                remove_index(self._folder)
                self._chroma = ChromaIndex(self._folder, name)
        return self._chroma

    def _own(self) -> bool:
        """Whether this process may open Chroma's folder; held until `close`."""
        if self._owner.is_locked:
            return True
        if self._catalog.read_only:
            return False
        try:
            self._owner.acquire(timeout=0)
        except (Timeout, OSError):
            return False
        return True

    def _discard(self) -> None:
        """Throw away a folder that turned out damaged."""
        self._close_chroma()
        try:
            remove_index(self._folder)
        except IndexUnavailable as error:
            self._given_up = True
            _log.warning("%s", error)

    def _close_chroma(self) -> None:
        chroma, self._chroma, self._counted = self._chroma, None, None
        if chroma is not None:
            chroma.close()
