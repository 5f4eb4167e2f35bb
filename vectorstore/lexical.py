"""The lexical half of retrieval: SQLite's FTS5 finds passages by their stems, a finer score then ranks them."""

import json
import math
import re
import sqlite3
from collections.abc import Callable, Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass
from itertools import pairwise

from ingest.language import detect_language
from vectorstore.acronyms import find_acronyms
from vectorstore.analyse import FOLDED, STOP_WORDS, both_terms, fold, folded_terms, index_terms, words
from vectorstore.glossary import translated_windows
from vectorstore.grams import gram_shares, question_grams
from vectorstore.lexical_statistics import Statistics, take_statistics
from vectorstore.misspelling import is_near, slips
from vectorstore.terms import IndexedPassage, Term, pair_shares, word_shares

SCHEMA = """
CREATE VIRTUAL TABLE IF NOT EXISTS terms USING fts5(
    body, context, folded, tokenize = "unicode61 remove_diacritics 0 tokenchars '_§'");
CREATE VIRTUAL TABLE IF NOT EXISTS term_statistics USING fts5vocab(terms, row);
CREATE TABLE IF NOT EXISTS acronym (
    short TEXT NOT NULL, long TEXT NOT NULL, document INTEGER NOT NULL REFERENCES document ON DELETE CASCADE,
    PRIMARY KEY (short, long, document)
) STRICT, WITHOUT ROWID;
CREATE INDEX IF NOT EXISTS acronym_document ON acronym (document);
CREATE INDEX IF NOT EXISTS acronym_long ON acronym (long);
"""

WORDS, GRAMS, PAIRS = 5 / 12, 5 / 12, 2 / 12
"""What words, letter sequences and pairs of words count in the lexical share; measured in docs/retrieval.md."""

_EQUIVALENT = 0.8
"""What a translation, a spelled-out acronym or a corrected spelling counts beside the word itself."""

_LETTERS = re.compile(r"[^\W\d_]{4,}")

_LONGEST = 20
"""How many words a spelled-out acronym may have."""

_LONGEST_CORRECTED = 40

_MANY = 20_000
"""Passages from which it takes longer to go through all stems that begin alike than to try all slips."""


@dataclass(frozen=True, slots=True)
class LexicalQuery:
    """A question, weighed by one state of the lexical index.

    Attributes:
        terms: Its informative words.
        pairs: Its pairs of neighbouring words.
        informative: The same words as they were typed.
        widespread: Those of the terms' alternatives that more than half of the passages hold.
    """

    terms: tuple[Term, ...]
    pairs: tuple[Term, ...]
    informative: tuple[str, ...]
    widespread: frozenset[str] = frozenset()


