"""Score evidence units against a question: what they cover of it, how near they are, whether they hold what it asks for."""

import re
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass

from assistant.evidence import Unit, UnitKind
from assistant.scope import is_named, without_set
from assistant.understand import Kind, Question
from ingest.document import Document, Field
from vectorstore.analyse import fold, query_terms, stem, words

_NUMBER_WORDS = (
    r"två|tre|fyra|fem|sex|sju|åtta|nio|tio|elva|tolv|tjugo|trettio|fyrtio|femtio|sextio|hundra\w*|tusen\w*|hälften|"
    r"tredjedel\w*|fjärdedel\w*|dubbel\w*|fördubbla\w*|halvera\w*|två|one|two|three|four|five|six|seven|eight|nine|ten|"
    r"twelve|twenty|hundred|thousand|half|third|quarter"
)
_MONTHS = (
    r"januari|februari|mars|april|maj|juni|juli|augusti|september|oktober|november|december|"
    r"january|february|march|may|june|july|august|october"
)
_NUMBER = re.compile(rf"\d+(?:[ .,]\d+)*|\b(?:{_NUMBER_WORDS})\b", re.IGNORECASE)
_AMOUNT = re.compile(
    r"\d[\d ., ]*\s*(?:%|procent|percent|kr\b|kronor|mkr|tkr|mnkr|miljon\w*|miljard\w*|million|billion|euro|sek\b|öre)|[€$]\s*\d",
    re.IGNORECASE,
)
_DATE = re.compile(
    rf"\b(?:19|20)\d\d\b|\b(?:{_MONTHS})\b|\b\d{{1,2}}/\d{{1,2}}\b|tills ?vidare|until further notice|årligen|varje år|annually|"
    r"\b(?:vecka|veckor|månad\w*|år|week\w*|month\w*|year\w*)\b",
    re.IGNORECASE,
)
_PERSON = re.compile(
    r"[A-ZÅÄÖ][\w-]+ [A-ZÅÄÖ][\w-]+|\w*(?:chef|direktör|ordförande|ansvar\w*|nämnd\w*|förvaltning\w*|styrelse\w*|samordnare|"
    r"fullmäktige|kontor\w*|utskott\w*|handläggare|strateg|avdelning\w*|kommun\w*|region\w*|partnerskap\w*|kommitt\w*|sekretariat\w*|"
    r"director|board|committee|office|council|manager|chair\w*|partnership|department|secretariat)\b"
)
_NAME_INSIDE = re.compile(r"(?<![.!?] )(?<!^)\b[A-ZÅÄÖ][\w-]+")

FIELD_WORDS: Mapping[Field, str] = {
    Field.ADOPTED_BY: "antagen antaget antog antogs beslutade beslutat fastställd adopted decided by vem who",
    Field.ADOPTED_ON: "antagen antaget antog antogs beslutades beslutade fastställd klubbad datum adopted date when",
    Field.REFERENCE: "diarienummer dnr ärendenummer beteckning reference number",
    Field.VALID_UNTIL: "giltighetstid giltig gäller kraft länge utgår valid until expires",
    Field.REPLACES: "ersätter ersätts upphäver tidigare replaces superseded",
    Field.RESPONSIBLE: "dokumentansvarig ansvarig ansvarar dokumentet responsible owner",
    Field.REVISED_ON: "reviderad reviderat reviderades senast revised",
}
"""Words with which a reader asks for a fact that a front page states under a label of its own."""


@dataclass(frozen=True, slots=True)
class Scored:
    """An evidence unit with what speaks for it.

    Attributes:
        unit: The unit.
        coverage: Share of the question's information, by inverse document frequency, that it holds; 0 to 1.
        cosine: Cosine of its embedding and the question's.
        typed: Whether it holds the kind of thing asked for (a number, a date, a person ...).
        named: Whether every proper name of the question is in it or above it.
        dated: Whether it or its document speaks of the years asked about.
        score: All of it in one number; higher is better.
    """

    unit: Unit
    coverage: float
    cosine: float
    typed: bool
    named: bool
    dated: bool
    score: float


@dataclass(frozen=True, slots=True)
class Term:
    """An informative word of a question."""

    alternatives: tuple[str, ...]
    weight: float


def weigh_terms(question: Question, idf: Callable[[tuple[str, ...]], float]) -> list[Term]:
    """The question's terms with the information that each carries; what only the earlier question says counts half."""
    own = query_terms(without_set(question.text))
    carried = [term for term in query_terms(question.standalone) if term not in own]
    return [Term(term, max(idf(term), 0.3)) for term in own] + [Term(term, max(idf(term), 0.3) / 2) for term in carried]


