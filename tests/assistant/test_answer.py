"""The composer, judged by what it tells of evidence whose probabilities are given."""

from collections.abc import Callable, Sequence
from dataclasses import replace

import pytest

from assistant.answer import Draft, Thresholds, compose, compose_parts, speaking_of
from assistant.answers import AnswerStatus
from assistant.divide import Part
from assistant.evidence import UnitKind, find_units
from assistant.score import Scored, score_units, weigh_terms
from assistant.understand import understand
from assistant.write_out import write_nearest, write_out
from ingest.document import Document


@pytest.fixture
def scored_units(hits_over) -> Callable[..., list[Scored]]:
    """The units of a document, scored for a question, with a probability of our own where one is given."""

    def score(document: Document, question: str = "Vad?", probability: float | None = None) -> list[Scored]:
        understood = understand(question)
        units = find_units(document, hits_over(document))
        terms = weigh_terms(understood, lambda alternatives: 2.0)
        scored = score_units(understood, terms, units, {document.id: document}, [0.9] * len(units))
        if probability is None:
            return scored
        return [replace(entry, probability=probability, certainty=probability) for entry in scored]

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


def test_a_list_that_nothing_introduces_is_items_under_its_label(make_document, scored_units) -> None:
    document = make_document(("heading", "Mål"), ("item", "2. Halverade utsläpp."), ("item", "3. Rena sjöar."))
    entry = next(entry for entry in scored_units(document) if entry.unit.kind == UnitKind.LIST)
    text, _ = write_out(Draft(AnswerStatus.ANSWERED, (("Ekby", entry),)), {document.id: document})
    assert text == "Ekby:\n- 2. Halverade utsläpp. [1]\n- 3. Rena sjöar. [1]"


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


@pytest.fixture
def tell_years(make_document, scored_units) -> Callable[..., Draft]:
    """Composes an answer from two documents of one organisation, the likelihood of the second being given."""

    def tell(first: dict[str, str], second: dict[str, str], likelihood: float) -> Draft:
        documents: dict[str, Document] = {}
        scored: list[Scored] = []
        for name, facts, probability in (("a", first, 0.8), ("b", second, likelihood)):
            document = make_document(("paragraph", f"Sjön {name} har sju öar."), organisation="Ekby", **facts)
            document = replace(document, id=name)
            documents[name] = document
            scored += scored_units(document, "Hur många öar har sjön?", probability)
        return compose(understand("Hur många öar har sjön?"), scored, documents, Thresholds(0.3))

    return tell


@pytest.mark.parametrize(
    ("first", "second"),
    [
        ({"document_type": "rapport"}, {"document_type": "rapport"}),
        (
            {"document_type": "plan", "replaces": "Strategi för sjöar"},
            {"document_type": "strategi", "title": "Strategi för sjöar"},
        ),
    ],
)
def test_editions_of_two_years_are_told_year_by_year(tell_years, first: dict[str, str], second: dict[str, str]) -> None:
    draft = tell_years({"period": "2023", **first}, {"period": "2022", **second}, 0.1)
    assert [year for year, _ in draft.statements] == ["2023", "2022"]


def test_another_document_of_another_year_is_told_only_when_it_is_as_likely(tell_years) -> None:
    facts = {"period": "2023", "document_type": "policy"}, {"period": "2021", "document_type": "stadga"}
    assert [year for year, _ in tell_years(*facts, 0.1).statements] == [""]
    assert [year for year, _ in tell_years(*facts, 0.7).statements] == ["2023", "2021"]


@pytest.fixture
def tell_parts(make_document, scored_units) -> Callable[..., Draft]:
    """Answers in two parts from documents of a sentence or more each, with the probabilities given."""

    def tell(*parts: tuple[str, Sequence[tuple[str, float]]], same: bool = True) -> Draft:
        documents: dict[str, Document] = {}
        evidence = []
        for label, sentences in parts:
            scored: list[Scored] = []
            for text, probability in sentences:
                document = replace(make_document(("paragraph", text), organisation=label), id=text)
                documents[text] = document
                scored += scored_units(document, "Vad kostar det?", probability)
            scored.sort(key=lambda entry: -entry.probability)
            evidence.append((Part(label, understand("Vad kostar det?"), same), scored))
        return compose_parts(evidence, documents, Thresholds(0.3))

    return tell


def test_each_part_is_told_under_its_label(tell_parts) -> None:
    draft = tell_parts(("Ekby", [("Kontoret kostar 3 miljoner.", 0.5)]), ("Talby", [("Resor kostar 2 miljoner.", 0.4)]))
    assert draft.status == AnswerStatus.ANSWERED
    assert [(label, entry.unit.text) for label, entry in draft.statements] == [
        ("Ekby", "Kontoret kostar 3 miljoner."),
        ("Talby", "Resor kostar 2 miljoner."),
    ]


def test_a_label_stands_before_the_first_that_is_new_in_a_part(tell_parts) -> None:
    both = ("Kontoret kostar 3 miljoner.", 0.5)
    draft = tell_parts(("Ekby", [both]), ("Talby", [both, ("Parken har en damm.", 0.4)]), same=False)
    assert [(label, entry.unit.text) for label, entry in draft.statements] == [
        ("Ekby", "Kontoret kostar 3 miljoner."),
        ("Talby", "Parken har en damm."),
    ]


