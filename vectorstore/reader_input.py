"""Lay a question and a passage out as the bundled reader takes them."""

import re
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from zlib import crc32

import numpy as np
from numpy.typing import NDArray
from tokenizers import Tokenizer

from vectorstore.analyse import STOP_WORDS, fold, stem

QUESTION, CONTEXT, PASSAGE, SHARED = range(4)
"""Kinds of token: of the question, of title and headings, of the passage, and of its words that the question shares."""

QUESTION_TOKENS = 64
CONTEXT_TOKENS = 48
PASSAGE_TOKENS = 392
"""Longest part of each that is read. With the four marks between them they fit the model's 512 positions."""

START, END = 0, 2
"""Tokens that open an input and close each of its parts."""

_WORD = re.compile(r"[^\W_]+")


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


def open_tokenizer(folder: Path) -> Tokenizer:
    """The tokeniser of an unpacked bundled model."""
    return Tokenizer.from_file(str(folder / "tokenizer.json"))


def tokenize(tokenizer: Tokenizer, texts: Sequence[str]) -> list[Tokens]:
    """Tokenise texts, with neither prompt nor marks."""
    encoded = tokenizer.encode_batch([_encodable(text) for text in texts], add_special_tokens=False)
    return [
        Tokens(
            np.array(entry.ids, np.int32),
            np.array(entry.offsets, np.int32).reshape(-1, 2),
            _stems(text, entry.offsets),
        )
        for text, entry in zip(texts, encoded, strict=True)
    ]


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


def _stems(text: str, offsets: Sequence[tuple[int, int]]) -> NDArray[np.uint32]:
    """For each token the number of its word's stem, folded, so that *malmo* and *Malmö* are one."""
    found = np.zeros(len(offsets), np.uint32)
    words = iter(_WORD.finditer(text))
    word = next(words, None)
    for index, (start, end) in enumerate(offsets):
        while word is not None and word.end() <= start:
            word = next(words, None)
        if word is not None and word.start() < end:
            lowered = word.group().lower()
            if lowered not in STOP_WORDS:
                found[index] = crc32(stem(fold(lowered), "sv").encode()) or 1
    return found


def _encodable(text: str) -> str:
    """Without lone surrogates, which broken PDF fonts yield and no tokeniser takes."""
    return text if text.isascii() else text.encode("utf-8", "replace").decode("utf-8")
