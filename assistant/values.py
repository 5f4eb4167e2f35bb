"""What looks like the kind of thing that a question asks for: numbers, amounts, times, people, reasons, places."""

import re

from assistant.evidence import Unit
from assistant.quantities import MONTH_NAMES
from assistant.understand import Kind
from vectorstore.analyse import fold, words

_NUMBER_WORDS = (
    r"två|tre|fyra|fem|sex|sju|åtta|nio|tio|elva|tolv|tjugo|trettio|fyrtio|femtio|sextio|hundra\w*|tusen\w*|hälften|"
    r"tredjedel\w*|fjärdedel\w*|dubbel\w*|fördubbla\w*|halvera\w*|två|one|two|three|four|five|six|seven|eight|nine|ten|"
    r"twelve|twenty|hundred|thousand|half|third|quarter"
)
_MONTHS = "|".join(sorted(MONTH_NAMES))
NUMBER = re.compile(rf"\d+(?:[ .,]\d+)*|\b(?:{_NUMBER_WORDS})\b", re.IGNORECASE)
AMOUNT = re.compile(
    r"\d[\d ., ]*\s*(?:%|procent|percent|kr\b|kronor|mkr|tkr|mnkr|miljon\w*|miljard\w*|million|billion|euro|sek\b|öre)|"
    r"(?:[€$]|\bsek|\beur)\s*\d|\((?:k?kr|tkr|mkr|mnkr|msek|sek|kronor|miljoner kronor|euro)\)\s*:?[^;\n]*\d",
    re.IGNORECASE,
)
DATE = re.compile(
    rf"\b(?:19|20)\d\d\b|\b(?:{_MONTHS})\b|\b\d{{1,2}}/\d{{1,2}}\b|tills ?vidare|"
    r"until further notice|årligen|varje år|annually|\b(?:vecka|veckor|månad\w*|år|week\w*|month\w*|year\w*)\b",
    re.IGNORECASE,
)
_NO_COUNT = re.compile(
    rf"\b(?:19|20)\d\d-\d\d?(?:-\d\d?)?\b|\b\d{{1,2}}(?:\s*[-\u2013]\s*\d{{1,2}})?\.?\s+(?:{_MONTHS})(?:\s+\d{{4}})?\b|"
    rf"\b(?:{_MONTHS})\s+\d{{4}}\b|\b\d{{1,2}}/\d{{1,2}}\b|§+\s*\d+|\b(?:kl\.?|klockan)\s*\d\d?(?:[.:]\d\d)?|"
    r"\b\w+ (?:19|20)\d\d[/:]\d+|\b(?:19|20)\d\d(?:\s*[-\u2013]\s*(?:19|20)?\d\d)?\b",
    re.IGNORECASE,
)
"""Numbers that count nothing: dates, times of day, years, paragraphs, reference numbers."""

_PERSON = re.compile(
    r"[A-ZÅÄÖ][\w-]+ [A-ZÅÄÖ][\w-]+|\w*(?:chef|direktör|ordförande|ansvar\w*|nämnd\w*|förvaltning\w*|styrelse\w*|"
    r"samordnare|fullmäktige|kontor\w*|utskott\w*|handläggare|strateg|avdelning\w*|kommun\w*|region\w*|partnerskap\w*|kommitt\w*|"
    r"sekretariat\w*|director|board|committee|office|council|manager|chair\w*|partnership|department|secretariat)\b"
)
_FULL_NAME = re.compile(
    r"\b[A-ZÅÄÖ][a-zåäöé]+(?:-[A-ZÅÄÖ][a-zåäöé]+)? [A-ZÅÄÖ][a-zåäöé]{2,}(?!\w)(?!\s+(?:kommun|stad|län|region))"
)
_REASON = re.compile(
    r"\b(?:eftersom|därför|för att|då|på grund av|till följd av|beror|berodde|orsak\w*|skäl\w*|anledning\w*|i syfte|"
    r"syftar|genom att|innebär|medför|leder till|because|since|due to|as a result|in order to|reason\w*|therefore)\b",
    re.IGNORECASE,
)
_NAME_INSIDE = re.compile(r"(?<![.!?] )(?<!^)\b[A-ZÅÄÖ][\w-]+")


def holds(kind: Kind, unit: Unit, question: str) -> bool:
    """Whether a unit holds the kind of thing that a question asks for, beyond what the question itself says."""
    text = unit.text
    if kind == Kind.NUMBER:
        return any(not _in_question(value, question) for value in _counted(text))
    if kind == Kind.AMOUNT:
        return bool(AMOUNT.search(text))
    if kind == Kind.DATE:
        return any(not _in_question(match.group(), question) for match in DATE.finditer(text))
    if kind == Kind.PERSON:
        return bool(_PERSON.search(text))
    if kind == Kind.NAME:
        return any(fold(match.group()) not in fold(question) for match in _FULL_NAME.finditer(text))
    if kind == Kind.REASON:
        return bool(_REASON.search(text))
    if kind == Kind.PLACE:
        return any(fold(match.group()) not in fold(question) for match in _NAME_INSIDE.finditer(text))
    return True


def _in_question(value: str, question: str) -> bool:
    return value.lower() in list(words(question)) or value in question


def _counted(text: str) -> list[str]:
    """The numbers of a text that count something."""
    return NUMBER.findall(_NO_COUNT.sub(lambda match: "." * len(match.group()), text))
