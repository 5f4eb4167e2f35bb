"""Find the structure of a document in its lines: headings, paragraphs, lists, tables of contents, tables."""

import re
from collections.abc import Sequence
from dataclasses import dataclass, replace
from itertools import pairwise

from ingest.assemble import RawBlock
from ingest.clean import HYPHENS, Words, clean_line, clean_text, join_lines
from ingest.document import BlockKind
from ingest.headings import LARGER, Candidate, Heading, divide_number, heading_levels, is_heading, number_of
from ingest.labels import begins_with_label
from ingest.lines import Line, in_reading_order
from ingest.spacing import Spacing
from ingest.tables import TableRow, find_tables

_BULLET = re.compile(r"[•–—*-]\s+(?=\S)")
_COUNTER = re.compile(r"(?:\d{1,2}[.)]|\(?[a-zåäö]\)|\(\d{1,2}\)|\(?[ivx]{1,4}\))\s+(?=\S)")
_SECTION = re.compile(r"\d+(?:\.\d+)*\.?\s")
_FOOTNOTE = re.compile(r"(?:\d{1,2}|\*{1,3}|\[\d+\])\s*[^\W\d_]")
_LEADERS = re.compile(r"(?:\.{4,}|…{2,}|(?:\s\.){3,}|_{4,})\s*(?:\d{1,3}|[ivxlc]{1,6})\W?$")
_DOTS = re.compile(r"\s*(?:\.{4,}|…{2,}|(?:\s\.){3,}|_{4,})\s*")
_ENDS_IN_NUMBER = re.compile(r"[^\d\s]\s*\d{1,3}$")
_CONTENTS_TITLE = re.compile(r"(?:\d+\.?\s)?(?:innehåll(?:sförteckning)?|(?:table of )?contents)\W*", re.IGNORECASE)
_KEY = re.compile(r"[^\W\d_][^:.!?]{1,40}:(?:\s|$)")
_DECISION = re.compile(
    r"(?:Antag(?:en|et|na)|Beslutad|Fastställ[dt]|Godkän[dt]|Reviderad|Adopted|Approved|Revised)\s(?:av|i|vid|den|by|on|\d)"
)
_ENDS = (".", "!", "?", ":")
_PARAGRAPH_GAP = 1.25
_TITLE_GAP = 1.5
_STYLE = 0.6
_INDENT = 0.7
_FAR = 9.0
_NOTE = 0.92


@dataclass(frozen=True, slots=True)
class OutlineEntry:
    """An entry of a file's outline (bookmarks).

    Attributes:
        title: As it is written there.
        page: Page number from 1.
        level: Depth from 1.
    """

    title: str
    page: int
    level: int


@dataclass(slots=True)
class _Block:
    """A block that may still grow."""

    kind: BlockKind
    lines: list[Line]
    level: int = 0
    outlined: int = 0


def structure_lines(
    pages: Sequence[Sequence[Line]], words: Words, outline: Sequence[OutlineEntry] = ()
) -> list[RawBlock]:
    """Find the blocks of a document.

    Args:
        pages: For each page its lines in the order of its content, without running headers and footers.
        words: What the document says about its words.
        outline: The file's outline, where it has one.

    Returns:
        Blocks in reading order, their texts cleaned and their words joined over line ends.
    """
    ordered = [in_reading_order(page) for page in pages]
    lines = [line for page in ordered for line in page]
    if not lines:
        return []
    return _Reading(lines, words, outline).blocks_of(find_tables(ordered))


