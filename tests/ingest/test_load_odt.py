"""OpenDocument texts, made part by part as LibreOffice writes them."""

import io
import zipfile

import pytest

from ingest.assemble import RawDocument
from ingest.document import Field
from ingest.errors import NeedsPassword, TooLarge, UnreadableFile
from ingest.filetype import tell_format
from ingest.load_odt import load_odt

NAMES = " ".join(
    f'xmlns:{prefix}="urn:oasis:names:tc:opendocument:xmlns:{name}:1.0"'
    for prefix, name in (
        ("office", "office"),
        ("text", "text"),
        ("table", "table"),
        ("style", "style"),
        ("draw", "drawing"),
        ("meta", "meta"),
        ("manifest", "manifest"),
    )
)
STYLES = """
<style:style style:name="P1" style:family="paragraph" style:parent-style-name="Heading_20_2"/>
<style:style style:name="P2" style:family="paragraph" style:parent-style-name="P2"/>
"""
PREAMBLE = '<?xml version="1.0" encoding="UTF-8"?>'


def odt(body: str, *, doctype: str = "", **parts: str) -> bytes:
    content = (
        f'{PREAMBLE}{doctype}<office:document-content {NAMES} xmlns:xlink="x">'
        f"<office:automatic-styles>{STYLES}</office:automatic-styles>"
        f"<office:body><office:text>{body}</office:text></office:body></office:document-content>"
    )
    named = {"content.xml": content} | {
        name.replace("__", "/").replace("_xml", ".xml"): text for name, text in parts.items()
    }
    stream = io.BytesIO()
    with zipfile.ZipFile(stream, "w", zipfile.ZIP_DEFLATED) as package:
        package.writestr("mimetype", "application/vnd.oasis.opendocument.text", zipfile.ZIP_STORED)
        for name, text in named.items():
            package.writestr(name, text)
    return stream.getvalue()


def shape(raw: RawDocument) -> list[tuple[str, int, str]]:
    return [(block.kind.value, block.level, block.text) for block in raw.blocks]


def test_headings_paragraphs_and_lists_in_order() -> None:
    content = odt(
        '<text:p text:style-name="Title">Internationell strategi</text:p>'
        '<text:h text:outline-level="1">Inledning</text:h>'
        '<text:p>Ett<text:s text:c="3"/>stycke med <text:span>märkt</text:span><text:note><text:note-body>'
        '<text:p>Fotnot.</text:p></text:note-body></text:note> text och <text:a xlink:href="x">länk</text:a>.</text:p>'
        '<text:p text:style-name="P1">Mål</text:p>'
        '<text:p text:style-name="P2">Målen är:</text:p>'
        "<text:list><text:list-item><text:p>Fler partner</text:p>"
        "<text:list><text:list-item><text:p>I Europa</text:p></text:list-item></text:list></text:list-item>"
        "<text:list-item><text:p>Mer medel</text:p></text:list-item></text:list>"
        '<text:list><text:list-item><text:h text:outline-level="2">Uppföljning</text:h></text:list-item></text:list>'
    )
    assert tell_format(content, "fel.pdf") == "odt"
    assert shape(load_odt(content)) == [
        ("heading", 1, "Internationell strategi"),
        ("heading", 1, "Inledning"),
        ("paragraph", 0, "Ett stycke med märkt text och länk."),
        ("heading", 2, "Mål"),
        ("paragraph", 0, "Målen är:"),
        ("item", 1, "Fler partner"),
        ("item", 2, "I Europa"),
        ("item", 1, "Mer medel"),
        ("heading", 2, "Uppföljning"),
    ]


def test_tables_repeat_headers_and_merged_cells() -> None:
    cell = "<table:table-cell><text:p>{}</text:p></table:table-cell>"
    header = "".join(map(cell.format, ("År", "Fond", "Belopp")))
    content = odt(
        f"<table:table><table:table-header-rows><table:table-row>{header}</table:table-row></table:table-header-rows>"
        '<table:table-row><table:table-cell table:number-rows-spanned="2"><text:p>2020</text:p></table:table-cell>'
        f"{cell.format('ERUF')}{cell.format('4')}</table:table-row>"
        f"<table:table-row><table:covered-table-cell/>{cell.format('ESF')}{cell.format('5')}"
        '<table:table-cell table:number-columns-repeated="16000"/></table:table-row></table:table>'
    )
    assert shape(load_odt(content)) == [
        ("row", 0, "År: 2020; Fond: ERUF; Belopp: 4"),
        ("row", 0, "År: 2020; Fond: ESF; Belopp: 5"),
    ]


