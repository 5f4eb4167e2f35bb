"""Compose an answer from the documents' own sentences, or find that they do not hold one."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace

from assistant.answers import AnswerStatus, Citation
from assistant.cite import cite_span
from assistant.evidence import Unit, UnitKind
from assistant.scope import asks_each, is_named
from assistant.score import Scored
from assistant.understand import Kind, Question
from assistant.verify import Claim, Verdict
from ingest.document import Document, Field
from ingest.sentences import split_sentences
from vectorstore.analyse import words


@dataclass(frozen=True, slots=True)
class Thresholds:
    """When a unit counts as an answer. Derived by `make calibrate`, and kept beside the weights.

    Attributes:
        answer: Probability that a unit must have to be told as an answer.
        support: Share of the best unit's probability that a further one must have.
        each: As `answer`, for a question that asks which organisations something is true of.
    """

    answer: float = 0.3
    support: float = 0.45
    each: float = 0.1


WORD_BUDGETS: Mapping[Kind, int] = {Kind.LIST: 160, Kind.EXPLANATION: 120, Kind.COMPARISON: 240}
"""Words of an answer after which no more support is added; 70 for the other kinds."""


@dataclass(frozen=True, slots=True)
class Draft:
    """An answer before its markers are numbered.

    Attributes:
        status: How it ended.
        statements: Evidence units in the order in which they are told, each with the label that stands before it.
    """

    status: AnswerStatus
    statements: tuple[tuple[str, Scored], ...] = ()


def compose(
    question: Question, scored: Sequence[Scored], documents: Mapping[str, Document], thresholds: Thresholds
) -> Draft:
    """Choose the evidence that answers a question.

    Args:
        question: The question.
        scored: Evidence units, best first.
        documents: The documents they come from, by identifier.
        thresholds: When a unit counts as an answer.

    Returns:
        A draft; `not_found` when no unit holds an answer, `partial` when only some of the organisations have one.
    """
    accepted = [entry for entry in scored if _answers(question, entry, thresholds)]
    if len(question.organisations) > 1:
        return _compose_by_organisation(question, accepted, documents)
    if not accepted:
        return Draft(AnswerStatus.NOT_FOUND)
    return Draft(AnswerStatus.ANSWERED, tuple(_support(question, accepted, documents, thresholds)))


def _answers(question: Question, entry: Scored, thresholds: Thresholds) -> bool:
    if asks_each(question.text) and question.names:
        said = all(is_named(name, entry.unit.text) for name in question.names)
        return said and entry.probability >= thresholds.each
    return entry.probability >= thresholds.answer


def _support(
    question: Question, accepted: Sequence[Scored], documents: Mapping[str, Document], thresholds: Thresholds
) -> list[tuple[str, Scored]]:
    """The best unit, and what adds to it without repeating it, within the kind's budget of words.

    Where documents of several years answer and the question names none, the newest comes first, each with its year.
    """
    likely = [entry for entry in accepted if entry.probability >= accepted[0].probability * thresholds.support]
    years = {_year(documents[entry.unit.document]) for entry in likely}
    differ = not question.years and len(years - {""}) > 1
    if differ:
        likely = _best_of_each_year(likely, documents)
    chosen: list[tuple[str, Scored]] = []
    length = 0
    for entry in likely[:3]:
        size = len(entry.unit.text.split())
        if chosen and (
            length + size > WORD_BUDGETS.get(question.kind, 70)
            or any(_repeats(entry.unit, other.unit) for _, other in chosen)
        ):
            continue
        chosen.append((_year(documents[entry.unit.document]) if differ else "", entry))
        length += size
    return chosen


def _best_of_each_year(likely: Sequence[Scored], documents: Mapping[str, Document]) -> list[Scored]:
    best: dict[str, Scored] = {}
    for entry in likely:
        best.setdefault(_year(documents[entry.unit.document]), entry)
    return [best[year] for year in sorted(best, reverse=True)]


def _year(document: Document) -> str:
    return document.fact(Field.PERIOD) or ""


def _repeats(unit: Unit, other: Unit) -> bool:
    """Whether a unit overlaps another in place, or says the same in nearly the same words."""
    if unit.document == other.document and any(
        start < other_end and other_start < end for start, end in unit.spans for other_start, other_end in other.spans
    ):
        return True
    mine, theirs = set(words(unit.text)), set(words(other.text))
    return len(mine & theirs) > 0.7 * min(len(mine), len(theirs))


def _compose_by_organisation(
    question: Question, accepted: Sequence[Scored], documents: Mapping[str, Document]
) -> Draft:
    """One statement for each organisation that the question is about."""
    statements: list[tuple[str, Scored]] = []
    for organisation in question.organisations:
        own = [entry for entry in accepted if documents[entry.unit.document].fact(Field.ORGANISATION) == organisation]
        if asks_each(question.text):
            own.sort(key=lambda entry: entry.unit.kind == UnitKind.LIST)
        if own:
            statements.append((organisation, own[0]))
    if not statements:
        return Draft(AnswerStatus.NOT_FOUND)
    complete = len(statements) == len(question.organisations) or asks_each(question.text)
    return Draft(AnswerStatus.ANSWERED if complete else AnswerStatus.PARTIAL, tuple(statements))


def write_out(draft: Draft, documents: Mapping[str, Document]) -> tuple[str, tuple[Citation, ...]]:
    """The text of a draft with its numbered markers, and the citations they lead to."""
    citations: list[Citation] = []
    paragraphs: list[str] = []
    for label, entry in draft.statements:
        lines = _lines(entry.unit, documents[entry.unit.document], citations)
        if label:
            lines[0] = f"{label}: {lines[0]}"
        paragraphs.append("\n".join(lines))
    return "\n\n".join(paragraphs), tuple(citations)


def _lines(unit: Unit, document: Document, citations: list[Citation]) -> list[str]:
    """One line for each span of a unit, each with the markers of the citations that hold it."""
    lines: list[str] = []
    for run in _runs(unit.spans, document.text):
        found = [
            _numbered(citation, citations) for citation in cite_span(document, run[0][0], run[-1][1], unit.headings)
        ]
        for start, end in run:
            bullet = "- " if len(unit.spans) > 1 and (start, end) != unit.spans[0] else ""
            lines.append(bullet + _marked(document, start, end, found))
    return lines


def _marked(document: Document, start: int, end: int, citations: Sequence[Citation]) -> str:
    """The sentences of an interval, each with the markers of the citations that hold it."""
    told: list[str] = []
    for first, last in split_sentences(document.text[start:end]):
        held = [citation for citation in citations if _holds(document, citation, start + first, start + last)]
        markers = "".join(f" [{citation.marker}]" for citation in held)
        told.append(" ".join(document.text[start + first : start + last].split()) + markers)
    return " ".join(told)


def _runs(spans: Sequence[tuple[int, int]], text: str) -> list[list[tuple[int, int]]]:
    """Spans with nothing but white space between them, which one quote can hold."""
    runs: list[list[tuple[int, int]]] = [[spans[0]]]
    for span in spans[1:]:
        if text[runs[-1][-1][1] : span[0]].strip():
            runs.append([span])
        else:
            runs[-1].append(span)
    return runs


def _numbered(citation: Citation, citations: list[Citation]) -> Citation:
    """The citation with its marker: that of an equal one, else the next number."""
    for known in citations:
        if (known.document, known.page, known.start, known.end) == (
            citation.document,
            citation.page,
            citation.start,
            citation.end,
        ):
            return known
    numbered = replace(citation, marker=len(citations) + 1)
    citations.append(numbered)
    return numbered


def _holds(document: Document, citation: Citation, start: int, end: int) -> bool:
    page = document.pages[citation.page - 1]
    return page.start + citation.start < end and start < page.start + citation.end


def write_nearest(entry: Scored, document: Document) -> tuple[str, tuple[Citation, ...]]:
    """The text of one evidence unit with its markers: what comes nearest where the documents hold no answer."""
    return write_out(Draft(AnswerStatus.NOT_FOUND, (("", entry),)), {document.id: document})


def write_claims(
    claims: Sequence[Claim], evidence: Mapping[int, Scored], documents: Mapping[str, Document]
) -> tuple[str, tuple[Citation, ...]]:
    """What a language model wrote and its evidence supports, with markers that lead to the evidence.

    Args:
        claims: As verified; unsupported ones are left out.
        evidence: The evidence units by the number under which the model saw them.
        documents: The documents they come from, by identifier.
    """
    citations: list[Citation] = []
    text = ""
    for claim in claims:
        if claim.verdict != Verdict.SUPPORTED:
            continue
        markers: list[int] = []
        for number in claim.numbers:
            unit = evidence[number].unit
            for run in _runs(unit.spans, documents[unit.document].text):
                found = cite_span(documents[unit.document], run[0][0], run[-1][1], unit.headings)
                markers += [_numbered(citation, citations).marker for citation in found]
        text += ("\n" if claim.opens_line and text else " " if text else "") + claim.text
        text += "".join(f" [{marker}]" for marker in dict.fromkeys(markers))
    return text, tuple(citations)
