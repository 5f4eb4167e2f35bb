"""The search backend of one machine: catalog and vector index."""

from collections.abc import Iterable, Sequence

from ingest.document import Document
from vectorstore.backend import Candidate, Query, Source
from vectorstore.catalog import Catalog
from vectorstore.change import EmbeddedChunk
from vectorstore.errors import FingerprintMismatch, GenerationIncomplete
from vectorstore.nearest import VectorIndex
from vectorstore.types import Filter


class LocalBackend:
    """Keeps chunks in the catalog, each change in one transaction; implements `SearchBackend`.

    The vector index follows the catalog by itself, so nothing here waits for it.

    Args:
        catalog: The truth.
        index: The vectors for search.
    """

    def __init__(self, catalog: Catalog, index: VectorIndex) -> None:
        self._catalog = catalog
        self._index = index

    @property
    def fingerprint(self) -> str | None:
        """See `SearchBackend.fingerprint`."""
        with self._catalog.reading():
            return self._catalog.meta("fingerprint") if self._catalog.count_chunks() else None

    def upsert(self, document: Document, chunks: Sequence[EmbeddedChunk], fingerprint: str, source: Source) -> None:
        """See `SearchBackend.upsert`."""
        with self._catalog.transaction() as change:
            self._check(fingerprint)
            change.set_meta("fingerprint", fingerprint)
            change.upsert(document, source.root, source.location, chunks, source.stated, source.aliases)

    def delete(self, document_id: str) -> None:
        """See `SearchBackend.delete`."""
        with self._catalog.transaction() as change:
            change.delete(document_id)

    def publish(self, fingerprint: str, generation: Iterable[tuple[str, Sequence[EmbeddedChunk]]]) -> None:
        """See `SearchBackend.publish`."""
        with self._catalog.transaction() as change:
            missing = {file.document for file in self._catalog.files()}
            for document_id, chunks in generation:
                change.replace_chunks(document_id, chunks)
                missing.discard(document_id)
            if missing:
                named = ", ".join(sorted(missing)[:5])
                raise GenerationIncomplete(
                    f"The new chunks leave out {len(missing)} documents ({named}); nothing was changed. Run "
                    "`utblick ingest --rebuild` again."
                )
            change.set_meta("fingerprint", fingerprint)

    def spelled(self, question: str) -> str:
        """See `SearchBackend.spelled`."""
        with self._catalog.reading():
            return self._catalog.lexical.respell(question)

    def query(self, query: Query, top_k: int, limits: Filter) -> list[Candidate]:
        """See `SearchBackend.query`."""
        lexical_index = self._catalog.lexical
        with self._catalog.reading():
            self._check(query.fingerprint)
            numbers = self._catalog.numbers(limits)
            asked = lexical_index.prepare(query.question, query.terms)
            ids = [chunk_id for chunk_id, _ in self._index.query(query.vector, top_k, numbers)]
            ids += [chunk_id for chunk_id in lexical_index.find(asked, top_k, numbers) if chunk_id not in ids]
            lexical = lexical_index.score(asked, ids)
            found = self._catalog.find(ids)
        return [
            Candidate(entry.chunk, entry.language, float(entry.vector @ query.vector), lexical.get(chunk_id, 0.0))
            for chunk_id, entry in found.items()
        ]

    def _check(self, fingerprint: str) -> None:
        stored = self._catalog.meta("fingerprint")
        if stored not in (None, fingerprint) and self._catalog.count_chunks():
            raise FingerprintMismatch.between(self._catalog.path.parent, stored, fingerprint)
