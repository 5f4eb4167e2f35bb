"""What retrieval asks of a model that reads a question together with a passage."""

import math
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Protocol


@dataclass(frozen=True, slots=True)
class Passage:
    """What a reader is given beside the question.

    Attributes:
        text: The passage.
        context: Title and headings above it, `" > "` between them; may be empty.
    """

    text: str
    context: str = ""


@dataclass(frozen=True, slots=True)
class Place:
    """Where in a passage its answer may begin or end.

    Attributes:
        start: Offset in `Passage.text`.
        end: Offset after the last character.
        share: How likely the answer begins or ends there; over all places of a passage these sum to 1 at most.
    """

    start: int
    end: int
    share: float


@dataclass(frozen=True, slots=True)
class Reading:
    """What a reader makes of one passage.

    Attributes:
        relevance: 0 to 1; higher is better, comparable between the passages of one question.
        answerability: Probability, 0 to 1, that the passage answers the question; None where the reader cannot tell.
        span: Half-open interval of `Passage.text` that answers; None where the reader marks none.
        places: Where else the answer may begin or end, in the order of the text; empty where the reader marks none.
    """

    relevance: float
    answerability: float | None = None
    span: tuple[int, int] | None = None
    places: tuple[Place, ...] = ()


def logit(probability: float, largest: float) -> float:
    """The logit of what a reader tells, cut at `largest` either way."""
    bounded = min(max(probability, 1e-9), 1 - 1e-9)
    return max(-largest, min(largest, math.log(bounded / (1 - bounded))))


class Reader(Protocol):
    """Reads passages with a question in mind, and says how well each fits."""

    @property
    def fingerprint(self) -> str:
        """Identity of model and weights."""

    def read(self, question: str, passages: Sequence[Passage]) -> list[Reading]:
        """One reading for each passage, in their order."""
