"""Recognise in a question the organisations that have documents here."""

import re
from collections.abc import Sequence
from dataclasses import dataclass

from ingest.organisation import public_bodies
from vectorstore.analyse import STOP_WORDS, fold
from vectorstore.names import bare, bare_words, swedish_name
from vectorstore.places import place_names

_REGIONAL = frozenset(bare(word) for word in "region regionen landsting county län länsstyrelsen".split())
_LOCAL = frozenset(bare(word) for word in "stad kommun kommuner city municipality town".split())
_FORMS = _REGIONAL | _LOCAL | frozenset(bare(word) for word in "of council the i".split())
"""Words that say what an organisation is, not which."""

_ASKS_EACH = re.compile(
    r"\b(?:vilka|vilken)\s+(?:(?:är|var)\s+)?(?:av\s+(?:(?:de|dem|dessa|våra)\s+)?(?:\w+\s+)?)?"
    r"(?:organisation(?:er|en|erna)?|kommun(?:er|en|erna)?|städer(?:na)?|stader(?:na)?|stad(?:en)?|"
    r"region(?:er|en|erna)?|myndighet(?:er|en|erna)?)\b|"
    r"\b(?:which|what)\s+(?:of\s+(?:(?:the|these|our)\s+)?)?(?:(?:swedish|\w*two|three|four|five|six)\s+)?"
    r"(?:organi[sz]ations?|municipalit(?:y|ies)|cit(?:y|ies)|regions?)\b",
    re.IGNORECASE,
)


@dataclass(frozen=True, slots=True)
class Body:
    """A public body that a question names with its form: *Uppsala kommun*, *Region Skåne*, *City of Lund*.

    Attributes:
        name: In base form.
        start: Offset at which it is named.
        end: Offset after the name and its genitive.
    """

    name: str
    start: int
    end: int

    def may_be(self, organisation: str) -> bool:
        """Whether an organisation of this name may be meant: the same place, and not a region for a municipality."""
        return apart(self.name) == apart(organisation) and not (
            (_is_of(_REGIONAL, self.name) and _is_of(_LOCAL, organisation))
            or (_is_of(_LOCAL, self.name) and _is_of(_REGIONAL, organisation))
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
    says one. A form that none of them has means none of them.

    Args:
        question: As asked.
        organisations: Names as in the catalog.
    """
    present = bare_words(question)
    named = [name for name in organisations if apart(name) and apart(name) <= present]
    if not named:
        return []
    said = [name for name in named if _said_in_full(name, question) or _said_in_english(name, question)]
    covered = set[str]().union(*(apart(name) for name in said)) if said else set[str]()
    others = [body for body in bodies_named(question) if not any(body.may_be(name) for name in named)]
    elsewhere = bare_words("".join(" " if _within(place, others) else sign for place, sign in enumerate(question)))
    return [name for name in named if name in said or (not apart(name) <= covered and apart(name) <= elsewhere)]


def where_named(question: str, organisation: str) -> list[tuple[int, int]]:
    """Where a question names an organisation, with the words beside the name that say what it is (*Region Skånes*).

    Args:
        question: As asked.
        organisation: As in the catalog.

    Returns:
        Half-open intervals, in their order.
    """
    wanted = apart(organisation)
    words = [(match.start(), match.end(), bare(match.group())) for match in re.finditer(r"[\w&+]+", question)]
    own = [word in wanted or swedish_name(word) in wanted for _, _, word in words]
    beside = [word in _REGIONAL | _LOCAL for _, _, word in words]
    found: list[tuple[int, int]] = []
    for place in (place for place, named in enumerate(own) if named):
        first = place - 1 if place and beside[place - 1] else place
        last = place + 1 if place + 1 < len(words) and beside[place + 1] else place
        start, end = words[first][0], words[last][1]
        if found and not question[found[-1][1] : start].strip():
            start = found.pop()[0]
        found.append((start, end))
    return found


def bodies_named(question: str) -> list[Body]:
    """The public bodies that a question names with their form, whether they have documents here or not."""
    return [
        Body(name, start, end)
        for name, start, end in public_bodies(question)
        # *Stockholmsregionen* is a stretch of land, and its *Europakontor* an organisation of its own.
        if " " in name and not _is_phrase(question, name, start)
    ]


def apart(name: str) -> frozenset[str]:
    """What sets an organisation apart, without genitive and diacritics: `{malmo}` for *Malmö stad*."""
    return frozenset(word for word in bare_words(name) if word not in _FORMS)


def opens_sentence(question: str, start: int) -> bool:
    """Whether a word begins a sentence, so that its capital says nothing."""
    before = question[:start].rstrip(" \"'”«(")
    return not before or before.endswith((".", "?", "!", ":"))


def _is_phrase(question: str, name: str, start: int) -> bool:
    """Whether a capital at the beginning of a sentence makes a name of words that are none (*Vilken kommun*)."""
    first = name.split()[0]
    if first.lower() in STOP_WORDS:
        return True
    return opens_sentence(question, start) and bare(first) not in _FORMS and bare(first) not in place_names()


def _said_in_full(name: str, question: str) -> bool:
    """Whether the words of a name stand together in a question (*Region Stockholms*, *Stockholms stad*)."""
    pattern = r"\s+".join(rf"{re.escape(bare(word))}s?" for word in name.split())
    return bool(re.search(rf"\b{pattern}\b", fold(question)))


def _said_in_english(name: str, question: str) -> bool:
    """Whether a question has the name with its form in English (*the City of Stockholm*, *Stockholm Region*)."""
    forms = r"region|county" if _is_of(_REGIONAL, name) else r"city|municipality|town"
    asked = " ".join(swedish_name(bare(word)) for word in re.findall(r"[\w&+]+", question))
    return all(
        re.search(rf"\b(?:{forms}) (?:of )?{re.escape(word)}\b|\b{re.escape(word)} (?:{forms})\b", asked)
        for word in apart(name)
    )


def _is_of(forms: frozenset[str], name: str) -> bool:
    return any(bare(word) in forms for word in name.split())


def _within(place: int, bodies: Sequence[Body]) -> bool:
    return any(body.start <= place < body.end for body in bodies)
