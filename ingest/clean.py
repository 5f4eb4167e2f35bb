"""Clean lines of text: running headers and footers, hyphens at line ends, characters that only typesetting needs."""

import re
import unicodedata
from collections import Counter, defaultdict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass

from ingest.lines import Line

_SOFT_HYPHENS = "\u00ad\u2010\ufffe\u0002"
HYPHENS = "-\u2011" + _SOFT_HYPHENS
_LIGATURES = {"ﬀ": "ff", "ﬁ": "fi", "ﬂ": "fl", "ﬃ": "ffi", "ﬄ": "ffl", "ﬅ": "st", "ﬆ": "st"}
_BULLETS = "•●○◦▪■□▫‣⁃∙·►➢➤❖✓✔\uf0b7\uf0a7\uf0a8\uf076\uf0d8\uf0fc\uf02d\uf06f\u2022\uf0be"
_WITHOUT_MEANING = (*range(0x09), 0x0B, 0x0C, *range(0x0E, 0x20), *range(0xE000, 0xF900), 0xFFFD)
_CHARACTERS = str.maketrans(
    {
        **dict.fromkeys(map(chr, _WITHOUT_MEANING), " "),
        **_LIGATURES,
        **dict.fromkeys((*map(chr, range(0x2000, 0x200B)), "\u00a0", "\u202f", "\u205f", "\u3000", "\t"), " "),
        **dict.fromkeys("\u200b\u200c\u200d\u2060\ufeff", None),
        **dict.fromkeys("\u00ad\u2010\u2011\ufffe\u0002", "-"),
        # In the usual encoding of PDF fonts the unused codes draw a bullet.
        **dict.fromkeys(f"{_BULLETS}\x7f", "•"),
    }
)
_WORD = re.compile(r"[^\W\d_]+(?:-[^\W\d_]+)*")
_INNER_SOFT = re.compile(r"([^\W_]+)\u00ad([^\W_]+)")
_FIRST_WORD = re.compile(r"[^\W\d_]+(?:-[^\W\d_]+)*")
_SUSPENDED = frozenset({"och", "eller", "samt", "respektive", "resp", "and", "or", "och/eller"})
_NUMBER_WORDS = re.compile(r"\b(?:sida|sid|s|page|p|av|of)\b|[#()/.,|–—-]")
_APART = 1.6
_EDGE = 6
_FEW_PAGES = 4
_SAME_HEIGHT = 3.0
_HEADER_LENGTH = 90


@dataclass(frozen=True, slots=True)
class Words:
    """What a document itself says about its words.

    Attributes:
        counts: How often each word stands whole within a line, in lower case, hyphens as `-`.
        soft: Whether the document marks broken words with a character of its own, so that `-` at a line's
            end is a hyphen of the word.
        english: Whether it is written in English, where compounds keep their hyphens.
    """

    counts: Mapping[str, int]
    soft: bool = False
    english: bool = False


def clean_text(text: str) -> str:
    """Replace characters that only typesetting needs, in composed Unicode form with single spaces."""
    return " ".join(unicodedata.normalize("NFC", text.translate(_CHARACTERS)).split())


def clean_line(line: str, words: "Words") -> str:
    """Clean a line of a paragraph, leaving the hyphen at its end as it is, for `join_lines` to judge."""
    line = line.strip()
    end = line[-1] if len(line) > 1 and line.endswith(tuple(HYPHENS)) and line[-2].isalnum() else ""
    line = _INNER_SOFT.sub(lambda match: _inner(match[1], match[2], words), line[: len(line) - len(end)])
    return clean_text(line) + end


def _inner(left: str, right: str, words: "Words") -> str:
    """A word with a soft hyphen in the middle of a line: some files write every hyphen so."""
    joined, hyphenated = f"{left}{right}".lower(), f"{left}-{right}".lower()
    return left + right if words.counts.get(joined, 0) > words.counts.get(hyphenated, 0) else f"{left}-{right}"


def words_of(lines: Iterable[str]) -> Words:
    """Count the words that stand whole within a line."""
    counts: Counter[str] = Counter()
    soft = 0
    for line in lines:
        text = line.rstrip()
        soft += text.endswith(tuple(_SOFT_HYPHENS))
        found = _WORD.findall(clean_text(text))
        if text.endswith(tuple(HYPHENS)):
            found = found[:-1]
        counts.update(word.lower() for word in found)
    return Words(counts, soft >= 3, counts["the"] + counts["and"] > counts["och"] + counts["att"])


def join_lines(first: str, second: str, words: Words) -> str:
    """Join two lines of a paragraph, with the hyphen at the break kept or dropped."""
    first, second = first.rstrip(), second.lstrip()
    if not first or not second:
        return first or second
    if second[0].isdigit() and re.search(r"\d[–-]$", first):
        return first + second
    if not first.endswith(tuple(HYPHENS)) or not first[-2:-1].isalnum():
        return f"{first} {second}"
    stem, hyphen = first[:-1], first[-1]
    if keeps_hyphen(stem.rsplit(maxsplit=1)[-1], hyphen, second, words):
        return f"{stem}-{' ' if _is_suspended(second) else ''}{second}"
    return stem + second


def _is_suspended(after: str) -> bool:
    """Whether a hyphen before this stands for the rest of a compound, as in `miljö- och klimat`."""
    return after.split(maxsplit=1)[0].lower().rstrip(",.;") in _SUSPENDED


