"""What is kept in memory about one state of the lexical index."""

import sqlite3
from dataclasses import dataclass, field

import numpy as np

from vectorstore.grams import GramStatistics

_SAMPLE = 200
"""Passages on which the frequency of letter sequences is estimated; with 500 the measures are the same."""

_REMEMBERED = 50_000


@dataclass(frozen=True, slots=True)
class Statistics:
    """Statistics of one state of the index.

    Attributes:
        state: The catalog's.
        total: How many passages there are.
        length: Mean number of words of a passage, estimated.
        grams: How common letter sequences are, estimated.
        counts: In how many passages stems occur, of those that have been asked for; 0 for nowhere.
    """

    state: str
    total: int
    length: float
    grams: GramStatistics
    counts: dict[str, int] = field(default_factory=dict)

    def remember(self, counts: dict[str, int]) -> None:
        """Keep counts for other questions."""
        if len(self.counts) > _REMEMBERED:
            self.counts.clear()
        self.counts.update(counts)


def take_statistics(connection: sqlite3.Connection, state: str) -> Statistics:
    """Statistics of a state; some 40 ms however many passages there are.

    Args:
        connection: In a snapshot of the catalog.
        state: The catalog's.
    """
    counts = connection.execute("SELECT document, count(*) FROM chunk GROUP BY document ORDER BY document").fetchall()
    ends = np.cumsum([count for _, count in counts], dtype=np.int64)
    total = int(ends[-1]) if counts else 0
    rows = [
        connection.execute(
            "SELECT body, text FROM chunk JOIN terms ON terms.rowid = number WHERE document = ? "
            "ORDER BY number LIMIT 1 OFFSET ?",
            (counts[document][0], place - int(ends[document]) + counts[document][1]),
        ).fetchone()
        for place in sorted({pick * total // _SAMPLE for pick in range(_SAMPLE)} if total else ())
        for document in (int(np.searchsorted(ends, place, side="right")),)
    ]
    indexed = [row for row in rows if row is not None]
    length = float(np.mean([body.count(" ") + 1 for body, _ in indexed] or [1]))
    return Statistics(state, total, length, GramStatistics.count([text for _, text in indexed]))
