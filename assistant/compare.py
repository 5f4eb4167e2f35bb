"""A comparison: the same questions put to several organisations or documents, one short answer for each pair."""

import re
from collections.abc import Sequence
from dataclasses import asdict, dataclass, replace
from enum import StrEnum
from typing import Any

from assistant.answers import Answer, AnswerStatus, Citation, Scope
from assistant.errors import AssistantError

MOST_QUESTIONS = 20
MOST_SUBJECTS = 40
MOST_CELLS = 400
SHORT = 320
"""Characters up to which an answer is shown in a cell; its first statement is shown whole whatever its length."""

_MARKER = re.compile(r"\[(\d+)\]")
_STATEMENT = re.compile(r".+?(?:(?:\s*\[\d+\])+[.,;]?|$)", re.DOTALL)


class ComparisonRefused(AssistantError):
    """A comparison cannot be made of what was chosen.

    Attributes:
        fault: `no_questions`, `no_subjects`, `many_questions`, `many_subjects`, `many_cells` or `long_question`.
        limit: The number that was exceeded, where one was.
    """

    def __init__(self, fault: str, message: str, limit: int = 0) -> None:
        super().__init__(message)
        self.fault = fault
        self.limit = limit


class SubjectKind(StrEnum):
    """What the questions are put to."""

    ORGANISATION = "organisation"
    DOCUMENT = "document"


@dataclass(frozen=True, slots=True)
class Subject:
    """What a column of the comparison is about.

    Attributes:
        kind: All documents of an organisation, or one document.
        key: Name of the organisation, or identifier of the document.
        name: As it is shown.
    """

    kind: SubjectKind
    key: str
    name: str

    @property
    def scope(self) -> Scope:
        """What questions about it are limited to."""
        if self.kind == SubjectKind.DOCUMENT:
            return Scope(documents=(self.key,))
        return Scope(organisations=(self.key,))


class CellState(StrEnum):
    """How far a cell has come."""

    WAITING = "waiting"
    WORKING = "working"
    DONE = "done"
    BROKEN = "broken"


@dataclass(frozen=True, slots=True)
class Cell:
    """One question put to one subject.

    Attributes:
        state: How far it has come.
        answer: The whole answer; None before it is there.
    """

    state: CellState = CellState.WAITING
    answer: Answer | None = None

    @property
    def found(self) -> bool:
        """Whether the documents answer the question, wholly or in part."""
        return self.answer is not None and self.answer.status in (AnswerStatus.ANSWERED, AnswerStatus.PARTIAL)


@dataclass(frozen=True, slots=True)
class Grid:
    """A comparison as it is at a moment.

    Attributes:
        id: Unique, and not to be guessed.
        owner: Whose it is, as `Visitor.user`.
        questions: The rows.
        subjects: The columns.
        cells: Row by row, as many as rows times columns.
        begun_at: UTC, ISO 8601.
        stopped: Whether someone stopped it; what is done stays.
    """

    id: str
    owner: str
    questions: tuple[str, ...]
    subjects: tuple[Subject, ...]
    cells: tuple[Cell, ...]
    begun_at: str
    stopped: bool = False

    def index(self, question: int, subject: int) -> int:
        """Where a cell stands in `cells`."""
        return question * len(self.subjects) + subject

    def cell(self, question: int, subject: int) -> Cell:
        """The cell of a row and a column."""
        return self.cells[self.index(question, subject)]

    def with_cell(self, index: int, cell: Cell) -> "Grid":
        """The grid with another cell."""
        return replace(self, cells=(*self.cells[:index], cell, *self.cells[index + 1 :]))

    @property
    def done(self) -> int:
        """How many cells are done."""
        return sum(cell.state in (CellState.DONE, CellState.BROKEN) for cell in self.cells)

    @property
    def complete(self) -> bool:
        """Whether all are."""
        return self.done == len(self.cells)

    @property
    def under_way(self) -> bool:
        """Whether cells are being filled or will be."""
        if self.stopped:
            return any(cell.state == CellState.WORKING for cell in self.cells)
        return not self.complete

    def as_json(self) -> dict[str, Any]:
        """As it is kept in a file; `read_grid` reads it."""
        return asdict(self)