def test_properties_table_text_box_and_contents() -> None:
    content = odt(
        "<text:table-of-content><text:index-body><text:p>1 Inledning<text:tab/>3</text:p></text:index-body>"
        "</text:table-of-content>"
        "<table:table><table:table-row><table:table-cell><text:p>Diarienummer</text:p></table:table-cell>"
        "<table:table-cell><text:p>KS 2024-1</text:p></table:table-cell></table:table-row></table:table>"
        "<text:p>Före <draw:frame><draw:text-box><text:p>I ruta.</text:p></draw:text-box></draw:frame>efter.</text:p>"
        "<text:p>Beslutsdatum<text:tab/>2024-05-06</text:p>"
    )
    assert shape(load_odt(content)) == [
        ("contents", 0, "1 Inledning 3"),
        ("paragraph", 0, "Diarienummer: KS 2024-1"),
        ("paragraph", 0, "Före efter."),
        ("paragraph", 0, "I ruta."),
        ("paragraph", 0, "Beslutsdatum: 2024-05-06"),
    ]


def test_deletions_and_comments_are_not_read() -> None:
    content = odt(
        "<text:tracked-changes><text:changed-region><text:deletion><text:p>struket</text:p></text:deletion>"
        "</text:changed-region></text:tracked-changes>"
        "<text:p>Kvar<office:annotation><text:p>kommentar</text:p></office:annotation> här.</text:p>"
    )
    assert shape(load_odt(content)) == [("paragraph", 0, "Kvar här.")]


def test_styles_of_the_style_sheet_and_properties() -> None:
    styles = (
        f"<office:document-styles {NAMES}><office:styles>"
        '<style:style style:name="Egen" style:display-name="Rubrik 1" style:family="paragraph"/>'
        "</office:styles></office:document-styles>"
    )
    meta = (
        f'<office:document-meta {NAMES} xmlns:dc="http://purl.org/dc/elements/1.1/"><office:meta>'
        "<dc:title>EU-policy</dc:title><meta:initial-creator>Ekby kommun</meta:initial-creator>"
        "<dc:language>sv-SE</dc:language></office:meta></office:document-meta>"
    )
    raw = load_odt(odt('<text:p text:style-name="Egen">Kapitel</text:p>', styles_xml=styles, meta_xml=meta))
    assert shape(raw) == [("heading", 1, "Kapitel")]
    assert raw.properties == {Field.TITLE: "EU-policy", Field.ORGANISATION: "Ekby kommun", Field.LANGUAGE: "sv"}


def test_encrypted_text_needs_password() -> None:
    entry = "<manifest:file-entry><manifest:encryption-data/></manifest:file-entry>"
    manifest = f"<manifest:manifest {NAMES}>{entry}</manifest:manifest>"
    with pytest.raises(NeedsPassword, match="password"):
        load_odt(odt("", content_xml="\x1f\x02", **{"META-INF__manifest_xml": manifest}))


def test_entities_are_refused() -> None:
    laughs = "".join(f'<!ENTITY l{n} "{f"&l{n - 1};" * 10 if n else "ha"}">' for n in range(10))
    for doctype in (f"<!DOCTYPE x [{laughs}]>", '<!DOCTYPE x [<!ENTITY l9 SYSTEM "file:///etc/passwd">]>'):
        with pytest.raises(UnreadableFile, match="entities"):
            load_odt(odt("<text:p>&l9;</text:p>", doctype=doctype))


def test_text_that_unpacks_to_too_much_is_refused_also_when_it_states_less() -> None:
    content = odt("<text:p>x</text:p>", **{"Pictures__bomb": "0" * (210 * 2**20)})
    with pytest.raises(TooLarge, match="200 MB"):
        load_odt(content, 200 * 2**20)
    stated = (210 * 2**20).to_bytes(4, "little")
    assert content.count(stated) == 2
    with pytest.raises(UnreadableFile, match="damaged"):
        load_odt(content.replace(stated, (1000).to_bytes(4, "little")))


@pytest.mark.parametrize("share", [0.3, 0.9])
def test_truncated_text_is_unreadable(share: float) -> None:
    content = odt("<text:p>Text.</text:p>" * 200)
    with pytest.raises(UnreadableFile, match="damaged"):
        load_odt(content[: int(len(content) * share)])


@pytest.mark.parametrize("broken", ["<office:document-content>", "", f"<office:document-content {NAMES}/>"])
def test_text_without_content_is_unreadable(broken: str) -> None:
    with pytest.raises(UnreadableFile, match="damaged"):
        load_odt(odt("", content_xml=broken))


def test_deep_nesting_is_unreadable_or_read() -> None:
    try:
        raw = load_odt(odt("<text:section>" * 5000 + "<text:p>djupt</text:p>" + "</text:section>" * 5000))
    except UnreadableFile:
        return
    assert shape(raw) == [("paragraph", 0, "djupt")]
