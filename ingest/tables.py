"""Find simple tables by where their cells stand, and tell each row so that it can be understood alone."""

import re
from collections.abc import Sequence
from dataclasses import dataclass

from ingest.lines import Line, beside, joined

_LEADING = 1.4
_ROW_GAP = 1.7
_MARKS = ("•", "–", "—", "- ")
_HEADER_LENGTH = 45
_WIDE = 30.0
_SAME_EDGE = 2.0
_SMALLER = 0.8
_NUMERIC = re.compile(r"[<>≤≥~+−–-]?\s?\d")
_YEAR = re.compile(r"(?:19|20)\d\d\b")


@dataclass(frozen=True, slots=True)
class TableRow:
    """A row of a table.

    Attributes:
        page: Page number from 1.
        cells: For each filled cell the header above it and its lines. In a table of names and values the name is
            the header.
    """

    page: int
    cells: tuple[tuple[str, tuple[Line, ...]], ...]


_Cell = list[Line]
_Row = list[_Cell]


def find_tables(pages: Sequence[Sequence[Line]]) -> list[list[Line | TableRow]]:
    """Gather the lines of clear tables in rows, and join others that stand on one baseline; the order is kept.

    A table that goes on at the top of the next page keeps its header.
    """
    found: list[list[Line | TableRow]] = []
    carried: _Row | None = None
    for page in pages:
        rows = _grid(page)
        items: list[Line | TableRow] = []
        start = _continuation_end(rows, carried) if carried else 0
        if carried and start:
            items.extend(_told([carried, *rows[:start]]))
        else:
            carried = None
        while start < len(rows):
            end = _table_end(rows, start)
            table = rows[start:end] if end > start + 1 else []
            told = _told(table) or _named(table)
            carried = table[0] if told and end == len(rows) and _told(table) else None
            items.extend(told or _plain(rows[start]))
            start = end if told else start + 1
        found.append(items)
    return found


def _grid(lines: Sequence[Line]) -> list[_Row]:
    """Lines gathered in cells (lines below each other) and cells in rows (beside each other)."""
    rows: list[_Row] = []
    for line in lines:
        last = rows[-1][-1][-1] if rows else None
        if last is not None and line.x0 > last.x1:
            start = _row_beside(rows, line)
            if start is not None:
                stacked = [other for row in rows[start:-1] for other in row[0]]
                rows[start:] = [[[*stacked, *rows[-1][0]], *rows[-1][1:], [line]]]
                continue
        if last is not None and len(rows[-1]) > 1 and _stands_below(line, last):
            rows[-1][-1].append(line)
        else:
            rows.append([[line]])
    return rows


def _row_beside(rows: Sequence[_Row], line: Line) -> int | None:
    """Index of the row that begins beside a line; the lines since then are one cell."""
    tolerance = 0.6 * line.size
    if rows[-1][0][0].y - tolerance <= line.y <= max(cell[-1].y for cell in rows[-1]) + tolerance:
        return len(rows) - 1
    for index in range(len(rows) - 1, 0, -1):
        below, above = rows[index], rows[index - 1]
        if len(above) > 1 or not _stands_below(below[0][0], above[0][-1]):
            return None
        if abs(above[0][0].y - line.y) <= tolerance:
            return index - 1
    return None


def _stands_below(line: Line, above: Line) -> bool:
    """Whether a line is the next one in the same cell, which may be centred."""
    aligned = abs(line.x0 - above.x0) < line.size
    centred = abs(line.x0 + line.x1 - above.x0 - above.x1) < line.size
    return 0 < line.y - above.y <= _LEADING * line.size and (aligned or centred)


def _table_end(rows: Sequence[_Row], start: int) -> int:
    """Index after the last row of the table that begins at `start`."""
    head = rows[start]
    if len(head) < 2:
        return start
    end = start + 1
    while end < len(rows) and _belongs(rows[end], rows[end - 1], head):
        end += 1
    return end


def _continuation_end(rows: Sequence[_Row], head: _Row) -> int:
    """How many rows at the top of a page go on with the table that ends the page before; a new header ends it."""
    if not rows or len(rows[0]) < 2 or not _stands_exactly(rows[0], head) or _texts(rows[0]) == _texts(head):
        return 0
    end = 1
    while end < len(rows) and _belongs(rows[end], rows[end - 1], head):
        end += 1
    return 0 if _is_header(rows[0], rows[1:end]) else end


def _belongs(row: _Row, before: _Row, head: _Row) -> bool:
    """Whether a row goes on with the table that has this first row."""
    first = row[0][0]
    gap = first.y - max(cell[-1].y for cell in before)
    alone = len(row) == 1
    if first.y <= before[0][0].y + 1 or (alone and (gap <= 0 or first.bold or first.text.startswith(_MARKS))):
        return False
    if _is_set_as_label(row, before) and _is_set_as_label(head, before):
        return False
    columns = [_column(head, cell, alone) for cell in row]
    if None in columns or len(set(columns)) < len(columns):
        return False
    # Pictures in cells and cells over several rows make gaps odd; then cells must stand exactly in their columns.
    return (not alone and _stands_exactly(row, head)) or 0 < gap <= (_ROW_GAP if alone else 2 * _ROW_GAP) * first.size


