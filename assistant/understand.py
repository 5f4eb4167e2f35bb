"""Understand a question: its language, the kind of answer it wants, its scope, and what it refers back to."""

import re
from collections.abc import Sequence
from dataclasses import dataclass
from enum import StrEnum

from assistant.answers import Scope, Turn
from ingest.language import detect_language
from vectorstore.analyse import STOP_WORDS, fold, words
from vectorstore.organisations import asks_each, organisations_named
from vectorstore.strangers import SURE, find_strangers


class Kind(StrEnum):
    """What kind of answer a question wants."""

    FACT = "fact"
    NUMBER = "number"
    AMOUNT = "amount"
    DATE = "date"
    PERSON = "person"
    NAME = "name"
    REASON = "reason"
    PLACE = "place"
    LIST = "list"
    EXPLANATION = "explanation"
    COMPARISON = "comparison"


@dataclass(frozen=True, slots=True)
class Question:
    """A question, understood.

    Attributes:
        text: As asked.
        standalone: Made independent of the conversation.
        language: `sv` or `en`.
        kind: What kind of answer it wants.
        names: Proper names in the question itself, as typed.
        years: Years that the question itself names.
        organisations: Organisations with documents here that it is about; all of them when it asks which.
        scope: What the reader limited it to.
        strangers: Organisations without a document here that it is about.
    """

    text: str
    standalone: str
    language: str
    kind: Kind
    names: tuple[str, ...]
    years: tuple[int, ...]
    organisations: tuple[str, ...]
    scope: Scope
    strangers: tuple[str, ...] = ()


_ASKS = r"(?:(?:vilken|vilket|vilka|vad|hur|what|which|how)\s+(?:\w+\s+)?)?"
_KINDS: tuple[tuple[Kind, str], ...] = (
    (Kind.COMPARISON, r"jämför|skilj\w+ (?:sig|det)|skillnad\w* mellan|compare|differ|differences? between"),
    (
        Kind.AMOUNT,
        rf"hur mycket (?:pengar|kosta\w*|eu-?(?:finansiering|medel|stöd|bidrag)|medel|bidrag|stöd)|"
        rf"vad (?:[\w-]+ ){{0,8}}(?:kosta\w*|betala\w*)|"
        rf"hur (?:hög|stor)\w* (?:[\w-]+ ){{0,3}}"
        rf"\w*(?:avgift|budget|kostnad|belopp|summa|anslag|bidrag|lön|ersättning)\w*|"
        rf"hur många (?:miljoner |miljarder )?(?:kronor|euro)|how much (?:money|funding|did .* cost|does .* cost)|"
        rf"what did .* cost|(?:what|how (?:high|large|big)) (?:is|was|are|were) the (?:[\w-]+ ){{0,3}}"
        rf"(?:fee|cost|budget|price|salar|grant)\w*|"
        rf"{_ASKS}(?:prislapp|kostnad|budget|belopp|\w*avgift|cost|amount|fee)\w*",
    ),
    (
        Kind.NUMBER,
        rf"hur (?:många|mycket|stor\w*|höga?t?|ofta|långa?t?|nära|gamm\w*)|"
        rf"{_ASKS}(?:antal|andel|nivå|målvärde|målnivå)\w*|"
        r"how (?:many|much|large|big|high|often|long|far|old)|what (?:share|percentage|number|level)|"
        r"(?:by|to|below) what|number of",
    ),
    (
        Kind.DATE,
        r"när|(?:vilket|vilka) (?:år|datum)|vilken dag|hur länge|when|(?:what|which) (?:year|date)|how long",
    ),
    (
        Kind.NAME,
        r"vad heter \w*(?:chef|direktör|ordförande|råd|strateg|samordnare|ansvarig)\w*|"
        r"vem är (?:\w+ )?\w*(?:chef|direktör|ordförande|råd|minister|strateg|samordnare)\w*|"
        r"who is the (?:\w+ )?(?:mayor|director|head|chair\w*|manager|minister)",
    ),
    (Kind.REASON, r"varför|av vilken anledning|av vilka skäl|vad beror|hur kommer det sig|why|for what reason"),
    (
        Kind.PERSON,
        r"vem|vems|who|whom|whose|vilken (?:nämnd|förvaltning|person|instans|roll)|which (?:board|person|office)",
    ),
    (
        Kind.LIST,
        r"vilka|lista|räkna upp|nämn|ange alla|i vilken ordning|which (?:\w+ )?\w+s|list|name the|what are",
    ),
    (Kind.PLACE, r"^var|vart|varifrån|i vilken (?:stad|kommun|region|ort)|where|in which (?:city|town|country)"),
    (
        Kind.EXPLANATION,
        r"hur|vad (?:är|innebär|betyder|menas|gör|har|säger|syftar)|beskriv|förklara|berätta|sammanfatta|"
        r"how|what is|what does|describe|explain|tell",
    ),
    (Kind.FACT, r"vilken|vilket|vad|which|what"),
)
_KIND_PATTERNS = tuple((kind, re.compile(rf"\b(?:{pattern})\b")) for kind, pattern in _KINDS)
_FOLDED_KIND_PATTERNS = tuple((kind, re.compile(rf"\b(?:{fold(pattern)})\b")) for kind, pattern in _KINDS)
_YEAR = re.compile(r"\b(?:19|20)\d\d\b")
_UPPER = "A-ZÀ-ÖØ-ÞČĆĎĐĚŁŃŇŘŚŠŤŮŹŻŽ"
_NAME = re.compile(rf"(?<![\w-])[{_UPPER}][\w&+]*(?:-(?:[a-zåäö]{{2,3}}-)?[{_UPPER}][\w]*)*")
_BACK_REFERENCE = re.compile(
    r"\b(?:de|dem|den|det|dess|deras|dit|denna|detta|dessa|han|hon|henne|honom|they|them|it|its|their|those|these|he|she)\b",
    re.IGNORECASE,
)
_CONTINUES = re.compile(
    r"^\s*(?:och|men|and|but|då|what about|how about|hur är det med|vad gäller|hur gör|varför då)\b", re.IGNORECASE
)
_POINTERS = frozenset(
    "då nu så ja nej mer mera hej tack han hon henne honom dem de dessa denna sådant sådana then he she him her yes no "
    "more hello hi thanks".split()
)
_GENERIC_NAMES = frozenset(
    "city county region regional municipality council government board programme program strategy plan policy "
    "report eu stad stads kommun kommuns regionen".split()
)
"""Capitalised words that do not tell one thing from another."""
_DEFINITE = re.compile(r"\w{2,}(?:a|e|en|et|in|an|ån|ön|or|ar|er)\b", re.IGNORECASE)


