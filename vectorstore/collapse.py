"""Collapse passages that say the same: annual documents and their copies repeat whole paragraphs."""

import re
from collections.abc import Mapping, Sequence
from dataclasses import replace
from types import MappingProxyType

from ingest.chunk import Chunk
from vectorstore.types import Hit

SIMILAR = 0.9
"""Share of common word triples from which two passages say the same, if all of their numbers agree as well."""

_NUMBER = re.compile(r"\d+")


def collapse(hits: Sequence[Hit], top_k: int, groups: Mapping[str, str] = MappingProxyType({})) -> list[Hit]:
    """Fold each hit that repeats a better one into it, so that every rank says something new.

    Passages whose numbers differ are never folded: last year's figures in this year's words are another answer.

    Args:
        hits: Best first.
        top_k: How many to return.
        groups: Group of a document, by its identifier. A passage is not folded into one of another group.

    Returns:
        Hits, ranked anew; `also` lists the passages that were folded into each, best first.
    """
    kept: list[tuple[Hit, _Wording]] = []
    repeats: list[list[Chunk]] = []
    for hit in hits:
        wording = _Wording(hit.chunk.text)
        group = groups.get(hit.chunk.document)
        place = next(
            (
                place
                for place, (better, other) in enumerate(kept)
                if groups.get(better.chunk.document) == group and wording.repeats(other)
            ),
            None,
        )
        if place is not None:
            repeats[place].append(hit.chunk)
        elif len(kept) < top_k:
            kept.append((hit, wording))
            repeats.append([])
    return [
        replace(hit, rank=rank, also=(*hit.also, *others))
        for rank, ((hit, _), others) in enumerate(zip(kept, repeats, strict=True), start=1)
    ]


class _Wording:
    """The words of a passage, for comparison."""

    def __init__(self, text: str) -> None:
        sequence = text.lower().split()
        self._numbers = _NUMBER.findall(text)
        # A passage of one or two words is a triple by itself.
        self._triples = frozenset(zip(sequence, sequence[1:], sequence[2:], strict=False)) or {tuple(sequence)}

    def repeats(self, other: "_Wording") -> bool:
        """Whether both say the same."""
        if self._numbers != other._numbers:
            return False
        common = len(self._triples & other._triples)
        return common >= SIMILAR * (len(self._triples) + len(other._triples) - common)
