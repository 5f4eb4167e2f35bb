"""The particulars of a sentence: quantities, dates, names, roles and directions, which a paraphrase may not change."""

import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from functools import cache

from assistant.scope import EXONYMS
from ingest.dates import locate_date
from ingest.sentences import split_sentences
from vectorstore.analyse import STOP_WORDS, fold, stem, words

_NUMBER_WORDS = {
    word: str(number)
    for number, names in (
        (2, "två two"), (3, "tre three"), (4, "fyra four"), (5, "fem five"), (6, "sex six"),
        (7, "sju seven"), (8, "åtta eight"), (9, "nio nine"), (10, "tio ten"), (11, "elva eleven"),
        (12, "tolv twelve"), (13, "tretton thirteen"), (14, "fjorton fourteen"), (15, "femton fifteen"),
        (16, "sexton sixteen"), (17, "sjutton seventeen"), (18, "arton eighteen"), (19, "nitton nineteen"),
        (20, "tjugo twenty"), (30, "trettio thirty"), (40, "fyrtio forty"), (50, "femtio fifty"),
        (60, "sextio sixty"), (70, "sjuttio seventy"), (80, "åttio eighty"), (90, "nittio ninety"),
    )
    for word in names.split()
}  # fmt: skip
_GROUPING = re.compile(r"(?<=\d)[ \u00a0\u2009\u202f](?=\d{3}(?!\d))|(?<=\d),(?=\d{3}(?!\d))(?!\d{3},\d{1,2}\b)")
_QUANTITY = re.compile(rf"(?<!\w)(?<![^\W\d_]-)(?:\d+(?:[.,]\d+)*|(?:{'|'.join(_NUMBER_WORDS)})\b)", re.IGNORECASE)
_UNITS = {
    "million": r"miljon\w*|million\w*|mn|mkr|mnkr|mnsek",
    "billion": r"miljard\w*|billion\w*|md|mdkr",
    "thousand": r"tusen\w*|thousand\w*|tkr",
    "percent": r"procent|percent|%",
    "percentage point": r"procentenhet\w*|percentage",
    "krona": r"kr|kronor|krona|sek|mkr|tkr|mnkr|kronas",
    "euro": r"euro|euros|eur|€",
}
_SCALES = frozenset({"million", "billion", "thousand", "percent", "percentage point"})
_YEAR = re.compile(r"(?:19|20)\d\d")
_MONTHS = tuple(
    frozenset(names.split())
    for names in (
        "januari january", "februari february", "mars march", "april", "maj may", "juni june", "juli july",
        "augusti august", "september", "oktober october", "november", "december",
    )
)  # fmt: skip
# "may" and "mars" are words as well: a month stands beside a number or after a preposition.
_BESIDE_MONTH = re.compile(r"(?:\d\.?|\b(?:i|in|of|till|senast|by|från|och|and))\s+([^\W\d_]+)")

_UPPER = "A-ZÀ-ÖØ-ÞČĆĎĐĚŁŃŇŘŚŠŤŮŹŻŽ"
_NAME = re.compile(rf"(?<![\w-])[{_UPPER}][\w&+]*(?:-[\w&+]+)*")
_OPENERS = frozenset(
    "enligt totalt sammanlagt dessutom vidare samtidigt därtill däremot samt både såväl totally overall according "
    "additionally furthermore however together altogether moreover while although since each every one another other "
    "such further staff because thus therefore therefore likewise först därefter dock också även bland dels året årets "
    "syftet målet de ett en varje ingen inga inget no none neither nor not never aldrig inte following given "
    "år under".split()
)
"""Words that begin a sentence without naming anything."""