def _is_set_as_label(row: _Row, other: _Row) -> bool:
    """Whether a row is set in bold or small type beside another that is not, as headers and labels are."""
    bold = all(cell[0].bold for cell in row) and not all(cell[0].bold for cell in other)
    small = max(cell[0].size for cell in row) < min(cell[0].size for cell in other) - _SMALLER
    return bold or small


def _stands_exactly(row: _Row, head: _Row) -> bool:
    """Whether each cell of a row begins where one of the first row does."""
    return all(any(abs(cell[0].x0 - top[0].x0) < _SAME_EDGE for top in head) for cell in row)


def _column(head: _Row, cell: _Cell, alone: bool) -> int | None:
    """Which column of the table a cell stands in; None where that is not clear.

    Args:
        head: The table's first row.
        cell: The cell.
        alone: Whether it is the only one in its row, so that it may be text after the table.
    """
    x0, x1 = min(line.x0 for line in cell), max(line.x1 for line in cell)
    shares = [min(x1, max(line.x1 for line in top)) - max(x0, top[0].x0) for top in head]
    best = max(range(len(head)), key=lambda index: shares[index])
    if alone:
        ends = head[best + 1][0].x0 if best + 1 < len(head) else max(line.x1 for line in head[best]) + 2 * _WIDE
        return best if shares[best] > 0 and x1 <= ends + 2 else None
    return best if shares[best] > -_WIDE else None


def _told(rows: Sequence[_Row]) -> list[TableRow]:
    """The rows of a table with the header above each cell; nothing where the first row is no clear header."""
    many = [row for row in rows[1:] if len(row) > 1]
    if not many or not _is_header(rows[0], many):
        return []
    head, names = rows[0], [text.rstrip(" :") for text in _texts(rows[0])]
    told: list[dict[int, _Cell]] = []
    for row in rows[1:]:
        cells = {column: cell for cell in row if (column := _column(head, cell, len(row) == 1)) is not None}
        above = told[-1] if told else {}
        if all(column in above and _goes_on(above[column], cell) for column, cell in cells.items()):
            told[-1] = {column: [*cell, *cells.get(column, ())] for column, cell in above.items()}
            continue
        # A cell that spans rows is written once: its column is empty in the others, left of where they begin.
        spanning = {column: cell for column, cell in above.items() if column < min(cells)} if len(row) > 1 else {}
        told.append({**spanning, **cells})
    return [
        TableRow(rows[-1][0][0].page, tuple((names[column], tuple(cells[column])) for column in sorted(cells)))
        for cells in told
    ]


def _goes_on(above: _Cell, cell: _Cell) -> bool:
    """Whether a cell is the next line of the one above it, in a table that is written line by line."""
    last, first = above[-1], cell[0]
    broken = last.text.endswith(("-", "\u00ad", "\u2010", "\ufffe"))
    return _stands_below(first, last) and (first.text[0].islower() or broken)


def _named(rows: Sequence[_Row]) -> list[TableRow]:
    """The rows of a table of names and values, as on a front page; nothing where it is not clearly one."""
    if len(rows) < 2 or any(len(row) != 2 for row in rows):
        return []
    names = [_texts(row)[0] for row in rows]
    if any(len(name) > _HEADER_LENGTH or name.endswith((".", ",", "-")) or not name[0].isalpha() for name in names):
        return []
    bold = all(row[0][0].bold and not row[1][0].bold for row in rows)
    if not bold and not all(name.endswith(":") for name in names):
        return []
    return [
        TableRow(row[0][0].page, ((name.rstrip(" :"), tuple(row[1])),)) for name, row in zip(names, rows, strict=True)
    ]


def _texts(row: _Row) -> list[str]:
    """What the cells of a row say."""
    return [" ".join(line.text for line in cell) for cell in row]


def _is_header(head: _Row, body: Sequence[_Row]) -> bool:
    """Whether a first row names its columns: set as labels are, or in words or years over numbers."""
    texts = _texts(head)
    if any(len(text) > _HEADER_LENGTH or text.endswith((".", ",")) for text in texts):
        return False
    if not all(text[0].isalpha() or (index and _YEAR.match(text)) for index, text in enumerate(texts)):
        return False
    everything = [cell for row in body for cell in row]
    if _is_set_as_label(head, everything):
        return True
    if all(cell[0].bold for cell in head):
        return False
    columns: list[list[str]] = [[] for _ in head]
    for cell in everything:
        column = _column(head, cell, False)
        if column is not None:
            columns[column].append(cell[0].text)
    return any(len(texts) > 1 and all(map(_NUMERIC.match, texts)) for texts in columns)


def _plain(row: _Row) -> list[Line]:
    """A row that belongs to no table, as lines: joined where they stand on one baseline."""
    lines: list[Line] = []
    for line in (line for cell in row for line in cell):
        if lines and beside(lines[-1], line) and line.x0 > lines[-1].x1 - 1:
            lines[-1] = joined(lines[-1], line)
        else:
            lines.append(line)
    return lines
