"""Tell whose document it is, from the forms that names of Swedish public bodies and associations have."""

import re
from collections import Counter, defaultdict
from collections.abc import Iterator
from dataclasses import dataclass, field

_NAME = r"[A-ZÅÄÖÉÜ][a-zåäöéü]+(?:-[A-ZÅÄÖa-zåäö][a-zåäö]+)*"
_FIRST = r"(?:(?:Upplands|Östra|Västra|Norra|Södra|Lilla|Stora|Nya|Gamla)[ ])?"
_STRONG = tuple(
    re.compile(pattern)
    for pattern in (
        rf"(?P<name>{_FIRST}{_NAME} (?:[Kk]ommun|[Ss]tad|[Ll]andsting|[Kk]ommunförbund))(?P<genitive>s?)\b(?!\w)",
        rf"(?P<name>(?:Västra )?{_NAME}(?<!s)sregionen|Västra Götalandsregionen)(?P<genitive>s?)\b",
        rf"(?P<name>Region (?:{_FIRST}{_NAME}(?: län\b|(?=s\b))|{_NAME}(?<!s)(?=s?\b)))(?P<genitive>s?)\b",
        rf"(?P<name>Länsstyrelsen(?: i)? (?:Västra )?{_NAME}(?: län)?)(?P<genitive>s?)\b",
        rf"(?P<name>(?:Region|Kommun)förbundet {_NAME}(?: {_NAME})?)(?P<genitive>)\b",
        rf"(?P<name>(?:City|Municipality) of {_NAME})(?P<genitive>(?:['’]s)?)\b",
        rf"(?P<name>{_NAME} (?:Municipality|City Council|County Council))(?P<genitive>(?:['’]s)?)\b",
    )
)
_WEAK = tuple(
    re.compile(pattern)
    for pattern in (
        rf"(?P<name>{_NAME})(?P<genitive>) (?:ideell förening|ek(?:onomisk|\.) förening)\b",
        rf"(?P<name>(?:Föreningen|Stiftelsen|Förbundet) {_NAME})(?P<genitive>)\b",
        rf"(?P<name>{_NAME} (?:[Uu]niversitet|[Hh]ögskola|AB))(?P<genitive>s?)\b",
        r"\b(?P<name>[A-ZÅÄÖ][a-zåäö]+(?:s?verket|smyndigheten|sinspektionen|sstyrelsen))(?P<genitive>s?)\b",
    )
)
_NOT_NAME_WORDS = (
    "i för av till hos inom alla varje från med om och när den det denna vår er en ett både som på hela egen samma "
    "någon annan andra the our each this that any every sverige sveriges svensk svenska medverkande respektive "
    "smart hållbar attraktiv levande grön öppen trygg växande agenda vision"
)
_NOT_NAMES = frozenset(_NOT_NAME_WORDS.split())
_NOT_ISSUERS = re.compile(
    r"(?:kommun|region|stads|landstings|läns|förbunds|bolags|riks|social|skol)\w*styrelsen", re.IGNORECASE
)
_PERSON = re.compile(r"[A-ZÅÄÖ][a-zåäöé-]+(?:,\s*|\s+)[A-ZÅÄÖ][a-zåäöé-]+")
_CAPITALS = re.compile(r"[A-ZÅÄÖ]{3,}(?:[ -][A-ZÅÄÖ]{3,})*")


@dataclass(slots=True)
class _Candidate:
    score: float = 0.0
    spellings: Counter[str] = field(default_factory=Counter)
    first: tuple[int, int] | None = None
    strong: bool = False
    titled: bool = False


def has_form(name: str) -> bool:
    """Whether a name has the form of a public body's name."""
    return any(pattern.fullmatch(name.strip()) for pattern in _STRONG)


def base_form(name: str) -> str:
    """The name without the genitive that running text gives it: *Malmö stads* is *Malmö stad*."""
    for pattern in _STRONG:
        if match := pattern.fullmatch(name.strip()):
            return str(match["name"])
    return name.strip()


