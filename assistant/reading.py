"""What the reader makes of an evidence unit and of the passage that it stands in."""

import math
from collections.abc import Sequence

from assistant.evidence import Unit
from vectorstore.reader import logit

_LARGEST_LOGIT = 6.0
_LEAST_SHARE = 0.01


def read_features(unit: Unit) -> dict[str, float]:
    """What the reader makes of the passage and of the unit in it; a passage that it did not read holds no answer."""
    reading = unit.hit.reading
    if reading is None or reading.answerability is None:
        return {
            "answerable": -_LARGEST_LOGIT,
            "relevant": -_LARGEST_LOGIT,
            "held": 0.0,
            "focus": math.log(_LEAST_SHARE),
        }
    held = share_held(unit)
    return {
        "answerable": logit(reading.answerability, _LARGEST_LOGIT),
        "relevant": logit(reading.relevance, _LARGEST_LOGIT),
        "held": held,
        "focus": math.log(max(held, _LEAST_SHARE)),
    }


def relevance_shares(units: Sequence[Unit]) -> list[float]:
    """For each unit, the share of its passage in the relevance that the reader gives to all of their passages."""
    given = {
        (hit.chunk.document, hit.chunk.start): hit.reading.relevance
        for hit in (unit.hit for unit in units)
        if hit.reading is not None and hit.reading.answerability is not None
    }
    total = sum(given.values()) + _LEAST_SHARE
    return [given.get((unit.document, unit.hit.chunk.start), 0.0) / total for unit in units]


def share_held(unit: Unit) -> float:
    """Share of the places where the reader sees the answer begin or end that lie in a unit; 0 without a reader."""
    reading, begin = unit.hit.reading, unit.hit.chunk.start
    if reading is None:
        return 0.0
    return sum(
        place.share
        for place in reading.places
        if any(start < begin + place.end and begin + place.start < end for start, end in unit.spans)
    )
