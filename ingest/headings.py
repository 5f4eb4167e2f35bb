"""Tell headings from other lines, and find their levels."""

import re
from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass

_LENGTH = 200
_BOLD_LENGTH = 130
LARGER = 0.7
_MOST_ROWS = 4
_DISPLAY = 1.3
_NUMBER = re.compile(
    r"(?:(?:kapitel|avsnitt|chapter|section|del|part)\s+)?(\d{1,2}(?:\.\d{1,2}){0,4})\.?\s+(?=[^\W\d_]|[”\"])",
    re.IGNORECASE,
)
_BARE_NUMBER = re.compile(r"\d{1,2}(?:\.\d{1,2}){1,4}")
_DECISION = re.compile(
    r"(?:antag(?:en|et|na)|beslutad|fastställ[dt]|revidera[dt]|upprättad|gäller|senast|adopted|approved|revised)\b.*\d{4}",
    re.IGNORECASE,
)
_DATE = re.compile(r"\d{4}-\d{2}-\d{2}|\d{1,2} [^\W\d_]+ \d{4}|[^\W\d_]+ \d{1,2}, \d{4}")
_KEY_VALUE = re.compile(r"^[^\W\d_][^:.!?]{1,40}:\s+\S")


@dataclass(frozen=True, slots=True)
class Candidate:
    """Rows that follow each other in one style, seen as a possible heading.

    Attributes:
        text: Their text.
        rows: How many they are.
        size: Type size.
        bold: Whether they are bold.
        above: Space above in lines of text; large at the top of a page.
        below: Space below in lines of text.
        before: Text of the row above, empty at the beginning.
        after: Text of the row below, empty at the end.
    """

    text: str
    rows: int
    size: float
    bold: bool
    above: float
    below: float
    before: str
    after: str


def is_heading(candidate: Candidate, body: float, body_is_bold: bool) -> bool:
    """Whether rows in one style are a heading, judged by type, number and the space around them.

    Args:
        candidate: The rows.
        body: Type size of most text.
        body_is_bold: Whether most text is bold.
    """
    text = candidate.text
    if not any(character.isalpha() for character in text) or len(text) > _LENGTH or candidate.rows > _MOST_ROWS:
        return False
    if text[0] in "•*(" or text.endswith((",", ";")) or (text[0].islower() and candidate.size < body * _DISPLAY):
        return False
    numbered = number_of(text)
    ended = text.endswith((".", ":")) and not (len(numbered) > 1 and ". " not in _title(text) and text.endswith("."))
    if (_DECISION.match(text) and candidate.size < body * _DISPLAY) or _DATE.fullmatch(text):
        return False
    if candidate.size >= body + LARGER:
        return not (ended and candidate.rows > 1) and not _KEY_VALUE.match(text)
    if candidate.size < body - LARGER or ended or _KEY_VALUE.match(text):
        return False
    if candidate.bold and not body_is_bold:
        return len(text) <= _BOLD_LENGTH and candidate.rows <= 3
    if len(numbered) > 1:
        return len(text) <= _BOLD_LENGTH and candidate.above > 1.25 and not _follows_in_list(candidate)
    return _is_run_in_title(candidate)


def _follows_in_list(candidate: Candidate) -> bool:
    """Whether rows beside are numbered alike with no more space between them than within a list."""
    near = candidate.above < 1.6 and number_of(candidate.before), candidate.below < 1.6 and number_of(candidate.after)
    return any(near)


def _is_run_in_title(candidate: Candidate) -> bool:
    """Whether a short row without any mark of type stands as a title over the text below it."""
    title = _title(candidate.text)
    return (
        candidate.rows == 1
        and len(candidate.text) <= 60
        and title[0].isupper()
        and title[-1].isalnum()
        and candidate.above >= 1.3 * candidate.below
        and candidate.below < 1.6
        and len(candidate.after) >= 1.5 * len(candidate.text)
        and len(candidate.after) > 45
        and candidate.after[0].isupper()
    )


