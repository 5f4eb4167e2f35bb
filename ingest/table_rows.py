"""Write the rows of a table as lines that can be read, and cited, one by one."""

import re
from collections.abc import Sequence

from ingest.labels import label_of

_YEAR = re.compile(r"(?:19|20)\d\d")


def write_rows(rows: Sequence[Sequence[str]], header: Sequence[str] | None = None) -> list[str]:
    """One line for each row: `Header: cell; Header: cell`, or `cell; cell` where there is no header.

    Args:
        rows: Cleaned cells; rows may differ in length.
        header: Names of the columns. A column without a name contributes its cell alone.

    Returns:
        A line for each row that holds text. Empty cells are left out, and so is a cell that repeats the one
        before it under the same name (a merged cell).
    """
    lines = []
    for row in rows:
        pieces: list[str] = []
        for column, cell in enumerate(row):
            name = header[column] if header is not None and column < len(header) else ""
            if not cell:
                continue
            piece = f"{name.rstrip(':')}: {cell}" if name and name != cell else cell
            if not pieces or pieces[-1] != piece:
                pieces.append(piece)
        if pieces:
            lines.append("; ".join(pieces))
    return lines


def key_values(rows: Sequence[Sequence[str]]) -> list[str]:
    """`Name: value` for each pair of a table that lists properties, else nothing.

    Such a table has an even number of columns, with a name in each first and its value in each second. It is told by
    the names: at least half of them end with a colon or are names under which documents state facts.
    """
    if not rows or any(len(row) % 2 or len(row) > 6 for row in rows):
        return []
    pairs = [(row[column], row[column + 1]) for row in rows for column in range(0, len(row), 2)]
    pairs = [pair for pair in pairs if any(pair)]
    telling = sum(name.endswith(":") or label_of(name) is not None for name, _ in pairs)
    values_tell = sum(label_of(value) is not None for _, value in pairs)
    if not all(name for name, _ in pairs) or 2 * telling < len(pairs) or values_tell:
        return []
    return [f"{name.rstrip(': ')}: {value}".rstrip() for name, value in pairs]


def has_header_row(rows: Sequence[Sequence[str]]) -> bool:
    """Whether the first row reads as names of columns: short, all different, without figures other than years."""
    if len(rows) < 2 or len(rows[0]) < 2:
        return False
    first = rows[0]
    return len(set(first)) == len(first) and all(
        0 < len(cell) <= 60 and not cell.endswith(".") and not any(map(str.isdigit, _YEAR.sub("", cell)))
        for cell in first[1:]
    )
