"""The assistant: a question goes in, an answer with citations comes out."""

import time
import unicodedata
import uuid
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from functools import lru_cache
from hashlib import sha256
from importlib.resources import files
from pathlib import Path

from assistant.answers import Answer, AnswerStatus, Citation, Retrieved, Scope, Turn
from assistant.find import Finder, Found
from assistant.mask import MASK, mask_identity_numbers
from assistant.messages import message
from assistant.model import Tally, open_model
from assistant.rewrite import rewrite_question
from assistant.score import Scored
from assistant.settings import Settings, load_settings
from assistant.stages import stage
from assistant.tell import Outcome
from assistant.understand import Question, asks_about_assistant, is_empty, understand
from assistant.write_by_model import ModelWriter
from assistant.write_out import write_nearest, write_out
from ingest.document import Document
from prompts import prompt_digest
from vectorstore.contents import digest_contents
from vectorstore.reader import Reader
from vectorstore.store import Store
from vectorstore.types import DocumentRecord, Hit

EXTRACTIVE = "extractive"
"""The setting, and the name, of the composer that needs no language model."""

_STATUSES = {
    Outcome.GROWING: AnswerStatus.ANSWERED,
    Outcome.WHOLE: AnswerStatus.ANSWERED,
    Outcome.PARTIAL: AnswerStatus.PARTIAL,
    Outcome.ABSTAINED: AnswerStatus.NOT_FOUND,
}
"""How an answer ends that a language model wrote; where its outcome is another, the composer answers."""


