"""What is usual in a document: its type, the distance between its lines, where its columns end."""

from collections import Counter, defaultdict
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from itertools import pairwise

from ingest.lines import Line

_LEADING = 1.3
_MUCH_ROOM = 0.25
_SENTENCE_ENDS = (".", "!", "?", ":", ")", "”", '"')


@dataclass(frozen=True, slots=True)
class Spacing:
    """What is usual in a document. Distances are in points.

    Attributes:
        size: Type size of most text.
        bold: Whether most text is bold.
        leadings: For each type size, rounded to half a point, the usual distance between lines.
        edges: Where the column of each line ends on the right.
        columns: The same for lines that begin about there on a page.
    """

    size: float
    bold: bool
    leadings: Mapping[float, float]
    edges: Mapping[Line, float]
    columns: Mapping[tuple[int, int], float]

    @classmethod
    def of(cls, lines: Sequence[Line]) -> "Spacing":
        """Measure the lines of a document, which must not be empty."""
        sizes: Counter[float] = Counter()
        bold: Counter[bool] = Counter()
        for line in lines:
            sizes[round(line.size * 2) / 2] += len(line.text)
            bold[line.bold] += len(line.text)
        columns: defaultdict[tuple[int, int], float] = defaultdict(float)
        for line in lines:
            columns[_column(line)] = max(columns[_column(line)], line.x1)
        edges = _right_edges(lines, columns)
        return cls(sizes.most_common(1)[0][0], bold[True] > bold[False], _leadings(lines), edges, columns)

    def leading(self, line: Line) -> float:
        """Usual distance between lines of a line's size."""
        return self.leadings.get(round(line.size * 2) / 2, _LEADING * line.size)

    def leaves_room(self, last: Line, line: Line) -> bool:
        """Whether the first word of a line would have fitted on the line before, so that the break was meant.

        Between words of a sentence only much room tells, as some words are kept together.
        """
        right = self.edges.get(last) or max(last.x1, self.columns.get(_column(last), 0.0))
        word = (len(line.text.split(maxsplit=1)[0]) + 1) * (last.x1 - last.x0) / len(last.text)
        ended = last.text.endswith(_SENTENCE_ENDS)
        return last.x1 + word < right - (0.5 * last.size if ended else _MUCH_ROOM * (right - last.x0))


def _leadings(lines: Sequence[Line]) -> dict[float, float]:
    """The usual distance between lines for each type size."""
    gaps: defaultdict[float, Counter[float]] = defaultdict(Counter)
    for above, below in pairwise(lines):
        gap = below.y - above.y
        if above.page == below.page and abs(above.size - below.size) < 0.3 and 0.9 < gap / below.size < 2.2:
            gaps[round(below.size * 2) / 2][round(gap * 2) / 2] += 1
    return {size: counts.most_common(1)[0][0] for size, counts in gaps.items()}


def _right_edges(lines: Sequence[Line], columns: Mapping[tuple[int, int], float]) -> dict[Line, float]:
    """Where the column of each line ends: where the lines around it do if enough of them show it, else on its page."""
    runs: list[list[Line]] = []
    for line in lines:
        last = runs[-1][-1] if runs else None
        near = last is not None and last.page == line.page and 0 < line.y - last.y <= 1.8 * line.size
        if last is not None and near and abs(line.x0 - last.x0) < 3 * line.size:
            runs[-1].append(line)
        else:
            runs.append([line])
    edges: dict[Line, float] = {}
    for run in runs:
        right = max(line.x1 for line in run)
        full = sum(line.x1 > right - 1.5 * line.size for line in run)
        shown = len(run) > 3 and full >= max(2, 0.3 * len(run))
        edges |= {line: right if shown else columns[_column(line)] for line in run}
    return edges


def _column(line: Line) -> tuple[int, int]:
    """The page and about where on it a line begins."""
    return line.page, round(line.x0 / (3 * line.size))
