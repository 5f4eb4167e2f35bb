"""Dividing questions, judged by the questions that come of them."""

from collections.abc import Callable, Sequence

import pytest

from assistant.answers import Turn
from assistant.divide import Part, divide
from assistant.understand import Kind, understand
from ingest.document import Fact, Field
from vectorstore.types import DocumentRecord

NORTH, SOUTH, REGION = "Norrköpinge kommun", "Söderstads stad", "Region Västerbo"


def record(
    name: str,
    organisation: str,
    period: str | None = None,
    replaces: str | None = None,
    document_type: str | None = None,
) -> DocumentRecord:
    facts = (Fact(Field.REPLACES, replaces, start=0, end=1),) if replaces else ()
    return DocumentRecord(
        id=f"{name}.pdf", title=name, organisation=organisation, document_type=document_type, period=period,
        language="sv", format="pdf", location="", pages=1, chunks=1, facts=facts, ingested_at="",
    )  # fmt: skip


RECORDS = (
    record("Årsrapport 2022", NORTH, "2022"),
    record("Årsrapport 2023", NORTH, "2023"),
    record("Program för EU-arbetet", SOUTH, "2025"),
    record("Strategi för omvärlden", REGION, "2018-2023"),
    record("Plan för samarbete", REGION, "2024-2027", replaces="Strategi för omvärlden (dnr 12/2017)"),
)


@pytest.fixture
def divided() -> Callable[..., list[Part]]:
    def parts(text: str, history: Sequence[Turn] = ()) -> list[Part]:
        return divide(understand(text, history, None, sorted({one.organisation for one in RECORDS})), RECORDS)

    return parts


OWN_TYPES = (
    record("Stadgar", NORTH, document_type="stadgar"),
    record("Policy mot mutor", NORTH, document_type="policy"),
    record("Rapport 2022", NORTH, document_type="rapport"),
    record("Rapport 2023", NORTH, document_type="rapport"),
)


@pytest.mark.parametrize(
    ("question", "asked"),
    [
        (
            "Vem kan uteslutas? Läs både stadgarna och mutpolicyn.",
            {"Stadgar": "Vem kan uteslutas? Läs stadgarna.", "Policy mot mutor": "Vem kan uteslutas? Läs mutpolicyn."},
        ),
        (
            "What do the policy and the statutes say of guests?",
            {
                "Policy mot mutor": "What do the policy say of guests?",
                "Stadgar": "What do the statutes say of guests?",
            },
        ),
        ("Vad säger stadgarna och rapporten om gäster?", {}),
        ("Vad säger policyn och kartan om gäster?", {}),
        ("Vad säger policyn om gäster?", {}),
    ],
)
def test_each_document_that_is_called_by_its_type_is_asked(question: str, asked: dict[str, str]) -> None:
    parts = divide(understand(question, (), None, [NORTH]), OWN_TYPES)
    assert {part.label: part.question.text for part in parts} == asked
    assert [part.question.scope.documents for part in parts] == [(f"{label}.pdf",) for label in asked]


@pytest.mark.parametrize(
    ("question", "asked"),
    [
        (
            "Hur många vänorter har Norrköpinge respektive Söderstad?",
            {NORTH: "Hur många vänorter har Norrköpinge?", SOUTH: "Hur många vänorter har Söderstad?"},
        ),
        (
            "Jämför syftet med EU-arbetet i Söderstads stad och Region Västerbo",
            {SOUTH: "syftet med EU-arbetet i Söderstads stad", REGION: "syftet med EU-arbetet i Region Västerbo"},
        ),
        (
            "Vad är skillnaden mellan Norrköpinges och Söderstads kostnader för medlemskap?",
            {
                NORTH: "vad är Norrköpinges kostnader för medlemskap?",
                SOUTH: "vad är Söderstads kostnader för medlemskap?",
            },
        ),
        (
            "Har Norrköpinge fler anställda i Bryssel än Söderstad?",
            {NORTH: "Har Norrköpinge anställda i Bryssel?", SOUTH: "Har anställda i Bryssel Söderstad?"},
        ),
    ],
)
def test_a_question_about_two_organisations_is_asked_of_each(divided, question: str, asked: dict[str, str]) -> None:
    parts = divided(question)
    assert {part.label: part.question.text for part in parts} == asked
    assert all(part.question.organisations == (part.label,) for part in parts)
    assert all(part.question.scope.organisations == (part.label,) for part in parts)
    assert all(part.question.kind != Kind.COMPARISON and part.same for part in parts)


