"""What a cell without an answer says, wherever it is shown."""

from assistant.answers import AnswerStatus
from assistant.compare import Cell, CellState
from assistant.ui_text import Texts


def cell_words(cell: Cell, texts: Texts) -> str:
    """Why a cell has no answer: not stated, not yet there, or gone wrong."""
    own = texts.compare
    if cell.state == CellState.WAITING:
        return own.waiting
    if cell.state == CellState.WORKING:
        return own.working
    if cell.answer is None or cell.answer.status == AnswerStatus.FAILED:
        return own.broken
    if cell.answer.status in (AnswerStatus.NEEDS_CLARIFICATION, AnswerStatus.REFUSED):
        return own.unclear
    return own.not_found
