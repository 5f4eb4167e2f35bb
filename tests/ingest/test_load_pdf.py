from pathlib import Path

import pytest
from pypdf import PdfReader, PdfWriter
from pypdf.constants import PageLabelStyle
from pypdf.generic import DecodedStreamObject, DictionaryObject, NameObject, NumberObject
from reportlab.lib.pagesizes import A4
from reportlab.pdfgen.canvas import Canvas

from ingest.assemble import assemble_document
from ingest.document import BlockKind, Field
from ingest.errors import IngestError, NeedsOcr, NeedsPassword, UnreadableFile
from ingest.load_pdf import load_pdf

SHARED = Path(__file__).parents[2].parent / "shared"
needs_shared = pytest.mark.skipif(not SHARED.is_dir(), reason="no shared material beside the checkout")

BODY = (
    "Kommunen ska under perioden samverka med andra städer i frågor om",
    "klimat, arbete och utbildning. Arbetet följs upp varje år och redo-",
    "visas för nämnden tillsammans med budgeten.",
)


class Sheet:
    """Draws lines on pages with reportlab."""

    def __init__(self, path, *, title="Program för EU-arbete", author="Provkommun"):
        self.canvas = Canvas(str(path), pagesize=A4)
        self.canvas.setTitle(title)
        self.canvas.setAuthor(author)
        self.y = 780.0

    def add(self, *texts, size=11, bold=False, x=72, above=0.0):
        self.y -= above
        for text in texts:
            self.y -= 1.3 * size
            self.canvas.setFont("Helvetica-Bold" if bold else "Helvetica", size)
            self.canvas.drawString(x, self.y, text)
        return self

    def at(self, x, y, text, size=9):
        self.canvas.setFont("Helvetica", size)
        self.canvas.drawString(x, y, text)
        return self

    def turn(self):
        self.canvas.showPage()
        self.y = 780.0
        return self

    def save(self):
        self.canvas.save()


@pytest.fixture
def plan(tmp_path):
    """Two pages: title, facts, headings in the outline, a paragraph over the page break, a list."""
    path = tmp_path / "plan.pdf"
    sheet = Sheet(path)
    sheet.at(72, 810, "Provkommun").at(280, 30, "Sida 1 (2)")
    sheet.add("Program för EU-arbete", size=20, bold=True)
    sheet.add("Antaget av: Kommunfullmäktige 2025-02-25 § 57", "Diarienummer: KS 2024-778", above=10)
    sheet.canvas.bookmarkPage("inledning")
    sheet.canvas.addOutlineEntry("Inledning", "inledning", level=0)
    sheet.add("Inledning", size=14, bold=True, above=14).add(*BODY, above=6)
    sheet.add(*BODY[:2], above=8).turn()
    sheet.at(72, 810, "Provkommun").at(280, 30, "Sida 2 (2)")
    sheet.add("visas för nämnden tillsammans med målen.")
    sheet.add("Nämnderna ska:", above=8).add("•  samverka,", "•  följa upp.", x=84).save()
    return path


def encrypted(source, target, user, owner="ägare"):
    writer = PdfWriter(clone_from=PdfReader(source))
    writer.encrypt(user, owner, algorithm="AES-256")
    writer.write(target)
    return target


def test_a_document_is_read_with_its_structure(plan):
    raw = load_pdf(plan)
    assert [(block.kind, block.level, block.text.split()[0]) for block in raw.blocks] == [
        (BlockKind.HEADING, 1, "Program"),
        (BlockKind.PARAGRAPH, 0, "Antaget"),
        (BlockKind.PARAGRAPH, 0, "Diarienummer:"),
        (BlockKind.HEADING, 1, "Inledning"),
        (BlockKind.PARAGRAPH, 0, "Kommunen"),
        (BlockKind.PARAGRAPH, 0, "Kommunen"),
        (BlockKind.PARAGRAPH, 0, "Nämnderna"),
        (BlockKind.ITEM, 1, "samverka,"),
        (BlockKind.ITEM, 1, "följa"),
    ]
    assert [page for page, _ in raw.blocks[5].parts] == [1, 2]
    assert raw.blocks[5].text.endswith("varje år och redovisas för nämnden tillsammans med målen.")
    assert not any("Sida" in block.text or block.text == "Provkommun" for block in raw.blocks)


def test_properties_and_labels(plan):
    raw = load_pdf(plan)
    assert raw.format == "pdf"
    assert raw.properties == {Field.TITLE: "Program för EU-arbete", Field.ORGANISATION: "Provkommun"}
    assert list(raw.labels) == [None, None]


def test_page_labels_are_kept_beside_the_number(plan, tmp_path):
    writer = PdfWriter(clone_from=PdfReader(plan))
    writer.set_page_label(0, 0, style=PageLabelStyle.LOWERCASE_ROMAN)
    writer.set_page_label(1, 1, style=PageLabelStyle.DECIMAL, start=2)
    writer.write(tmp_path / "labels.pdf")
    assert list(load_pdf(tmp_path / "labels.pdf").labels) == ["i", None]


