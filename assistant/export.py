"""A conversation as it is saved: what Word, PDF and Markdown have in common."""

import re
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date

from assistant.answer_parts import Part, answer_parts
from assistant.answers import Answer
from assistant.references import Records, Reference, markdown_answer, references_of
from assistant.ui_state import Exchange, Phase
from assistant.ui_text import Texts

_NO_XML = re.compile("[^\t\n\r\u0020-\ud7ff\ue000-\ufffd\U00010000-\U0010ffff]")


@dataclass(frozen=True, slots=True)
class Saved:
    """A question with its answer, as it is saved.

    Attributes:
        question: As asked.
        status: How it ended, in words.
        language: Of the answer.
        parts: The answer's paragraphs and lists.
        notes: Number of the footnote and the reference in it, by the answer's markers. Numbers go on from answer to
            answer.
    """

    question: str
    status: str
    language: str
    parts: tuple[Part, ...]
    notes: dict[int, tuple[int, Reference]]


def saved_answers(exchanges: Sequence[Exchange], records: Records, texts: Texts) -> list[Saved]:
    """The complete answers of a conversation, with their footnotes numbered throughout."""
    saved, number = [], 0
    for answer in complete_answers(exchanges):
        notes = {}
        parts = tuple(answer_parts(answer))
        references = {reference.marker: reference for reference in references_of(answer, records, texts)}
        for marker in (run.marker for part in parts for line in part.lines for run in line):
            if marker is not None and marker not in notes:
                number += 1
                notes[marker] = (number, references[marker])
        status = texts.export_status.format(status=texts.statuses[answer.status].lower())
        saved.append(Saved(" ".join(answer.question.split()), status, answer.language, parts, notes))
    return saved


def complete_answers(exchanges: Sequence[Exchange]) -> list[Answer]:
    """The answers that were not stopped or broken off."""
    return [exchange.answer for exchange in exchanges if exchange.phase == Phase.COMPLETE and exchange.answer]


def conversation_markdown(exchanges: Sequence[Exchange], records: Records, texts: Texts, day: date) -> str:
    """A conversation as Markdown."""
    answers = [markdown_answer(answer, records, texts) for answer in complete_answers(exchanges)]
    made = texts.export_made.format(date=day.isoformat())
    return "\n".join([f"# {texts.export_title}\n", f"{made}\n", *answers])


def without_controls(text: str) -> str:
    """Text without the characters that XML cannot hold."""
    return _NO_XML.sub("", text)