def test_each_part_keeps_only_its_own_name(divided) -> None:
    parts = divided("Hur många vänorter har Norrköpinge respektive Söderstad i Eurocities?")
    assert [part.question.names for part in parts] == [("Norrköpinge", "Eurocities"), ("Söderstad", "Eurocities")]


@pytest.mark.parametrize(
    ("question", "texts"),
    [
        (
            "Hur mycket EU-stöd fick Norrköpinge 2022 jämfört med 2023?",
            ["Hur mycket EU-stöd fick Norrköpinge 2023?", "Hur mycket EU-stöd fick Norrköpinge 2022?"],
        ),
        (
            "Hur har bemanningen i Norrköpinge ändrats mellan 2022 och 2023?",
            ["vad är bemanningen i Norrköpinge 2023?", "vad är bemanningen i Norrköpinge 2022?"],
        ),
    ],
)
def test_a_question_about_two_years_is_asked_of_the_documents_of_each(divided, question: str, texts: list[str]) -> None:
    parts = divided(question)
    assert [part.question.text for part in parts] == texts
    assert [part.label for part in parts] == ["2023", "2022"]
    assert [part.question.years for part in parts] == [(2023,), (2022,)]
    assert [part.question.scope.documents for part in parts] == [("Årsrapport 2023.pdf",), ("Årsrapport 2022.pdf",)]


def test_a_question_about_what_has_changed_is_asked_of_the_document_and_of_the_one_it_replaces(divided) -> None:
    parts = divided("Hur har Region Västerbos mål för utbyten ändrats?")
    assert [part.label for part in parts] == ["2024-2027", "2018-2023"]
    assert [part.question.scope.documents for part in parts] == [
        ("Plan för samarbete.pdf",),
        ("Strategi för omvärlden.pdf",),
    ]
    assert {part.question.text for part in parts} == {"vad är Region Västerbos mål för utbyten?"}


@pytest.mark.parametrize(
    ("question", "first", "second", "kinds"),
    [
        (
            "När antogs Söderstads program, och vem ansvarar för det?",
            "När antogs Söderstads program?",
            "vem ansvarar för det?",
            (Kind.DATE, Kind.PERSON),
        ),
        (
            "When did Norrköpinge join Eurocities and how many people attended?",
            "When did Norrköpinge join Eurocities?",
            "how many people attended?",
            (Kind.DATE, Kind.NUMBER),
        ),
    ],
)
def test_a_sentence_that_asks_two_questions_is_asked_as_two(
    divided, question: str, first: str, second: str, kinds: tuple[Kind, Kind]
) -> None:
    parts = divided(question)
    assert [part.question.text for part in parts] == [first, second]
    assert parts[1].question.standalone == f"{second} ({first.rstrip('?')})"
    assert tuple(part.question.kind for part in parts) == kinds
    assert [part.label for part in parts] == ["", ""]


@pytest.mark.parametrize(
    "question",
    [
        "Hur många vänorter har Norrköpinge?",
        "Vad ska Söderstad göra 2022–2025?",
        "Hur mycket lägre ska utsläppen i Söderstad vara 2045 jämfört med 1990?",
        "Vilka kommuner är med i Eurocities?",
        "Vad säger planen om utbildning och forskning?",
        "Vem ansvarar för mål och budget i Norrköpinge?",
        "Hej!",
        "",
    ],
)
def test_a_question_about_one_thing_stays_whole(divided, question: str) -> None:
    assert divided(question) == []


def test_a_part_of_a_follow_up_keeps_what_it_follows(divided) -> None:
    parts = divided("Och hur är det i Norrköpinge och Söderstad?", [Turn("Vad kostar medlemskapen?")])
    assert [part.label for part in parts] == [NORTH, SOUTH]
    assert all("Vad kostar medlemskapen" in part.question.standalone for part in parts)
