"""Search the store: the one entry to retrieval."""

from collections.abc import Sequence
from dataclasses import replace

from vectorstore.analyse import query_terms
from vectorstore.collapse import collapse
from vectorstore.fuse import fuse
from vectorstore.organisations import asks_each
from vectorstore.reader import Reader
from vectorstore.rerank import READ_HITS, rerank
from vectorstore.scope import Mentions, bonuses, find_mentions
from vectorstore.spread import LEAST, spread
from vectorstore.store import Store
from vectorstore.types import DocumentRecord, Filter, Hit

CANDIDATES = 50
"""How many chunks each half of the retrieval hands to fusion, unless more hits are asked for."""

MENTIONED = 20
"""How many chunks each half hands in from the documents of an organisation that the question names, and the like."""

MOST_ORGANISATIONS = 20
"""Of more organisations than this each is not searched by itself: those that the whole search finds are heard."""

_REPEATS = 2
"""How many passages are looked at for each hit wanted, to fold repetitions."""


def search(
    store: Store,
    question: str,
    *,
    top_k: int = 10,
    language: str = "sv",
    limits: Filter | None = None,
    mentions: Mentions | None = None,
    reader: Reader | None = None,
) -> list[Hit]:
    """The passages that most likely answer a question.

    Documents of an organisation, a year or a type that the question names are favoured, and so are documents that it
    names. Of several organisations each gets hits, and so does each that has documents here where the question asks
    which of them.

    Args:
        store: Where to search.
        question: Standing on its own, Swedish or English.
        top_k: How many hits at most.
        language: The question's, ISO 639-1.
        limits: Documents to search in; None for all.
        mentions: What the question names; None to recognise it here.
        reader: Ranks what is found anew; None leaves it as fusion ranked it.

    Returns:
        Hits, best first. Passages that repeat a better one are in its `also`.
    """
    limits = limits or Filter()
    records = documents_within(store, limits)
    found = find_mentions(question, records) if mentions is None else mentions.among(records)
    each = _each(question, found, records)
    groups = _groups(records, each) if len(each) > 1 else {}
    wanted = _REPEATS * max(top_k, len(each))
    if reader is not None:
        wanted = max(wanted, READ_HITS)
    ranked = _ranked(store, question, wanted, language, limits, found, records, each)
    hits = spread(ranked, wanted, groups)
    if reader is not None:
        hits = rerank(question, hits, {record.id: record for record in records}, reader)
    return spread(collapse(hits, wanted if groups else top_k, groups), top_k, groups)


def rank_passages(store: Store, question: str, wanted: int, language: str) -> list[Hit]:
    """Every candidate passage for a question, best first: found by both halves, fused, and favoured by scope.

    Args:
        store: Where to search, in all documents.
        question: Standing on its own.
        wanted: How many passages are looked for at least by each half.
        language: The question's, ISO 639-1.
    """
    records = store.catalog.records()
    found = find_mentions(question, records)
    return _ranked(store, question, wanted, language, Filter(), found, records, _each(question, found, records))


def _ranked(
    store: Store,
    question: str,
    wanted: int,
    language: str,
    limits: Filter,
    mentions: Mentions,
    records: Sequence[DocumentRecord],
    each: Sequence[str],
) -> list[Hit]:
    """As `rank_passages`, within limits: `records` are the documents there, `each` the organisations to be heard."""
    also = _narrower(limits, mentions, each)
    candidates = store.candidates(question, query_terms(question), max(CANDIDATES, wanted), limits, also)
    return fuse(candidates, language, len(candidates), bonuses(mentions, records))


def documents_within(store: Store, limits: Filter) -> list[DocumentRecord]:
    """The documents that a search with these limits looks in, by identifier."""
    return [record for record in store.catalog.records() if limits.passes(record)]


def _each(question: str, mentions: Mentions, records: Sequence[DocumentRecord]) -> tuple[str, ...]:
    """The organisations that are to be heard: those that the question names, or all where it asks which of them."""
    if mentions.organisations or not asks_each(question):
        return mentions.organisations
    return tuple(sorted({record.organisation for record in records if record.organisation}))


def _groups(records: Sequence[DocumentRecord], organisations: Sequence[str]) -> dict[str, str]:
    return {record.id: record.organisation or "" for record in records if record.organisation in organisations}


def _narrower(limits: Filter, mentions: Mentions, each: Sequence[str]) -> list[tuple[Filter, int]]:
    """Where candidates are wanted in any case, and how many: what is favoured must not be crowded out."""
    within: list[Filter] = []
    if mentions.documents:
        within.append(replace(limits, documents=mentions.documents))
    if len(each) <= MOST_ORGANISATIONS:
        within += [replace(limits, organisations=(organisation,)) for organisation in each]
    years = tuple(year for year in mentions.years if not limits.years or year in limits.years)
    if years:
        within.append(replace(limits, years=years, organisations=mentions.organisations or limits.organisations))
    if mentions.document_types and not each:
        within.append(replace(limits, document_types=mentions.document_types))
    count = MENTIONED if len(each) <= 3 else _REPEATS * LEAST
    return [(narrow, count) for narrow in within]
