"""Pages that are pictures: made by drawing text, and putting the picture of it in a PDF."""

import logging
import shutil
from collections.abc import Callable
from dataclasses import replace
from io import BytesIO
from pathlib import Path

import pypdfium2
import pytest
from PIL import Image
from reportlab.lib.pagesizes import A4
from reportlab.lib.utils import ImageReader
from reportlab.pdfgen.canvas import Canvas

from ingest.document import BlockKind
from ingest.errors import NeedsOcr
from ingest.hocr import OcrLine, OcrWord, read_hocr
from ingest.load import load_file
from ingest.ocr import Ocr, installed_languages, recognise_pages
from ingest.ocr_layout import Reading, lines_of_readings

SHARED = Path(__file__).parents[2].parent / "shared"
PARAGRAPH = (
    "Kommunen ska under perioden samverka med andra städer om klimat,",
    "arbete och utbildning. Åtgärderna följs upp varje år och redovisas",
    "för nämnden tillsammans med årsredovisningen och budgeten.",
)
needs_tesseract = pytest.mark.skipif(
    "swe" not in installed_languages(),
    reason="Tesseract with Swedish is not installed (apt-get install tesseract-ocr tesseract-ocr-swe)",
)


def draw(canvas: Canvas) -> None:
    """A title, a heading in bold, a paragraph, a list and a table."""
    canvas.setFont("Helvetica-Bold", 20)
    canvas.drawString(72, 770, "Program för EU-arbete")
    canvas.setFont("Helvetica-Bold", 11)
    canvas.drawString(72, 730, "Syfte och mål")
    canvas.setFont("Helvetica", 11)
    for number, line in enumerate(PARAGRAPH):
        canvas.drawString(72, 712 - 14 * number, line)
    canvas.drawString(72, 650, "Nämnderna ska:")
    for number, line in enumerate(("samverka med länet och regionen,", "söka medel för förnybar energi.")):
        canvas.drawString(84, 632 - 16 * number, "•")
        canvas.drawString(98, 632 - 16 * number, line)
    for number, cells in enumerate(
        (("Fond", "År", "Belopp"), ("Havsfonden", "2021", "450"), ("Ungdom", "2022", "780"))
    ):
        for column, cell in enumerate(cells):
            canvas.drawString(72 + 150 * column, 560 - 16 * number, cell)
    canvas.showPage()


def picture(draw_page: Callable[[Canvas], None], degrees: int = 0) -> Image.Image:
    stream = BytesIO()
    canvas = Canvas(stream, pagesize=A4)
    draw_page(canvas)
    canvas.save()
    document = pypdfium2.PdfDocument(stream.getvalue())
    drawn = document[0].render(scale=200 / 72).to_pil().convert("L")
    document.close()
    return drawn.rotate(degrees, expand=True, fillcolor=255)


def scan(path: Path, *pages: "Image.Image | str | None", stamp: str = "") -> Path:
    """A PDF in which pages are pictures, lines of text, or blank."""
    canvas = Canvas(str(path), pagesize=A4)
    for page in pages:
        if isinstance(page, str):
            canvas.drawString(72, 700, page)
        elif page is not None:
            canvas.drawImage(ImageReader(page), 0, 0, *A4)
            canvas.drawString(300, 20, stamp)
        canvas.showPage()
    canvas.save()
    return path


@needs_tesseract
def test_scanned_page_has_the_structure_of_its_text(tmp_path: Path) -> None:
    document = load_file(scan(tmp_path / "a.pdf", picture(draw)), "a.pdf")
    found = [(block.kind, document.text[block.start : block.end]) for block in document.blocks]
    assert found == [
        (BlockKind.HEADING, "Program för EU-arbete"),
        (BlockKind.HEADING, "Syfte och mål"),
        (BlockKind.PARAGRAPH, " ".join(PARAGRAPH)),
        (BlockKind.PARAGRAPH, "Nämnderna ska:"),
        (BlockKind.ITEM, "samverka med länet och regionen,"),
        (BlockKind.ITEM, "söka medel för förnybar energi."),
        (BlockKind.ROW, "Fond: Havsfonden; År: 2021; Belopp: 450"),
        (BlockKind.ROW, "Fond: Ungdom; År: 2022; Belopp: 780"),
    ]
    (page,) = document.pages
    assert page.read_by == "ocr" and page.confidence is not None and 0.8 < page.confidence <= 1


@needs_tesseract
def test_pictures_inside_a_document_with_text_are_read_in_their_place(tmp_path: Path) -> None:
    path = scan(tmp_path / "a.pdf", "Första sidan har text.", picture(draw), None, "Sista sidan har text.")
    document = load_file(path, "a.pdf")
    assert [page.read_by for page in document.pages] == ["text", "ocr", "text", "text"]
    assert [page.confidence is None for page in document.pages] == [True, False, True, True]
    assert "Åtgärderna följs upp" in document.page_text(2)
    assert document.page_text(3).strip() == ""


