"""Make lines of recognised text as they are made of a text layer, so that structure is found in both in the same way.

What a picture does not tell is measured and evened out: the slope of the page, sizes that differ by chance, bold type
by how thick its strokes are, and running headers that were not recognised alike on each page.
"""

import re
import statistics
from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from difflib import SequenceMatcher
from itertools import groupby
from typing import TYPE_CHECKING

from ingest.hocr import OcrLine
from ingest.lines import Line, Span, lines_of_page

if TYPE_CHECKING:
    import numpy
    from numpy.typing import NDArray

_POINTS = 72
# What Tesseract makes of bullets; none is a word that begins a line.
_BULLETS = frozenset("•*e¢©®+=«»°■▪●~")
_SAME_SIZE = 0.065
_BOLDER = 1.28
_X_HEIGHT = 1.75
_SAME_ROW = 0.4
_ALIGNED = 0.7
_RUNNING_ON = 0.25
_MARGIN = 0.12
_SAME_HEIGHT = 0.01
_SIMILAR = 0.7


@dataclass(frozen=True, slots=True)
class Reading:
    """What was recognised on a page.

    Attributes:
        lines: In the order in which Tesseract reads them.
        strokes: For each line how thick its strokes are, as a share of its type size.
        dpi: Pixels to the inch.
        height: The page's height in pixels.
        confidence: Mean confidence of its words, from 0 to 1.
    """

    lines: tuple[OcrLine, ...]
    strokes: tuple[float, ...]
    dpi: float
    height: int
    confidence: float


def lines_of_readings(readings: Mapping[int, Reading]) -> dict[int, list[Line]]:
    """The lines of a document's recognised pages, by page number."""
    running = _running_lines(readings)
    sizes = _usual_sizes(readings.values())
    bold = _BOLDER * _usual_stroke(readings.values())
    pages: dict[int, list[Line]] = {}
    for number, reading in readings.items():
        slope = _slope(reading.lines)
        heavy = {line for line, stroke in zip(reading.lines, reading.strokes, strict=True) if stroke > bold}
        spans = [
            span
            for line in _in_rows(reading.lines, slope)
            if (number, line) not in running
            for span in _spans(line, slope, _POINTS / reading.dpi, sizes[_size(line, reading.dpi)], line in heavy)
        ]
        pages[number] = lines_of_page(number, spans)
    return pages


def stroke_share(pixels: "NDArray[numpy.uint8]", line: OcrLine) -> float:
    """How thick the strokes of a line are, as a share of its type size: the mean length of its dark runs."""
    x0, y0, x1, y1 = line.box
    part = pixels[y0:y1, x0:x1]
    if not part.size:
        return 0.0
    dark = part < (int(part.max()) + int(part.min())) / 2
    runs = int((dark[:, 1:] & ~dark[:, :-1]).sum()) + int(dark[:, 0].sum())
    return float(dark.sum()) / max(runs, 1) / _height(line)


def _usual_stroke(readings: Iterable[Reading]) -> float:
    """The stroke of most words."""
    lines = [pair for reading in readings for pair in zip(reading.lines, reading.strokes, strict=True)]
    return statistics.median([stroke for line, stroke in lines for _ in line.words]) if lines else 0.0


def _height(line: OcrLine) -> float:
    """The type size of a line in pixels."""
    # Rings and dots on capitals raise the height of a line, and not that of its small letters.
    return min(line.size, _X_HEIGHT * line.x_height)


def _size(line: OcrLine, dpi: float) -> float:
    """The type size of a line in points."""
    return _height(line) * _POINTS / dpi


def _spans(line: OcrLine, slope: float, scale: float, size: float, bold: bool) -> list[Span]:
    """The words of a line, as if the page lay straight."""
    y = _level(line, slope) * scale
    words = [(f"{word.text} ", word.box[0] * scale, word.box[2] * scale) for word in line.words]
    if len(words) > 1 and line.words[0].text in _BULLETS:
        words[0] = ("• ", *words[0][1:])
    return [Span(text, x0, x1, y, size, bold) for text, x0, x1 in words]