def understand(
    text: str, history: Sequence[Turn] = (), scope: Scope | None = None, organisations: Sequence[str] = ()
) -> Question:
    """Understand a question in its conversation.

    Args:
        text: As asked, not blank.
        history: Earlier turns, oldest first.
        scope: What the reader limited the conversation to.
        organisations: Those that have documents here.
    """
    standalone = make_standalone(text, history)
    return Question(
        text=text,
        standalone=standalone,
        language=_language(text, standalone),
        kind=kind_of(text),
        names=names_in(text),
        years=tuple(dict.fromkeys(int(match.group()) for match in _YEAR.finditer(text))),
        organisations=tuple(_about(text, standalone, organisations)),
        scope=scope or Scope(),
        strangers=tuple(
            stranger.name for stranger in find_strangers(standalone, organisations) if stranger.sureness >= SURE
        ),
    )


def _language(text: str, standalone: str) -> str:
    """`en` or `sv`; names alone tell nothing, so that the conversation decides, or Swedish."""
    for asked in (text, standalone):
        if re.search(r"(?<!\w)[^\W\d_A-ZÅÄÖ]{2,}", asked):
            return "en" if detect_language(asked) == "en" else "sv"
    return "sv"


def _about(text: str, standalone: str, organisations: Sequence[str]) -> Sequence[str]:
    """The organisations that a question names; where it names none and asks which, all."""
    named = organisations_named(standalone, organisations)
    return organisations if asks_each(text) and not organisations_named(text, organisations) else named


def kind_of(question: str) -> Kind:
    """What kind of answer a question wants: by the question phrase that comes first in it."""
    typed_plainly = fold(question) == question.lower()
    matches = [
        (match.start(), order, kind)
        for order, (kind, pattern) in enumerate(_FOLDED_KIND_PATTERNS if typed_plainly else _KIND_PATTERNS)
        if (match := pattern.search(question.lower()))
    ]
    if any(kind == Kind.COMPARISON for _, _, kind in matches):
        return Kind.COMPARISON
    return min(matches)[2] if matches else Kind.FACT


