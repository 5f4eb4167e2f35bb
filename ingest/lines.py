"""Lines of text on a page: the seam between reading a PDF and finding its structure."""

import re
from collections import Counter, defaultdict
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from itertools import pairwise

# Justified text stretches its spaces, seldom beyond one em; columns of tables stand further apart.
CELL_GAP = 1.0
_WORD_GAP = 0.3
_SAME_BASELINE = 0.4
_MARKER_GAP = 5.0
_ROWS_NEAR = 2.5
_SAME_EDGE = 0.3
_COLUMN_GAP = 0.6
_RAISED = 1.25
_MARK_LENGTH = 4
_NARROW_DIGIT = 0.36
_ALL_BOLD = 0.85
_CHUNK_GAP = 2.0
_COLUMN_LINES = 3
_MOST_CHUNKS = 300
_UNIT = re.compile(r"(?:^|[\s\d/(])[cdkm]?m$")
_MARKER = re.compile(r"[^\w\s(\[§%+]{1,2}|o|\(?(?:\d{1,2}|[a-zåäö]|[ivx]{1,4})[.)]|\d{1,2}(?:\.\d{1,2})*\.?")


@dataclass(frozen=True, slots=True)
class Span:
    """A run of characters in one font on one baseline. Distances are in points.

    Attributes:
        text: What it says; may begin or end with spaces.
        x0: Left edge of its first character.
        x1: Right edge of its last.
        y: Baseline's distance from the top of the page.
        size: Type size.
        bold: Whether the font is a bold one.
    """

    text: str
    x0: float
    x1: float
    y: float
    size: float
    bold: bool


_Edges = Mapping[int, Sequence[tuple[float, float]]]
"""An edge and the height of cells, by the edge in whole points."""


@dataclass(frozen=True, slots=True)
class _Columns:
    """Where cells stand on a page.

    Attributes:
        starts: Left edges of cells that have another to their left.
        ends: Right edges of cells that have another to their right.
    """

    starts: _Edges
    ends: _Edges

    @classmethod
    def of(cls, spans: Sequence[Span]) -> "_Columns":
        """The cells that stand clearly apart on one baseline."""
        starts: defaultdict[int, list[tuple[float, float]]] = defaultdict(list)
        ends: defaultdict[int, list[tuple[float, float]]] = defaultdict(list)
        for before, run in pairwise(_runs(spans, cls({}, {}))):
            last, first = before[-1], run[0]
            if abs(before[0].y - first.y) <= _SAME_BASELINE * first.size and first.x0 > last.x1:
                starts[round(first.x0)].append((first.x0, first.y))
                ends[round(last.x1)].append((last.x1, last.y))
        return cls(starts, ends)


def _heights(edges: _Edges, edge: float) -> list[float]:
    """Heights of the cells that have their edge just here."""
    around = range(round(edge) - 1, round(edge) + 2)
    return [y for key in around for x, y in edges.get(key, ()) if abs(x - edge) < _SAME_EDGE]


@dataclass(frozen=True, slots=True)
class Line:
    """A line of text. Columns and cells at the same height are lines of their own. Distances are in points.

    Attributes:
        page: Page number from 1.
        text: What it says, trimmed, never empty.
        x0: Left edge.
        x1: Right edge.
        y: Baseline's distance from the top of the page.
        size: Type size of most of its characters.
        bold: Whether nearly all of its letters are bold.
    """

    page: int
    text: str
    x0: float
    x1: float
    y: float
    size: float
    bold: bool


def lines_of_page(page: int, spans: Sequence[Span]) -> list[Line]:
    """Join the spans of a page to lines, in the order of its content, with list markers put before their items."""
    lines = [line for run in _runs(spans, _Columns.of(spans)) if (line := _line(page, run)) is not None]
    return _with_markers(lines)


def beside(first: Line, second: Line) -> bool:
    """Whether two lines stand on one baseline."""
    return abs(first.y - second.y) <= _SAME_BASELINE * max(first.size, second.size)