class LexicalIndex:
    """The lexical half of a catalog; lives in the catalog's file and takes part in its transactions.

    What reads is to be called within one snapshot of the catalog, what writes within a transaction.

    Args:
        connect: Gives this thread's connection to the catalog.
    """

    def __init__(self, connect: Callable[[], sqlite3.Connection]) -> None:
        self._connect = connect
        self._kept: Statistics | None = None

    def upsert(self, row: int, text: str, context: str, language: str | None) -> None:
        """Index a passage whose chunk is stored.

        Args:
            row: Number of the chunk.
            text: The passage.
            context: Title, organisation, headings and lead-in.
            language: The document's, ISO 639-1.
        """
        run = self._connect().execute
        run(
            "INSERT INTO terms (rowid, body, context, folded) VALUES (?, ?, ?, ?)",
            (row, *indexed_row(text, context, language)),
        )
        for short, long in find_acronyms(text):
            run(
                "INSERT OR IGNORE INTO acronym SELECT ?, ?, document FROM chunk WHERE number = ?",
                (index_terms(short, language), index_terms(long, language), row),
            )

    def delete_document(self, number: int) -> None:
        """Remove the passages of the document with this number, before its chunks go."""
        run = self._connect().execute
        run("DELETE FROM terms WHERE rowid IN (SELECT number FROM chunk WHERE document = ?)", (number,))
        run("DELETE FROM acronym WHERE document = ?", (number,))

    def idf(self, alternatives: Sequence[str]) -> float:
        """Inverse document frequency of a term over passages: ln(1 + (N - n + 0.5) / (n + 0.5)).

        A term that is nowhere has the most: the question's information includes it.
        """
        return _idf(self._statistics().total, self._counts(alternatives), alternatives)

    def prepare(self, question: str, terms: Sequence[tuple[str, ...]]) -> LexicalQuery:
        """Weigh a question's terms by this index, and add what else they may stand as.

        Acronyms that the documents spell out stand for their long form and the other way around; an English word may
        be a Swedish one of the glossary; a word that occurs nowhere may be a misspelling of one that does.

        Args:
            question: The question.
            terms: Its terms, each with its alternatives, as `query_terms` gives them.
        """
        total = self._statistics().total
        stems = [_stems(word) for word in words(question)]
        equivalents = self._equivalents(question, stems)
        counts = self._counts(
            {stem for entry in (*stems, *terms) for stem in entry} | set().union(*equivalents.values())
        )
        weighed: list[Term] = []
        for term in terms:
            others = set().union(*(equivalents.get(alternative, ()) for alternative in term)).difference(term)
            if not others and not any(alternative in counts for alternative in term):
                others = set(self._similar(term[0]))
                counts |= self._counts(others)
            alternatives = dict.fromkeys(others, _EQUIVALENT) | dict.fromkeys(term, 1.0)
            weighed.append(Term(tuple(alternatives.items()), _idf(total, counts, alternatives)))
        pairs = [
            Term(
                tuple((" ".join(pair), 1.0) for pair in dict.fromkeys(zip(first, second, strict=True))),
                _idf(total, counts, first) + _idf(total, counts, second),
            )
            for first, second in pairwise(stems)
        ]
        informative = [word for word in words(question) if word not in STOP_WORDS] or list(words(question))
        widespread = frozenset(stem for stem, count in counts.items() if count > total / 2)
        return LexicalQuery(tuple(weighed), tuple(pairs), tuple(informative), widespread)

    def respell(self, question: str) -> str:
        """A Swedish question that was typed without å, ä and ö, as the documents spell it, for the embedding model.

        *vanorter* becomes *vänorter* where no passage has the one and some have the other. Slips stay: correcting them
        changes more words that were right, and the model takes them well enough.
        """
        typed = {match.group() for match in _LETTERS.finditer(question)}
        if not typed or fold(question) != question.lower() or detect_language(question) == "en":
            return question
        stems = {word: _stems(word) for word in typed}
        counts = self._counts({stem for pair in stems.values() for stem in (*pair, FOLDED + pair[0])})
        spelled: dict[str, str] = {}
        for word, pair in stems.items():
            if FOLDED + pair[0] in counts and not any(stem in counts for stem in pair):
                found = self._spelling(FOLDED + pair[0]) or word
                spelled[word] = found.capitalize() if word[0].isupper() else found
        return _LETTERS.sub(lambda match: spelled.get(match.group(), match.group()), question)

    def _spelling(self, term: str) -> str | None:
        """A word with diacritics that is indexed as `term`, from one of the passages that hold it."""
        rows = self._connect().execute(
            "SELECT text FROM terms JOIN chunk ON chunk.number = terms.rowid WHERE terms MATCH ? LIMIT 3",
            (f'"{term}"',),
        )
        found = (word for (text,) in rows for word in words(text))
        return next((word for word in found if folded_terms(word, "sv") == term), None)

    def find(self, query: LexicalQuery, top_k: int, numbers: Sequence[int] | None) -> list[str]:
        """Passages that hold words of a question, by SQLite's BM25.

        Args:
            query: The question.
            top_k: How many.
            numbers: Limits to documents with these numbers; None for all.

        Returns:
            Identifiers of chunks, best first; to be ranked by `score`.
        """
        alternatives = {alternative for term in query.terms for alternative, _ in term.alternatives}
        # BM25 gives nothing for a word that most passages hold, and going through them all takes longest.
        found = self._found(alternatives - query.widespread, top_k, numbers)
        if len(found) < top_k and query.widespread & alternatives:
            found = self._found(alternatives, top_k, numbers)
        return found

    def _found(self, alternatives: Collection[str], top_k: int, numbers: Sequence[int] | None) -> list[str]:
        if not alternatives:
            return []
        match = " OR ".join(f'"{alternative}"' for alternative in sorted(alternatives))
        limit, arguments = "", list[object]()
        if numbers is not None:
            within = "FROM chunk WHERE document IN (SELECT value FROM json_each(?))"
            documents = json.dumps(list(numbers))
            first, last = self._connect().execute(f"SELECT min(number), max(number) {within}", (documents,)).fetchone()
            # The plus keeps SQLite from asking the full text for each passage by itself.
            limit = f"AND rowid BETWEEN ? AND ? AND +rowid IN (SELECT number {within})"
            arguments = [first, last, documents]
        # Only the passages that are found are looked up: where the words are common, most of all passages match.
        rows = self._connect().execute(
            f"SELECT id FROM (SELECT rowid AS number, bm25(terms) AS distance FROM terms WHERE terms MATCH ? {limit} "
            "ORDER BY distance, number LIMIT ?) JOIN chunk USING (number) ORDER BY distance, number",
            (match, *arguments, top_k),
        )
        return [row[0] for row in rows]

    def score(self, query: LexicalQuery, ids: Sequence[str]) -> dict[str, float]:
        """The share of a question's information that passages hold: in words, letter sequences and pairs of words.

        Args:
            query: The question.
            ids: Identifiers of chunks; unknown ones are left out.

        Returns:
            0 to 1 for each.
        """
        if not query.terms or not ids:
            return dict.fromkeys(ids, 0.0)
        statistics, passages = self._statistics(), self._passages(ids)
        texts, contexts = [passage.text for passage in passages], [passage.context for passage in passages]
        shares = (
            WORDS * word_shares(query.terms, passages, statistics.length)
            + GRAMS * gram_shares(question_grams(query.informative), statistics.grams, texts, contexts)
            + PAIRS * pair_shares(query.pairs, passages, statistics.length)
        )
        return {passage.id: float(share) for passage, share in zip(passages, shares, strict=True)}

    def _passages(self, ids: Sequence[str]) -> list[IndexedPassage]:
        rows = self._connect().execute(
            "SELECT chunk.id, body, context, folded, text FROM chunk JOIN terms ON terms.rowid = chunk.number "
            f"WHERE chunk.id IN ({','.join('?' * len(ids))})",
            list(ids),
        )
        return [IndexedPassage(row[0], f" {row[1]} ", f" {row[2]} ", f" {row[3]} ", row[4]) for row in rows]

    def _equivalents(self, question: str, stems: Sequence[tuple[str, str]]) -> Mapping[str, set[str]]:
        """What else stems of a question may stand as: acronyms, spelled-out forms and translations."""
        equivalents: dict[str, set[str]] = {}
        known = {stem for pair in stems for stem in pair}
        rows = self._connect().execute(
            "SELECT DISTINCT short, long FROM acronym WHERE short IN (SELECT value FROM json_each(?)) "
            "OR long IN (SELECT value FROM json_each(?))",
            (json.dumps(list(known)), json.dumps(list(_windows(stems)))),
        )
        for short, long in rows:
            equivalents.setdefault(short, set()).add(long)
            for stem in long.split():
                equivalents.setdefault(stem, set()).add(short)
        if detect_language(question) == "en":
            for position, found in translated_windows(list(words(question))):
                for stem in stems[position]:
                    equivalents.setdefault(stem, set()).update(index_terms(term, "sv") for term in found)
        return equivalents

    def _similar(self, stem: str) -> list[str]:
        """Stems in the index that one letter makes of one that is not, most usual first; both begin alike."""
        if not 5 <= len(stem) <= _LONGEST_CORRECTED or not stem.isalpha():
            return []
        if self._statistics().total > _MANY:
            counts = self._look_up(slips(stem, 2))
            return sorted(counts, key=lambda term: (-counts[term], term))[:3]
        rows = self._connect().execute(
            "SELECT term FROM term_statistics WHERE term >= ? AND term < ? AND length(term) BETWEEN ? AND ? "
            "ORDER BY doc DESC, term",
            (stem[:2], stem[:2] + "\U0010ffff", len(stem) - 1, len(stem) + 1),
        )
        return [row[0] for row in rows if is_near(stem, row[0])][:3]

    def _counts(self, stems: Iterable[str]) -> dict[str, int]:
        """In how many passages each stem occurs; those that occur nowhere are left out."""
        asked, statistics = set(stems), self._statistics()
        known = {stem: statistics.counts[stem] for stem in asked if stem in statistics.counts}
        if new := asked.difference(known):
            counted = dict.fromkeys(new, 0) | self._look_up(new)
            statistics.remember(counted)
            known |= counted
        return {stem: count for stem, count in known.items() if count}

    def _look_up(self, stems: Iterable[str]) -> dict[str, int]:
        rows = self._connect().execute(
            "SELECT term, doc FROM term_statistics WHERE term IN (SELECT value FROM json_each(?))",
            (json.dumps(list(stems)),),
        )
        return dict(rows.fetchall())

    def _statistics(self) -> Statistics:
        """Statistics of the present state."""
        row = self._connect().execute("SELECT value FROM meta WHERE key = 'state'").fetchone()
        state = str(row[0]) if row is not None else ""
        kept = self._kept
        if kept is None or kept.state != state:
            kept = self._kept = take_statistics(self._connect(), state)
        return kept


def indexed_row(text: str, context: str, language: str | None) -> tuple[str, str, str]:
    """What stands in the index for a passage: its stems, those of its context, and both without diacritics."""
    (body, folded), (above, folded_above) = both_terms(text, language), both_terms(context, language)
    return body, above, f"{folded} {folded_above}".strip()


def _windows(stems: Sequence[tuple[str, str]]) -> set[str]:
    """Neighbouring words of a question, from one to as many as an acronym may stand for, in each language's stems."""
    return {
        " ".join(pair[language] for pair in stems[begin:end])
        for language in (0, 1)
        for begin in range(len(stems))
        for end in range(begin + 1, min(begin + _LONGEST, len(stems)) + 1)
    }


def _stems(word: str) -> tuple[str, str]:
    """A word's stems in Swedish and in English."""
    return index_terms(word, "sv"), index_terms(word, "en")


def _idf(total: int, counts: Mapping[str, int], alternatives: Iterable[str]) -> float:
    count = max((counts.get(alternative, 0) for alternative in alternatives), default=0)
    return math.log1p((total - count + 0.5) / (count + 0.5))
