"""Assemble a `Document` from the blocks that a loader found."""

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field

from ingest.document import Block, BlockKind, Document, Field, Page
from ingest.sentences import split_sentences

_POINTS_BELOW = re.compile(
    r"\b(?:följande|nedan(?:stående|för)?|följer|the following|as follows|below)\b", re.IGNORECASE
)
_SEPARATORS = {BlockKind.ITEM: "\n", BlockKind.ROW: "\n", BlockKind.CONTENTS: "\n"}


@dataclass(frozen=True, slots=True)
class RawBlock:
    """A block as a loader hands it over: cleaned text, not yet placed in a document.

    Attributes:
        kind: What it is.
        parts: `(page number, text)` in reading order; more than one where the block runs over a page
            break. The parts' texts joined are the block's text, so a space at the break is part of the
            first one, and a word hyphenated over the break has lost its hyphen.
        level: As in `Block`.
    """

    kind: BlockKind
    parts: tuple[tuple[int, str], ...]
    level: int = 0

    @property
    def text(self) -> str:
        """The block's text over all its pages."""
        return "".join(text for _, text in self.parts)


@dataclass(frozen=True, slots=True)
class RawDocument:
    """What a loader returns.

    Attributes:
        format: As in `Document`.
        blocks: In reading order; page numbers never decrease.
        labels: One entry for each page: what is printed on it where that differs from its number.
        properties: Facts from the file's own properties (not from its text).
        recognised: For pages without text of their own that show something, by number: how sure the text recognised
            there is, from 0 to 1, or None where none was.
        header: Running headers and footers of the first page, cleaned; they are no part of the text.
    """

    format: str
    blocks: Sequence[RawBlock]
    labels: Sequence[str | None] = (None,)
    properties: dict[Field, str] = field(default_factory=dict)
    recognised: Mapping[int, float | None] = field(default_factory=dict)
    header: Sequence[str] = ()


def assemble_document(document_id: str, content_hash: str, raw: RawDocument) -> Document:
    """Place a loader's blocks in one text, with pages and blocks as intervals of it."""
    text = ""
    blocks: list[Block] = []
    starts = [0] * len(raw.labels)
    page = 1
    for block in raw.blocks:
        parts = _trimmed(block.parts)
        if not parts:
            continue
        if blocks:
            text += _SEPARATORS.get(block.kind, "\n\n") if blocks[-1].kind == block.kind else "\n\n"
        begin = len(text)
        for number, part in parts:
            while page < number:
                starts[page] = len(text)
                page += 1
            text += part
        lead_in = _lead_in(blocks, text, block.level) if block.kind == BlockKind.ITEM else None
        blocks.append(Block(block.kind, begin, len(text), block.level, lead_in))
    while page < len(starts):
        starts[page] = len(text)
        page += 1
    ends = [*starts[1:], len(text)]
    pages = tuple(
        Page(number, start, end, label, *_reading(number, raw.recognised))
        for number, (start, end, label) in enumerate(zip(starts, ends, raw.labels, strict=True), start=1)
    )
    return Document(document_id, raw.format, content_hash, text, pages, tuple(blocks))


def _reading(number: int, recognised: Mapping[int, float | None]) -> tuple[str, float | None]:
    """By what a page was read, and how surely."""
    if number not in recognised:
        return "text", None
    return ("nothing" if recognised[number] is None else "ocr"), recognised[number]


def _trimmed(parts: Sequence[tuple[int, str]]) -> list[tuple[int, str]]:
    """The parts without white space at the block's ends and without empty parts."""
    kept = [(number, text) for number, text in parts if text.strip()]
    if kept:
        kept[0] = (kept[0][0], kept[0][1].lstrip())
        kept[-1] = (kept[-1][0], kept[-1][1].rstrip())
    return kept


def _lead_in(blocks: Sequence[Block], text: str, level: int) -> int | None:
    """Index of what introduces a list item: the item above a nested one, or the paragraph before the list."""
    for index in range(len(blocks) - 1, -1, -1):
        before = blocks[index]
        if before.kind == BlockKind.ITEM:
            if before.level < level:
                return index
            if before.level == level:
                return before.lead_in
        elif before.kind == BlockKind.PARAGRAPH:
            return index if introduces_list(text[before.start : before.end]) else None
        else:
            return None
    return None


def introduces_list(text: str) -> bool:
    """Whether a paragraph reads as the beginning of the list after it: its last sentence is open, or points below."""
    if not text.rstrip().endswith((".", "!", "?", "”", '"', ")")):
        return True
    start, end = split_sentences(text)[-1]
    return _POINTS_BELOW.search(text, start, end) is not None
