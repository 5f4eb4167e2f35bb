"""Find the value that a question asks for inside the evidence, so that an answer can emphasise it."""

import re
from collections.abc import Mapping

from assistant.evidence import Unit
from assistant.understand import Kind
from assistant.values import AMOUNT, DATE, NUMBER

MOST_WORDS = 8
"""Words of a value; what is longer is a clause, which stands out by itself."""

SURE = 0.6
"""Share of where the reader sees the answer begin or end that must lie in a value; one of several alike has less."""

_VALUES: Mapping[Kind, re.Pattern[str] | None] = {
    Kind.NUMBER: re.compile(rf"(?:{NUMBER.pattern})(?:\s+[^\W\d]+)?", re.IGNORECASE),
    Kind.AMOUNT: re.compile(rf"(?:{AMOUNT.pattern})(?:\s+(?:kronor|euro|kr)\b)?", re.IGNORECASE),
    Kind.DATE: re.compile(rf"(?:\b\d{{1,2}}(?: |\.))?(?:{DATE.pattern})(?: (?:19|20)\d\d\b)?", re.IGNORECASE),
    Kind.PERSON: None,
    Kind.NAME: None,
    Kind.PLACE: None,
    Kind.FACT: None,
}
"""Kinds of question that ask for a value, with what it looks like where that can be told."""

_BORDER = re.compile(r"[\n;]")
"""What parts the cells of a row and the items of a list."""

_WORD = re.compile(r"[^\W_](?:[\w&/.:'’-]*\w)?")


def value_span(kind: Kind, unit: Unit) -> tuple[int, int] | None:
    """The value in a unit that answers, by what the reader marks in its passage.

    Args:
        kind: What the question asks for.
        unit: The unit.

    Returns:
        Half-open interval of the document's text, of whole words within one of the unit's spans; None where the
        question asks for no value, or the reader marks none there or is unsure, or marks something else.
    """
    reading, chunk = unit.hit.reading, unit.hit.chunk
    if kind not in _VALUES or reading is None or reading.span is None:
        return None
    begin, end = reading.span[0] + chunk.start, reading.span[1] + chunk.start
    shares = (
        place.share for place in reading.places if reading.span[0] <= place.start and place.end <= reading.span[1]
    )
    if sum(shares) < SURE:
        return None
    within = next((span for span in unit.spans if span[0] <= begin < end <= span[1]), None)
    if within is None:
        return None
    first, last = max(within[0], chunk.start) - chunk.start, min(within[1], chunk.end) - chunk.start
    around = chunk.text[first:last]
    pattern = _VALUES[kind] or _WORD
    touched = [
        match.span()
        for match in pattern.finditer(around)
        if match.start() + first < reading.span[1] and reading.span[0] < match.end() + first
    ]
    if not touched:
        return None
    # With the words that the reader marks beside the value (*cirka 59 miljoner kronor*), none of them cut.
    start = min([touched[0][0], *_word_starts(around, reading.span[0] - first)])
    stop = max([touched[-1][1], *_word_ends(around, reading.span[1] - first)])
    for first_place, last_place in ((start, stop), (touched[0][0], touched[-1][1])):
        value = around[first_place:last_place]
        if len(value.split()) <= MOST_WORDS and not _BORDER.search(value):
            return chunk.start + first + first_place, chunk.start + first + last_place
    return None


def _word_starts(text: str, place: int) -> list[int]:
    """Where the first word begins that ends after a place."""
    return [match.start() for match in _WORD.finditer(text) if match.end() > place][:1]


def _word_ends(text: str, place: int) -> list[int]:
    """Where the last word ends that begins before a place."""
    return [match.end() for match in _WORD.finditer(text) if match.start() < place][-1:]
