"""Numbers with their units, dates and what they count: whether a claim gives them as its evidence does."""

import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from assistant.wording import BODIES, OPENERS, bare, is_held, names_in_claim, nearest_sentences, terms_of
from ingest.dates import locate_date
from vectorstore.analyse import STOP_WORDS, stem, words

NUMBER_WORDS = {
    word: str(number)
    for number, names in (
        (2, "två two"), (3, "tre three"), (4, "fyra four"), (5, "fem five"), (6, "sex six"),
        (7, "sju seven"), (8, "åtta eight"), (9, "nio nine"), (10, "tio ten"), (11, "elva eleven"),
        (12, "tolv twelve"), (13, "tretton thirteen"), (14, "fjorton fourteen"), (15, "femton fifteen"),
        (16, "sexton sixteen"), (17, "sjutton seventeen"), (18, "arton eighteen"), (19, "nitton nineteen"),
        (20, "tjugo twenty"), (30, "trettio thirty"), (40, "fyrtio forty"), (50, "femtio fifty"),
        (60, "sextio sixty"), (70, "sjuttio seventy"), (80, "åttio eighty"), (90, "nittio ninety"),
    )
    for word in names.split()
}  # fmt: skip
_GROUPING = re.compile(r"(?<=\d)[ \u00a0\u2009\u202f](?=\d{3}(?!\d))|(?<=\d),(?=\d{3}(?!\d))(?!\d{3},\d{1,2}\b)")
_QUANTITY = re.compile(rf"(?<!\w)(?<![^\W\d_]-)(?:\d+(?:[.,]\d+)*|(?:{'|'.join(NUMBER_WORDS)})\b)", re.IGNORECASE)
UNITS = {
    "million": r"miljon\w*|million\w*|mn|mkr|mnkr|mnsek",
    "billion": r"miljard\w*|billion\w*|md|mdkr",
    "thousand": r"tusen\w*|thousand\w*|tkr",
    "percent": r"procent|percent|%",
    "percentage point": r"procentenhet\w*|percentage",
    "krona": r"kr|kronor|krona|sek|mkr|tkr|mnkr|kronas",
    "euro": r"euro|euros|eur|€",
}
_SCALES = frozenset({"million", "billion", "thousand", "percent", "percentage point"})
_YEAR = re.compile(r"(?:19|20)\d\d")
_MONTHS = tuple(
    frozenset(names.split())
    for names in (
        "januari january", "februari february", "mars march", "april", "maj may", "juni june", "juli july",
        "augusti august", "september", "oktober october", "november", "december",
    )
)  # fmt: skip
MONTH_NAMES = frozenset(name for names in _MONTHS for name in names)
# "may" and "mars" are words as well: a month stands beside a number or after a preposition.
_BESIDE_MONTH = re.compile(r"(?:\d\.?|\b(?:i|in|of|till|senast|by|från|och|and))\s+([^\W\d_]+)")


@dataclass(frozen=True, slots=True)
class Quantity:
    """A number in a text.

    Attributes:
        value: Digits with `.` as decimal mark; a number word as digits.
        units: What is said of it right after: scale, percent, currency.
    """

    value: str
    units: frozenset[str]


def quantities(text: str) -> list[Quantity]:
    """The numbers of a text with their units, dates as their year, month and day."""
    found: list[Quantity] = []
    rest = text
    while located := locate_date(rest):
        value, start, end = located
        found.append(Quantity(value, frozenset()))
        found += [Quantity(part.lstrip("0"), frozenset()) for part in value.split("-")]
        rest = rest[:start] + "|" * (end - start) + rest[end:]
    plain = _GROUPING.sub("", rest)
    for match in _QUANTITY.finditer(plain):
        found.append(Quantity(_value(match.group()), _units_after(plain[match.end() : match.end() + 40])))
    return found


def is_particular(word: str) -> bool:
    """Whether a word is a number, a month or a form of organisation, each of which is compared on its own."""
    return (
        word[0].isdigit()
        or word in NUMBER_WORDS
        or word in MONTH_NAMES
        or any(said.fullmatch(word) for said, _ in BODIES)
    )


def is_year(quantity: Quantity) -> bool:
    """Whether a number is a year."""
    return bool(_YEAR.fullmatch(quantity.value)) and not quantity.units


def _units_after(text: str) -> frozenset[str]:
    following = re.findall(r"[^\W\d_]+|[%€]", re.split(r"[.;:!?\n\d]", text, maxsplit=1)[0].lower())[:2]
    return frozenset(name for name, pattern in UNITS.items() for word in following if re.fullmatch(pattern, word))


def changed_quantity(claim: str, evidence: str, context: str) -> str | None:
    """A number that the evidence does not hold with this unit; a year may stand above the evidence instead."""
    held = quantities(evidence)
    everywhere = frozenset[str]().union(*(quantity.units for quantity in held)) | _units_anywhere(evidence)
    above = {quantity.value for quantity in quantities(context)}
    years_near = set(_YEAR.findall(" ".join(nearest_sentences(claim, evidence))))
    for quantity in quantities(claim):
        alike = [other for other in held if _same_value(quantity.value, other.value)]
        if any(_units_agree(quantity.units, other.units, everywhere) for other in alike):
            continue
        if is_year(quantity) and quantity.value in above and not years_near - set(_YEAR.findall(claim)):
            continue
        return f"quantity {quantity.value}"
    return None


