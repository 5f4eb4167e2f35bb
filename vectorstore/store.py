"""The store: catalog and vector index under one folder, kept in step."""

import hashlib
import logging
import re
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Literal, Protocol

import numpy as np
from numpy.typing import NDArray

from ingest.chunk import CHUNKER_VERSION, TARGET_TOKENS, Chunk, chunk_document
from ingest.document import Document, Fact
from ingest.overrides import apply_facts
from vectorstore.backend import Candidate, Query, SearchBackend, Source
from vectorstore.catalog import Catalog
from vectorstore.change import Alias, EmbeddedChunk
from vectorstore.errors import FingerprintMismatch, IndexUnavailable, StoreMissing, StoreUnwritable
from vectorstore.local import LocalBackend
from vectorstore.lock import write_lock
from vectorstore.nearest import VectorIndex
from vectorstore.types import Filter

_log = logging.getLogger(__name__)
_UNSTORABLE = re.compile("[\x00\ud800-\udfff]")


class Embedder(Protocol):
    """What the store asks of an embedding model."""

    @property
    def fingerprint(self) -> str:
        """Identity of model and weights."""

    @property
    def max_tokens(self) -> int:
        """How many tokens of a text the model reads, its prompt and special tokens among them."""

    def token_counts(self, texts: Sequence[str]) -> Sequence[int]:
        """How many tokens each passage has for the model, its prompt and special tokens among them."""

    def embed_array(self, texts: Sequence[str], *, kind: Literal["query", "passage"]) -> NDArray[np.float32]:
        """Embed texts as `query` or `passage`: shape (texts, dimension), rows of length 1."""


