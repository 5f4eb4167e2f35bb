"""Presentations, made with python-pptx and, where it cannot make them, edited as XML."""

import io
import zipfile
from collections.abc import Callable
from pathlib import Path

import pptx
import pytest
from pptx.oxml import parse_xml
from pptx.presentation import Presentation
from pptx.util import Inches

from ingest.assemble import RawDocument
from ingest.document import Field
from ingest.errors import TooLarge, UnreadableFile
from ingest.load import load_file
from ingest.load_pptx import load_pptx

TITLE, TITLE_AND_CONTENT, SECTION, BLANK = 0, 1, 2, 6
A = 'xmlns:a="http://schemas.openxmlformats.org/drawingml/2006/main"'


def saved(presentation: Presentation) -> bytes:
    stream = io.BytesIO()
    presentation.save(stream)
    return stream.getvalue()


def shape(raw: RawDocument) -> list[tuple[int, str, int, str]]:
    return [(block.parts[0][0], block.kind.value, block.level, block.text) for block in raw.blocks]


def rewritten(content: bytes, change: Callable[[str, bytes], bytes | None]) -> bytes:
    stream = io.BytesIO()
    with zipfile.ZipFile(io.BytesIO(content)) as source, zipfile.ZipFile(stream, "w") as target:
        for entry in source.infolist():
            if (data := change(entry.filename, source.read(entry))) is not None:
                target.writestr(entry.filename, data)
    return stream.getvalue()


@pytest.fixture
def deck() -> Presentation:
    """A title slide, an empty one, and one with bullets, plain text, a table and notes."""
    deck = pptx.Presentation()
    first = deck.slides.add_slide(deck.slide_layouts[TITLE])
    first.shapes.title.text = "Internationell\vstrategi"
    first.placeholders[1].text = "Ekby kommun"
    deck.slides.add_slide(deck.slide_layouts[BLANK])
    slide = deck.slides.add_slide(deck.slide_layouts[TITLE_AND_CONTENT])
    body = slide.placeholders[1].text_frame
    body.text = "Fler partner"
    nested = body.add_paragraph()
    nested.text, nested.level = "I Europa", 1
    plain = body.add_paragraph()
    plain.text = "Ett stycke."
    plain._p.get_or_add_pPr().append(parse_xml(f"<a:buNone {A}/>"))
    box = slide.shapes.add_textbox(0, 0, Inches(2), Inches(1)).text_frame
    box.text = "Diarienummer:\tKS 1"
    table = slide.shapes.add_table(3, 3, 0, 0, Inches(4), Inches(2)).table
    for row, cells in enumerate((("År", "Fond", "Belopp"), ("2020", "ERUF", "4"), ("", "ESF", "5"))):
        for column, text in enumerate(cells):
            table.cell(row, column).text = text
    table.cell(1, 0).merge(table.cell(2, 0))
    slide.notes_slide.notes_text_frame.text = "Säg något."
    slide.shapes.title.text = "Mål"
    return deck


def test_slides_are_pages_with_titles_bullets_and_tables(deck: Presentation) -> None:
    raw = load_pptx(saved(deck))
    assert shape(raw) == [
        (1, "heading", 1, "Internationell strategi"),
        (1, "paragraph", 0, "Ekby kommun"),
        (3, "heading", 2, "Mål"),
        (3, "item", 1, "Fler partner"),
        (3, "item", 2, "I Europa"),
        (3, "paragraph", 0, "Ett stycke."),
        (3, "paragraph", 0, "Diarienummer: KS 1"),
        (3, "row", 0, "År: 2020; Fond: ERUF; Belopp: 4"),
        (3, "row", 0, "År: 2020; Fond: ESF; Belopp: 5"),
    ]
    assert len(raw.labels) == 3


def test_presentation_loads_by_its_content(deck: Presentation, tmp_path: Path) -> None:
    deck.core_properties.title, deck.core_properties.author = "EU-policy", "Ekby kommun"
    path = tmp_path / "bilder.pptx"
    path.write_bytes(saved(deck))
    document = load_file(path, "bilder.pptx")
    assert document.format == "pptx"
    assert [page.number for page in document.pages] == [1, 2, 3]
    assert document.page_text(2) == ""
    assert "ESF" in document.page_text(3) and "Säg något" not in document.text
    assert load_pptx(saved(deck)).properties == {Field.TITLE: "EU-policy", Field.ORGANISATION: "Ekby kommun"}


def test_shows_and_groups_and_bullets_in_text_boxes_are_read() -> None:
    deck = pptx.Presentation()
    slide = deck.slides.add_slide(deck.slide_layouts[BLANK])
    group = slide.shapes.add_group_shape()
    frame = group.shapes.add_textbox(0, 0, Inches(2), Inches(1)).text_frame
    frame.text = "I grupp"
    frame.paragraphs[0]._p.get_or_add_pPr().append(parse_xml(f'<a:buChar {A} char="•"/>'))
    content = rewritten(
        saved(deck), lambda _, data: data.replace(b"presentationml.presentation.main", b"presentationml.slideshow.main")
    )
    assert shape(load_pptx(content)) == [(1, "item", 1, "I grupp")]


def test_bullets_switched_off_by_the_layout_are_off() -> None:
    deck = pptx.Presentation()
    layout = deck.slide_layouts[TITLE_AND_CONTENT]
    body = layout.placeholders[1].element.txBody
    style = body.find("{http://schemas.openxmlformats.org/drawingml/2006/main}lstStyle")
    style.append(parse_xml(f"<a:lvl1pPr {A}><a:buNone/></a:lvl1pPr>"))
    deck.slides.add_slide(layout).placeholders[1].text = "Utan punkt"
    assert shape(load_pptx(saved(deck))) == [(1, "paragraph", 0, "Utan punkt")]


@pytest.mark.parametrize("target", ["SYSTEM 'file:///etc/passwd'", "'haha'"])
def test_entities_are_refused(deck: Presentation, target: str) -> None:
    def attack(name: str, data: bytes) -> bytes:
        doctype = f"?><!DOCTYPE x [<!ENTITY e {target}>]>".encode()
        return data.replace(b"?>", doctype, 1).replace(b"Fler", b"&e;") if name.endswith("slide3.xml") else data

    with pytest.raises(UnreadableFile, match="entities"):
        load_pptx(rewritten(saved(deck), attack))


def test_presentation_that_unpacks_to_too_much_is_refused(deck: Presentation) -> None:
    stream = io.BytesIO(saved(deck))
    with zipfile.ZipFile(stream, "a", zipfile.ZIP_DEFLATED) as package:
        for number in range(11):
            package.writestr(f"ppt/media/{number}.bin", bytes(20 * 1024 * 1024))
    with pytest.raises(TooLarge, match="more than 200 MB"):
        load_pptx(stream.getvalue(), 200 * 1024 * 1024)


@pytest.mark.parametrize("share", [0.3, 0.9])
def test_truncated_presentation_is_unreadable(deck: Presentation, share: float) -> None:
    content = saved(deck)
    with pytest.raises(UnreadableFile, match="damaged"):
        load_pptx(content[: int(len(content) * share)])


@pytest.mark.parametrize(
    "removed", ["ppt/presentation.xml", "[Content_Types].xml", "_rels/.rels", "ppt/slides/slide3.xml"]
)
def test_presentation_without_its_parts_is_unreadable(deck: Presentation, removed: str) -> None:
    content = rewritten(saved(deck), lambda name, data: None if name == removed else data)
    with pytest.raises(UnreadableFile, match="damaged"):
        load_pptx(content)
