"""The particulars of a sentence: quantities, names, roles and directions, which a paraphrase may not change."""

import re
from collections.abc import Sequence

from assistant.quantities import (
    MONTH_NAMES,
    NUMBER_WORDS,
    changed_counted,
    changed_month,
    changed_quantity,
    is_year,
    quantities,
    torn_quantity,
)
from assistant.wording import BODIES, OPENERS, bare, is_held, names_in_claim, nearest_sentences, terms_of
from vectorstore.analyse import STOP_WORDS, fold, stem, words
from vectorstore.names import swedish_name

_ROLE = re.compile(
    r"\w*(?:chef|direktör|ordförande|nämnd|styrelse|fullmäktige|utskott|förvaltning|kommitt|beredning|sekretariat|"
    r"samordnare|strateg|kontor|departement|myndighet|bolag|minister|borgmästare|avdelning|enhet)"
    r"(?:en|n|er|erna|et|t|ens|ns|s|na|nas|arna|é|én|érna|ar|arnas|ernas)?|"
    r"(?:board|council|committee|director|mayor|manager|secretariat|office|department|unit|chair|agency|compan)(?:s|ies|y)?"
)
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
_PASSIVE = re.compile(r"\b(?:av|by)\b", re.IGNORECASE)
_PREPOSITIONS = frozenset(
    "i på till från av med för hos mellan om under inom utanför vid genom kring enligt utom förutom liksom som "
    "in on at to from by with for of between within outside through about under according unlike like as".split()
)
_QUOTED = re.compile(r"[“”\"»«„]([^“”\"»«„]{3,}?)[“”\"»«„]")


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
        changed_quantity(claim, evidence, context),
        changed_month(claim, evidence, context),
        torn_quantity(claim, evidence),
        next(
            (f"name {name}" for name in missing_names(claim, f"{evidence}\n{context}", same_language=same_language)),
            None,
        ),
        _changed_body(claim, f"{evidence}\n{context}"),
        _changed_direction(claim, " ".join(nearest)),
        None if any(_negates_alike(claim, sentence) for sentence in nearest) else "negation",
        changed_counted(claim, f"{evidence}\n{context}") if same_language else None,
        _changed_role(claim, "\n".join((*nearest, context))) if same_language else None,
        _changed_subject(claim, nearest, evidence) if same_language else None,
        "swapped" if all(_is_swapped(claim, sentence) for sentence in nearest) else None,
        _changed_quotation(claim, f"{evidence}\n{context}") if same_language else None,
    )
    return next(filter(None, checks), None)


def negated(text: str) -> bool:
    """Whether a sentence denies something."""
    lowered = text.lower().replace("’", "'")
    return bool(_NEGATIONS & set(words(lowered))) or "n't" in lowered


def borrowed_particulars(claim: str, evidence: str, *, same_language: bool) -> list[str]:
    """The names and years of a supported claim that stand above its evidence and not in it."""
    held = {quantity.value for quantity in quantities(evidence)}
    held |= {value[:4] for value in held if len(value) == 10}
    years = [quantity.value for quantity in quantities(claim) if is_year(quantity) and quantity.value not in held]
    return [*missing_names(claim, evidence, same_language=same_language), *dict.fromkeys(years)]


def _negates_alike(claim: str, sentence: str) -> bool:
    """Whether a claim denies something where a sentence does, and the same of what both speak of."""
    if negated(claim) != negated(sentence):
        return False
    return all(
        _denied(one, before=0, after=1) & _spoken_of(other) <= _denied(other, before=1, after=2)
        for one, other in ((claim, sentence), (sentence, claim))
    )


def _denied(text: str, before: int, after: int) -> set[str]:
    """Stems of so many informative words before and after each negation."""
    found: set[str] = set()
    told = list(words(text))
    denying = _NEGATIONS | ({"eller", "or"} if {"varken", "neither"} & set(told) else set())
    told = [word for word in told if word in denying or word not in STOP_WORDS]
    for index, word in enumerate(told):
        if word in denying:
            around = told[max(0, index - before) : index + 1 + after]
            found |= {stem(other, "sv") for other in around if other not in denying}
    return found


def _spoken_of(text: str) -> set[str]:
    return {stem(word, "sv") for word in words(text)}


