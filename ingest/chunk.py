"""Cut a document into chunks, the units of retrieval."""

import hashlib
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from itertools import pairwise

from ingest.document import Block, BlockKind, Document
from ingest.sentences import split_sentences

CHUNKER_VERSION = "3"
"""Part of a store's fingerprint: raise it when chunks of the same document would come out otherwise."""

TARGET_TOKENS = 180
"""About 780 characters of Swedish. Measured in docs/retrieval.md."""

LIMIT_TOKENS = 500
"""What most embedding models read of a text; the bundled one reads 512, its prompt and marks among them."""

CountTokens = Callable[[Sequence[str]], Sequence[int]]
"""Tokens of each of several texts, without a model's prompt and special tokens."""


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
        return _context(title, self.headings, self.lead_in) + self.text


@dataclass(frozen=True, slots=True)
class _Piece:
    """An interval that a chunk may not cut, its length in tokens, and which stretch without heading it is of."""

    start: int
    end: int
    block: Block
    headings: tuple[str, ...]
    tokens: int
    stretch: int


def estimate_tokens(texts: Sequence[str]) -> list[int]:
    """About how many tokens Swedish texts have, where no model is there to count them."""
    return [-(-3 * len(text) // 13) for text in texts]


def chunk_document(
    document: Document,
    count_tokens: CountTokens = estimate_tokens,
    target: int = TARGET_TOKENS,
    limit: int = LIMIT_TOKENS,
) -> list[Chunk]:
    """Cut a document into chunks of about `target` tokens.

    A chunk never crosses a heading, never cuts a sentence, a row or a list item, and keeps a list's lead-in with its
    first items; later parts of a long list carry the lead-in as context. Tables of contents give no chunk.

    Args:
        document: The document.
        count_tokens: Counts tokens as the embedding model does.
        target: Tokens that a chunk holds at most, unless a single sentence, row or item is longer.
        limit: Tokens that the model reads. What a chunk is embedded with (title, headings, lead-in) counts; a single
            row or item beyond it is cut between its sentences.

    Returns:
        Chunks in reading order. Every character of paragraphs, items and rows is in exactly one.
    """
    room = _Room(document, count_tokens, target, limit)
    groups: list[list[_Piece]] = []
    for piece in _pieces(document, room):
        if groups and room.holds(groups[-1], piece):
            groups[-1].append(piece)
        else:
            groups.append([piece])
    _keep_lead_ins(groups, document.blocks)
    return [_chunk(document, ordinal, group) for ordinal, group in enumerate(group for group in groups if group)]


class _Room:
    """How many tokens the text of a chunk may have."""

    def __init__(self, document: Document, count_tokens: CountTokens, target: int, limit: int) -> None:
        self._document = document
        self._count = count_tokens
        self._target = target
        self._limit = limit
        self._contexts: dict[str, int] = {}

    def below(self, headings: tuple[str, ...], lead_in: str = "") -> int:
        """Tokens that the model reads of a text beside its context; at least half of all that it reads."""
        context = _context(self._document.title, headings, lead_in)
        if context not in self._contexts:
            self._contexts[context] = self._count([context])[0]
        return max(self._limit - self._contexts[context], self._limit // 2)

    def count(self, texts: Sequence[str]) -> Sequence[int]:
        """Tokens of each of several texts."""
        return self._count(texts) if texts else []

    def is_long(self, block: Block, tokens: int, headings: tuple[str, ...]) -> bool:
        """Whether a block is divided into its sentences."""
        return tokens > (self._target if block.kind == BlockKind.PARAGRAPH else self.below(headings))

    def holds(self, group: Sequence[_Piece], piece: _Piece) -> bool:
        """Whether a piece goes into a chunk that has begun."""
        if group[0].stretch != piece.stretch:
            return False
        lead_in = _lead_in_text(self._document, group[0].block)
        tokens = sum(other.tokens for other in group) + piece.tokens
        return tokens <= min(self._target, self.below(piece.headings, lead_in))


def _context(title: str, headings: tuple[str, ...], lead_in: str) -> str:
    """What stands before a passage when it is embedded."""
    above = " > ".join([title, *(heading for heading in headings if heading != title)])
    return f"{above}\n{lead_in} " if lead_in else f"{above}\n"


def _lead_in_text(document: Document, block: Block) -> str:
    """What introduces the list that a block is an item of; empty where nothing does."""
    if block.lead_in is None:
        return ""
    start, end = lead_in_span(document, block.lead_in)
    return document.text[start:end]


def lead_in_span(document: Document, index: int) -> tuple[int, int]:
    """Interval of the text of the block at `index` that introduces the list after it: a paragraph's last sentence."""
    block = document.blocks[index]
    if block.kind != BlockKind.PARAGRAPH:
        return block.start, block.end
    start, end = split_sentences(document.text[block.start : block.end])[-1]
    return block.start + start, block.start + end


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


def _pieces(document: Document, room: _Room) -> Iterator[_Piece]:
    text = document.text
    blocks: list[tuple[Block, tuple[str, ...], int]] = []
    stretch = 0
    for block, headings in heading_paths(document):
        if block.kind in (BlockKind.HEADING, BlockKind.CONTENTS):
            stretch += 1
        else:
            blocks.append((block, headings, stretch))
    tokens = room.count([text[block.start : block.end] for block, *_ in blocks])
    for (block, headings, number), count in zip(blocks, tokens, strict=True):
        spans = [(block.start, block.end)]
        counts: Sequence[int] = [count]
        if room.is_long(block, count, headings):
            sentences = split_sentences(text[block.start : block.end])
            spans = [(block.start + start, block.start + end) for start, end in sentences]
            counts = room.count([text[start:end] for start, end in spans])
        for (start, end), part in zip(spans, counts, strict=True):
            yield _Piece(start, end, block, headings, part, number)


def _keep_lead_ins(groups: list[list[_Piece]], blocks: Sequence[Block]) -> None:
    """Move a lead-in that ended up last in its chunk to the chunk with the list it introduces."""
    for before, after in pairwise(groups):
        lead_in = after[0].block.lead_in
        if lead_in is not None and before[-1].block == blocks[lead_in] and len(before) > 1:
            after.insert(0, before.pop())


def _chunk(document: Document, ordinal: int, pieces: Sequence[_Piece]) -> Chunk:
    start, end = pieces[0].start, pieces[-1].end
    digest = hashlib.sha256(f"{document.content_hash}/{CHUNKER_VERSION}/{start}-{end}".encode()).hexdigest()
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
        lead_in=_lead_in_text(document, pieces[0].block),
    )