def changed_counted(claim: str, held: str) -> str | None:
    """What a number counts must be spoken of in the evidence, and not be counted there by other numbers alone."""
    stems = terms_of(held)
    counted = [(value, terms_of(word)) for value, word in _counted(held)]
    for value, word in _counted(claim):
        numbers = {other for other, others in counted if others & terms_of(word)}
        if not is_held(word, stems) or (numbers and value not in numbers):
            return f"counted {word}"
    return None


def _counted(text: str) -> Iterator[tuple[str, str]]:
    """Each number with the word right after it, where that is no unit: what it counts."""
    plain = _GROUPING.sub("", text)
    for match in _QUANTITY.finditer(plain):
        following = re.match(r"[ \u00a0]+([^\W\d_]{3,})", plain[match.end() :])
        if not following or _YEAR.fullmatch(match.group()):
            continue
        word = following.group(1).lower()
        if word in STOP_WORDS or word in MONTH_NAMES or any(re.fullmatch(unit, word) for unit in UNITS.values()):
            continue
        yield _value(match.group()), word


def _value(written: str) -> str:
    return NUMBER_WORDS.get(written.lower(), written.replace(",", ".").rstrip("."))


def _same_value(claimed: str, held: str) -> bool:
    """Whether the values are one, or the claim gives the year or the month of a date."""
    return claimed == held or (held.startswith(f"{claimed}-") and len(claimed) >= 4)


def _units_agree(claimed: frozenset[str], held: frozenset[str], everywhere: frozenset[str]) -> bool:
    """The same scale; the same currency where both name one. A table's unit may stand in its heading."""
    scale, held_scale = claimed & _SCALES, held & _SCALES
    currency, held_currency = claimed - _SCALES, held - _SCALES
    if held_currency and currency and held_currency != currency:
        return False
    return scale == held_scale or (not held and bool(scale) and scale <= everywhere)


def _units_anywhere(text: str) -> frozenset[str]:
    """Units that a table names in a heading, as in *Beviljat (tkr): 2 800*."""
    present = re.findall(r"\(([^\W\d_]+|%|€)\)", text.lower())
    return frozenset(name for name, pattern in UNITS.items() for word in present if re.fullmatch(pattern, word))


def changed_month(claim: str, evidence: str, context: str) -> str | None:
    """A month that neither the evidence nor what stands above it names, in words or in a date of digits."""
    said = _months(claim)
    held = _months(f"{evidence}\n{context}")
    return "month" if said - held else None


def _months(text: str) -> set[int]:
    """Numbers of the months that a text names, or gives in a date of digits."""
    named = {
        number
        for match in _BESIDE_MONTH.finditer(text.lower())
        for number, names in enumerate(_MONTHS, start=1)
        if match.group(1) in names
    }
    dated = {int(quantity.value[5:7]) for quantity in quantities(text) if re.match(r"\d{4}-\d\d", quantity.value)}
    return named | dated


def torn_quantity(claim: str, evidence: str) -> str | None:
    """A number of the claim that the evidence says of something else.

    Between sentences: one with another number holds the claim's first name, and none with this number does.
    Within one: no clause with the number holds another name or number of the claim, or another word where the claim
    has none, and a clause that does has another number.
    """
    values = {quantity.value for quantity in quantities(claim)}
    names = [bare(name) for name, _ in names_in_claim(claim) if name.lower() not in STOP_WORDS | OPENERS]
    sentences = re.split(r"(?<=[.!?])\s", evidence)
    clauses = evidence.splitlines() if "\n" in evidence else re.split(r";|,\s|(?<=[.!?])\s", evidence)
    clauses = [part for clause in clauses for part in _coordinated(clause)]
    in_sentences = [_anchors_in(sentence, values | set(names)) for sentence in sentences]
    in_clauses = [_anchors_in(clause, values | set(names)) for clause in clauses]
    if set().union(*in_clauses) <= values:
        telling = {stem(word) for word in words(claim) if word not in STOP_WORDS and not is_particular(word)}
        telling -= {stem(word) for word in words(claim) for unit in UNITS.values() if re.fullmatch(unit, word)}
        in_clauses = [
            held | (telling & {stem(word) for word in words(clause)})
            for held, clause in zip(in_clauses, clauses, strict=True)
        ]
    subject = next((name for name in names if any(name in held for held in in_sentences)), None)
    for value in values:
        beside = set().union(*(held for held in in_sentences if value in held)) - {value}
        if subject and beside and subject not in beside and _has_rival(sentences, in_sentences, {subject}, values):
            return f"quantity {value} of something else"
        holding = [held for held in in_clauses if value in held]
        others = set().union(*in_clauses) - {value}
        if holding and set().union(*holding) == {value} and _has_rival(clauses, in_clauses, others, values):
            return f"quantity {value} of something else"
    return None


def _coordinated(clause: str) -> list[str]:
    """A clause divided at *och* where each part has a name and a number (*A sedan 1974 och B sedan 1949*)."""
    parts = re.split(r"\s(?:och|samt|and)\s", clause)
    complete = all(quantities(part) and any(names_in_claim(part)) for part in parts)
    return parts if complete else [clause]


def _has_rival(pieces: Sequence[str], found: Sequence[set[str]], anchors: set[str], values: set[str]) -> bool:
    """Whether a piece that holds one of the anchors has a number that the claim has not."""
    return any(
        held & anchors and {quantity.value for quantity in quantities(piece)} - values
        for piece, held in zip(pieces, found, strict=True)
    )


def _anchors_in(clause: str, anchors: set[str]) -> set[str]:
    present = {bare(word) for word in words(clause)} | {quantity.value for quantity in quantities(clause)}
    return anchors & present
