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
        sample: The passages on which the others were estimated.
        length: Mean number of words of a passage.
        grams: How common letter sequences are.
        counts: In how many passages stems occur, of those that have been asked for; 0 for nowhere.
    """

    state: str
    total: int
    sample: tuple[str, ...]
    length: float
    grams: GramStatistics
    counts: dict[str, int] = field(default_factory=dict)

    def remember(self, counts: dict[str, int]) -> None:
        """Keep counts for other questions."""
        if len(self.counts) > _REMEMBERED:
            self.counts.clear()
        self.counts.update(counts)


def take_statistics(connection: sqlite3.Connection, state: str, former: Statistics | None) -> Statistics:
    """Statistics of the present state.

    The passages with the lowest identifiers are the sample: identifiers are digests, so these are any passages, and
    the same ones until one of them goes or comes. Then only is anything estimated anew.

    Args:
        connection: In a snapshot of the catalog.
        state: The catalog's.
        former: Those of an earlier state.
    """
    total = int(connection.execute("SELECT count(*) FROM chunk").fetchone()[0])
    sample = tuple(
        chunk_id for (chunk_id,) in connection.execute("SELECT id FROM chunk ORDER BY id LIMIT ?", (_SAMPLE,))
    )
    if former is not None and former.sample == sample:
        return Statistics(state, total, sample, former.length, former.grams)
    rows = connection.execute(
        "SELECT body, text FROM chunk JOIN terms ON terms.rowid = chunk.number "
        f"WHERE chunk.id IN ({','.join('?' * len(sample))}) ORDER BY chunk.id",
        sample,
    ).fetchall()
    length = float(np.mean([body.count(" ") + 1 for body, _ in rows] or [1]))
    return Statistics(state, total, sample, length, GramStatistics.count([text for _, text in rows]))
