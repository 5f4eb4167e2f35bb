"""Recognise the documents that a question names by title or by file name."""

import re
from collections.abc import Iterator, Sequence
from functools import lru_cache
from pathlib import PurePosixPath

from vectorstore.analyse import STOP_WORDS, fold, stem, words
from vectorstore.document_types import is_type
from vectorstore.names import bare
from vectorstore.organisations import apart
from vectorstore.types import DocumentRecord

_FEWEST = 3
"""Informative words of a title that must stand together in a question; two (*nätverk, medlemskap*) may by chance."""

_LONGEST_USUAL = 9
"""Letters of a word; a longer one that is all of a title is seldom in a question by chance."""

_PARTS = re.compile(r"\s+[–—-]\s+|:\s+")
_QUOTED = re.compile(r"[\"”“«»]([^\"”“«»]{4,200})[\"”“«»]")
_SEPARATORS = re.compile(r"[\s_/-]+")


def documents_named(question: str, records: Sequence[DocumentRecord], organisations: Sequence[str]) -> list[str]:
    """The documents that a question names: by file name, by a quoted title, or by the words of a title together.

    Args:
        question: As asked.
        records: The documents here.
        organisations: Those that the question names; a title alone does not mean another one's document.

    Returns:
        Identifiers, in the order of `records`.
    """
    asked = _keys(question, frozenset())
    spaced = f" {_spaced(question)} "
    quoted = {_spaced(match.group(1)) for match in _QUOTED.finditer(question)}
    return [
        record.id
        for record in records
        if any(f" {name} " in spaced for name in _file_names(record.id))
        or (
            (not organisations or record.organisation is None or record.organisation in organisations)
            and any(
                spelled in quoted or _stands_in(keys, asked)
                for spelled, keys in _title(record.title, record.organisation)
            )
        )
    ]


def _stands_in(keys: tuple[str, ...], asked: Sequence[str]) -> bool:
    """Whether a title's words stand together in a question, in their order."""
    enough = len(keys) >= _FEWEST or (len(keys) == 1 and len(keys[0]) > _LONGEST_USUAL)
    return enough and any(
        all(_same(key, word) for key, word in zip(keys, asked[begin:], strict=False))
        for begin in range(len(asked) - len(keys) + 1)
    )


def _same(key: str, word: str) -> bool:
    """Whether two stems are of one word: *program* and *programm*, *strategi* and *strategin*."""
    return key == word or (
        min(len(key), len(word)) >= 6
        and abs(len(key) - len(word)) <= 3
        and (key.startswith(word) or word.startswith(key))
    )


@lru_cache(maxsize=20_000)
def _title(title: str, organisation: str | None) -> tuple[tuple[str, tuple[str, ...]], ...]:
    """A title and its parts: as written but for signs, and the stems of their informative words."""
    whose = frozenset(bare(word) for word in words(organisation or "")) | apart(organisation or "")
    parts = dict.fromkeys((title, *_PARTS.split(title)))
    return tuple((_spaced(part), _keys(part, whose)) for part in parts if not is_type(re.sub(r"[\W\d]+", "", part)))


def _keys(text: str, left_out: frozenset[str]) -> tuple[str, ...]:
    return tuple(
        stem(fold(word))
        for word in words(text)
        if word not in STOP_WORDS and not word[0].isdigit() and bare(word) not in left_out
    )


def _file_names(document: str) -> Iterator[str]:
    """A document's file name; without its ending where that is no ordinary word."""
    path = PurePosixPath(document)
    yield _spaced(path.name)
    if re.search(r"\w[\W_\d]+\w", path.stem):
        yield _spaced(path.stem)


def _spaced(text: str) -> str:
    """Without diacritics and signs, words with one space between."""
    return _SEPARATORS.sub(" ", re.sub(r"[^\w\s/.-]", " ", fold(text))).strip(" .?!")
