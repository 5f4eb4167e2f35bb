"""The catalog: one SQLite file that holds documents, pages, chunks, vectors and the lexical index. It is the truth."""

import json
import sqlite3
import threading
from collections.abc import Iterable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from ingest.chunk import Chunk
from ingest.document import Block, BlockKind, Document, Fact, Field, Page
from vectorstore.errors import StoreDamaged, UnknownDocument
from vectorstore.lexical import SCHEMA as LEXICAL_SCHEMA
from vectorstore.lexical import LexicalIndex
from vectorstore.types import DocumentRecord, Filter

SCHEMA_VERSION = "1"

_SCHEMA = """
CREATE TABLE IF NOT EXISTS meta (key TEXT PRIMARY KEY, value TEXT NOT NULL) STRICT, WITHOUT ROWID;
CREATE TABLE IF NOT EXISTS document (
    number INTEGER PRIMARY KEY, id TEXT NOT NULL UNIQUE, root TEXT NOT NULL, location TEXT NOT NULL,
    format TEXT NOT NULL, content_hash TEXT NOT NULL UNIQUE, language TEXT, text TEXT NOT NULL, ingested_at TEXT NOT NULL
) STRICT;
CREATE TABLE IF NOT EXISTS alias (
    root TEXT NOT NULL, location TEXT NOT NULL, id TEXT NOT NULL,
    document INTEGER NOT NULL REFERENCES document ON DELETE CASCADE, PRIMARY KEY (location)
) STRICT, WITHOUT ROWID;
CREATE TABLE IF NOT EXISTS page (
    document INTEGER NOT NULL REFERENCES document ON DELETE CASCADE, number INTEGER NOT NULL,
    start INTEGER NOT NULL, "end" INTEGER NOT NULL, label TEXT, PRIMARY KEY (document, number)
) STRICT, WITHOUT ROWID;
CREATE TABLE IF NOT EXISTS block (
    document INTEGER NOT NULL REFERENCES document ON DELETE CASCADE, ordinal INTEGER NOT NULL, kind TEXT NOT NULL,
    start INTEGER NOT NULL, "end" INTEGER NOT NULL, level INTEGER NOT NULL, lead_in INTEGER, PRIMARY KEY (document, ordinal)
) STRICT, WITHOUT ROWID;
CREATE TABLE IF NOT EXISTS fact (
    document INTEGER NOT NULL REFERENCES document ON DELETE CASCADE, field TEXT NOT NULL, value TEXT NOT NULL,
    start INTEGER, "end" INTEGER, origin TEXT NOT NULL, PRIMARY KEY (document, field)
) STRICT, WITHOUT ROWID;
CREATE TABLE IF NOT EXISTS chunk (
    number INTEGER PRIMARY KEY, id TEXT NOT NULL UNIQUE, document INTEGER NOT NULL REFERENCES document ON DELETE CASCADE,
    ordinal INTEGER NOT NULL, start INTEGER NOT NULL, "end" INTEGER NOT NULL, first_page INTEGER NOT NULL,
    last_page INTEGER NOT NULL, headings TEXT NOT NULL, lead_in TEXT NOT NULL, vector BLOB NOT NULL
) STRICT;
CREATE INDEX IF NOT EXISTS chunk_document ON chunk (document);
"""


@dataclass(frozen=True, slots=True)
class FileRecord:
    """A file that the catalog knows, under its own name or as a copy of another.

    Attributes:
        id: The document's identifier for this file.
        root: Folder that was ingested.
        location: Absolute path or address.
        content_hash: SHA-256 of its bytes.
        is_alias: Whether the same content is stored under another name.
    """

    id: str
    root: str
    location: str
    content_hash: str
    is_alias: bool


