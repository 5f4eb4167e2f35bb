import pytest

from assistant.answers import Scope
from assistant.ui_documents import documents_html, example_questions, scope_html
from assistant.ui_state import in_scope, years_of
from assistant.ui_text_en import ENGLISH
from assistant.ui_text_sv import SWEDISH
from ingest.assemble import RawBlock, RawDocument, assemble_document
from ingest.document import BlockKind, Document
from vectorstore.types import DocumentRecord


def record(name: str, organisation: str | None, period: str | None = None, language: str = "sv") -> DocumentRecord:
    return DocumentRecord(
        name, f"Titel {name}", organisation, "program", period, language, "pdf", name, 4, 1, "2026-01-01"
    )


def document(name: str, *sections: tuple[str, str]) -> Document:
    blocks = []
    for heading, text in sections:
        blocks.append(RawBlock(BlockKind.HEADING, ((1, heading),), 1))
        blocks.append(RawBlock(BlockKind.PARAGRAPH, ((1, text),)))
    return assemble_document(name, "0" * 64, RawDocument("pdf", blocks))


class Library:
    def __init__(self, *documents: Document) -> None:
        self._documents = {document.id: document for document in documents}

    def document(self, document_id: str) -> Document:
        return self._documents[document_id]


@pytest.mark.parametrize(
    ("period", "years"),
    [("2021", [2021]), ("2021-2023", [2021, 2022, 2023]), (None, []), ("okänt", []), ("1-9999", []), ("2023-", [2023])],
)
def test_period_covers_years(period: str | None, years: list[int]) -> None:
    assert list(years_of(period)) == years


def test_scope_limits_by_organisation_and_year() -> None:
    one = record("a", "Provköpings kommun", "2021-2023")
    assert in_scope(one, Scope())
    assert in_scope(one, Scope(organisations=("PROVKÖPINGS KOMMUN",), years=(2022, 2030)))
    assert not in_scope(one, Scope(years=(2024,)))
    assert not in_scope(one, Scope(organisations=("Annan",)))
    assert not in_scope(record("b", None), Scope(years=(2021,)))


def test_scope_shows_what_is_chosen_and_what_can_be() -> None:
    records = [record("a", "Provköpings kommun", "2021"), record("b", "Exempelstads kommun", "2022"), record("c", None)]
    html = scope_html(records, Scope(organisations=("Provköpings kommun",)), SWEDISH)
    assert "1 av 3 dokument (Provköpings kommun)" in html
    assert 'value="Provköpings kommun" checked' in html
    assert 'value="Exempelstads kommun">' in html
    assert html.index('value="2022"') < html.index('value="2021"')
    assert "alla dokument (3)" in scope_html(records, Scope(), SWEDISH)


def test_documents_are_listed_by_organisation() -> None:
    records = [record("<b>", "Ö kommun", "2021"), record("b", "Å kommun"), record("c", None)]
    html = documents_html(records, ENGLISH)
    assert html.index(ENGLISH.documents_other) > html.index("Ö kommun")
    assert "Programme · 2021 · 4 pages · PDF" in html
    assert "<b>" not in html
    assert 'data-document="&lt;b&gt;"' in html
    assert SWEDISH.documents_empty in documents_html([], SWEDISH)


def test_examples_ask_for_the_fullest_particular_section() -> None:
    library = Library(
        document("a", ("1 Inledning", "x" * 900), ("2 Vänorter", "Två vänorter. " * 9), ("3 Nätverk", "Kort.")),
        document("b", ("Vad gör vi?", "y" * 900), ("Eurocities", "Staden är med i Eurocities."), ("EU-stöd", "k")),
    )
    records = [record("a", "Provköpings kommun"), record("b", "Exempelstads kommun")]
    assert example_questions(library, records, SWEDISH) == [
        "Vad skriver Provköpings kommun om vänorter?",
        "Vad skriver Exempelstads kommun om Eurocities?",
    ]
    assert example_questions(library, records, ENGLISH) == [
        "What does Provköpings kommun say about “Vänorter”?",
        "What does Exempelstads kommun say about “Eurocities”?",
    ]


def test_examples_take_turns_and_do_not_repeat_a_subject() -> None:
    sections = (("Vänorter", "v" * 200), ("Nätverk", "n" * 100))
    library = Library(*(document(name, *sections) for name in "abc"))
    records = [record("a", "Ett"), record("b", "Ett"), record("c", "Två")]
    assert example_questions(library, records, SWEDISH) == [
        "Vad skriver Ett om vänorter?",
        "Vad skriver Två om nätverk?",
    ]
