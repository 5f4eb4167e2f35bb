"""Alter questions as people type them, and so that their passage no longer answers them."""

import random
import re
from collections.abc import Sequence

from vectorstore.analyse import STOP_WORDS

_ASKS = frozenset("vilket vad vilka vilken hur när var vem varför hva hvem hvor hvilken hvilket hvilke når".split())
_NAME = re.compile(r"(?<=\w )[A-ZÅÄÖÆØ][\wåäöæøé]{2,}")
_YEAR = re.compile(r"\b(1[5-9]\d\d|20[0-2]\d)\b")
_NUMBER = re.compile(r"(?<![\d.,])(\d{1,3})(?![\d.,])")


def keyword_style(question: str) -> str:
    """The question as words for a search box: function words, question words and the question mark left out."""
    kept = [word for word in question.rstrip("?. \n").split() if word.lower().strip(",") not in STOP_WORDS | _ASKS]
    return " ".join(kept) or question


def unaccented(question: str) -> str:
    """As typed on a keyboard without å, ä and ö, in lower case."""
    return question.lower().translate(str.maketrans("åäöæøé", "aaoaoe"))


def misspell(question: str, chance: random.Random) -> str:
    """With one slip of the finger: two letters swapped, one left out or one doubled."""
    places = [index for index in range(1, len(question) - 1) if question[index - 1 : index + 2].isalpha()]
    if not places:
        return question
    at = chance.choice(places)
    slip = chance.randrange(3)
    if slip == 0:
        return question[:at] + question[at + 1] + question[at] + question[at + 2 :]
    return question[:at] + (question[at] * 2 if slip == 1 else "") + question[at + 1 :]


def swap_particular(question: str, passage: str, names: Sequence[str], chance: random.Random) -> str | None:
    """The question with a year, a quantity or a name swapped for one that the passage lacks; None where it has none."""
    found = [match for pattern in (_YEAR, _NUMBER, _NAME) for match in pattern.finditer(question)]
    found = [match for match in found if match.group() in passage and (names or match.group().isdigit())]
    if not found:
        return None
    match = chance.choice(found)
    old = match.group()
    for _ in range(20):
        if _YEAR.fullmatch(old):
            new = str(int(old) + chance.choice([-9, -5, -3, -2, -1, 1, 2, 3, 5, 9]))
        elif old.isdigit():
            new = str(max(1, int(old) + chance.choice([-20, -7, -3, -1, 1, 2, 4, 9, 30])))
        else:
            new = chance.choice(names)
        if new not in passage and new != old:
            return question[: match.start()] + new + question[match.end() :]
    return None
