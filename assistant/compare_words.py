"""Words of a comparison, wherever it is shown or saved: what a cell without an answer says, when it was made."""

import re
from datetime import datetime

from assistant.answers import AnswerStatus
from assistant.compare import Cell, CellState, Grid
from assistant.ui_text import Texts

_ILLEGAL = re.compile("[\x00-\x08\x0b\x0c\x0e-\x1f\ufffe\uffff]")


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


def made_on(grid: Grid, texts: Texts) -> str:
    """When the comparison was made."""
    date = datetime.fromisoformat(grid.begun_at).astimezone().strftime("%Y-%m-%d")
    return texts.compare.made_on.format(date=date)


def legal(text: str) -> str:
    """Without signs that office documents cannot hold, each replaced by a sign that says so."""
    return _ILLEGAL.sub("\ufffd", text)
