"""Tell whether one word is another with a slip of the keyboard."""

from collections.abc import Iterator

_LETTERS = "abcdefghijklmnopqrstuvwxyzåäöéü"


def slips(word: str, begin: int) -> Iterator[str]:
    """Every word that `is_near` this one by a letter that Swedish and English have, at offset `begin` or after it."""
    for place in range(begin, len(word) + 1):
        before, after = word[:place], word[place:]
        yield from (before + letter + after for letter in _LETTERS)
        if after:
            yield before + after[1:]
            yield from (before + letter + after[1:] for letter in _LETTERS if letter != after[0])
        if len(after) > 1 and after[0] != after[1]:
            yield before + after[1] + after[0] + after[2:]


def is_near(word: str, other: str) -> bool:
    """Whether one letter added, left out or replaced, or two neighbours exchanged, make one word of the other."""
    if word == other:
        return False
    begin = 0
    while begin < min(len(word), len(other)) and word[begin] == other[begin]:
        begin += 1
    rest, remaining = word[begin:], other[begin:]
    return (
        rest[1:] == remaining[1:]
        or rest[1:] == remaining
        or rest == remaining[1:]
        or (rest[:2] == remaining[1::-1] and rest[2:] == remaining[2:] and len(rest) > 1)
    )