_ROLE = re.compile(
    r"\w*(?:chef|direktör|ordförande|nämnd|styrelse|fullmäktige|utskott|förvaltning|kommitt|beredning|sekretariat|"
    r"samordnare|strateg|kontor|departement|myndighet|bolag|minister|borgmästare|avdelning|enhet)"
    r"(?:en|n|er|erna|et|t|ens|ns|s|na|nas|arna|é|én|érna|ar|arnas|ernas)?|"
    r"(?:board|council|committee|director|mayor|manager|secretariat|office|department|unit|chair|agency|compan)(?:s|ies|y)?"
)
_BODIES = (
    (re.compile(r"stad(?:en|ens|s)?|kommun(?:en|ens|s)?|city|cities|municipality|municipalities|town"),
     ("stad", "kommun", "city", "municipal", "town")),
    (re.compile(r"region(?:en|ens|s)?|län(?:et|ets|s)?|landsting(?:et|ets)?|county"),
     ("region", "län", "landsting", "county")),
    (re.compile(r"stat(?:en|ens)|riksdag(?:en|ens)?|regering(?:en|ens)?|government|parliament"),
     ("stat", "riksdag", "regering", "government", "parliament")),
)  # fmt: skip
"""What an organisation is, as a claim may call it, and what its evidence may call it instead."""
_OPPOSITES = tuple(
    (re.compile(rf"\b(?:{one})\b"), re.compile(rf"\b(?:{other})\b"))
    for one, other in (
        (
            r"ök\w*|höj\w*|väx\w*|stig\w*|steg|fler|mer|more|fördubbl\w*|högre|större|increas\w*|grew|grow\w*|rose|ris(?:e|en|ing)|"
            r"rais\w*|higher|larger|bigger|doubl\w*",
            r"minsk\w*|sänk\w*|sjunk\w*|sjönk|halver\w*|färre|mindre|lägre|decreas\w*|fell|fallen|falling|reduc\w*|fewer|less|"
            r"lower|smaller|halv\w*|cut",
        ),
        (r"före|innan|before", r"efter|after"),
        (
            r"anta\w*|antog\w*|godkän\w*|bevilja\w*|bifall\w*|bifoll|inför\w*|teckna\w*|förny\w*|adopt\w*|approv\w*|grant\w*|"
            r"introduc\w*|renew\w*",
            r"avslå\w*|avslog\w*|avslag\w*|förkast\w*|upphäv\w*|upphör\w*|avskaff\w*|säg\w* upp|sade\w* upp|sagts upp|"
            r"lägg\w* ner|lägg\w* ned|lade\w* ned|lade\w* ner|dra\w* in|ställ\w* in|reject\w*|repeal\w*|abolish\w*|"
            r"terminat\w*|withdr\w*|cancel\w*|call\w* off",
        ),
        (r"gick med|går med|anslut\w*|anslöt\w*|join\w*", r"gick ur|går ur|lämna\w*|utträd\w*|left|leav\w*|quit"),
        (r"inled\w*|börja\w*|start\w*|began|begin\w*", r"avslut\w*|upphör\w*|sluta\w*|ended|ends|finish\w*"),
        (r"först\w*|first", r"sist\w*|last"),
        (
            r"mest|störst\w*|högst\w*|flest|most|largest|highest|maximum",
            r"minst\w*|lägst\w*|least|smallest|lowest|fewest|minimum",
        ),
        (r"fick|får|erhöll|mottog|received|gets|got", r"betala\w*|paid|pays|lämnade tillbaka|återbetal\w*"),
        (r"ska|skall|måste|shall|must|requires?|krävs?", r"får|kan|bör|may|can|should|could|frivillig\w*|voluntar\w*"),
    )
)
_REQUIRED = tuple(
    re.compile(rf"\b(?:{pattern})\b")
    for pattern in (
        r"alla|samtliga|varje|all|every|each",
        r"endast|bara|enbart|only|solely|exclusively",
        r"flesta|majoritet\w*|merpart\w*|most|majority",
        r"alltid|always",
        r"minst|lägst|åtminstone|at least|minimum",
        r"först|första|allra|first|ever",
    )
)
"""Words that change what a sentence says about how much or how many: each must have its like in the evidence."""
_MUST = (
    re.compile(r"\b(?:måste|must|krävs|kräver)\b"),
    re.compile(r"\b(?:ska|skall|måste|must|shall|kräv\w*|require\w*)\b"),
)
_NEGATIONS = frozenset(
    "inte ej icke aldrig ingen inget inga intet varken utan saknar saknas saknade saknades knappast nej not never no "
    "none neither without nor cannot lack lacks lacked hardly n't".split()
)  # fmt: skip
_QUOTED = re.compile(r"[“”\"»«„]([^“”\"»«„]{3,}?)[“”\"»«„]")


@dataclass(frozen=True, slots=True)
class Quantity:
    """A number in a text.

    Attributes:
        value: Digits with `.` as decimal mark; a number word as digits.
        units: What is said of it right after: scale, percent, currency.
    """

    value: str
    units: frozenset[str]


