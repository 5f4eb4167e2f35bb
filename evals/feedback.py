"""Turn what readers thought of answers into questions to ask again.

Reads `feedback.jsonl` of the data folder: one JSON object a line with `id`, `time`, `answer_id`, `question`, `history`,
`verdict` (`useful` or `not_useful`), `reason`, `comment` and `answer`, the answer as `ask --json` prints it.
"""

from collections.abc import Iterable
from pathlib import Path
from typing import Any, Literal

from pydantic import BaseModel, ConfigDict

from assistant.answers import AnswerStatus
from evals.cases import Case, EarlierQuestion, GoldPage
from evals.errors import QuestionFileError
from evals.jsonl import read_models

FEEDBACK = "feedback.jsonl"


class _Line(BaseModel):
    # Whoever keeps feedback may keep more of it.
    model_config = ConfigDict(frozen=True, extra="ignore")


class _Turn(_Line):
    question: str


class _Citation(_Line):
    document: str
    page: int
    quote: str


class _Answer(_Line):
    status: AnswerStatus
    language: str = ""
    citations: tuple[_Citation, ...] = ()


class Feedback(_Line):
    """What a reader thought of one answer."""

    id: str
    answer_id: str
    question: str
    history: tuple[_Turn, ...] = ()
    verdict: Literal["useful", "not_useful"]
    reason: str | None = None
    comment: str | None = None
    answer: _Answer


def read_feedback(data: Path) -> list[Feedback]:
    """The feedback of a data folder, oldest first; of what was said of one answer the last counts.

    Raises:
        QuestionFileError: There is none, or it is damaged.
    """
    path = data / FEEDBACK
    if not path.exists():
        raise QuestionFileError(f"{path}: there is none yet; readers give it below the answers of the chat")
    lines = read_models(path, Feedback, lambda line: line.id, QuestionFileError)
    return list({line.answer_id: line for line in lines}.values())


def questions_of(feedback: Iterable[Feedback]) -> list[tuple[Case, str]]:
    """A question for each that was judged, once, with a note for the person who reviews it.

    A useful answer says what is expected: its sources, pages and quotes, or that there is no answer. One that was not
    useful says only what to ask; what is right stands in no file yet, and is for the reviewer to write.
    """
    latest = {(_folded(one.question), *(_folded(turn.question) for turn in one.history)): one for one in feedback}
    return [(_as_case(f"f{number:03}", one), _note(one)) for number, one in enumerate(latest.values(), start=1)]


def _as_case(identifier: str, one: Feedback) -> Case:
    expected: dict[str, Any] = {}
    if one.verdict == "useful" and one.answer.status in (AnswerStatus.ANSWERED, AnswerStatus.PARTIAL):
        cited = one.answer.citations
        expected = {
            "answerable": True,
            "sources": tuple(dict.fromkeys(citation.document for citation in cited)),
            "pages": tuple(
                GoldPage(source=document, page=page)
                for document, page in dict.fromkeys((citation.document, citation.page) for citation in cited)
            ),
            "quotes": tuple(dict.fromkeys(quote for one in cited if (quote := " ".join(one.quote.split())))),
        }
    elif one.verdict == "useful" and one.answer.status is AnswerStatus.NOT_FOUND:
        expected = {"answerable": False}
    return Case(
        id=identifier,
        question=one.question,
        lang=one.answer.language if one.answer.language in ("sv", "en") else None,
        kind="feedback",
        history=tuple(EarlierQuestion(question=turn.question) for turn in one.history),
        **expected,
    )


def _note(one: Feedback) -> str:
    said = ", ".join(filter(None, (one.verdict.replace("_", " "), one.reason, one.comment)))
    return f"{said} ({one.answer.status.value})"


def _folded(text: str) -> str:
    return " ".join(text.casefold().split()).rstrip(" ?.!")
