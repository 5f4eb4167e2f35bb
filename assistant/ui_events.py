"""What happens in the chat when someone asks, opens a source or changes a choice. Knows nothing of Gradio.

Each handler returns new state and the HTML that follows from it. Values that come from the browser are checked here.
"""

import logging
import uuid
from collections import deque
from collections.abc import Iterator
from dataclasses import replace
from functools import lru_cache

from assistant.answers import Scope
from assistant.mask import mask_identity_numbers
from assistant.originals import Originals
from assistant.ui_data import texts_of
from assistant.ui_documents import (
    composer_html,
    documents_html,
    example_questions,
    scope_html,
    welcome_html,
)
from assistant.ui_kept import Kept
from assistant.ui_language import texts_in
from assistant.ui_render import conversation_html
from assistant.ui_source import Look, gone_html, quote_on_page, source_html
from assistant.ui_state import (
    Answering,
    Data,
    Exchange,
    Exchanges,
    Opened,
    Phase,
    by_id,
    open_citation,
    open_passage,
    turns,
    years_of,
)
from assistant.ui_visitor import Visitor
from ingest.document import Document
from vectorstore.errors import VectorStoreError

logger = logging.getLogger(__name__)

_REMEMBERED = 10_000


class Chat:
    """The chat's handlers over one assistant, shared by all sessions; a session's state comes in and goes out.

    Args:
        assistant: What answers.
        kept: What is kept of conversations.
        originals: The files that documents were read from.
    """

    def __init__(self, assistant: Answering, kept: Kept, originals: Originals) -> None:
        self.kept = kept
        self._assistant = assistant
        self._originals = originals
        self._examples = lru_cache(maxsize=8)(self._make_examples)
        # Not part of a session's state: an answer under way would write its own view of that over it.
        self._stopped: deque[str] = deque(maxlen=1000)

    def ask(
        self, question: str, exchanges: Exchanges, scope: Scope, visitor: Visitor
    ) -> Iterator[tuple[Exchanges, str, str]]:
        """Answer a question: the exchanges, the conversation and the form, again and again as the answer grows."""
        question = mask_identity_numbers(question.strip())
        exchanges = tuple(exchange for exchange in self._settled(exchanges) if exchange.phase != Phase.GONE)
        history = turns(exchanges)
        current = Exchange(question, id=uuid.uuid4().hex)
        texts = texts_in(visitor.language)
        try:
            records = by_id(self._assistant.documents())
            waiting = composer_html(texts, working=True)
            yield (*exchanges, current), conversation_html((*exchanges, current), records, texts), waiting
            self.kept.keep(visitor.user, (*exchanges, current))  # the question is there again after a reload
            for answer in self._assistant.stream(question, history, scope):
                current = replace(current, answer=replace(answer, id=current.id))
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
        self.kept.keep(visitor.user, done)
        yield done, conversation_html(done, records, texts), composer_html(texts, working=False)

    def stop(self, exchanges: Exchanges, visitor: Visitor) -> tuple[Exchanges, str, str]:
        """Mark what was being answered as stopped."""
        working = [exchange.id for exchange in exchanges if exchange.phase == Phase.WORKING]
        self._stopped.extend(working)
        exchanges = self._settled(exchanges)
        if working and exchanges[-1].id in working:
            self.kept.keep(visitor.user, exchanges)
        return (
            exchanges,
            self.conversation(exchanges, visitor.language),
            self.composer(exchanges, visitor.language),
        )

    def conversation(self, exchanges: Exchanges, language: str) -> str:
        """The conversation, or the welcome where there is none yet."""
        texts = texts_in(language)
        records = self._assistant.documents()
        if exchanges:
            shown = conversation_html(self._settled(exchanges), by_id(records), texts)
            if exchanges[-1].phase != Phase.GONE:
                return shown
        else:
            shown = ""
        state = tuple((record.id, record.ingested_at) for record in records)
        return shown + welcome_html(self._examples(state, language), not records, texts)

    def composer(self, exchanges: Exchanges, language: str) -> str:
        """The form, waiting while an answer is being made."""
        working = any(exchange.phase == Phase.WORKING for exchange in self._settled(exchanges))
        return composer_html(texts_in(language), working=working)

    def scope(self, scope: Scope, language: str) -> str:
        """What questions are limited to."""
        return scope_html(self._assistant.documents(), scope, texts_in(language))

    def choose_scope(self, data: Data) -> Scope:
        """The scope that the browser asks for; what no document has is left out."""
        records = self._assistant.documents()
        organisations = {record.organisation for record in records if record.organisation}
        types = {record.document_type for record in records if record.document_type}
        years = {str(year) for record in records for year in years_of(record.period)}
        documents = {record.id for record in records}
        return Scope(
            organisations=tuple(name for name in texts_of(data, "organisations") if name in organisations),
            years=tuple(int(year) for year in texts_of(data, "years") if year in years),
            documents=tuple(name for name in texts_of(data, "documents") if name in documents),
            document_types=tuple(name for name in texts_of(data, "types") if name in types),
        )

    def judge(self, data: Data, exchanges: Exchanges, visitor: Visitor) -> str:
        """Keep what the reader says of an answer; the conversation with thanks, or with word that it was not kept."""
        self.kept.judge(data, exchanges, visitor.user)
        return self.conversation(exchanges, visitor.language)

    def forget(self, data: Data, exchanges: Exchanges, visitor: Visitor) -> Exchanges:
        """Delete a conversation, or all; what remains on the page."""
        working = [exchange.id for exchange in exchanges if exchange.phase == Phase.WORKING]
        left = self.kept.forget(data, exchanges, visitor.user)
        self._stopped.extend(working if not left else ())
        return left

    def cite(self, data: Data, exchanges: Exchanges, before: Opened | None = None) -> Opened | None:
        """The source of a citation, looked at in the manner of what was open before."""
        index, marker = _number(data, "exchange"), _number(data, "marker")
        answer = exchanges[index].answer if 0 <= index < len(exchanges) else None
        for citation in answer.citations if answer else ():
            if citation.marker == marker:
                document = self._document(citation.document)
                opened = (
                    open_citation(document, citation, index) if document else Opened(citation.document, citation.page)
                )
                return replace(opened, as_text=before is not None and before.as_text)
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

    def look(self, data: Data, opened: Opened | None) -> Opened | None:
        """The open page as picture or as text."""
        return replace(opened, as_text=data.get("as") == "text") if opened else None

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
        return source_html(document, opened, citations, self._look(document, opened), texts)

    def _look(self, document: Document, opened: Opened) -> Look:
        record = by_id(self._assistant.documents()).get(document.id)
        if record is None:
            return Look()
        quote = quote_on_page(document, opened)
        picture = self._originals.picture(record, document, opened.page, quote=quote)
        return Look(picture, self._originals.path(record, document) is not None)

    def _settled(self, exchanges: Exchanges) -> Exchanges:
        """The exchanges with those that were stopped marked so, and with what was said of them since."""
        return tuple(
            replace(exchange, phase=Phase.STOPPED)
            if exchange.phase == Phase.WORKING and exchange.id in self._stopped
            else replace(exchange, verdict=self.kept.verdict(exchange))
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