def changed_particular(claim: str, evidence: str, context: str, *, same_language: bool) -> str | None:
    """The first particular of a claim that its evidence does not hold, or None where it holds all.

    Args:
        claim: A sentence without markers.
        evidence: The text that it cites.
        context: What stands above that text: title, organisation, period and headings of its document. It may give
            a name or a year, not an amount.
        same_language: Whether claim and evidence are in one language.

    Returns:
        What is wrong in a few words, for the log.
    """
    nearest = nearest_sentences(claim, evidence)
    checks = (
        _changed_quantity(claim, evidence, context),
        _changed_month(claim, evidence, context),
        _torn_quantity(claim, evidence),
        _changed_name(claim, f"{evidence}\n{context}", same_language=same_language),
        _changed_body(claim, f"{evidence}\n{context}"),
        _changed_direction(claim, " ".join(nearest)),
        None if any(negated(claim) == negated(sentence) for sentence in nearest) else "negation",
        _changed_counted(claim, f"{evidence}\n{context}") if same_language else None,
        _changed_role(claim, f"{evidence}\n{context}") if same_language else None,
        _changed_quotation(claim, f"{evidence}\n{context}") if same_language else None,
    )
    return next(filter(None, checks), None)


def quantities(text: str) -> list[Quantity]:
    """The numbers of a text with their units, dates as their year, month and day."""
    found: list[Quantity] = []
    rest = text
    while located := locate_date(rest):
        value, start, end = located
        found.append(Quantity(value, frozenset()))
        found += [Quantity(part.lstrip("0"), frozenset()) for part in value.split("-")]
        rest = rest[:start] + "|" * (end - start) + rest[end:]
    plain = _GROUPING.sub("", rest)
    for match in _QUANTITY.finditer(plain):
        written = match.group().lower()
        value = _NUMBER_WORDS.get(written, written.replace(",", ".").rstrip("."))
        found.append(Quantity(value, _units_after(plain[match.end() : match.end() + 40])))
    return found


def negated(text: str) -> bool:
    """Whether a sentence denies something."""
    lowered = text.lower().replace("’", "'")
    return bool(_NEGATIONS & set(words(lowered))) or "n't" in lowered


def nearest_sentences(claim: str, evidence: str) -> list[str]:
    """The sentences of the evidence that share most words with a claim; more than one where they share as many.

    An item of a list has the list's lead-in before it.
    """
    mine = terms_of(claim)
    lead_in, *items = [line for line in evidence.splitlines() if line.strip()] or [evidence]
    pieces = [lead_in[start:end] for start, end in split_sentences(lead_in)] or [lead_in]
    pieces += [f"{pieces[-1]} {item}" if pieces[-1][-1:] not in ".!?" else item for item in items]
    shared = [len(mine & terms_of(piece)) for piece in pieces]
    return [piece for piece, count in zip(pieces, shared, strict=True) if count == max(shared)]


def is_particular(word: str) -> bool:
    """Whether a word is a number, a month or a form of organisation, each of which is compared on its own."""
    return (
        word[0].isdigit()
        or word in _NUMBER_WORDS
        or word in _MONTH_NAMES
        or any(said.fullmatch(word) for said, _ in _BODIES)
    )


@cache
def terms_of(text: str) -> frozenset[str]:
    """The stems of a text's words, Swedish and English, without diacritics, so that *städer* and *stad* are one."""
    stems: set[str] = set()
    for word in words(text):
        stems |= {fold(stem(word, "sv")), fold(stem(word, "en"))}
    return frozenset(stems)


def _units_after(text: str) -> frozenset[str]:
    following = re.findall(r"[^\W\d_]+|[%€]", re.split(r"[.;:!?\n\d]", text, maxsplit=1)[0].lower())[:2]
    return frozenset(name for name, pattern in _UNITS.items() for word in following if re.fullmatch(pattern, word))


def _changed_quantity(claim: str, evidence: str, context: str) -> str | None:
    held = quantities(evidence)
    everywhere = frozenset[str]().union(*(quantity.units for quantity in held)) | _units_anywhere(evidence)
    above = {quantity.value for quantity in quantities(context)}
    years_near = set(_YEAR.findall(" ".join(nearest_sentences(claim, evidence))))
    for quantity in quantities(claim):
        alike = [other for other in held if _same_value(quantity.value, other.value)]
        if any(_units_agree(quantity.units, other.units, everywhere) for other in alike):
            continue
        is_year = bool(_YEAR.fullmatch(quantity.value)) and not quantity.units
        if is_year and quantity.value in above and not years_near - set(_YEAR.findall(claim)):
            continue
        return f"quantity {quantity.value}"
    return None


