"""Ask one case: the earlier questions of its conversation first; with what it took."""

import time
from collections.abc import Sequence
from dataclasses import asdict, dataclass, field, replace
from typing import Any, Protocol

from assistant.answers import Answer, AnswerStatus, Turn
from assistant.stages import timed_stages
from evals.cases import Case


class Answerer(Protocol):
    """What answers the questions."""

    def ask(self, question: str, history: Sequence[Turn] = (), *, answer_id: str | None = None) -> Answer:
        """One answer, given the turns before the question."""
        ...


@dataclass(frozen=True, slots=True)
class Effort:
    """What an answer took, the earlier questions of its conversation not counted.

    Attributes:
        id: The case's.
        stages: Seconds of each stage, by name.
        model_calls: How often a language model was asked.
        input_tokens: What those read, as far as their servers tell.
        output_tokens: What those wrote.
    """

    id: str
    stages: dict[str, float] = field(default_factory=dict)
    model_calls: int = 0
    input_tokens: int = 0
    output_tokens: int = 0

    def as_json(self) -> dict[str, Any]:
        """The object of a line of `effort.jsonl`."""
        return asdict(self) | {"stages": {name: round(seconds, 4) for name, seconds in self.stages.items()}}


@dataclass(frozen=True, slots=True)
class Asked:
    """An answer, and what it took."""

    answer: Answer
    effort: Effort


def ask_case(case: Case, answerer: Answerer) -> Asked:
    """The answer to a case. One that raises is an answer with status `failed`: one question must not end a batch."""
    began = time.perf_counter()
    turns: list[Turn] = []
    with timed_stages() as stages:
        try:
            for position, earlier in enumerate(case.history, start=1):
                before = answerer.ask(earlier.question, tuple(turns), answer_id=f"{case.id}.{position}")
                turns.append(Turn(earlier.question, before.text))
            stages.clear()
            answer = answerer.ask(case.question, tuple(turns), answer_id=case.id)
        except Exception as problem:
            answer = failed_answer(case, f"{type(problem).__name__}: {problem}", time.perf_counter() - began)
    return Asked(replace(answer, id=case.id), Effort(case.id, stages, **model_use(answer)))


def failed_answer(case: Case, reason: str, seconds: float = 0.0) -> Answer:
    """What stands in the place of an answer that did not come."""
    return Answer(
        id=case.id,
        question=case.question,
        standalone_question=case.question,
        language=case.lang or "",
        status=AnswerStatus.FAILED,
        text=reason,
        seconds=seconds,
        model="",
    )


def model_use(answer: Answer) -> dict[str, int]:
    """Calls and tokens that an answer says it took, where it says so."""
    writing = answer.writing
    return {
        "model_calls": writing.calls,
        "input_tokens": writing.input_tokens or 0,
        "output_tokens": writing.output_tokens or 0,
    }
