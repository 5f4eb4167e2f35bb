"""Turn text into the terms of the lexical index: Swedish and English stems, folded spellings, whole numbers."""

import re
import threading
import unicodedata
from collections.abc import Iterator
from functools import lru_cache

import Stemmer

FOLDED = "_"
"""Marks a term whose å, ä, ö and accents are typed as plain letters, so that *malmo* finds *Malmö* and only so."""

_TOKEN = re.compile(
    r"(?<![\d.,])\d{1,3}(?:[ \u00a0\u202f]\d{3})+(?![\d.]|,\d)|\d+(?:[.,:/]\d+)*|§|[^\W\d_]+(?:['’][^\W\d_]+)?\d*"
)
_SPACES = re.compile(r"[ \u00a0\u202f]")
_ENDINGS = frozenset(("s", "n", "et", "en"))
_STEMMERS = threading.local()

STOP_WORDS = frozenset(
    """
    alla allt att av bara blev bli blir den denna deras dess dessa det detta dig din dina ditt där då efter ej eller en
    er ett från för genom ha hade han har hon hos hur här i in inom inte jag ju kan kom kommer kunde man med mellan men
    mer min mot mycket många måste ni nu när någon något några och också om oss på redan samt sedan sig sin sina sitt
    ska skall skulle som så sådan till under upp ut utan var vara varför vars vad varit vem vems vi vid vilka vilken
    vilket vill åt är över finns fick får ge ger göra gör gjort tack snälla berätta
    a about all an and any are as at be been but by can could did do does for from had has have how i if in into is it
    its me much many of on or our shall should so some than that the their them there these they this those to under was
    we were what when where which who whom whose why will with would you your please tell
    """.split()
)
"""Words that carry no information of their own, in Swedish and English; *eu* is none of them."""


def fold(text: str) -> str:
    """`text` in lower case without diacritics: å and ä become a, ö becomes o, é becomes e."""
    decomposed = unicodedata.normalize("NFD", text.lower())
    return "".join(character for character in decomposed if not unicodedata.combining(character))


def words(text: str) -> Iterator[str]:
    """The words and numbers of `text` in lower case, in order.

    Acronyms lose their endings (*EU:s*), thousands their spaces (*12 000*). A number with what divides it is one word
    (*1,20*, *12/3*), a paragraph sign another (*§ 57*).
    """
    lowered = unicodedata.normalize("NFC", text).lower()
    for match in _TOKEN.finditer(lowered):
        word = match.group()
        if word[0].isdigit():
            yield _SPACES.sub("", word)
        elif word not in _ENDINGS or lowered[max(match.start() - 1, 0)] not in ":'’":
            yield word


@lru_cache(maxsize=100_000)
def stem(word: str, language: str = "sv") -> str:
    """The Snowball stem of a lower-case word; numbers unchanged."""
    if word[0].isdigit():
        return word.replace(",", ".")
    if not hasattr(_STEMMERS, "sv"):
        _STEMMERS.sv, _STEMMERS.en = Stemmer.Stemmer("swedish"), Stemmer.Stemmer("english")
    stemmer = _STEMMERS.en if language == "en" else _STEMMERS.sv
    return str(stemmer.stemWord(word))


def informative_stems(text: str) -> frozenset[str]:
    """The Swedish stems of a text's words, function words left out."""
    return frozenset(stem(word) for word in words(text) if word not in STOP_WORDS)


def index_terms(text: str, language: str | None) -> str:
    """The stems under which a passage is indexed, in order, separated by spaces."""
    return " ".join(_indexed(word, language or "sv")[0] for word in words(text))


def folded_terms(text: str, language: str | None) -> str:
    """The stems of those words that have diacritics, without them, each with `FOLDED` before it."""
    return both_terms(text, language)[1]


def both_terms(text: str, language: str | None) -> tuple[str, str]:
    """What `index_terms` and `folded_terms` give, for half of the work."""
    found = [_indexed(word, language or "sv") for word in words(text)]
    return " ".join(term for term, _ in found), " ".join(marked for _, marked in found if marked)


@lru_cache(maxsize=100_000)
def _indexed(word: str, language: str) -> tuple[str, str]:
    """A word's term, and that of its spelling without diacritics; empty where it has none."""
    folded = fold(word)
    marked = FOLDED + _safe(stem(folded, language)) if folded and folded != word else ""
    return _safe(stem(word, language)), marked


def query_terms(question: str, *, keep_stop_words: bool = False) -> list[tuple[str, ...]]:
    """The informative terms of a question, each as the alternatives under which it may be indexed.

    Args:
        question: Swedish or English.
        keep_stop_words: Keep function words, for a question that holds nothing else.

    Returns:
        One tuple for each distinct word: Swedish stem, English stem, and the folded spelling where the word
        was typed without diacritics.
    """
    terms: dict[tuple[str, ...], None] = {}
    for word in words(question):
        if word in STOP_WORDS and not keep_stop_words:
            continue
        alternatives = [_safe(stem(word, "sv")), _safe(stem(word, "en"))]
        if fold(word) == word and not word[0].isdigit():
            alternatives.append(FOLDED + alternatives[0])
        terms[tuple(dict.fromkeys(alternatives))] = None
    if not terms and not keep_stop_words:
        return query_terms(question, keep_stop_words=True)
    return list(terms)


def _safe(term: str) -> str:
    """A term as one FTS5 token: letters and digits, other signs as `x` between digits."""
    return re.sub(r"[^\w§]", "x", term)
