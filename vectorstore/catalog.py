"""The catalog: one SQLite file that holds documents, pages, chunks, vectors and the lexical index. It is the truth."""

import hashlib
import json
import re
import secrets
import sqlite3
from collections.abc import Iterator, Sequence
from contextlib import AbstractContextManager, contextmanager
from dataclasses import dataclass, replace
from itertools import groupby
from pathlib import Path
from statistics import fmean
from typing import Any, TypeAlias

import numpy as np
from numpy.typing import NDArray

from ingest.chunk import Chunk
from ingest.document import Block, BlockKind, Document, Fact, Field, Page
from ingest.fetch import Source
from vectorstore.change import Change, Failure
from vectorstore.database import Database
from vectorstore.errors import StoreDamaged, StoreOutdated, StoreUnwritable, UnknownDocument
from vectorstore.lexical import SCHEMA as LEXICAL_SCHEMA
from vectorstore.lexical import LexicalIndex
from vectorstore.schema import MIGRATIONS, SCHEMA, SCHEMA_VERSION
from vectorstore.types import DocumentRecord, Filter

_AT_ONCE = 500
_VECTORS_AT_ONCE = 5000
_Key: TypeAlias = tuple[int, int, str, str]
_LEXICAL_VERSION = hashlib.sha256(LEXICAL_SCHEMA.encode()).hexdigest()[:16]


@dataclass(frozen=True, slots=True)
class FileRecord:
    """A file that the catalog knows, under its own name or as a copy of another.

    Attributes:
        id: The document's identifier for this file.
        root: Folder that was ingested; empty for a web page.
        location: Absolute path or address.
        content_hash: SHA-256 of its bytes.
        is_alias: Whether the same content is stored under another name.
        document: Identifier of the document that holds the content; `id` itself where it is no alias.
        moved: Whether the document was read at another place, so that what its name tells may have changed.
    """

    id: str
    root: str
    location: str
    content_hash: str
    is_alias: bool
    document: str
    moved: bool = False


@dataclass(frozen=True, slots=True)
class Found:
    """A chunk as a search finds it.

    Attributes:
        chunk: The passage.
        language: Its document's, ISO 639-1.
        vector: Its embedding, shape (dimension,).
    """

    chunk: Chunk
    language: str | None
    vector: NDArray[np.float32]


