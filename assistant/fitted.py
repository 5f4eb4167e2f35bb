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
    held: float = 0.0
    focus: float = 0.0


@dataclass(frozen=True, slots=True)
class Model:
    """A logistic model over features, as `evals.calibrate` fits it.

    Attributes:
        weights: Of each feature, and the `bias`.
        threshold: The probability under which a unit is not told as an answer.
    """

    weights: Mapping[str, float]
    threshold: float

    def probability(self, features: Features) -> float:
        """The probability that a unit answers."""
        values = asdict(features)
        known = {name: weight for name, weight in self.weights.items() if name != "bias"}
        total = self.weights["bias"] + sum(weight * values[name] for name, weight in known.items())
        return 1 / (1 + math.exp(-total))


def model_for(units: Sequence[Unit]) -> Model:
    """The model for evidence that a reader has read, or for evidence that none has."""
    read = any(unit.hit.reading is not None and unit.hit.reading.answerability is not None for unit in units)
    return _models()["read" if read else "unread"]


@cache
def _models() -> dict[str, Model]:
    fitted: dict[str, Any] = json.loads(files("assistant").joinpath("weights.json").read_text("utf-8"))
    return {name: Model(entry["weights"], float(entry["threshold"])) for name, entry in fitted.items()}