def keeps_hyphen(before: str, hyphen: str, after: str, words: Words) -> bool:
    """Whether the hyphen between the end of a line and the next line's beginning belongs to the word."""
    if "/" in before or "@" in before or before.startswith("www."):
        return True
    left = re.split(r"[^\w-]", clean_text(before))[-1]
    match = _FIRST_WORD.match(clean_text(after))
    if match is None or not after[0].islower() or _is_suspended(after):
        return True
    last = left.rsplit("-", 1)[-1]
    if len(last) < 2 or any(letter.isupper() or letter.isdigit() for letter in last[1:]) or last.isupper():
        return True
    right = match[0].lower()
    joined, hyphenated = words.counts.get(left.lower() + right, 0), words.counts.get(f"{left.lower()}-{right}", 0)
    if joined != hyphenated:
        return hyphenated > joined
    if hyphen == "-" and words.soft:
        return True
    whole = words.counts.get(left.lower(), 0) and words.counts.get(right, 0)
    return bool(words.english and hyphen in "-\ufffe" and whole)


def running_lines(pages: Sequence[Sequence[Line]]) -> set[Line]:
    """Headers, footers and page numbers: lines that return at the same height at the top or bottom of pages.

    Numbers that follow the page count as equal, so that `Sida 3 (10)` repeats `Sida 2 (10)`. A line that returns
    close above other text, as the header of a table does, is no running header. What stands beside a page number
    in small type is one, even if it does not return: the name of a short chapter.
    """
    filled = [page for page in pages if page]
    returning = _returning(filled, len(pages))
    numbers: defaultdict[int, list[float]] = defaultdict(list)
    for line in returning:
        if _is_number(line):
            numbers[line.page].append(line.y)
    usual = _usual_size(filled)
    found: set[Line] = set()
    for page in filled:
        beside = {
            line
            for line in page
            if line.size <= usual
            and len(line.text) <= _HEADER_LENGTH
            and any(abs(line.y - y) <= 1 for y in numbers[line.page])
        }
        found |= _peeled(page, returning | beside, 1) | _peeled(page, returning | beside, -1)
    return found


def _returning(pages: Sequence[Sequence[Line]], count: int) -> set[Line]:
    """Lines near the top or bottom of a page that stand at the same height on enough others."""
    seen: defaultdict[tuple[str, str], list[tuple[Line, list[int]]]] = defaultdict(list)
    for page in pages:
        for edge, line in _edges(page):
            seen[edge, _pattern(line.text)].append((line, _numbers(line)))
    needed = 3 if len(pages) > _FEW_PAGES else 2
    found: set[Line] = set()
    for lines in seen.values():
        for line, numbers in lines:
            alike = {other.page for other, theirs in lines if _repeats(line, numbers, other, theirs)}
            number = _is_number(line)
            if len(alike) >= (2 if number else needed) or (number and _names_page(line, count)):
                found.add(line)
    return found


def _repeats(line: Line, numbers: Sequence[int], other: Line, theirs: Sequence[int]) -> bool:
    """Whether two lines of one pattern stand at one height and their numbers are equal or those of their pages."""
    if abs(other.y - line.y) > _SAME_HEIGHT:
        return False
    turned = line.page - other.page
    return all(a - b in (0, turned) for a, b in zip(numbers, theirs, strict=True))


def _numbers(line: Line) -> list[int]:
    """The numbers in a line."""
    return [int(digits) for digits in re.findall(r"\d+", line.text)]


def _names_page(line: Line, count: int) -> bool:
    """Whether a line gives the number of its page, alone or with that of all pages."""
    return _numbers(line) in ([line.page], [line.page, count])


def _peeled(page: Sequence[Line], running: set[Line], direction: int) -> set[Line]:
    """The running lines of a page from one edge inwards, up to the first that is text or stands close to text."""
    heights = sorted({line.y for line in page}, reverse=direction < 0)
    taken: list[float] = []
    for height in heights:
        if not all(line in running for line in page if line.y == height):
            break
        taken.append(height)
    while taken and len(taken) < len(heights):
        last = [line for line in page if line.y == taken[-1]]
        gap = abs(heights[len(taken)] - taken[-1])
        if gap > _APART * max(line.size for line in last) or all(_is_number(line) for line in last):
            break
        taken.pop()
    return {line for line in page if line.y in taken}


def _is_number(line: Line) -> bool:
    """Whether a line is a page number and nothing else."""
    return _NUMBER_WORDS.sub("", _pattern(line.text)).strip() == ""


def _usual_size(pages: Sequence[Sequence[Line]]) -> float:
    """The type size of most characters."""
    sizes: Counter[float] = Counter()
    for page in pages:
        for line in page:
            sizes[line.size] += len(line.text)
    return sizes.most_common(1)[0][0] if sizes else 0.0


def _edges(page: Sequence[Line]) -> list[tuple[str, Line]]:
    """The outermost lines of a page."""
    heights = sorted({round(line.y) for line in page})
    top, bottom = set(heights[:_EDGE]), set(heights[-_EDGE:])
    return [("top", line) for line in page if round(line.y) in top] + [
        ("bottom", line) for line in page if round(line.y) in bottom
    ]


def _pattern(text: str) -> str:
    """A line with its numbers made equal."""
    return re.sub(r"\d+", "#", clean_text(text).lower())


def divide_running_lines(pages: Sequence[Sequence[Line]]) -> tuple[list[list[Line]], list[Line]]:
    """The pages' lines without headers, footers and page numbers, and those of the first page that has any.

    All lines are kept where nothing else would be left.
    """
    running = running_lines(pages)
    kept = [[line for line in page if line not in running] for page in pages]
    if not any(kept):
        return [list(page) for page in pages], []
    headed = ([line for line in page if line in running] for page in pages)
    return kept, next((lines for lines in headed if lines), [])