def score_units(
    question: Question,
    terms: Sequence[Term],
    units: Sequence[Unit],
    documents: Mapping[str, Document],
    cosines: Sequence[float],
) -> list[Scored]:
    """Score evidence units and rank them.

    Args:
        question: The question.
        terms: Its weighted terms.
        units: The units.
        documents: The documents they come from, by identifier.
        cosines: Cosine of each unit, or of the passage that it stands in, to the question.

    Returns:
        Best first.
    """
    scored = [
        _score(question, terms, unit, documents[unit.document], cosine)
        for unit, cosine in zip(units, cosines, strict=True)
    ]
    return sorted(scored, key=lambda entry: (-entry.score, entry.unit.document, entry.unit.spans))


def _score(question: Question, terms: Sequence[Term], unit: Unit, document: Document, cosine: float) -> Scored:
    organisation = document.fact(Field.ORGANISATION) or ""
    above = " ".join((document.title, organisation, document.id, *unit.headings, _field_words(unit, document)))
    coverage = _coverage(terms, unit.text, above, unit.hit.chunk.text)
    everything = f"{unit.text} {above} {unit.hit.chunk.text}"
    typed = holds(question.kind, unit, question.text)
    named = all(is_named(name, everything) for name in _names_required(question, organisation))
    dated = _is_dated(question.years, unit, document)
    nearness = min(max((cosine - 0.76) / 0.14, 0.0), 1.2)
    score = 0.5 * coverage + 0.5 * nearness + 0.15 * typed + 0.1 * named + 0.1 * dated
    if question.kind == Kind.LIST and unit.kind == UnitKind.LIST:
        score += 0.12
    return Scored(unit, coverage, cosine, typed, named, dated, score)


def _names_required(question: Question, organisation: str) -> list[str]:
    """The question's names but for those of other organisations that it asks about as well."""
    if organisation not in question.organisations:
        return list(question.names)
    others = [name for name in question.organisations if name != organisation]
    return [name for name in question.names if not any(is_named(name, other) for other in others)]


def _coverage(terms: Sequence[Term], text: str, above: str, around: str) -> float:
    inside, over, near = _stems(text), _stems(above), _stems(around)
    total = sum(term.weight for term in terms)
    if not total:
        return 0.0
    found = 0.0
    for term in terms:
        found += term.weight * max(
            _matches(term, inside), 0.8 * _matches(term, over), 0.4 * _matches(term, near)
        )
    return found / total


def _matches(term: Term, stems: frozenset[str]) -> float:
    """1 where a word has the term's stem, 0.7 where it is a compound with it or a part of it, else 0."""
    if any(alternative in stems for alternative in term.alternatives):
        return 1.0
    plain = term.alternatives[0]
    if len(plain) >= 5 and any(
        len(other) >= 5 and other != plain and (other.startswith(plain) or other.endswith(plain) or plain.startswith(other) or plain.endswith(other))
        for other in stems
    ):
        return 0.7
    return 0.0


def _stems(text: str) -> frozenset[str]:
    stems: set[str] = set()
    for word in words(text):
        stems.add(stem(word, "sv"))
        stems.add(stem(word, "en"))
        folded = fold(word)
        stems.add("_" + stem(folded, "sv"))
    return frozenset(stems)


def _field_words(unit: Unit, document: Document) -> str:
    """What a reader would call the front-page facts that a unit states."""
    start, end = unit.spans[0][0], unit.spans[-1][1]
    return " ".join(
        FIELD_WORDS.get(fact.field, "")
        for fact in document.facts
        if fact.start is not None and fact.end is not None and fact.start < end and fact.end > start and end - start < 300
    )


def holds(kind: Kind, unit: Unit, question: str) -> bool:
    """Whether a unit holds the kind of thing that a question asks for, beyond what the question itself says."""
    text = unit.text
    if kind == Kind.NUMBER:
        return any(not _in_question(match.group(), question) for match in _NUMBER.finditer(text))
    if kind == Kind.AMOUNT:
        return bool(_AMOUNT.search(text))
    if kind == Kind.DATE:
        return any(not _in_question(match.group(), question) for match in _DATE.finditer(text))
    if kind == Kind.PERSON:
        return bool(_PERSON.search(text))
    if kind == Kind.PLACE:
        return any(fold(match.group()) not in fold(question) for match in _NAME_INSIDE.finditer(text))
    return True


def _in_question(value: str, question: str) -> bool:
    return value.lower() in list(words(question)) or value in question


def _is_dated(years: Sequence[int], unit: Unit, document: Document) -> bool:
    """Whether a unit speaks of one of the years: by its own words, else by the headings or period of its document."""
    if not years:
        return True
    wanted = {str(year) for year in years}
    own = set(re.findall(r"\b(?:19|20)\d\d\b", unit.text))
    if own & wanted:
        return True
    above = set(re.findall(r"(?:19|20)\d\d", " ".join((document.title, document.id, *unit.headings))))
    period = document.fact(Field.PERIOD) or ""
    return bool(above & wanted) or period in wanted
