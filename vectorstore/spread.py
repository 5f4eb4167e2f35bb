"""Spread hits over the organisations that a question names, so that each is heard."""

from collections.abc import Mapping, Sequence
from dataclasses import replace

from vectorstore.types import Hit

LEAST = 3
"""Hits that each organisation gets where there is room for as many."""


def spread(hits: Sequence[Hit], top_k: int, groups: Mapping[str, str]) -> list[Hit]:
    """The best hits, with the best few of each group among them.

    Args:
        hits: Best first.
        top_k: How many to return.
        groups: Group of a document, by its identifier; others are in none.

    Returns:
        Hits in their order, ranked anew. With more groups than `top_k` the best of those that rank highest.
    """
    least = max(1, min(LEAST, top_k // max(len(set(groups.values())), 1)))
    taken: dict[str, int] = {}
    reserved: list[Hit] = []
    others: list[Hit] = []
    for hit in hits:
        group = groups.get(hit.chunk.document)
        if group is not None and taken.get(group, 0) < least:
            taken[group] = taken.get(group, 0) + 1
            reserved.append(hit)
        else:
            others.append(hit)
    chosen = sorted((reserved + others)[:top_k], key=lambda hit: hit.rank)
    return [replace(hit, rank=rank) for rank, hit in enumerate(chosen, start=1)]
