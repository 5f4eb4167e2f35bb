"""Find dates and the years that a document covers, in Swedish and English spellings."""

import re
from datetime import date

_MONTHS = {
    name: number
    for number, names in enumerate(
        (
            "januari january jan", "februari february feb", "mars march mar", "april apr", "maj may", "juni june jun",
            "juli july jul", "augusti august aug", "september sept sep", "oktober october okt oct", "november nov",
            "december dec",
        ),
        start=1,
    )
    for name in names.split()
}  # fmt: skip
_MONTH = "|".join(sorted(_MONTHS, key=len, reverse=True))
_YEAR = r"(?P<year>(?:19|20)\d\d)"
_DATES = tuple(
    re.compile(pattern, re.IGNORECASE)
    for pattern in (
        rf"(?<![\d-]){_YEAR}(?P<mark>[-‐‑–/.])(?P<month>\d\d?)(?P=mark)(?P<day>\d\d?)(?!\d)",
        rf"(?<!\d)(?P<day>\d\d?)(?:\s*(?::?e|:?a|st|nd|rd|th)|\.)?\s+(?:of\s+)?(?P<name>{_MONTH})\b\.?,?\s+{_YEAR}(?!\d)",
        rf"\b(?P<name>{_MONTH})\b\.?\s+(?P<day>\d\d?)(?:st|nd|rd|th)?,?\s+{_YEAR}(?!\d)",
        rf"(?<![\d/])(?P<day>\d\d?)\s?[/.]\s?(?P<month>\d\d?)(?:\s?[-/.]\s?|\s+){_YEAR}(?!\d)",
        r"(?<![\d-])(?P<year>20\d\d)(?P<month>[01]\d)(?P<day>[0-3]\d)(?!\d)",
        rf"\b(?P<name>{_MONTH})\b\.?,?\s+{_YEAR}(?!\d)",
        rf"(?<![\d-]){_YEAR}[-‐‑](?P<month>[01]\d)(?![\d-])",
    )
)  # fmt: skip
_SPAN = re.compile(
    r"(?<![\d-])(?P<first>(?:19|20)\d\d)\s?(?:[-‐‑–—/]|till(?: och med)?|t\.?o\.?m\.?|to|until)"
    r"\s?(?P<last>(?:19|20)\d\d|\d\d)(?![\d-])",
    re.IGNORECASE,
)
_SINGLE = re.compile(r"(?<![\d.,-])(?:19|20)\d\d(?![\d-]|[.,]\d| ?(?:kr|kronor|st|personer|%))")
_TARGET = re.compile(
    r"\b(?:agenda|vision|mål(?:en)?|goals?|till|mot|by|towards|until|år till|horizon|horisont|horisonten)\s*$",
    re.IGNORECASE,
)


def find_date(text: str) -> str | None:
    """The first date in a text as ISO 8601, `2025-02-25`, or `2025-02` where no day is given."""
    located = locate_date(text)
    return located[0] if located else None


def locate_date(text: str) -> tuple[str, int, int] | None:
    """The first date in a text with its start and end offsets.

    A full date wins over a month and year that begin at the same place. A date that the calendar does not have is
    not one.
    """
    best: tuple[int, int, str, int] | None = None
    for order, pattern in enumerate(_DATES):
        for match in pattern.finditer(text):
            value = _iso(match.groupdict())
            if value is not None and (best is None or (match.start(), order) < best[:2]):
                best = (match.start(), order, value, match.end())
                break
            if value is not None:
                break
    return (best[2], best[0], best[3]) if best else None


def _iso(parts: dict[str, str | None]) -> str | None:
    year = int(parts["year"] or 0)
    name = parts.get("name")
    month = _MONTHS[name.lower()] if name else int(parts.get("month") or 0)
    day = parts.get("day")
    if day is None:
        return f"{year:04}-{month:02}" if 1 <= month <= 12 else None
    try:
        return date(year, month, int(day)).isoformat()
    except ValueError:
        return None


def locate_period(text: str) -> tuple[str, int, int] | None:
    """The years a title or file name says the document is about: `2021` or `2021-2027`, with offsets.

    A span wins over a single year, the last single year over earlier ones. A year that is an aim (*Agenda 2030*,
    *towards 2040*) is not a period.
    """
    for match in _SPAN.finditer(text):
        first, last = match["first"], match["last"]
        if len(last) == 2:
            last = first[:2] + last
            if text[match.start() + 4 : match.end()].lstrip()[0] in "-‐‑" and int(last[2:]) <= 12:
                continue  # A month: 2021-05.
        if int(first) < int(last) <= int(first) + 50:
            return f"{first}-{last}", match.start(), match.end()
    singles = [match for match in _SINGLE.finditer(text) if not _TARGET.search(text[: match.start()])]
    if not singles:
        return None
    return singles[-1][0], singles[-1].start(), singles[-1].end()
