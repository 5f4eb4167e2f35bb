"""Read an OpenDocument text (.odt), as LibreOffice and others write it."""

from collections.abc import Iterator
from typing import TYPE_CHECKING

from ingest.assemble import RawBlock, RawDocument
from ingest.characters import clean_line
from ingest.document import BlockKind, Field
from ingest.errors import NeedsPassword, UnreadableFile
from ingest.labels import paragraph_lines
from ingest.office import (
    MAX_UNPACKED,
    cell_text,
    heading_level,
    is_contents,
    list_level,
    read_package,
    table_blocks,
    tabs_to_colons,
)

if TYPE_CHECKING:
    from lxml.etree import _Element as Element

_OFFICE = "{urn:oasis:names:tc:opendocument:xmlns:office:1.0}"
_TEXT = "{urn:oasis:names:tc:opendocument:xmlns:text:1.0}"
_TABLE = "{urn:oasis:names:tc:opendocument:xmlns:table:1.0}"
_STYLE = "{urn:oasis:names:tc:opendocument:xmlns:style:1.0}"
_DRAW = "{urn:oasis:names:tc:opendocument:xmlns:drawing:1.0}"
_META = "{urn:oasis:names:tc:opendocument:xmlns:meta:1.0}"
_DC = "{http://purl.org/dc/elements/1.1/}"
_PARTS = ("content.xml", "styles.xml", "meta.xml", "META-INF/manifest.xml", "encrypted-package")
_BREAKS = {f"{_TEXT}tab": "\t", f"{_TEXT}line-break": "\n"}
_INDEXES = {
    f"{_TEXT}{name}"
    for name in (
        "table-of-content illustration-index table-index object-index user-index alphabetical-index bibliography"
    ).split()
}
_SKIPPED = {
    f"{_TEXT}tracked-changes",
    f"{_TEXT}note",
    f"{_TEXT}ruby-text",
    f"{_OFFICE}annotation",
    f"{_OFFICE}forms",
    f"{_TEXT}sequence-decls",
}
_MOST_REPEATED = 50


def load_odt(content: bytes, max_unpacked: int = MAX_UNPACKED) -> RawDocument:
    """Read headings, paragraphs, list items and tables of an OpenDocument text.

    Text boxes and tracked insertions are read; tracked deletions, comments, notes and page headers are not.

    Raises:
        NeedsPassword: It is encrypted.
        TooLarge: It unpacks to more than `max_unpacked` bytes.
        UnreadableFile: It is damaged.
    """
    parts = read_package(content, "the OpenDocument text", max_unpacked, _PARTS)
    if "encrypted-package" in parts or b"encryption-data" in parts.get("META-INF/manifest.xml", b""):
        raise NeedsPassword("the OpenDocument text has a password; save a copy without one and ingest that")
    try:
        root = _root(parts["content.xml"])
        body = root.find(f"{_OFFICE}body/{_OFFICE}text")
        if body is None:
            raise ValueError("it has no text")
        reader = _Reader(_parents(root, _root(parts.get("styles.xml", b"<none/>"))))
        blocks = list(reader.read(body))
        properties = _properties(_root(parts.get("meta.xml", b"<none/>")))
    except (KeyError, ValueError, SyntaxError, RecursionError) as error:  # lxml's errors are syntax errors
        raise UnreadableFile(
            f"the OpenDocument text is damaged ({error}); open it in LibreOffice, save it anew and ingest that file"
        ) from error
    return RawDocument("odt", blocks, properties=properties)


def _root(xml: bytes) -> "Element":
    from lxml import etree

    return etree.fromstring(xml, etree.XMLParser(resolve_entities=False, no_network=True, load_dtd=False))


def _parents(*roots: "Element") -> dict[str, tuple[str, str]]:
    """For each paragraph style its name as shown and the style it is based on."""
    return {
        style.get(f"{_STYLE}name", ""): (
            style.get(f"{_STYLE}display-name", style.get(f"{_STYLE}name", "")).replace("_20_", " "),
            style.get(f"{_STYLE}parent-style-name", ""),
        )
        for root in roots
        for style in root.iter(f"{_STYLE}style")
        if style.get(f"{_STYLE}family") == "paragraph"
    }


def _properties(meta: "Element") -> dict[Field, str]:
    """Title, author and language from the file's own properties."""
    stated = {
        Field.TITLE: meta.findtext(f".//{_DC}title"),
        Field.ORGANISATION: meta.findtext(f".//{_META}initial-creator") or meta.findtext(f".//{_DC}creator"),
        Field.LANGUAGE: (meta.findtext(f".//{_DC}language") or "")[:2].lower(),
    }
    return {field: cleaned for field, value in stated.items() if (cleaned := clean_line(value or ""))}


