"""The composer, judged by what it tells of evidence whose probabilities are given."""

from collections.abc import Callable, Sequence
from dataclasses import replace

import pytest

from assistant.answer import Draft, Thresholds, compose, write_nearest, write_out
from assistant.answers import AnswerStatus
from assistant.evidence import UnitKind, find_units
from assistant.score import Scored, score_units, weigh_terms
from assistant.understand import understand
from ingest.document import Document


@pytest.fixture
def scored_units(hits_over) -> Callable[..., list[Scored]]:
    """The units of a document, scored for a question, with a probability of our own where one is given."""

    def score(document: Document, question: str = "Vad?", probability: float | None = None) -> list[Scored]:
        understood = understand(question)
        units = find_units(document, hits_over(document))
        terms = weigh_terms(understood, lambda alternatives: 2.0)
        scored = score_units(understood, terms, units, {document.id: document}, [0.9] * len(units))
        return [entry if probability is None else replace(entry, probability=probability) for entry in scored]

    return score


def titles(draft: Draft) -> Sequence[str]:
    return [entry.unit.text for _, entry in draft.statements]


def test_nothing_above_the_threshold_is_no_answer(make_document, scored_units) -> None:
    document = make_document(("paragraph", "Staden har två vänorter."))
    question = understand("Hur många vänorter har staden?")
    scored = scored_units(document, probability=0.2)
    assert compose(question, scored, {document.id: document}, Thresholds(0.3)).status == AnswerStatus.NOT_FOUND
    assert compose(question, [], {}, Thresholds(0.3)) == Draft(AnswerStatus.NOT_FOUND)
    assert compose(question, scored, {document.id: document}, Thresholds(0.1)).status == AnswerStatus.ANSWERED


def test_the_same_is_not_told_twice(make_document, scored_units) -> None:
    document = make_document(
        ("paragraph", "Staden har två vänorter i Finland och Tyskland."),
        ("heading", "Sammanfattning"),
        ("paragraph", "Staden har två vänorter, i Finland och i Tyskland."),
    )
    scored = scored_units(document, probability=0.9)
    draft = compose(understand("Hur många vänorter har staden?"), scored, {document.id: document}, Thresholds(0.3))
    assert len(titles(draft)) == 1


def test_each_line_carries_the_marker_of_the_page_that_holds_it(make_document, scored_units) -> None:
    document = make_document(
        ("paragraph", [(1, "Nämnderna ska")]),
        ("item", [(1, "söka pengar")], 1),
        ("item", [(2, "rapportera varje år")], 1),
        pages=2,
    )
    entry = next(entry for entry in scored_units(document) if entry.unit.kind == UnitKind.LIST)
    text, citations = write_nearest(entry, document)
    assert text == "Nämnderna ska [1]\n- söka pengar [1]\n- rapportera varje år [2]"
    assert [(citation.page, citation.quote) for citation in citations] == [
        (1, "Nämnderna ska\n\nsöka pengar"),
        (2, "rapportera varje år"),
    ]


def test_a_sentence_over_a_page_break_has_both_markers(make_document, scored_units) -> None:
    document = make_document(("paragraph", [(1, "Staden har "), (2, "två vänorter. Kommunstyrelsen leder.")]), pages=2)
    (first, _) = scored_units(document)
    both = [entry for entry in scored_units(document) if "Staden" in entry.unit.text]
    text, citations = write_out(Draft(AnswerStatus.ANSWERED, (("", both[0]),)), {document.id: document})
    assert text == "Staden har två vänorter. [1] [2]"
    assert [citation.page for citation in citations] == [1, 2]
    assert first.unit.document == document.id


def test_a_place_cited_twice_has_one_marker(make_document, scored_units) -> None:
    document = make_document(("paragraph", "Staden har två vänorter."))
    (entry,) = scored_units(document)
    draft = Draft(AnswerStatus.ANSWERED, (("2021", entry), ("2022", entry)))
    text, citations = write_out(draft, {document.id: document})
    assert text == "2021: Staden har två vänorter. [1]\n\n2022: Staden har två vänorter. [1]"
    assert len(citations) == 1
