"""Make text of any origin plain: bytes to characters, and characters that a reader cannot see removed."""

import codecs
import re
import unicodedata

_BYTE_ORDER_MARKS = (
    (codecs.BOM_UTF8, "utf-8"),
    (codecs.BOM_UTF32_LE, "utf-32"),
    (codecs.BOM_UTF32_BE, "utf-32"),
    (codecs.BOM_UTF16_LE, "utf-16"),
    (codecs.BOM_UTF16_BE, "utf-16"),
)
_LATIN = {"iso8859-1", "latin-1", "ascii", "cp1252"}
_BREAKS = re.compile(r"\r\n?|\u2028|\u2029|\x85|\x0b|\x0c")
# Letters to the eye of Unicode, blanks to the eye of a reader.
_BLANK_LETTERS = dict.fromkeys(map(ord, "\u115f\u1160\u17b4\u17b5\u3164\uffa0\u2800"), " ")
_UNSEEN_CATEGORIES = {"Cf", "Cc", "Co", "Cs", "Cn"}


def decode_text(content: bytes, declared: str | None = None) -> str:
    """Decode bytes whose encoding is not certain.

    A byte order mark decides. Bytes that are valid UTF-8 are UTF-8 whatever is declared, since text in an
    eight-bit encoding hardly ever is by chance. Else the declared encoding, and at last windows-1252, as
    browsers do (WHATWG Encoding: `iso-8859-1` and `ascii` mean windows-1252).
    """
    for mark, marked in _BYTE_ORDER_MARKS:
        if content.startswith(mark):
            return content[len(mark) if marked == "utf-8" else 0 :].decode(marked, errors="replace")
    if unmarked := _utf_16_without_mark(content):
        return content.decode(unmarked, errors="replace")
    try:
        return content.decode("utf-8")
    except UnicodeDecodeError as error:
        if error.reason == "unexpected end of data" or _mostly_utf_8(content):
            return content.decode("utf-8", errors="replace")
    return content.decode(_eight_bit(declared), errors="replace")


def clean_line(text: str) -> str:
    """One line of plain text: NFC, single blanks, nothing that cannot be seen.

    Zero-width, bidirectional and tag characters, soft hyphens, variation selectors, private-use glyphs and control
    characters are removed: they carry no words, they break searches, and they can hide instructions.
    """
    return " ".join(_visible(_BREAKS.sub("\n", text)).split())


def clean_lines(text: str) -> str:
    """As `clean_line`, with line breaks kept; blanks at the ends of lines are removed."""
    return "\n".join(" ".join(_visible(line).split()) for line in _BREAKS.sub("\n", text).split("\n"))


def _visible(text: str) -> str:
    if text.isascii() and text.isprintable():
        return text
    text = unicodedata.normalize("NFC", text)
    unseen = {ord(character): "" for character in set(text) if _is_unseen(character)}
    return text.translate(unseen | _BLANK_LETTERS)


def _is_unseen(character: str) -> bool:
    if character.isspace():
        return False
    selector = "\ufe00" <= character <= "\ufe0f" or "\U000e0100" <= character <= "\U000e01ef"
    return selector or unicodedata.category(character) in _UNSEEN_CATEGORIES


def _utf_16_without_mark(content: bytes) -> str | None:
    """The byte order of UTF-16 without a mark, told by the zero bytes of its ASCII characters."""
    sample = content[:4000]
    if len(sample) < 4 or sample.count(0) < len(sample) * 0.2:
        return None
    return "utf-16-le" if sample[1::2].count(0) > sample[0::2].count(0) else "utf-16-be"


def _mostly_utf_8(content: bytes) -> bool:
    """Whether a text is UTF-8 with single bytes damaged, rather than an eight-bit encoding."""
    decoded = content.decode("utf-8", errors="replace")
    damaged = decoded.count("\ufffd")
    whole = sum(character > "\x7f" for character in decoded) - damaged
    return whole > damaged


def _eight_bit(declared: str | None) -> str:
    try:
        name = codecs.lookup(declared or "cp1252").name
    except LookupError:
        return "cp1252"
    return "cp1252" if name in _LATIN or name.startswith("utf") else name
