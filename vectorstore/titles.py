"""Recognise the documents that a question names by title or by file name."""

import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from functools import lru_cache
from pathlib import PurePosixPath

from vectorstore.analyse import STOP_WORDS, fold, stem, words
from vectorstore.document_types import is_type
from vectorstore.names import bare
from vectorstore.organisations import apart
from vectorstore.types import DocumentRecord

_FEWEST = 3
"""Informative words of a title that must stand together in a question; two (*nätverk, medlemskap*) may by chance."""

_BEGINNING = 4
"""Letters in which an inflected word agrees with its title in any case."""

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
    begins = {key[:_BEGINNING] for key in asked}
    spaced = f" {_spaced(question)} "
    quoted = {_spaced(match.group(1)) for match in _QUOTED.finditer(question)}
    found: list[str] = []
    for record in records:
        named = _named_by(record.id, record.title, record.organisation)
        whose = not organisations or record.organisation is None or record.organisation in organisations
        if any(file in spaced for file in named.files) or (
            whose
            and (
                (quoted and not quoted.isdisjoint(named.titles))
                or any(keys[0][:_BEGINNING] in begins and _stands_in(keys, asked) for keys in named.keys)
            )
        ):
            found.append(record.id)
    return found


@dataclass(frozen=True, slots=True)
class _Names:
    """What a document is named by.

    Attributes:
        files: Its file name, with and without ending, with a space before and after.
        titles: Its title and the title's parts, as written but for signs.
        keys: The stems of the informative words of those that are long enough to stand for it unquoted.
    """

    files: tuple[str, ...]
    titles: frozenset[str]
    keys: tuple[tuple[str, ...], ...]


def _stands_in(keys: tuple[str, ...], asked: Sequence[str]) -> bool:
    """Whether a title's words stand together in a question, in their order."""
    return any(
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
def _named_by(document: str, title: str, organisation: str | None) -> _Names:
    whose = frozenset(bare(word) for word in words(organisation or "")) | apart(organisation or "")
    parts = dict.fromkeys((title, *_PARTS.split(title)))
    telling = [part for part in parts if not is_type(re.sub(r"[\W\d]+", "", part))]
    keys = [_keys(part, whose) for part in telling]
    return _Names(
        tuple(f" {name} " for name in _file_names(document)),
        frozenset(_spaced(part) for part in telling),
        tuple(key for key in keys if len(key) >= _FEWEST or (len(key) == 1 and len(key[0]) > _LONGEST_USUAL)),
    )


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
