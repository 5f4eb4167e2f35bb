"""Search the store: the one entry to retrieval."""

from vectorstore.analyse import query_terms
from vectorstore.collapse import collapse
from vectorstore.fuse import fuse
from vectorstore.store import Store
from vectorstore.types import Filter, Hit

CANDIDATES = 50
"""How many chunks each half of the retrieval hands to fusion, unless more hits are asked for."""

_REPEATS = 2
"""How many passages are looked at for each hit wanted, to fold repetitions."""


def search(
    store: Store, question: str, *, top_k: int = 10, language: str = "sv", limits: Filter | None = None
) -> list[Hit]:
    """The passages that most likely answer a question.

    Args:
        store: Where to search.
        question: Standing on its own, Swedish or English.
        top_k: How many hits at most.
        language: The question's, ISO 639-1.
        limits: Documents to search in; None for all.

    Returns:
        Hits, best first. Passages that repeat a better one are in its `also`.
    """
    wanted = _REPEATS * top_k
    candidates = store.candidates(question, query_terms(question), max(CANDIDATES, wanted), limits or Filter())
    return collapse(fuse(candidates, language, wanted), top_k)