class Catalog:
    """The SQLite file of a store. Each thread has a connection of its own; any number of processes may read.

    Args:
        path: The database file; created with its tables when absent.

    Raises:
        StoreDamaged: The file is not a catalog, is damaged, or cannot be opened.
        StoreOutdated: It was made by another version.
        StoreUnwritable: It is absent and cannot be made.
    """

    def __init__(self, path: Path) -> None:
        self.path = path
        self._database = Database(path)
        self.lexical = LexicalIndex(lambda: self._database.connection)
        self._listed: tuple[str, dict[_Key, tuple[int, DocumentRecord]]] = ("", {})
        if self._schema() is None:
            made = f"('schema', '{SCHEMA_VERSION}'), ('lexical', '{_LEXICAL_VERSION}')"
            self._database.create(f"{SCHEMA}{LEXICAL_SCHEMA} INSERT OR IGNORE INTO meta VALUES {made};")
        self._migrate()
        if (version := self._schema()) != SCHEMA_VERSION:
            raise StoreOutdated(
                f"The store in {path.parent} was made by another version of Utblick (tables {version}, this one has "
                f"{SCHEMA_VERSION}). Move the folder away, or name another with --data, and ingest again."
            )

        if self.meta("lexical") != _LEXICAL_VERSION:
            self.rebuild_lexical()

    def _migrate(self) -> None:
        """Bring the tables of a former version up to date; another process may be at it, too."""
        while (version := self._schema()) in MIGRATIONS:
            self._database.migrate(version, str(int(version) + 1), MIGRATIONS[version])

    @property
    def read_only(self) -> bool:
        """Whether the file can only be read."""
        return self._database.read_only

    def close(self) -> None:
        """Close the connections of all threads."""
        self._database.close()

    def reading(self) -> AbstractContextManager[sqlite3.Connection]:
        """One snapshot: all that is read within belongs together, whatever is written meanwhile. May be nested."""
        return self._database.reading()

    @contextmanager
    def transaction(self) -> Iterator[Change]:
        """A write transaction: all of its changes are stored, or none.

        Raises:
            StoreUnwritable: The disk is full or the file may not be written; nothing was stored.
            StoreLocked: Another process held the file for too long.
        """
        with self._database.writing() as connection:
            change = Change(connection, self.lexical)
            change.set_meta("state", secrets.token_hex(16))
            yield change

    def stage(self, fingerprint: str, vectors: Sequence[tuple[bytes, NDArray[np.float32]]]) -> None:
        """Keep vectors of a model that the store does not use yet, by digest of the embedded text."""
        with self._database.writing() as connection:
            connection.executemany(
                "INSERT OR REPLACE INTO staged VALUES (?, ?, ?)",
                [(digest, fingerprint, vector.astype(np.float16).tobytes()) for digest, vector in vectors],
            )

    def web_pages(self) -> dict[str, tuple[str, Source]]:
        """Of each web page that was read, by its location: the hash of what was read, and where it came from."""
        with self.reading() as connection:
            rows = connection.execute("SELECT * FROM web_page").fetchall()
        return {location: (content_hash, Source(*source)) for location, content_hash, *source in rows}

    def keep_web_page(self, location: str, content_hash: str, source: Source) -> None:
        """Keep where a web page came from, and by what its state is recognised. Of pages that went it is forgotten."""
        with self._database.writing() as connection:
            connection.execute(
                "INSERT OR REPLACE INTO web_page VALUES (?, ?, ?, ?, ?)",
                (location, content_hash, source.address, source.etag, source.last_modified),
            )
            connection.execute(
                "DELETE FROM web_page WHERE location NOT IN (SELECT location FROM document UNION ALL "
                "SELECT location FROM alias)"
            )

    def rebuild_lexical(self) -> None:
        """Make the lexical index anew from the chunks, where it is damaged or another version made it.

        All of it in one transaction: until it is done, others search with the former one.

        Raises:
            StoreUnwritable: The file may not be written.
        """
        if self.read_only:
            raise StoreUnwritable(
                f"The lexical index in {self.path.parent} has to be made anew, and the folder can only be read. Run "
                "`utblick doctor --repair` as someone who may write there."
            )
        tables = re.findall(r"TABLE IF NOT EXISTS (\w+)", LEXICAL_SCHEMA)
        dropped = [f"DROP TABLE IF EXISTS {table}" for table in reversed(tables)]
        with self.transaction() as change:
            for statement in (*dropped, *LEXICAL_SCHEMA.split(";")):
                self._database.connection.execute(statement)
            change.index_words()
            change.set_meta("lexical", _LEXICAL_VERSION)

    def clear_staged(self) -> None:
        """Drop the vectors that `stage` kept."""
        with self._database.writing() as connection:
            connection.execute("DELETE FROM staged")

    def make_durable(self) -> None:
        """Write what was stored to its final place on the disk."""
        self._database.make_durable()

    def meta(self, key: str) -> str | None:
        """A setting kept with the data, or None."""
        with self.reading() as connection:
            row = connection.execute("SELECT value FROM meta WHERE key = ?", (key,)).fetchone()
        return None if row is None else str(row[0])

    @property
    def state(self) -> str:
        """Names what is stored now; never the same again after a change, not even from a backup."""
        return self.meta("state") or ""

    def files(self) -> list[FileRecord]:
        """Every file that the catalog knows."""
        with self.reading() as connection:
            rows = connection.execute(
                "SELECT id, root, location, content_hash, 0, id, read_at <> location FROM document UNION ALL "
                "SELECT alias.id, alias.root, alias.location, content_hash, 1, document.id, 0 FROM alias "
                "JOIN document ON document.number = alias.document ORDER BY 1"
            ).fetchall()
        return [
            FileRecord(identifier, root, location, content_hash, bool(is_alias), document, bool(moved))
            for identifier, root, location, content_hash, is_alias, document, moved in rows
        ]

    def failures(self) -> list[Failure]:
        """Files that could not be read when they were last tried, by location."""
        with self.reading() as connection:
            rows = connection.execute(
                "SELECT location, root, content_hash, outcome, reason, circumstances FROM failure ORDER BY 1"
            ).fetchall()
        return [Failure(*row) for row in rows]

    def document(self, document_id: str) -> Document:
        """A stored document, as it was when it was read, with what has been stated about it.

        Raises:
            UnknownDocument: No document has this identifier.
        """
        with self.reading() as connection:
            row = connection.execute(
                "SELECT number, format, content_hash, text FROM document WHERE id = ?", (document_id,)
            ).fetchone()
            if row is None:
                raise UnknownDocument(f"No document {document_id!r} is in the store. `utblick documents` lists them.")
            number, format_, content_hash, text = row
            pages = connection.execute(
                'SELECT number, start, "end", label, read_by, confidence FROM page WHERE document = ? ORDER BY number',
                (number,),
            ).fetchall()
            blocks = connection.execute(
                'SELECT kind, start, "end", level, lead_in FROM block WHERE document = ? ORDER BY ordinal', (number,)
            ).fetchall()
            facts = self._facts([number]).get(number, ())
        return Document(
            document_id,
            format_,
            content_hash,
            text,
            tuple(Page(*row) for row in pages),
            tuple(Block(BlockKind(row[0]), *row[1:]) for row in blocks),
            facts,
        )

    def stated(self) -> dict[str, tuple[Fact, ...]]:
        """What has been stated about each document over what was read, by identifier; others are left out."""
        with self.reading() as connection:
            rows = connection.execute(
                "SELECT id, field, value, origin FROM fact JOIN document ON document.number = fact.document "
                "WHERE stated = 1 ORDER BY id, field"
            ).fetchall()
        facts: dict[str, tuple[Fact, ...]] = {}
        for document_id, field, value, origin in rows:
            facts[document_id] = (*facts.get(document_id, ()), Fact(Field(field), value, origin=origin))
        return facts

    def read_document(self, document_id: str) -> Document:
        """A stored document with the facts that were read from it alone.

        Raises:
            UnknownDocument: No document has this identifier.
        """
        with self.reading() as connection:
            document = self.document(document_id)
            rows = connection.execute(
                'SELECT field, value, start, "end", origin FROM fact '
                "JOIN document ON document.number = fact.document WHERE id = ? AND stated = 0 ORDER BY field",
                (document_id,),
            ).fetchall()
        return replace(document, facts=tuple(Fact(Field(row[0]), *row[1:]) for row in rows))

    def records(self) -> list[DocumentRecord]:
        """All documents, by identifier."""
        return [record for _, record in self._numbered()]

    def numbers(self, limits: Filter) -> list[int] | None:
        """Numbers of the documents that pass a filter; None when it does not limit."""
        if limits == Filter():
            return None
        return [number for number, record in self._numbered() if limits.passes(record)]

    def page(self, document_id: str, number: int) -> Page:
        """A page, counted from 1: its label, and by what it was read.

        Raises:
            UnknownDocument: No such document, or it has no such page.
        """
        pages = self.document(document_id).pages
        if not 1 <= number <= len(pages):
            raise UnknownDocument(f"{document_id} has no page {number}; it has {len(pages)}.")
        return pages[number - 1]

    def page_text(self, document_id: str, page: int) -> str:
        """The stored text of a page, counted from 1.

        Raises:
            UnknownDocument: No such document, or it has no such page.
        """
        with self.reading() as connection:
            row = connection.execute(
                'SELECT substr(text, page.start + 1, page."end" - page.start) FROM document '
                "JOIN page ON page.document = document.number WHERE id = ? AND page.number = ?",
                (document_id, page),
            ).fetchone()
            if row is not None:
                return str(row[0])
            pages = len(self.document(document_id).pages)
        raise UnknownDocument(f"{document_id} has no page {page}; it has {pages}.")

    def chunk_ids(self, numbers: Sequence[int] | None = None) -> list[str]:
        """Identifiers of all chunks, or those of documents with these numbers."""
        if numbers is None:
            return list(self.chunk_versions())
        with self.reading() as connection:
            rows = connection.execute(
                "SELECT chunk.id FROM json_each(?) JOIN chunk ON chunk.document = value", (json.dumps(list(numbers)),)
            )
            return [row[0] for row in rows]

    def chunk_versions(self) -> dict[str, int]:
        """Identifier of each chunk, with the version of its document: the vector changes with it."""
        with self.reading() as connection:
            versions = self.document_versions()
            rows = connection.execute("SELECT id, document FROM chunk ORDER BY number").fetchall()
        return {chunk_id: versions[number] for chunk_id, number in rows}

    def document_versions(self) -> dict[int, int]:
        """Number of each document, with its version."""
        with self.reading() as connection:
            return dict(connection.execute("SELECT number, version FROM document").fetchall())

    def versioned_vectors(self, ids: Sequence[str]) -> list[tuple[str, int, NDArray[np.float32]]]:
        """The chunks with these identifiers, each with its document's version and its vector; unknown ones left out."""
        with self.reading() as connection:
            versions = self.document_versions()
            rows = connection.execute(
                "SELECT chunk.id, document, vector FROM json_each(?) JOIN chunk ON chunk.id = value",
                (json.dumps(list(ids)),),
            ).fetchall()
        return [
            (chunk_id, versions[number], np.frombuffer(vector, np.float16).astype(np.float32))
            for chunk_id, number, vector in rows
        ]

    def vectors_of(self, numbers: Sequence[int]) -> Iterator[tuple[int, list[str], NDArray[np.float32]]]:
        """The vectors of documents with these numbers, a few thousand at a time.

        Yields:
            Number of a document, and identifiers and vectors of some of its chunks, shape (chunks, dimension). The
            parts of a document follow one another.
        """
        with self.reading() as connection:
            rows = connection.execute(
                "SELECT chunk.document, chunk.id, vector FROM json_each(?) JOIN chunk ON chunk.document = value",
                (json.dumps(list(numbers)),),
            )
            while some := rows.fetchmany(_VECTORS_AT_ONCE):
                for number, group in groupby(some, lambda row: int(row[0])):
                    ids, vectors = zip(*((row[1], row[2]) for row in group), strict=True)
                    matrix = np.frombuffer(b"".join(vectors), np.float16).astype(np.float32)
                    yield number, list(ids), matrix.reshape(len(ids), -1)

    def count_vectors(self, numbers: Sequence[int]) -> tuple[int, int]:
        """How many vectors documents with these numbers have, and how many numbers each vector."""
        with self.reading() as connection:
            count = connection.execute(
                "SELECT count(*) FROM json_each(?) JOIN chunk ON chunk.document = value", (json.dumps(list(numbers)),)
            ).fetchone()[0]
            row = connection.execute("SELECT length(vector) FROM chunk LIMIT 1").fetchone()
        return int(count), row[0] // np.dtype(np.float16).itemsize if row else 0

    def unusable_vectors(self) -> list[str]:
        """The document of each chunk whose vector is not of length 1, or has not as many numbers as most have."""
        wrong: list[str] = []
        with self.reading() as connection:
            size = connection.execute(
                "SELECT length(vector) FROM chunk GROUP BY 1 ORDER BY count(*) DESC LIMIT 1"
            ).fetchone()
            for document, vector in connection.execute(
                "SELECT document.id, vector FROM chunk JOIN document ON document.number = chunk.document"
            ):
                # Where a number is infinite or none at all, so is the length.
                if len(vector) != size[0] or len(vector) % 2 or not _is_unit(np.frombuffer(vector, np.float16)):
                    wrong.append(document)
        return wrong

    def count_chunks(self) -> int:
        """How many chunks there are."""
        with self.reading() as connection:
            return int(connection.execute("SELECT count(*) FROM chunk").fetchone()[0])

    def find(self, ids: Sequence[str]) -> dict[str, Found]:
        """The chunks with these identifiers, by identifier in the order asked; unknown ones are left out."""
        found: dict[str, Found] = {}
        with self.reading():
            for begin in range(0, len(ids), _AT_ONCE):
                some = ids[begin : begin + _AT_ONCE]
                found |= {entry.chunk.id: entry for entry in self._found(f"chunk.id IN ({_marks(some)})", some)}
        return {chunk_id: found[chunk_id] for chunk_id in ids if chunk_id in found}

    def chunks_of(self, document_id: str) -> list[Chunk]:
        """The chunks of a document in reading order; none where there is no such document."""
        return [entry.chunk for entry in self._found("document.id = ? ORDER BY ordinal", [document_id])]

    def _found(self, condition: str, arguments: Sequence[str]) -> list[Found]:
        with self.reading() as connection:
            rows = connection.execute(
                'SELECT chunk.id, document.id, ordinal, chunk.text, start, "end", first_page, last_page, headings, '
                "lead_in, language, vector FROM chunk JOIN document ON document.number = chunk.document "
                f"WHERE {condition}",
                arguments,
            ).fetchall()
        return [Found(_chunk(row), row[10], np.frombuffer(row[11], np.float16).astype(np.float32)) for row in rows]

    def chunks(self, ids: Sequence[str]) -> dict[str, Chunk]:
        """The chunks with these identifiers; unknown ones are left out."""
        return {chunk_id: entry.chunk for chunk_id, entry in self.find(ids).items()}

    def embedded(self, digests: Sequence[bytes], staged_for: str | None = None) -> dict[bytes, NDArray[np.float32]]:
        """Vectors of texts that have been embedded before.

        Args:
            digests: Of the embedded texts.
            staged_for: Look among the vectors kept for this fingerprint, not among those in use.
        """
        table, arguments = "chunk WHERE", list[str]()
        if staged_for is not None:
            table, arguments = "staged WHERE fingerprint = ? AND", [staged_for]
        found: dict[bytes, NDArray[np.float32]] = {}
        with self.reading() as connection:
            for begin in range(0, len(digests), _AT_ONCE):
                some = digests[begin : begin + _AT_ONCE]
                rows = connection.execute(
                    f"SELECT embedded, vector FROM {table} embedded IN ({_marks(some)})", [*arguments, *some]
                )
                found |= {row[0]: np.frombuffer(row[1], np.float16).astype(np.float32) for row in rows}
        return found

    def idf(self, alternatives: tuple[str, ...]) -> float:
        """Inverse document frequency of a term over chunks; see `LexicalIndex.idf`."""
        with self.reading():
            return self.lexical.idf(alternatives)

    def integrity(self) -> str | None:
        """What SQLite's own check finds wrong with the file, or None."""
        try:
            with self.reading() as connection:
                rows = [str(row[0]) for row in connection.execute("PRAGMA integrity_check(10)")]
        except StoreDamaged as error:
            return str(error)
        # The full text is derived: newer versions of SQLite check it here, `lexical_integrity` in all.
        found = [row for row in rows if row != "ok" and "FTS5" not in row]
        return f"The catalog {self.path} is damaged: {found[0]}." if found else None

    def lexical_integrity(self) -> str | None:
        """What is wrong within the lexical index: words that do not lead to the passages that hold them, or None.

        SQLite does not let this be looked at where the file can only be read; then nothing is found.
        """
        if self.read_only:
            return None
        try:
            with self._database.writing() as connection:
                connection.execute("INSERT INTO terms (terms) VALUES ('integrity-check')")
        except StoreDamaged as error:
            return str(error.__cause__)
        return None

    def _schema(self) -> str | None:
        """Version of the tables; None where there are none yet."""
        with self.reading() as connection:
            if connection.execute("SELECT count(*) FROM sqlite_master").fetchone()[0] == 0:
                return None
            if connection.execute("SELECT 1 FROM sqlite_master WHERE name = 'meta'").fetchone() is None:
                raise StoreDamaged(f"{self.path} is no catalog of Utblick. Name another folder with --data.")
            return self.meta("schema")

    def _numbered(self) -> list[tuple[int, DocumentRecord]]:
        """All documents with their numbers, by identifier; only those that changed are read again."""
        with self.reading() as connection:
            state, listed = self._listed
            if state and state == self.state:
                return list(listed.values())
            keys = connection.execute("SELECT number, version, id, location FROM document ORDER BY id").fetchall()
            read = self._records([key[0] for key in keys if key not in listed])
            listed = {key: listed[key] if key in listed else (key[0], read[key[0]]) for key in keys}
            self._listed = (self.state, listed)
            return list(listed.values())

    def _records(self, numbers: Sequence[int]) -> dict[int, DocumentRecord]:
        """The documents with these numbers."""
        with self.reading() as connection:
            wanted = json.dumps(numbers)
            rows = connection.execute(
                "SELECT number, document.id, format, location, language, ingested_at, "
                "(SELECT count(*) FROM chunk WHERE chunk.document = document.number) "
                "FROM json_each(?) JOIN document ON number = value",
                (wanted,),
            ).fetchall()
            facts = self._facts(numbers)
            pages: dict[int, list[Page]] = {}
            for document, *page in connection.execute(
                'SELECT document, number, start, "end", label, read_by, confidence '
                "FROM json_each(?) JOIN page ON document = value ORDER BY document, number",
                (wanted,),
            ):
                pages.setdefault(document, []).append(Page(*page))
            return {row[0]: _record(row, facts.get(row[0], ()), pages.get(row[0], [])) for row in rows}

    def _facts(self, numbers: Sequence[int]) -> dict[int, tuple[Fact, ...]]:
        """Facts of documents by their numbers: stated before read, without those taken away."""
        with self.reading() as connection:
            rows = connection.execute(
                'SELECT document, field, fact.value, start, "end", origin FROM json_each(?) AS wanted '
                "JOIN fact ON document = wanted.value ORDER BY document, stated",
                (json.dumps(numbers),),
            ).fetchall()
        facts: dict[int, dict[Field, Fact]] = {}
        for row in rows:
            facts.setdefault(row[0], {})[Field(row[1])] = Fact(Field(row[1]), *row[2:])
        return {
            document: tuple(known[field] for field in Field if field in known and known[field].value)
            for document, known in facts.items()
        }


