"""Read headings, paragraphs, list items and table rows from the element that holds a page's main content."""

import re
from collections.abc import Collection, Iterator
from itertools import zip_longest

from lxml.html import HtmlElement

from ingest.assemble import RawBlock
from ingest.characters import clean_line
from ingest.document import BlockKind
from ingest.labels import paragraph_lines
from ingest.table_rows import has_header_row, key_values, write_rows

_HEADINGS = {f"h{level}": level for level in range(1, 7)}
_BLOCK_NAMES = (
    "address article aside blockquote body center dd details dialog div dl dt fieldset figcaption figure footer form "
    "header hgroup hr html legend li main nav ol p pre section summary table tbody td tfoot th thead tr ul"
)
_BLOCKS = frozenset(_BLOCK_NAMES.split())
_READ_MORE = re.compile(
    r"(?:läs|se|hitta)\s+(?:mer|vidare|mera|hela|också|även)\b|till sidan\b|visa (?:mer|alla|fler)\b|"
    r"(?:gå|tillbaka) till\b|(?:read|learn|find out|see|show|view)\s+(?:more|also|all)\b|more (?:about|on)\b|"
    r"continue reading|(?:go|back) to\b",
    re.IGNORECASE,
)
_SOURCE_BREAKS = re.compile(r"\s+")
_RELATED = re.compile(
    r"(?:relaterade?|relaterat|related)\b.*|läs (?:mer|också|även|vidare)|se (?:även|också)|mer information|genvägar|"
    r"länkar|snabblänkar|(?:read more|see also|more information|links|quick links|further reading)",
    re.IGNORECASE,
)


def read_blocks(region: HtmlElement, kept: Collection[str] | None = None) -> list[RawBlock]:
    """Blocks of the main content, in reading order.

    Args:
        region: The element that holds the main content, without boilerplate.
        kept: Where the region may hold menus as well: cleaned texts known to be content; list items and paragraphs
            that are nothing but links are left out unless they are among them or a paragraph introduces them.

    Returns:
        Blocks on page 1. Left out: links such as *read more about ...* that stand alone, and sections of
        related links.
    """
    reader = _Reader()
    reader.read(region)
    reader.flush()
    found: list[tuple[RawBlock, bool]] = []
    introduced = False
    for block, linked in reader.found:
        if not linked:
            introduced = block.kind == BlockKind.PARAGRAPH
        elif _READ_MORE.match(block.text) or (kept is not None and not introduced and block.text not in kept):
            continue
        found.append((block, linked))
    return list(_without_related(found))


class _Reader:
    """Walks elements, gathering inline text until a block ends."""

    def __init__(self) -> None:
        self.found: list[tuple[RawBlock, bool]] = []
        self._inline: list[tuple[str, HtmlElement | None]] = []
        self._kind = BlockKind.PARAGRAPH
        self._depth = 0
        self._heading = 1

    def read(self, element: HtmlElement, link: HtmlElement | None = None) -> None:
        self._append(element.text, link)
        for child in element:
            if isinstance(child.tag, str):
                self._read_child(child, link)
            self._append(child.tail, link)

    def _append(self, text: str | None, link: HtmlElement | None) -> None:
        self._inline.append((_SOURCE_BREAKS.sub(" ", text or ""), link))

    def flush(self) -> None:
        """End the block that is being gathered."""
        pieces, self._inline = self._inline, []
        visible = [(text, link) for text, link in pieces if text.strip()]
        if not visible:
            return
        links = {link for _, link in visible}
        linked = None not in links and len(links) == 1
        text = "".join(text for text, _ in pieces)
        for line in paragraph_lines(text) if self._kind == BlockKind.PARAGRAPH else [clean_line(text)]:
            self._add(self._kind, line, self._depth if self._kind == BlockKind.ITEM else 0, linked)

    def _add(self, kind: BlockKind, text: str, level: int = 0, linked: bool = False) -> None:
        if any(character.isalnum() for character in text):
            self.found.append((RawBlock(kind, ((1, text),), level), linked))

    def _read_child(self, child: HtmlElement, link: HtmlElement | None) -> None:
        tag = child.tag
        if tag == "br":
            self._inline.append(("\n", link))
        elif tag == "a":
            self.read(child, child)
        elif tag in _HEADINGS or tag in ("summary", "button") or child.get("role") == "heading":
            self._read_heading(child)
        elif tag in ("ul", "ol", "menu"):
            self._read_list(child)
        elif tag == "dl":
            self._read_terms(child)
        elif tag == "table" and not _is_layout(child):
            self._read_table(child)
        elif tag in _BLOCKS and self._kind == BlockKind.ITEM:
            self._inline.append((" ", link))
            self.read(child, link)
            self._inline.append((" ", link))
        elif tag in _BLOCKS or any(grand.tag in _BLOCKS for grand in child):
            self.flush()
            self.read(child, link)
            self.flush()
        else:
            self.read(child, link)

    def _read_heading(self, child: HtmlElement) -> None:
        inner = next((down for down in child.iterdescendants() if down.tag in _HEADINGS), None)
        self.flush()
        if self._kind == BlockKind.ITEM:  # A card in a list: its text is a section, not an item.
            self._kind = BlockKind.PARAGRAPH
        element = child if inner is None else inner
        stated = element.get("aria-level", "")
        level = _HEADINGS.get(element.tag) or (int(stated) if stated.isdigit() else min(self._heading + 1, 6))
        if element.tag in _HEADINGS:
            self._heading = level
        self._add(BlockKind.HEADING, clean_line("".join(_visible_text(child))), level)

    def _read_list(self, child: HtmlElement) -> None:
        self.flush()
        outer = self._kind
        self._depth += 1
        for item in child:
            if not isinstance(item.tag, str):
                continue
            if item.tag in ("ul", "ol"):
                self._read_list(item)
                continue
            self._kind = BlockKind.ITEM
            self.read(item)
            self.flush()
        self._depth -= 1
        self._kind = outer

    def _read_table(self, table: HtmlElement) -> None:
        self.flush()
        rows, header = _grid(table)
        for caption in table.iterchildren("caption"):
            self._add(BlockKind.PARAGRAPH, clean_line("".join(_visible_text(caption))))
        if header is None and (pairs := key_values(rows)):
            for pair in pairs:
                self._add(BlockKind.PARAGRAPH, pair)
            return
        if header is None and has_header_row(rows):
            header, rows = rows[0], rows[1:]
        for row in write_rows(rows, header):
            self._add(BlockKind.ROW, row)

    def _read_terms(self, child: HtmlElement) -> None:
        """A list of terms: `term: description` where the term is a short name."""
        self.flush()
        term = ""
        for element in child.iterdescendants("dt", "dd"):
            text = clean_line("".join(_visible_text(element)))
            if element.tag == "dt":
                if term:
                    self._add(BlockKind.PARAGRAPH, term)
                term = text
            elif term and len(term) <= 60 and len(text) <= 300:
                self._add(BlockKind.PARAGRAPH, f"{term.rstrip(':')}: {text}")
                term = ""
            else:
                self._add(BlockKind.PARAGRAPH, term)
                term = ""
                self.read(element)
                self.flush()
        if term:
            self._add(BlockKind.PARAGRAPH, term)


