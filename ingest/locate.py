"""Find where on a page a quote stands, so that it can be marked on the page's picture.

The stored text is cleaned: hyphens at line ends are gone, footnote marks and running lines left out. So letters and
digits alone are compared; where they differ as well, runs of words.
"""

import unicodedata
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from difflib import SequenceMatcher
from itertools import groupby

_FOUND = 0.6
_RUN = 2
_MOST_WORDS = 4000


@dataclass(frozen=True, slots=True)
class Glyph:
    """A character and the box around it, in shares of the page's width and height from its top left corner."""

    text: str
    left: float
    top: float
    right: float
    bottom: float


@dataclass(frozen=True, slots=True)
class Box:
    """A part of a page, in shares of its width and height from its top left corner."""

    left: float
    top: float
    right: float
    bottom: float


def locate_quote(glyphs: Sequence[Glyph], quote: str) -> tuple[Box, ...]:
    """The boxes that cover a quote, one for each line that it runs over; none where the page does not hold it.

    Args:
        glyphs: All characters of the page, in the order of its content.
        quote: As the stored text has it.
    """
    letters = [(sign, index) for index, glyph in enumerate(glyphs) for sign in _letters(glyph.text)]
    page, wanted = "".join(sign for sign, _ in letters), _letters(quote)
    if not wanted:
        return ()
    at = page.find(wanted)
    if at >= 0:
        return _boxes(_with_signs(glyphs, letters[at][1], letters[at + len(wanted) - 1][1]))
    return _boxes([glyphs[index] for start, end in _word_runs(glyphs, quote) for index in range(start, end)])


def _with_signs(glyphs: Sequence[Glyph], first: int, last: int) -> Sequence[Glyph]:
    """The glyphs from the first to the last letter, and the punctuation that follows at once."""
    end = last + 1
    while end < len(glyphs) and not glyphs[end].text.isspace() and not _letters(glyphs[end].text):
        end += 1
    return [glyph for glyph in glyphs[first:end] if glyph.text.strip()]


def _letters(text: str) -> str:
    """Letters and digits in small, ligatures dissolved."""
    return "".join(filter(str.isalnum, unicodedata.normalize("NFKC", text).casefold()))


def _word_runs(glyphs: Sequence[Glyph], quote: str) -> list[tuple[int, int]]:
    """Intervals of glyphs that say most of the quote's words in their order; none where too little is found."""
    words = list(_words(glyphs))[:_MOST_WORDS]
    wanted = [word for word in map(_letters, quote.split()) if word]
    matcher = SequenceMatcher(None, [word for word, _, _ in words], wanted, autojunk=False)
    runs = [run for run in matcher.get_matching_blocks() if run.size >= _RUN]
    if not wanted or sum(run.size for run in runs) < _FOUND * len(wanted):
        return []
    return [(words[run.a][1], words[run.a + run.size - 1][2]) for run in runs]


def _words(glyphs: Sequence[Glyph]) -> Iterator[tuple[str, int, int]]:
    """The page's words, each with its interval of glyphs."""
    for blank, group in groupby(enumerate(glyphs), key=lambda pair: pair[1].text.isspace()):
        members = list(group)
        word = "" if blank else _letters("".join(glyph.text for _, glyph in members))
        if word:
            yield word, members[0][0], members[-1][0] + 1


def _boxes(glyphs: Sequence[Glyph]) -> tuple[Box, ...]:
    """One box around the glyphs of each line."""
    boxes: list[Box] = []
    for glyph in glyphs:
        if glyph.right <= glyph.left or glyph.bottom <= glyph.top:
            continue
        last = boxes[-1] if boxes else None
        middle = (glyph.top + glyph.bottom) / 2
        if last is not None and last.top < middle < last.bottom and glyph.left >= last.left - 0.02:
            boxes[-1] = Box(
                min(last.left, glyph.left),
                min(last.top, glyph.top),
                max(last.right, glyph.right),
                max(last.bottom, glyph.bottom),
            )
        else:
            boxes.append(Box(glyph.left, glyph.top, glyph.right, glyph.bottom))
    return _apart(boxes)


def _apart(boxes: Sequence[Box]) -> tuple[Box, ...]:
    """Boxes of lines that are set so close that they reach into each other, parted in the middle."""
    parted = list(boxes)
    for index in range(1, len(parted)):
        above, below = parted[index - 1], parted[index]
        if above.top < below.top < above.bottom < below.bottom:
            middle = (below.top + above.bottom) / 2
            parted[index - 1], parted[index] = replace(above, bottom=middle), replace(below, top=middle)
    return tuple(parted)
