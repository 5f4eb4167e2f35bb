"""Compare spellings: which share of a question's letter sequences a passage holds, whatever the inflection or compound.

Sequences of four and five letters within words find *utveckling av näringslivet* for *näringslivsutveckling*, *städer*
for *stad*, and most misspellings, without a dictionary. The method: P. McNamee and J. Mayfield, *Character n-gram
tokenization for European language text retrieval*, Information Retrieval 7 (2004).
"""

import unicodedata
from collections.abc import Sequence
from dataclasses import dataclass
from typing import TypeAlias

import numpy as np
from numpy.typing import NDArray

Grams: TypeAlias = NDArray[np.uint32]

SIZES = (4, 5)
_K1, _B = 1.2, 0.75
_LETTERS = bytes(code if chr(code).isalnum() else 32 for code in range(128)) + b" " * 128
_SPACE = 0
_CHARACTERS = b" 0123456789abcdefghijklmnopqrstuvwxyz"
# Six bits for each character that `plain` leaves.
_CODES = np.array([max(_CHARACTERS.find(code), _SPACE) for code in range(256)], np.uint32)


def plain(text: str) -> bytes:
    """A text's words in lower case without diacritics, with a space before and after each."""
    letters = unicodedata.normalize("NFD", text.lower()).encode("ascii", "ignore").translate(_LETTERS)
    return b" " + b" ".join(letters.split()) + b" "


def question_grams(words: Sequence[str]) -> Grams:
    """The distinct letter sequences of a question's words, sorted."""
    # One space between words is two in a row here, so that no sequence runs over from one word to the next.
    text = b"".join(plain(word) for word in words)
    return np.unique(np.concatenate([_inside_words(text, size) for size in SIZES]))


@dataclass(frozen=True, slots=True)
class GramStatistics:
    """How common letter sequences are, estimated on a sample of passages.

    Attributes:
        passages: How many were counted.
        length: Their mean length in characters.
        grams: Their letter sequences, sorted.
        counts: In how many passages each occurs.
    """

    passages: int
    length: float
    grams: Grams
    counts: NDArray[np.int64]

    @classmethod
    def count(cls, texts: Sequence[str]) -> "GramStatistics":
        """Count over a sample."""
        plains = [plain(text) for text in texts]
        each = [np.unique(np.concatenate([_grams(text, size) for size in SIZES])) for text in plains]
        grams, counts = np.unique(np.concatenate(each or [np.zeros(0, np.uint32)]), return_counts=True)
        return cls(len(texts), float(np.mean([len(text) for text in texts] or [1])), grams, counts)

    def information(self, grams: Grams) -> NDArray[np.float64]:
        """Inverse document frequency of each letter sequence."""
        if not len(self.grams):
            return np.ones(len(grams))
        places = np.searchsorted(self.grams, grams).clip(max=len(self.grams) - 1)
        counts = np.where(self.grams[places] == grams, self.counts[places], 0)
        return np.log1p((self.passages - counts + 0.5) / (counts + 0.5))


def gram_shares(
    grams: Grams, statistics: GramStatistics, texts: Sequence[str], contexts: Sequence[str]
) -> NDArray[np.float64]:
    """The share of a question's information that each passage holds in letter sequences, by BM25.

    Args:
        grams: The question's, as `question_grams` gives them.
        statistics: How common they are.
        texts: The passages.
        contexts: Title and headings of each; what occurs there counts as if it stood in the passage.

    Returns:
        Shape (passages,), 0 to 1.
    """
    if not len(grams) or not texts:
        return np.zeros(len(texts))
    plains = [plain(f"{text} {context}") for text, context in zip(texts, contexts, strict=True)]
    frequencies = _frequencies(grams, plains)
    lengths = np.array([len(text) for text in texts]) / max(statistics.length, 1.0)
    weights = statistics.information(grams)
    saturated = frequencies / (frequencies + _K1 * (1 - _B + _B * lengths[:, np.newaxis]))
    shares: NDArray[np.float64] = np.vecdot(saturated, weights) / max(float(weights.sum()), 1e-9)
    return shares


def _frequencies(grams: Grams, texts: Sequence[bytes]) -> NDArray[np.int64]:
    """How often each letter sequence occurs in each text: shape (texts, grams)."""
    ends = np.cumsum([len(text) for text in texts])
    joined = b"".join(texts)
    frequencies = np.zeros(len(texts) * len(grams), np.int64)
    # Nearly all sequences of the texts are strange to the question; a table of 16-bit digests rules most of them out.
    possible = np.zeros(1 << 16, bool)
    possible[_digests(grams)] = True
    for size in SIZES:
        found = _grams(joined, size)
        (positions,) = np.nonzero(possible[_digests(found)])
        places = np.searchsorted(grams, found[positions]).clip(max=len(grams) - 1)
        same = grams[places] == found[positions]
        cells = np.searchsorted(ends, positions[same], side="right") * len(grams) + places[same]
        frequencies += np.bincount(cells, minlength=len(frequencies))
    return frequencies.reshape(len(texts), len(grams))


def _digests(grams: Grams) -> NDArray[np.uint32]:
    digests: NDArray[np.uint32] = (grams * np.uint32(2654435761)) >> np.uint32(16)
    return digests


def _grams(text: bytes, size: int) -> Grams:
    """Every sequence of `size` characters as one number each, in order."""
    characters = _codes(text)
    grams = np.full(max(len(characters) - size + 1, 0), (size - SIZES[0]) << 30, np.uint32)
    for place in range(size):
        grams |= characters[place : place + len(grams)] << np.uint32(6 * place)
    return grams


def _codes(text: bytes) -> NDArray[np.uint32]:
    codes: NDArray[np.uint32] = _CODES[np.frombuffer(text, np.uint8)]
    return codes


def _inside_words(text: bytes, size: int) -> Grams:
    """Sequences that have spaces at their ends only."""
    grams = _grams(text, size)
    spaces = _codes(text) == _SPACE
    inner = np.zeros(len(grams), bool)
    for place in range(1, size - 1):
        inner |= spaces[place : place + len(grams)]
    kept: Grams = grams[~inner]
    return kept
