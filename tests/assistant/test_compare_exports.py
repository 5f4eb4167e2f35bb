import io
import re
import zipfile

import pytest
from docx import Document
from lxml import etree
from openpyxl import load_workbook

from assistant.answers import Answer, AnswerStatus, Citation
from assistant.compare import Cell, CellState, Grid, Subject, SubjectKind, short_answers
from assistant.compare_excel import excel_of
from assistant.compare_word import word_of
from assistant.ui_compare_routes import link_from
from assistant.ui_text_en import ENGLISH
from assistant.ui_text_sv import SWEDISH

W = "{http://schemas.openxmlformats.org/wordprocessingml/2006/main}"
R = "{http://schemas.openxmlformats.org/officeDocument/2006/relationships}"
address_of = link_from("https://utblick.example/", {"b.pdf": "pdf"}.get)
FORMULA = '=HYPERLINK("http://evil.example";"klicka")'


def grid_of(count: int) -> Grid:
    subjects = tuple(Subject(SubjectKind.ORGANISATION, f"Stad {n}", f"Stad {n}") for n in range(count))
    questions = ("Vad är målet?", FORMULA)
    web = Citation(1, "https://example.org/plan", "Plan <b>", "Stad 0", 1, ("Mål", "EU"), "citat\x0b ett", 0, 10)
    file = Citation(2, "b.pdf", FORMULA, "Stad 0", 4, (), FORMULA, 5, 50)
    told = Answer("x", "?", "?", "sv", AnswerStatus.ANSWERED, f"- **Mål** ett [1]\n- {FORMULA} [1] [2]", (web, file))
    missing = Answer("x", "?", "?", "sv", AnswerStatus.NOT_FOUND, "Framgår inte.", (web,))
    cells = [Cell(CellState.DONE, told)] + [Cell(CellState.DONE, missing)] * (2 * count - 2) + [Cell(CellState.BROKEN)]
    return Grid("0" * 32, "name:anna", questions, subjects, tuple(cells), "2026-11-26T08:00:00+00:00")


@pytest.mark.parametrize("texts", [SWEDISH, ENGLISH])
def test_workbook_leads_from_each_answer_to_its_source_and_back(texts) -> None:
    own = texts.compare
    book = load_workbook(io.BytesIO(excel_of(grid_of(2), address_of, texts)), rich_text=True)
    assert book.sheetnames == [own.sheet_grid, own.sheet_sources]
    sheet, sources = book.worksheets
    assert "2026-11-26" in sheet["A2"].value
    assert [cell.value for cell in sheet[4]] == [own.question, "Stad 0", "Stad 1"]
    assert str(sheet["B5"].value) == f"• Mål ett [1]\n• {FORMULA} [1] [2]"
    assert [sheet[place].value for place in ("C5", "B6", "C6")] == [own.not_found, own.not_found, own.broken]
    assert sheet["B5"].hyperlink.location or sheet["B5"].hyperlink.target
    assert _target(sheet["B5"]) == f"#'{own.sheet_sources}'!A2"
    assert [cell.value for cell in sources[1]] == list(own.columns.values())
    assert [cell.value for cell in sources[2]][:5] == [1, "Stad 0", "Plan <b>", 1, "Mål › EU"]
    assert sources["F2"].value == "citat\ufffd ett"
    assert _target(sources["A2"]) == _target(sources["A3"]) == f"#'{own.sheet_grid}'!B5"
    assert _target(sources["C2"]) == _target(sources["G2"]) == "https://example.org/plan"
    assert _target(sources["G3"]) == "https://utblick.example/documents/original?document=b.pdf#page=4"
    assert sources["G3"].value == "b.pdf"
    assert sheet.freeze_panes == "B5" and sheet.page_setup.orientation == "landscape"


def _target(cell) -> str:
    link = cell.hyperlink
    return link.target or f"#{link.location}"


def test_nothing_in_a_workbook_is_a_formula() -> None:
    content = excel_of(grid_of(2), address_of, SWEDISH)
    book = load_workbook(io.BytesIO(content))
    cells = [cell for sheet in book for row in sheet for cell in row]
    assert {cell.data_type for cell in cells} <= {"s", "n", "inlineStr"}
    assert book.worksheets[0]["A6"].value == FORMULA
    with zipfile.ZipFile(io.BytesIO(content)) as package:
        for name in package.namelist():
            assert b"<f>" not in package.read(name), name


@pytest.mark.parametrize("count", [2, 6])
@pytest.mark.parametrize("texts", [SWEDISH, ENGLISH])
def test_document_leads_from_each_number_to_its_source_and_back(texts, count: int) -> None:
    own = texts.compare
    content = word_of(grid_of(count), address_of, texts)
    document = Document(io.BytesIO(content))
    body = etree.fromstring(zipfile.ZipFile(io.BytesIO(content)).read("word/document.xml"))
    bookmarks = {mark.get(f"{W}name") for mark in body.iter(f"{W}bookmarkStart")}
    assert bookmarks == {"source_1", "source_2", "cited_1", "cited_2"}
    links = [link for link in body.iter(f"{W}hyperlink") if link.get(f"{W}anchor")]
    assert {link.get(f"{W}anchor") for link in links} == bookmarks
    cited = ["".join(link.itertext()) for link in links if link.get(f"{W}anchor").startswith("source")]
    assert cited == ["[1]", "[1]", "[2]"]
    external = [link.get(f"{R}id") for link in body.iter(f"{W}hyperlink") if link.get(f"{R}id")]
    assert [document.part.rels[key].target_ref for key in external] == [
        "https://example.org/plan",
        "https://utblick.example/documents/original?document=b.pdf#page=4",
    ]
    text = "\n".join("".join(node.itertext()) for node in body.iter(f"{W}p"))
    assert own.not_found in text and own.broken in text and own.sources in text
    assert "• Mål ett" in text and "**" not in text
    assert FORMULA in text and "citat ett" in text
    tables = 1 if count == 2 else 2
    assert len(document.tables) == tables
    assert document.core_properties.title == own.sheet_grid
    assert body.find(f".//{W}pgSz").get(f"{W}orient") == "landscape"
    identifiers = [mark.get(f"{W}id") for mark in body.iter(f"{W}bookmarkStart")]
    assert len(set(identifiers)) == len(identifiers)


def test_what_is_exported_is_what_is_shown(samples_assistant) -> None:
    from assistant.comparisons import Comparisons

    comparisons = Comparisons(samples_assistant)
    names = ["Exempelstads kommun", "Provköpings kommun"]
    subjects = [Subject(SubjectKind.ORGANISATION, name, name) for name in names]
    grid = comparisons.wait(comparisons.start("x", ["Vilka vänorter finns?"], subjects).id, 60)
    comparisons.close()
    shown, references = short_answers(grid)
    book = load_workbook(io.BytesIO(excel_of(grid, address_of, SWEDISH)), rich_text=True)
    sheet, sources = book.worksheets
    for index, short in shown.items():
        value = str(sheet.cell(5, 2 + index).value)
        numbers = [int(number) for number in re.findall(r"\[(\d+)\]", value)]
        assert numbers == [r.number for told in short.whole for r in told.references]
    assert [row[5].value for row in sources.iter_rows(min_row=2)] == [r.citation.quote for r in references]
    etree.fromstring(zipfile.ZipFile(io.BytesIO(word_of(grid, address_of, SWEDISH))).read("word/document.xml"))