def _changed_counted(claim: str, held: str) -> str | None:
    """What a number of the claim counts must be spoken of in the evidence: 140 cities are not 140 countries."""
    stems = terms_of(held)
    plain = _GROUPING.sub("", claim)
    for match in _QUANTITY.finditer(plain):
        following = re.match(r"\s+([^\W\d_]{3,})", plain[match.end() :])
        if not following or _YEAR.fullmatch(match.group()):
            continue
        word = following.group(1).lower()
        known = word in STOP_WORDS or word in _MONTH_NAMES or any(re.fullmatch(unit, word) for unit in _UNITS.values())
        if not known and not is_held(word, stems):
            return f"counted {word}"
    return None


def _same_value(claimed: str, held: str) -> bool:
    """Whether the values are one, or the claim gives the year or the month of a date."""
    return claimed == held or (held.startswith(f"{claimed}-") and len(claimed) >= 4)


def _units_agree(claimed: frozenset[str], held: frozenset[str], everywhere: frozenset[str]) -> bool:
    """The same scale; the same currency where both name one. A table's unit may stand in its heading."""
    scale, held_scale = claimed & _SCALES, held & _SCALES
    currency, held_currency = claimed - _SCALES, held - _SCALES
    if held_currency and currency and held_currency != currency:
        return False
    return scale == held_scale or (not held and bool(scale) and scale <= everywhere)


def _units_anywhere(text: str) -> frozenset[str]:
    """Units that a table names in a heading, as in *Beviljat (tkr): 2 800*."""
    present = re.findall(r"\(([^\W\d_]+|%|€)\)", text.lower())
    return frozenset(name for name, pattern in _UNITS.items() for word in present if re.fullmatch(pattern, word))


def _changed_month(claim: str, evidence: str, context: str) -> str | None:
    said = _months(claim)
    held = _months(f"{evidence}\n{context}")
    return "month" if said - held else None


def _months(text: str) -> set[int]:
    """Numbers of the months that a text names, or gives in a date of digits."""
    named = {
        number
        for match in _BESIDE_MONTH.finditer(text.lower())
        for number, names in enumerate(_MONTHS, start=1)
        if match.group(1) in names
    }
    dated = {int(quantity.value[5:7]) for quantity in quantities(text) if re.match(r"\d{4}-\d\d", quantity.value)}
    return named | dated


def _torn_quantity(claim: str, evidence: str) -> str | None:
    """A number of the claim that the evidence says of something else.

    Between sentences: one with another number holds the claim's first name, and none with this number does.
    Within one: no clause with the number holds another name or number of the claim, or another word where the claim
    has none, and a clause that does has another number.
    """
    values = {quantity.value for quantity in quantities(claim)}
    names = [_bare(name) for name, _ in _names(claim) if name.lower() not in STOP_WORDS | _OPENERS]
    sentences = re.split(r"(?<=[.!?])\s", evidence)
    clauses = evidence.splitlines() if "\n" in evidence else re.split(r";|,\s|(?<=[.!?])\s", evidence)
    in_sentences = [_anchors_in(sentence, values | set(names)) for sentence in sentences]
    in_clauses = [_anchors_in(clause, values | set(names)) for clause in clauses]
    if set().union(*in_clauses) <= values:
        telling = {stem(word) for word in words(claim) if word not in STOP_WORDS and not is_particular(word)}
        telling -= {stem(word) for word in words(claim) for unit in _UNITS.values() if re.fullmatch(unit, word)}
        in_clauses = [
            held | (telling & {stem(word) for word in words(clause)})
            for held, clause in zip(in_clauses, clauses, strict=True)
        ]
    subject = next((name for name in names if any(name in held for held in in_sentences)), None)
    for value in values:
        beside = set().union(*(held for held in in_sentences if value in held)) - {value}
        if subject and beside and subject not in beside and _has_rival(sentences, in_sentences, {subject}, values):
            return f"quantity {value} of something else"
        holding = [held for held in in_clauses if value in held]
        others = set().union(*in_clauses) - {value}
        if holding and set().union(*holding) == {value} and _has_rival(clauses, in_clauses, others, values):
            return f"quantity {value} of something else"
    return None