def test_quotes_can_be_located_in_the_assembled_document(plan):
    document = assemble_document("plan.pdf", "0" * 64, load_pdf(plan))
    assert "varje år och redo" in document.page_text(1)
    assert document.page_text(2).startswith("visas för nämnden tillsammans med målen.")
    assert document.blocks[-1].lead_in == 6


def test_an_empty_user_password_opens_silently(plan, tmp_path):
    path = encrypted(plan, tmp_path / "locked.pdf", "")
    assert [block.text for block in load_pdf(path).blocks] == [block.text for block in load_pdf(plan).blocks]


def test_a_password_is_asked_for_and_used(plan, tmp_path):
    path = encrypted(plan, tmp_path / "locked.pdf", "hemligt")
    with pytest.raises(NeedsPassword, match="--password"):
        load_pdf(path)
    with pytest.raises(NeedsPassword, match="does not open it"):
        load_pdf(path, "fel")
    assert load_pdf(path, "hemligt").properties[Field.TITLE] == "Program för EU-arbete"


def test_pages_without_text_need_ocr(tmp_path):
    canvas = Canvas(str(tmp_path / "scan.pdf"))
    canvas.rect(100, 100, 300, 500, fill=1)
    canvas.showPage()
    canvas.save()
    with pytest.raises(NeedsOcr, match="no text could be read"):
        load_pdf(tmp_path / "scan.pdf")


@pytest.mark.parametrize(
    "content",
    [
        b"",
        b"<!doctype html><title>Plan</title>",
        b"%PDF-1.7\n",
        b"%PDF-1.7\n" + bytes(range(256)) * 20,
        b"%PDF-1.4 %%EOF",
    ],
)
def test_what_is_no_pdf_is_unreadable(tmp_path, content):
    path = tmp_path / "plan.pdf"
    path.write_bytes(content)
    with pytest.raises(UnreadableFile, match=r"plan\.pdf"):
        load_pdf(path)


def test_a_missing_file_is_unreadable(tmp_path):
    with pytest.raises(UnreadableFile, match="cannot be opened"):
        load_pdf(tmp_path / "saknas.pdf")


@pytest.mark.parametrize("share", [0.2, 0.4, 0.6, 0.8, 0.95, 0.999])
def test_a_truncated_file_gives_text_or_one_of_our_errors(plan, tmp_path, share):
    content = plan.read_bytes()
    path = tmp_path / "cut.pdf"
    path.write_bytes(content[: int(len(content) * share)])
    try:
        assert load_pdf(path).blocks
    except IngestError as error:
        assert "cut.pdf" in str(error)


def test_what_is_left_of_a_file_that_was_cut_off_is_read(plan, tmp_path, caplog):
    content = plan.read_bytes()
    path = tmp_path / "cut.pdf"
    path.write_bytes(content[: content.rindex(b"\nxref")])
    with caplog.at_level("WARNING"):
        raw = load_pdf(path)
    assert raw.blocks == load_pdf(plan).blocks
    assert "cut.pdf was cut off" in caplog.text


def test_an_encrypted_file_that_was_cut_off_is_unreadable(plan, tmp_path):
    encrypted(plan, tmp_path / "locked.pdf", "hemligt")
    content = (tmp_path / "locked.pdf").read_bytes()
    path = tmp_path / "cut.pdf"
    path.write_bytes(content[: content.rindex(b"\nxref")])
    with pytest.raises(UnreadableFile, match=r"cut\.pdf"):
        load_pdf(path)


def test_a_page_that_cannot_be_read_costs_only_itself(plan, tmp_path):
    writer = PdfWriter(clone_from=PdfReader(plan))
    broken = DecodedStreamObject()
    broken.set_data(b"BT /F1 12 Tf (never closed")
    writer.pages[0][NameObject("/Contents")] = writer._add_object(broken)
    writer.write(tmp_path / "half.pdf")
    raw = load_pdf(tmp_path / "half.pdf")
    assert "visas för nämnden tillsammans med målen." in [block.text for block in raw.blocks]
    assert len(raw.labels) == 2


def test_a_damaged_outline_and_damaged_labels_cost_only_themselves(plan, tmp_path):
    writer = PdfWriter(clone_from=PdfReader(plan))
    broken = DictionaryObject({NameObject("/First"): NumberObject(7)})
    writer.root_object[NameObject("/Outlines")] = broken
    writer.root_object[NameObject("/PageLabels")] = DictionaryObject({NameObject("/Nums"): NumberObject(7)})
    writer.write(tmp_path / "damaged.pdf")
    raw = load_pdf(tmp_path / "damaged.pdf")
    assert [block.text for block in raw.blocks] == [block.text for block in load_pdf(plan).blocks]
    assert list(raw.labels) == [None, None]


def test_pypdf_reads_what_pdfium_does_not(plan, monkeypatch):
    expected = [block.text for block in load_pdf(plan).blocks]
    monkeypatch.setattr("ingest.load_pdf.open_document", lambda path, password: (None, "refused"))
    assert [block.text for block in load_pdf(plan).blocks] == expected