class Store:
    """Documents, chunks and vectors under one folder. Safe to use from several threads.

    It divides documents into chunks and embeds them; `backend` keeps and finds them.

    Args:
        folder: Where it is. A folder that can only be read serves for searching.
        embedder: The embedding model. Its weights are part of the store's fingerprint.
        create: Make the folder and the catalog where they are absent.

    Raises:
        StoreMissing: There is no store, and none is to be made.
        StoreDamaged: The catalog cannot be read.
        StoreOutdated: It was made by another version.
        StoreUnwritable: The folder cannot be made.
    """

    def __init__(self, folder: Path, embedder: Embedder, *, create: bool = True) -> None:
        self.folder = folder
        self._embedder = embedder
        if not create and not (folder / "catalog.sqlite").exists():
            raise StoreMissing(f"There is no store in {folder} yet. `utblick ingest FOLDER --data {folder}` makes one.")
        try:
            folder.mkdir(parents=True, exist_ok=True)
        except OSError as error:
            raise StoreUnwritable(
                f"The data folder {folder} cannot be made: {error}. Name another with --data."
            ) from error
        self.fingerprint = f"{embedder.fingerprint}/chunker-{CHUNKER_VERSION}"
        self.catalog = Catalog(folder / "catalog.sqlite")
        self.index = VectorIndex(folder / "chroma", self.catalog)
        self.backend: SearchBackend = LocalBackend(self.catalog, self.index)

    def close(self) -> None:
        """Let go of the folder; waits for the vector index where that is being mended."""
        self.index.close()
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
            StoreUnwritable: The folder can only be read.
        """
        with write_lock(self.folder, wait_seconds):
            if check:
                self.check_fingerprint()
            state = self.catalog.state
            yield
            if state == self.catalog.state and self.index.is_said_to_be_in_step():
                return
            self.catalog.make_durable()
            try:
                self.index.bring_in_step()
            except IndexUnavailable as error:
                # What was asked for is stored; searching does without until the next attempt.
                _log.warning("%s", error)

    def replace(
        self,
        document: Document,
        root: str,
        location: str,
        stated: Sequence[Fact] = (),
        aliases: Sequence[Alias] = (),
    ) -> int:
        """Chunk, embed and store a document in one transaction. To be called while `writing`.

        Passages that were embedded before, in this or another document, are not embedded again.

        Args:
            document: With the facts that were read.
            root: Folder that was ingested.
            location: Absolute path or address.
            stated: Facts that someone stated about it.
            aliases: Files with the same content.

        Returns:
            The number of chunks.

        Raises:
            DuplicateContent: Another document has the same content.
            StoreUnwritable: Nothing was stored, such as on a full disk.
        """
        document = _storable(document)
        chunks = self._embedded(apply_facts(document, stated))
        self.backend.upsert(document, chunks, self.fingerprint, Source(root, location, stated, aliases))
        return len(chunks)

    def restate(self, document_id: str, stated: Sequence[Fact]) -> None:
        """Replace what someone stated about a document; what was read from it stays. To be called while `writing`.

        Raises:
            UnknownDocument: No document has this identifier.
        """
        document = self.catalog.read_document(document_id)
        file = next(file for file in self.catalog.files() if file.id == document_id)
        self.replace(document, file.root, file.location, stated)

    def remove(self, document_id: str) -> None:
        """Remove a document. To be called while `writing`.

        Raises:
            UnknownDocument: No document has this identifier.
        """
        self.backend.delete(document_id)

    def rebuild(self, progress: Callable[[str], None] = lambda _: None) -> int:
        """Chunk and embed every stored document again, with the present model, and swap the result in when complete.

        Documents are not read anew; what is shown of them stays the same. Until the swap, others search with the
        former model; a rebuild that was interrupted goes on where it was. To be called while `writing(check=False)`.

        Args:
            progress: Called with the identifier of each document.

        Returns:
            The number of documents.
        """
        documents = [record.id for record in self.catalog.records()]
        for document_id in documents:
            progress(document_id)
            texts = self._texts(self.catalog.document(document_id))
            self._stage(texts, self.catalog.embedded([text.digest for text in texts], self.fingerprint))
        self.backend.publish(self.fingerprint, ((document_id, self._staged(document_id)) for document_id in documents))
        self.catalog.clear_staged()
        return len(documents)

    def _staged(self, document_id: str) -> list[EmbeddedChunk]:
        texts = self._texts(self.catalog.document(document_id))
        return _joined(texts, self.catalog.embedded([text.digest for text in texts], self.fingerprint))

    def _stage(self, texts: Sequence["_Text"], staged: Mapping[bytes, NDArray[np.float32]]) -> None:
        new = {text.digest: text.embedded for text in texts if text.digest not in staged}
        if new:
            vectors = self._embedder.embed_array(list(new.values()), kind="passage")
            self.catalog.stage(self.fingerprint, list(zip(new, vectors, strict=True)))

    def _embedded(self, document: Document) -> list[EmbeddedChunk]:
        texts = self._texts(document)
        known = self.catalog.embedded([text.digest for text in texts])
        new = {text.digest: text.embedded for text in texts if text.digest not in known}
        if new:
            vectors = self._embedder.embed_array(list(new.values()), kind="passage")
            known |= dict(zip(new, vectors, strict=True))
        return _joined(texts, known)

    def _texts(self, document: Document) -> list["_Text"]:
        """The chunks of a document as they are embedded, sized by what the embedding model reads."""
        (around,) = self._embedder.token_counts([""])

        def count(texts: Sequence[str]) -> list[int]:
            return [tokens - around for tokens in self._embedder.token_counts(texts)]

        limit = self._embedder.max_tokens - around
        title = document.title
        return [
            _Text(chunk, text, hashlib.sha256(text.encode("utf-8", "surrogatepass")).digest()[:16])
            for chunk in chunk_document(document, count, min(TARGET_TOKENS, limit), limit)
            if (text := chunk.embedded_text(title))
        ]

    # Reading

    def candidates(
        self,
        question: str,
        terms: Sequence[tuple[str, ...]],
        top_k: int,
        limits: Filter,
        also: Sequence[tuple[Filter, int]] = (),
    ) -> list[Candidate]:
        """What the dense and the lexical half find, each chunk with both scores, all from one state of the catalog.

        Args:
            question: The standalone question.
            terms: Its terms, as `query_terms` gives them.
            top_k: How many each half gives.
            limits: Documents to search in.
            also: Narrower limits from which a number of candidates is wanted whatever else is found.

        Returns:
            Up to twice `top_k` candidates, and twice those asked for `also`; in no particular order.

        Raises:
            FingerprintMismatch: The store was built with another model or chunker.
        """
        self.check_fingerprint()
        (vector,) = self._embedder.embed_array([self.backend.spelled(question)], kind="query")
        query = Query(question, terms, vector, self.fingerprint)
        found: dict[str, Candidate] = {}
        with self.catalog.reading():
            for within, count in ((limits, top_k), *also):
                found |= {candidate.chunk.id: candidate for candidate in self.backend.query(query, count, within)}
        return list(found.values())

    def embed(self, texts: Sequence[str], kind: Literal["query", "passage"]) -> NDArray[np.float32]:
        """Embed texts with the store's model, as `query` or `passage`."""
        return self._embedder.embed_array(texts, kind=kind)

    def check_fingerprint(self) -> None:
        """Compare the store's embedding model and chunker with the present ones.

        Raises:
            FingerprintMismatch: They differ.
        """
        stored = self.backend.fingerprint
        if stored not in (None, self.fingerprint):
            raise FingerprintMismatch.between(self.folder, stored, self.fingerprint)


def _storable(document: Document) -> Document:
    """Without lone surrogates, which broken fonts yield, and NUL: SQLite takes neither. Offsets stay as they are."""
    if not _UNSTORABLE.search(document.text + "".join(fact.value for fact in document.facts)):
        return document
    facts = tuple(replace(fact, value=_UNSTORABLE.sub("\ufffd", fact.value)) for fact in document.facts)
    return replace(document, text=_UNSTORABLE.sub("\ufffd", document.text), facts=facts)


@dataclass(frozen=True, slots=True)
class _Text:
    """A chunk with the text that is embedded for it, and that text's digest."""

    chunk: Chunk
    embedded: str
    digest: bytes


def _joined(texts: Sequence[_Text], vectors: Mapping[bytes, NDArray[np.float32]]) -> list[EmbeddedChunk]:
    return [EmbeddedChunk(text.chunk, text.digest, vectors[text.digest]) for text in texts]
