"""Recognise proper names in text: inflected, in English, or typed without diacritics."""

import re

from vectorstore.analyse import fold

EXONYMS = {
    "gothenburg": "göteborg", "copenhagen": "köpenhamn", "sweden": "sverige", "swedish": "svensk", "denmark": "danmark",
    "norway": "norge", "germany": "tyskland", "france": "frankrike", "brussels": "bryssel", "prague": "prag",
    "scania": "skåne", "europe": "europa", "china": "kina", "warsaw": "warszawa", "rome": "rom", "vienna": "wien",
    "estonia": "estland", "latvia": "lettland", "lithuania": "litauen", "poland": "polen", "spain": "spanien",
    "italy": "italien", "netherlands": "nederländerna", "belgium": "belgien", "ukraine": "ukraina", "kyiv": "kiev",
    "ireland": "irland", "iceland": "island", "russia": "ryssland", "lisbon": "lissabon", "un": "fn",
    "nordic": "nordisk", "baltic": "östersjö",
}  # fmt: skip
"""English names of places whose Swedish name differs."""


def is_named(name: str, text: str) -> bool:
    """Whether a proper name is in a text: in any case, with or without genitive *s*, diacritics typed or not."""
    present = bare_words(text)
    return all(
        any(word in wanted or (len(part) > 4 and word.startswith(part)) for word in present)
        for part in bare_words(name)
        if (wanted := {part, swedish_name(part)})
    )


def swedish_name(word: str) -> str:
    """A name without diacritics and genitive, by its Swedish name where it was an English one."""
    return _BARE_EXONYMS.get(word, word)


def bare(name: str) -> str:
    """A word in lower case, without diacritics and genitive *s*."""
    folded = fold(name)
    return folded[:-1] if len(folded) > 3 and folded.endswith("s") else folded


def bare_words(text: str) -> frozenset[str]:
    """The words of a text, each bare, with their Swedish names beside English ones."""
    words = {bare(word) for word in re.findall(r"[\w&+]+", text)}
    return frozenset(words | {swedish_name(word) for word in words})


_BARE_EXONYMS = {bare(english): bare(swedish) for english, swedish in EXONYMS.items()}
