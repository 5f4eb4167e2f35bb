"""Score one answer against what its case expects."""

from collections.abc import Collection, Mapping
from dataclasses import dataclass, field
from enum import StrEnum
from typing import Protocol

from assistant.answers import Answer, AnswerStatus, Citation
from evals.cases import Case
from evals.match import count_words, divide_sentences, documents_of, find_markers, fold, overlap, states_fact
from evals.support import citation_values, judge_citations
from vectorstore.errors import UnknownDocument

ANSWERED = frozenset({AnswerStatus.ANSWERED, AnswerStatus.PARTIAL})
ABSTAINED = frozenset({AnswerStatus.NOT_FOUND, AnswerStatus.NEEDS_CLARIFICATION, AnswerStatus.REFUSED})

_LANGUAGES = frozenset({"sv", "en"})
_OF_ANSWERS = (
    "citations_valid", "sentences_cited", "every_sentence_cited", "citation_recall", "citation_precision",
)  # fmt: skip
"""What is measured on answers alone."""


class PageSource(Protocol):
    """Where the stored text of pages can be read."""

    def page_text(self, document: str, page: int, /) -> str:
        """The stored text of a page, counted from 1.

        Raises:
            LookupError: There is no such page; `UnknownDocument` says the same.
        """
        ...


class Outcome(StrEnum):
    """How a question came out."""

    RIGHT = "right"
    WRONG = "wrong"
    NEEDLESS_ABSTENTION = "needless_abstention"
    ANSWERED_UNANSWERABLE = "answered_unanswerable"
    FAILED = "failed"
    NOT_JUDGED = "not_judged"


@dataclass(frozen=True, slots=True)
class Score:
    """What was measured on one question.

    Attributes:
        case: The question and what was expected.
        answer: What came.
        outcome: How it came out.
        values: Value of each measure that applies to the question; yes is 1.0, no is 0.0.
        faults: What is wrong, in words; empty when nothing is.
        framing: Number of headings and introducing lines in the answer, which need no citation.
        stages: Seconds of each stage of the answer, by name, where they were measured.
        verdicts: What is to be said of each citation, by its marker.
    """

    case: Case
    answer: Answer
    outcome: Outcome
    values: Mapping[str, float]
    faults: tuple[str, ...] = ()
    framing: int = 0
    stages: Mapping[str, float] = field(default_factory=dict)
    verdicts: Mapping[int, str] = field(default_factory=dict)


def score_answer(case: Case, answer: Answer, page_source: PageSource, documents: Collection[str]) -> Score:
    """Score one answer.

    Facts, sources and pages count as missing where the answer failed or abstains, whatever its text shows.

    Args:
        case: The question and what is expected.
        answer: Its answer.
        page_source: Where the pages that citations name can be read.
        documents: Identifiers of the documents that a source key can mean.
    """
    values: dict[str, float] = {"seconds": answer.seconds, "failed": float(answer.status is AnswerStatus.FAILED)}
    faults: list[str] = []
    if case.expects_answer is not None:
        values["answered"] = float(answer.status in ANSWERED)
        values["abstained"] = float(answer.status in ABSTAINED)
    if case.expects_answer:
        faults += _score_facts(case, answer, values) + _score_sources(case, answer, documents, values)
    faults += _score_language(case, answer, values) + _score_citations(answer, page_source, values)
    framing = 0
    if answer.status in ANSWERED:
        invalid = {citation.marker for citation in answer.citations if not is_valid(citation, page_source)}
        framing, uncited = _score_sentences(answer, invalid, values)
        faults += uncited
    outcome = _outcome(case, answer, values)
    if case.expects_answer is False or case.facts or case.sources:
        values["right"] = float(outcome is Outcome.RIGHT)
        values["wrong"] = float(outcome in (Outcome.WRONG, Outcome.ANSWERED_UNANSWERABLE))
    if answer.status is AnswerStatus.FAILED:
        faults = [answer.text or "failed without a reason"]
        # Nothing vanishes from a mean by failing.
        values |= dict.fromkeys(_OF_ANSWERS, 0.0)
        if case.expects_answer and case.sources:
            values["citations_in_sources"] = 0.0
    verdicts = _judge_places(case, answer, page_source, documents)
    return Score(case, answer, outcome, values, tuple(faults), framing, verdicts=verdicts)


def is_valid(citation: Citation, page_source: PageSource) -> bool:
    """Whether a citation's quote is what stands on its page at the place it names."""
    try:
        page = page_source.page_text(citation.document, citation.page)
    except (LookupError, UnknownDocument):
        return False
    inside = 0 <= citation.start < citation.end <= len(page)
    return inside and page[citation.start : citation.end] == citation.quote


def _judge_places(case: Case, answer: Answer, page_source: PageSource, documents: Collection[str]) -> dict[int, str]:
    """For each citation whether it stands where it says, and whether that is where the case expects it."""
    meant = {document for source in case.sources for document in documents_of(source, documents)}
    pages = {(document, gold.page) for gold in case.pages for document in documents_of(gold.source, documents)}
    verdicts: dict[int, str] = {}
    for citation in answer.citations:
        if not is_valid(citation, page_source):
            verdicts[citation.marker] = "does not stand there"
        elif not meant:
            verdicts[citation.marker] = "stands there"
        elif citation.document not in meant:
            verdicts[citation.marker] = "stands there; another document than expected"
        elif pages and (citation.document, citation.page) not in pages:
            verdicts[citation.marker] = "stands there; another page than expected"
        else:
            verdicts[citation.marker] = "stands there, as expected"
    return verdicts


