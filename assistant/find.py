"""Find the evidence for a question: passages, the units in them, and what each unit is worth."""

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, replace

from assistant.answer import Draft, Thresholds, compose, compose_parts, speaking_of
from assistant.answers import AnswerStatus
from assistant.divide import Part, divide
from assistant.evidence import embedded_text, find_units
from assistant.facts import fields_asked, find_fact_units
from assistant.listed import repeats
from assistant.score import Scored, answer_threshold, score_units, weigh_terms
from assistant.section import find_sections, subject_of
from assistant.stages import stage
from assistant.understand import Question
from assistant.verify import addresses_model
from ingest.document import Document
from vectorstore.reader import Reader
from vectorstore.scope import find_mentions
from vectorstore.search import search
from vectorstore.spread import LEAST
from vectorstore.store import Store
from vectorstore.types import Hit

CLOSE_READ = 6
"""How many evidence units in another language are embedded for one question, where words cannot tell them apart.

In the question's own language the passage's vector does as well: over 159 questions with an answer, embedding 24 units
of each put the right one first for 89, the passage's vector for 89.
"""


@dataclass(frozen=True, slots=True)
class Found:
    """What was found for a question.

    Attributes:
        hits: Passages, best first.
        scored: Evidence units in them, best first.
        evidence: Those that may be told: that speak of whom the question is about.
        parts: The parts that the question has, each with its evidence; empty where it has none.
        whole: The evidence for the question as a whole; empty where its parts were enough.
        sections: The sections that are headed by what the question wants to be told about, each statement with its
            label; empty where there are none.
    """

    hits: tuple[Hit, ...]
    scored: tuple[Scored, ...]
    evidence: tuple[Scored, ...]
    parts: tuple[tuple[Part, tuple[Scored, ...]], ...] = ()
    whole: tuple[Scored, ...] = ()
    sections: tuple[tuple[str, Scored], ...] = ()

    def draft(self, question: Question, documents: Mapping[str, Document]) -> Draft:
        """The answer: a section, or part by part where each part has one, as a whole, as far as the parts have one."""
        if self.sections:
            return Draft(AnswerStatus.ANSWERED, self.sections)
        thresholds = Thresholds(answer_threshold(self.evidence))
        if not self.parts:
            return compose(question, self.evidence, documents, thresholds)
        divided = compose_parts(self.parts, documents, thresholds)
        if divided.status == AnswerStatus.ANSWERED:
            return divided
        whole = compose(question, self.whole, documents, thresholds)
        return whole if whole.status == AnswerStatus.ANSWERED or not divided.statements else divided