def names_in(question: str) -> tuple[str, ...]:
    """Capitalised words in a question but for those that begin a sentence, which are only kept as acronyms."""
    names: dict[str, None] = {}
    for match in _NAME.finditer(question):
        before = question[: match.start()].rstrip(" \"'”«(")
        begins = not before or before.endswith((".", "?", "!", ":"))
        if match.group().lower() not in STOP_WORDS | _GENERIC_NAMES and (
            not begins or (match.group().isupper() and len(match.group()) > 1)
        ):
            names[match.group()] = None
    return tuple(names)


def make_standalone(question: str, history: Sequence[Turn]) -> str:
    """The question with what it refers back to beside it, by rules and without a language model.

    Nothing of either question is lost: the earlier one is added in parentheses, so that retrieval sees its subject
    and a reader sees how the question was understood.
    """
    if not history or not refers_back(question):
        return question
    earlier = history[-1].question
    if len(history) > 1 and refers_back(earlier):
        earlier = make_standalone(earlier, history[:-1])
    return f"{question} ({earlier})"


_ABOUT_ITSELF = re.compile(
    r"\W*(?:(?:"
    r"(?:hej|hejsan|tjena|tjenare|hallå|god ?(?:morgon|dag|kväll)|hejdå|hej då)(?: på dig| hej| där)?|"
    r"(?:tusen )?tack(?: (?:så (?:hemskt )?mycket|snälla))?(?: för (?:hjälpen|svaret))?|"
    r"vad (?:kan|gör) du(?: (?:göra|svara på|hjälpa (?:mig |oss )?(?:till )?med|för något))?|"
    r"vad (?:kan|får) (?:jag|man|vi) fråga(?: dig)?(?: om)?|(?:vem|vad) är du(?: för något)?|"
    r"vem har (?:gjort|byggt) dig|"
    r"(?:hur fungerar|vad är) (?:du|det här)|hjälp(?: mig)?|"
    r"(?:hello|hi|hey|good (?:morning|afternoon|evening|day)|goodbye|bye)(?: there)?|"
    r"(?:many )?thanks?(?: you)?(?: (?:very much|so much|a lot|for (?:your|the) help))?|"
    r"what (?:can|do) you (?:do|answer|help (?:me |us )?with)|what (?:can|may) (?:i|we) ask(?: you)?(?: about)?|"
    r"(?:who|what) are you|who (?:made|built) you|how do(?:es)? (?:you|this) work|help(?: me)?"
    r")(?!\w)\W*)+",
    re.IGNORECASE,
)


def asks_about_assistant(question: str) -> bool:
    """Whether a text is a greeting, thanks, or a question about the assistant itself, which no document answers."""
    return bool(_ABOUT_ITSELF.fullmatch(question))


def is_empty(question: str) -> bool:
    """Whether a question names nothing that could be looked for (*Vad?*, *Vem är han?*, *Och då?*)."""
    return not [word for word in words(question) if word not in STOP_WORDS | _POINTERS]


def refers_back(question: str) -> bool:
    """Whether a question cannot be understood without the conversation before it."""
    if _CONTINUES.match(question) or any(
        not _is_article(question, match) for match in _BACK_REFERENCE.finditer(question)
    ):
        return True
    informative = [word for word in words(question) if word not in STOP_WORDS]
    return not names_in(question) and len(informative) <= 2


def _is_article(question: str, match: re.Match[str]) -> bool:
    """Whether *de*, *den*, *det* stands before a definite adjective or noun (*de tre prioriterade områdena*)."""
    if match.group().lower() not in ("de", "den", "det", "dessa", "denna", "detta", "these", "those"):
        return False
    following = re.match(r"\s+(?:(?:\w+|\d+)\s+)?([\w-]+)", question[match.end() :])
    direct = re.match(r"\s+([\w-]+)", question[match.end() :])
    if direct is None:
        return False
    nearest = direct.group(1).lower()
    if nearest in STOP_WORDS or nearest in ("inte", "varje", "ha", "senast", "senaste"):
        return False
    return bool(_DEFINITE.fullmatch(nearest) or (following and _DEFINITE.fullmatch(following.group(1))))
