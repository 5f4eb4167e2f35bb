from dataclasses import replace

import pytest

from assistant.evidence import find_units
from assistant.locate import locate_particulars
from assistant.model import Tally
from assistant.score import Scored, score_units, weigh_terms
from assistant.tell import Drafted, Outcome, Telling
from assistant.understand import understand
from assistant.verify import Claim, Support, Verdict
from ingest.document import Document

FACTS = {"title": "Plan 2025", "organisation": "Provköpings kommun"}


@pytest.fixture
def told(make_document, hits_over):
    """Tells claims over a document of two sentences, numbers 7 and 3, the first of which answers by itself."""

    def tell(*claims: Claim, likely: float = 0.9) -> tuple[Drafted, Tally]:
        document: Document = make_document(
            ("heading", "Plan 2025 för Provköping"), ("paragraph", "Staden har två vänorter."), ("heading", "B"),
            ("paragraph", "Två ses ofta."), **FACTS,
        )  # fmt: skip
        question = understand("Vilka vänorter?")
        units = find_units(document, hits_over(document))
        documents = {document.id: document}
        scored = score_units(question, weigh_terms(question, lambda _: 1.0), units, documents, [0.5] * len(units))
        by_text: dict[str, Scored] = {entry.unit.text: entry for entry in scored}
        evidence = {
            7: replace(by_text["Staden har två vänorter."], certainty=likely),
            3: replace(by_text["Två ses ofta."], certainty=0.0),
        }
        support = {number: Support(entry.unit.text, document.title) for number, entry in evidence.items()}
        telling, tally = Telling(evidence, support, documents, 0.5), Tally()
        for claim in claims:
            telling.take(claim)
        return telling.complete(tally), tally

    return tell


def supported(text: str, *numbers: int, opens: bool = False) -> Claim:
    return Claim(text, numbers, Verdict.SUPPORTED, opens)


def fallen(text: str, *numbers: int, opens: bool = False) -> Claim:
    return Claim(text, numbers, Verdict.UNSUPPORTED, opens)


def test_only_supported_claims_are_told_with_the_places_they_cite(told) -> None:
    drafted, tally = told(
        supported("Staden har vänorter.", 7, opens=True),
        fallen("Staden har nio.", 7),
        supported("De ses.", 3, 7),
        supported("- två", 7, opens=True),
    )
    assert drafted.text == "Staden har vänorter. [1] De ses. [2] [1]\n- två [1]"
    assert [citation.quote for citation in drafted.citations] == ["Staden har två vänorter.", "Två ses ofta."]
    assert (drafted.outcome, tally.dropped_sentences) == (Outcome.PARTIAL, 1)


def test_where_nothing_is_supported_nothing_is_told(told) -> None:
    drafted, tally = told(fallen("Staden har nio.", 7), fallen("Allt är bra."))
    assert drafted == Drafted(Outcome.NOTHING_HOLDS)
    assert (tally.dropped_sentences, tally.replaced_sentences) == (2, 0)


def test_a_line_whose_first_sentence_fell_begins_with_the_next(told) -> None:
    drafted, _ = told(
        supported("Staden har vänorter.", 7, opens=True), fallen("Nej.", opens=True), supported("De ses.", 3)
    )
    assert drafted.text == "Staden har vänorter. [1]\nDe ses. [2]"


@pytest.mark.parametrize(("likely", "text"), [(0.9, "Staden har två vänorter. [1]\nDe ses. [2]"), (0.4, "De ses. [1]")])
def test_the_evidence_is_quoted_for_a_fallen_claim_where_it_answers_by_itself(told, likely: float, text: str) -> None:
    drafted, tally = told(fallen("Staden har nio.", 7, opens=True), supported("De ses.", 3), likely=likely)
    assert drafted.text == text
    assert tally.replaced_sentences == (likely > 0.5) and tally.dropped_sentences == (likely < 0.5)


def test_a_year_or_a_name_from_above_is_cited_where_it_stands_or_falls(told) -> None:
    drafted, _ = told(supported("Provköping har två vänorter 2025.", 7, opens=True))
    assert drafted.text == "Provköping har två vänorter 2025. [1] [2]"
    assert drafted.citations[1].quote == "Plan 2025 för Provköping"
    drafted, tally = told(supported("Exempelstad har två vänorter.", 7, opens=True))
    assert drafted.outcome == Outcome.NOTHING_HOLDS and tally.dropped_sentences == 1


def test_a_year_must_stand_above_and_a_name_may_stand_anywhere(make_document, hits_over) -> None:
    document = make_document(
        ("heading", "Plan 2025"), ("paragraph", "Staden har två vänorter."), ("heading", "Om 2019"),
        ("paragraph", "Hamnen i Malmö byggdes 2018."),
    )  # fmt: skip
    unit = next(unit for unit in find_units(document, hits_over(document)) if "vänorter" in unit.text)

    def located(*particulars: str) -> list[str] | None:
        spans = locate_particulars(document, unit, particulars)
        return None if spans is None else [document.text[start:end] for start, end in spans]

    assert located("2025") == ["Plan 2025"]
    assert located("Malmö") == ["Hamnen i Malmö byggdes 2018."]
    assert located("2025", "Malmö") == ["Plan 2025", "Hamnen i Malmö byggdes 2018."]
    assert located("2018") is None and located("2019") is None and located("202") is None
    assert located("Lund", "2025") is None
    assert located() == []
