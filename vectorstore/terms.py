"""Score passages by the words of a question: whole words, words within compounds, and pairs of neighbours."""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from vectorstore.analyse import FOLDED

_K1, _B = 1.2, 0.75
_IN_COMPOUND = 0.3
_SHORTEST_IN_COMPOUND = 5


@dataclass(frozen=True, slots=True)
class Term:
    """A word of a question.

    Attributes:
        alternatives: What it may stand as in the index, each with what it counts: stems, or several with spaces
            between for a phrase; with `FOLDED` before it, a stem without diacritics.
        information: Its inverse document frequency.
    """

    alternatives: tuple[tuple[str, float], ...]
    information: float


@dataclass(frozen=True, slots=True)
class IndexedPassage:
    """A passage as the lexical index holds it.

    Attributes:
        id: Identifier of the chunk.
        body: Stems of the passage, with a space before and after each.
        context: Those of title, headings and lead-in.
        folded: Stems without diacritics of the words that have some, each marked with `FOLDED`.
        text: The passage itself.
    """

    id: str
    body: str
    context: str
    folded: str
    text: str


def word_shares(terms: Sequence[Term], passages: Sequence[IndexedPassage], length: float) -> NDArray[np.float64]:
    """The share of a question's information that each passage holds in words, by BM25.

    Alternatives are one word: they share its inverse document frequency, and the best of them counts.

    Args:
        terms: The question's.
        passages: The passages.
        length: Mean number of words of a passage.

    Returns:
        Shape (passages,), 0 to 1.
    """
    weights = np.array([term.information for term in terms])
    frequencies = np.array([[_frequency(term, passage) for term in terms] for passage in passages])
    lengths = np.array([passage.body.count(" ") for passage in passages]) / max(length, 1.0)
    return _shares(frequencies.reshape(len(passages), len(terms)), lengths, weights)


def pair_shares(pairs: Sequence[Term], passages: Sequence[IndexedPassage], length: float) -> NDArray[np.float64]:
    """The same for pairs of words that are neighbours in the question and in the passage itself."""
    weights = np.array([pair.information for pair in pairs])
    frequencies = np.array(
        [
            [max(passage.body.count(f" {phrase} ") for phrase, _ in pair.alternatives) for pair in pairs]
            for passage in passages
        ]
    )
    lengths = np.array([passage.body.count(" ") for passage in passages]) / max(length, 1.0)
    return _shares(frequencies.reshape(len(passages), len(pairs)), lengths, weights)


def _shares(
    frequencies: NDArray[np.float64], lengths: NDArray[np.float64], weights: NDArray[np.float64]
) -> NDArray[np.float64]:
    saturated = frequencies / (frequencies + _K1 * (1 - _B + _B * lengths[:, np.newaxis]))
    shares: NDArray[np.float64] = np.vecdot(saturated, weights) / max(float(weights.sum()), 1e-9)
    return shares


def _frequency(term: Term, passage: IndexedPassage) -> float:
    best = 0.0
    for word, weight in term.alternatives:
        # Most words of a question are in few passages, and this is where the time goes.
        if word in passage.body or word in passage.context or word in passage.folded:
            best = max(best, weight * _count(word, passage))
    return best


def _count(word: str, passage: IndexedPassage) -> float:
    """How often a word stands in a passage or above it; within compounds it counts for less."""
    if word.startswith(FOLDED):
        return passage.folded.count(f" {word} ")
    whole = passage.body.count(f" {word} ") + passage.context.count(f" {word} ")
    if len(word) < _SHORTEST_IN_COMPOUND or not word.isalpha():
        return whole
    begins = passage.body.count(f" {word}") + passage.context.count(f" {word}")
    ends = passage.body.count(f"{word} ") + passage.context.count(f"{word} ")
    return max(whole, _IN_COMPOUND * (begins + ends - 2 * whole))
