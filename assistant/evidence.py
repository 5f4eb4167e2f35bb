"""Evidence units: what an answer is composed from. Sentences, lists with their lead-in, table rows; never cut."""

import itertools
import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from enum import StrEnum

from assistant.quantities import MONTH_NAMES, NUMBER_WORDS
from ingest.chunk import heading_paths, lead_in_span
from ingest.document import Block, BlockKind, Document
from ingest.sentences import split_sentences
from vectorstore.types import Hit


class UnitKind(StrEnum):
    """The form of an evidence unit."""

    SENTENCE = "sentence"
    ITEM = "item"
    LIST = "list"
    ROW = "row"


@dataclass(frozen=True, slots=True)
class Unit:
    """The smallest thing that an answer quotes.

    Attributes:
        document: Identifier of the document.
        kind: Its form.
        spans: Intervals of `Document.text`; a list has its lead-in first and then one for each item, everything else
            has one, and an item may have its lead-in before it.
        text: The spans' texts, one to a line.
        headings: Headings above it, outermost first.
        hit: The retrieved passage that it was found in or beside.
    """

    document: str
    kind: UnitKind
    spans: tuple[tuple[int, int], ...]
    text: str
    headings: tuple[str, ...]
    hit: Hit


_COUNTS = {word: int(number) for word, number in NUMBER_WORDS.items() if int(number) <= 12}
_POINTING_WORDS = frozenset(
    "det detta den denna de dessa där dit då han hon därmed därför dock också även vidare exempelvis syftet it "
    "this they these those he she there therefore however also".split()
)
_ANNOUNCES = re.compile(
    rf"\b({'|'.join(_COUNTS)}|[2-9]|1[0-2])\b"
    rf"(?!\s*(?:procent|percent|%|miljon|kronor|år|gånger|ggr|(?:{'|'.join(MONTH_NAMES)})\b))",
    re.IGNORECASE,
)

_FEWEST_HEADINGS = 3
"""Sections that count as announced; two follow a number by chance too often."""


def embedded_text(unit: Unit, document: Document) -> str:
    """What is embedded of a unit: title and headings above it, and its first 300 characters."""
    return " > ".join((document.title, *unit.headings)) + "\n" + unit.text[:300]


def find_units(document: Document, hits: Sequence[Hit]) -> list[Unit]:
    """The evidence units in the retrieved passages of one document, each once.

    Args:
        document: As stored.
        hits: Its hits, best first.
    """
    units: dict[tuple[tuple[int, int], ...], Unit] = {}
    paths = dict(heading_paths(document))
    for hit in hits:
        for index, block in enumerate(document.blocks):
            if block.end <= hit.chunk.start or block.start >= hit.chunk.end:
                continue
            for kind, spans in _spans(document, index):
                if kind == UnitKind.LIST and _is_front_page(document, spans):
                    continue
                text = "\n".join(document.text[start:end] for start, end in spans)
                unit = Unit(document.id, kind, tuple(spans), text, paths[block], hit)
                units.setdefault(unit.spans, unit)
    return list(units.values())


def list_at(document: Document, index: int) -> list[tuple[int, int]]:
    """Spans of the list that a block introduces or is an item of, its lead-in first; empty where it is neither."""
    blocks = document.blocks
    if blocks[index].kind != BlockKind.ITEM:
        return _list_spans(document, index) if _introduces(blocks, index) else []
    lead_in = blocks[index].lead_in
    if lead_in is not None:
        return _list_spans(document, lead_in)
    return [(member.start, member.end) for member in _siblings(blocks, index)]


def _introduces(blocks: Sequence[Block], index: int) -> bool:
    """Whether a list begins after a block, which leads into it."""
    return index + 1 < len(blocks) and blocks[index + 1].lead_in == index


def _is_front_page(document: Document, spans: Sequence[tuple[int, int]]) -> bool:
    """Whether a list is the document's own facts (*Antagen av*, *Diarienummer*): its lines are asked for one by one."""
    starts = [fact.start for fact in document.facts if fact.start is not None]
    stated = sum(any(start <= place < end for place in starts) for start, end in spans)
    return stated * 2 >= len(spans)


def _spans(document: Document, index: int) -> Iterator[tuple[UnitKind, list[tuple[int, int]]]]:
    block = document.blocks[index]
    if block.kind == BlockKind.ROW:
        yield UnitKind.ROW, [(block.start, block.end)]
    elif block.kind == BlockKind.ITEM:
        yield from _item_spans(document, index)
    elif block.kind == BlockKind.PARAGRAPH:
        text = document.text[block.start : block.end]
        sentences = [(block.start + start, block.start + end) for start, end in split_sentences(text)]
        introduces = _introduces(document.blocks, index)
        for position, (start, end) in enumerate(sentences):
            if introduces and end == block.end and not text.endswith((".", "!", "?")):
                continue  # only half a sentence without its list
            before = sentences[position - 1] if position else None
            if before is not None and _leans_on(document.text[start:end], document.text[before[0] : before[1]]):
                yield UnitKind.SENTENCE, [(before[0], end)]
            else:
                yield UnitKind.SENTENCE, [(start, end)]
        announced = _announced(document, index, sentences)
        if announced:
            yield UnitKind.LIST, announced
        if introduces:
            yield UnitKind.LIST, _list_spans(document, index)


