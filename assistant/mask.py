"""Mask Swedish personal identity numbers, before a question is logged, stored or sent anywhere."""

import datetime
import re
import unicodedata

MASK = "[personnummer]"
"""What stands in the place of a number."""

# Year with or without century, month, day, and four digits after -, + or a blank; parts of the date may be set apart.
_NUMBER = re.compile(
    r"(?<!\d)(?<!\d[.,])"
    r"(?P<century>1[89]|20)?(?P<year>\d\d)(?P<apart>[-./ ]?)(?P<month>\d\d)(?P=apart)(?P<day>\d\d)"
    r"\s?[-+−–‐‑]?\s?(?P<birth>\d{3})(?P<check>\d)"
    r"(?!\d)(?![.,]\d)"
)
_COORDINATION = 60
"""What is added to the day in a coordination number (samordningsnummer)."""


def mask_identity_numbers(text: str) -> str:
    """A text with personal identity numbers and coordination numbers masked.

    A number counts when its date exists and its check digit is right (Luhn, over the ten last digits), whether it has a
    century and a sign or not, and whatever cannot be seen stands between its digits. Organisation numbers, whose third
    digit is 2 or more, name no person and stay.
    """
    seen = [(index, sign) for index, sign in enumerate(text) if unicodedata.category(sign) not in ("Cf", "Mn")]
    plain = "".join(_ascii_digit(sign) for _, sign in seen)
    masked, done = "", 0
    for match in _NUMBER.finditer(plain):
        if _is_identity(match):
            masked += text[done : seen[match.start()][0]] + MASK
            done = seen[match.end() - 1][0] + 1
    return masked + text[done:]


def _ascii_digit(sign: str) -> str:
    """A digit of any script as 0 to 9; any other sign as it is."""
    value = unicodedata.decimal(sign, None)
    return sign if value is None else str(value)


def _is_identity(match: re.Match[str]) -> bool:
    day = int(match["day"])
    if day > _COORDINATION:
        day -= _COORDINATION
    century = int(match["century"] or 20)
    try:
        datetime.date(century * 100 + int(match["year"]), int(match["month"]), day)
    except ValueError:
        # Without a century, 29 February may have been one of another.
        if match["century"] or (match["month"], day) != ("02", 29):
            return False
    return _luhn(match["year"] + match["month"] + match["day"] + match["birth"]) == int(match["check"])


def _luhn(digits: str) -> int:
    """The check digit of nine digits."""
    doubled = (int(digit) * (2 - index % 2) for index, digit in enumerate(digits))
    return -sum(value // 10 + value % 10 for value in doubled) % 10
