"""Write a draft out: its text with numbered markers, and the citations that they lead to."""

from collections.abc import Collection, Mapping, Sequence

from assistant.answer import Draft
from assistant.answers import AnswerStatus, Citation
from assistant.cite import cite_span, joined_spans, number_citation, shown
from assistant.emphasis import value_span
from assistant.evidence import Unit, UnitKind
from assistant.score import Scored
from assistant.understand import Kind
from ingest.document import BlockKind, Document
from ingest.sentences import split_sentences

_BULLET = "- "


def write_out(
    draft: Draft, documents: Mapping[str, Document], kind: Kind | None = None
) -> tuple[str, tuple[Citation, ...]]:
    """The text of a draft with its numbered markers, and the citations they lead to.

    Args:
        draft: What is told.
        documents: The documents it comes from, by identifier.
        kind: What the question asks for: that value is emphasised in the first statement, and in each with a label;
            None emphasises nothing.
    """
    citations: list[Citation] = []
    paragraphs: list[str] = []
    for index, (label, entry) in enumerate(draft.statements):
        strong = value_span(kind, entry.unit) if kind is not None and (label or index == 0) else None
        lines = _lines(entry.unit, documents[entry.unit.document], citations, strong)
        if label and lines[0].startswith(_BULLET):
            lines.insert(0, f"{label}:")
        elif label:
            lines[0] = f"{label}: {lines[0]}"
        paragraphs.append("\n".join(lines))
    return "\n\n".join(paragraphs), tuple(citations)


def _lines(unit: Unit, document: Document, citations: list[Citation], strong: tuple[int, int] | None) -> list[str]:
    """One line for each span of a unit, each with the markers of the citations that hold it."""
    lines: list[str] = []
    items = _items(unit, document)
    for run in joined_spans(unit.spans, document.text):
        found = [
            number_citation(citation, citations)
            for citation in cite_span(document, run[0][0], run[-1][1], unit.headings)
        ]
        for start, end in run:
            bullet = _BULLET if (start, end) in items else ""
            lines.append(bullet + _marked(document, start, end, found, strong))
    return lines


def _items(unit: Unit, document: Document) -> Collection[tuple[int, int]]:
    """The spans of a unit that are items of a list: all but the first, and that one too where nothing introduces it."""
    first, *others = unit.spans
    if unit.kind != UnitKind.LIST:
        return others
    leading = {block.lead_in for block in document.blocks}
    unled = any(
        block.start == first[0] and block.kind == BlockKind.ITEM and index not in leading
        for index, block in enumerate(document.blocks)
    )
    return unit.spans if unled else others


def _marked(
    document: Document, start: int, end: int, citations: Sequence[Citation], strong: tuple[int, int] | None
) -> str:
    """The sentences of an interval, each with the markers of the citations that hold it."""
    told: list[str] = []
    for first, last in split_sentences(document.text[start:end]):
        held = [citation for citation in citations if _holds(document, citation, start + first, start + last)]
        markers = "".join(f" [{citation.marker}]" for citation in held)
        told.append(_told(document.text, start + first, start + last, strong) + markers)
    return " ".join(told)


def _told(text: str, start: int, end: int, strong: tuple[int, int] | None) -> str:
    """A sentence as an answer tells it, with `**` around a value in it."""
    if strong is None or not start <= strong[0] < strong[1] <= end:
        return shown(text[start:end])
    before, value, after = text[start : strong[0]], text[slice(*strong)], text[strong[1] : end]
    left = shown(before) + (" " if before[-1:].isspace() else "")
    right = (" " if after[:1].isspace() else "") + shown(after)
    return f"{left}**{shown(value)}**{right}"


def _holds(document: Document, citation: Citation, start: int, end: int) -> bool:
    page = document.pages[citation.page - 1]
    return page.start + citation.start < end and start < page.start + citation.end


def write_nearest(entry: Scored, document: Document) -> tuple[str, tuple[Citation, ...]]:
    """The text of one evidence unit with its markers: what comes nearest where the documents hold no answer."""
    return write_out(Draft(AnswerStatus.NOT_FOUND, (("", entry),)), {document.id: document})