def _is_unit(vector: NDArray[np.float16]) -> bool:
    return bool(abs(float(np.linalg.norm(vector.astype(np.float32))) - 1) < 0.01)


def _marks(values: Sequence[object]) -> str:
    return ",".join("?" * len(values))


def _chunk(row: tuple[Any, ...]) -> Chunk:
    identifier, document, ordinal, text, start, end, first_page, last_page, headings, lead_in = row[:10]
    return Chunk(
        identifier, document, ordinal, text, start, end, first_page, last_page, tuple(json.loads(headings)), lead_in
    )


def _record(
    row: tuple[int, str, str, str, str | None, str, int], facts: tuple[Fact, ...], pages: Sequence[Page]
) -> DocumentRecord:
    _, document_id, format_, location, language, ingested_at, chunks = row
    known = {fact.field: fact.value for fact in facts}
    confidences = [page.confidence for page in pages if page.read_by == "ocr" and page.confidence is not None]
    return DocumentRecord(
        id=document_id,
        title=known.get(Field.TITLE, document_id),
        organisation=known.get(Field.ORGANISATION),
        document_type=known.get(Field.DOCUMENT_TYPE),
        period=known.get(Field.PERIOD),
        language=language,
        format=format_,
        location=location,
        pages=len(pages),
        chunks=chunks,
        ingested_at=ingested_at,
        facts=facts,
        labels=tuple(page.label for page in pages),
        ocr_pages=tuple(page.number for page in pages if page.read_by == "ocr"),
        ocr_confidence=round(fmean(confidences), 3) if confidences else None,
        unread_pages=tuple(page.number for page in pages if page.read_by == "nothing"),
    )
