"""Rich text, written as Word, LibreOffice and simpler programs write it."""

from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ingest.assemble import RawDocument
from ingest.document import Field
from ingest.errors import UnreadableFile
from ingest.filetype import tell_format
from ingest.load import load_file
from ingest.load_rtf import load_rtf

HEADER = (
    r"{\rtf1\ansi\ansicpg1252\deff0\uc1{\fonttbl{\f0\froman\fcharset0 Times New Roman;}{\f3\fcharset2 Symbol;}"
    r"{\f4\fcharset238 Arial CE;}}{\colortbl;\red0\green0\blue0;}"
    r"{\stylesheet{\ql\snext0 Normal;}{\s1\sbasedon0\snext0\outlinelevel0 heading 1;}{\s2\sbasedon0 Rubrik 2;}"
    r"{\s3\sbasedon1 Eget kapitel;}{\s4\sbasedon0\ls7\ilvl0 List Bullet;}{\s5 toc 1;}{\*\cs10 Default Font;}}"
)


def rtf(body: str, header: str = HEADER) -> bytes:
    return f"{header}\r\n{body}}}".encode("cp1252")


def shape(raw: RawDocument) -> list[tuple[str, int, str]]:
    return [(block.kind.value, block.level, block.text) for block in raw.blocks]


def read(body: str) -> list[tuple[str, int, str]]:
    return shape(load_rtf(rtf(body)))


def test_headings_paragraphs_and_lists_in_order() -> None:
    assert read(
        r"\pard\s1 Inledning\par\pard\plain Ett {\b fetstilt} stycke\~med l\'e4nk och f\u246?rslag.\par"
        r"\pard\s2 M\'e5l\par\pard\s3 Kapitel\par\pard\outlinelevel2 Del\par"
        r"\pard M\'e5len \'e4r:\par"
        r"{\listtext\pard\plain\f3 \'b7\tab}\pard\ls1\ilvl0 Fler partner\par"
        r"{\listtext\tab}\pard\ls1\ilvl1 I Europa\par"
        r"\pard\s4 Mer medel\par"
        r"{\pard{\pntext\f3\'B7\tab}{\*\pn\pnlvlblt\pnf1{\pntxtb\'B7}}Gammal punkt\par}"
        r"\pard {\f3\'b7}\tab Punkt f\'f6r hand\par\pard\s5 1 Inledning\tab 3\par"
    ) == [
        ("heading", 1, "Inledning"),
        ("paragraph", 0, "Ett fetstilt stycke med länk och förslag."),
        ("heading", 2, "Mål"),
        ("heading", 1, "Kapitel"),
        ("heading", 3, "Del"),
        ("paragraph", 0, "Målen är:"),
        ("item", 1, "Fler partner"),
        ("item", 2, "I Europa"),
        ("item", 1, "Mer medel"),
        ("item", 1, "Gammal punkt"),
        ("item", 1, "Punkt för hand"),
        ("contents", 0, "1 Inledning 3"),
    ]


def test_what_is_not_shown_is_not_read() -> None:
    assert read(
        r"{\header Sidhuvud\par}{\pict\pngblip 89504e47}{\*\okänt gömt}\pard Kvar{\v dolt}{\deleted struket}"
        r"{\*\bkmkstart a}{\footnote Fotnot.}{\field{\*\fldinst HYPERLINK \"x\"}{\fldrslt , l\'e4nk}}.\par"
    ) == [("paragraph", 0, "Kvar, länk.")]


def test_binary_pictures_are_skipped() -> None:
    content = rtf(r"{\pict\wmetafile8\bin12 @}\pard Efter bilden.\par").replace(b"@", b"}}}{{{\\par}\x00\xff@")
    assert shape(load_rtf(content)) == [("paragraph", 0, "Efter bilden.")]


def test_characters_of_other_encodings() -> None:
    assert read(r"\pard {\f4\'a3\'f3d\'9f} och \u-10179\'3f\u-8704\'3f och {\uc2\u8211--}5 \'80\par") == [
        ("paragraph", 0, "Łódź och 😀 och –5 €")
    ]


