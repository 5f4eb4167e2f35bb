"""Read a Word document (.docx)."""

import io
import re
import zipfile
from collections.abc import Iterator
from typing import TYPE_CHECKING

from ingest.assemble import RawBlock, RawDocument
from ingest.characters import clean_line
from ingest.document import BlockKind, Field
from ingest.errors import UnreadableFile
from ingest.labels import paragraph_lines
from ingest.office import MAX_UNPACKED, cell_text, read_package, tabs_to_colons
from ingest.table_rows import has_header_row, key_values, write_rows

if TYPE_CHECKING:
    from docx.styles.style import BaseStyle
    from docx.styles.styles import Styles
    from lxml.etree import _Element as Element

_APPLICATION = "docProps/app.xml"
_W = "{http://schemas.openxmlformats.org/wordprocessingml/2006/main}"
_HEADING_NAME = re.compile(r"(?:heading|rubrik|überschrift|overskrift|otsikko|titre)\s*(\d)", re.IGNORECASE)
_TITLE_NAMES = {"title", "titel", "rubrik", "dokumentrubrik", "dokumenttitel", "huvudrubrik"}
_CONTENTS_NAME = re.compile(r"(?:toc|innehåll|innehållsförteckning)\s*\d", re.IGNORECASE)
_LIST_NAME = re.compile(
    r"(?:list (?:bullet|number|continue)|punktlista|numrerad lista|listpunkt)\s*(\d)?", re.IGNORECASE
)
_COMPANY = re.compile(rb"<Company>([^<]+)</Company>")
_SKIPPED = {f"{_W}del", f"{_W}moveFrom", f"{_W}pPr", f"{_W}rPr", f"{_W}instrText", f"{_W}txbxContent"}
_FALLBACK = "{http://schemas.openxmlformats.org/markup-compatibility/2006}Fallback"
_BREAKS = {f"{_W}tab": "\t", f"{_W}br": "\n", f"{_W}cr": "\n", f"{_W}noBreakHyphen": "-", f"{_W}ptab": "\t"}


def load_docx(content: bytes, max_unpacked: int = MAX_UNPACKED) -> RawDocument:
    """Read headings, paragraphs, list items and tables of a Word document.

    Content controls, tracked insertions and text boxes are read; tracked deletions, comments, notes and page headers
    are not.

    Raises:
        NeedsPassword: A part is encrypted.
        TooLarge: It unpacks to more than `max_unpacked` bytes.
        UnreadableFile: It is damaged.
    """
    import docx
    from docx.opc.exceptions import OpcError
    from lxml import etree

    parts = read_package(content, "the Word document", max_unpacked, (_APPLICATION,))
    company = _COMPANY.search(parts.get(_APPLICATION, b""))
    try:
        document = docx.Document(io.BytesIO(content))
        body = document.element.body
        core = document.core_properties
        properties = {Field.TITLE: core.title, Field.LANGUAGE: core.language[:2].lower()}
        reader = _Reader(document.styles)
        blocks = list(reader.read(body))
    except (
        OpcError,
        zipfile.BadZipFile,
        KeyError,
        ValueError,
        OSError,
        etree.XMLSyntaxError,
        AttributeError,
        RecursionError,
    ) as error:
        raise UnreadableFile(
            f"the Word document is damaged ({error}); open it in Word, save it anew and ingest that file"
        ) from error
    if company is not None:
        properties[Field.ORGANISATION] = company[1].decode("utf-8", errors="replace").replace("&amp;", "&")
    return RawDocument(
        "docx", blocks, properties={field: clean_line(value) for field, value in properties.items() if value.strip()}
    )


