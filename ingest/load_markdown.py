"""Read Markdown and plain text."""

import re
from collections.abc import Iterator, Sequence
from typing import TYPE_CHECKING

from ingest.assemble import RawBlock, RawDocument
from ingest.characters import clean_line, clean_lines, decode_text
from ingest.document import BlockKind, Field
from ingest.labels import LABELS, find_labels, label_of, paragraph_lines
from ingest.table_rows import write_rows

if TYPE_CHECKING:
    from markdown_it.token import Token

_FRONT_MATTER = re.compile(r"\A---[ \t]*\n(.*?)\n(?:---|\.\.\.)[ \t]*(?:\n|\Z)", re.DOTALL)
_PROPERTY = re.compile(r"([A-Za-zÅÄÖåäö][\w .-]*?)\s*:\s*(.+)")
_MORE_NAMES = {
    "organization": Field.ORGANISATION,
    "lang": Field.LANGUAGE,
    "language": Field.LANGUAGE,
    "språk": Field.LANGUAGE,
    "url": Field.ADDRESS,
    "canonical": Field.ADDRESS,
    "type": Field.DOCUMENT_TYPE,
    "typ": Field.DOCUMENT_TYPE,
    "year": Field.PERIOD,
    "år": Field.PERIOD,
}
_BULLET = re.compile(r"^(\s*)(?:[-*+•●▪◦‣–—·]|o(?=\s{2,})|\(?(?:\d{1,2}|[a-zåäö])[.)])\s+(?=\S)")
_UNDERLINE = re.compile(r"^\s*(=|-|~|_){3,}\s*$")
_NUMBERED = re.compile(r"^(\d{1,2}(?:\.\d{1,2}){0,4})\.?\s+[A-ZÅÄÖ][^.!?:;]{1,80}$")
_WRAPPED = 120


def load_markdown(content: bytes) -> RawDocument:
    """Read Markdown (CommonMark with tables).

    Front matter between `---` lines gives properties. Inline markup is removed, the text of links, code and images'
    alternative text is kept; markup in HTML is read as on a web page.
    """
    from markdown_it import MarkdownIt

    text = _normal_breaks(decode_text(content))
    properties, text = _split_front_matter(text)
    tokens = MarkdownIt("commonmark").enable(["table", "strikethrough"]).parse(text)
    return RawDocument("markdown", list(_read_tokens(tokens)), properties=properties)


def load_text(content: bytes) -> RawDocument:
    """Read plain text in UTF-8, UTF-16 or windows-1252.

    Empty lines divide paragraphs. Lines that begin with a bullet or a number in brackets are list items, nested by
    indentation; underlined, numbered and, at the very beginning, short lines are headings.
    """
    text = clean_lines_keeping_indent(_normal_breaks(decode_text(content)))
    blocks: list[RawBlock] = []
    for group in re.split(r"\n[^\S\n]*(?:\n[^\S\n]*)+", text.strip("\n")):
        blocks.extend(_read_group(group.split("\n"), first=not blocks))
    return RawDocument("text", blocks)


def _normal_breaks(text: str) -> str:
    return re.sub(r"\r\n?|\x0c|\u2028|\u2029", "\n", text)


def clean_lines_keeping_indent(text: str) -> str:
    """Cleaned lines whose leading blanks are kept, a tab counting as four."""
    lines = []
    for line in text.split("\n"):
        expanded = line.expandtabs(4)
        lines.append(" " * (len(expanded) - len(expanded.lstrip())) + clean_line(expanded))
    return "\n".join(lines)


def _split_front_matter(text: str) -> tuple[dict[Field, str], str]:
    found = _FRONT_MATTER.match(text)
    if not found:
        return {}, text
    properties: dict[Field, str] = {}
    for line in found[1].split("\n"):
        stated = _PROPERTY.fullmatch(line.strip())
        if not stated:
            continue
        name = " ".join(stated[1].casefold().replace("_", " ").split())
        field = _MORE_NAMES.get(name) or LABELS.get(name) or _field_named(name)
        value = clean_line(stated[2].strip().strip("\"'"))
        if field is not None and value and field not in properties:
            properties[field] = value
    return properties, text[found.end() :]


def _field_named(name: str) -> Field | None:
    return next((field for field in Field if field.value.replace("_", " ") == name), None)


def _read_tokens(tokens: Sequence["Token"]) -> Iterator[RawBlock]:
    depth, item_open, heading = 0, False, 0
    position = 0
    while position < len(tokens):
        token = tokens[position]
        if token.type in ("bullet_list_open", "ordered_list_open"):
            depth += 1
        elif token.type in ("bullet_list_close", "ordered_list_close"):
            depth -= 1
        elif token.type == "list_item_open":
            item_open = True
        elif token.type == "heading_open":
            heading = int(token.tag[1])
        elif token.type == "inline":
            kind = BlockKind.HEADING if heading else BlockKind.ITEM if item_open else BlockKind.PARAGRAPH
            level = heading or (depth if item_open else 0)
            text = _plain(token)
            if kind == BlockKind.ITEM:
                text, position = _whole_item(tokens, position)
            for line in paragraph_lines(text) if kind == BlockKind.PARAGRAPH else [clean_line(text)]:
                yield RawBlock(kind, ((1, line),), level)
            item_open, heading = False, 0
        elif token.type in ("fence", "code_block"):
            yield RawBlock(BlockKind.PARAGRAPH, ((1, clean_lines(token.content).strip()),))
        elif token.type == "html_block":
            yield from _read_markup(token.content)
        elif token.type == "table_open":
            end = next(later for later in range(position, len(tokens)) if tokens[later].type == "table_close")
            yield from _read_table(tokens[position:end])
            position = end
        position += 1