def public_bodies(text: str) -> list[tuple[str, int, int]]:
    """The public bodies that a text names with their form, in base form, with the offsets of each mention."""
    return [(name, start, end) for name, start, end, strong in _mentions(text) if strong]


def is_issuer(name: str, text: str) -> bool:
    """Whether a name in a file's properties is an organisation, rather than whoever saved the file.

    It is where it has the form of one, or where the text speaks of it again and again and it is not made like a
    person's name.
    """
    if has_form(name):
        return True
    if _PERSON.fullmatch(name.strip()) or len(name.strip()) < 3:
        return False
    return len(re.findall(rf"(?<!\w){re.escape(name.strip())}", text, re.IGNORECASE)) >= 3


def find_organisation(text: str, front: int, titles: tuple[str, ...]) -> tuple[str, int, int] | None:
    """The organisation that a text speaks for: the one named most, on the front page and in its titles above all.

    Args:
        text: The document's text.
        front: Offset at which the front page ends.
        titles: Title and headings, cleaned.

    Returns:
        The name in its base form with the offsets of a mention, or None where no name stands out.
    """
    candidates: dict[str, _Candidate] = defaultdict(_Candidate)
    for name, start, end, strong in _mentions(text):
        candidate = candidates[name.casefold()]
        in_front = start < front
        if not strong and not in_front and name.casefold() not in candidates:
            continue
        candidate.score += (4 if in_front else 1) * (1 if strong else 0.5)
        candidate.spellings[name] += 1
        candidate.strong |= strong
        candidate.first = candidate.first or (start, end)
    for key, candidate in candidates.items():
        candidate.titled = any(key in title.casefold() for title in titles[:3])
        candidate.score += 6 * sum(key in title.casefold() for title in titles[:3])
    best = max(candidates.values(), key=lambda candidate: candidate.score, default=None)
    if best is None or best.first is None or best.score < 3:
        return None
    alone = re.search(rf"^{re.escape(text[slice(*best.first)])}$", text, re.MULTILINE)
    if (
        not best.titled
        and not alone
        and any(
            other is not best and other.strong and other.spellings.total() >= best.spellings.total()
            for other in candidates.values()
        )
    ):
        return None  # a text about several organisations speaks for none of them
    return max(best.spellings, key=lambda name: best.spellings[name]), *best.first


def organisation_in_name(path: str) -> str | None:
    """An organisation that a file's name or folder states, with blanks, `_` or `-` between its words."""
    for part in reversed(path.split("/")):
        spaced = re.sub(r"[_\s]+|-(?=\D)", " ", part.rsplit(".", 1)[0])
        shaped = " ".join(
            word if word in ("kommun", "stad") else word[:1].upper() + word[1:] for word in spaced.split()
        )
        for name, _, _, strong in _mentions(shaped):
            if strong:
                return re.sub(r" (Kommun|Landsting)$", lambda match: match[0].lower(), name)
    return None


def _mentions(text: str) -> Iterator[tuple[str, int, int, bool]]:
    """Names with the form of an organisation: base form, offsets, and whether the form alone tells."""
    readable = _CAPITALS.sub(lambda match: _sentence_case(match[0]), text)
    for strong, patterns in ((True, _STRONG), (False, _WEAK)):
        for pattern in patterns:
            for match in pattern.finditer(readable):
                name = match["name"]
                first = name.split()[0].casefold()
                if first in _NOT_NAMES or _NOT_ISSUERS.fullmatch(name):
                    continue
                yield name, match.start("name"), match.end("name"), strong


def _sentence_case(words: str) -> str:
    """Capitals as in running text, of the same length: *LINKÖPINGS KOMMUN* is *Linköpings kommun*."""
    small = {"kommun", "kommuns", "stad", "stads", "län", "ideell", "förening"}
    cased = [word.lower() if word.lower() in small else word.capitalize() for word in words.split(" ")]
    return " ".join(cased) if len(cased) > 1 else words