class Assistant:
    """Answers questions from one store.

    Args:
        store: Where the documents are.
        settings: How answers are made.
        reader: Ranks what is found anew; None leaves it as it was found.
    """

    def __init__(self, store: Store, settings: Settings, reader: Reader | None = None) -> None:
        self._store = store
        self._reader = reader
        self._settings = settings
        self._writer: ModelWriter | None = None
        if settings.model != EXTRACTIVE:
            self._writer = ModelWriter(open_model(settings), self._nearness)
        self._document = lru_cache(maxsize=256)(self._read_document)
        self._finder = Finder(store, reader, settings.top_k, self.document)

    @classmethod
    def open(
        cls, data_dir: Path | None = None, settings: Settings | None = None, *, repeatable: bool = False
    ) -> "Assistant":
        """Open the assistant over a data folder.

        Args:
            data_dir: The folder that `utblick ingest --data` wrote; None for the one that the settings name.
            settings: None reads them from environment and `utblick.toml`.
            repeatable: Answer a question in the same way whatever was asked before, for evaluation: vectors are
                otherwise calculated in the way that is quickest by now, and may differ in the last bits.

        Raises:
            EmbeddingError: The embedding model cannot be loaded.
            FingerprintMismatch: The store was built with another model.
            ReaderError: The reranker cannot be loaded.
            StoreDamaged: The store cannot be read.
        """
        from vectorstore.embed import SentenceEmbeddings
        from vectorstore.open_reader import open_reader

        settings = settings or load_settings(data=data_dir)
        embeddings = SentenceEmbeddings.load(settings.embedding_model, settings.cache, repeatable=repeatable)
        store = Store(data_dir or settings.data, embeddings)
        store.check_fingerprint()
        return cls(store, settings, open_reader(settings.reranker, settings.cache))

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
        question = mask_identity_numbers(question if isinstance(question, str) else "")
        history = [Turn(mask_identity_numbers(turn.question), mask_identity_numbers(turn.answer)) for turn in history]
        identifier = answer_id or uuid.uuid4().hex[:12]
        declined = self._declined(question, history)
        if declined:
            status, language, text = declined
            yield Answer(identifier, question, question, language, status, text, seconds=time.perf_counter() - began)
            return
        tally = Tally()
        with stage("understand"):
            understood = self._understand(_well_formed(question), history, scope, tally)
        found = self._finder.find(understood)
        documents = {entry.unit.document: self.document(entry.unit.document) for entry in found.scored}
        retrieved = tuple(_retrieved(hit) for hit in found.hits)

        def packed(written: _Written) -> Answer:
            return Answer(
                id=identifier,
                question=question,
                standalone_question=understood.standalone,
                language=understood.language,
                status=written.status,
                text=written.text,
                citations=written.citations,
                retrieved=retrieved,
                seconds=time.perf_counter() - began,
                model=written.model,
                writing=tally.writing(),
            )

        written = None
        with stage("write"):
            for written in self._write_by_model(understood, found.evidence, documents, tally):
                if written is not None and written.text:
                    yield packed(written)
            written = written or self._write(understood, found, documents)
        if written.status == AnswerStatus.NOT_FOUND:
            written = replace(self._not_found(understood, found.scored, documents), model=written.model)
        if tally.failure:
            written = replace(written, text=_noted(written, understood.language))
        answer = packed(written)
        if written.model == EXTRACTIVE:
            yield from _growing(answer)
        yield answer

    def read_closely(self, question: str, history: Sequence[Turn] = (), scope: Scope | None = None) -> list[Scored]:
        """The evidence units that an answer would be composed from, best first; for calibration and evaluation."""
        understood = understand(_well_formed(mask_identity_numbers(question)), history, scope, self._organisations())
        return list(self._finder.read(understood).scored)

    @property
    def store(self) -> Store:
        """Where the documents are; for what adds to it and removes from it beside the answering."""
        return self._store

    def documents(self) -> list[DocumentRecord]:
        """All documents in the store, by identifier."""
        return self._store.catalog.records()

    def document(self, document_id: str) -> Document:
        """A stored document with its pages and blocks.

        Raises:
            UnknownDocument: No document has this identifier.
        """
        return self._document(document_id, self._store.catalog.state)

    def page_text(self, document_id: str, page: int) -> str:
        """The stored text of a page, to which the offsets of citations refer.

        Raises:
            UnknownDocument: No such document or page.
        """
        return self._store.catalog.page_text(document_id, page)

    def describe(self) -> dict[str, str]:
        """What decides the answers: two runs with the same description give the same ones."""
        from importlib.metadata import version

        return {
            "version": version("utblick"),
            "model": self._settings.model,
            "fingerprint": self._store.fingerprint,
            "reranker": self._reader.fingerprint if self._reader else "none",
            "documents": digest_contents(self._store.catalog),
            "top_k": str(self._settings.top_k),
            "prompts": "/".join(prompt_digest(name, language) for name in self._prompts() for language in ("sv", "en"))
            or "none",
            "weights": sha256(files("assistant").joinpath("weights.json").read_bytes()).hexdigest()[:12],
        }

    def _prompts(self) -> list[str]:
        """Names of the prompts that are used."""
        return [self._writer.model.prompt(name) for name in ("answer", "standalone")] if self._writer else []

    def close(self) -> None:
        """Close the store."""
        self._store.close()

    def _read_document(self, document_id: str, state: str) -> Document:
        """Keyed by the catalog's state, so that a replaced or restored document is read anew."""
        return self._store.catalog.document(document_id)

    def _declined(self, question: str, history: Sequence[Turn]) -> tuple[AnswerStatus, str, str] | None:
        """Status, language and message where a question is not looked into: no words, too long, or about nothing."""
        language = understand(question[:500].strip() or "?", history).language
        limit = self._settings.max_question_characters
        if not any(character.isalpha() for character in question.replace(MASK, "")):
            return AnswerStatus.REFUSED, language, message("empty_question", language)
        if len(question) > limit:
            return AnswerStatus.REFUSED, language, message("long_question", language, limit=limit)
        if asks_about_assistant(question):
            return AnswerStatus.NEEDS_CLARIFICATION, language, message("about_assistant", language)
        if not history and is_empty(question):
            return AnswerStatus.NEEDS_CLARIFICATION, language, message("unclear_question", language)
        return None

    def _understand(self, text: str, history: Sequence[Turn], scope: Scope | None, tally: Tally) -> Question:
        """The question in its conversation; a follow-up as the language model words it, where one is set and may."""
        organisations = self._organisations()
        understood = understand(text, history, scope, organisations)
        if self._writer is None or understood.standalone == text:
            return understood
        rewritten = rewrite_question(self._writer.model, text, history, understood.language, tally)
        return understand(rewritten, (), scope, organisations) if rewritten else understood

    def _organisations(self) -> list[str]:
        """The organisations that have documents here."""
        return sorted({record.organisation for record in self.documents() if record.organisation})

    def _write(self, question: Question, found: Found, documents: Mapping[str, Document]) -> "_Written":
        """The answer by the composer."""
        draft = found.draft(question, documents)
        text, citations = write_out(draft, documents, None if found.sections else question.kind)
        return _Written(draft.status, text, citations, EXTRACTIVE)

    def _write_by_model(
        self, question: Question, scored: Sequence[Scored], documents: Mapping[str, Document], tally: Tally
    ) -> "Iterator[_Written | None]":
        """The answer by the language model as it grows; None at last where nothing comes of it."""
        if self._writer is None:
            return
        for drafted in self._writer.write(question, scored, documents, tally):
            status = _STATUSES.get(drafted.outcome)
            yield _Written(status, drafted.text, drafted.citations, self._settings.model) if status else None

    def _nearness(self, one: str, other: str) -> float:
        """Cosine of two texts, which may be in different languages."""
        vectors = self._store.embed([one, other], "query")
        return float(vectors[0] @ vectors[1])

    def _not_found(self, question: Question, scored: Sequence[Scored], documents: Mapping[str, Document]) -> "_Written":
        """That the documents do not say, what was searched, and what comes nearest, quoted."""
        numbers = self._store.catalog.numbers(question.scope.limits)
        count = len(self.documents()) if numbers is None else len(numbers)
        if not scored:
            text = message("nothing_in_scope" if self.documents() else "empty_store", question.language)
            return _Written(AnswerStatus.NOT_FOUND, text, (), EXTRACTIVE)
        nearest, citations = write_nearest(scored[0], documents[scored[0].unit.document])
        unknown = [message("no_document_from", question.language, name=name) for name in question.strangers]
        text = " ".join((*unknown, message("not_found", question.language, count=count)))
        return _Written(AnswerStatus.NOT_FOUND, f"{text}\n\n{nearest}", citations, EXTRACTIVE)


