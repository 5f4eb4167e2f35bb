"""Questions about a document itself: when it was adopted, its reference number, what it replaces."""

import re
from collections.abc import Mapping, Sequence
from dataclasses import replace

from assistant.evidence import Unit, UnitKind
from assistant.understand import Question
from ingest.chunk import chunk_document
from ingest.document import Document, Fact, Field
from vectorstore.analyse import fold, stem, words
from vectorstore.names import is_named
from vectorstore.types import Hit

_PATTERNS: Mapping[Field, tuple[str, ...]] = {
    Field.ADOPTED_ON: (
        r"(?:när|nar|vilket (?:år|datum)|vilken dag)\b.*\b(?:antogs?|antagits?|antagen|fastställdes|klubbades|togs)",
        r"(?:when|what (?:date|year))\b.*\badopted",
    ),
    Field.ADOPTED_BY: (
        r"(?:vem|vilket organ|vilken nämnd|vilka|av vem)\b.*\b(?:antagit|antogs?|beslutat om|fastställt|fastställde)",
        r"(?:antogs|antagits|beslutades)\b.*\bav vem",
        r"who adopted|adopted by whom|by whom",
    ),
    Field.REFERENCE: (r"diarienummer\w*|dnr|ärendenummer\w*", r"(?:reference|registration) number"),
    Field.VALID_UNTIL: (
        r"hur länge (?:gäller|är .* (?:giltig\w*|i kraft))|giltighetstid\w*|gäller .* till|när (?:upphör|löper .* ut)",
        r"how long .* (?:valid|in force|apply|applies)|valid until",
    ),
    Field.REPLACES: (r"ersätter|ersatte|ersätts", r"replaces?|superseded?"),
    Field.RESPONSIBLE: (r"dokumentansvarig", r"ansvar\w* för (?:dokument|program|plan|policy|strategi)\w*"),
    Field.REVISED_ON: (r"(?:när|senast)\b.*\breviderad\w*|reviderades", r"last revised"),
}
_FIELDS = {field: re.compile(rf"\b(?:{'|'.join(patterns)})\b", re.IGNORECASE) for field, patterns in _PATTERNS.items()}
_TYPES = (
    "strategi program policy plan handlingsplan riktlinje rapport årsrapport verksamhetsberättelse stadga "
    "årsredovisning strategy programme report guideline".split()
)


def fields_asked(question: Question) -> list[Field]:
    """The facts about a document that a question asks for; empty for most questions."""
    return [field for field, pattern in _FIELDS.items() if pattern.search(question.standalone)]


def find_fact_units(question: Question, documents: Mapping[str, Document], hits: Sequence[Hit]) -> list[Unit]:
    """What the documents that a question is about state of themselves, where it asks for that.

    A document is meant when the question names its organisation, or every proper name in the question is in its title,
    and when the question's word for it (*programmet*, *strategi*) fits its title or type.

    Args:
        question: The question.
        documents: Documents that may be meant, by identifier.
        hits: What retrieval found, best first; a fact ranks with the best.

    Returns:
        Evidence units.
    """
    units: list[Unit] = []
    fields = fields_asked(question)
    if not fields or not hits:
        return units
    read = hits[0].reading and replace(hits[0].reading, span=None, places=())
    for document in documents.values():
        if not is_meant(question, document):
            continue
        chunks = chunk_document(document)
        for fact in document.facts:
            if fact.field not in fields or fact.start is None or fact.end is None:
                continue
            chunk = next((chunk for chunk in chunks if chunk.start <= fact.start < chunk.end), None)
            if chunk is not None:
                hit = Hit(chunk, hits[0].score, 0, hits[0].dense, 0.0, reading=read)
                start, end = _line(document, fact)
                text = document.text[start:end]
                units.append(Unit(document.id, UnitKind.SENTENCE, ((start, end),), text, chunk.headings, hit))
    return units


def _line(document: Document, fact: Fact) -> tuple[int, int]:
    """The block that states a fact, where it is short; else the passage itself."""
    start, end = fact.start or 0, fact.end or 0
    for block in document.blocks:
        if block.start <= start < block.end and block.end - block.start <= 300:
            return block.start, max(block.end, end)
    return start, end


def is_meant(question: Question, document: Document) -> bool:
    """Whether a question about a document itself is about this one."""
    organisation = document.fact(Field.ORGANISATION) or ""
    title = f"{document.title} {document.fact(Field.DOCUMENT_TYPE) or ''} {organisation}"
    if organisation not in question.organisations and not (
        question.names and all(is_named(name, title) for name in question.names)
    ):
        return False
    kinds = {kind for word in words(question.standalone) for kind in _TYPES if fold(word).startswith(fold(stem(kind)))}
    return not kinds or any(fold(stem(kind)) in fold(title) for kind in kinds)
