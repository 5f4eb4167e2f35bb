"""Divide a question that asks several things, or the same of several organisations, years or editions."""

import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace

from assistant.answers import Scope
from assistant.understand import Kind, Question, kind_of, names_in
from ingest.document import Field
from vectorstore.document_types import types_named
from vectorstore.names import bare_words
from vectorstore.organisations import asks_each, where_named
from vectorstore.scope import years_named
from vectorstore.types import DocumentRecord, covers_year

MOST_PARTS = 4
"""A question about more than so many is searched for as a whole."""


@dataclass(frozen=True, slots=True)
class Part:
    """A question about one of the things that a question asks about.

    Attributes:
        label: What it is about, as it is told before its answer; may be empty.
        question: Asks it of that alone, within the scope of its documents.
        same: Whether it asks what the other parts ask, only of something else.
    """

    label: str
    question: Question
    same: bool = True


@dataclass(frozen=True, slots=True)
class _Mention:
    """A half-open interval of a question that names one of several things, and what may stand in its place."""

    start: int
    end: int
    key: str
    text: str


_HERE = "\ue000"
"""Stands for what a part is not about; a question has no such character."""

_JOIN = (
    r"(?:och|samt|respektive|eller|än|jämfört med|i jämförelse med|till skillnad från|and|or|than|"
    r"compared (?:to|with)|versus|vs\.?)"
)
_BEFORE = r"(?:i|in|hos|för|for|av|of|med|with|under|during|år|den|det|the)"
_JOINED_ON = re.compile(rf"{_HERE}\s*(?:,|(?<!\w){_JOIN})(?:\s+{_JOIN})?\s+", re.IGNORECASE)
_LEFT_OUT = re.compile(rf"(?:\s*(?:,|(?<!\w){_JOIN})\s*)?(?:(?<!\w){_BEFORE}\s+)?(?<!\w){_HERE}", re.IGNORECASE)
_TWICE = re.compile(rf"\b({_BEFORE})\s+\1\b", re.IGNORECASE)
_RANGE = re.compile(r"\b(?:19|20)\d\d\s*[-\u2013]\s*(?:19|20)?\d\d\b")
_RELATIVE = re.compile(
    r"\b(?:[åa]ret (?:innan|f[öo]re|dessf[öo]rinnan|d[äa]rp[åa]|efter)|(?:the )?(?:previous|following|next) year|"
    r"(?:the )?year (?:before|after))\b",
    re.IGNORECASE,
)
_TYPES = re.compile(
    r"(?P<first>\w{4,})\s+(?:och|samt|respektive|and|versus)\s+(?:i\s+|in\s+)?(?:den\s+|det\s+|the\s+)?(?P<second>\w{4,})",
    re.IGNORECASE,
)
"""Two words that may each name a type of document (*stadgarna och policyn*)."""

_BETWEEN = re.compile(rf"\b(?:mellan|between)\s+(?={_HERE}|\w)", re.IGNORECASE)
_BOTH = re.compile(r"\b(?:både|both)\s+", re.IGNORECASE)
_COMPARED_WITH = re.compile(r"\b(?:jämfört|i jämförelse|compared)\s+(?:med|to|with)\s+", re.IGNORECASE)
_EARLIER = r"gamla|förra|tidigare|föregående|old|previous|former|earlier"
_CHANGES = re.compile(
    r"\bhur har\b.*\b(?:ändrats|förändrats|utvecklats)\b|\bhow (?:has|have)\b.*\b(?:changed|developed)\b|"
    r"\b(?:före och efter|before and after)\b|"
    rf"\b(?:sedan|än|från|since|than|from)\b.*\b(?:{_EARLIER})\b",
    re.IGNORECASE,
)
_FRAMES = tuple(
    (re.compile(pattern, re.IGNORECASE), plain)
    for pattern, plain in (
        (r"^\W*(?:jämför|compare)\s+", ""),
        (r"\bhur (?:skiljer|skilde|skilj\w*) sig\b", "vad är"),
        (r"\s+åt\b", ""),
        (r"\b(?:vad är |finns det (?:någon )?)?skillnad\w* (?:i|på|mellan)\s+", "vad är "),
        (r"\bvad skiljer (.+?) från (?:det|den|de|motsvarande)\b.*", r"vad är \1"),
        (r"\bhur har (.+?) (?:ändrats|förändrats|utvecklats)\b", r"vad är \1"),
        (r"\bhow (?:does|do|did) (.+?) differ\b", r"what is \1"),
        (r"\b(?:what (?:is|are) the )?differences? (?:in|between)\s+", "what is "),
        (r"\bhow (?:has|have) (.+?) (?:changed|developed)\b", r"what is \1"),
        (r"\s*\b(?:före och efter|before and after)(?: (?:19|20)\d\d)?\b", ""),
        (rf"\s*\b(?:sedan|än i?|since|than in)\s+(?:den|det|de|the)\s+(?:{_EARLIER})\s+\w+", ""),
        (rf"\b(?:nya|new|{_EARLIER})\s+(?=\w)", ""),
    )
)  # fmt: skip
_CLAUSES = re.compile(
    r"^(?P<first>.*\b(?P<asks>när|var|vem|vilka|vilken|vilket|vad|hur|varför|when|where|who|which|what|how|why)\b.{8,}?),?\s+"
    r"(?:och|samt|and)\s+(?P<second>(?:(?:av|till|från|i|med|by|to|from|in|with|for|on)\s+)?(?:när|var|vem|vilka|vilken|"
    r"vilket|vad|hur|varför|when|where|who|whom|which|what|how|why)\b.*)$",
    re.IGNORECASE,
)
"""Two questions in one sentence (*När antogs planen, och av vem?*)."""