@dataclass(frozen=True, slots=True)
class _Written:
    """An answer as it was written, before it is packed."""

    status: AnswerStatus
    text: str
    citations: tuple[Citation, ...]
    model: str


def _well_formed(question: str) -> str:
    """The question trimmed, composed, and without control characters, lone surrogates and what was masked."""
    composed = unicodedata.normalize("NFC", question.replace(MASK, "…").encode("utf-8", "ignore").decode("utf-8"))
    return " ".join("".join(" " if unicodedata.category(sign) == "Cc" else sign for sign in composed).split())


def _noted(written: "_Written", language: str) -> str:
    """The text after a note that the language model failed."""
    if written.status in (AnswerStatus.ANSWERED, AnswerStatus.PARTIAL):
        return f"{message('model_failed', language)} {message('own_sentences', language)}\n\n{written.text}"
    return f"{message('model_failed', language)} {written.text}"


def _retrieved(hit: Hit) -> Retrieved:
    chunk = hit.chunk
    return Retrieved(chunk.document, chunk.first_page, chunk.headings, round(hit.score, 4), chunk.text)


def _growing(answer: Answer) -> Iterator[Answer]:
    """The answer line by line, without its citations, for a reader who sees it appear."""
    lines = answer.text.split("\n")
    for count in range(1, len(lines)):
        yield replace(answer, text="\n".join(lines[:count]))