def _whole_item(tokens: Sequence["Token"], position: int) -> tuple[str, int]:
    """Text of the paragraphs that an item begins with, and the position of the last of them."""
    pieces = [_plain(tokens[position])]
    while [token.type for token in tokens[position + 1 : position + 4]] == [
        "paragraph_close",
        "paragraph_open",
        "inline",
    ]:
        position += 3
        pieces.append(_plain(tokens[position]))
    return " ".join(pieces), position


def _read_table(tokens: Sequence["Token"]) -> Iterator[RawBlock]:
    rows: list[list[str]] = []
    for token in tokens:
        if token.type == "tr_open":
            rows.append([])
        elif token.type == "inline":
            rows[-1].append(clean_line(_plain(token)))
    header, rest = rows[0], rows[1:]
    if len(header) == 2 and not any(header):  # A table of properties, written without names for its columns.
        lines = [f"{name.rstrip(':')}: {value}" for name, value in rest]
    else:
        lines = write_rows(rest, header)
    for line in lines:
        yield RawBlock(BlockKind.ROW, ((1, line),))


def _plain(token: "Token") -> str:
    """Text of inline markup; a line break set by hand stays one."""
    pieces = []
    for child in token.children or []:
        if child.type in ("text", "code_inline"):
            pieces.append(child.content)
        elif child.type in ("softbreak", "hardbreak") or (child.type == "html_inline" and child.content[:3] == "<br"):
            pieces.append("\n")
        elif child.type == "image":
            pieces.append(child.content)
    return "".join(pieces)


def _read_markup(markup: str) -> Iterator[RawBlock]:
    from lxml.html import fragment_fromstring

    from ingest.html_blocks import read_blocks
    from ingest.html_boilerplate import remove_boilerplate

    if not re.sub(r"<!--.*?-->|<[^>]*>", "", markup, flags=re.DOTALL).strip():
        return
    fragment = fragment_fromstring(markup, create_parent="div")
    remove_boilerplate(fragment)
    yield from read_blocks(fragment)


def _read_group(lines: list[str], first: bool) -> Iterator[RawBlock]:
    """Blocks of consecutive lines."""
    if len(lines) > 1 and _UNDERLINE.match(lines[1]):
        yield _block(BlockKind.HEADING, lines[0], 1 if "=" in lines[1] else 2)
        lines = lines[2:]
    elif len(lines) == 1 and (numbered := _NUMBERED.match(lines[0].strip())):
        yield _block(BlockKind.HEADING, lines[0], numbered[1].count(".") + 1)
        return
    elif len(lines) == 1 and _is_heading(lines[0], first):
        yield _block(BlockKind.HEADING, lines[0], 1 if first else 2)
        return
    indents: list[int] = []
    paragraph: list[str] = []
    for line in lines:
        bullet = _BULLET.match(line)
        if bullet:
            yield from _paragraphs(paragraph, len(indents))
            indents = [indent for indent in indents if indent < len(bullet[1])] + [len(bullet[1])]
            paragraph = [line[bullet.end() :]]
        elif indents and not line.startswith(" "):
            yield from _paragraphs(paragraph, len(indents))
            indents, paragraph = [], [line]
        else:
            paragraph.append(line)
    yield from _paragraphs(paragraph, len(indents))


def _paragraphs(lines: list[str], depth: int) -> Iterator[RawBlock]:
    lines = [line.strip() for line in lines if line.strip()]
    if not lines:
        return
    if depth:
        yield _block(BlockKind.ITEM, _joined(lines), depth)
    elif any(len(line) > _WRAPPED for line in lines) or all(find_labels(line) for line in lines):
        for line in lines:
            yield _block(BlockKind.PARAGRAPH, line)
    else:
        for line in paragraph_lines(_joined(lines, "\n")):
            yield _block(BlockKind.PARAGRAPH, line)


def _joined(lines: Sequence[str], separator: str = " ") -> str:
    """Lines as one text, with words divided at the end of a line put together."""
    return re.sub(
        r"(?<=[a-zåäö])[-‐]" + re.escape(separator) + r"(?=[a-zåäö])(?!och\b|eller\b|and\b|or\b)",
        "",
        separator.join(lines),
    )


def _is_heading(line: str, first: bool) -> bool:
    text = line.strip()
    plain = len(text) <= 90 and not text.endswith((".", ":", ";", ",", "!", "?")) and not _BULLET.match(line)
    return plain and not find_labels(text) and label_of(text) is None and (first or text.isupper())


def _block(kind: BlockKind, text: str, level: int = 0) -> RawBlock:
    return RawBlock(kind, ((1, clean_line(text)),), level)