def check_choice(
    questions: Sequence[str], subjects: Sequence[Subject], longest: int
) -> tuple[tuple[str, ...], tuple[Subject, ...]]:
    """The questions and subjects, each once, without blanks around them.

    Args:
        questions: As written.
        subjects: As chosen.
        longest: Characters that a question may have.

    Raises:
        ComparisonRefused: There are none, or too many, or a question is too long.
    """
    asked = tuple(dict.fromkeys(" ".join(question.split()) for question in questions if question.strip()))
    chosen = tuple(dict.fromkeys(subjects))
    if not asked:
        raise ComparisonRefused("no_questions", "Write at least one question.")
    if len(asked) > MOST_QUESTIONS:
        raise ComparisonRefused("many_questions", f"Ask at most {MOST_QUESTIONS} questions.", MOST_QUESTIONS)
    if any(len(question) > longest for question in asked):
        raise ComparisonRefused("long_question", f"A question may have {longest} characters.", longest)
    if not chosen:
        raise ComparisonRefused("no_subjects", "Choose at least one organisation or document.")
    if len(chosen) > MOST_SUBJECTS:
        raise ComparisonRefused("many_subjects", f"Choose at most {MOST_SUBJECTS}.", MOST_SUBJECTS)
    if len(asked) * len(chosen) > MOST_CELLS:
        raise ComparisonRefused("many_cells", f"A comparison has at most {MOST_CELLS} cells.", MOST_CELLS)
    return asked, chosen


@dataclass(frozen=True, slots=True)
class Reference:
    """A source of the comparison.

    Attributes:
        number: From 1, the same for the same quote wherever it is cited.
        citation: Where it leads.
    """

    number: int
    citation: Citation


@dataclass(frozen=True, slots=True)
class Statement:
    """A statement in a cell, with the numbers of its references.

    Attributes:
        text: Without markers; a leading `- ` marks an item of a list, `**` what is emphasised.
        references: What it is said from.
        markers: The answer's own markers, in the same order.
    """

    text: str
    references: tuple[Reference, ...]
    markers: tuple[int, ...]


@dataclass(frozen=True, slots=True)
class ShortAnswer:
    """What a cell shows of its answer.

    Attributes:
        statements: The first ones, whole; each has a reference.
        rest: The others.
    """

    statements: tuple[Statement, ...]
    rest: tuple[Statement, ...] = ()

    @property
    def whole(self) -> tuple[Statement, ...]:
        """All statements."""
        return self.statements + self.rest


def short_answers(grid: Grid) -> tuple[dict[int, ShortAnswer], list[Reference]]:
    """What the cells show, by index, and the references of all of them in the order of their numbers.

    An answer is shortened between statements, never within one; only answers are shown that have a reference.
    """
    known: dict[tuple[str, int, int, int], Reference] = {}
    shown: dict[int, ShortAnswer] = {}
    for index, cell in enumerate(grid.cells):
        if cell.answer is None or not cell.found:
            continue
        citations = {citation.marker: citation for citation in cell.answer.citations}
        told: list[Statement] = []
        length, first = 0, 0
        for text, markers in _statements(cell.answer.text, citations):
            references = tuple(_reference(citations[marker], known) for marker in markers)
            told.append(Statement(text, references, markers))
            length += len(text)
            if length <= SHORT or len(told) == 1:
                first = len(told)
        if told:
            shown[index] = ShortAnswer(tuple(told[:first]), tuple(told[first:]))
    return shown, list(known.values())


def _statements(text: str, citations: dict[int, Citation]) -> list[tuple[str, tuple[int, ...]]]:
    """The statements of an answer with the markers that follow each; what has none is not shown."""
    found = []
    for line in text.splitlines():
        for match in _STATEMENT.finditer(line):
            markers = tuple(dict.fromkeys(int(number) for number in _MARKER.findall(match[0])))
            markers = tuple(marker for marker in markers if marker in citations)
            statement = " ".join(re.sub(r"\s*\[\d+\]", "", match[0]).split())
            if statement.strip(" -") and markers:
                found.append((statement, markers))
    return found


def _reference(citation: Citation, known: dict[tuple[str, int, int, int], Reference]) -> Reference:
    key = (citation.document, citation.page, citation.start, citation.end)
    if key not in known:
        known[key] = Reference(len(known) + 1, citation)
    return known[key]


def read_grid(data: dict[str, Any]) -> Grid:
    """A grid from what `Grid.as_json` gave.

    Raises:
        KeyError, TypeError, ValueError: It gave something else.
    """
    subjects = tuple(Subject(SubjectKind(entry["kind"]), entry["key"], entry["name"]) for entry in data["subjects"])
    cells = []
    for entry in data["cells"]:
        state = CellState(entry["state"])
        answer = Answer.from_json(entry["answer"]) if entry["answer"] else None
        cells.append(Cell(CellState.WAITING if state == CellState.WORKING else state, answer))
    questions = tuple(map(str, data["questions"]))
    if len(cells) != len(questions) * len(subjects):
        raise ValueError("the comparison has not as many cells as rows times columns")
    return Grid(
        str(data["id"]), str(data["owner"]), questions, subjects, tuple(cells), str(data["begun_at"]), data["stopped"]
    )
