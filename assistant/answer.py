"""Compose an answer from the documents' own sentences, or find that they do not hold one."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace

from assistant.answers import AnswerStatus
from assistant.divide import Part
from assistant.evidence import Unit, UnitKind
from assistant.listed import place_of, repeats, with_lists
from assistant.score import Scored
from assistant.understand import Kind, Question
from assistant.values import holds
from ingest.document import Document, Field
from vectorstore.analyse import informative_stems
from vectorstore.names import bare_words, is_named
from vectorstore.organisations import apart, asks_each


@dataclass(frozen=True, slots=True)
class Thresholds:
    """When a unit counts as an answer.

    Attributes:
        answer: Certainty that the best unit must have to be told as an answer; derived by `evals.calibrate`.
        support: Share of the best unit's probability that a further one must have.
        sure: Chance that none of the units told answers, under which no further one is told.
        each: Probability that the units of an answer must have that is told by organisation or by year.
        beside: As `support`, for a document of another year that is no edition of the one that answers best.
        part: Share of `answer` that the parts of a question must have beside the surest of them.
        named: As `each`, for a part that says by name what the question asks which organisations have to do with.
    """

    answer: float = 0.2
    support: float = 0.05
    sure: float = 0.1
    each: float = 0.08
    named: float = 0.01
    beside: float = 0.5
    part: float = 0.5


WORD_BUDGETS: Mapping[Kind, int] = {Kind.LIST: 160, Kind.EXPLANATION: 140, Kind.COMPARISON: 240}
"""Words of an answer after which no more support is added; 85 for the other kinds."""

MOST_UNITS = 3
"""Evidence units in an answer that is not told by organisation or by year."""

UNITS_BESIDE = 2
"""Evidence units of one organisation, or in one part of a question, where several are told beside each other."""


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
    if len(question.organisations) > 1:
        return _compose_by_organisation(question, scored, documents, thresholds)
    if not scored or scored[0].certainty < thresholds.answer:
        return Draft(AnswerStatus.NOT_FOUND)
    statements = _compose_by_year(question, scored, documents, thresholds) or tuple(
        ("", entry) for entry in _support(question, scored, thresholds)
    )
    return Draft(AnswerStatus.ANSWERED, tuple(with_lists(question, statements, scored)))


def compose_parts(
    parts: Sequence[tuple[Part, Sequence[Scored]]], documents: Mapping[str, Document], thresholds: Thresholds
) -> Draft:
    """Answer a question in parts, each under its label.

    Args:
        parts: Each with its evidence, best first.
        documents: The documents that the evidence comes from, by identifier.
        thresholds: When a unit counts as an answer; one part at least must hold a sure one.

    Returns:
        A draft; `partial` when only some of the parts have an answer.
    """
    surest = max((scored[0] for _, scored in parts if scored), key=lambda entry: entry.certainty, default=None)
    if surest is None or surest.certainty < thresholds.answer:
        return Draft(AnswerStatus.NOT_FOUND)
    least = replace(thresholds, answer=thresholds.answer * thresholds.part)
    statements: list[tuple[str, Scored]] = []
    answered = 0
    for part, scored in parts:
        likely = _likest_first(scored, surest, least.answer) if part.same else scored
        draft = compose(part.question, likely, documents, least)
        told = [(year, entry) for year, entry in draft.statements if year] or list(draft.statements[:UNITS_BESIDE])
        known = {place_of(entry.unit) for _, entry in statements}
        fresh = [(year, entry) for year, entry in told if place_of(entry.unit) not in known]
        new = [
            (", ".join(filter(None, (part.label if year or not place else "", year))), entry)
            for place, (year, entry) in enumerate(fresh)
        ]
        statements += with_lists(part.question, new, scored)
        answered += bool(told)
    return Draft(AnswerStatus.ANSWERED if answered == len(parts) else AnswerStatus.PARTIAL, tuple(statements))


def _likest_first(scored: Sequence[Scored], surest: Scored, least: float) -> Sequence[Scored]:
    """The evidence of a part, first what tells of the same thing as the surest answer to another part.

    It is worth more the more words it shares with that, and the less where that states an amount and it does not.
    """
    wanted, amount = _content(surest.unit), holds(Kind.AMOUNT, surest.unit, "")

    def likeness(entry: Scored) -> float:
        own = _content(entry.unit)
        shared = len(own & wanted) / max(min(len(own), len(wanted)), 1)
        return shared * (0.3 if amount and not holds(Kind.AMOUNT, entry.unit, "") else 1.0)

    def worth(entry: Scored) -> float:
        return entry.probability * (0.25 + likeness(entry))

    best = max(scored, key=worth, default=None)
    if best is None or best is surest:
        return scored
    if best.certainty < least and likeness(best) >= 0.5 and best.certainty >= least * 0.2:
        best = replace(best, certainty=least)
    return [best, *(entry for entry in scored if place_of(entry.unit) != place_of(best.unit))]


def _content(unit: Unit) -> frozenset[str]:
    """Stems of a unit's informative words."""
    return frozenset(term for term in informative_stems(unit.text) if not term.isdigit())


