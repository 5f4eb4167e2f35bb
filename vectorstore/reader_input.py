"""Tokenise questions and passages for the bundled reader."""

import re
from collections.abc import Sequence
from pathlib import Path
from zlib import crc32

import numpy as np
from numpy.typing import NDArray
from tokenizers import Tokenizer

from vectorstore.analyse import STOP_WORDS, fold, stem
from vectorstore.encodable import encodable
from vectorstore.reader_layout import Tokens

_WORD = re.compile(r"[^\W_]+")


def open_tokenizer(folder: Path) -> Tokenizer:
    """The tokeniser of an unpacked bundled model."""
    return Tokenizer.from_file(str(folder / "tokenizer.json"))


def tokenize(tokenizer: Tokenizer, texts: Sequence[str]) -> list[Tokens]:
    """Tokenise texts, with neither prompt nor marks."""
    encoded = tokenizer.encode_batch([encodable(text) for text in texts], add_special_tokens=False)
    return [
        Tokens(
            np.array(entry.ids, np.int32),
            np.array(entry.offsets, np.int32).reshape(-1, 2),
            _stems(text, entry.offsets),
        )
        for text, entry in zip(texts, encoded, strict=True)
    ]


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