@needs_tesseract
@pytest.mark.parametrize("degrees", [90, 180, 270, 3])
def test_pages_that_lie_or_lean_are_read(tmp_path: Path, degrees: int) -> None:
    def fill(canvas: Canvas) -> None:
        canvas.setFont("Helvetica", 11)
        for number in range(15):
            canvas.drawString(72, 770 - 16 * number, PARAGRAPH[number % 3])

    document = load_file(scan(tmp_path / "a.pdf", picture(fill, degrees)), "a.pdf")
    assert document.text.count("samverka med andra städer om klimat") == 5


@needs_tesseract
def test_scan_with_a_stamp_is_read_and_a_stamped_photo_keeps_its_text(tmp_path: Path) -> None:
    photo = Image.radial_gradient("L").resize((800, 1100))
    scanned = load_file(scan(tmp_path / "a.pdf", picture(draw), stamp="Inkom 2024-05-06"), "a.pdf")
    assert scanned.pages[0].read_by == "ocr"
    assert "Åtgärderna följs upp" in scanned.text and scanned.text.count("Inkom 2024-05-06") == 1
    shown = load_file(scan(tmp_path / "b.pdf", photo, stamp="Inkom 2024-05-06"), "b.pdf")
    assert (shown.pages[0].read_by, shown.text) == ("text", "Inkom 2024-05-06")


@needs_tesseract
def test_document_of_photos_without_text_needs_ocr(tmp_path: Path) -> None:
    with pytest.raises(NeedsOcr, match="no text could be read in them; scan it anew"):
        load_file(scan(tmp_path / "a.pdf", Image.radial_gradient("L").resize((800, 1100))), "a.pdf")


@needs_tesseract
@pytest.mark.parametrize("ocr", [Ocr(page_seconds=0.01), Ocr(max_seconds=0.0)])
def test_pages_over_the_time_limit_are_told(tmp_path: Path, caplog: pytest.LogCaptureFixture, ocr: Ocr) -> None:
    path = scan(tmp_path / "a.pdf", "Första sidan har text.", picture(draw))
    with caplog.at_level(logging.WARNING):
        document = load_file(path, "a.pdf", ocr=ocr)
    assert [page.read_by for page in document.pages] == ["text", "nothing"]
    assert "a.pdf: text recognition left out pages 2" in caplog.text


@needs_tesseract
def test_pages_over_the_number_are_left_out(tmp_path: Path) -> None:
    path = scan(tmp_path / "a.pdf", picture(draw), picture(draw))
    found = recognise_pages(path, [1, 2], ocr=Ocr(max_pages=1))
    assert found[1] is not None and found[1].lines and found[2] is None


@needs_tesseract
@pytest.mark.parametrize(
    ("languages", "told"), [(("fao", "eng"), "fao (Debian: tesseract-ocr-fao)"), (("fao",), "fao")]
)
def test_languages_that_are_missing_are_told(
    tmp_path: Path, caplog: pytest.LogCaptureFixture, languages: tuple[str, ...], told: str
) -> None:
    if "fao" in installed_languages():
        pytest.skip("Faroese is installed")
    with caplog.at_level(logging.WARNING):
        found = recognise_pages(scan(tmp_path / "a.pdf", picture(draw)), [1], ocr=Ocr(languages=languages))
    assert told in caplog.text
    assert found[1] is not None and found[1].lines