class _Reader:
    """Reads the elements of a body; knows the document's styles."""

    def __init__(self, styles: dict[str, tuple[str, str]]) -> None:
        self._styles = styles

    def read(self, parent: "Element", depth: int = 0) -> Iterator[RawBlock]:
        """The blocks of an element's children, of which lists are nested `depth` deep."""
        for element in parent:
            if element.tag in _SKIPPED or not isinstance(element.tag, str):
                continue
            if element.tag in (f"{_TEXT}h", f"{_TEXT}p"):
                yield from self._read_paragraph(element)
            elif element.tag == f"{_TEXT}list":
                yield from self._read_list(element, depth + 1)
            elif element.tag == f"{_TEXT}numbered-paragraph":
                level = element.get(f"{_TEXT}level", "1")
                yield from self._read_item(element, int(level) if level.isdigit() else 1)
            elif element.tag == f"{_TABLE}table":
                yield from self._read_table(element)
            elif element.tag in _INDEXES:
                for line in element.iterfind(f"{_TEXT}index-body//{_TEXT}p"):
                    yield from self._read_paragraph(line, BlockKind.CONTENTS)
            else:
                yield from self.read(element, depth)

    def _read_paragraph(
        self, paragraph: "Element", kind: BlockKind | None = None, level: int = 0
    ) -> Iterator[RawBlock]:
        """A paragraph, and after it the text boxes that are anchored in it."""
        text = _text(paragraph)
        if kind is None:
            kind, level = self._kind(paragraph)
        if text.strip() and kind == BlockKind.PARAGRAPH:
            for line in paragraph_lines(tabs_to_colons(text)):
                yield _block(kind, line)
        elif text.strip():
            yield _block(kind, clean_line(text), level)
        for box in paragraph.iter(f"{_DRAW}text-box"):
            if next(box.iterancestors(f"{_TEXT}p", f"{_TEXT}h")) is paragraph:
                yield from self.read(box)

    def _kind(self, paragraph: "Element") -> tuple[BlockKind, int]:
        if paragraph.tag == f"{_TEXT}h":
            level = paragraph.get(f"{_TEXT}outline-level", "1")
            return BlockKind.HEADING, max(1, int(level)) if level.isdigit() else 1
        for name in self._style_names(paragraph):
            if level_named := heading_level(name):
                return BlockKind.HEADING, level_named
            if is_contents(name):
                return BlockKind.CONTENTS, 0
        return BlockKind.PARAGRAPH, 0

    def _style_names(self, paragraph: "Element") -> Iterator[str]:
        """The names of a paragraph's style and of those that it is based on."""
        style, seen = paragraph.get(f"{_TEXT}style-name", ""), set[str]()
        while style and style not in seen:
            seen.add(style)
            name, style = self._styles.get(style, (style, ""))
            yield name

    def _read_list(self, element: "Element", depth: int) -> Iterator[RawBlock]:
        for entry in element:
            if entry.tag == f"{_TEXT}list-item":
                yield from self._read_item(entry, depth)
            elif entry.tag == f"{_TEXT}list-header":
                yield from self.read(entry, depth)

    def _read_item(self, item: "Element", depth: int) -> Iterator[RawBlock]:
        """An item: its first paragraph, then what else it holds. Numbered headings are written as items too."""
        first = next((child for child in item if child.tag in (f"{_TEXT}p", f"{_TEXT}h", f"{_TEXT}list")), None)
        for child in item:
            if child is first and child.tag == f"{_TEXT}p":
                named = max(map(list_level, self._style_names(child)), default=0)
                yield from self._read_paragraph(child, BlockKind.ITEM, max(depth, named))
            elif child.tag == f"{_TEXT}list":
                yield from self._read_list(child, depth + 1)
            elif child.tag in (f"{_TEXT}p", f"{_TEXT}h"):
                yield from self._read_paragraph(child)

    def _read_table(self, table: "Element") -> Iterator[RawBlock]:
        rows = _grid(table)
        if max(map(len, rows), default=0) < 2 or table.find(f".//{_TABLE}table") is not None:
            for cell in table.iter(f"{_TABLE}table-cell"):
                if next(cell.iterancestors(f"{_TABLE}table")) is table:
                    yield from self.read(cell)
            return
        yield from table_blocks(rows, table.find(f"{_TABLE}table-header-rows") is not None)


def _text(element: "Element") -> str:
    """Text of a paragraph; tabs, breaks and runs of blanks as such, text boxes left out."""
    pieces = [element.text or ""]
    for child in element:
        if child.tag in _BREAKS:
            pieces.append(_BREAKS[child.tag])
        elif child.tag == f"{_TEXT}s":
            pieces.append(" ")
        elif isinstance(child.tag, str) and child.tag not in _SKIPPED and not child.tag.startswith(_DRAW):
            pieces.append(_text(child))
        pieces.append(child.tail or "")
    return "".join(pieces)


def _grid(table: "Element") -> list[list[str]]:
    """The table's cells, merged ones repeated. Columns without text at the right end are left out."""
    covering: dict[tuple[int, int], str] = {}
    rows: list[list[str]] = []
    lines = [line for line in table.iter(f"{_TABLE}table-row") if next(line.iterancestors(f"{_TABLE}table")) is table]
    for number, line in enumerate(lines):
        row: list[str] = []
        for cell in line.iterchildren(f"{_TABLE}table-cell", f"{_TABLE}covered-table-cell"):
            text = covering.get((number, len(row)), "")
            if cell.tag == f"{_TABLE}table-cell":
                text = cell_text([_text(paragraph) for paragraph in cell.iter(f"{_TEXT}p", f"{_TEXT}h")])
                for down in range(_count(cell, "number-rows-spanned")):
                    for across in range(_count(cell, "number-columns-spanned")):
                        covering[number + down, len(row) + across] = text
            row.extend([text] * _count(cell, "number-columns-repeated"))
        rows.append(row)
    width = max((column + 1 for row in rows for column, text in enumerate(row) if text), default=0)
    return [row[:width] for row in rows if any(row)]


def _count(cell: "Element", name: str) -> int:
    stated = cell.get(f"{_TABLE}{name}", "1")
    return max(1, min(int(stated), _MOST_REPEATED)) if stated.isdigit() else 1


def _block(kind: BlockKind, text: str, level: int = 0) -> RawBlock:
    return RawBlock(kind, ((1, text),), level)