def missing_names(claim: str, held: str, *, same_language: bool) -> list[str]:
    """The names of a claim that a text does not hold in any form."""
    forms, stems = _forms(held), terms_of(held)
    missing = []
    for name, begins in names_in_claim(claim):
        lowered = name.lower()
        if lowered in STOP_WORDS or lowered in MONTH_NAMES or (begins and lowered in OPENERS):
            continue
        if lowered in NUMBER_WORDS or any(said.fullmatch(lowered) for said, _ in BODIES):
            continue
        if not _is_among(name, forms) and not (begins and same_language and is_held(lowered, stems)):
            missing.append(name)
    return missing


def holds_name(text: str, name: str) -> bool:
    """Whether a text holds a name, inflected or compounded or in Swedish for English."""
    return _is_among(name, _forms(text))


def _forms(text: str) -> set[str]:
    present = {bare(part) for word in words(text) for part in re.split("[’']", word) if part}
    return present | {swedish_name(word) for word in present}


def _is_among(name: str, forms: set[str]) -> bool:
    wanted = {bare(name.lower()), swedish_name(bare(name.lower()))}
    return any(_is_form(word, want) for word in forms for want in wanted)


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


def _changed_body(claim: str, held: str) -> str | None:
    """A municipality is not a region."""
    known = ["city" if word == "cities" else word for word in words(held)]
    for said, called in BODIES:
        if any(said.fullmatch(word) for word in words(claim)) and not any(
            name in word for word in known for name in called
        ):
            return "body"
    return None


def _changed_role(claim: str, held: str) -> str | None:
    """A board, office or post of the claim must stand in the evidence; *nämnden* may stand for *miljönämnden*."""
    roles = [_base(role) for role in words(held) if _ROLE.fullmatch(role)]
    stems = terms_of(held)
    for word in words(claim):
        if not _ROLE.fullmatch(word):
            continue
        base = _base(word)
        same = any(
            role.endswith(base) or (base.endswith(role) and terms_of(base.removesuffix(role).rstrip("s-")) & stems)
            for role in roles
        )
        if not same:
            return f"role {word}"
    return None


def _base(role: str) -> str:
    """A role without its definite form, plural and genitive."""
    return re.sub(r"(?:erna|arna|er|ar|et|en|n|na)?s?$", "", fold(role))


def _changed_subject(claim: str, nearest: Sequence[str], evidence: str) -> str | None:
    """A claim that names only what other sentences are about, and says of it what the nearest one says of its own."""
    names = [(name, begins) for name, begins in names_in_claim(claim) if name.lower() not in STOP_WORDS | OPENERS]
    inside = [name for name, begins in names if not begins] or [name for name, _ in names]
    known = {bare(name) for name in inside} & {bare(word) for word in words(evidence)}
    near = {bare(word) for word in words(" ".join(nearest))}
    own = [name for sentence in nearest for name, begins in names_in_claim(sentence) if not begins]
    return "subject" if known and own and not known & near else None


def _is_swapped(claim: str, sentence: str) -> bool:
    """Whether what a sentence says of one name a claim says of another, and the first one takes the other's place.

    Names that stand side by side (*A och B är vänorter*) may change places, and all where one of the two is passive.
    """
    mine, theirs = _names_in_order(claim), _names_in_order(sentence)
    first, other = _subject(mine), _subject(theirs)
    if not first or not other or first == other or bool(_PASSIVE.search(claim)) != bool(_PASSIVE.search(sentence)):
        return False
    if other not in [name for name, _ in mine] or first not in [name for name, _ in theirs]:
        return False
    between = re.split(re.escape(first), fold(claim), maxsplit=1)[-1].split(other)[0]
    return bool(set(words(between)) - {"och", "and", "samt"} or ":" in between)


def _names_in_order(text: str) -> list[tuple[str, bool]]:
    """The names of a text as `bare` has them, each with whether it may be what a sentence is about."""
    found = []
    position = 0
    for name, _ in names_in_claim(text):
        position = text.index(name, position)
        before = text[:position].split()
        if name.lower() not in STOP_WORDS | OPENERS:
            found.append((swedish_name(bare(name)), not before or before[-1].lower() not in _PREPOSITIONS))
        position += len(name)
    return found


def _subject(names: Sequence[tuple[str, bool]]) -> str:
    return next((name for name, free in names if free), "")


def _changed_direction(claim: str, nearest: str) -> str | None:
    said, held = claim.lower(), nearest.lower()
    for one, other in _OPPOSITES:
        for mine, opposite in ((one, other), (other, one)):
            more = len(mine.findall(said)) > len(mine.findall(held))
            if more and len(opposite.findall(said)) < len(opposite.findall(held)):
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