def test_without_tesseract_pictures_are_marked_and_the_packages_named(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("PATH", str(tmp_path))
    assert shutil.which("tesseract") is None
    mixed = load_file(scan(tmp_path / "a.pdf", "Första sidan har text.", picture(draw), None), "a.pdf")
    assert [page.read_by for page in mixed.pages] == ["text", "nothing", "text"]
    with pytest.raises(NeedsOcr, match="apt-get install tesseract-ocr tesseract-ocr-swe"):
        load_file(scan(tmp_path / "b.pdf", picture(draw)), "b.pdf")


def test_tesseract_that_fails_leaves_pages_unread(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    program = tmp_path / "tesseract"
    program.write_text('#!/bin/sh\nif [ "$1" = --list-langs ]; then echo List:; echo swe; echo eng; else exit 1; fi\n')
    program.chmod(0o755)
    monkeypatch.setenv("PATH", f"{tmp_path}:/usr/bin:/bin")
    with caplog.at_level(logging.WARNING):
        assert recognise_pages(scan(tmp_path / "a.pdf", picture(draw)), [1]) == {1: None}
    assert "page 1 is not recognised" in caplog.text


HOCR = b"""<?xml version="1.0" encoding="UTF-8"?>
<html xmlns="http://www.w3.org/1999/xhtml"><body><div class='ocr_page' title='image "stdin"; bbox 0 0 100 100'>
<div class='ocr_carea' title="bbox 0 0 9 9"><p class='ocr_par'>
<span class='ocr_header' title="bbox 10 20 90 40; baseline 0.01 -5; x_size 20; x_descenders 5; x_ascenders 5">
<span class='ocrx_word' title='bbox 10 20 40 35; x_wconf 90'>M\xc3\xa5l</span>
<span class='ocrx_word' title='bbox 50 20 90 35; x_wconf 50'> </span>
<span class='ocrx_word' title='bbox 50 20 90 35; x_wconf 60'><strong>&amp;c</strong></span></span>
<span class='ocr_line' title="bbox 10 50 90 60; baseline 0 0"></span>"""


def test_hocr_is_read_also_when_cut_short() -> None:
    (line,) = read_hocr(HOCR)
    assert (line.text, line.block, line.size, line.x_height) == ("Mål &c", 1, 20, 10)
    assert line.confidence == pytest.approx((3 * 0.9 + 2 * 0.6) / 5)
    assert line.baseline(60) == pytest.approx(35.5)
    assert read_hocr(b"") == [] == read_hocr(b"no hOCR")


def ocr_line(text: str, x: int, y: int, block: int = 1, size: float = 40.0) -> OcrLine:
    words, left = [], x
    for word in text.split():
        words.append(OcrWord(word, (left, y - 30, left + 20 * len(word), y), 0.9))
        left += 20 * len(word) + 12
    return OcrLine(tuple(words), (x, y - 30, left - 12, y + 8), 0.0, -8.0, size, size / 2, block)


def reading(*lines: OcrLine, strokes: tuple[float, ...] = ()) -> Reading:
    return Reading(lines, strokes or (0.1,) * len(lines), 300, 3500, 0.9)


def texts(*lines: OcrLine) -> list[str]:
    return [line.text for line in lines_of_readings({1: reading(*lines)})[1]]


def test_columns_of_a_table_are_put_in_rows_and_columns_of_prose_are_not() -> None:
    left = [ocr_line(text, 300, 1000 + 50 * row, 1) for row, text in enumerate(("Fond", "Havsfonden", "Ungdom"))]
    right = [ocr_line(text, 900, 1000 + 50 * row, 2) for row, text in enumerate(("Belopp", "450", "780"))]
    assert texts(*left, *right) == ["Fond", "Belopp", "Havsfonden", "450", "Ungdom", "780"]
    assert texts(*left, *right[:2], replace(right[2], block=3)) == [
        "Fond",
        "Belopp",
        "Havsfonden",
        "450",
        "Ungdom",
        "780",
    ]
    prose = [ocr_line(text, 300, 1000 + 50 * row, 1) for row, text in enumerate(("Vi ska", "samverka med", "andra"))]
    more = [ocr_line(text, 900, 1000 + 50 * row, 2) for row, text in enumerate(("städer", "och söka", "medel"))]
    assert texts(*prose, *more) == ["Vi ska", "samverka med", "andra", "städer", "och söka", "medel"]


def test_bullets_that_were_taken_for_letters_are_bullets() -> None:
    assert texts(ocr_line("e Samverka", 300, 1000), ocr_line("¢ Söka medel", 300, 1050)) == [
        "• Samverka",
        "• Söka medel",
    ]
    assert texts(ocr_line("e", 300, 1000)) == ["e"]


def test_sizes_that_differ_by_chance_are_one_and_thick_strokes_are_bold() -> None:
    lines = [ocr_line(f"Rad nummer {n}", 300, 1000 + 50 * n, size=40 + n % 3) for n in range(9)]
    title = ocr_line("Rubrik", 300, 900, size=56.0)
    strokes = (0.15, *(0.1 + 0.002 * n for n in range(9)))
    first, *others = lines_of_readings({1: reading(title, *lines, strokes=strokes)})[1]
    assert len({line.size for line in others}) == 1 and first.size > 1.3 * others[0].size
    assert first.bold and not any(line.bold for line in others)


def test_running_headers_that_were_read_differently_are_left_out() -> None:
    heads = ("Ta EKBY KOMMUN", "T . EKBY KOMMUN", "Fa EKBY KOMMUN", "EKBY KOMMUN")
    readings = {
        number: reading(ocr_line(head, 300, 150), ocr_line(f"Text på sida {number} om något", 300, 1500))
        for number, head in enumerate(heads, start=1)
    }
    found = lines_of_readings(readings)
    assert [[line.text for line in found[number]] for number in found] == [
        [f"Text på sida {number} om något"] for number in range(1, 5)
    ]


@needs_tesseract
@pytest.mark.skipif(not SHARED.is_dir(), reason="no shared material beside the checkout")
def test_leaning_scan_in_columns_is_read_in_order() -> None:
    document = load_file(SHARED / "pdfs" / "ocrmypdf" / "skew.pdf", "skew.pdf")
    headings = [document.text[block.start : block.end] for block in document.blocks if block.kind == BlockKind.HEADING]
    wanted = ["Recording a Sequence", "Editing", "Creating a Song", "Composition Without Compromise"]
    assert [heading for heading in headings if heading in wanted] == wanted