def _visible_text(element: HtmlElement) -> Iterator[str]:
    yield element.text or ""
    for child in element:
        if child.tag == "br":
            yield " "
        elif isinstance(child.tag, str):
            block = child.tag in _BLOCKS
            yield " " if block else ""
            yield from _visible_text(child)
            yield " " if block else ""
        yield child.tail or ""


def _without_related(found: list[tuple[RawBlock, bool]]) -> Iterator[RawBlock]:
    """Leave out links under a heading that announces related pages, and the heading where nothing else is under it."""
    related: RawBlock | None = None
    pending = False
    for block, linked in found:
        if block.kind == BlockKind.HEADING:
            pending = _RELATED.fullmatch(block.text) is not None
            related = block if pending else None
        if linked and related is not None:
            continue
        if pending and block is not related and related is not None:
            yield related
            pending = False
        if block is not related:
            yield block


def _grid(table: HtmlElement) -> tuple[list[list[str]], list[str] | None]:
    """The table's cells with spans repeated, and the names of its columns where the markup tells them."""
    rows: list[list[str]] = []
    header: list[str] | None = None
    below: dict[int, tuple[int, str]] = {}
    for line in table.iterdescendants("tr"):
        if next(line.iterancestors("table")) is not table:
            continue
        cells = [cell for cell in line if cell.tag in ("td", "th")]
        row: list[str] = []
        for cell in cells:
            while len(row) in below:
                row.append(_take(below, len(row)))
            text = clean_line("".join(_visible_text(cell)))
            for _ in range(_span(cell, "colspan")):
                if _span(cell, "rowspan") > 1:
                    below[len(row)] = (_span(cell, "rowspan") - 1, text)
                row.append(text)
        while len(row) in below:
            row.append(_take(below, len(row)))
        names = bool(cells) and all(cell.tag == "th" or cell.getparent().getparent().tag == "thead" for cell in cells)
        if names and not rows and len(cells) > 1:
            header = row if header is None else [_joined(*pair) for pair in zip_longest(header, row, fillvalue="")]
        elif any(row):
            rows.append(row)
    return rows, header


def _take(below: dict[int, tuple[int, str]], column: int) -> str:
    left, text = below.pop(column)
    if left > 1:
        below[column] = (left - 1, text)
    return text


def _joined(upper: str, lower: str) -> str:
    return upper if upper == lower else f"{upper} {lower}".strip()


def _span(cell: HtmlElement, name: str) -> int:
    stated = cell.get(name, "1").strip()
    return min(max(int(stated), 1), 50) if stated.isdigit() and len(stated) < 4 else 1


def _is_layout(table: HtmlElement) -> bool:
    """Whether a table only places other content on the page."""
    if table.get("role") in ("presentation", "none"):
        return True
    if any(True for _ in table.iterdescendants("table", *_HEADINGS)):
        return True
    return all(sum(cell.tag in ("td", "th") for cell in line) < 2 for line in table.iterdescendants("tr"))
