"""Find sentences in running text, Swedish and English."""

import re

_ABBREVIATIONS = frozenset(
    "bl.a t.ex m.m m.fl dvs d.v.s s.k f.d fr.o.m t.o.m p.g.a o.s.v osv o.d kl nr ca c:a jfr resp inkl exkl mfl mm "
    "enl ev forts avd art kap st sid tel dnr ung evt milj mkr tkr kr sek e.d e.g i.e etc vs approx dr mr mrs ms prof "
    "no vol fig ed eds st.f i.s.f ang motsv obs sk tex bla fn s p pp ordf vd ref".split()
)
_END = re.compile(r"[.!?…]+[”\"'’)\]»]*(?=\s+|$)")
_NUMBERING = re.compile(r"(?:^[\s\d.]*|[,;]\s+|:\s+(?=1$))\d+$")
_WORD_BEFORE = re.compile(r"[\w.:]*$")
_STARTS = re.compile(r"\s+[\"'”’(\[«]*([A-ZÅÄÖÉÜ0-9•–-]|$)")


def split_sentences(text: str) -> list[tuple[int, int]]:
    """Intervals of the sentences in `text`, trimmed, in order.

    A full stop ends a sentence when the next word begins with a capital, a digit or a quotation mark, and
    the word before it is neither an abbreviation, an initial nor an ordinal. Blank lines always end one.
    """
    sentences: list[tuple[int, int]] = []
    for paragraph in re.finditer(r"[^\n]+(?:\n(?!\s*\n)[^\n]+)*", text):
        begin = paragraph.start()
        for match in _END.finditer(text, begin, paragraph.end()):
            if match.end() < paragraph.end() and not _is_boundary(text, begin, match):
                continue
            sentences += _trimmed(text, begin, match.end())
            begin = match.end()
        sentences += _trimmed(text, begin, paragraph.end())
    return sentences


def _is_boundary(text: str, begin: int, match: re.Match[str]) -> bool:
    if not _STARTS.match(text, match.end()):
        return False
    if match.group()[0] != ".":
        return True
    before = _WORD_BEFORE.search(text, begin, match.start())
    word = before.group().lower().strip(".") if before else ""
    if word in _ABBREVIATIONS:
        return False
    starts_low = text[match.end() :].lstrip()[:1].isdigit()
    if len(word) == 1 and word.isalpha():
        return False
    return not (word.isdigit() and len(word) <= 2 and not starts_low and _is_numbering(text, begin, match.start()))


def _is_numbering(text: str, begin: int, end: int) -> bool:
    """Whether the digits before a full stop number what follows (*1. Tänk om, 2. Optimera*)."""
    return bool(_NUMBERING.search(text[begin:end]))


def _trimmed(text: str, start: int, end: int) -> list[tuple[int, int]]:
    piece = text[start:end]
    stripped = piece.strip()
    if not stripped:
        return []
    first = start + len(piece) - len(piece.lstrip())
    return [(first, first + len(stripped))]
