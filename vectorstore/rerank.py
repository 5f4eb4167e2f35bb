"""Rank what fusion found anew, by what a reader makes of the best of it."""

from collections.abc import Mapping, Sequence
from dataclasses import replace

from vectorstore.reader import Passage, Reader, Reading, logit
from vectorstore.types import DocumentRecord, Hit

READ_HITS = 8
"""How many hits are read at most."""

READ_CHARACTERS = 8_000
"""How much of their text: some 1,900 tokens, which the bundled reader reads in 0.2 s on two cores."""

FIRST_HITS = 4
"""How many are read before it is decided whether the rest need be."""

CERTAIN = 0.95
"""The relevance from which a hit among the first needs no rival."""

WEIGHT = 0.01
"""What the logits of relevance and of answerability count beside the fused score."""

_LARGEST_LOGIT = 8.0


def rerank(question: str, hits: Sequence[Hit], documents: Mapping[str, DocumentRecord], reader: Reader) -> list[Hit]:
    """Rank hits by fused score plus what the reader makes of them.

    How many are read depends on their number and length and on the readings, never on the time, so that the same
    question always gets the same hits. Those that are not read follow those that are.

    Args:
        question: The standalone question.
        hits: Best first.
        documents: The documents that the hits are of, by identifier; one that is missing is read without its title.
        reader: What reads them.

    Returns:
        The same hits, best first; those that were read have a `reading`.
    """
    count = _readable(hits)
    readings = _read(question, hits[:FIRST_HITS][:count], documents, reader)
    if count > FIRST_HITS and max(reading.relevance for reading in readings) < CERTAIN:
        readings += _read(question, hits[FIRST_HITS:count], documents, reader)
    scored = [
        replace(hit, score=hit.score + WEIGHT * _worth(reading), reading=reading)
        for hit, reading in zip(hits, readings, strict=False)
    ]
    scored.sort(key=lambda hit: (-hit.score, hit.rank))
    if scored and (rest := hits[len(scored) :]):
        # Their scores go on below, at the distances that they had.
        drop = min(0.0, scored[-1].score - rest[0].score)
        scored += [replace(hit, score=hit.score + drop) for hit in rest]
    return [replace(hit, rank=rank) for rank, hit in enumerate(scored, start=1)]


def _worth(reading: Reading) -> float:
    """The logits of relevance and answerability together; twice that of relevance where a reader gives it alone."""
    answerability = reading.relevance if reading.answerability is None else reading.answerability
    return logit(reading.relevance, _LARGEST_LOGIT) + logit(answerability, _LARGEST_LOGIT)


def stands_under(title: str, organisation: str | None, headings: Sequence[str]) -> str:
    """What the reader is told of where a passage stands: whose the document is, its title and the headings.

    Pages of a document seldom name the organisation that a question names, so it is told even where the title does not
    say it. A heading that repeats the title is told once.
    """
    owner = "" if not organisation or organisation.lower() in title.lower() else organisation
    parts = (owner, title, *(heading for heading in headings if heading != title))
    return " > ".join(part.strip() for part in parts if part.strip())


def _readable(hits: Sequence[Hit]) -> int:
    """How many of the first hits may be read; the first one in any case."""
    characters = 0
    for count, hit in enumerate(hits[:READ_HITS]):
        characters += len(hit.chunk.text)
        if count and characters > READ_CHARACTERS:
            return count
    return min(len(hits), READ_HITS)


def _read(question: str, hits: Sequence[Hit], documents: Mapping[str, DocumentRecord], reader: Reader) -> list[Reading]:
    return reader.read(question, [_passage(hit, documents.get(hit.chunk.document)) for hit in hits]) if hits else []


def _passage(hit: Hit, document: DocumentRecord | None) -> Passage:
    title, organisation = (document.title, document.organisation) if document else ("", None)
    return Passage(hit.chunk.text, stands_under(title, organisation, (*hit.chunk.headings, hit.chunk.lead_in)))
