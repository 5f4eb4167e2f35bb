"""Compose an answer from the documents' own sentences, or find that they do not hold one."""

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace

from assistant.answers import AnswerStatus, Citation
from assistant.cite import cite_span
from assistant.evidence import Unit, UnitKind
from assistant.scope import asks_each, is_named
from assistant.score import Scored
from assistant.understand import Kind, Question
from ingest.document import Document, Field
from vectorstore.analyse import words


@dataclass(frozen=True, slots=True)
class Thresholds:
    """When a unit counts as an answer. Calibrated on the project's own question sets.

    Attributes:
        coverage: Share of the question's information that a unit in the question's language must hold.
        near_coverage: The same where the unit's embedding is at least `near_cosine` from the question's.
        near_cosine: See `near_coverage`.
        cross_cosine: Cosine that a unit in another language must reach.
        each_coverage: Coverage for a question that asks which organisations something is true of.
        margin: How far below the best a supporting unit may score.
    """

    coverage: float = 0.55
    near_coverage: float = 0.4
    near_cosine: float = 0.86
    cross_cosine: float = 0.81
    each_coverage: float = 0.3
    margin: float = 0.1


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
        A draft; `not_found` when no unit holds an answer, `partial` when some of the organisations asked about have one.
    """
    accepted = [entry for entry in scored if _answers(question, entry, documents[entry.unit.document], thresholds)]
    if len(question.organisations) > 1:
        return _compose_by_organisation(question, accepted, documents)
    if not accepted:
        return Draft(AnswerStatus.NOT_FOUND)
    return Draft(AnswerStatus.ANSWERED, tuple(("", entry) for entry in _support(question, accepted, thresholds)))


def _answers(question: Question, entry: Scored, document: Document, thresholds: Thresholds) -> bool:
    if not (entry.typed and entry.dated and entry.named):
        return False
    if asks_each(question.text) and question.names:
        return all(is_named(name, entry.unit.text) for name in question.names) and entry.coverage >= thresholds.each_coverage
    if (document.fact(Field.LANGUAGE) or "sv") != question.language:
        return entry.cosine >= thresholds.cross_cosine
    if entry.cosine >= thresholds.near_cosine:
        return entry.coverage >= thresholds.near_coverage
    return entry.coverage >= thresholds.coverage


def _support(question: Question, accepted: Sequence[Scored], thresholds: Thresholds) -> list[Scored]:
    """The best unit, and what adds to it without repeating it, within the kind's budget of words."""
    budget = WORD_BUDGETS.get(question.kind, 70)
    chosen = [accepted[0]]
    length = len(accepted[0].unit.text.split())
    for entry in accepted[1:]:
        if len(chosen) == 3 or entry.score < accepted[0].score - thresholds.margin:
            break
        size = len(entry.unit.text.split())
        if length + size > budget or any(_repeats(entry.unit, other.unit) for other in chosen):
            continue
        chosen.append(entry)
        length += size
    return chosen


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
        paragraphs.append("\n".join([f"{label}:", *lines] if label and len(lines) > 1 else [f"{label}: {lines[0]}" if label else lines[0], *lines[1:]]))
    return "\n\n".join(paragraphs), tuple(citations)


def _lines(unit: Unit, document: Document, citations: list[Citation]) -> list[str]:
    """One line for each span of a unit, each with the markers of the citations that hold it."""
    runs = _runs(unit.spans, document.text)
    lines: list[str] = []
    for run in runs:
        found = [_numbered(citation, citations) for citation in cite_span(document, run[0][0], run[-1][1], unit.headings)]
        for start, end in run:
            text = " ".join(document.text[start:end].split())
            held = [citation for citation in found if _holds(document, citation, start, end)]
            markers = "".join(f" [{citation.marker}]" for citation in held)
            bullet = "- " if unit.kind in (UnitKind.LIST, UnitKind.ITEM) and len(unit.spans) > 1 and (start, end) != unit.spans[0] else ""
            lines.append(f"{bullet}{text}{markers}")
    return lines


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
