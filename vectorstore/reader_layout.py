"""Lay a question and a passage out as the bundled reader takes them, in training as in use."""

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

QUESTION, CONTEXT, PASSAGE, SHARED = range(4)
"""Kinds of token: of the question, of title and headings, of the passage, and of its words that the question shares."""

QUESTION_TOKENS = 64
CONTEXT_TOKENS = 48
PASSAGE_TOKENS = 392
"""Longest part of each that is read. With the four marks between them they fit the model's 512 positions."""

START, END = 0, 2
"""Tokens that open an input and close each of its parts."""


@dataclass(frozen=True, slots=True)
class Tokens:
    """A tokenised text.

    Attributes:
        ids: Shape (tokens,).
        offsets: Half-open intervals of the text, shape (tokens, 2).
        stems: A number for the stem of the word that each token is of; 0 for function words and signs.
    """

    ids: NDArray[np.int32]
    offsets: NDArray[np.int32]
    stems: NDArray[np.uint32]


@dataclass(frozen=True, slots=True)
class Pair:
    """A question and a passage as one input.

    Attributes:
        ids: Shape (tokens,).
        types: Kind of each token, shape (tokens,).
        first: Index of the passage's first token.
        length: How many of its tokens are read.
    """

    ids: NDArray[np.int32]
    types: NDArray[np.int32]
    first: int
    length: int


def lay_out(question: Tokens, context: Tokens, passage: Tokens) -> Pair:
    """One input: the question, title and headings, the passage. Of a long context both ends are kept."""
    asked = question.ids[:QUESTION_TOKENS]
    above = context.ids
    if len(above) > CONTEXT_TOKENS:
        above = np.concatenate([above[: CONTEXT_TOKENS // 2], above[-CONTEXT_TOKENS // 2 :]])
    told = passage.ids[:PASSAGE_TOKENS]
    shared = np.isin(passage.stems[:PASSAGE_TOKENS], question.stems[question.stems > 0])
    ids = np.concatenate([[START], asked, [END, END], above, [END], told, [END]]).astype(np.int32)
    types = np.full(len(ids), QUESTION, np.int32)
    first = len(asked) + len(above) + 4
    types[len(asked) + 2 : first] = CONTEXT
    types[first:] = PASSAGE
    types[first : first + len(told)][shared] = SHARED
    return Pair(ids, types, first, len(told))