def _slope(lines: Sequence[OcrLine]) -> float:
    """By how much the lines of a page fall to the right: that of most of their length."""
    slopes = [line.slope for line in lines for _ in line.words]
    return statistics.median(slopes) if slopes else 0.0


def _level(line: OcrLine, slope: float) -> float:
    """Where the baseline of a line would be if the page lay straight."""
    return line.baseline(line.x0) - slope * line.x0


def _in_rows(lines: Sequence[OcrLine], slope: float) -> list[OcrLine]:
    """Lines with the columns of tables, which were read one after the other, put in rows.

    The lines of such columns stand side by side, and hardly any goes on with a sentence, as lines of prose do.
    """
    tables: list[list[list[OcrLine]]] = []
    for _, lines_of_block in groupby(lines, key=lambda line: line.block):
        block = list(lines_of_block)
        if tables and _is_column_of(tables[-1][0], block, slope):
            tables[-1].append(block)
        else:
            tables.append([block])
    return [
        line
        for first, *others in tables
        for line in (_by_rows([*first, *(line for block in others for line in block)], slope) if others else first)
    ]


def _is_column_of(block: Sequence[OcrLine], other: Sequence[OcrLine], slope: float) -> bool:
    """Whether lines belong to a column to the right of a table's first column."""
    if len(block) < 2 or min(line.x0 for line in other) < max(line.x1 for line in block):
        return False
    levels = [_level(line, slope) for line in block]
    beside = sum(any(abs(_level(line, slope) - level) < _SAME_ROW * line.size for level in levels) for line in other)
    running_on = sum(line.text[0].islower() for line in (*block, *other))
    return beside >= _ALIGNED * len(other) and running_on <= _RUNNING_ON * (len(block) + len(other))


def _by_rows(lines: Sequence[OcrLine], slope: float) -> list[OcrLine]:
    rows: list[list[OcrLine]] = []
    for line in sorted(lines, key=lambda line: _level(line, slope)):
        if rows and _level(line, slope) - _level(rows[-1][0], slope) < _SAME_ROW * line.size:
            rows[-1].append(line)
        else:
            rows.append([line])
    return [line for row in rows for line in sorted(row, key=lambda line: line.x0)]


def _usual_sizes(readings: Iterable[Reading]) -> dict[float, float]:
    """For each measured size the usual one near it: the mean of those around the most common, then of the others."""
    left: Counter[float] = Counter()
    for reading in readings:
        for line in reading.lines:
            left[_size(line, reading.dpi)] += len(line.text)
    usual: dict[float, float] = {}
    while left:
        middle = max(left, key=lambda size: sum(n for other, n in left.items() if _alike(other, size)))
        near = [size for size in left if _alike(size, middle)]
        mean = sum(size * left[size] for size in near) / sum(left[size] for size in near)
        for size in near:
            usual[size] = round(mean, 1)
            del left[size]
    return usual


def _alike(size: float, other: float) -> bool:
    return abs(size - other) <= _SAME_SIZE * other


def _running_lines(readings: Mapping[int, Reading]) -> set[tuple[int, OcrLine]]:
    """Lines in the margins at the top and bottom that most pages have, recognised more or less alike."""
    margins = [
        (number, line, re.sub(r"\d+", "#", line.text.casefold()), line.baseline(line.x0) / reading.height)
        for number, reading in readings.items()
        for line in reading.lines
        if not _MARGIN < line.box[3] / reading.height < 1 - _MARGIN
    ]
    needed = max(3, len(readings) / 2)
    running = set()
    for number, line, text, height in margins:
        pages = {
            other
            for other, _, theirs, place in margins
            if abs(place - height) < _SAME_HEIGHT and SequenceMatcher(None, text, theirs).ratio() >= _SIMILAR
        }
        if len(pages) >= needed:
            running.add((number, line))
    return running