def test_text_boxes_stand_after_nothing_is_lost_around_them() -> None:
    box = r"{\shp{\*\shpinst\shpleft0{\sp{\sn shapeType}{\sv 202}}{\shptxt\pard I ruta.\par}}{\shprslt I bild.\par}}"
    assert read(rf"\pard F\'f6re {box}efter.\par") == [("paragraph", 0, "I ruta."), ("paragraph", 0, "Före efter.")]


def test_tables_repeat_headers_and_merged_cells() -> None:
    row = r"\pard\intbl {}\cell {}\cell {}\cell\row "
    assert read(
        r"\pard F\'f6re.\par\trowd\trhdr\cellx1\cellx2\cellx3 "
        + row.format(r"\'c5r", "Fond", "Belopp")
        + r"\trowd\clvmgf\cellx1\cellx2\cellx3 "
        + row.format("2020", "ERUF", r"4\par miljoner")
        + r"\trowd\clvmrg\cellx1\cellx2\cellx3 "
        + row.format("", "ESF", "5")
        + r"\pard Efter.\par"
    ) == [
        ("paragraph", 0, "Före."),
        ("row", 0, "År: 2020; Fond: ERUF; Belopp: 4 miljoner"),
        ("row", 0, "År: 2020; Fond: ESF; Belopp: 5"),
        ("paragraph", 0, "Efter."),
    ]


def test_tables_of_properties_and_frames() -> None:
    assert read(
        r"\trowd\cellx1 \pard\intbl Faktaruta\cell\row"
        r"\trowd\cellx1\cellx2 \pard\intbl Diarienummer\cell KS 2024-1\cell\row\pard Beslutsdatum\tab 2024-05-06\par"
    ) == [
        ("paragraph", 0, "Faktaruta"),
        ("paragraph", 0, "Diarienummer: KS 2024-1"),
        ("paragraph", 0, "Beslutsdatum: 2024-05-06"),
    ]


def test_properties_and_detection(tmp_path: Path) -> None:
    info = r"{\info{\title EU-policy f\'f6r Ekby}{\author N\'e5gon}{\operator X}{\company Ekby kommun}{\nofpages2}}"
    content = rtf(info + r"\pard Text om Ekby kommun.\par")
    assert tell_format(content, "a.doc") == "rtf"
    assert load_rtf(content).properties == {Field.TITLE: "EU-policy för Ekby", Field.ORGANISATION: "Ekby kommun"}
    (tmp_path / "a.doc").write_bytes(content)
    document = load_file(tmp_path / "a.doc", "a.doc")
    assert (document.format, document.text, len(document.pages)) == ("rtf", "Text om Ekby kommun.", 1)


@pytest.mark.parametrize(
    "content",
    [b"Inget RTF", rtf(r"\pard Ett stycke.\par {\b Ett till")[:-1], rtf(r"\pard Ett stycke.\par")[:-1], b"{\\rtf"],
)
def test_what_is_cut_short_is_unreadable(content: bytes) -> None:
    with pytest.raises(UnreadableFile):
        load_rtf(content)


@given(st.lists(st.sampled_from([b"{", b"}", b"\\par ", b"\\'e5", b"\\u-1 ", b"\\row", b"\\cell", b"\\intbl", b"\\*",
    b"\\shptxt", b"\\info", b"\\title", b"\\stylesheet", b"\\fonttbl", b"\\f9", b"\\bin-3 ", b"\\cellx1", b"\\clvmrg",
    b"\\ls1", b"\\ilvl-4", b"\\outlinelevel-1", b"\\listtext", b"\\", b"abc ", b"\xff"]), max_size=40))  # fmt: skip
def test_any_sequence_of_words_is_read_or_unreadable(tokens: list[bytes]) -> None:
    try:
        raw = load_rtf(b"{\\rtf1 " + b"".join(tokens) + b"}")
    except UnreadableFile:
        return
    assert all(block.text for block in raw.blocks)


@given(st.text(st.characters(codec="utf-16", exclude_categories=("C", "Z")), min_size=1, max_size=50))
def test_text_survives_as_unicode_words(text: str) -> None:
    units = text.encode("utf-16-le")
    words = "".join(f"\\u{int.from_bytes(units[i : i + 2], 'little', signed=True)}?" for i in range(0, len(units), 2))
    from ingest.characters import clean_line

    expected = clean_line("x" + text)
    assert [block.text for block in load_rtf(rtf(rf"\pard x{words}\par")).blocks] == [expected]
