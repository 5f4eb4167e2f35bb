"""Recognise in a question the organisations that have documents here."""

import re
from collections.abc import Sequence

from vectorstore.analyse import fold

_FORMS = frozenset("stad stads kommun kommuns kommuner region regionen city of municipality county council the".split())
"""Words that say what an organisation is, not which."""

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

_ASKS_EACH = re.compile(
    r"\b(?:vilka|vilken)\s+(?:(?:är|var)\s+)?(?:av\s+(?:(?:de|dem|dessa|våra)\s+)?(?:\w+\s+)?)?"
    r"(?:organisation(?:er|en|erna)?|kommun(?:er|en|erna)?|städer(?:na)?|stader(?:na)?|stad(?:en)?|"
    r"region(?:er|en|erna)?|myndighet(?:er|en|erna)?)\b|"
    r"\b(?:which|what)\s+(?:of\s+(?:(?:the|these|our)\s+)?)?(?:(?:swedish|\w*two|three|four|five|six)\s+)?"
    r"(?:organi[sz]ations?|municipalit(?:y|ies)|cit(?:y|ies)|regions?)\b",
    re.IGNORECASE,
)


def asks_each(question: str) -> bool:
    """Whether a question wants to know which of the organisations something is true of."""
    return bool(_ASKS_EACH.search(question))


def without_set(question: str) -> str:
    """A question without the words that only name the set to choose from (*vilka av organisationerna*)."""
    return _ASKS_EACH.sub(" ", question)


def organisations_named(question: str, organisations: Sequence[str]) -> list[str]:
    """The organisations that a question names, in the order of `organisations`.

    An organisation is named by the part that sets it apart, in any inflection (*Malmös*, *Göteborgs Stads*). Where
    several share it (*Region Stockholm*, *Stockholms stad*), those whose form the question says are meant, if it
    says one.

    Args:
        question: As asked.
        organisations: Names as in the catalog.
    """
    present = _bare_words(question)
    named = [name for name in organisations if _apart(name) and _apart(name) <= present]
    said = [name for name in named if _said_in_full(name, question) or _said_in_english(name, question)]
    covered = set[str]().union(*(_apart(name) for name in said)) if said else set[str]()
    return [name for name in named if name in said or not _apart(name) <= covered]


def is_named(name: str, text: str) -> bool:
    """Whether a proper name is in a text: in any case, with or without genitive *s*, diacritics typed or not."""
    present = _bare_words(text)
    return all(
        any(word in wanted or (len(part) > 4 and word.startswith(part)) for word in present)
        for part in _bare_words(name)
        if (wanted := {part, swedish_name(part)})
    )


def swedish_name(word: str) -> str:
    """A name without diacritics and genitive, by its Swedish name where it was an English one."""
    return _BARE_EXONYMS.get(word, word)


def _said_in_full(name: str, question: str) -> bool:
    """Whether the words of a name stand together in a question (*Region Stockholms*, *Stockholms stad*)."""
    pattern = r"\s+".join(rf"{re.escape(_bare(word))}s?" for word in name.split())
    return bool(re.search(rf"\b{pattern}\b", fold(question)))


def _said_in_english(name: str, question: str) -> bool:
    """Whether a question has the name with its form in English (*the City of Stockholm*, *Stockholm Region*)."""
    forms = r"region|county" if re.search(r"\bregion", fold(name)) else r"city|municipality|town"
    asked = " ".join(swedish_name(_bare(word)) for word in re.findall(r"[\w&+]+", question))
    return all(
        re.search(rf"\b(?:{forms}) (?:of )?{re.escape(word)}\b|\b{re.escape(word)} (?:{forms})\b", asked)
        for word in _apart(name)
    )


def _apart(name: str) -> frozenset[str]:
    """What sets an organisation apart, without genitive and diacritics: `{malmo}` for *Malmö stad*."""
    return frozenset(word for word in _bare_words(name) if word not in {_bare(form) for form in _FORMS})


def _bare_words(text: str) -> frozenset[str]:
    words = {_bare(word) for word in re.findall(r"[\w&+]+", text)}
    return frozenset(words | {swedish_name(word) for word in words})


def _bare(name: str) -> str:
    folded = fold(name)
    return folded[:-1] if len(folded) > 3 and folded.endswith("s") else folded


_BARE_EXONYMS = {_bare(english): _bare(swedish) for english, swedish in EXONYMS.items()}
