"""What speaks for and against an evidence unit, and the logistic models that weigh it."""

import json
import math
from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass
from functools import cache
from importlib.resources import files
from typing import Any

from assistant.evidence import Unit


@dataclass(frozen=True, slots=True)
class Features:
    """What speaks for and against an evidence unit as the answer to a question. Booleans are 0 or 1.

    Attributes:
        coverage: Share of the question's information, by inverse document frequency, that the unit holds, with less for
            what only stands above it or around it.
        fullest: Whether no other unit that it competes with has more coverage.
        inside: The same for the unit's own words alone.
        row_inside: `inside` where it is a row of a table, of which a reader trained on prose makes little.
        missing: Share of the question's information in the most informative word that is nowhere near the unit.
        nearness: Cosine of question and unit, or of the passage it stands in, less 0.85, in units of 0.05.
        lead: By how much that exceeds the mean of the units read, in units of 0.05.
        passage: Fused score of the passage it stands in, less that of the best passage.
        first: Whether it stands in the best passage.
        typed: Whether it holds the kind of thing asked for (a number, a date, a person ...).
        explains: Whether a reason or an explanation is asked for.
        asked: Whether it states a fact of the document itself that the question asks for.
        named: Whether every proper name of the question is in it or near it.
        dated: Whether it or its document speaks of the years asked about.
        foreign: Whether it is in another language than the question.
        foreign_nearness: `nearness` where it is.
        foreign_inside: `inside` where it is.
        listed: Whether it is a list and one is asked for.
        unlisted: Whether it is a list and none is asked for.
        long: Natural logarithm of its words over 20.
        short: Whether it has fewer than five words.
        answerable: Logit of the reader's probability that the passage answers; 0 without a reader, as all that follows.
        relevant: Logit of the relevance that the reader gives the passage.
        share: Share of the passage in the relevance that the reader gives to all passages.
        held: Share of the places where the reader sees the answer begin or end that lie in the unit.
        focus: Natural logarithm of that share, from 0.01.
    """

    coverage: float
    fullest: float
    inside: float
    row_inside: float
    missing: float
    nearness: float
    lead: float
    passage: float
    first: float
    typed: float
    explains: float
    asked: float
    named: float
    dated: float
    foreign: float
    foreign_nearness: float
    foreign_inside: float
    listed: float
    unlisted: float
    long: float
    short: float
    answerable: float = 0.0
    relevant: float = 0.0
    share: float = 0.0
    held: float = 0.0
    focus: float = 0.0


@dataclass(frozen=True, slots=True)
class Grounds:
    """What speaks for there being an answer, were one unit the best evidence for it.

    What tells the best of some units is not what tells whether any of them answers: a passage may be about the very
    thing asked and leave out the one detail.

    Attributes:
        probability: Logit of the unit's probability.
        any: Logit of the chance that one at least of the likeliest units answers, were they independent.
        answerable, relevant, missing, typed, explains, nearness, foreign: As in `Features`. Not `inside`: of questions
            written to deceive the words stand in a passage more often than of others, and a fit would hold its words
            against a question.
        list: Whether the unit is a list.
    """

    probability: float
    any: float
    answerable: float
    relevant: float
    missing: float
    typed: float
    explains: float
    nearness: float
    foreign: float
    list: float


_LIKELIEST = 4
"""How many units `Grounds.any` is about."""

_SMALLEST = 0.003
"""Probabilities nearer to 0 or 1 than this are alike."""


def grounds_for(features: Features, probability: float, probabilities: Sequence[float]) -> Grounds:
    """The grounds that one unit gives, among others with these probabilities."""
    likeliest = sorted(probabilities, reverse=True)[:_LIKELIEST]
    return Grounds(
        probability=_logit(probability),
        any=_logit(1 - math.prod(1 - other for other in likeliest)),
        answerable=features.answerable,
        relevant=features.relevant,
        missing=features.missing,
        typed=features.typed,
        explains=features.explains,
        nearness=features.nearness,
        foreign=features.foreign,
        list=features.listed + features.unlisted,
    )


def _logit(probability: float) -> float:
    kept = min(max(probability, _SMALLEST), 1 - _SMALLEST)
    return math.log(kept / (1 - kept))


@dataclass(frozen=True, slots=True)
class Model:
    """Two logistic models, as `evals.calibrate` fits them.

    Attributes:
        weights: Of each of `Features`, and the `bias`: which unit answers.
        grounds: Of each of `Grounds`, and the `bias`: whether any does.
        threshold: The certainty under which no unit is told as an answer.
    """

    weights: Mapping[str, float]
    grounds: Mapping[str, float]
    threshold: float

    def probability(self, features: Features) -> float:
        """The probability that a unit answers."""
        return _logistic(self.weights, asdict(features))

    def certainty(self, grounds: Grounds) -> float:
        """The probability that there is an answer."""
        return _logistic(self.grounds, asdict(grounds))


def _logistic(weights: Mapping[str, float], values: Mapping[str, float]) -> float:
    total = weights["bias"] + sum(weight * values[name] for name, weight in weights.items() if name != "bias")
    return 1 / (1 + math.exp(-total))


def model_for(units: Sequence[Unit]) -> Model:
    """The model for evidence that a reader has read, or for evidence that none has."""
    return model_of(any(unit.hit.reading is not None and unit.hit.reading.answerability is not None for unit in units))


def model_of(read: bool) -> Model:
    """The model for evidence that a reader has read, or for other evidence."""
    return _models()["read" if read else "unread"]


@cache
def _models() -> dict[str, Model]:
    fitted: dict[str, Any] = json.loads(files("assistant").joinpath("weights.json").read_text("utf-8"))
    return {
        name: Model(entry["weights"], entry["grounds"], float(entry["threshold"])) for name, entry in fitted.items()
    }