def number_of(text: str) -> tuple[int, ...]:
    """The number that a heading begins with: `(2, 1)` for `2.1 Mål`; empty where there is none."""
    match = _NUMBER.match(text)
    return tuple(int(part) for part in match[1].split(".")) if match else ()


def divide_number(text: str) -> tuple[str, str]:
    """A numbered text as its number and the rest: `("2.1", "Mål")`; an empty number where there is none."""
    match = _NUMBER.match(text)
    return (text[: match.end()].rstrip(), text[match.end() :]) if match else ("", text)


def _title(text: str) -> str:
    """A heading without the number that it begins with."""
    return divide_number(text)[1]


def _depth(text: str) -> int:
    """How many parts the number of a heading has, be it all of the heading; 0 where it has none."""
    return len(number_of(text)) or (text.count(".") + 1 if _BARE_NUMBER.fullmatch(text) else 0)


@dataclass(frozen=True, slots=True)
class Heading:
    """A heading whose level is to be found.

    Attributes:
        text: What it says.
        size: Type size.
        bold: Whether it is bold.
        outlined: Its depth in the file's outline, or 0.
    """

    text: str
    size: float
    bold: bool
    outlined: int = 0


def heading_levels(headings: Sequence[Heading]) -> list[int]:
    """Levels from 1: by the depth of numbers first, by the outline next, else by the rank of the type.

    A heading below another is one level below it, however many its type would make it.
    """
    styles = sorted({_style(heading) for heading in headings}, reverse=True)
    depths = {
        depth: level
        for depth in range(1, 6)
        if (level := _usual(h.outlined for h in headings if h.outlined and _depth(h.text) == depth))
    }
    ranks: dict[tuple[float, bool], int] = {}
    deepest = 0
    for style in styles:
        alike = [heading for heading in headings if _style(heading) == style]
        # A style used once, as in a picture, takes no level of its own; the title at the beginning does.
        single = len(alike) == 1 and alike[0] is not headings[0]
        depth = _highest_depth(alike)
        ranks[style] = _usual(h.outlined for h in alike if h.outlined) or _depth_level(depth, depths) or deepest + 1
        if depth:
            depths.setdefault(depth, ranks[style])
        deepest = deepest if single and not alike[0].outlined else max(deepest, ranks[style])
    return _without_gaps(
        [
            _depth_level(_depth(heading.text), depths) or heading.outlined or ranks[_style(heading)]
            for heading in headings
        ]
    )


def _highest_depth(alike: Sequence[Heading]) -> int:
    """The fewest parts that the numbers of several headings in one style have; 0 where most have no number."""
    counts = Counter(_depth(heading.text) for heading in alike)
    usual = _usual(counts.elements())
    return usual and min(depth for depth, count in counts.items() if depth and (count > 1 or depth == usual))


def _without_gaps(levels: Sequence[int]) -> list[int]:
    """Levels of which none is more than one below that of the heading it stands under."""
    above: list[tuple[int, int]] = []
    found: list[int] = []
    for level in levels:
        while above and above[-1][0] >= level:
            above.pop()
        found.append(min(level, above[-1][1] + 1) if above else level)
        above.append((level, found[-1]))
    return found


def _depth_level(depth: int, depths: Mapping[int, int]) -> int:
    """The level of headings whose numbers have this many parts, from the nearest depth that is known; 0 for none."""
    if not depth or not depths:
        return 0
    nearest = min(depths, key=lambda known: (abs(known - depth), known))
    return max(1, depths[nearest] + depth - nearest)


def _style(heading: Heading) -> tuple[float, bool]:
    """Size and weight, with sizes that look alike made equal."""
    return round(heading.size * 2) / 2, heading.bold


def _usual(values: Iterable[int]) -> int:
    """The most common value; 0 for none."""
    counts = Counter(values).most_common(1)
    return counts[0][0] if counts else 0