class Catalog:
    """The SQLite file of a store. Each thread has a connection of its own; any number of processes may read.

    Args:
        path: The database file; created with its schema when absent.

    Raises:
        StoreDamaged: The file is not a catalog, is damaged, or cannot be opened.
    """

    def __init__(self, path: Path) -> None:
        self.path = path
        self._local = threading.local()
        self.lexical = LexicalIndex(lambda: self._connection)
        try:
            self._connection.executescript(_SCHEMA + LEXICAL_SCHEMA)
            if self.meta("schema") is None:
                self.set_meta("schema", SCHEMA_VERSION)
        except sqlite3.Error as error:
            raise StoreDamaged(
                f"The catalog {path} cannot be opened: {error}. Check that the disk is writable and not full; "
                "if the file itself is damaged, move the data folder away and ingest again."
            ) from error

    @property
    def _connection(self) -> sqlite3.Connection:
        """This thread's connection."""
        connection: sqlite3.Connection | None = getattr(self._local, "connection", None)
        if connection is None:
            connection = sqlite3.connect(self.path, timeout=30, isolation_level=None, check_same_thread=False)
            connection.execute("PRAGMA journal_mode = WAL")
            connection.execute("PRAGMA synchronous = NORMAL")
            connection.execute("PRAGMA foreign_keys = ON")
            self._local.connection = connection
        return connection

    def close(self) -> None:
        """Close this thread's connection; those of other threads close with their threads."""
        self._connection.close()
        del self._local.connection

    @contextmanager
    def transaction(self) -> Iterator[None]:
        """A write transaction: all of its changes are stored, or none. Raises the change counter.

        Raises:
            StoreDamaged: The database refused a change, such as on a full disk; nothing was stored.
        """
        try:
            self._connection.execute("BEGIN IMMEDIATE")
            try:
                yield
                self.set_meta("change", str(self.change + 1))
                self._connection.execute("COMMIT")
            except BaseException:
                if self._connection.in_transaction:
                    self._connection.execute("ROLLBACK")
                raise
        except sqlite3.Error as error:
            raise StoreDamaged(
                f"The catalog {self.path} refused a change: {error}. Nothing of it was stored. "
                "Free disk space or check the permissions, then run the command again."
            ) from error

    def meta(self, key: str) -> str | None:
        """A setting kept with the data, or None."""
        row = self._connection.execute("SELECT value FROM meta WHERE key = ?", (key,)).fetchone()
        return None if row is None else str(row[0])

    def set_meta(self, key: str, value: str) -> None:
        """Store a setting with the data."""
        self._connection.execute(
            "INSERT INTO meta VALUES (?, ?) ON CONFLICT (key) DO UPDATE SET value = excluded.value", (key, value)
        )

    @property
    def change(self) -> int:
        """Counts write transactions; a reader that sees it move knows that its copies are old."""
        return int(self.meta("change") or 0)

    # Writing

    def upsert(
        self, document: Document, root: str, location: str, chunks: Sequence[Chunk], vectors: NDArray[np.float32]
    ) -> None:
        """Store a document in place of what stood under its identifier or content. To be called in a transaction.

        Args:
            document: The document.
            root: Folder that was ingested.
            location: Absolute path or address.
            chunks: Its chunks.
            vectors: Their embeddings, shape (chunks, dimension).
        """
        for stale in self._connection.execute(
            "SELECT id FROM document WHERE id = ? OR content_hash = ?", (document.id, document.content_hash)
        ).fetchall():
            self.delete(stale[0])
        run, many = self._connection.execute, self._connection.executemany
        language = document.fact(Field.LANGUAGE)
        number = run(
            "INSERT INTO document (id, root, location, format, content_hash, language, text, ingested_at) "
            "VALUES (?, ?, ?, ?, ?, ?, ?, ?)",
            (document.id, root, location, document.format, document.content_hash, language, document.text, _now()),
        ).lastrowid
        many(
            "INSERT INTO page VALUES (?, ?, ?, ?, ?)",
            [(number, page.number, page.start, page.end, page.label) for page in document.pages],
        )
        many(
            "INSERT INTO block VALUES (?, ?, ?, ?, ?, ?, ?)",
            [
                (number, ordinal, block.kind.value, block.start, block.end, block.level, block.lead_in)
                for ordinal, block in enumerate(document.blocks)
            ],
        )
        many(
            "INSERT INTO fact VALUES (?, ?, ?, ?, ?, ?)",
            [(number, fact.field.value, fact.value, fact.start, fact.end, fact.origin) for fact in document.facts],
        )
        organisation = document.fact(Field.ORGANISATION) or ""
        for chunk, vector in zip(chunks, vectors, strict=True):
            row = run(
                'INSERT INTO chunk (id, document, ordinal, start, "end", first_page, last_page, headings, lead_in, vector) '
                "VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?)",
                (
                    chunk.id, number, chunk.ordinal, chunk.start, chunk.end, chunk.first_page, chunk.last_page,
                    json.dumps(chunk.headings, ensure_ascii=False), chunk.lead_in, vector.astype(np.float16).tobytes(),
                ),
            ).lastrowid  # fmt: skip
            context = " ".join((document.title, organisation, *chunk.headings, chunk.lead_in))
            self.lexical.upsert(int(row or 0), chunk.text, context, language)

    def delete(self, document_id: str) -> None:
        """Remove a document with all that belongs to it. To be called in a transaction.

        Raises:
            UnknownDocument: No document has this identifier.
        """
        number = self._number(document_id)
        self.lexical.delete_document(number)
        self._connection.execute("DELETE FROM document WHERE number = ?", (number,))

    def rename(self, document_id: str, new_id: str, location: str, root: str) -> None:
        """Give a document another name and place; its text, chunks and vectors stay. To be called in a transaction."""
        self._connection.execute(
            "UPDATE document SET id = ?, location = ?, root = ? WHERE number = ?",
            (new_id, location, root, self._number(document_id)),
        )

    def add_alias(self, content_hash: str, alias_id: str, root: str, location: str) -> None:
        """Record that a file has the content of a stored document. To be called in a transaction."""
        self._connection.execute(
            "INSERT OR REPLACE INTO alias SELECT ?, ?, ?, number FROM document WHERE content_hash = ?",
            (root, location, alias_id, content_hash),
        )

    def delete_alias(self, location: str) -> None:
        """Forget a file that was a copy of a stored document. To be called in a transaction."""
        self._connection.execute("DELETE FROM alias WHERE location = ?", (location,))

    # Reading

    def files(self) -> list[FileRecord]:
        """Every file that the catalog knows."""
        rows = self._connection.execute(
            "SELECT id, root, location, content_hash, 0 FROM document UNION ALL "
            "SELECT alias.id, alias.root, alias.location, content_hash, 1 FROM alias "
            "JOIN document ON document.number = alias.document ORDER BY 1"
        )
        return [FileRecord(*row[:4], bool(row[4])) for row in rows]

    def document(self, document_id: str) -> Document:
        """A stored document, as it was when it was read.

        Raises:
            UnknownDocument: No document has this identifier.
        """
        number = self._number(document_id)
        run = self._connection.execute
        format_, content_hash, text = run(
            "SELECT format, content_hash, text FROM document WHERE number = ?", (number,)
        ).fetchone()
        pages = run('SELECT number, start, "end", label FROM page WHERE document = ? ORDER BY number', (number,))
        blocks = run(
            'SELECT kind, start, "end", level, lead_in FROM block WHERE document = ? ORDER BY ordinal', (number,)
        )
        return Document(
            document_id,
            format_,
            content_hash,
            text,
            tuple(Page(*row) for row in pages),
            tuple(Block(BlockKind(row[0]), *row[1:]) for row in blocks),
            self._facts(number),
        )

    def records(self) -> list[DocumentRecord]:
        """All documents, by identifier."""
        rows = self._connection.execute(
            "SELECT number, id, format, location, language, ingested_at, "
            "(SELECT count(*) FROM chunk WHERE document = number) FROM document ORDER BY id"
        ).fetchall()
        records: list[DocumentRecord] = []
        for number, document_id, format_, location, language, ingested_at, chunks in rows:
            facts = self._facts(number)
            known = {fact.field: fact.value for fact in facts}
            labels = self._connection.execute("SELECT label FROM page WHERE document = ? ORDER BY number", (number,))
            page_labels = tuple(row[0] for row in labels)
            records.append(
                DocumentRecord(
                    id=document_id,
                    title=known.get(Field.TITLE, document_id),
                    organisation=known.get(Field.ORGANISATION),
                    document_type=known.get(Field.DOCUMENT_TYPE),
                    period=known.get(Field.PERIOD),
                    language=language,
                    format=format_,
                    location=location,
                    pages=len(page_labels),
                    chunks=chunks,
                    ingested_at=ingested_at,
                    facts=facts,
                    labels=page_labels,
                )
            )
        return records

    def languages(self) -> dict[str, str | None]:
        """The language of each document, by identifier."""
        return dict(self._connection.execute("SELECT id, language FROM document").fetchall())

    def page_text(self, document_id: str, page: int) -> str:
        """The stored text of a page, counted from 1.

        Raises:
            UnknownDocument: No such document, or it has no such page.
        """
        row = self._connection.execute(
            'SELECT substr(text, page.start + 1, page."end" - page.start) FROM document '
            "JOIN page ON page.document = document.number WHERE id = ? AND page.number = ?",
            (document_id, page),
        ).fetchone()
        if row is None:
            self._number(document_id)
            raise UnknownDocument(f"{document_id} has no page {page}.")
        return str(row[0])

    def chunk_ids(self) -> list[str]:
        """Identifiers of all chunks."""
        return [row[0] for row in self._connection.execute("SELECT id FROM chunk ORDER BY number")]

    def count_chunks(self) -> int:
        """How many chunks there are."""
        return int(self._connection.execute("SELECT count(*) FROM chunk").fetchone()[0])

    def count_terms(self) -> int:
        """How many chunks the lexical index holds."""
        return self.lexical.count()

    def integrity(self) -> str | None:
        """What SQLite's own check finds wrong with the file, or None."""
        try:
            found = str(self._connection.execute("PRAGMA integrity_check").fetchone()[0])
        except sqlite3.Error as error:
            return f"The catalog {self.path} is damaged: {error}."
        return None if found == "ok" else f"The catalog {self.path} is damaged: {found}."

    def vectors(self, ids: Iterable[str]) -> Iterator[tuple[str, int, NDArray[np.float32]]]:
        """Identifier, number of the document, and vector of each chunk of `ids` that exists."""
        for chunk_id in ids:
            row = self._connection.execute("SELECT document, vector FROM chunk WHERE id = ?", (chunk_id,)).fetchone()
            if row is not None:
                yield chunk_id, row[0], np.frombuffer(row[1], dtype=np.float16).astype(np.float32)

    def chunks(self, ids: Sequence[str]) -> dict[str, Chunk]:
        """The chunks with these identifiers; unknown ones are left out."""
        found: dict[str, Chunk] = {}
        for chunk_id in ids:
            row = self._connection.execute(
                "SELECT document.id, chunk.ordinal, substr(text, start + 1, \"end\" - start), start, \"end\", "
                "first_page, last_page, headings, lead_in FROM chunk "
                "JOIN document ON document.number = chunk.document WHERE chunk.id = ?",
                (chunk_id,),
            ).fetchone()  # fmt: skip
            if row is not None:
                headings = tuple(json.loads(row[7]))
                found[chunk_id] = Chunk(chunk_id, *row[:7], headings, row[8])
        return found

    def numbers(self, limits: Filter) -> list[int] | None:
        """Numbers of the documents that pass a filter; None when it does not limit."""
        if limits == Filter():
            return None
        organisations = {name.casefold() for name in limits.organisations}
        passing: list[int] = []
        for record in self.records():
            if limits.documents and record.id not in limits.documents:
                continue
            if organisations and (record.organisation or "").casefold() not in organisations:
                continue
            if limits.years and not any(covers_year(record.period, year) for year in limits.years):
                continue
            passing.append(self._number(record.id))
        return passing

    def query_lexical(
        self, terms: Sequence[tuple[str, ...]], top_k: int, numbers: Sequence[int] | None
    ) -> list[tuple[str, float]]:
        """The chunks that match best; see `LexicalIndex.query`."""
        return self.lexical.query(terms, top_k, numbers)

    def idf(self, alternatives: tuple[str, ...]) -> float:
        """Inverse document frequency of a term over chunks; see `LexicalIndex.idf`."""
        return self.lexical.idf(alternatives)

    def _facts(self, number: int) -> tuple[Fact, ...]:
        rows = self._connection.execute(
            'SELECT field, value, start, "end", origin FROM fact WHERE document = ? ORDER BY field', (number,)
        )
        return tuple(Fact(Field(row[0]), *row[1:]) for row in rows)

    def _number(self, document_id: str) -> int:
        row = self._connection.execute("SELECT number FROM document WHERE id = ?", (document_id,)).fetchone()
        if row is None:
            raise UnknownDocument(f"No document {document_id!r} is in the store. `utblick documents` lists them.")
        return int(row[0])


def covers_year(period: str | None, year: int) -> bool:
    """Whether a period such as `2021` or `2021-2027` covers a year."""
    if not period:
        return False
    first, _, last = period.partition("-")
    return first.isdigit() and int(first) <= year <= int(last if last.isdigit() else first)


def _now() -> str:
    return datetime.now(UTC).isoformat(timespec="seconds")
