"""What a document writes about a subject: the section that has it in its heading."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import replace

import pytest

from assistant.evidence import Unit, UnitKind
from assistant.section import WORDS, find_sections, subject_of
from assistant.understand import understand
from ingest.document import Document, Fact, Field

EKBY = "Ekby kommun"


@pytest.fixture
def sections(hits_over) -> Callable[..., list[tuple[str, list[Unit]]]]:
    """The sections of some documents for a question."""

    def find(question: str, *documents: Document) -> list[tuple[str, list[Unit]]]:
        known: Mapping[str, Document] = {document.id: document for document in documents}
        organisations = sorted({name for document in documents if (name := document.fact(Field.ORGANISATION))})
        hits = [hit for document in documents for hit in hits_over(document)]
        return find_sections(understand(question, organisations=organisations), hits, known)

    return find


@pytest.fixture
def make_plan(make_document) -> Callable[..., Document]:
    """A document with two sections, of an organisation and a year."""

    def make(organisation: str = EKBY, period: str = "2023", towns: str = "Ekby har sju vänorter.") -> Document:
        document = make_document(
            ("heading", "Plan för det internationella arbetet", 1),
            ("heading", "Vänorter och partnerstäder", 2),
            ("paragraph", towns),
            ("heading", "Avtal", 3),
            ("paragraph", "Avtal skrivs för fyra år. De ska innehålla"),
            ("item", "mål", 1),
            ("item", "kostnader", 1),
            ("heading", "Pengar", 2),
            ("paragraph", "Planen kostar två miljoner kronor."),
        )
        stated = (
            Fact(Field.TITLE, "Plan för det internationella arbetet", origin="properties"),
            Fact(Field.ORGANISATION, organisation, origin="properties"),
            Fact(Field.PERIOD, period, origin="properties"),
        )
        return replace(document, id=f"{organisation}-{period}.md", facts=stated)

    return make


def told(found: Sequence[tuple[str, list[Unit]]]) -> list[str]:
    return [unit.text for _, units in found for unit in units]


@pytest.mark.parametrize(
    ("question", "subject"),
    [
        ("Vad skriver Ekby om vänorter?", "vänorter"),
        ("vad sager ekby om vanorter", "vanorter"),
        ("Vad stod det i planen om EU-bidrag och avgifter?", "EU-bidrag och avgifter"),
        ("Berätta om Eurocities!", "Eurocities"),
        ("Beskriv samarbetet med Kina.", "samarbetet med Kina"),
        ("What does Ekby say about “Vänorter”?", "Vänorter"),
        ("Tell me about the twin towns", "the twin towns"),
        ("Hur många vänorter har Ekby?", None),
        ("Vem beslutar om vänorter?", None),
        ("Vad kostar planen?", None),
    ],
)
def test_what_a_question_wants_to_be_told_about(question: str, subject: str | None) -> None:
    assert subject_of(understand(question)) == subject


def test_a_section_is_told_in_order_with_its_lists(sections, make_plan) -> None:
    ((label, units),) = sections("Vad skriver Ekby om vänorter?", make_plan())
    assert label == EKBY
    assert [unit.text for unit in units] == [
        "Ekby har sju vänorter.",
        "Avtal skrivs för fyra år. De ska innehålla\nmål\nkostnader",
    ]
    assert [unit.kind for unit in units] == [UnitKind.SENTENCE, UnitKind.LIST]
    assert units[1].headings[-1] == "Avtal"


def test_the_document_that_is_named_beside_the_subject_is_no_part_of_it(sections, make_plan) -> None:
    assert told(sections("Vad står det om pengar i Ekbys plan?", make_plan())) == ["Planen kostar två miljoner kronor."]


@pytest.mark.parametrize(
    "question",
    [
        "Vad skriver Ekby om klimat?",
        "Vad skriver Ekby om vänorter i Kina?",
        "Vad skriver Talldal om vänorter?",
        "Hur många vänorter har Ekby?",
        "Vad skriver Ekby om det internationella arbetet?",
    ],
)
def test_what_no_heading_is_about_has_no_section(sections, make_plan, question: str) -> None:
    assert sections(question, make_plan()) == []


def test_the_newest_section_is_told_unless_a_year_is_asked_about(sections, make_plan) -> None:
    plans = [make_plan(period=str(year), towns=f"Ekby har {year - 2000} vänorter.") for year in (2022, 2024, 2023)]
    assert told(sections("Vad skriver Ekby om vänorter?", *plans))[0] == "Ekby har 24 vänorter."
    assert told(sections("Vad skrev Ekby om vänorter 2022?", *plans))[0] == "Ekby har 22 vänorter."


def test_each_organisation_has_its_section_unless_one_is_named(sections, make_plan) -> None:
    plans = [make_plan(), make_plan("Talldals kommun", towns="Talldal har tre vänorter.")]
    assert [label for label, _ in sections("Berätta om vänorter", *plans)] == [EKBY, "Talldals kommun"]
    assert [label for label, _ in sections("Vad skriver Talldal om vänorter?", *plans)] == ["Talldals kommun"]


def test_of_several_organisations_each_has_a_section_or_none_is_told(sections, make_plan) -> None:
    plans = [make_plan(), make_plan("Talldals kommun", towns="Talldal har tre vänorter.")]
    both = "Vad skriver Ekby och Talldal om vänorter?"
    assert [label for label, _ in sections(both, *plans)] == [EKBY, "Talldals kommun"]
    other = replace(plans[1], blocks=plans[1].blocks[:1])
    assert sections(both, plans[0], other) == []


def test_a_long_section_is_told_in_whole_sentences_up_to_a_number_of_words(sections, make_plan) -> None:
    sentence = "Ekby har sju vänorter och träffar dem ofta."
    long = make_plan(towns=" ".join([sentence] * 60))
    (text,) = told(sections("Vad skriver Ekby om vänorter?", long))
    assert text.endswith(".")
    assert WORDS - len(sentence.split()) < len(text.split()) <= WORDS
