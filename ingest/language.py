"""Tell in which language a text is written."""

import re
from functools import cache
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from lingua import LanguageDetector

_WORD = re.compile(r"[^\W\d_]+(?:['’][^\W\d_]+)?")
# Frequent words of one language that are no words of the other.
_SWEDISH_WORDS = (
    "för första olika ofta typ namn sades kallades kallas heter hette anses används användes skulle deras borde "
    "sprak dar ocksa manga nagon nagra foll fore fanns for i "
    "och att det som är på av inte vad vilka vilken vilket hur när var varför vem vems vart varifrån jag du vi ni han "
    "hon de dem ett en den till från med mellan utan efter före innan sedan hos enligt genom eller också finns fanns "
    "får fick ska skall kan kunde vill ville måste bör blev blir blivit har hade varit vara gör gjorde gjort säger sa "
    "sade mycket många mer mest någon något några ingen inget inga alla allt år staden stad kommun kommunen kommunens "
    "regionen regionens sina sitt sin deras dess hans hennes oss dig mig sig så då där här nu redan även bara handlar "
    "arbetar arbete berätta om mot vid ur bland samt vilkas sådan annat andra ny nya stora nämn ge beskriv jämför "
    "förklara visa lista hej tack ja nej okej antogs antagen beslutade beslutat diarienummer vänorter vanorter vanort "
    "bidrag medlem medlemmar medlemskap nätverk natverk eu-medel pengar syfte syftet mål internationell "
    "internationella internationellt nar ar pa fran manga ocksa"
)
_ENGLISH_WORDS = (
    "in name called known used first two three type kind said regions region based "
    "the and of to is are was were be been being what which who whom whose how when where why does do did done has "
    "have had it its this that these those they them their there with without from by for on at as or not no yes you "
    "your we our us he she his her an can could would should must will shall may might about between into through "
    "during since until before after any some many much more most all each other than then also only very if because "
    "while city cities municipality municipal region's council tell me give list describe compare explain show say "
    "says said work works working member members funding funds money year years adopted decided programme purpose "
    "goals goal strategy network networks sister twin town towns hello thanks please okay international partners "
    "partner"
)
_SWEDISH = frozenset(_SWEDISH_WORDS.split())
_ENGLISH = frozenset(_ENGLISH_WORDS.split())
_SWEDISH_LETTERS = re.compile(r"(?<![^\W\d_])[a-z]*[åäö][a-zåäö]*")
_QUOTED = re.compile(r"[\"“”»'‘’][^\"“”»'‘’]{3,80}[\"“”»'‘’]")
_SHORT = 40
_ENOUGH = 4000


def detect_language(text: str) -> str:
    """The language of a text as ISO 639-1.

    A text of fewer than forty words is Swedish or English: a question to the assistant, where other languages would be
    guesses. Frequent words decide; then letters in words that are not names; then letter sequences
    (lingua-language-detector), which alone decide about longer text in any of the languages around. Swedish where
    nothing tells.
    """
    words = _WORD.findall(text)
    if len(words) >= _SHORT:
        return _by_letters(text, around=True) or "sv"
    for part in (_QUOTED.sub(" ", text), text):
        lowered = [word.casefold() for word in _WORD.findall(part)]
        swedish = sum(word in _SWEDISH for word in lowered)
        english = sum(word in _ENGLISH for word in lowered)
        if swedish != english:
            return "sv" if swedish > english else "en"
    if _SWEDISH_LETTERS.search(text):
        return "sv"
    common = " ".join(word for word in words if not word[0].isupper()) or text
    return _by_letters(common, around=False) or "sv"


def _by_letters(text: str, around: bool) -> str | None:
    # Its time grows with the square of a word's length.
    found = _detector(around).detect_language_of(text[:_ENOUGH])
    if found is None:
        return None
    code = found.iso_code_639_1.name.lower()
    return "no" if code in ("nb", "nn") else code


@cache
def _detector(around: bool) -> "LanguageDetector":
    from lingua import Language, LanguageDetectorBuilder

    languages = [Language.SWEDISH, Language.ENGLISH]
    if around:
        languages += [
            Language.BOKMAL,
            Language.DANISH,
            Language.FINNISH,
            Language.GERMAN,
            Language.FRENCH,
            Language.SPANISH,
            Language.ESTONIAN,
            Language.POLISH,
        ]
    # High accuracy takes 250 MB and 3 s for these; on text as long as this, and beside the words, it is no better.
    return LanguageDetectorBuilder.from_languages(*languages).with_low_accuracy_mode().build()
