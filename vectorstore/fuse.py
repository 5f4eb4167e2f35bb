"""Fuse dense and lexical scores into one ranking."""

from collections.abc import Sequence

from vectorstore.store import Candidate
from vectorstore.types import Hit

LEXICAL_WEIGHT = 0.4
"""What the lexical share counts beside the cosine where question and passage are in one language."""

CROSS_LANGUAGE_WEIGHT = 0.2
"""The same where they differ: names, numbers and related spellings can match, and what the glossary translates."""


def fuse(candidates: Sequence[Candidate], language: str, top_k: int) -> list[Hit]:
    """Rank candidates by cosine plus weighted lexical share.

    Scores are added, not ranks: reciprocal rank fusion throws away how sure each half is and loses to the better
    half on Swedish questions. The share falls by itself where a question's words are strange to the documents, so
    the weight need not.

    Args:
        candidates: With both scores.
        language: The question's, ISO 639-1.
        top_k: How many hits.

    Returns:
        Hits, best first.
    """
    scored: list[tuple[float, Candidate]] = []
    for candidate in candidates:
        same = candidate.language in (language, None)
        weight = LEXICAL_WEIGHT if same else CROSS_LANGUAGE_WEIGHT
        scored.append((candidate.dense + weight * candidate.lexical, candidate))
    scored.sort(key=lambda pair: (-pair[0], pair[1].chunk.document, pair[1].chunk.ordinal))
    return [
        Hit(candidate.chunk, score, rank, candidate.dense, candidate.lexical)
        for rank, (score, candidate) in enumerate(scored[:top_k], start=1)
    ]
