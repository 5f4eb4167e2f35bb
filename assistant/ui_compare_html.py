"""HTML of a comparison: how far it has come, the grid with its cells, and the list of sources."""

import re
from collections.abc import Mapping, Sequence
from datetime import datetime
from html import escape

from assistant.answers import AnswerStatus
from assistant.compare import Cell, CellState, Grid, Reference, ShortAnswer, Statement, short_answers
from assistant.compare_words import cell_words
from assistant.ui_language import LANGUAGES
from assistant.ui_library_jobs import badge
from assistant.ui_render import Records, citation_place
from assistant.ui_text import Texts


def grid_html(grid: Grid | None, earlier: Sequence[Grid], records: Records, texts: Texts) -> str:
    """The comparison, as far as it has come, and the way to earlier ones.

    Args:
        grid: None where there is none yet.
        earlier: All of this user's, the latest first.
        records: Documents by identifier, as they are now.
        texts: In whose language.
    """
    if grid is None:
        return '<section class="ub-compare" data-working="false"></section>'
    own = texts.compare
    shown, references = short_answers(grid)
    found = sum(cell.found for cell in grid.cells)
    if grid.under_way:
        status = own.progress.format(done=grid.done, total=len(grid.cells))
    elif grid.complete:
        status = own.complete.format(found=found, total=len(grid.cells))
    else:
        status = own.stopped.format(done=grid.done, total=len(grid.cells))
    bar = (
        f'<progress max="{len(grid.cells)}" value="{grid.done}" aria-label="{escape(status)}"></progress>'
        if not grid.complete
        else ""
    )
    return (
        f'<section class="ub-compare" data-working="{"true" if grid.under_way else "false"}" data-grid="{grid.id}">'
        f'<div class="ub-compare-head ub-panel"><p role="status"><strong>{escape(status)}</strong></p>{bar}'
        f'<div class="ub-steps">{_actions(grid, texts)}</div>{_earlier(grid, earlier, texts)}</div>'
        f'<div class="ub-grid" tabindex="0" role="region" aria-label="{escape(own.caption)}">'
        f"{_table(grid, shown, records, texts)}</div>{_sources(references, records, texts)}</section>"
    )


def _actions(grid: Grid, texts: Texts) -> str:
    own = texts.compare

    def button(event: str, name: str, style: str = "ub-button") -> str:
        return (
            f'<button type="button" class="{style}" data-event="{event}" data-do="{event}" data-grid="{grid.id}">'
            f"{escape(name)}</button>"
        )

    def link(kind: str, name: str) -> str:
        address = f"compare/{grid.id}.{kind}?language={texts.language}"
        return f'<a class="ub-button" id="ub-{kind}" href="{address}" download>{escape(name)}</a>'

    parts = [button("halt", own.stop)] if grid.under_way else []
    if not grid.under_way and (not grid.complete or any(cell.state == CellState.BROKEN for cell in grid.cells)):
        parts.append(button("resume", own.resume))
    if grid.done and not grid.under_way:
        parts += [link("xlsx", own.excel), link("docx", own.word)]
    if not grid.under_way:
        parts.append(button("forget", own.delete, "ub-link"))
    return "".join(parts)


def _earlier(grid: Grid, grids: Sequence[Grid], texts: Texts) -> str:
    own = texts.compare
    if len(grids) < 2:
        return ""
    items = "".join(
        f'<li><button type="button" class="ub-link" data-event="grid" data-do="grid" data-grid="{other.id}"'
        f'{" aria-current=true" if other.id == grid.id else ""} title="{escape(other.questions[0])}">'
        f"{escape(_named(other, texts))}</button></li>"
        for other in grids
    )
    return f'<details data-name="earlier"><summary>{escape(own.earlier)}</summary><ul>{items}</ul></details>'


def _named(grid: Grid, texts: Texts) -> str:
    """A comparison in the list of those made earlier: its first question, its size and when it was begun."""
    date = datetime.fromisoformat(grid.begun_at).astimezone().strftime("%Y-%m-%d %H:%M")
    size = texts.compare.earlier_name.format(questions=len(grid.questions), subjects=len(grid.subjects), date=date)
    return f"{grid.questions[0]} ({size})"


def _table(grid: Grid, shown: Mapping[int, ShortAnswer], records: Records, texts: Texts) -> str:
    own = texts.compare
    head = "".join(f'<th scope="col">{escape(subject.name)}</th>' for subject in grid.subjects)
    rows = "".join(
        f'<tr><th scope="row">{escape(question)}</th>{_cells(grid, row, shown, records, texts)}</tr>'
        for row, question in enumerate(grid.questions)
    )
    return (
        f'<table><caption class="ub-sr">{escape(own.caption)}</caption>'
        f'<thead><tr><th scope="col">{escape(own.question)}</th>{head}</tr></thead><tbody>{rows}</tbody></table>'
    )