def _score_facts(case: Case, answer: Answer, values: dict[str, float]) -> list[str]:
    if not case.facts:
        return []
    text = fold(answer.text) if answer.status in ANSWERED else ""
    missing = [spellings for spellings in case.facts if not states_fact(text, spellings)]
    values["facts_found"] = 1 - len(missing) / len(case.facts)
    values["all_facts_found"] = float(not missing)
    return [f"fact missing: {' / '.join(spellings)}" for spellings in missing]


def _score_sources(case: Case, answer: Answer, documents: Collection[str], values: dict[str, float]) -> list[str]:
    """Documents, pages and passages that must be cited: any of them, or every source where the case says so."""
    enough = all if case.all_sources else any
    cited = {(citation.document, citation.page) for citation in answer.citations if answer.status in ANSWERED}
    keys = dict.fromkeys([*case.sources, *(gold.source for gold in case.pages)])
    meant = {key: documents_of(key, documents) for key in keys}
    faults: list[str] = []
    if case.sources:
        found = {key: any(document in meant[key] for document, _ in cited) for key in case.sources}
        values["right_source_cited"] = float(enough(found.values()))
        values["sources_cited"] = sum(found.values()) / len(found)
        if cited:
            right = set().union(*(meant[key] for key in case.sources))
            inside = sum(citation.document in right for citation in answer.citations)
            values["citations_in_sources"] = inside / len(answer.citations)
        if not values["right_source_cited"]:
            faults += [f"source not cited: {key}" for key, is_cited in found.items() if not is_cited]
    if case.pages:
        # With every source needed, one of each source's pages is.
        on_page = dict.fromkeys((gold.source for gold in case.pages), False)
        for gold in case.pages:
            on_page[gold.source] |= any((document, gold.page) in cited for document in meant[gold.source])
        values["gold_page_cited"] = float(enough(on_page.values()))
        if not values["gold_page_cited"]:
            faults += [
                f"page not cited: {gold.source}, page {gold.page}" for gold in case.pages if not on_page[gold.source]
            ]
    if case.quotes:
        shown = [fold(citation.quote) for citation in answer.citations if answer.status in ANSWERED]
        found_quotes = [any(overlap(fold(quote), text) for text in shown) for quote in case.quotes]
        values["gold_quote_cited"] = float(enough(found_quotes))
    return faults


def _score_language(case: Case, answer: Answer, values: dict[str, float]) -> list[str]:
    if case.lang not in _LANGUAGES:
        return []
    values["language_kept"] = float(answer.language == case.lang and answer.status is not AnswerStatus.FAILED)
    return [] if values["language_kept"] else [f"language is {answer.language!r}, asked in {case.lang!r}"]


def _score_citations(answer: Answer, page_source: PageSource, values: dict[str, float]) -> list[str]:
    if not answer.citations:
        return []
    invalid = [citation for citation in answer.citations if not is_valid(citation, page_source)]
    values["citations_valid"] = 1 - len(invalid) / len(answer.citations)
    return [f"quote of [{bad.marker}] does not stand on {bad.document}, page {bad.page}" for bad in invalid]


def _score_sentences(answer: Answer, invalid: Collection[int], values: dict[str, float]) -> tuple[int, list[str]]:
    """Number of framing lines, and what is wrong with the others."""
    markers = {citation.marker for citation in answer.citations}
    sentences = divide_sentences(answer.text, markers)
    total = len(sentences.cited) + len(sentences.uncited)
    if total:
        values["sentences_cited"] = len(sentences.cited) / total
        values["every_sentence_cited"] = float(not sentences.uncited)
    quality = judge_citations(answer, sentences.cited, invalid)
    values |= citation_values(quality)
    values["words"] = float(count_words(answer.text))
    astray = [f"marker [{number}] leads nowhere" for number in sorted(find_markers(answer.text) - markers)]
    bare = [f"sentence not cited: {sentence}" for sentence in sentences.uncited]
    return sentences.framing, astray + bare + [f"not in what it cites: {sentence}" for sentence in quality.unsupported]


def _outcome(case: Case, answer: Answer, values: Mapping[str, float]) -> Outcome:
    if answer.status is AnswerStatus.FAILED:
        return Outcome.FAILED
    if case.expects_answer is None:
        return Outcome.NOT_JUDGED
    if answer.status in ABSTAINED:
        return Outcome.NEEDLESS_ABSTENTION if case.expects_answer else Outcome.RIGHT
    if not case.expects_answer:
        return Outcome.ANSWERED_UNANSWERABLE
    if not (case.facts or case.sources):
        return Outcome.NOT_JUDGED
    needed = ("all_facts_found", "right_source_cited", "citations_valid")
    return Outcome.RIGHT if all(values.get(name, 1.0) == 1.0 for name in needed) else Outcome.WRONG