def joined(first: Line, second: Line) -> Line:
    """Two lines on one baseline as one, in the style of the longer."""
    style = first if len(first.text) >= len(second.text) else second
    text = f"{first.text} {second.text}"
    return Line(first.page, text, first.x0, max(first.x1, second.x1), style.y, style.size, style.bold)


def _runs(spans: Sequence[Span], columns: _Columns) -> Iterator[list[Span]]:
    """Spans that follow each other on one baseline, cut at wide gaps and where a column of a table begins."""
    run: list[Span] = []
    for span in spans:
        if not span.text.strip():
            if run and _near(run, span):
                run.append(span)
            continue
        if run and not (_near(run, span) and not _begins_column(run, span, columns)):
            yield run
            run = []
        run.append(span)
    if run:
        yield run


def _near(run: Sequence[Span], span: Span) -> bool:
    """Whether a span goes on where a run ends."""
    last = next((other for other in reversed(run) if other.text.strip()), run[-1])
    large, small = (last, span) if last.size >= span.size else (span, last)
    if large.size > _RAISED * small.size and len(small.text.strip()) > _MARK_LENGTH:
        aligned = abs(span.y - last.y) < 1
    else:
        aligned = abs(span.y - run[0].y) <= _SAME_BASELINE * large.size
    return aligned and -2 * large.size <= span.x0 - last.x1 <= CELL_GAP * max(small.size, large.size / 2)


def _begins_column(run: Sequence[Span], span: Span, columns: _Columns) -> bool:
    """Whether a span starts exactly where cells of other rows do, or a run ends there.

    Close to such a row the edge alone tells; else there must be more than a space between run and span.
    """
    starts = _heights(columns.starts, span.x0)
    if any(abs(y - span.y) < _ROWS_NEAR * span.size for y in starts):
        return True
    end = max(other.x1 for other in run)
    shared = len(starts) > 1 or len(_heights(columns.ends, end)) > 1
    return shared and span.x0 - end > _COLUMN_GAP * span.size


def _line(page: int, run: Sequence[Span]) -> Line | None:
    """The line that a run of spans makes, without footnote marks."""
    weights: Counter[tuple[float, float]] = Counter()
    for span in run:
        weights[round(span.size, 1), span.y] += len(span.text.strip())
    (size, y), _ = weights.most_common(1)[0]
    letters = sum(len(span.text.strip()) for span in run)
    bold = sum(len(span.text.strip()) for span in run if span.bold) > _ALL_BOLD * letters
    text, end = "", run[0].x0
    for span in run:
        mark = span.text.strip()
        if text and (_is_raised_number(span, size, y) or (_is_small_number(span) and text[-1].isalpha())):
            if _UNIT.search(text.rstrip()):
                text = text.rstrip() + mark
            end = span.x1
            continue
        apart = span.x0 - end > _WORD_GAP * size and mark.strip("-\u00ad\u2010") != ""
        text += f" {span.text}" if text and apart and not (text[-1].isspace() or span.text[0].isspace()) else span.text
        end = span.x1 if mark else end
    text = text.strip()
    return Line(page, text, run[0].x0, end, y, size, bold) if text else None


def _is_raised_number(span: Span, size: float, y: float) -> bool:
    """Whether a span is a small number above the baseline: the mark of a footnote, or the exponent of a unit."""
    return (
        re.fullmatch(r"\[?\d{1,2}\]?\)?", span.text.strip()) is not None
        and span.size < 0.8 * size
        and y - span.y > 0.15 * size
    )


def _is_small_number(span: Span) -> bool:
    """Whether a span is a number in digits that are made as superscripts: on the baseline, and far narrower."""
    mark = span.text.strip()
    return re.fullmatch(r"\d{1,2}", mark) is not None and span.x1 - span.x0 < _NARROW_DIGIT * len(mark) * span.size


