"""Change the catalog: what can be done within one write transaction."""

import json
import secrets
import sqlite3
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime

import numpy as np
from numpy.typing import NDArray

from ingest.chunk import Chunk
from ingest.document import Document, Fact, Field
from vectorstore.errors import DuplicateContent, UnknownDocument
from vectorstore.lexical import LexicalIndex


@dataclass(frozen=True, slots=True)
class EmbeddedChunk:
    """A chunk ready to be stored.

    Attributes:
        chunk: The passage.
        embedded: Digest of the text that was embedded: the vector serves again where that text returns.
        vector: Its embedding, shape (dimension,).
    """

    chunk: Chunk
    embedded: bytes
    vector: NDArray[np.float32]


@dataclass(frozen=True, slots=True)
class Move:
    """A document gets another name and place.

    Attributes:
        id: Its identifier now.
        new_id: Its identifier afterwards.
        root: Folder that was ingested.
        location: Absolute path or address.
    """

    id: str
    new_id: str
    root: str
    location: str


@dataclass(frozen=True, slots=True)
class Alias:
    """A file with the content of a stored document.

    Attributes:
        id: Its identifier.
        root: Folder that was ingested.
        location: Absolute path or address.
    """

    id: str
    root: str
    location: str


@dataclass(frozen=True, slots=True)
class Failure:
    """A file that could not be read, so that it need not be tried again before it changes.

    Attributes:
        location: Absolute path or address.
        root: Folder that was ingested.
        content_hash: SHA-256 of its bytes.
        outcome: As in `ingest --json`.
        reason: What the reader of the list is told.
        circumstances: What else the outcome depended on, such as limits and versions.
    """

    location: str
    root: str
    content_hash: str
    outcome: str
    reason: str
    circumstances: str


