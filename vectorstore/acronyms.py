"""Learn acronyms from the documents themselves: *Conference of Peripheral and Maritime Regions (CPMR)*.

The method: A. Schwartz and M. Hearst, *A simple algorithm for identifying abbreviation definitions in biomedical text*,
Pacific Symposium on Biocomputing 2003; here for acronyms in capitals, either way around.
"""

import re

_SHORT = r"[A-ZÅÄÖ](?:[A-Za-zÅÄÖåäö0-9&/-]{0,8}[A-ZÅÄÖ0-9])"
_IN_BRACKETS = re.compile(rf"\(({_SHORT})\)")
_BEFORE = re.compile(rf"(?<![\w-])({_SHORT})\s*\(([^()\n]{{4,120}})\)")
_WORD = re.compile(r"[\w&’'-]+")
_REACH = 160
_SMALL = frozenset("och för av i på till the of and for in to on de des du la le les et und der die von".split())


def find_acronyms(text: str) -> list[tuple[str, str]]:
    """Acronyms that a text spells out, with the spelled-out form as it stands there.

    Returns:
        `(acronym, spelled out)` in the order met, each once.
    """
    found: dict[tuple[str, str], None] = {}
    for match in _IN_BRACKETS.finditer(text):
        before = re.split(r"[()\n]", text[max(match.start() - _REACH, 0) : match.start()])[-1]
        long = _spelled_out(match.group(1), before, at_end=True)
        if long:
            found[match.group(1), long] = None
    for match in _BEFORE.finditer(text):
        long = _spelled_out(match.group(1), match.group(2), at_end=False)
        if long:
            found[match.group(1), long] = None
    return list(found)


def _spelled_out(short: str, around: str, *, at_end: bool) -> str | None:
    """The words around an acronym whose letters it takes: the first word gives the first, the others stand in order."""
    letters = "".join(character for character in short if character.isupper()).lower()
    words = list(_WORD.finditer(around))
    if len(letters) < 2 or not words:
        return None
    most = min(len(letters) + 5, 2 * len(letters))
    spans = [words[-count:] for count in range(1, min(most, len(words)) + 1)] if at_end else [words]
    for span in spans:
        text = around[span[0].start() : span[-1].end()]
        if len(span) > most or text.upper() == text or text[0].lower() != letters[0]:
            continue
        if _initials_fit(letters, tuple(word.group().lower() for word in span)):
            return text
    return None


def _initials_fit(letters: str, words: tuple[str, ...]) -> bool:
    """Whether words give the letters in order: each its first, small words none, compounds further ones (*KF*)."""
    if not words:
        return not letters
    word, rest = words[0], words[1:]
    if word in _SMALL and _initials_fit(letters, rest):
        return True
    if not letters or word[0] != letters[0]:
        return False
    place, taken = 0, 0
    while True:
        taken += 1
        if _initials_fit(letters[taken:], rest):
            return True
        # A part of a compound is three letters at least.
        place = word.find(letters[taken], place + 3) if taken < len(letters) else -1
        if place < 0 or place > len(word) - 3:
            return False