class Finder:
    """Finds the evidence for questions in one store.

    Args:
        store: Where the documents are.
        reader: Ranks what is found anew; None leaves it as it was found.
        top_k: Passages that a question is answered from.
        document: Gives a stored document by its identifier.
    """

    def __init__(self, store: Store, reader: Reader | None, top_k: int, document: Callable[[str], Document]) -> None:
        self._store = store
        self._reader = reader
        self._top_k = top_k
        self._document = document

    def find(self, question: Question) -> Found:
        """The evidence for a question, for each of its parts where it has several."""
        if subject_of(question):
            told = self.read(question)
            if told.sections:
                return told
        parts = divide(question, self._store.catalog.records())
        if not parts:
            return self.read(question)
        read = [self.read(part.question) for part in parts]
        divided = tuple((part, found.evidence) for part, found in zip(parts, read, strict=True))
        together = _together(read, divided)
        documents = {entry.unit.document: self._document(entry.unit.document) for entry in together.scored}
        if together.draft(question, documents).status == AnswerStatus.ANSWERED:
            return together
        whole = self.read(question)
        return replace(_together([*read, whole], divided), whole=whole.evidence)

    def read(self, question: Question) -> Found:
        """The evidence for a question as a whole."""
        with stage("retrieve"):
            hits = self._retrieve(question)
        with stage("score"):
            harmless = self._harmless(hits)
            scored = self._score(question, harmless)
            sections = self._sections(question, harmless)
        certain = [entry for _, entry in sections]
        others = [entry for entry in scored if not any(repeats(entry.unit, told.unit) for told in certain)]
        documents = {entry.unit.document: self._document(entry.unit.document) for entry in [*certain, *scored]}
        evidence = speaking_of(question, [*certain, *others], documents)
        told = tuple((label, entry) for label, entry in sections if entry in evidence)
        return Found(tuple(hits), tuple(scored), tuple(evidence), sections=told)

    def _retrieve(self, question: Question) -> list[Hit]:
        """The best passages; where several organisations are asked about, more, with the best of each among them."""
        several = len(question.organisations) if len(question.organisations) > 1 else 0
        return search(
            self._store,
            question.standalone,
            top_k=self._top_k + LEAST * several,
            language=question.language,
            limits=question.scope.limits,
            mentions=replace(
                find_mentions(question.standalone, self._store.catalog.records()), organisations=question.organisations
            ),
            reader=self._reader,
        )

    def _harmless(self, hits: Sequence[Hit]) -> list[Hit]:
        """The passages that command nobody; others are shown as retrieved, and no answer is made of them."""
        return [
            hit
            for hit in hits
            if not addresses_model(
                "\n".join((self._document(hit.chunk.document).title, *hit.chunk.headings, hit.chunk.text))
            )
        ]

    def _sections(self, question: Question, hits: Sequence[Hit]) -> list[tuple[str, Scored]]:
        """The sections that are headed by what the question wants to be told about, as certain evidence."""
        documents = {hit.chunk.document: self._document(hit.chunk.document) for hit in hits}
        found = find_sections(question, hits, documents)
        if not found:
            return []
        terms = weigh_terms(question, self._store.catalog.idf)
        statements: list[tuple[str, Scored]] = []
        for organisation, units in found:
            scored = score_units(question, terms, units, documents, [unit.hit.dense for unit in units])
            own: list[Scored] = []
            for entry in sorted(scored, key=lambda entry: entry.unit.spans):
                if not addresses_model(entry.unit.text) and not any(repeats(entry.unit, told.unit) for told in own):
                    own.append(replace(entry, probability=1.0, certainty=1.0))
            labels = [organisation if len(found) > 1 else "", *([""] * len(own))]
            statements += zip(labels, own, strict=False)
        return statements

    def _documents_of(self, question: Question) -> dict[str, Document]:
        """The documents of the organisations that a question names, as far as its scope allows."""
        return {
            record.id: self._document(record.id)
            for record in self._store.catalog.records()
            if record.organisation in question.organisations and question.scope.limits.passes(record)
        }

    def _score(self, question: Question, hits: Sequence[Hit]) -> list[Scored]:
        """The evidence units in the passages found, and what documents state of themselves where that is asked."""
        by_document: dict[str, list[Hit]] = {}
        for hit in hits:
            by_document.setdefault(hit.chunk.document, []).append(hit)
        documents = {document_id: self._document(document_id) for document_id in by_document}
        found = {
            (document_id, unit.spans): unit
            for document_id, own in by_document.items()
            for unit in find_units(documents[document_id], own)
        }
        if fields_asked(question):
            documents |= self._documents_of(question)
            found |= {(unit.document, unit.spans): unit for unit in find_fact_units(question, documents, hits)}
        units = list(found.values())
        if not units:
            return []
        terms = weigh_terms(question, self._store.catalog.idf)
        cosines = [unit.hit.dense for unit in units]
        scored = score_units(question, terms, units, documents, cosines)
        foreign = [entry.unit for entry in scored if entry.features.foreign][:CLOSE_READ]
        if not foreign:
            return scored
        query = self._store.embed([question.standalone], "query")[0]
        vectors = self._store.embed([embedded_text(unit, documents[unit.document]) for unit in foreign], "passage")
        near = {
            (unit.document, unit.spans): float(vector @ query) for unit, vector in zip(foreign, vectors, strict=True)
        }
        cosines = [near.get(key, cosine) for key, cosine in zip(found, cosines, strict=True)]
        return score_units(question, terms, units, documents, cosines)


def _together(found: Sequence[Found], parts: tuple[tuple[Part, tuple[Scored, ...]], ...]) -> Found:
    """What was found for the parts of a question, each thing once."""
    hits: dict[tuple[str, int, int], Hit] = {}
    for hit in sorted((hit for one in found for hit in one.hits), key=lambda hit: hit.rank):
        hits.setdefault((hit.chunk.document, hit.chunk.start, hit.chunk.end), hit)
    ranked = tuple(replace(hit, rank=rank) for rank, hit in enumerate(hits.values(), start=1))
    return Found(ranked, _each_once(one.scored for one in found), _each_once(one.evidence for one in found), parts)


def _each_once(lists: Iterable[Sequence[Scored]]) -> tuple[Scored, ...]:
    """Evidence units of several lists, each once as it is worth most, best first."""
    best: dict[tuple[str, tuple[tuple[int, int], ...]], Scored] = {}
    for entry in sorted((entry for one in lists for entry in one), key=lambda entry: -entry.probability):
        best.setdefault((entry.unit.document, entry.unit.spans), entry)
    return tuple(best.values())