def _has_rival(pieces: Sequence[str], found: Sequence[set[str]], anchors: set[str], values: set[str]) -> bool:
    """Whether a piece that holds one of the anchors has a number that the claim has not."""
    return any(
        held & anchors and {quantity.value for quantity in quantities(piece)} - values
        for piece, held in zip(pieces, found, strict=True)
    )


def _anchors_in(clause: str, anchors: set[str]) -> set[str]:
    present = {_bare(word) for word in words(clause)} | {quantity.value for quantity in quantities(clause)}
    return anchors & present


def _names(text: str) -> Iterator[tuple[str, bool]]:
    """The parts of capitalised words, and whether each begins a sentence."""
    for match in _NAME.finditer(text):
        before = text[: match.start()].rstrip(" \t\"'”“«»(*-•–")
        begins = not before or before.endswith((".", "?", "!", ":"))
        for part in re.findall(r"[^\W_]+", match.group()):
            if begins or part[0].isupper():
                yield part, begins
            begins = False


def _changed_name(claim: str, held: str, *, same_language: bool) -> str | None:
    present = {_bare(word) for word in words(held)}
    present |= {_bare(EXONYMS[word]) for word in present if word in EXONYMS}
    stems = terms_of(held)
    for name, begins in _names(claim):
        lowered = name.lower()
        if lowered in STOP_WORDS or lowered in _MONTH_NAMES or (begins and lowered in _OPENERS):
            continue
        if lowered in _NUMBER_WORDS or any(said.fullmatch(lowered) for said, _ in _BODIES):
            continue
        wanted = {_bare(lowered), _bare(EXONYMS.get(lowered, lowered))}
        if any(_is_form(word, want) for word in present for want in wanted):
            continue
        if begins and same_language and is_held(lowered, stems):
            continue
        return f"name {name}"
    return None


def _is_form(word: str, name: str) -> bool:
    """Whether a word is a name, a compound that begins with it, or the name its definite form."""
    return (
        word == name
        or (len(name) > 4 and word.startswith(name))
        or (
            len(word) > 4
            and name.startswith(word)
            and name[len(word) :] in ("et", "en", "t", "n", "na", "erna", "arna")
        )
    )


_MONTH_NAMES = frozenset(name for names in _MONTHS for name in names)


def is_held(word: str, stems: frozenset[str]) -> bool:
    """Whether a word, or a compound with it or part of it, is among stems that `terms_of` gave."""
    own = terms_of(word)
    if own & stems:
        return True
    return any(
        min(len(mine), len(other)) >= 5 and (other.startswith(mine) or other.endswith(mine) or mine.startswith(other))
        for mine in own
        for other in stems
    )


def _changed_body(claim: str, held: str) -> str | None:
    """A municipality is not a region."""
    known = list(words(held))
    for said, called in _BODIES:
        if any(said.fullmatch(word) for word in words(claim)) and not any(
            name in word for word in known for name in called
        ):
            return "body"
    return None


def _changed_role(claim: str, held: str) -> str | None:
    """A board, office or post of the claim must stand in the evidence; *nämnden* may stand for *miljönämnden*."""
    roles = [role for role in words(held) if _ROLE.fullmatch(role)]
    for word in words(claim):
        if _ROLE.fullmatch(word) and not any(
            fold(stem(role)).endswith(fold(stem(word))) or fold(role).endswith(fold(word)) for role in roles
        ):
            return f"role {word}"
    return None


def _changed_direction(claim: str, nearest: str) -> str | None:
    said, held = claim.lower(), nearest.lower()
    for one, other in _OPPOSITES:
        for mine, opposite in ((one, other), (other, one)):
            if mine.search(said) and not opposite.search(said) and opposite.search(held) and not mine.search(held):
                return f"direction {mine.pattern[:20]}"
    for pattern in _REQUIRED:
        if (match := pattern.search(said)) and not pattern.search(held):
            return f"extent {match.group()}"
    if (match := _MUST[0].search(said)) and not _MUST[1].search(held):
        return f"obligation {match.group()}"
    return None


def _changed_quotation(claim: str, held: str) -> str | None:
    plain = " ".join(held.lower().split())
    for match in _QUOTED.finditer(claim):
        if " ".join(match.group(1).lower().split()).strip(" .,") not in plain:
            return "quotation"
    return None


def _bare(word: str) -> str:
    folded = fold(word)
    return folded[:-1] if len(folded) > 3 and folded.endswith("s") else folded