def _leans_on(sentence: str, before: str) -> bool:
    """Whether a sentence cannot be understood without the one before it.

    It begins with a pronoun or another word that points back, or with the definite form of a noun that the sentence
    before it introduced (*ett samarbetsavtal ... Avtalet syftar till*).
    """
    first = re.match(r"\w+", sentence)
    if first is None:
        return False
    word = first.group().lower()
    if word in _POINTING_WORDS:
        return True
    noun = re.fullmatch(r"(\w{3,}?)(?:et|en|n|erna|orna|arna)", word)
    return bool(noun and re.search(rf"{re.escape(noun.group(1))}\b", before.lower()))


def _item_spans(document: Document, index: int) -> Iterator[tuple[UnitKind, list[tuple[int, int]]]]:
    blocks = document.blocks
    block = blocks[index]
    if block.lead_in is None:
        yield UnitKind.ITEM, [(block.start, block.end)]
        members = _siblings(blocks, index)
        if len(members) > 1:
            yield UnitKind.LIST, [(member.start, member.end) for member in members]
        return
    yield UnitKind.ITEM, [_lead_in(document, block.lead_in), (block.start, block.end)]
    yield UnitKind.LIST, _list_spans(document, block.lead_in)


def _lead_in(document: Document, index: int) -> tuple[int, int]:
    """The sentence that introduces a list, with the paragraph before it where it leans on that."""
    begin = document.blocks[index].start
    start, end = lead_in_span(document, index)
    leans = begin < start and _leans_on(document.text[start:end], document.text[begin:start])
    return begin if leans else start, end


def _list_spans(document: Document, lead_in: int) -> list[tuple[int, int]]:
    """The lead-in and every item it introduces, nested ones included."""
    blocks = document.blocks
    spans = [_lead_in(document, lead_in)]
    for block in blocks[lead_in + 1 :]:
        if block.kind != BlockKind.ITEM or (
            block.level == 1 and block.lead_in != lead_in and blocks[lead_in].level == 0
        ):
            break
        if blocks[lead_in].level and block.level <= blocks[lead_in].level:
            break
        spans.append((block.start, block.end))
    return spans


def _siblings(blocks: Sequence[Block], index: int) -> list[Block]:
    """The unbroken run of items around one without a lead-in."""
    first = last = index
    while first > 0 and blocks[first - 1].kind == BlockKind.ITEM:
        first -= 1
    while last + 1 < len(blocks) and blocks[last + 1].kind == BlockKind.ITEM:
        last += 1
    return list(blocks[first : last + 1])


def _announced(document: Document, index: int, sentences: Sequence[tuple[int, int]]) -> list[tuple[int, int]]:
    """A sentence that announces a number of things, with as many headings under its own, or paragraphs after it.

    *The city has three agreements.* followed by three paragraphs that each begin with one of them is a list in all
    but form, and so is *The strategy has four areas.* with four sections under it.
    """
    blocks = document.blocks
    below = _headings_below(blocks, index)
    for start, end in sentences if len(below) >= _FEWEST_HEADINGS else ():
        if _count_announced(document.text[start:end]) == len(below):
            return [(start, end), *((heading.start, heading.end) for heading in below)]
    count = _count_announced(document.text[slice(*sentences[0])]) if len(sentences) == 1 else 0
    if not count:
        return []
    following = blocks[index + 1 : index + 1 + count]
    if len(following) < count or any(block.kind != BlockKind.PARAGRAPH for block in following):
        return []
    spans = [sentences[0]]
    for block in following:
        start, end = split_sentences(document.text[block.start : block.end])[0]
        spans.append((block.start + start, block.start + end))
    return spans


def _count_announced(sentence: str) -> int:
    """How many things a sentence says that there are; 0 where it says of none."""
    match = _ANNOUNCES.search(sentence)
    if match is None:
        return 0
    word = match.group(1).lower()
    return _COUNTS.get(word) or int(word)


def _headings_below(blocks: Sequence[Block], index: int) -> list[Block]:
    """The headings of the sections that a paragraph leads into as the last one before them; empty where it does not."""
    following = blocks[index + 1 :]
    if not following or following[0].kind != BlockKind.HEADING:
        return []
    level = following[0].level
    own = next((block.level for block in reversed(blocks[:index]) if block.kind == BlockKind.HEADING), 0)
    if level <= own:
        return []
    headings = (block for block in following if block.kind == BlockKind.HEADING)
    section = itertools.takewhile(lambda heading: heading.level >= level, headings)
    return [heading for heading in section if heading.level == level]