class Change:
    """One write transaction. Made by `Catalog.transaction`; not to be kept beyond it."""

    def __init__(self, connection: sqlite3.Connection, lexical: LexicalIndex) -> None:
        self._connection = connection
        self._lexical = lexical

    def upsert(
        self,
        document: Document,
        root: str,
        location: str,
        chunks: Sequence[EmbeddedChunk],
        stated: Sequence[Fact] = (),
        aliases: Sequence[Alias] = (),
    ) -> None:
        """Store a document in place of what stood under its identifier.

        Copies of the earlier content are forgotten, unless the content is the same. Documents that were read earlier
        from files that are copies now are removed.

        Args:
            document: With the facts that were read; its text, pages and blocks.
            root: Folder that was ingested.
            location: Absolute path or address, read just now.
            chunks: Its chunks.
            stated: Facts that someone stated about it, which go before those that were read.
            aliases: Files with the same content.

        Raises:
            DuplicateContent: Another document has the same content.
        """
        copies = self._copies(document)
        for alias in aliases:
            self._delete_at(alias.location)
        run, many = self._connection.execute, self._connection.executemany
        number = run(
            "INSERT INTO document (id, root, location, read_at, format, content_hash, text, ingested_at, version) "
            "VALUES (?, ?, ?, ?, ?, ?, ?, ?, 0)",
            (document.id, root, location, location, document.format, document.content_hash, document.text, _now()),
        ).lastrowid
        many("INSERT INTO alias VALUES (?, ?, ?, ?)", [(*copy, number) for copy in copies])
        many(
            'INSERT INTO page (document, number, start, "end", label, read_by, confidence) '
            "VALUES (?, ?, ?, ?, ?, ?, ?)",
            [
                (number, page.number, page.start, page.end, page.label, page.read_by, page.confidence)
                for page in document.pages
            ],
        )
        many(
            "INSERT INTO block VALUES (?, ?, ?, ?, ?, ?, ?)",
            [
                (number, ordinal, block.kind.value, block.start, block.end, block.level, block.lead_in)
                for ordinal, block in enumerate(document.blocks)
            ],
        )
        self._insert_facts(int(number or 0), document.facts, stated)
        self._insert_chunks(int(number or 0), chunks)
        for alias in aliases:
            self.add_alias(document.id, alias.id, alias.root, alias.location)
        self.delete_failures([location, *(alias.location for alias in aliases)])

    def replace_chunks(self, document_id: str, chunks: Sequence[EmbeddedChunk]) -> None:
        """Store other chunks of a document, whose text and facts stay.

        Raises:
            UnknownDocument: No document has this identifier.
        """
        number = self._number(document_id)
        self._lexical.delete_document(number)
        self._connection.execute("DELETE FROM chunk WHERE document = ?", (number,))
        self._insert_chunks(number, chunks)

    def delete(self, document_id: str) -> None:
        """Remove a document with all that belongs to it.

        Raises:
            UnknownDocument: No document has this identifier.
        """
        number = self._number(document_id)
        self._lexical.delete_document(number)
        self._connection.execute("DELETE FROM document WHERE number = ?", (number,))

    def move(self, moves: Sequence[Move]) -> None:
        """Give documents other names and places, all at once, so that two may change places.

        Text, chunks and vectors stay; an alias at a new place is taken over.

        Raises:
            UnknownDocument: No document has one of the identifiers.
        """
        run = self._connection.execute
        numbers = [self._number(move.id) for move in moves]
        for number in numbers:
            aside = f"\0{number}"
            run("UPDATE document SET id = ?, location = ? WHERE number = ?", (aside, aside, number))
        for number, move in zip(numbers, moves, strict=True):
            run("DELETE FROM alias WHERE location = ?", (move.location,))
            run(
                "UPDATE document SET id = ?, location = ?, root = ? WHERE number = ?",
                (move.new_id, move.location, move.root, number),
            )

    def add_alias(self, document_id: str, alias_id: str, root: str, location: str) -> None:
        """Record that a file has the content of a stored document.

        Raises:
            UnknownDocument: No document has this identifier.
        """
        self._connection.execute(
            "INSERT OR REPLACE INTO alias VALUES (?, ?, ?, ?)", (location, root, alias_id, self._number(document_id))
        )

    def delete_alias(self, location: str) -> None:
        """Forget a file that was a copy of a stored document."""
        self._connection.execute("DELETE FROM alias WHERE location = ?", (location,))

    def mark_read(self, document_id: str) -> None:
        """Record that a document needs not be read again at the place to which it was moved."""
        self._connection.execute("UPDATE document SET read_at = location WHERE id = ?", (document_id,))

    def record_failure(self, failure: Failure) -> None:
        """Keep why a file could not be read."""
        self._connection.execute(
            "INSERT OR REPLACE INTO failure VALUES (?, ?, ?, ?, ?, ?)",
            (
                failure.location, failure.root, failure.content_hash, failure.outcome, failure.reason,
                failure.circumstances,
            ),
        )  # fmt: skip

    def delete_failures(self, locations: Iterable[str]) -> None:
        """Forget failures of files that are gone."""
        self._connection.executemany("DELETE FROM failure WHERE location = ?", [(location,) for location in locations])

    def set_meta(self, key: str, value: str) -> None:
        """Store a setting with the data."""
        self._connection.execute(
            "INSERT INTO meta VALUES (?, ?) ON CONFLICT (key) DO UPDATE SET value = excluded.value", (key, value)
        )

    def _delete_at(self, location: str) -> None:
        row = self._connection.execute("SELECT id FROM document WHERE location = ?", (location,)).fetchone()
        if row is not None:
            self.delete(row[0])

    def _copies(self, document: Document) -> list[tuple[str, str, str]]:
        """Remove what stands under the document's identifier; return the copies that its successor keeps."""
        run = self._connection.execute
        same = run("SELECT id FROM document WHERE content_hash = ?", (document.content_hash,)).fetchone()
        if same is not None and same[0] != document.id:
            raise DuplicateContent(f"The content of {document.id} is stored already, as {same[0]}.")
        copies: list[tuple[str, str, str]] = []
        if same is not None:
            copies = run(
                "SELECT alias.location, alias.root, alias.id FROM alias "
                "JOIN document ON document.number = alias.document WHERE document.id = ?",
                (document.id,),
            ).fetchall()
        if run("SELECT 1 FROM document WHERE id = ?", (document.id,)).fetchone() is not None:
            self.delete(document.id)
        return copies

    def _insert_facts(self, number: int, read: Sequence[Fact], stated: Sequence[Fact]) -> None:
        self._connection.executemany(
            "INSERT INTO fact VALUES (?, ?, ?, ?, ?, ?, ?)",
            [
                (number, fact.field.value, layer, fact.value, fact.start, fact.end, fact.origin)
                for layer, facts in enumerate((read, stated))
                for fact in facts
            ],
        )

    def _insert_chunks(self, number: int, chunks: Sequence[EmbeddedChunk]) -> None:
        """Store chunks and index their words. The document's facts must be there."""
        run, many = self._connection.execute, self._connection.executemany
        language = _fact(self._connection, number, Field.LANGUAGE)
        run("UPDATE document SET language = ?, version = ? WHERE number = ?", (language, secrets.randbits(62), number))
        many(
            'INSERT INTO chunk (id, document, ordinal, text, start, "end", first_page, last_page, headings, '
            "lead_in, embedded, vector) VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)",
            [
                (
                    chunk.id, number, chunk.ordinal, chunk.text, chunk.start, chunk.end, chunk.first_page,
                    chunk.last_page, json.dumps(chunk.headings, ensure_ascii=False), chunk.lead_in,
                    entry.embedded, entry.vector.astype(np.float16).tobytes(),
                )
                for entry in chunks
                for chunk in (entry.chunk,)
            ],
        )  # fmt: skip
        self._index_words(number)

    def index_words(self) -> None:
        """Fill the empty lexical index from the chunks of all documents."""
        for (number,) in self._connection.execute("SELECT number FROM document ORDER BY number").fetchall():
            self._index_words(number)

    def _index_words(self, number: int) -> None:
        for row, text, context, language in passages_to_index(self._connection, number):
            self._lexical.upsert(row, text, context, language)

    def _number(self, document_id: str) -> int:
        row = self._connection.execute("SELECT number FROM document WHERE id = ?", (document_id,)).fetchone()
        if row is None:
            raise UnknownDocument(f"No document {document_id!r} is in the store. `utblick documents` lists them.")
        return int(row[0])


def passages_to_index(connection: sqlite3.Connection, number: int) -> list[tuple[int, str, str, str | None]]:
    """What the lexical index is made from, for the document with this number.

    Returns:
        For each chunk its number, its text, its context (title, organisation, headings, lead-in) and its language.
    """
    run = connection.execute
    identifier, language = run("SELECT id, language FROM document WHERE number = ?", (number,)).fetchone()
    title = _fact(connection, number, Field.TITLE) or identifier
    organisation = _fact(connection, number, Field.ORGANISATION) or ""
    rows = run("SELECT number, text, headings, lead_in FROM chunk WHERE document = ? ORDER BY number", (number,))
    return [
        (row, text, " ".join((title, organisation, *json.loads(headings), lead_in)), language)
        for row, text, headings, lead_in in rows.fetchall()
    ]


def _fact(connection: sqlite3.Connection, number: int, field: Field) -> str | None:
    """A fact's value, stated before read; an empty statement takes away what was read."""
    row = connection.execute(
        "SELECT value FROM fact WHERE document = ? AND field = ? ORDER BY stated DESC LIMIT 1", (number, field.value)
    ).fetchone()
    return (row[0] or None) if row else None


def _now() -> str:
    return datetime.now(UTC).isoformat(timespec="seconds")
