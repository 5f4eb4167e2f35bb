import io
import zipfile
from datetime import date

import docx
import pypdfium2
import pytest
from lxml import etree

from assistant.answers import Answer, AnswerStatus, Citation
from assistant.export import conversation_markdown
from assistant.export_docx import conversation_docx
from assistant.export_pdf import conversation_pdf
from assistant.ui_state import Exchange, Phase
from assistant.ui_text_en import ENGLISH
from assistant.ui_text_sv import SWEDISH
from ingest.document import Fact, Field
from vectorstore.types import DocumentRecord

W = "{http://schemas.openxmlformats.org/wordprocessingml/2006/main}"
R = "{http://schemas.openxmlformats.org/officeDocument/2006/relationships}"
DAY = date(2026, 11, 26)
RECORDS = {
    "a.html": DocumentRecord(
        "a.html", "Nätverk", "Göteborgs Stad", None, None, "sv", "html", "/a", 1, 1, "2026",
        facts=(Fact(Field.ADDRESS, "https://example.org/natverk"),),
    )
}  # fmt: skip


def cited(marker: int, document: str = "a.pdf", quote: str = "Nio mål gäller.") -> Citation:
    return Citation(marker, document, "Program", "Provköpings kommun", 3, (), quote, 0, len(quote))


def exchange(question: str, text: str, *citations: Citation, phase: Phase = Phase.COMPLETE) -> Exchange:
    return Exchange(question, phase, Answer("1", question, question, "sv", AnswerStatus.PARTIAL, text, citations))


CONVERSATION = [
    exchange("Hur många?", "**Nio** mål. [1]\n\n- ett [1]\n- två [2]", cited(1), cited(2, quote="Två mål.")),
    exchange("Stoppad?", "Halva", phase=Phase.STOPPED),
    exchange("Vilka nätverk?", "Eurocities. [1]\nRad två.", cited(1, "a.html", "Staden är med i Eurocities.")),
]
HOSTILE = '#import "x" <b>&amp;</b> \\ $x$ #panic() ]] @label \x00\x0b \'q\' "q" [1] *a* _b_ `c` // /* \ufffe'


def parts(made: bytes) -> zipfile.ZipFile:
    return zipfile.ZipFile(io.BytesIO(made))


def words(element) -> str:
    return "".join(text.text or "" for text in element.iter(f"{W}t"))


def test_word_document_has_real_footnotes() -> None:
    made = conversation_docx(CONVERSATION, RECORDS, SWEDISH, DAY)
    document = docx.Document(io.BytesIO(made))
    headings = [one.text for one in document.paragraphs if one.style.name.startswith("Heading")]
    assert headings == [SWEDISH.export_title, "Hur många?", "Vilka nätverk?"]
    notes = etree.fromstring(parts(made).read("word/footnotes.xml"))
    texts = {note.get(f"{W}id"): words(note).strip() for note in notes}
    assert texts["1"] == "Provköpings kommun, Program, s. 3. ”Nio mål gäller.”"
    assert texts["2"] == "Provköpings kommun, Program, s. 3. ”Två mål.”"
    assert texts["3"].endswith("https://example.org/natverk. ”Staden är med i Eurocities.”")
    body = document.element.body
    assert [one.get(f"{W}id") for one in body.iter(f"{W}footnoteReference")] == ["1", "2", "3"]
    (again,) = body.iter(f"{W}fldSimple")
    assert "NOTEREF _note1 " in again.get(f"{W}instr")
    assert words(again) == "1"
    assert {one.get(f"{W}name") for one in body.iter(f"{W}bookmarkStart")} >= {"_note1"}


def test_word_document_links_its_references() -> None:
    package = parts(conversation_docx(CONVERSATION, RECORDS, SWEDISH, DAY))
    (link,) = etree.fromstring(package.read("word/footnotes.xml")).iter(f"{W}hyperlink")
    relations = etree.fromstring(package.read("word/_rels/footnotes.xml.rels"))
    targets = {one.get("Id"): (one.get("Target"), one.get("TargetMode")) for one in relations}
    assert targets[link.get(f"{R}id")] == ("https://example.org/natverk", "External")
    assert b"footnotes+xml" in package.read("[Content_Types].xml")


def test_pdf_has_footnotes_on_the_page_of_the_statement() -> None:
    document = pypdfium2.PdfDocument(conversation_pdf(CONVERSATION, RECORDS, ENGLISH, DAY))
    text = " ".join(document[0].get_textpage().get_text_range().split())
    for expected in ("Hur många?", "Provköpings kommun, Program, p. 3. “Nio mål gäller.”", "2026-11-26"):
        assert expected in text
    assert text.count("“Nio mål gäller.”") == 1
    assert "Halva" not in text
    assert document.get_metadata_value("Title") == ENGLISH.export_title
    assert document.is_tagged()


def test_markdown_has_every_answer() -> None:
    text = conversation_markdown(CONVERSATION, RECORDS, SWEDISH, DAY)
    assert text.startswith(f"# {SWEDISH.export_title}\n")
    assert "### Hur många?" in text
    assert "### Vilka nätverk?" in text
    assert "Halva" not in text


@pytest.mark.parametrize("make", [conversation_docx, conversation_pdf])
def test_hostile_text_is_only_text(make) -> None:
    hostile = exchange(HOSTILE, HOSTILE, Citation(1, HOSTILE, HOSTILE, HOSTILE, 1, (HOSTILE,), HOSTILE, 0, 9))
    made = make([hostile], {}, SWEDISH, DAY)
    if make is conversation_docx:
        text = "\n".join(one.text for one in docx.Document(io.BytesIO(made)).paragraphs)
    else:
        text = pypdfium2.PdfDocument(made)[0].get_textpage().get_text_range()
    assert '#import "x" <b>' in text.replace("”", '"').replace("“", '"')
    assert "#panic()" in text


def test_sign_that_no_font_has_does_not_stop_the_pdf() -> None:
    rare = exchange("Hur många \U00013000?", "Nio \U00013000. [1]", cited(1))
    text = pypdfium2.PdfDocument(conversation_pdf([rare], {}, SWEDISH, DAY))[0].get_textpage().get_text_range()
    assert "Hur många" in text
