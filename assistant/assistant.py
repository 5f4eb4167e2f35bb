"""The assistant: a question goes in, an answer with citations comes out."""

import time
import uuid
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import replace
from functools import lru_cache
from pathlib import Path

from assistant.answer import Draft, Thresholds, compose, write_out
from assistant.answers import Answer, AnswerStatus, Retrieved, Scope, Turn
from assistant.evidence import Unit, embedded_text, find_units
from assistant.messages import message
from assistant.score import Scored, score_units, weigh_terms
from assistant.settings import Settings, load_settings
from assistant.understand import Question, understand
from ingest.document import Document, Field
from vectorstore.search import search
from vectorstore.store import Store
from vectorstore.types import DocumentRecord, Filter, Hit

CLOSE_READ = 16
"""How many evidence units are embedded for one question: what a processor without matrix units does in a tenth of a second."""


class Assistant:
    """Answers questions from one store.

    Args:
        store: Where the documents are.
        settings: How answers are made.
    """

    def __init__(self, store: Store, settings: Settings) -> None:
        self._store = store
        self._settings = settings
        self._document = lru_cache(maxsize=256)(self._read_document)

    @classmethod
    def open(cls, data_dir: Path | None = None, settings: Settings | None = None) -> "Assistant":
        """Open the assistant over a data folder.

        Args:
            data_dir: The folder that `utblick ingest --data` wrote; None for the one that the settings name.
            settings: None reads them from environment and `utblick.toml`.

        Raises:
            EmbeddingError: The embedding model cannot be loaded.
            FingerprintMismatch: The store was built with another model.
            StoreDamaged: The store cannot be read.
        """
        from vectorstore.embed import SentenceEmbeddings

        settings = settings or load_settings(data=data_dir)
        embeddings = SentenceEmbeddings.load(settings.embedding_model, settings.cache)
        store = Store(data_dir or settings.data, embeddings)
        store.check_fingerprint()
        return cls(store, settings)

    def ask(
        self,
        question: str,
        history: Sequence[Turn] = (),
        scope: Scope | None = None,
        answer_id: str | None = None,
    ) -> Answer:
        """Answer one question.

        Args:
            question: Swedish or English.
            history: Earlier turns of the conversation, oldest first.
            scope: Limits the documents; None for all.
            answer_id: Identifier for the answer; None makes one.

        Returns:
            The answer. What cannot be answered has a status that says so; nothing is raised for it.
        """
        *_, last = self.stream(question, history, scope, answer_id)
        return last

    def stream(
        self,
        question: str,
        history: Sequence[Turn] = (),
        scope: Scope | None = None,
        answer_id: str | None = None,
    ) -> Iterator[Answer]:
        """Answer one question, as `ask` does, and hand out the answer as it grows; the last one is complete."""
        began = time.perf_counter()
        identifier = answer_id or uuid.uuid4().hex[:12]
        refusal = self._refusal(question)
        if refusal:
            language = understand(question or "?").language
            yield Answer(
                identifier, question, question, language, AnswerStatus.REFUSED, refusal, seconds=time.perf_counter() - began
            )
            return
        understood = understand(question.strip(), history, scope, self._organisations())
        hits = self._retrieve(understood)
        scored = self._score(understood, hits)
        documents = {entry.unit.document: self.document(entry.unit.document) for entry in scored}
        draft = compose(understood, scored, documents, Thresholds())
        text, citations = write_out(draft, documents)
        if draft.status == AnswerStatus.NOT_FOUND:
            text = self._not_found(understood, hits)
        answer = Answer(
            id=identifier,
            question=question,
            standalone_question=understood.standalone,
            language=understood.language,
            status=draft.status,
            text=text,
            citations=citations,
            retrieved=tuple(_retrieved(hit) for hit in hits),
            seconds=time.perf_counter() - began,
            model="extractive",
        )
        yield from _growing(answer)
        yield answer

    def documents(self) -> list[DocumentRecord]:
        """All documents in the store, by identifier."""
        return self._store.catalog.records()

    def document(self, document_id: str) -> Document:
        """A stored document with its pages and blocks.

        Raises:
            UnknownDocument: No document has this identifier.
        """
        return self._document(document_id, self._store.catalog.change)

    def page_text(self, document_id: str, page: int) -> str:
        """The stored text of a page, to which the offsets of citations refer.

        Raises:
            UnknownDocument: No such document or page.
        """
        return self._store.catalog.page_text(document_id, page)

    def close(self) -> None:
        """Close the store."""
        self._store.close()

    def _read_document(self, document_id: str, change: int) -> Document:
        """Keyed by the change counter, so that a replaced document is read anew."""
        return self._store.catalog.document(document_id)

    def _refusal(self, question: str) -> str | None:
        language = "sv"
        if not question.strip() or not any(character.isalpha() for character in question):
            return message("empty_question", language)
        if len(question) > self._settings.max_question_characters:
            return message("long_question", language, limit=self._settings.max_question_characters)
        return None

    def _retrieve(self, question: Question) -> list[Hit]:
        """The best passages; where several organisations are asked about, the best of each as well."""
        scope, top_k = question.scope, self._settings.top_k
        limits = Filter(documents=scope.documents, organisations=scope.organisations, years=scope.years)
        hits = search(self._store, question.standalone, top_k=top_k, language=question.language, limits=limits)
        if len(question.organisations) > 1:
            known = {hit.chunk.id for hit in hits}
            for organisation in question.organisations:
                own = replace(limits, organisations=(organisation,))
                more = search(self._store, question.standalone, top_k=3, language=question.language, limits=own)
                hits += [hit for hit in more if hit.chunk.id not in known]
        return hits

    def _organisations(self) -> list[str]:
        """The organisations that have documents here."""
        return sorted({record.organisation for record in self.documents() if record.organisation})

    def _score(self, question: Question, hits: Sequence[Hit]) -> list[Scored]:
        by_document: dict[str, list[Hit]] = {}
        for hit in hits:
            by_document.setdefault(hit.chunk.document, []).append(hit)
        documents = {document_id: self.document(document_id) for document_id in by_document}
        units: list[Unit] = [
            unit for document_id, own in by_document.items() for unit in find_units(documents[document_id], own)
        ]
        if not units:
            return []
        terms = weigh_terms(question, self._store.catalog.idf)
        first = _worth_close_reading(
            question, score_units(question, terms, units, documents, [unit.hit.dense for unit in units]), documents
        )
        query = self._store.embed([question.standalone], "query")[0]
        texts = [embedded_text(entry.unit, documents[entry.unit.document]) for entry in first]
        cosines = [float(cosine) for cosine in self._store.embed(texts, "passage") @ query]
        return score_units(question, terms, [entry.unit for entry in first], documents, cosines)

    def _not_found(self, question: Question, hits: Sequence[Hit]) -> str:
        count = len(self._store.catalog.files())
        if not hits:
            return message("empty_store" if not count else "nothing_in_scope", question.language)
        titles = list(dict.fromkeys(self.document(hit.chunk.document).title for hit in hits))[:2]
        return message("not_found", question.language, count=count, nearest="; ".join(titles))


def _worth_close_reading(
    question: Question, scored: Sequence[Scored], documents: Mapping[str, Document]
) -> list[Scored]:
    """The best units; where several organisations are asked about, a fair share of each one's."""
    if len(question.organisations) < 2:
        return list(scored[:CLOSE_READ])
    share = max(CLOSE_READ // len(question.organisations), 3)
    chosen: list[Scored] = []
    for organisation in question.organisations:
        own = [entry for entry in scored if documents[entry.unit.document].fact(Field.ORGANISATION) == organisation]
        chosen += own[:share]
    return chosen


def _retrieved(hit: Hit) -> Retrieved:
    chunk = hit.chunk
    return Retrieved(chunk.document, chunk.first_page, chunk.headings, round(hit.score, 4), chunk.text)


def _growing(answer: Answer) -> Iterator[Answer]:
    """The answer line by line, without its citations, for a reader who sees it appear."""
    lines = answer.text.split("\n")
    for count in range(1, len(lines)):
        yield replace(answer, text="\n".join(lines[:count]))
