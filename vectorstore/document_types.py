"""Tell which types of documents a question speaks of: *handlingsplanen*, *EU-strategins*, *the annual report*."""

import re
from collections.abc import Collection
from functools import cache

from vectorstore.analyse import fold

_SAME = (
    "strategi|strategy",
    "program|programme",
    "handlingsplan|åtgärdsplan|action plan",
    "verksamhetsplan|business plan",
    "årsrapport|årsredovisning|årsberättelse|verksamhetsberättelse|annual report|activity report|annual review",
    "delårsrapport|interim report",
    "lägesrapport|progress report",
    "slutrapport|final report",
    "hållbarhetsredovisning|hållbarhetsrapport|sustainability report",
    "rapport|report",
    "plan",
    "policy",
    "riktlinjer|riktlinje|guidelines|guideline",
    "stadgar|stadga|statutes|bylaws",
    "reglemente",
    "överenskommelse|avtal|agreement",
    "protokoll|minutes",
    "utredning|inquiry",
    "budget",
    "utvärdering|evaluation",
    "uppföljning",
    "analys|analysis",
    "webbsida|hemsida|web page|webpage|website",
    "beslut|decision",
    "tjänsteskrivelse",
    "remissvar",
    "avsiktsförklaring|letter of intent|memorandum of understanding",
)
"""Words for the same type of document."""

_NARROWER = {"rapport": ("rapport", "redovisning", "berättelse", "report"), "plan": ("plan",)}
"""What a word that is the general one covers besides, by how other types end."""

_ENDINGS = "(?:s|n|ns|en|ens|et|ets|er|ers|erna|ernas|na|nas|ar|arna|arnas|met|mets|men|mens|an|ans|ies|sen|sens)?"


def types_named(question: str, types: Collection[str]) -> list[str]:
    """The types of documents that a question speaks of, inflected or at the end of a compound.

    Words for the same type stand for each other (*annual report* for *verksamhetsberättelse*), and *rapporten* for
    every kind of report.

    Args:
        question: As asked, with diacritics or without.
        types: Those that documents here have, as in the catalog.

    Returns:
        The ones of `types` that are meant, in their order.
    """
    said = [group for group, pattern in _patterns() if pattern.search(fold(question))]
    return [name for name in types if any(_is_of(fold(name), group) for group in said)]


def is_type(word: str) -> bool:
    """Whether a word is one for a type of document and no more: *årsrapport*, not *klimatrapport*."""
    return fold(word) in {fold(name) for words in _SAME for name in words.split("|")}


def _is_of(name: str, group: tuple[str, ...]) -> bool:
    endings = tuple(fold(ending) for word in group for ending in _NARROWER.get(word, ()))
    return name in map(fold, group) or bool(endings and name.endswith(endings))


@cache
def _patterns() -> tuple[tuple[tuple[str, ...], re.Pattern[str]], ...]:
    """Each type's words with the pattern that finds them, but not within a longer one (*rapport* in *årsrapport*)."""
    groups = [tuple(words.split("|")) for words in _SAME]
    every = [fold(word) for group in groups for word in group]
    patterns = []
    for group in groups:
        found = "|".join(
            "".join(
                rf"(?<!{longer.removesuffix(word)})" for longer in every if longer != word and longer.endswith(word)
            )
            + word
            for word in map(fold, group)
        )
        patterns.append((group, re.compile(rf"\b\w*?(?:{found}){_ENDINGS}\b")))
    return tuple(patterns)
