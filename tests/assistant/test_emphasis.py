"""What an answer emphasises: the value that the question asks for, where the reader marks it."""

from collections.abc import Callable
from dataclasses import replace

import pytest

from assistant.answer import Draft
from assistant.answers import AnswerStatus
from assistant.emphasis import value_span
from assistant.evidence import Unit, find_units
from assistant.score import Scored, score_units
from assistant.understand import Kind, understand
from assistant.write_out import write_out
from ingest.document import Document
from vectorstore.reader import Place, Reading

TOWNS = "Staden fick cirka 59 miljoner kronor 2021. Antalet vänorter var sju den 3 maj 2022."


@pytest.fixture
def read_unit(make_document, hits_over) -> Callable[..., tuple[Document, Unit]]:
    """A document of one paragraph, and the first unit in which the reader marks some words."""

    def read(text: str, marked: str, share: float = 0.9) -> tuple[Document, Unit]:
        document = make_document(("paragraph", text))
        (hit,) = hits_over(document)
        begin = hit.chunk.text.index(marked)
        span = (begin, begin + len(marked))
        hit = replace(hit, reading=Reading(0.9, 0.9, span, (Place(*span, share),)))
        return document, next(unit for unit in find_units(document, [hit]) if marked in unit.text)

    return read


@pytest.mark.parametrize(
    ("kind", "text", "marked", "value"),
    [
        (Kind.AMOUNT, TOWNS, "59 miljoner", "59 miljoner kronor"),
        (Kind.AMOUNT, TOWNS, "cirka 59", "cirka 59 miljoner kronor"),
        (Kind.NUMBER, "Staden har sju vänorter.", "sju", "sju vänorter"),
        (Kind.DATE, TOWNS, "maj", "3 maj 2022"),
        (Kind.PERSON, "Det avgör kommunstyrelsens ordförande.", "styrelsens ordf", "kommunstyrelsens ordförande"),
        (Kind.FACT, "Kontoret ligger i Saint-Denis nära Paris.", "Saint", "Saint-Denis"),
        (Kind.NUMBER, "Antal: 60; Klart: 2025", "60; Klart", "60"),
        (Kind.PERSON, "Ansvarig: chefen; Klart: 2025", "chefen; Klart", None),
        (Kind.NUMBER, "Staden har goda vänner i norr.", "goda vänner", None),
        (Kind.REASON, TOWNS, "59 miljoner", None),
        (Kind.LIST, TOWNS, "59 miljoner", None),
        (
            Kind.PERSON,
            "Det gör alla som vill och kan och har tid att vara med.",
            "alla som vill och kan och har tid att",
            None,
        ),
    ],
)
def test_the_value_asked_for_is_found(read_unit, kind: Kind, text: str, marked: str, value: str | None) -> None:
    document, unit = read_unit(text, marked)
    span = value_span(kind, unit)
    assert (document.text[slice(*span)] if span else None) == value


def test_without_a_reader_nothing_stands_out(read_unit) -> None:
    _, unit = read_unit(TOWNS, "sju")
    assert value_span(Kind.NUMBER, replace(unit, hit=replace(unit.hit, reading=None))) is None
    assert value_span(Kind.NUMBER, replace(unit, hit=replace(unit.hit, reading=Reading(0.9, 0.9)))) is None


def test_one_of_several_that_are_alike_does_not_stand_out(read_unit) -> None:
    _, unit = read_unit("Staden har sju vänorter.", "sju", share=0.4)
    assert value_span(Kind.NUMBER, unit) is None


def test_what_is_marked_elsewhere_does_not_count(read_unit) -> None:
    _, unit = read_unit(TOWNS, "59 miljoner")
    other = replace(unit, spans=((unit.spans[0][1] + 1, len(TOWNS)),))
    assert value_span(Kind.NUMBER, other) is None


def test_a_value_stands_out_in_its_sentence_and_the_quote_keeps_the_words(read_unit) -> None:
    document, unit = read_unit(TOWNS, "59 miljoner")
    (scored,) = score_units(understand("Hur mycket fick staden?"), [], [unit], {document.id: document}, [0.9])
    draft = Draft(AnswerStatus.ANSWERED, (("", scored),))
    text, citations = write_out(draft, {document.id: document}, Kind.AMOUNT)
    assert text == "Staden fick cirka **59 miljoner kronor** 2021. [1]"
    assert citations[0].quote == "Staden fick cirka 59 miljoner kronor 2021."
    plain, _ = write_out(draft, {document.id: document})
    assert plain == text.replace("**", "")


def test_only_the_first_statement_and_those_with_labels_have_it(read_unit) -> None:
    document, unit = read_unit(TOWNS, "59 miljoner")
    (scored,) = score_units(understand("Hur mycket?"), [], [unit], {document.id: document}, [0.9])

    def told(*labels: str) -> list[bool]:
        statements: tuple[tuple[str, Scored], ...] = tuple((label, scored) for label in labels)
        text, _ = write_out(Draft(AnswerStatus.ANSWERED, statements), {document.id: document}, Kind.AMOUNT)
        return ["**" in paragraph for paragraph in text.split("\n\n")]

    assert told("", "") == [True, False]
    assert told("2021", "2020") == [True, True]
