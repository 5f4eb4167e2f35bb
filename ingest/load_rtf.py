"""Read rich text (.rtf), as Word, LibreOffice, WordPad and case management systems write it."""

import re
from collections.abc import Iterator, Mapping, Sequence
from itertools import groupby

from ingest.assemble import RawBlock, RawDocument
from ingest.characters import clean_line
from ingest.document import BlockKind, Field
from ingest.errors import UnreadableFile
from ingest.labels import paragraph_lines
from ingest.office import cell_text, heading_level, is_contents, list_level, table_blocks, tabs_to_colons
from ingest.rtf import Paragraph, Row, RtfReader, Style

_BULLET = re.compile(r"[•▪■◦●·]\s*(?=\S)")
_BODY = 9


def load_rtf(content: bytes) -> RawDocument:
    """Read headings, paragraphs, list items and tables of rich text.

    Headings are told by outline level or the style's name, items by their numbering. Text boxes and tracked insertions
    are read; tracked deletions, hidden text, comments, notes, pictures and page headers are not.

    Raises:
        UnreadableFile: It is no rich text, or ends in the middle.
    """
    content = content.lstrip(b"\xef\xbb\xbf \t\r\n")
    if not content.startswith(b"{\\rtf"):
        raise UnreadableFile("the file does not begin as rich text does; save it anew and ingest that file")
    reader = RtfReader()
    if not reader.read(content):
        raise UnreadableFile("the rich text is damaged: it ends in the middle; obtain a complete copy")
    stated = {
        Field.TITLE: reader.properties.get("title", ""),
        Field.ORGANISATION: reader.properties.get("company") or reader.properties.get("author", ""),
    }
    properties = {name: cleaned for name, value in stated.items() if (cleaned := clean_line(value))}
    return RawDocument("rtf", list(_blocks(reader)), properties=properties)


def _blocks(reader: RtfReader) -> Iterator[RawBlock]:
    for is_table, parts in groupby(reader.content, key=lambda part: isinstance(part, Row)):
        if is_table:
            yield from _table([part for part in parts if isinstance(part, Row)])
            continue
        for part in parts:
            if isinstance(part, Paragraph):
                yield from _paragraph(part, reader.styles)


def _paragraph(paragraph: Paragraph, styles: Mapping[int, Style]) -> Iterator[RawBlock]:
    kind, level = _kind(paragraph.style, styles)
    text = paragraph.text.strip()
    if kind == BlockKind.PARAGRAPH and (bullet := _BULLET.match(text)):
        kind, level, text = BlockKind.ITEM, 1, text[bullet.end() :]
    lines = paragraph_lines(tabs_to_colons(text)) if kind == BlockKind.PARAGRAPH else [clean_line(text)]
    for line in lines:
        if line:
            yield RawBlock(kind, ((1, line),), level)


def _kind(style: Style, styles: Mapping[int, Style]) -> tuple[BlockKind, int]:
    """What a paragraph is, told by its own formatting and then by its style and those that it is based on."""
    chain = [style, *_chain(style.number, styles)]
    for entry in chain:
        if is_contents(entry.name):
            return BlockKind.CONTENTS, 0
        if 0 <= entry.outline < _BODY:
            return BlockKind.HEADING, entry.outline + 1
        if level := heading_level(entry.name):
            return BlockKind.HEADING, level
    named = max(list_level(entry.name) for entry in chain)
    listed = next((max(0, entry.level) + 1 for entry in chain if entry.listed), 0)
    level = max(named, listed)
    return (BlockKind.ITEM, level) if level else (BlockKind.PARAGRAPH, 0)


def _chain(number: int | None, styles: Mapping[int, Style]) -> Iterator[Style]:
    """A style and those it is based on."""
    seen: set[int] = set()
    while number is not None and number in styles and number not in seen:
        seen.add(number)
        yield styles[number]
        number = styles[number].based_on


def _table(rows: Sequence[Row]) -> Iterator[RawBlock]:
    """The rows of a table; a row of one cell is a frame around text."""
    cells: list[list[str]] = []
    for row in rows:
        told: list[str] = []
        for column, text in enumerate(row.cells):
            merge = row.merges[column] if column < len(row.merges) else ""
            if merge == "clmrg" and told:
                told.append(told[-1])
            elif merge == "clvmrg" and cells and column < len(cells[-1]):
                told.append(cells[-1][column])
            else:
                told.append(cell_text(text.split("\n")))
        cells.append(told)
    for framed, group in groupby(zip(rows, cells, strict=True), key=lambda pair: len(pair[1]) < 2):
        pairs = list(group)
        if framed:
            yield from (RawBlock(BlockKind.PARAGRAPH, ((1, text),)) for _, told in pairs for text in told if text)
        else:
            yield from table_blocks([told for _, told in pairs], pairs[0][0].header and len(pairs) > 1)
