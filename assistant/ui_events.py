"""What happens in the chat when someone asks, opens a source or changes a choice. Knows nothing of Gradio.

Each handler returns new state and the HTML that follows from it. Values that come from the browser are checked here.
"""

import logging
import uuid
from collections import deque
from collections.abc import Iterator, Mapping
from dataclasses import replace
from functools import lru_cache

from assistant.answers import Scope
from assistant.mask import mask_identity_numbers
from assistant.ui_documents import (
    composer_html,
    documents_html,
    example_questions,
    header_html,
    scope_html,
    welcome_html,
)
from assistant.ui_language import texts_in
from assistant.ui_render import conversation_html
from assistant.ui_source import gone_html, source_html
from assistant.ui_state import Answering, Exchange, Opened, Phase, by_id, open_citation, open_passage, turns, years_of
from ingest.document import Document
from vectorstore.errors import VectorStoreError

logger = logging.getLogger(__name__)

Exchanges = tuple[Exchange, ...]
Data = Mapping[str, object]
"""What the browser sends with an event: the `data-` attributes of what was activated, as strings."""


class Chat:
    """The chat's handlers over one assistant, shared by all sessions; a session's state comes in and goes out.

    Args:
        assistant: What answers.
    """

    def __init__(self, assistant: Answering) -> None:
        self._assistant = assistant
        self._examples = lru_cache(maxsize=8)(self._make_examples)
        # Not part of a session's state: an answer under way would write its own view of that over it.
        self._stopped: deque[str] = deque(maxlen=1000)

    def ask(
        self, question: str, exchanges: Exchanges, scope: Scope, language: str
    ) -> Iterator[tuple[Exchanges, str, str]]:
        """Answer a question: the exchanges, the conversation and the form, again and again as the answer grows."""
        question = mask_identity_numbers(question.strip())
        exchanges = self._settled(exchanges)
        history = turns(exchanges)
        current = Exchange(question, id=uuid.uuid4().hex)
        texts = texts_in(language)
        try:
            records = by_id(self._assistant.documents())
            waiting = composer_html(texts, working=True)
            yield (*exchanges, current), conversation_html((*exchanges, current), records, texts), waiting
            for answer in self._assistant.stream(question, history, scope):
                current = replace(current, answer=answer)
                if current.id in self._stopped:
                    return
                yield (*exchanges, current), conversation_html((*exchanges, current), records, texts), waiting
            current = replace(current, phase=Phase.COMPLETE if current.answer else Phase.BROKEN)
        except Exception:  # the door: whatever went wrong, the reader gets a sentence and the log the rest
            current = replace(
                current, phase=Phase.BROKEN, answer=None, reference=_log("A question could not be answered")
            )
            records = {}
        done = (*exchanges, current)
        yield done, conversation_html(done, records, texts), composer_html(texts, working=False)

    def stop(self, exchanges: Exchanges, language: str) -> tuple[Exchanges, str, str]:
        """Mark what was being answered as stopped."""
        self._stopped.extend(exchange.id for exchange in exchanges if exchange.phase == Phase.WORKING)
        exchanges = self._settled(exchanges)
        return exchanges, self.conversation(exchanges, language), self.composer(exchanges, language)

    def conversation(self, exchanges: Exchanges, language: str) -> str:
        """The conversation, or the welcome where there is none yet."""
        texts = texts_in(language)
        records = self._assistant.documents()
        if exchanges:
            return conversation_html(self._settled(exchanges), by_id(records), texts)
        state = tuple((record.id, record.ingested_at) for record in records)
        return welcome_html(self._examples(state, language), not records, texts)

    def composer(self, exchanges: Exchanges, language: str) -> str:
        """The form, waiting while an answer is being made."""
        working = any(exchange.phase == Phase.WORKING for exchange in self._settled(exchanges))
        return composer_html(texts_in(language), working=working)

    def header(self, language: str) -> str:
        """The header."""
        return header_html(texts_in(language))

    def scope(self, scope: Scope, language: str) -> str:
        """What questions are limited to."""
        return scope_html(self._assistant.documents(), scope, texts_in(language))

    def choose_scope(self, data: Data) -> Scope:
        """The scope that the browser asks for; names and years that no document has are left out."""
        records = self._assistant.documents()
        known = {record.organisation for record in records if record.organisation}
        years = {str(year) for record in records for year in years_of(record.period)}
        return Scope(
            organisations=tuple(name for name in _strings(data, "organisations") if name in known),
            years=tuple(int(year) for year in _strings(data, "years") if year in years),
        )

    def cite(self, data: Data, exchanges: Exchanges) -> Opened | None:
        """The source of a citation."""
        index, marker = _number(data, "exchange"), _number(data, "marker")
        answer = exchanges[index].answer if 0 <= index < len(exchanges) else None
        for citation in answer.citations if answer else ():
            if citation.marker == marker:
                document = self._document(citation.document)
                return (
                    open_citation(document, citation, index) if document else Opened(citation.document, citation.page)
                )
        return None

    def passage(self, data: Data, exchanges: Exchanges) -> Opened | None:
        """A passage that came near without answering."""
        index, position = _number(data, "exchange"), _number(data, "index")
        answer = exchanges[index].answer if 0 <= index < len(exchanges) else None
        if answer is None or not 0 <= position < len(answer.retrieved):
            return None
        near = answer.retrieved[position]
        document = self._document(near.document)
        return open_passage(document, near.page, near.text) if document else Opened(near.document, near.page)

    def turn_page(self, data: Data, opened: Opened | None) -> Opened | None:
        """Another page of the open document; what was highlighted stays so."""
        return replace(opened, page=_number(data, "page")) if opened else None

    def browse(self, data: Data) -> Opened | None:
        """The first page of a document in the list."""
        name = data.get("document")
        return Opened(name, 1) if isinstance(name, str) else None

    def source(self, opened: Opened | None, exchanges: Exchanges, language: str) -> str:
        """The source panel, or the list of documents where nothing is open."""
        texts = texts_in(language)
        if opened is None:
            return documents_html(self._assistant.documents(), texts)
        document = self._document(opened.document)
        if document is None or opened.page not in {page.number for page in document.pages}:
            return gone_html(texts)
        index = opened.exchange
        answer = exchanges[index].answer if index is not None and index < len(exchanges) else None
        citations = answer.citations if answer else ()
        return source_html(document, opened, citations, texts)

    def _settled(self, exchanges: Exchanges) -> Exchanges:
        """The exchanges with those that were stopped marked so."""
        return tuple(
            replace(exchange, phase=Phase.STOPPED)
            if exchange.phase == Phase.WORKING and exchange.id in self._stopped
            else exchange
            for exchange in exchanges
        )

    def _document(self, document_id: str) -> Document | None:
        try:
            return self._assistant.document(document_id)
        except VectorStoreError:
            _log(f"{document_id} could not be opened")
            return None

    def _make_examples(self, state: tuple[tuple[str, str], ...], language: str) -> list[str]:
        """Keyed by what is in the store, so that documents are not read again for each session."""
        try:
            return example_questions(self._assistant, self._assistant.documents(), texts_in(language))
        except VectorStoreError:
            _log(f"Questions to begin with could not be made from {len(state)} documents")
            return []


def _log(what: str) -> str:
    """Log the error being handled; returns the number under which it stands in the log."""
    reference = uuid.uuid4().hex[:6]
    logger.exception("%s (error number %s)", what, reference)
    return reference


def _number(data: Data, name: str) -> int:
    """A number from the browser; -1 where it sent none."""
    value = str(data.get(name, ""))
    return int(value) if value.isdecimal() and len(value) < 10 else -1


def _strings(data: Data, name: str) -> list[str]:
    """A list of strings from the browser; empty where it sent none."""
    values = data.get(name)
    return [value for value in values if isinstance(value, str)] if isinstance(values, list) else []