_MORE = re.compile(
    r"\b(?:fler|färre|mer|mindre|högre|lägre|större|bättre|sämre|dyrare|billigare|än|more|fewer|less|higher|lower|larger|"
    r"than)\s+",
    re.IGNORECASE,
)


def divide(question: Question, records: Sequence[DocumentRecord]) -> list[Part]:
    """One question for each organisation, year, edition or document that a question compares or asks about together.

    Args:
        question: As understood.
        records: The documents here.

    Returns:
        Two parts at least, in the order in which they are told; none where the question asks about one thing.
    """
    within = [record for record in records if question.scope.limits.passes(record)]
    parts = (
        _by_clause(question)
        or _by_organisation(question)
        or _by_year(question, within)
        or _by_edition(question, within)
        or _by_type(question, within)
    )
    return parts if 1 < len(parts) <= MOST_PARTS else []


def _by_clause(question: Question) -> list[Part]:
    """Each question of a sentence that asks two; the second with the first beside it, whose subject it often shares."""
    match = _CLAUSES.match(question.text)
    if match is None or asks_each(question.text):
        return []
    first, second = match["first"].strip(), match["second"].strip()
    about = [
        [organisation for organisation in question.organisations if where_named(clause, organisation)]
        for clause in (first, second)
    ]
    apart = len(about[0]) == len(about[1]) == 1 and about[0] != about[1]
    if not apart and len(question.organisations) > 1:
        return []
    parts = []
    for clause, own in ((first, about[0]), (second, about[1])):
        text = clause.rstrip("?") + "?"
        beside = "" if apart or clause is first else f" ({first})"
        clause_question = replace(
            question,
            text=text,
            standalone=text + beside + _earlier(question),
            kind=kind_of(clause),
            names=names_in(clause) if apart else question.names,
            organisations=tuple(own) if apart else question.organisations,
        )
        parts.append(Part(own[0] if apart else "", clause_question, same=False))
    return parts


def _by_organisation(question: Question) -> list[Part]:
    if len(question.organisations) < 2 or asks_each(question.text):
        return []
    named = [
        _Mention(start, end, organisation, question.text[start:end])
        for organisation in question.organisations
        for start, end in where_named(question.text, organisation)
    ]
    if {mention.key for mention in named} != set(question.organisations):
        return []
    others = set(question.organisations)
    return [
        Part(
            organisation,
            _about(
                question,
                _keep(question.text, named, organisation),
                replace(question.scope, organisations=(organisation,)),
                organisations=(organisation,),
                names=_names_but_of(question, others - {organisation}),
            ),
        )
        for organisation in question.organisations
    ]


def _by_year(question: Question, records: Sequence[DocumentRecord]) -> list[Part]:
    years = years_named(question.text)
    if len(years) < 2 or _RANGE.search(question.text):
        return []
    named = [
        _Mention(match.start(), match.end(), match.group(), match.group())
        for match in re.finditer(r"\b(?:19|20)\d\d\b", question.text)
    ]
    if sum(bool(_of_year(question, year, records)) for year in years) < 2:
        return []
    told = {mention.key for mention in named}
    if match := _RELATIVE.search(question.text):
        named += [_Mention(match.start(), match.end(), year, year) for year in map(str, years) if year not in told]
    return [
        Part(
            str(year),
            _about(
                question,
                _keep(question.text, named, str(year)),
                replace(question.scope, documents=_of_year(question, year, records) or question.scope.documents),
                years=(year,),
            ),
        )
        for year in sorted(years, reverse=True)
    ]


