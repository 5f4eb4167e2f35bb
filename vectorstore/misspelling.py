"""Tell whether one word is another with a slip of the keyboard."""


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
