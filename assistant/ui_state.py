"""What the chat keeps for each browser session, and what it asks of the assistant."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from enum import StrEnum
from typing import Protocol

from assistant.answers import Answer, Citation, Scope, Turn
from ingest.document import Document
from vectorstore.types import DocumentRecord


class Answering(Protocol):
    """The part of `Assistant` that the chat uses."""

    def stream(self, question: str, history: Sequence[Turn] = (), scope: Scope | None = None) -> Iterator[Answer]:
        """Answers with growing text; the last one is complete."""

    def documents(self) -> list[DocumentRecord]:
        """What is in the store."""

    def document(self, document_id: str) -> Document:
        """A stored document with its blocks."""


class Phase(StrEnum):
    """How far an exchange has come."""

    WORKING = "working"
    COMPLETE = "complete"
    STOPPED = "stopped"
    BROKEN = "broken"
    GONE = "gone"
    """No exchange: what a link leads to where the answer is no longer there."""


@dataclass(frozen=True, slots=True)
class Exchange:
    """A question and what came of it.

    Attributes:
        question: As asked.
        phase: How far it has come.
        answer: The answer as far as it has come; None before the first words and where an error ended it.
        reference: Number under which the log has the error, where there was one.
        id: Unique, so that an answer can be stopped from another thread, kept and linked to.
        verdict: What the reader said of the answer: `useful`, `not_useful` or nothing.
        asked: When, UTC, ISO 8601; empty while it is not kept.
        shared: Whether it was opened by a link to somebody else's answer.
    """

    question: str
    phase: Phase = Phase.WORKING
    answer: Answer | None = None
    reference: str = ""
    id: str = ""
    verdict: str = ""
    asked: str = ""
    shared: bool = False


Exchanges = tuple[Exchange, ...]

Data = Mapping[str, object]
"""What the browser sends with an event: the `data-` attributes of what was activated, as strings."""


@dataclass(frozen=True, slots=True)
class Opened:
    """What the source panel shows.

    Attributes:
        document: Identifier of the document.
        page: Page shown, from 1.
        start: Offset of the highlighted passage in the document's text; equal to `end` where nothing is.
        end: Offset after it.
        exchange: Index of the exchange whose citation is shown, if one is.
        marker: The citation's marker.
        as_text: Whether a page of a PDF is shown as text although its picture could be.
        changed: Whether the document no longer says on this page what was quoted from it.
    """

    document: str
    page: int
    start: int = 0
    end: int = 0
    exchange: int | None = None
    marker: int | None = None
    as_text: bool = False
    changed: bool = False


def turns(exchanges: Sequence[Exchange]) -> tuple[Turn, ...]:
    """The conversation so far, as the assistant takes it. What was stopped or broke off is left out."""
    return tuple(
        Turn(exchange.question, exchange.answer.text)
        for exchange in exchanges
        if exchange.phase == Phase.COMPLETE and exchange.answer is not None
    )


def open_citation(document: Document, citation: Citation, exchange: int) -> Opened:
    """The page of a citation, with its quote highlighted."""
    page = next((page for page in document.pages if page.number == citation.page), None)
    start, end = (page.start + citation.start, page.start + citation.end) if page else (0, 0)
    if document.text[start:end] != citation.quote:  # it was replaced since
        number = citation.page if page else 1
        return Opened(document.id, number, exchange=exchange, marker=citation.marker, changed=True)
    return Opened(document.id, citation.page, start, end, exchange, citation.marker)


def open_passage(document: Document, page_number: int, text: str) -> Opened:
    """The page on which a passage begins, with the passage highlighted where it is found."""
    page = next(page for page in document.pages if page.number == page_number)
    start = document.text.find(text, page.start)
    return (
        Opened(document.id, page_number, start, start + len(text)) if start >= 0 else Opened(document.id, page_number)
    )


def years_of(period: str | None) -> range:
    """The years that a record's period covers: `2021` or `2021-2027`; none where it is not of that form."""
    first, _, last = (period or "").partition("-")
    if not (first.isdecimal() and (last or first).isdecimal()):
        return range(0)
    years = range(int(first), int(last or first) + 1)
    return years if len(years) <= 100 else range(0)


def in_scope(record: DocumentRecord, scope: Scope) -> bool:
    """Whether a question limited to `scope` looks in this document."""
    return scope.limits.passes(record)


def by_id(records: Sequence[DocumentRecord]) -> Mapping[str, DocumentRecord]:
    """Records by document identifier."""
    return {record.id: record for record in records}