def test_pdfium_reads_what_pypdf_does_not(plan, monkeypatch):
    expected = [block.text for block in load_pdf(plan).blocks]
    monkeypatch.setattr("ingest.load_pdf._open_pypdf", lambda path, password: (None, "refused"))
    raw = load_pdf(plan)
    assert [block.text for block in raw.blocks] == expected
    assert raw.properties == {}


@pytest.mark.parametrize("rotation", [90, 180, 270])
def test_turned_pages_read_as_they_are_shown(tmp_path, rotation):
    path = tmp_path / "turned.pdf"
    canvas = Canvas(str(path), pagesize=(600, 800))
    shown = {90: (1, 0, 600, 0), 180: (2, 0, 600, 800), 270: (3, 0, 0, 800)}[rotation]
    canvas.translate(*shown[2:])
    canvas.rotate(rotation)
    canvas.setFont("Helvetica", 11)
    for index, text in enumerate(("Först står detta, och det är en mening som", "går vidare på nästa rad.")):
        canvas.drawString(60, 500 - 14 * index, text)
    canvas.setPageRotation(rotation)
    canvas.showPage()
    canvas.save()
    assert [block.text for block in load_pdf(path).blocks] == [
        "Först står detta, och det är en mening som går vidare på nästa rad."
    ]


def test_a_table_is_told_row_by_row(tmp_path):
    sheet = Sheet(tmp_path / "table.pdf").add(*BODY)
    for index, row in enumerate((("Åtgärd", "Ansvarig", "Klart"), ("Ta fram plan", "Styrelsen", "2026-12-31"))):
        sheet.canvas.setFont("Helvetica-Bold" if index == 0 else "Helvetica", 11)
        for cell, x in zip(row, (72, 220, 350), strict=True):
            sheet.canvas.drawString(x, 680 - 18 * index, cell)
    sheet.save()
    assert (BlockKind.ROW, "Åtgärd: Ta fram plan; Ansvarig: Styrelsen; Klart: 2026-12-31") in [
        (block.kind, block.text) for block in load_pdf(tmp_path / "table.pdf").blocks
    ]


def test_footnote_marks_go_and_exponents_stay(tmp_path):
    sheet = Sheet(tmp_path / "marks.pdf").add(*BODY)
    sheet.at(72, 600, "Utsläppen minskar", 11).at(168, 604, "3", 6).at(174, 600, "på 40 m", 11).at(216, 604, "2", 6)
    sheet.save()
    assert load_pdf(tmp_path / "marks.pdf").blocks[-1].text == "Utsläppen minskar på 40 m2"


def test_nothing_is_written_to_the_terminal(plan, capfd):
    load_pdf(plan)
    load_pdf(plan)
    assert capfd.readouterr() == ("", "")


@needs_shared
def test_the_programme_in_the_corpus():
    raw = load_pdf(next((SHARED / "corpus").glob("linkoping*.pdf")))
    told = [(block.kind, block.text) for block in raw.blocks]
    assert told[0][0] == BlockKind.HEADING
    assert (BlockKind.PARAGRAPH, "Antaget av: Kommunfullmäktige 2025-02-25 § 57") in told
    assert (BlockKind.PARAGRAPH, "Diarienummer: KS 2024-778") in told
    assert sum(kind == BlockKind.CONTENTS for kind, _ in told) == 5
    assert sum(kind == BlockKind.ITEM for kind, _ in told) == 16
    assert not any(text.startswith("Sida ") for _, text in told)
    assert not any("\u00ad" in text or "\u2010" in text for _, text in told)
    assert [text for kind, text in told if kind == BlockKind.HEADING and text[0].isdigit()] == [
        "1 Inledning",
        "2 Övergripande inriktning",
        "3 Förutsättningar för genomförande av Linköpings kommuns internationella arbete",
        "4 Planering och Uppföljning",
    ]


@needs_shared
def test_the_report_in_the_corpus():
    raw = load_pdf(next((SHARED / "corpus").glob("malmo*.pdf")))
    numbered = [block for block in raw.blocks if block.kind == BlockKind.HEADING and block.text[0].isdigit()]
    assert [int(block.text.split(".")[0]) for block in numbered] == list(range(1, 15))
    assert {block.level for block in numbered} == {1}
    assert sum(len(block.parts) > 1 for block in raw.blocks) == 2


@needs_shared
@pytest.mark.parametrize(("folder", "error"), [("pikepdf/pal.pdf", NeedsOcr), ("pypdf/r4-user*", NeedsPassword)])
def test_real_files_that_cannot_be_read(folder, error):
    with pytest.raises(error):
        load_pdf(next((SHARED / "pdfs").glob(folder)))


@needs_shared
def test_no_real_file_raises_anything_else():
    for path in sorted((SHARED / "pdfs").rglob("*.pdf")):
        try:
            raw = load_pdf(path)
        except IngestError:
            continue
        pages = [page for block in raw.blocks for page, _ in block.parts]
        assert pages == sorted(pages), path
        assert all(block.text.strip() for block in raw.blocks), path