class _Reading:
    """One pass over a document."""

    def __init__(self, lines: Sequence[Line], words: Words, outline: Sequence[OutlineEntry]) -> None:
        self.words = words
        self.titles: dict[tuple[int, str], int] = {(entry.page, _key(entry.title)): entry.level for entry in outline}
        self.spacing = Spacing.of(lines)
        self.blocks: list[RawBlock | _Block] = []
        self.open: _Block | None = None
        self.indents: list[float] = []
        self.in_contents = False
        # For each depth of numbers the last heading that has one, and its number.
        self.numbered: dict[int, tuple[tuple[int, ...], Line]] = {}

    def blocks_of(self, pages: Sequence[Sequence[Line | TableRow]]) -> list[RawBlock]:
        """The blocks of all pages, with the levels of headings."""
        for page in pages:
            notes = self._first_note(page)
            self._read(page[:notes])
            for line in page[notes:]:
                self._read_note(line)
        self._close()
        headings = [block for block in self.blocks if isinstance(block, _Block) and block.kind == BlockKind.HEADING]
        levels = heading_levels(
            [Heading(self._text(b.lines), b.lines[0].size, b.lines[0].bold, b.outlined) for b in headings]
        )
        for block, level in zip(headings, levels, strict=True):
            block.level = level
        return [self._raw(block) if isinstance(block, _Block) else block for block in self.blocks]

    def _read(self, items: Sequence[Line | TableRow]) -> None:
        """Read the items of a page in order."""
        position = 0
        while position < len(items):
            item = items[position]
            if isinstance(item, TableRow):
                self._close()
                self.blocks.append(self._row(item))
                position += 1
                continue
            position += self._read_line(item, items, position)

    def _read_line(self, line: Line, items: Sequence[Line | TableRow], position: int) -> int:
        """Read what begins at a line; how many lines that took."""
        text = clean_text(line.text)
        taken = self._contents_entry(items, position)
        if taken:
            self._start(BlockKind.CONTENTS, items[position : position + taken])
            return taken
        taken, outlined = self._heading(items, position)
        if taken:
            self._start(BlockKind.HEADING, items[position : position + taken], outlined=outlined)
            self.in_contents = _CONTENTS_TITLE.fullmatch(text) is not None
            self.indents.clear()
            self._remember_number(text, line)
            return taken
        self.in_contents = _CONTENTS_TITLE.fullmatch(text) is not None
        if self._opens_section(line, text):
            line = self._numbered_section(line, text)
        if self._is_item(line, text):
            self._start(BlockKind.ITEM, [line], level=self._item_level(line))
        elif self.open is not None and self._continues(self.open, line):
            self.open.lines.append(line)
        else:
            self._start(BlockKind.PARAGRAPH, [line])
        return 1

    def _start(self, kind: BlockKind, lines: Sequence[Line | TableRow], level: int = 0, outlined: int = 0) -> None:
        """Begin a block."""
        self._close()
        self.open = _Block(kind, [line for line in lines if isinstance(line, Line)], level, outlined)
        if kind == BlockKind.PARAGRAPH and self.open.lines[0].x0 < min(self.indents, default=0.0) + 1:
            self.indents.clear()

    def _close(self) -> None:
        """End the open block."""
        if self.open is not None:
            self.blocks.append(self.open)
        self.open = None

    def _contents_entry(self, items: Sequence[Line | TableRow], position: int) -> int:
        """How many lines an entry of a table of contents takes that begins here; 0 for anything else."""
        for taken in (1, 2):
            lines = items[position : position + taken]
            if len(lines) < taken or not isinstance(lines[-1], Line):
                return 0
            text = clean_text(lines[-1].text)
            if _LEADERS.search(text) or (self.in_contents and len(text) < 120 and _ENDS_IN_NUMBER.search(text)):
                return taken
            if not self.in_contents or lines[0] is not lines[-1] or self.titles.get((lines[0].page, _key(text))):
                return 0
        return 0

    def _heading(self, items: Sequence[Line | TableRow], position: int) -> tuple[int, int]:
        """How many lines a heading takes that begins here, and its depth in the outline; 0 for anything else."""
        group = self._group(items, position)
        for taken in range(len(group), 0, -1):
            if _BULLET.match(clean_text(group[0].text)):
                break
            outlined = self.titles.get((group[0].page, _key(self._text(group[:taken]))))
            if outlined:
                return taken, outlined
        plain = group[0].size < self.spacing.size + LARGER and not group[0].bold
        lines = self._titled(group) if plain else group
        after = items[position + len(lines)] if position + len(lines) < len(items) else None
        before = items[position - 1] if position else None
        found = is_heading(self._candidate(lines, before, after), self.spacing.size, self.spacing.bold)
        return len(lines) if found and not (plain and self._repeats_number(group[0])) else 0, 0

    def _remember_number(self, text: str, line: Line) -> None:
        """Keep the number of a heading that begins with this line."""
        number = number_of(text)
        self.numbered[len(number)] = (number, line)

    def _repeats_number(self, line: Line) -> bool:
        """Whether a line has the number of the heading that it stands under, so that it is that section's text."""
        number = number_of(clean_text(line.text))
        known, _ = self.numbered.get(len(number), ((), line))
        return len(number) > 1 and known == number

    def _opens_section(self, line: Line, text: str) -> bool:
        """Whether a line that is no title has the number after that of a heading and stands as that does."""
        number = number_of(text)
        if len(number) < 2 or len(number) not in self.numbered:
            return False
        (*parents, last), heading = self.numbered[len(number)]
        alike = abs(line.x0 - heading.x0) < 1 and abs(line.size - heading.size) < _STYLE and line.bold == heading.bold
        return alike and number == (*parents, last + 1)

    def _numbered_section(self, line: Line, text: str) -> Line:
        """Begin a section whose heading is a number alone; the line without it."""
        number, rest = divide_number(text)
        self._remember_number(text, line)
        edge = line.x0 + (line.x1 - line.x0) * (len(number) + 1) / len(line.text)
        self._start(BlockKind.HEADING, [replace(line, text=number, x1=edge)])
        self.indents.clear()
        return replace(line, text=rest, x0=edge)

    def _group(self, items: Sequence[Line | TableRow], position: int) -> list[Line]:
        """Lines from a position on that share a style and stand close."""
        group: list[Line] = []
        for item in items[position : position + 6]:
            if not isinstance(item, Line):
                break
            if group:
                last = group[-1]
                alike = abs(item.size - last.size) < _STYLE and item.bold == last.bold
                close = 0 < item.y - last.y <= _TITLE_GAP * item.size
                if not (alike and close) or _COUNTER.match(item.text) or _SECTION.match(item.text):
                    break
            group.append(item)
        return group

    def _titled(self, group: Sequence[Line]) -> list[Line]:
        """The first line of a group with those that finish a numbered title: hanging under it or in mid-sentence."""
        lines = [group[0]]
        for line in group[1:] if _SECTION.match(group[0].text) else ():
            hanging = line.x0 > group[0].x0 + _INDENT * line.size
            if not hanging and not (line.text[0].islower() and not self.spacing.leaves_room(lines[-1], line)):
                break
            lines.append(line)
        return lines

    def _candidate(
        self, lines: Sequence[Line], before: Line | TableRow | None, after: Line | TableRow | None
    ) -> Candidate:
        """Lines as a possible heading."""
        first, last = lines[0], lines[-1]
        leading = self.spacing.leading(first)
        above = (first.y - before.y) / leading if isinstance(before, Line) and before.y < first.y else _FAR
        below = (after.y - last.y) / leading if isinstance(after, Line) and after.y > last.y else _FAR
        texts = [clean_text(line.text) if isinstance(line, Line) else "" for line in (before, after)]
        return Candidate(self._text(lines), len(lines), first.size, first.bold, above, below, *texts)

    def _is_item(self, line: Line, text: str) -> bool:
        """Whether a line begins a list item, and is not the middle of a sentence that happens to break there."""
        if text.startswith("•"):
            return len(text) > 1
        if not (_BULLET.match(text) or _COUNTER.match(text)):
            return False
        if self.open is None or self.open.kind != BlockKind.PARAGRAPH:
            return True
        last = self.open.lines[-1]
        apart = not self._is_close(self.open, line) or abs(line.x0 - last.x0) > _INDENT * line.size
        return apart or last.text.endswith(":") or self.spacing.leaves_room(last, line)

    def _item_level(self, line: Line) -> int:
        """How deep an item is nested, by its indentation among the items before it."""
        while self.indents and line.x0 < self.indents[-1] - _INDENT * line.size:
            self.indents.pop()
        if not self.indents or line.x0 > self.indents[-1] + _INDENT * line.size:
            self.indents.append(line.x0)
        return len(self.indents)

    def _continues(self, block: _Block, line: Line) -> bool:
        """Whether a line goes on with the open block."""
        first, last = block.lines[0], block.lines[-1]
        if block.kind not in (BlockKind.PARAGRAPH, BlockKind.ITEM) or abs(last.size - line.size) > _STYLE:
            return False
        if last.page != line.page or line.y <= last.y or line.x0 > last.x1:
            return self._runs_over(block, line)
        if not self._is_close(block, line):
            distance = (line.y - last.y) / self.spacing.leading(line)
            return distance < 2.3 and len(block.lines) > 1 and line.text[0].islower() and last.text[-1].isalnum()
        begun = line.text[0].islower() or line.text[0] == "(" or last.text.endswith((",", *HYPHENS))
        if block.kind == BlockKind.ITEM:
            if line.x0 > first.x0 + 0.4 * line.size:
                return True
            if line.x0 < first.x0 - 0.4 * line.size:
                return False
            return (begun and not last.text.endswith(_ENDS)) or not self.spacing.leaves_room(last, line)
        if (_KEY.match(line.text) and _KEY.match(first.text)) or _states_fact(line.text):
            return False
        indent = (line.x0 - last.x0) / line.size
        if indent > _INDENT:
            return not last.text.endswith(_ENDS) and not self.spacing.leaves_room(last, line)
        if indent < -_INDENT and len(block.lines) > 1:
            return not last.text.endswith(_ENDS)
        return begun or not self.spacing.leaves_room(last, line)

    def _runs_over(self, block: _Block, line: Line) -> bool:
        """Whether a sentence, or an item of several, goes on in the next column or on the next page."""
        first, last = block.lines[0], block.lines[-1]
        if last.text.endswith(tuple(HYPHENS)):
            return True
        if block.kind == BlockKind.ITEM and last.page != line.page and not line.text[0].islower():
            hanging = last.x0 > first.x0 + 0.4 * line.size
            if hanging and abs(line.x0 - last.x0) < 1 and last.bold == line.bold:
                return True
            if line.x0 < first.x0 - 0.4 * line.size:
                return False
        if last.text.endswith(_ENDS) or last.bold != line.bold:
            return False
        return line.text[0].islower() or not self.spacing.leaves_room(last, line)

    def _is_close(self, block: _Block, line: Line) -> bool:
        """Whether a line stands no further below a block than the block's lines from each other."""
        *_, last = block.lines
        leading = self.spacing.leading(line)
        if len(block.lines) > 1 and block.lines[-2].page == last.page and block.lines[-2].y < last.y:
            leading = min(leading, last.y - block.lines[-2].y)
        return line.y - last.y <= _PARAGRAPH_GAP * leading + 0.5

    def _first_note(self, items: Sequence[Line | TableRow]) -> int:
        """Index of the first footnote of a page: small type that ends the page and begins with a mark."""
        index = len(items)
        while index:
            item = items[index - 1]
            if not isinstance(item, Line) or item.size > _NOTE * self.spacing.size:
                break
            index -= 1
        while index < len(items):
            item = items[index]
            if isinstance(item, Line) and _FOOTNOTE.match(item.text):
                break
            index += 1
        return index if index else len(items)

    def _read_note(self, item: Line | TableRow) -> None:
        """Put a footnote before a paragraph that goes on on the next page."""
        if not isinstance(item, Line):
            return
        last = self.blocks[-1] if self.blocks else None
        marked = _FOOTNOTE.match(item.text)
        if not marked and isinstance(last, _Block) and last.lines[-1].page == item.page and last.lines[-1].y < item.y:
            last.lines.append(item)
            return
        if self.open is not None and self.open.lines[-1].text.endswith(_ENDS):
            self._close()
        self.blocks.append(_Block(BlockKind.PARAGRAPH, [item]))

    def _text(self, lines: Sequence[Line]) -> str:
        """The text of lines as one."""
        return "".join(text for _, text in self._parts(lines))

    def _parts(self, lines: Sequence[Line]) -> tuple[tuple[int, str], ...]:
        """The joined text of lines, cut where the page changes."""
        done: list[tuple[int, str]] = []
        page, text = lines[0].page, clean_line(lines[0].text, self.words)
        for above, line in pairwise(lines):
            addition = clean_line(line.text, self.words)
            whole = join_lines(text, addition, self.words)
            if line.page == page:
                text = f"{text}\n{addition}" if self._is_title_of(above, line) else whole
            else:
                done.append((page, whole[: len(whole) - len(addition)]))
                page, text = line.page, addition
        return (*done, (page, _finished(text)))

    def _is_title_of(self, above: Line, line: Line) -> bool:
        """Whether a line in bold ends early over text that is not, as in an item that has a title of its own."""
        return above.bold and not line.bold and self.spacing.leaves_room(above, line)

    def _row(self, row: TableRow) -> RawBlock:
        """A row of a table as text in which each cell names its column."""
        cells = ((name, self._text(lines).replace("\n", " ")) for name, lines in row.cells)
        text = "; ".join(f"{clean_text(name)}: {cell}" if name else cell for name, cell in cells)
        return RawBlock(BlockKind.ROW, ((row.page, text),))

    def _raw(self, block: _Block) -> RawBlock:
        """A finished block; bullets are dropped, numbers and letters of items kept."""
        parts = self._parts(block.lines)
        if block.kind == BlockKind.ITEM:
            number, text = parts[0]
            parts = ((number, _BULLET.sub("", text, count=1) if _BULLET.match(text) else text), *parts[1:])
        return RawBlock(block.kind, parts, block.level)


def _states_fact(text: str) -> bool:
    """Whether a line states a fact about the document, as those on a front page do, each on a line of its own."""
    return begins_with_label(text) or _DECISION.match(text) is not None


def _finished(text: str) -> str:
    """The text of a block, with leaders shortened and a hyphen at its end as in print."""
    text = f"{text[:-1]}{clean_text(text[-1:])}"
    return _DOTS.sub(" … ", text).strip() if any(dots in text for dots in ("....", "……", " . .", "____")) else text


def _key(title: str) -> str:
    """A title as it is compared: its letters and digits."""
    return re.sub(r"\W+", "", title).lower()
