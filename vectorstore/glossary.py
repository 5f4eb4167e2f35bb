"""A glossary of public administration, so that an English question finds a Swedish page by its words as well."""

from collections.abc import Iterator, Sequence
from functools import cache
from importlib.resources import files

from vectorstore.analyse import stem, words

_LONGEST = 9
"""Words in the longest entry."""


def translations(term: str, language: str = "en") -> tuple[str, ...]:
    """The Swedish words for an English word or phrase, or the other way around.

    Inflected forms are found as well: *municipalities*, *kommunernas*.

    Args:
        term: A word, or several with spaces between.
        language: Of `term`: `en` or `sv`.

    Returns:
        Words or phrases of the other language, most usual first; empty where the glossary has none.
    """
    return _entries(language).get(_key(term, language), ())


def translated_windows(question: Sequence[str]) -> Iterator[tuple[int, tuple[str, ...]]]:
    """The Swedish for each English word of a question, and for each phrase at every one of its words.

    Args:
        question: Its words in lower case.

    Yields:
        The word's position and its translations; those of the longest phrase that it is part of.
    """
    taken: set[int] = set()
    for length in range(min(_LONGEST, len(question)), 0, -1):
        for begin in range(len(question) - length + 1):
            span = range(begin, begin + length)
            found = translations(" ".join(question[begin : begin + length])) if taken.isdisjoint(span) else ()
            if found:
                taken.update(span)
                yield from ((position, found) for position in span)


def _key(term: str, language: str) -> str:
    """What the glossary knows a term by: the stems of its words."""
    return " ".join(stem(word, language) for word in words(term))


@cache
def _entries(language: str) -> dict[str, tuple[str, ...]]:
    entries: dict[str, dict[str, None]] = {}
    for line in (files("vectorstore") / "glossary.tsv").read_text("utf-8").splitlines():
        if not line or line.startswith("#"):
            continue
        english, swedish = line.split("\t")
        for other in swedish.split(", "):
            term, translation = (english, other) if language == "en" else (other, english)
            entries.setdefault(_key(term, language), {})[translation] = None
    return {term: tuple(found) for term, found in entries.items()}
