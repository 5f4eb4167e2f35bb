"""Find where a document states a name or a year that an answer took from above its evidence."""

import re
from collections.abc import Iterator, Sequence

from assistant.evidence import Unit
from assistant.particulars import holds_name
from ingest.document import Block, BlockKind, Document, Field
from ingest.sentences import split_sentences

_STATED = (Field.TITLE, Field.ORGANISATION, Field.PERIOD)


def locate_particulars(document: Document, unit: Unit, particulars: Sequence[str]) -> list[tuple[int, int]] | None:
    """Intervals of a document's text that state names and years which stand above a unit and not in it.

    A year has to stand in a heading above the unit or where the document states its title or its period; a name may
    stand anywhere, as a document speaks of its own organisation all over.

    Args:
        document: The unit's document.
        unit: The evidence.
        particulars: Names and years.

    Returns:
        One interval for each particular, those that state several once; None where one is stated nowhere.
    """
    found: dict[tuple[int, int], None] = {}
    for particular in particulars:
        if any(_states(document.text[start:end], particular) for start, end in found):
            continue
        places = _above(document, unit) if particular.isdigit() else _anywhere(document, unit)
        place = next((span for span in places if _states(document.text[span[0] : span[1]], particular)), None)
        if place is None:
            return None
        found[place] = None
    return list(found)


def _states(text: str, particular: str) -> bool:
    if particular.isdigit():
        return bool(re.search(rf"(?<!\d){particular}(?!\d)", text))
    return holds_name(text, particular)


def _above(document: Document, unit: Unit) -> Iterator[tuple[int, int]]:
    """Headings above a unit, the nearest first, and where the document states its title, organisation and period."""
    begin = unit.spans[0][0]
    for block in reversed(document.blocks):
        if block.kind == BlockKind.HEADING and block.start < begin and _text(document, block) in unit.headings:
            yield block.start, block.end
    for fact in document.facts:
        if fact.field in _STATED and fact.start is not None and fact.end is not None:
            yield fact.start, fact.end


def _anywhere(document: Document, unit: Unit) -> Iterator[tuple[int, int]]:
    yield from _above(document, unit)
    for block in document.blocks:
        if block.kind == BlockKind.CONTENTS:
            continue
        for start, end in split_sentences(_text(document, block)):
            yield block.start + start, block.start + end


def _text(document: Document, block: Block) -> str:
    return document.text[block.start : block.end]