def _with_markers(lines: Sequence[Line]) -> list[Line]:
    """Lines with the bullets and numbers that stand apart before them put in front."""
    merged: dict[int, Line] = {}
    dropped: set[int] = set()
    for index, line in enumerate(lines):
        if _MARKER.fullmatch(line.text) is None:
            continue
        right = [i for i, other in enumerate(lines) if i != index and beside(line, other) and other.x0 >= line.x1 - 1]
        right.sort(key=lambda i: lines[i].x0)
        numeric = line.text[-1].isdigit()
        if not right:
            continue
        first = lines[right[0]]
        if numeric and (line.bold != first.bold or (len(right) > 1 and not line.bold)):
            continue
        close = first.x0 - line.x1 <= _MARKER_GAP * line.size
        if close and right[0] not in merged and _MARKER.fullmatch(first.text) is None:
            # A lone o is the hollow bullet of word processors.
            whole = joined(replace(line, text="•") if line.text == "o" else line, first)
            merged[right[0]] = replace(whole, y=first.y, size=first.size, bold=first.bold)
            dropped.add(index)
    return [merged.get(index, line) for index, line in enumerate(lines) if index not in dropped]


def in_reading_order(lines: Sequence[Line]) -> list[Line]:
    """A page's lines in the order of its content, except where that is clearly not how it is read.

    A chunk of text comes before those that stand below it, and a column before those to its right.
    """
    chunks = [_Chunk.of(chunk) for chunk in _chunks(lines)]
    if len(chunks) > _MOST_CHUNKS:  # a drawing with labels, which has no reading order
        return list(lines)
    placed: list[_Chunk] = []
    waiting = list(chunks)

    def place(chunk: _Chunk) -> None:
        waiting.remove(chunk)
        for other in [other for other in waiting if other.stands_above(chunk)]:
            if other in waiting:
                place(other)
        for column in [other for other in waiting if other.stands_left(chunk)]:
            for other in chunks[chunks.index(column) :] if column in waiting else ():
                if other in waiting and other.x1 <= chunk.x0 and other.top >= column.top:
                    place(other)
        placed.append(chunk)

    while waiting:
        place(waiting[0])
    return [line for chunk in placed for line in chunk.lines]


def _chunks(lines: Sequence[Line]) -> Iterator[list[Line]]:
    """Lines that run down without a gap, or go on in mid-sentence wherever that is."""
    chunk: list[Line] = []
    for line in lines:
        if chunk:
            last = chunk[-1]
            below = 0 < line.y - last.y <= _CHUNK_GAP * line.size and _overlap(last, line)
            flows = line.text[0].islower() and not last.text.endswith((".", "!", "?", ":")) and last.size == line.size
            if not (below or (beside(last, line) and line.x0 >= last.x1) or flows):
                yield chunk
                chunk = []
        chunk.append(line)
    if chunk:
        yield chunk


@dataclass(frozen=True, slots=True)
class _Chunk:
    """Lines that belong together, and the box around them."""

    lines: tuple[Line, ...]
    x0: float
    x1: float
    top: float
    bottom: float

    @classmethod
    def of(cls, lines: Sequence[Line]) -> "_Chunk":
        """The chunk of some lines."""
        heights = [line.y for line in lines]
        edges = [edge for line in lines for edge in (line.x0, line.x1)]
        return cls(tuple(lines), min(edges), max(edges), min(heights), max(heights))

    def stands_above(self, other: "_Chunk") -> bool:
        """Whether the other stands wholly below."""
        return self.bottom < other.top - 1 and min(self.x1, other.x1) > max(self.x0, other.x0)

    def stands_left(self, other: "_Chunk") -> bool:
        """Whether both are parts of columns and the other's is further right."""
        shared = min(self.bottom, other.bottom) - max(self.top, other.top)
        height = min(self.bottom - self.top, other.bottom - other.top)
        tall = min(len(self.lines), len(other.lines)) >= _COLUMN_LINES
        return tall and self.x1 <= other.x0 and shared > 0.5 * height


def _overlap(first: Line, second: Line) -> bool:
    """Whether two lines share a part of the page's width."""
    return min(first.x1, second.x1) > max(first.x0, second.x0)
