"""Recognise in a question an organisation that has no document here."""

import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from vectorstore.analyse import fold
from vectorstore.names import bare, swedish_name
from vectorstore.organisations import apart, bodies_named, opens_sentence, organisations_named
from vectorstore.places import county_names, place_key, place_names, word_names

SURE = 0.5
"""From which sureness on a question counts as being about an organisation without documents."""

_WORD = re.compile(r"[^\W\d_]+(?:-[^\W\d_]+)*")
_CAPITAL_AFTER = re.compile(r"\s+[A-ZÅÄÖ]")
_CAPITAL_BEFORE = re.compile(r"\w\s+[A-ZÅÄÖ]\w+\s+$")
_FORM = re.compile(r"(?:\s+|^)(?:kommun|stad|region|lan|city|municipality|county)s?\b")
_FORM_BEFORE = re.compile(r"\b(?:region|city of|municipality of|lansstyrelsen i)\s+$")
_WITH_PARTNER = re.compile(
    r"\b(?:med|till|från|fran|mot|av|efter|som|än|an|with|to|from|by|than|like)\s+(?:the\s+)?(?:city of\s+)?$"
)
_AT_PLACE = re.compile(r"\b(?:i|in|på|at|vid|near)\s+(?:the\s+)?(?:city of\s+)?$")
_HAPPENS = re.compile(
    r"\b(?:hölls|holls|ägde rum|arrangerades|anordnades|ligger|låg|sitter|resa\w*|reste|besök\w*|möte\w*|konferens\w*|"
    r"held|took place|located|trip|visit\w*|meeting|conference|travel\w*)\b"
)
_COMPARES = re.compile(r"jämför|jamfor|skilj|skillnad|respektive|compar|differ")
_JOINED = re.compile(r"(?:\b(?:och|respektive|eller|mot|med|and|or|versus|to|with|än|than)\s+|,\s*)(?:the\s+)?$")


@dataclass(frozen=True, slots=True)
class Stranger:
    """An organisation that a question is about and that has no document here.

    Attributes:
        name: As the question says it, without genitive; for a place alone, the place's name.
        sureness: 0 to 1. By its form (*Uppsala kommun*) it is surer than by a place alone (*Uppsala*), and as what a
            question is about surer than as somebody's partner or the place of an event.
    """

    name: str
    sureness: float


def find_strangers(question: str, organisations: Sequence[str]) -> list[Stranger]:
    """Organisations without a document here that a question names, surest first.

    Beside an organisation that is here another is a partner (*Vad gör Malmö tillsammans med Köpenhamns kommun?*),
    unless the question compares the two.

    Args:
        question: As asked.
        organisations: Names of those that have documents here.
    """
    here = organisations_named(question, organisations)
    found: dict[frozenset[str], Stranger] = {}
    for name, start, by_form in _mentions(question, organisations):
        sureness = _sureness(fold(question[:start]), fold(question), by_form, beside=bool(here))
        if place_key(name) in county_names() and not by_form and sureness < 0.7:
            continue  # a stretch of land, unless it is what the question is about
        key = apart(name)
        if sureness and (key not in found or found[key].sureness < sureness):
            found[key] = Stranger(name, sureness)
    return sorted(found.values(), key=lambda stranger: -stranger.sureness)


def _mentions(question: str, organisations: Sequence[str]) -> Iterator[tuple[str, int, bool]]:
    """Names with their offsets, and whether a form stands beside them; not those of organisations that are here."""
    bodies = bodies_named(question)
    for body in bodies:
        if not any(body.may_be(name) for name in organisations):
            yield body.name, body.start, True
    here = {word for name in organisations for word in apart(name)}
    for name, start, end in _places(question):
        if not any(body.start <= start < body.end for body in bodies) and not apart(name) & here:
            form = _FORM.match(fold(question[end:])) or _FORM_BEFORE.search(fold(question[:start]))
            yield name, start, form is not None


def _places(question: str) -> Iterator[tuple[str, int, int]]:
    """Known places in a question: with a capital, or in a question that has none."""
    found = list(_WORD.finditer(question))
    typed_plainly = question[1:] == question[1:].lower()
    taken = -1
    for first, match in enumerate(found):
        for count in (2, 1):
            run = found[first : first + count]
            key = " ".join(swedish_name(bare(part.group())) for part in run)
            if len(run) < count or match.start() < taken or key not in place_names():
                continue
            start, end = match.start(), run[-1].end()
            if (match.group()[0].isupper() or typed_plainly) and not (
                key in word_names() and _is_other_word(question, start, end, typed_plainly)
            ):
                taken = end
                yield place_names()[key], start, end
                break


def _is_other_word(question: str, start: int, end: int, typed_plainly: bool) -> bool:
    """Whether a word that is a place's name as well means something else: *vara*, *Mark* that opens, *Nora Berg*."""
    if _FORM.match(fold(question[end:])):
        return False
    return (
        typed_plainly
        or opens_sentence(question, start)
        or bool(_CAPITAL_AFTER.match(question[end:]) or _CAPITAL_BEFORE.search(question[:start]))
    )


def _sureness(before: str, question: str, by_form: bool, *, beside: bool) -> float:
    """By what stands before a name."""
    if beside:
        if _COMPARES.search(question) and _JOINED.search(before):
            return 0.8 if by_form else 0.6
        return 0.2 if by_form else 0.0
    if _WITH_PARTNER.search(before) and not _COMPARES.search(question):
        return 0.2 if by_form else 0.0
    if _AT_PLACE.search(before):
        if _HAPPENS.search(question):
            return 0.2 if by_form else 0.0
        return 0.8 if by_form else 0.5
    return 0.95 if by_form else 0.7
