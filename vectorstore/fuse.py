"""Fuse dense and lexical scores into one ranking."""

from collections.abc import Mapping, Sequence
from types import MappingProxyType

from vectorstore.backend import Candidate
from vectorstore.types import Hit

LEXICAL_WEIGHT = 0.4
"""What the lexical share counts beside the cosine where the nearest passages are in the question's language."""

CROSS_LANGUAGE_WEIGHT = 0.2
"""The same where none of them is: names, numbers, related spellings and the glossary's words are left to match."""

_NEAREST = 10


def fuse(
    candidates: Sequence[Candidate], language: str, top_k: int, bonuses: Mapping[str, float] = MappingProxyType({})
) -> list[Hit]:
    """Rank candidates by cosine plus weighted lexical share, plus what their document gains by the question's scope.

    Scores are added, not ranks: reciprocal rank fusion throws away how sure each half is and loses to the better
    half on Swedish questions. One weight holds for all candidates of a question, so that a passage in the question's
    language gains nothing by that alone. Where the question's words are strange to the documents the share falls by
    itself.

    Args:
        candidates: With both scores.
        language: The question's, ISO 639-1.
        top_k: How many hits.
        bonuses: What passages of a document gain, by its identifier.

    Returns:
        Hits, best first.
    """
    weight = _lexical_weight(candidates, language)
    scored = [
        (candidate.dense + weight * candidate.lexical + bonuses.get(candidate.chunk.document, 0.0), candidate)
        for candidate in candidates
    ]
    scored.sort(key=lambda pair: (-pair[0], pair[1].chunk.document, pair[1].chunk.ordinal))
    return [
        Hit(candidate.chunk, score, rank, candidate.dense, candidate.lexical)
        for rank, (score, candidate) in enumerate(scored[:top_k], start=1)
    ]


def _lexical_weight(candidates: Sequence[Candidate], language: str) -> float:
    """Between the two weights, by the share of the nearest passages that are in the question's language."""
    nearest = sorted(candidates, key=lambda candidate: -candidate.dense)[:_NEAREST]
    same = sum(candidate.language in (language, None) for candidate in nearest)
    return CROSS_LANGUAGE_WEIGHT + (LEXICAL_WEIGHT - CROSS_LANGUAGE_WEIGHT) * same / max(len(nearest), 1)
