"""Score evidence units: what they cover of a question, how near they are, whether they hold what it asks for."""

import math
import re
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, replace

from assistant.evidence import Unit, UnitKind
from assistant.facts import fields_asked, is_meant
from assistant.fitted import Features, grounds_for, model_for
from assistant.reading import read_features, relevance_shares
from assistant.understand import Kind, Question
from assistant.values import holds
from ingest.document import Document, Fact, Field
from vectorstore.analyse import fold, query_terms, stem, words
from vectorstore.names import is_named
from vectorstore.organisations import without_set

_COMPARED = re.compile(
    r"(?:\b(?<!senare )(?<!tidigare )(?<!later )(?<!earlier )(?:än|than)|gentemot|"
    r"(?:ökning|minskning|ökat|minskat|jämfört|compared|increase|decrease) (?:mot|med|från|with|to|from|on|over))"
    r"(?: (?:under|i|in|for|de|the))?(?: år(?:et)?)? ((?:19|20)\d\d)\b",
    re.IGNORECASE,
)
"""A year that is only what another is compared with (*fler än 2021*)."""

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
    """An evidence unit with the calibrated probability that it answers the question.

    Attributes:
        unit: The unit.
        features: What speaks for and against it.
        probability: From 0 to 1, by the logistic model in `weights.json`.
        certainty: Probability that there is an answer, were this unit the best evidence for one; by the second model.
    """

    unit: Unit
    features: Features
    probability: float
    certainty: float


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
    if not units:
        return []
    mean = sum(cosines) / len(cosines)
    asked_of_several = len(question.organisations) > 1
    rivals = [documents[unit.document].fact(Field.ORGANISATION) if asked_of_several else None for unit in units]
    best = _best(rivals, [unit.hit.score for unit in units])
    judged = [
        _features(question, terms, unit, documents[unit.document], cosine, mean, best[rival])
        for unit, cosine, rival in zip(units, cosines, rivals, strict=True)
    ]
    fullest = _best(rivals, [features.coverage for features in judged])
    shares = relevance_shares(units)
    together = model_for(units)
    judged = [
        replace(known, fullest=float(0 < known.coverage == fullest[rival]), share=share)
        for known, rival, share in zip(judged, rivals, shares, strict=True)
    ]
    # More passages are found for several organisations than are read; each is judged by what is known of it.
    models = [model_for([unit]) if asked_of_several else together for unit in units]
    probabilities = [model.probability(features) for model, features in zip(models, judged, strict=True)]
    scored = [
        Scored(unit, features, probability, model.certainty(grounds_for(features, probability, probabilities)))
        for unit, features, probability, model in zip(units, judged, probabilities, models, strict=True)
    ]
    return sorted(scored, key=lambda entry: (-entry.probability, entry.unit.document, entry.unit.spans))


def _best(rivals: Sequence[str | None], values: Sequence[float]) -> dict[str | None, float]:
    """The greatest value among those that compete with each other."""
    best: dict[str | None, float] = {}
    for rival, value in zip(rivals, values, strict=True):
        best[rival] = max(best.get(rival, value), value)
    return best


def answer_threshold(scored: Sequence[Scored]) -> float:
    """The certainty under which none of these evidence units is told as an answer."""
    return model_for([entry.unit for entry in scored]).threshold


def _features(
    question: Question, terms: Sequence[Term], unit: Unit, document: Document, cosine: float, mean: float, best: float
) -> Features:
    organisation = document.fact(Field.ORGANISATION) or ""
    above = " ".join((document.title, organisation, document.id, *unit.headings, _field_words(unit, document)))
    everything = f"{unit.text} {above} {unit.hit.chunk.text}"
    inside, over, near = _stems(unit.text), _stems(above), _stems(unit.hit.chunk.text)
    total = sum(term.weight for term in terms) or 1.0
    matches = [
        (term.weight / total, _matches(term, inside), _matches(term, over), _matches(term, near)) for term in terms
    ]
    own = sum(weight * match for weight, match, _, _ in matches)
    nearness = (cosine - 0.85) / 0.05
    foreign = (document.fact(Field.LANGUAGE) or "sv") != question.language
    size = len(unit.text.split())
    return Features(
        coverage=sum(weight * max(match, 0.8 * title, 0.4 * around) for weight, match, title, around in matches),
        fullest=0.0,  # known when all are
        inside=own,
        row_inside=own * (unit.kind == UnitKind.ROW),
        missing=max((weight for weight, *found in matches if not any(found)), default=0.0),
        nearness=nearness,
        lead=(cosine - mean) / 0.05,
        passage=unit.hit.score - best,
        first=float(unit.hit.score == best),
        typed=float(holds(question.kind, unit, question.text)),
        explains=float(question.kind in (Kind.REASON, Kind.EXPLANATION)),
        asked=float(_states_field(question, unit, document)),
        named=float(all(is_named(name, everything) for name in names_required(question, organisation))),
        dated=float(_is_dated(question.years, unit, document)),
        foreign=float(foreign),
        foreign_nearness=nearness * foreign,
        foreign_inside=own * foreign,
        listed=float(question.kind == Kind.LIST and unit.kind == UnitKind.LIST),
        unlisted=float(question.kind != Kind.LIST and unit.kind == UnitKind.LIST),
        long=math.log(max(size, 1) / 20),
        short=float(size < 5),
        **read_features(unit),
    )


def _states_field(question: Question, unit: Unit, document: Document) -> bool:
    """Whether a unit is the line of a document that states what the question asks of it."""
    fields = fields_asked(question)
    return (
        bool(fields)
        and any(fact.field in fields for fact in _facts_stated(unit, document))
        and is_meant(question, document)
    )


def _facts_stated(unit: Unit, document: Document) -> list[Fact]:
    """The document's facts that stand in a short unit."""
    if sum(end - start for start, end in unit.spans) > 300:
        return []
    return [
        fact
        for fact in document.facts
        if fact.start is not None and any(start <= fact.start < end for start, end in unit.spans)
    ]


def names_required(question: Question, organisation: str) -> list[str]:
    """The question's names but for those of other organisations that it asks about as well."""
    if organisation not in question.organisations:
        return list(question.names)
    others = [name for name in question.organisations if name != organisation]
    return [name for name in question.names if not any(is_named(name, other) for other in others)]


def _matches(term: Term, stems: frozenset[str]) -> float:
    """1 where a word has the term's stem, 0.7 where it is a compound with it or a part of it, else 0."""
    if any(alternative in stems for alternative in term.alternatives):
        return 1.0
    plain = term.alternatives[0]
    if len(plain) >= 5 and any(
        len(other) >= 5
        and other != plain
        and (other.startswith(plain) or other.endswith(plain) or plain.startswith(other) or plain.endswith(other))
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
    return " ".join(FIELD_WORDS.get(fact.field, "") for fact in _facts_stated(unit, document))


def _is_dated(years: Sequence[int], unit: Unit, document: Document) -> bool:
    """Whether a unit speaks of one of the years: by its own words, else by the headings or period of its document."""
    if not years:
        return True
    wanted = {str(year) for year in years}
    compared = set(_COMPARED.findall(unit.text))
    own = set(re.findall(r"\b(?:19|20)\d\d\b", unit.text)) - compared
    if own & wanted:
        return True
    if compared & wanted:
        return False
    above = set(re.findall(r"(?:19|20)\d\d", " ".join((document.title, document.id, *unit.headings))))
    period = document.fact(Field.PERIOD) or ""
    return bool(above & wanted) or period in wanted