def _of_year(question: Question, year: int, records: Sequence[DocumentRecord]) -> tuple[str, ...]:
    """The documents of a year, of the organisation that is asked about."""
    return tuple(record.id for record in _of_organisations(question, records) if covers_year(record.period, year))


def _of_organisations(question: Question, records: Sequence[DocumentRecord]) -> list[DocumentRecord]:
    """The documents of the organisations that a question names; all where it names none."""
    return [record for record in records if not question.organisations or record.organisation in question.organisations]


def _by_edition(question: Question, records: Sequence[DocumentRecord]) -> list[Part]:
    """A question about what has changed, asked of a document and of the one that it replaces."""
    changes = question.kind == Kind.COMPARISON or _CHANGES.search(question.text)
    if not changes or len(question.organisations) != 1 or len(question.years) > 1:
        return []
    own = [record for record in records if record.organisation == question.organisations[0]]
    editions = next(_replaced(own), ())
    return [
        Part(
            record.period or record.title,
            _about(question, question.text, replace(question.scope, documents=(record.id,)), years=()),
        )
        for record in editions
    ]


def _by_type(question: Question, records: Sequence[DocumentRecord]) -> list[Part]:
    """A question about two documents that it calls by their types (*stadgarna och policyn*), of each of them."""
    own = _of_organisations(question, records)
    types = sorted({record.document_type for record in own if record.document_type})
    for match in _TYPES.finditer(question.text):
        named = [types_named(match[name], types) for name in ("first", "second")]
        found = [[record for record in own if record.document_type in wanted] for wanted in named]
        if [len(entries) for entries in found] != [1, 1] or found[0] == found[1]:
            continue
        mentions = [
            _Mention(*match.span(name), record.id, match[name])
            for name, (record,) in zip(("first", "second"), found, strict=True)
        ]
        return [
            Part(
                record.title,
                _about(
                    question,
                    _keep(question.text, mentions, record.id),
                    replace(question.scope, documents=(record.id,)),
                ),
            )
            for (record,) in found
        ]
    return []


def _replaced(records: Sequence[DocumentRecord]) -> Iterator[tuple[DocumentRecord, DocumentRecord]]:
    """Each document that says which one it replaces, with that one; the latest first."""
    for record in sorted(records, key=lambda record: record.period or "", reverse=True):
        said = " ".join(fact.value for fact in record.facts if fact.field == Field.REPLACES)
        for other in records:
            if said and other.id != record.id and bare_words(other.title) <= bare_words(said):
                yield record, other


def _names_but_of(question: Question, organisations: set[str]) -> tuple[str, ...]:
    gone = [
        question.text[start:end]
        for organisation in organisations
        for start, end in where_named(question.text, organisation)
    ]
    return tuple(name for name in question.names if not any(name in text for text in gone))


def _about(question: Question, text: str, scope: Scope, **others: object) -> Question:
    """The question in other words, about less."""
    plain = _plainly(text, compares=question.kind == Kind.COMPARISON or bool(_CHANGES.search(question.text)))
    kind = kind_of(plain)
    return replace(question, text=plain, standalone=plain + _earlier(question), scope=scope, kind=kind, **others)  # type: ignore[arg-type]


def _earlier(question: Question) -> str:
    """What a question's standalone form adds to it."""
    return question.standalone[len(question.text) :] if question.standalone.startswith(question.text) else ""


def _keep(text: str, mentions: Sequence[_Mention], key: str) -> str:
    """A question without the mentions of all but one thing, and without what joins them."""
    kept = text
    for mention in sorted(mentions, key=lambda mention: mention.start, reverse=True):
        kept = kept[: mention.start] + (mention.text if mention.key == key else _HERE) + kept[mention.end :]
    if _HERE not in kept:
        return kept
    kept = _BETWEEN.sub("", kept) if key.isdigit() else _BETWEEN.sub(_within, kept)
    kept = _JOINED_ON.sub("", kept)
    kept = _LEFT_OUT.sub("", kept)
    kept = _COMPARED_WITH.sub(_within, kept)
    kept = _BOTH.sub("", kept)
    return _TWICE.sub(r"\1", " ".join(kept.split()))


def _within(match: re.Match[str]) -> str:
    return "in " if match.group().lower().startswith(("between", "compared")) else "i "


def _plainly(text: str, *, compares: bool) -> str:
    """A question about one thing without the words that compare it with another."""
    plain = text
    if compares:
        for pattern, words in _FRAMES:
            plain = pattern.sub(words, plain)
    plain = _MORE.sub("", plain)
    return " ".join(plain.split())
