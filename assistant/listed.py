"""The lists that stand beside what an answer states, and whether one thing tells what another told."""

from collections.abc import Collection, Sequence
from typing import TypeAlias

from assistant.evidence import Unit, UnitKind
from assistant.score import Scored
from assistant.understand import Kind, Question
from vectorstore.analyse import informative_stems, words

_Place: TypeAlias = tuple[str, tuple[tuple[int, int], ...]]


def place_of(unit: Unit) -> _Place:
    """Where a unit stands, whichever question it was found for."""
    return unit.document, unit.spans


def with_lists(
    question: Question, statements: Sequence[tuple[str, Scored]], scored: Sequence[Scored]
) -> list[tuple[str, Scored]]:
    """The statements, each with the list in the same passage that is introduced by what the question lists.

    A sentence may say how many there are and leave it to the list under it which they are. A list that it leads into
    takes its place, another one follows it.
    """
    if question.kind != Kind.LIST:
        return list(statements)
    asked = informative_stems(question.text)
    asked -= informative_stems(" ".join((*question.names, *question.organisations)))
    known = {place_of(entry.unit) for _, entry in statements}
    told: list[tuple[str, Scored]] = []
    for label, entry in statements:
        found = _list_beside(entry.unit, asked, known, scored) if entry.unit.kind != UnitKind.LIST else None
        leads = found is not None and _leads_into(entry.unit, found.unit)
        told.append((label, found if found and leads else entry))
        if found and (leads or not repeats(found.unit, entry.unit)):
            known.add(place_of(found.unit))
            told += [] if leads else [("", found)]
    return told


def _leads_into(unit: Unit, listed: Unit) -> bool:
    """Whether a unit is the sentence that introduces a list."""
    (start, end), *_ = listed.spans
    return unit.kind == UnitKind.SENTENCE and unit.spans[0][0] < end and start < unit.spans[0][1]


def _list_beside(
    unit: Unit, asked: frozenset[str], known: Collection[_Place], scored: Sequence[Scored]
) -> Scored | None:
    """The best list in a unit's passage whose lead-in has a word that is asked about."""
    for other in scored:
        listed = other.unit.kind == UnitKind.LIST and other.unit.hit.chunk == unit.hit.chunk
        if listed and place_of(other.unit) not in known and asked & informative_stems(other.unit.text.split("\n")[0]):
            return other
    return None


def repeats(unit: Unit, other: Unit) -> bool:
    """Whether a unit overlaps another in place, or says the same in nearly the same words."""
    if unit.document == other.document and any(
        start < other_end and other_start < end for start, end in unit.spans for other_start, other_end in other.spans
    ):
        return True
    mine, theirs = set(words(unit.text)), set(words(other.text))
    return len(mine & theirs) > 0.7 * min(len(mine), len(theirs))
