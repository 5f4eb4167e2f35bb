"""Word documents, made with python-docx and, where it cannot make them, edited as XML."""

import io
import zipfile
from collections.abc import Callable

import docx
import pytest
from docx.document import Document as WordDocument
from docx.oxml import parse_xml
from docx.oxml.ns import nsdecls

from ingest.assemble import RawDocument
from ingest.document import BlockKind, Field
from ingest.errors import TooLarge, UnreadableFile
from ingest.load_docx import load_docx


def saved(document: WordDocument) -> bytes:
    stream = io.BytesIO()
    document.save(stream)
    return stream.getvalue()


def shape(raw: RawDocument) -> list[tuple[str, int, str]]:
    return [(block.kind.value, block.level, block.text) for block in raw.blocks]


def rewritten(content: bytes, change: Callable[[str, bytes], bytes]) -> bytes:
    stream = io.BytesIO()
    with zipfile.ZipFile(io.BytesIO(content)) as source, zipfile.ZipFile(stream, "w") as target:
        for entry in source.infolist():
            target.writestr(entry.filename, change(entry.filename, source.read(entry)))
    return stream.getvalue()


def test_headings_paragraphs_and_lists_in_order() -> None:
    document = docx.Document()
    document.add_heading("Internationell strategi", 0)
    document.add_heading("Inledning", 1)
    document.add_paragraph("Ett stycke med\u00a0hårt blanksteg.")
    document.add_heading("Mål", 2)
    document.add_paragraph("Målen är:")
    document.add_paragraph("Fler partner", style="List Bullet")
    document.add_paragraph("I Europa", style="List Bullet 2")
    document.add_paragraph("Mer medel", style="List Number")
    assert shape(load_docx(saved(document))) == [
        ("heading", 1, "Internationell strategi"),
        ("heading", 1, "Inledning"),
        ("paragraph", 0, "Ett stycke med hårt blanksteg."),
        ("heading", 2, "Mål"),
        ("paragraph", 0, "Målen är:"),
        ("item", 1, "Fler partner"),
        ("item", 2, "I Europa"),
        ("item", 1, "Mer medel"),
    ]


def test_headings_by_swedish_style_name_and_by_outline_level() -> None:
    document = docx.Document()
    document.styles.add_style("Rubrik 2", 1)
    document.styles.add_style("Kapitel", 1).element.append(
        parse_xml(f'<w:pPr {nsdecls("w")}><w:outlineLvl w:val="0"/></w:pPr>')
    )
    document.styles.add_style("Eget kapitel", 1).base_style = document.styles["Kapitel"]
    document.add_paragraph("Ett", style="Kapitel")
    document.add_paragraph("Två", style="Rubrik 2")
    document.add_paragraph("Tre", style="Eget kapitel")
    assert shape(load_docx(saved(document))) == [("heading", 1, "Ett"), ("heading", 2, "Två"), ("heading", 1, "Tre")]


def test_numbering_properties_make_items_and_can_be_switched_off() -> None:
    document = docx.Document()
    for number, level in (("1", "1"), ("0", "0")):
        paragraph = document.add_paragraph("Punkt" if number == "1" else "Ingen punkt")
        numbering = f'<w:numPr {nsdecls("w")}><w:ilvl w:val="{level}"/><w:numId w:val="{number}"/></w:numPr>'
        paragraph._p.get_or_add_pPr().append(parse_xml(numbering))
    assert shape(load_docx(saved(document))) == [("item", 2, "Punkt"), ("paragraph", 0, "Ingen punkt")]


def test_table_rows_repeat_headers_and_merged_cells() -> None:
    document = docx.Document()
    table = document.add_table(rows=4, cols=3)
    for row, cells in enumerate(
        (("År", "Fond", "Belopp"), ("2020", "ERUF", "4"), ("", "ESF", "5"), ("2021", "ERUF", "6"))
    ):
        for column, text in enumerate(cells):
            table.cell(row, column).text = text
    table.cell(1, 0).merge(table.cell(2, 0))
    assert shape(load_docx(saved(document))) == [
        ("row", 0, "År: 2020; Fond: ERUF; Belopp: 4"),
        ("row", 0, "År: 2020; Fond: ESF; Belopp: 5"),
        ("row", 0, "År: 2021; Fond: ERUF; Belopp: 6"),
    ]


@pytest.mark.parametrize("columns", [2, 4])
def test_tables_of_properties_become_lines_of_name_and_value(columns: int) -> None:
    document = docx.Document()
    pairs = [
        ("Diarienummer", "KS 2024-1"),
        ("Antagen av", "Kommunfullmäktige"),
        ("Målgrupp", "Alla"),
        ("Giltighetstid", "2027"),
    ]
    table = document.add_table(rows=0, cols=columns)
    per_row = columns // 2
    for start in range(0, len(pairs), per_row):
        cells = table.add_row().cells
        for offset, (name, value) in enumerate(pairs[start : start + per_row]):
            cells[2 * offset].text, cells[2 * offset + 1].text = name, value
    assert shape(load_docx(saved(document))) == [("paragraph", 0, f"{name}: {value}") for name, value in pairs]