class _Reader:
    """Reads the elements of a body; knows the document's styles."""

    def __init__(self, styles: "Styles") -> None:
        self._styles = {style.style_id: style for style in styles}
        self._default = next((style.style_id for style in styles if style.element.get(f"{_W}default") == "1"), None)

    def read(self, parent: "Element") -> Iterator[RawBlock]:
        for element in _content(parent):
            if element.tag == f"{_W}tbl":
                yield from self._read_table(element)
            else:
                yield from self._read_paragraph(element)
                for box in element.iter(f"{_W}txbxContent"):
                    if not any(up.tag == _FALLBACK for up in box.iterancestors()):
                        yield from self.read(box)

    def _read_paragraph(self, paragraph: "Element") -> Iterator[RawBlock]:
        text = _text(paragraph)
        if not text.strip():
            return
        kind, level = self._kind(paragraph)
        if kind != BlockKind.PARAGRAPH:
            yield _block(kind, clean_line(text), level)
            return
        for line in paragraph_lines(tabs_to_colons(text)):
            yield _block(kind, line)

    def _kind(self, paragraph: "Element") -> tuple[BlockKind, int]:
        properties = paragraph.find(f"{_W}pPr")
        style_id = _value(properties, "pStyle") or self._default
        chain = list(self._chain(style_id))
        names = [clean_line(style.name or "").lower() for style in chain]
        if names and _CONTENTS_NAME.fullmatch(names[0]):
            return BlockKind.CONTENTS, 0
        for name in names:
            if found := _HEADING_NAME.match(name):
                return BlockKind.HEADING, max(int(found[1]), 1)
            if name in _TITLE_NAMES:
                return BlockKind.HEADING, 1
        holders = [properties, *(style.element.find(f"{_W}pPr") for style in chain)]
        outline = next((level for holder in holders if (level := _value(holder, "outlineLvl"))), "9")
        if outline.isdigit() and int(outline) < 6:
            return BlockKind.HEADING, int(outline) + 1
        return self._list_kind(holders, names)

    def _list_kind(self, holders: list["Element | None"], names: list[str]) -> tuple[BlockKind, int]:
        named = next((int(found[1] or 1) for name in names if (found := _LIST_NAME.match(name))), 0)
        for holder in holders:
            numbering = holder.find(f"{_W}numPr") if holder is not None else None
            if numbering is None:
                continue
            if _value(numbering, "numId") == "0":  # Switches numbering off for this paragraph.
                return BlockKind.PARAGRAPH, 0
            level = _value(numbering, "ilvl") or ""
            return BlockKind.ITEM, int(level) + 1 if level.isdigit() else max(named, 1)
        return (BlockKind.ITEM, named) if named else (BlockKind.PARAGRAPH, 0)

    def _chain(self, style_id: str | None) -> Iterator["BaseStyle"]:
        """A style and those it is based on."""
        seen: set[str] = set()
        while style_id is not None and style_id not in seen and style_id in self._styles:
            seen.add(style_id)
            style = self._styles[style_id]
            yield style
            style_id = _value(style.element, "basedOn")

    def _read_table(self, table: "Element") -> Iterator[RawBlock]:
        rows, marked = _grid(table)
        if max(map(len, rows), default=0) < 2 or table.find(f".//{_W}tc//{_W}tbl") is not None:
            for cell in table.iterfind(f"{_W}tr/{_W}tc"):
                yield from self.read(cell)
            return
        if not marked and (pairs := key_values(rows)):
            for pair in pairs:
                yield _block(BlockKind.PARAGRAPH, pair)
            return
        header = rows[0] if marked or has_header_row(rows) else None
        for line in write_rows(rows if header is None else rows[1:], header):
            yield _block(BlockKind.ROW, line)


def _content(parent: "Element") -> Iterator["Element"]:
    """Paragraphs and tables of a body, cell or text box, those inside content controls too."""
    for element in parent:
        if element.tag in (f"{_W}p", f"{_W}tbl"):
            yield element
        elif element.tag in (f"{_W}sdt", f"{_W}sdtContent", f"{_W}ins", f"{_W}customXml", f"{_W}smartTag"):
            yield from _content(element)


def _text(element: "Element") -> str:
    """Text of a paragraph's runs; tabs and breaks as such."""
    pieces = []
    for child in element:
        if child.tag in _SKIPPED or child.tag == _FALLBACK:
            continue
        if child.tag == f"{_W}t":
            pieces.append(child.text or "")
        elif child.tag in _BREAKS:
            pieces.append(_BREAKS[child.tag])
        else:
            pieces.append(_text(child))
    return "".join(pieces)


def _grid(table: "Element") -> tuple[list[list[str]], bool]:
    """The table's cells, merged ones repeated, and whether its first row is marked as header."""
    rows: list[list[str]] = []
    marked = False
    for line in table.iter(f"{_W}tr"):
        if next(line.iterancestors(f"{_W}tbl")) is not table:
            continue
        row: list[str] = []
        for cell in line.iter(f"{_W}tc"):
            if next(cell.iterancestors(f"{_W}tr")) is not line:
                continue
            properties = cell.find(f"{_W}tcPr")
            merge = properties.find(f"{_W}vMerge") if properties is not None else None
            text = cell_text([_text(paragraph) for paragraph in cell.iter(f"{_W}p")])
            if merge is not None and merge.get(f"{_W}val") != "restart" and rows and len(row) < len(rows[-1]):
                text = rows[-1][len(row)]
            span = _value(properties, "gridSpan") or "1"
            row.extend([text] * (min(int(span), 50) if span.isdigit() else 1))
        if any(row):
            if not rows:
                marked = line.find(f"{_W}trPr/{_W}tblHeader") is not None
            rows.append(row)
    return rows, marked


def _value(holder: "Element | None", name: str) -> str | None:
    element = holder.find(f"{_W}{name}") if holder is not None else None
    return element.get(f"{_W}val") if element is not None else None


def _block(kind: BlockKind, text: str, level: int = 0) -> RawBlock:
    return RawBlock(kind, ((1, text),), level)