def test_parts_without_one_sure_answer_are_no_answer(tell_parts) -> None:
    parts = ("Ekby", [("Kontoret kostar 3 miljoner.", 0.29)]), ("Talby", [("Kontoret är litet.", 0.2)])
    assert tell_parts(*parts) == Draft(AnswerStatus.NOT_FOUND)
    assert tell_parts(("Ekby", []), ("Talby", [])) == Draft(AnswerStatus.NOT_FOUND)


def test_a_part_beside_a_sure_one_needs_half_of_the_probability(tell_parts) -> None:
    sure = ("Ekby", [("Kontoret kostar 3 miljoner.", 0.5)])
    assert tell_parts(sure, ("Talby", [("Parken är stor.", 0.16)])).status == AnswerStatus.ANSWERED
    less = tell_parts(sure, ("Talby", [("Parken är stor.", 0.14)]))
    assert less.status == AnswerStatus.PARTIAL
    assert [label for label, _ in less.statements] == ["Ekby"]


def test_a_part_tells_of_the_same_thing_as_the_surest_one(tell_parts) -> None:
    draft = tell_parts(
        ("Ekby", [("Kontoret i Bryssel kostar 3 miljoner kronor.", 0.6)]),
        ("Talby", [("Talby har en grön hamn.", 0.3), ("Kontoret i Bryssel kostar 2 miljoner kronor.", 0.2)]),
    )
    assert titles(draft)[1] == "Kontoret i Bryssel kostar 2 miljoner kronor."


def test_parts_that_ask_different_things_are_told_by_their_own_likelihood(tell_parts) -> None:
    draft = tell_parts(
        ("", [("Kontoret i Bryssel kostar 3 miljoner kronor.", 0.6)]),
        ("", [("Talby har en grön hamn.", 0.35), ("Kontoret i Bryssel kostar 2 miljoner kronor.", 0.3)]),
        same=False,
    )
    assert titles(draft)[1] == "Talby har en grön hamn."


def test_what_answers_both_parts_is_told_once(tell_parts) -> None:
    both = ("Ekby antog planen 2021 genom fullmäktige.", 0.6)
    draft = tell_parts(("", [both]), ("", [both]), same=False)
    assert draft.status == AnswerStatus.ANSWERED
    assert len(draft.statements) == 1


@pytest.mark.parametrize(
    ("asked", "told"),
    [
        ("Vilka vänorter har staden?", ["Staden har två vänorter.", "Vänorterna är nu\nTallinn\nKiel"]),
        ("Hur många vänorter har staden?", ["Staden har två vänorter."]),
        ("Vilka nätverk är staden med i?", ["Staden har två vänorter."]),
    ],
)
def test_the_list_under_a_sentence_is_told_where_a_list_of_that_is_asked_for(
    make_document, scored_units, asked: str, told: list[str]
) -> None:
    document = make_document(
        ("paragraph", "Staden har två vänorter."),
        ("paragraph", "Vänorterna är nu"),
        ("item", "Tallinn", 1),
        ("item", "Kiel", 1),
    )
    likely = {"Staden har två vänorter.": 0.9}
    scored = [
        replace(entry, probability=likely.get(entry.unit.text, 0.01), certainty=0.9)
        for entry in scored_units(document, asked)
    ]
    scored.sort(key=lambda entry: -entry.probability)
    draft = compose(understand(asked), scored, {document.id: document}, Thresholds(0.3))
    assert list(titles(draft)) == told


@pytest.mark.parametrize(
    ("asked", "told"),
    [
        ("Vilka områden har strategin?", ["Strategin har tre områden.\nKlimat\nHandel\nSkola"]),
        ("Hur många områden har strategin?", ["Strategin har tre områden."]),
    ],
)
def test_a_sentence_that_leads_into_a_list_gives_way_to_it_where_one_is_asked_for(
    make_document, scored_units, asked: str, told: list[str]
) -> None:
    document = make_document(
        ("heading", "Områden", 1),
        ("paragraph", "Strategin har tre områden."),
        *(("heading", name, 2) for name in ("Klimat", "Handel", "Skola")),
    )
    scored = [replace(entry, probability=0.5, certainty=0.9) for entry in scored_units(document, asked)]
    scored.sort(key=lambda entry: len(entry.unit.text))
    draft = compose(understand(asked), scored, {document.id: document}, Thresholds(0.3))
    assert list(titles(draft)) == told


@pytest.mark.parametrize(
    ("asked", "told"),
    [
        ("Hur mycket fick Ekby?", ["Staden fick 9 miljoner."]),
        ("Hur mycket fick Talldal?", ["Staden fick 5 miljoner.", "Talldal fick 3 miljoner."]),
        ("Hur mycket fick staden?", ["Staden fick 9 miljoner.", "Staden fick 5 miljoner.", "Talldal fick 3 miljoner."]),
        ("Hur mycket fick Kungsbacka kommun?", []),
    ],
)
def test_what_is_said_of_one_organisation_answers_no_question_about_another(
    make_document, scored_units, asked: str, told: list[str]
) -> None:
    documents, scored = {}, []
    for organisation, text in (
        ("Ekby kommun", "Staden fick 9 miljoner."),
        ("Talldals kommun", "Staden fick 5 miljoner."),
        ("Region Norr", "Talldal fick 3 miljoner."),
    ):
        document = replace(make_document(("paragraph", text), organisation=organisation), id=organisation)
        documents[document.id] = document
        scored += [replace(entry, unit=replace(entry.unit, document=document.id)) for entry in scored_units(document)]
    question = understand(asked, organisations=list(documents))
    assert [entry.unit.text for entry in speaking_of(question, scored, documents)] == told
