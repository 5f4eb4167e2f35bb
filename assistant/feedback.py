"""What readers think of answers: one JSON object a line in `feedback.jsonl`, with all that is needed to ask again."""

import json
import uuid
from collections.abc import Sequence
from datetime import UTC, datetime
from enum import StrEnum
from pathlib import Path

from filelock import FileLock, Timeout

from assistant.answers import Answer, Turn
from assistant.errors import AssistantError

FILE = "feedback.jsonl"
MOST_CHARACTERS = 2000
"""A longer comment is cut."""


class Judgement(StrEnum):
    """What a reader may say of an answer."""

    USEFUL = "useful"
    NOT_USEFUL = "not_useful"


class Reason(StrEnum):
    """Why an answer was not useful."""

    WRONG = "wrong"
    INCOMPLETE = "incomplete"
    MISSED = "missed"
    SOURCE = "source"
    UNCLEAR = "unclear"
    OTHER = "other"


class FeedbackError(AssistantError):
    """What a reader thinks could not be kept."""


def keep_feedback(
    folder: Path, answer: Answer, history: Sequence[Turn], judgement: Judgement, reason: Reason | None, comment: str
) -> None:
    """Add a line. A later line about the same answer takes the place of an earlier one.

    Args:
        folder: The data folder.
        answer: What was answered; kept whole.
        history: Earlier turns of the conversation.
        judgement: What the reader says of it.
        reason: Why, where it was not useful.
        comment: In the reader's own words; may be empty.

    Raises:
        FeedbackError: The file cannot be written.
    """
    line = {
        "id": uuid.uuid4().hex,
        "time": datetime.now(UTC).isoformat(timespec="seconds"),
        "answer_id": answer.id,
        "question": answer.question,
        "history": [{"question": turn.question, "answer": turn.answer} for turn in history],
        "verdict": judgement.value,
        "reason": reason.value if reason else None,
        "comment": comment.strip()[:MOST_CHARACTERS],
        "answer": answer.as_json(),
    }
    path = folder / FILE
    text = json.dumps(line, ensure_ascii=False) + "\n"
    try:
        folder.mkdir(parents=True, exist_ok=True)
        with FileLock(folder / f".{FILE}.lock", timeout=10), path.open("ab+") as file:
            if file.tell() and not _ends_line(path):
                file.write(b"\n")  # a line that was cut off by a full disk spoils itself only
            file.write(text.encode())
    except (OSError, Timeout) as error:
        raise FeedbackError(
            f"Feedback cannot be added to {path}: {error}. See to it that it can be written."
        ) from error


def _ends_line(path: Path) -> bool:
    with path.open("rb") as file:
        file.seek(-1, 2)
        return file.read(1) == b"\n"
