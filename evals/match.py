"""Compare an answer's text and citations with what a case expects."""

import re
import unicodedata
from collections.abc import Collection, Sequence
from dataclasses import dataclass

from ingest.sentences import split_sentences

_MARKER = re.compile(r"\s*\[\d{1,3}\]")
_MARKER_NUMBER = re.compile(r"\[(\d{1,3})\]")
_MARKERS_AFTER_STOP = re.compile(r"([.!?…]+[”\"'’)»]*)((?:\s*\[\d{1,3}\])+)")
_DASHES = re.compile("[\u2010-\u2015\u2212]")
_APOSTROPHES = re.compile("[\u2018\u2019\u02bc]")
_INVISIBLE = re.compile("[\u00ad\u200b-\u200d\u2060\ufeff]")
_LINE_OPENING = re.compile(r"^\s*(?:[-*•–]|\d{1,2}[.)])\s+")
_HEADING = re.compile(r"\s*(?:#{1,6}\s.*|\*\*[^*]+\*\*:?)\s*")
_WORD = re.compile(r"\w+(?:[-’'.,:/]\w+)*%?")


@dataclass(frozen=True, slots=True)
class CitedSentence:
    """A sentence of an answer, and the numbers of the citations that it carries."""

    text: str
    markers: frozenset[int]


@dataclass(frozen=True, slots=True)
class Sentences:
    """How an answer's text divides.

    Attributes:
        cited: Sentences with at least one marker that a citation resolves.
        uncited: Sentences without one, as they stand in the text.
        framing: Number of headings and lines that only introduce what follows.
    """

    cited: tuple[CitedSentence, ...]
    uncited: tuple[str, ...]
    framing: int


def fold(text: str) -> str:
    """Text made comparable: no markers or emphasis, one kind of dash, apostrophe and space, no capitals."""
    plain = _MARKER.sub("", text).replace("**", "")
    plain = _INVISIBLE.sub("", unicodedata.normalize("NFKC", plain))
    return " ".join(_APOSTROPHES.sub("'", _DASHES.sub("-", plain)).split()).casefold()


def states_fact(text: str, spellings: Sequence[str]) -> bool:
    """Whether a text holds any of a fact's spellings; `text` as `fold` gives it.

    A spelling may begin or end inside a word (*grön* is in *gröna*), but not inside a number: *95* is
    neither in *1995* nor in *95,5*.
    """
    return any(_pattern(spelling).search(text) for spelling in spellings)


def _pattern(spelling: str) -> re.Pattern[str]:
    folded = fold(spelling)
    before = r"(?<!\d)(?<!\d[.,])" if folded[:1].isdigit() else ""
    after = r"(?!\d)(?![.,]\d)" if folded[-1:].isdigit() else ""
    return re.compile(before + re.escape(folded) + after)


def documents_of(source: str, documents: Collection[str]) -> frozenset[str]:
    """The documents that a source key means.

    The first of these that gives any: the identifier is the key, the file's name begins with it, the file's
    name holds it, the identifier holds it. So *stockholm* means `stockholm-2021.html` where there is one, and
    `region-stockholm.html` only where there is none. Case and Unicode form do not count.
    """
    key = _fold_name(source)
    folded = {document: _fold_name(document) for document in documents}
    names = {document: name.rstrip("/").rsplit("/", 1)[-1] for document, name in folded.items()}
    tests = (
        lambda document: folded[document] == key,
        lambda document: names[document].startswith(key),
        lambda document: key in names[document],
        lambda document: key in folded[document],
    )
    for test in tests:
        found = frozenset(filter(test, documents))
        if found:
            return found
    return frozenset()


def _fold_name(name: str) -> str:
    return unicodedata.normalize("NFC", name).casefold()


def find_markers(text: str) -> set[int]:
    """The numbers that stand as markers in a text."""
    return {int(number) for number in _MARKER_NUMBER.findall(text)}


def divide_sentences(text: str, markers: Collection[int]) -> Sentences:
    """Which sentences of an answer carry a marker that leads somewhere.

    Args:
        text: The answer's text, one paragraph or list item a line.
        markers: Numbers of the answer's citations.
    """
    framing = 0
    carrying: list[CitedSentence] = []
    uncited: list[str] = []
    for whole in text.splitlines():
        line = _LINE_OPENING.sub("", whole).strip()
        if not re.search(r"\w", line):
            continue
        if not find_markers(line) and (_HEADING.fullmatch(line) or line.rstrip("*").endswith(":")):
            framing += 1
            continue
        # A marker after the full stop belongs to the sentence before it.
        moved = _MARKERS_AFTER_STOP.sub(lambda match: match[2] + match[1], line)
        for start, end in split_sentences(moved):
            found = find_markers(moved[start:end]) & set(markers)
            if found:
                carrying.append(CitedSentence(moved[start:end], frozenset(found)))
            else:
                uncited.append(moved[start:end])
    return Sentences(tuple(carrying), tuple(uncited), framing)


def overlap(gold: str, text: str) -> bool:
    """Whether a text holds a passage, or is at least half of it; both as `fold` gives them."""
    return gold in text or (text in gold and 2 * len(text) >= len(gold))


def count_words(text: str) -> int:
    """Number of words, markers not counted."""
    return len(_WORD.findall(_MARKER.sub("", text)))