def test_name_above_value_in_a_cell_and_name_before_tab() -> None:
    document = docx.Document()
    table = document.add_table(rows=1, cols=2)
    for cell, (name, value) in zip(
        table.rows[0].cells, (("Dokumenttyp", "Policy"), ("Diarienummer", "7")), strict=True
    ):
        cell.text = name
        cell.add_paragraph(value)
    document.add_paragraph("Beslutsdatum\t2024-05-06")
    assert shape(load_docx(saved(document))) == [
        ("row", 0, "Dokumenttyp: Policy; Diarienummer: 7"),
        ("paragraph", 0, "Beslutsdatum: 2024-05-06"),
    ]


def test_table_of_one_column_is_a_frame_around_its_content() -> None:
    document = docx.Document()
    cell = document.add_table(rows=1, cols=1).cell(0, 0)
    cell.text = "Faktaruta"
    cell.add_paragraph("En punkt", style="List Bullet")
    assert shape(load_docx(saved(document))) == [("paragraph", 0, "Faktaruta"), ("item", 1, "En punkt")]


def test_content_controls_links_and_insertions_are_read_and_deletions_are_not() -> None:
    document = docx.Document()
    document.element.body.insert(
        0,
        parse_xml(
            f"<w:sdt {nsdecls('w')}><w:sdtContent><w:p><w:r><w:t>Ur en </w:t></w:r>"
            "<w:sdt><w:sdtContent><w:r><w:t>kontroll</w:t></w:r></w:sdtContent></w:sdt>"
            "<w:ins><w:r><w:t>, tillagt</w:t></w:r></w:ins><w:del><w:r><w:delText>, struket</w:delText></w:r></w:del>"
            "<w:hyperlink><w:r><w:t>, länk</w:t></w:r></w:hyperlink></w:p></w:sdtContent></w:sdt>"
        ),
    )
    assert shape(load_docx(saved(document))) == [("paragraph", 0, "Ur en kontroll, tillagt, länk")]


def test_table_of_contents_is_told_apart() -> None:
    document = docx.Document()
    document.styles.add_style("toc 1", 1)
    document.add_paragraph("1 Inledning\t3", style="toc 1")
    assert [block.kind for block in load_docx(saved(document)).blocks] == [BlockKind.CONTENTS]


def test_properties_are_title_and_company_but_not_author() -> None:
    document = docx.Document()
    document.core_properties.title = "EU-policy"
    document.core_properties.author = "Någon"
    content = rewritten(
        saved(document),
        lambda name, data: (
            b"<Properties><Company>Ekby &amp; Co</Company></Properties>" if name == "docProps/app.xml" else data
        ),
    )
    assert load_docx(content).properties == {Field.TITLE: "EU-policy", Field.ORGANISATION: "Ekby & Co"}


def test_external_entities_are_not_resolved(tmp_path) -> None:
    secret = tmp_path / "secret.txt"
    secret.write_text("hemligt")
    document = docx.Document()
    document.add_paragraph("FYLL")

    def attack(name: str, data: bytes) -> bytes:
        if name != "word/document.xml":
            return data
        doctype = f'<!DOCTYPE x [<!ENTITY e SYSTEM "{secret.as_uri()}">]>'.encode()
        return data.replace(b"?>", b"?>" + doctype, 1).replace(b"FYLL", b"a&e;b")

    try:
        blocks = load_docx(rewritten(saved(document), attack)).blocks
    except UnreadableFile:
        return
    assert all("hemligt" not in block.text for block in blocks)


def test_package_that_unpacks_to_too_much_is_refused() -> None:
    stream = io.BytesIO(saved(docx.Document()))
    with zipfile.ZipFile(stream, "a", zipfile.ZIP_DEFLATED) as package:
        for number in range(11):
            package.writestr(f"word/media/{number}.bin", bytes(20 * 1024 * 1024))
    with pytest.raises(TooLarge, match="more than 200 MB"):
        load_docx(stream.getvalue(), 200 * 1024 * 1024)


@pytest.mark.parametrize("share", [0.3, 0.9])
def test_truncated_document_is_unreadable(share: float) -> None:
    document = docx.Document()
    document.add_paragraph("Text. " * 200)
    content = saved(document)
    with pytest.raises(UnreadableFile, match="damaged"):
        load_docx(content[: int(len(content) * share)])


@pytest.mark.parametrize("removed", ["word/document.xml", "[Content_Types].xml", "_rels/.rels"])
def test_package_without_its_parts_is_unreadable(removed: str) -> None:
    stream = io.BytesIO()
    with zipfile.ZipFile(io.BytesIO(saved(docx.Document()))) as source, zipfile.ZipFile(stream, "w") as target:
        for entry in source.infolist():
            if entry.filename != removed:
                target.writestr(entry.filename, source.read(entry))
    with pytest.raises(UnreadableFile, match="damaged"):
        load_docx(stream.getvalue())