def speaking_of(question: Question, scored: Sequence[Scored], documents: Mapping[str, Document]) -> Sequence[Scored]:
    """The evidence that speaks of whom the question is about: in a document of theirs, or naming them.

    What a document says of its own organisation answers no question about another one, however well the words fit.
    Whose a document is may not be known; it is heard unless the question is about organisations without documents here.

    Args:
        question: The question; where it names no organisation all evidence is given back.
        scored: Evidence units.
        documents: The documents they come from, by identifier.
    """
    about = question.organisations or question.strangers
    names = [" ".join(apart(name)) for name in about]
    if not names:
        return scored

    def says(entry: Scored) -> str:
        unit = entry.unit
        title = documents[unit.document].title
        return " ".join((title, unit.document, *unit.headings, unit.hit.chunk.text, unit.text))

    def is_theirs(entry: Scored) -> bool:
        organisation = documents[entry.unit.document].fact(Field.ORGANISATION)
        return bool(question.organisations) and (organisation is None or organisation in about)

    return [entry for entry in scored if is_theirs(entry) or any(is_named(name, says(entry)) for name in names)]


def _support(
    question: Question, scored: Sequence[Scored], thresholds: Thresholds, most: int = MOST_UNITS, beside: int = 1
) -> list[Scored]:
    """The best unit, and what adds to it without repeating it, within the kind's budget of words.

    The less sure the best one is, the more is told. A list adds to nothing but a list.

    Args:
        question: The question.
        scored: Evidence units, best first; one at least.
        thresholds: When a unit counts as an answer.
        most: Units at most.
        beside: How many such answers stand beside each other and have the budget together.
    """
    budget = WORD_BUDGETS.get(question.kind, 85) // beside
    chosen = [scored[0]]
    length = len(scored[0].unit.text.split())
    doubt = 1 - scored[0].probability
    for entry in scored[1:]:
        unlikely = entry.probability < scored[0].probability * thresholds.support
        if len(chosen) == most or unlikely or doubt < thresholds.sure:
            break
        size = len(entry.unit.text.split())
        listed = entry.unit.kind == UnitKind.LIST and question.kind != Kind.LIST
        if length + size <= budget and not listed and not any(repeats(entry.unit, other.unit) for other in chosen):
            chosen.append(entry)
            length += size
            doubt *= 1 - entry.probability
    return chosen


def _compose_by_year(
    question: Question, scored: Sequence[Scored], documents: Mapping[str, Document], thresholds: Thresholds
) -> tuple[tuple[str, Scored], ...]:
    """What the documents of each year say, the newest first; empty where years do not matter.

    They matter when the question names several, or none while one organisation's documents of several years answer.
    """
    if len(question.years) == 1:
        return ()
    first = documents[scored[0].unit.document]
    organisation = first.fact(Field.ORGANISATION)
    best: dict[str, Scored] = {}
    for entry in scored:
        document = documents[entry.unit.document]
        year = document.fact(Field.PERIOD) or ""
        least = thresholds.each if _same_series(document, first) else thresholds.beside * scored[0].probability
        likely = entry.probability >= max(least, thresholds.each) and entry.features.typed and entry.features.named
        if year and likely and document.fact(Field.ORGANISATION) == organisation:
            best.setdefault(year, entry)
    if len(best) < 2 or (question.years and not any(year in best for year in map(str, question.years))):
        return ()
    return tuple((year, best[year]) for year in sorted(best, reverse=True))


def _same_series(document: Document, other: Document) -> bool:
    """Whether two documents of an organisation are of one type (reports of two years), or one replaces the other."""
    kind = document.fact(Field.DOCUMENT_TYPE)
    return (kind is not None and kind == other.fact(Field.DOCUMENT_TYPE)) or any(
        bare_words(old.title) <= bare_words(new.fact(Field.REPLACES) or "")
        for new, old in ((document, other), (other, document))
    )


def _compose_by_organisation(
    question: Question, scored: Sequence[Scored], documents: Mapping[str, Document], thresholds: Thresholds
) -> Draft:
    """What answers for each organisation that the question is about; one statement where it asks which they are."""
    statements: list[tuple[str, Scored]] = []
    answered = 0
    asked_which = asks_each(question.text)
    for organisation in question.organisations:
        own = [
            entry
            for entry in scored
            if entry.probability >= (thresholds.named if asked_which else thresholds.each)
            and documents[entry.unit.document].fact(Field.ORGANISATION) == organisation
            and not (asked_which and any(not is_named(name, entry.unit.text) for name in question.names))
        ]
        if asked_which:
            own.sort(key=lambda entry: entry.unit.kind == UnitKind.LIST)
        if own:
            answered += 1
            most = 1 if asked_which else UNITS_BESIDE
            first, *more = _support(question, own, thresholds, most, len(question.organisations))
            statements += [(organisation, first), *(("", entry) for entry in more)]
    if not statements or max(entry.certainty for _, entry in statements) < thresholds.answer:
        return Draft(AnswerStatus.NOT_FOUND)
    complete = answered == len(question.organisations) or asked_which
    return Draft(AnswerStatus.ANSWERED if complete else AnswerStatus.PARTIAL, tuple(statements))
