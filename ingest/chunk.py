"""Cut a document into chunks, the units of retrieval."""

import hashlib
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from itertools import pairwise

from ingest.document import Block, BlockKind, Document
from ingest.sentences import split_sentences

CHUNKER_VERSION = "1"
"""Part of a store's fingerprint: raise it when chunks of the same document would come out otherwise."""

TARGET_CHARACTERS = 900
"""About 200 tokens of Swedish; the size that DESIGN-time measurements of retrieval used."""


@dataclass(frozen=True, slots=True)
class Chunk:
    """A passage of a document: whole blocks, or whole sentences of a long one, that stand under one heading.

    Attributes:
        id: Deterministic: from the document's content and the position.
        document: Identifier of the document.
        ordinal: Position among the document's chunks, from 0.
        text: `document.text[start:end]`.
        start: Offset in `Document.text`.
        end: Offset after the last character.
        first_page: Number of the page on which it begins.
        last_page: Number of the page on which it ends.
        headings: Headings above it, outermost first.
        lead_in: What introduces the list that the chunk continues; empty where it does not.
    """

    id: str
    document: str
    ordinal: int
    text: str
    start: int
    end: int
    first_page: int
    last_page: int
    headings: tuple[str, ...]
    lead_in: str = ""

    def embedded_text(self, title: str) -> str:
        """What is embedded: title, headings and lead-in give the passage the context that the page gives a reader."""
        context = " > ".join([title, *(heading for heading in self.headings if heading != title)])
        return f"{context}\n{self.lead_in} {self.text}" if self.lead_in else f"{context}\n{self.text}"


@dataclass(frozen=True, slots=True)
class _Piece:
    """An interval that a chunk may not cut."""

    start: int
    end: int
    block: Block
    headings: tuple[str, ...]


def chunk_document(document: Document, target: int = TARGET_CHARACTERS) -> list[Chunk]:
    """Cut a document into chunks of about `target` characters.

    A chunk never crosses a heading, never cuts a sentence or a list item, and keeps a list's lead-in with its
    first items; later parts of a long list carry the lead-in as context. Tables of contents give no chunk.

    Args:
        document: The document.
        target: Characters that a chunk holds at most, unless a single sentence or item is longer.

    Returns:
        Chunks in reading order. Every character of paragraphs, items and rows is in exactly one.
    """
    groups: list[list[_Piece]] = []
    for piece in _pieces(document, target):
        if groups and _fits(groups[-1], piece, target):
            groups[-1].append(piece)
        else:
            groups.append([piece])
    _keep_lead_ins(groups, document.blocks)
    return [_chunk(document, ordinal, group) for ordinal, group in enumerate(group for group in groups if group)]


def heading_paths(document: Document) -> Iterator[tuple[Block, tuple[str, ...]]]:
    """Each block with the headings above it, outermost first."""
    stack: list[tuple[int, str]] = []
    for block in document.blocks:
        if block.kind == BlockKind.HEADING:
            stack = [entry for entry in stack if entry[0] < block.level]
            yield block, tuple(text for _, text in stack)
            stack.append((block.level, document.text[block.start : block.end]))
        else:
            yield block, tuple(text for _, text in stack)


def _pieces(document: Document, target: int) -> Iterator[_Piece]:
    for block, headings in heading_paths(document):
        if block.kind in (BlockKind.HEADING, BlockKind.CONTENTS):
            continue
        if block.end - block.start <= target:
            yield _Piece(block.start, block.end, block, headings)
            continue
        for start, end in split_sentences(document.text[block.start : block.end]):
            yield _Piece(block.start + start, block.start + end, block, headings)


def _fits(group: Sequence[_Piece], piece: _Piece, target: int) -> bool:
    return group[0].headings == piece.headings and piece.end - group[0].start <= target


def _keep_lead_ins(groups: list[list[_Piece]], blocks: Sequence[Block]) -> None:
    """Move a lead-in that ended up last in its chunk to the chunk with the list it introduces."""
    for before, after in pairwise(groups):
        lead_in = after[0].block.lead_in
        if lead_in is not None and before[-1].block == blocks[lead_in] and len(before) > 1:
            after.insert(0, before.pop())


def _chunk(document: Document, ordinal: int, pieces: Sequence[_Piece]) -> Chunk:
    start, end = pieces[0].start, pieces[-1].end
    lead_in = pieces[0].block.lead_in
    introduction = document.blocks[lead_in] if lead_in is not None else None
    digest = hashlib.sha256(f"{document.content_hash}/{CHUNKER_VERSION}/{ordinal}".encode()).hexdigest()
    return Chunk(
        id=digest[:32],
        document=document.id,
        ordinal=ordinal,
        text=document.text[start:end],
        start=start,
        end=end,
        first_page=document.page_at(start).number,
        last_page=document.page_at(end - 1).number,
        headings=pieces[0].headings,
        lead_in=document.text[introduction.start : introduction.end] if introduction else "",
    )
