"""The lexical index: full text search in SQLite's FTS5 over terms that `vectorstore.analyse` makes."""

import sqlite3
from collections.abc import Callable, Sequence

import numpy as np

from vectorstore.analyse import index_terms

SCHEMA = """
CREATE VIRTUAL TABLE IF NOT EXISTS terms USING fts5(
    body, context, tokenize = "unicode61 remove_diacritics 0 tokenchars '_§'");
CREATE VIRTUAL TABLE IF NOT EXISTS term_statistics USING fts5vocab(terms, row);
"""

CONTEXT_WEIGHT = 0.5
"""What a term in title and headings counts, against 1 in the passage itself."""


class LexicalIndex:
    """The lexical half of a catalog; lives in the catalog's file and takes part in its transactions.

    Args:
        connect: Gives this thread's connection to the catalog.
    """

    def __init__(self, connect: Callable[[], sqlite3.Connection]) -> None:
        self._connect = connect

    def upsert(self, row: int, text: str, context: str, language: str | None) -> None:
        """Index a passage. To be called in a transaction.

        Args:
            row: Number of the chunk.
            text: The passage.
            context: Title, organisation, headings and lead-in.
            language: The document's, ISO 639-1.
        """
        self._connect().execute(
            "INSERT INTO terms (rowid, body, context) VALUES (?, ?, ?)",
            (row, index_terms(text, language), index_terms(context, language)),
        )

    def delete_document(self, number: int) -> None:
        """Remove the passages of the document with this number, before its chunks go. To be called in a transaction."""
        self._connect().execute(
            "DELETE FROM terms WHERE rowid IN (SELECT number FROM chunk WHERE document = ?)", (number,)
        )

    def count(self) -> int:
        """How many passages are indexed."""
        return int(self._connect().execute("SELECT count(*) FROM terms").fetchone()[0])

    def query(
        self, terms: Sequence[tuple[str, ...]], top_k: int, numbers: Sequence[int] | None
    ) -> list[tuple[str, float]]:
        """The chunks that match best by BM25, with the score as a share of what the question could reach.

        Args:
            terms: The question's terms, each with its alternatives.
            top_k: How many.
            numbers: Limits to documents with these numbers; None for all.

        Returns:
            `(chunk id, share)` best first; the share is BM25 over the sum of idf times (k1 + 1), about the part
            of the question's information that the chunk holds.
        """
        total = self.count()
        reachable = sum(self._idf(alternatives, total) for alternatives in terms) * 2.2
        if reachable <= 0:
            return []
        match = " OR ".join(f'"{alternative}"' for alternatives in terms for alternative in alternatives)
        limit = "" if numbers is None else f" AND chunk.document IN ({','.join('?' * len(numbers))})"
        rows = self._connect().execute(
            f"SELECT chunk.id, -bm25(terms, 1.0, {CONTEXT_WEIGHT}) AS score FROM terms "
            f"JOIN chunk ON chunk.number = terms.rowid WHERE terms MATCH ?{limit} ORDER BY score DESC, chunk.number LIMIT ?",
            (match, *(numbers or ()), top_k),
        )
        return [(chunk_id, min(score / reachable, 1.0)) for chunk_id, score in rows]

    def idf(self, alternatives: tuple[str, ...]) -> float:
        """Inverse document frequency of a term over chunks, as BM25 has it: ln((N - n + 0.5) / (n + 0.5)), at least 0.

        A term that is nowhere counts like one that is in half a chunk: the question's information includes it.
        """
        return self._idf(alternatives, self.count())

    def _idf(self, alternatives: tuple[str, ...], total: int) -> float:
        marks = ",".join("?" * len(alternatives))
        row = self._connect().execute(
            f"SELECT max(doc) FROM term_statistics WHERE term IN ({marks})", alternatives
        ).fetchone()
        count = row[0] or 0
        return max(float(np.log((total - count + 0.5) / (count + 0.5))), 1e-6)