def _cells(grid: Grid, row: int, shown: Mapping[int, ShortAnswer], records: Records, texts: Texts) -> str:
    html = []
    for column, subject in enumerate(grid.subjects):
        index = grid.index(row, column)
        cell = grid.cells[index]
        state = "found" if index in shown else cell.state.value
        content = (
            _answer(index, shown[index], cell, records, texts)
            if index in shown
            else _unanswered(index, cell, records, texts)
        )
        html.append(f'<td data-state="{state}" data-label="{escape(subject.name)}">{content}</td>')
    return "".join(html)


def _answer(index: int, short: ShortAnswer, cell: Cell, records: Records, texts: Texts) -> str:
    """The statements of a cell, each with its markers, which open the source."""
    own = texts.compare
    lang = f' lang="{cell.answer.language}"' if cell.answer and cell.answer.language in LANGUAGES else ""
    partly = cell.answer is not None and cell.answer.status == AnswerStatus.PARTIAL
    mark = badge(own.partial, "some") if partly else ""
    rest = (
        f'<details data-name="rest {index}"><summary>{escape(own.rest_of_answer)}</summary>'
        f"<div{lang}>{_told(index, short.rest, records, texts)}</div></details>"
        if short.rest
        else ""
    )
    return f"{mark}<div{lang}>{_told(index, short.statements, records, texts)}</div>{rest}"


def _told(index: int, statements: Sequence[Statement], records: Records, texts: Texts) -> str:
    """Statements as paragraphs and lists."""
    html, listed = [], False
    for statement in statements:
        item = statement.text.startswith("- ")
        if item != listed:
            html.append("<ul>" if item else "</ul>")
            listed = item
        content = _inline(statement.text.removeprefix("- ")) + _markers(index, statement, records, texts)
        html.append(f"<li>{content}</li>" if item else f"<p>{content}</p>")
    return "".join(html) + ("</ul>" if listed else "")


def _markers(index: int, statement: Statement, records: Records, texts: Texts) -> str:
    return "".join(
        f' <button type="button" class="ub-marker" data-event="cite" data-exchange="{index}" data-marker="{marker}" '
        f' aria-label="{escape(_place(reference, records, texts))}">'
        f"{reference.number}</button>"
        for reference, marker in zip(statement.references, statement.markers, strict=True)
    )


def _unanswered(index: int, cell: Cell, records: Records, texts: Texts) -> str:
    """Why a cell has no answer; where the documents do not hold one, with what comes nearest."""
    own = texts.compare
    if cell.state == CellState.WAITING:
        return f'<p class="ub-muted">{escape(own.waiting)}</p>'
    if cell.state == CellState.WORKING:
        return f'<p class="ub-muted">{badge(own.working, "none", working=True)}</p>'
    words = cell_words(cell, texts)
    if cell.answer is None or cell.answer.status != AnswerStatus.NOT_FOUND:
        return badge(words, "some" if words == own.unclear else "bad")
    near = cell.answer.citations[:1]
    nearest = (
        f'<p class="ub-cell-note"><button type="button" class="ub-link" data-event="cite" data-exchange="{index}" '
        f'data-marker="{near[0].marker}" '
        f'aria-label="{escape(own.nearest_name.format(place=citation_place(near[0], records, texts)))}">'
        f"{escape(own.nearest)}</button></p>"
        if near
        else ""
    )
    return f'<p class="ub-muted ub-not-found">{escape(words)}</p>{nearest}'


def _sources(references: Sequence[Reference], records: Records, texts: Texts) -> str:
    if not references:
        return ""
    items = "".join(
        f'<li value="{reference.number}"><span>{escape(citation_place(reference.citation, records, texts))}</span> '
        f"<q>{escape(' '.join(reference.citation.quote.split()))}</q></li>"
        for reference in references
    )
    return (
        f'<details class="ub-panel ub-sources" data-name="compare-sources"><summary>'
        f"{escape(texts.compare.sources)} ({len(references)})</summary><ol>{items}</ol></details>"
    )


def _place(reference: Reference, records: Records, texts: Texts) -> str:
    return texts.citation_name.format(marker=reference.number, place=citation_place(reference.citation, records, texts))


def _inline(text: str) -> str:
    """Text with what is emphasised in it."""
    return re.sub(r"\*\*(.+?)\*\*", r"<strong>\1</strong>", escape(text))
