"""Verify what a language model wrote against the evidence that it cites. What cannot be located is not shown."""

import logging
import re
from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass
from enum import StrEnum

from assistant.particulars import changed_particular
from assistant.quantities import is_particular, quantities
from assistant.wording import is_held, names_in_claim, terms_of
from ingest.sentences import split_sentences
from vectorstore.analyse import STOP_WORDS, words

MARKER = re.compile(r"\s*\[(\d{1,3}(?:\s*[,;]\s*\d{1,3})*)\]")

SUPPORT = 0.75
"""Share of a sentence's informative words that must stand in the evidence it cites or above it, in one language."""

OWN_SUPPORT = 0.5
"""Share that must stand in the evidence itself: a title alone supports nothing."""

NEARNESS = 0.875
"""Cosine that a sentence must have to evidence in another language, with the bundled embedding model. Measured on the
pairs of `tests/assistant/test_verify.py`."""

MOST_CITED = 4
"""How many pieces of evidence a sentence may cite; one that cites everything cites nothing."""

_ADDRESS = re.compile(r"(?:https?://|www\.)[^\s<>\[\]()|`\\]+[^\s<>\[\]()|`\\.,;:!?]", re.IGNORECASE)
_LINK = re.compile(r"\w+://|www\.|\b(?:mailto|javascript|data):|[\[\]<>|`\\]|^\s*#", re.IGNORECASE)
_COMMANDS = re.compile(
    r"\b(?:ignore\w*|disregard\w*|forget|bortse|glöm|strunta)\b[^.!?]{0,40}"
    r"\b(?:instru\w+|regl\w+|rules?|prompt\w*|ovanstående|föregående|above|previous)\b|"
    r"\b(?:system ?prompt|you are now an?|du är nu en|as an ai|if you are an? (?:ai|language model)|om du är en ai)\b|"
    r"\b(?:nya?|new)\s(?:uppgift\w*|instru\w+|tasks?)\s*:|"
    r"\b(?:svara|answer|reply|respond)\s(?:alltid|endast|bara|always|only)\s(?:att|med|that|with)\b|"
    r"^\s*(?:system|assistant|assistent)\s*:|"
    r"[<‹]/?(?:utdrag|excerpt|samtal|conversation|system)\b",
    re.IGNORECASE | re.MULTILINE,
)
_HEDGES = frozenset(
    "omkring ungefär cirka ca runt drygt knappt nästan about around approximately nearly almost some roughly".split()
)
_BULLET = re.compile(r"^[*•–]\s+")
_NUMBERING = re.compile(r"^(?:[-*•–]\s+|\d{1,2}[.)]\s+)")

_log = logging.getLogger(__name__)


class Verdict(StrEnum):
    """What becomes of a claim."""

    SUPPORTED = "supported"
    UNSUPPORTED = "unsupported"


@dataclass(frozen=True, slots=True)
class Claim:
    """A sentence or list item that a language model wrote.

    Attributes:
        text: Without its markers.
        numbers: The evidence it cites, as far as it exists.
        verdict: Whether that evidence says it.
        opens_line: Whether it begins a line of the answer.
        removed: How many of its markers led to no evidence.
    """

    text: str
    numbers: tuple[int, ...]
    verdict: Verdict
    opens_line: bool
    removed: int = 0

    @property
    def says_something(self) -> bool:
        """Whether it states anything of the matter, unlike *Här är svaret:* or *Hoppas att det hjälper*."""
        named = any(not begins for _, begins in names_in_claim(self.text))
        return bool(self.numbers or self.removed or named or quantities(self.text))


@dataclass(frozen=True, slots=True)
class Support:
    """A piece of evidence to judge claims by.

    Attributes:
        text: Its text.
        above: Title, organisation, period and headings of its document. They may give a name or a year.
        same_language: Whether it is in the language of the answer.
    """

    text: str
    above: str = ""
    same_language: bool = True


def verify_claims(
    text: str, evidence: Mapping[int, Support], nearness: Callable[[str, str], float] | None = None
) -> list[Claim]:
    """Split a draft into claims and judge each by the evidence it cites.

    A claim is supported when it cites evidence that exists, and not all of it, holds no link or markup that is not
    there, and changes no particular: quantities with their units, dates, names, roles, directions, extent, negation and
    quotations stand in that evidence. Within one language most of its informative words stand there too; across
    languages it has to be near the evidence in meaning.

    What a rule cannot see remains possible: *boards report to offices* for *offices report to boards*.

    Args:
        text: What the model wrote.
        evidence: The evidence by number.
        nearness: Cosine of two texts by the embedding model; without it nothing is supported across languages.

    Returns:
        The claims in order.
    """
    return list(verify_stream([text], evidence, nearness))


def verify_stream(
    pieces: Iterable[str], evidence: Mapping[int, Support], nearness: Callable[[str, str], float] | None = None
) -> Iterator[Claim]:
    """As `verify_claims`, while the text comes: each claim as soon as nothing that follows can belong to it.

    Args:
        pieces: What the model writes.
        evidence: The evidence by number.
        nearness: As for `verify_claims`.
    """
    rest, opens = "", True
    for piece in pieces:
        rest += piece
        while "\n" in rest:
            line, rest = rest.split("\n", 1)
            yield from _claims(line.strip(), opens, evidence, nearness)
            opens = True
        whole, rest = _split_unfinished(rest)
        for claim in _claims(whole, opens, evidence, nearness):
            yield claim
            opens = False
    yield from _claims(rest.strip(), opens, evidence, nearness)


def _claims(
    line: str, opens: bool, evidence: Mapping[int, Support], nearness: Callable[[str, str], float] | None
) -> Iterator[Claim]:
    """The claims of a line, or of a part of one; `opens` says whether the first one begins the line."""
    for start, end in _sentences(line):
        sentence = line[start:end]
        numbers = dict.fromkeys(_numbers(sentence))
        cited = tuple(number for number in numbers if number in evidence)
        plain = _BULLET.sub("- ", MARKER.sub("", sentence).strip())
        if not plain.strip("-*•– .,;:"):
            continue
        judged = _NUMBERING.sub("", plain).replace("*", "")
        supported = 0 < len(cited) <= MOST_CITED and _is_supported(
            judged, [evidence[number] for number in cited], nearness
        )
        verdict = Verdict.SUPPORTED if supported else Verdict.UNSUPPORTED
        yield Claim(plain, cited, verdict, opens, len(numbers) - len(cited))
        opens = False


def _split_unfinished(line: str) -> tuple[str, str]:
    """The sentences of a line that are whole, and the rest. A marker may still follow the last full stop."""
    bare = line.lstrip()
    *whole, last = _sentences(bare) or [(0, 0)]
    if not whole or not bare[last[0] : last[0] + 1].isalnum():
        return "", line
    return bare[: whole[-1][1]], bare[last[0] :]


def addresses_model(text: str) -> bool:
    """Whether a text tells a language model what to do; such a text is evidence of nothing."""
    return bool(_COMMANDS.search(text))


def _numbers(sentence: str) -> list[int]:
    return [int(number) for match in MARKER.finditer(sentence) for number in re.findall(r"\d+", match.group(1))]


def _sentences(line: str) -> list[tuple[int, int]]:
    """Sentences with the markers after their full stop."""
    moved: list[tuple[int, int]] = []
    for start, end in split_sentences(line):
        leading = re.match(rf"(?:{MARKER.pattern}[.,]?)+\s*", line[start:end]) if moved else None
        begin = start + leading.end() if leading else start
        if leading:
            moved[-1] = (moved[-1][0], begin)
        if begin < end:
            moved.append((begin, end))
    return moved


def _is_supported(sentence: str, cited: list[Support], nearness: Callable[[str, str], float] | None) -> bool:
    text = "\n".join(piece.text for piece in cited)
    sentence = _ADDRESS.sub(lambda match: "" if match.group() in _ADDRESS.findall(text) else match.group(), sentence)
    if _LINK.search(sentence):
        return False
    above = "\n".join(piece.above for piece in cited)
    same_language = all(piece.same_language for piece in cited)
    informative = [word for word in words(sentence) if word not in STOP_WORDS | _HEDGES and not is_particular(word)]
    if not informative or addresses_model(text):
        return False
    changed = changed_particular(sentence, text, above, same_language=same_language)
    if changed:
        _log.debug("not supported (%s): %s", changed, sentence)
        return False
    if not same_language:
        return nearness is not None and nearness(sentence, text) >= NEARNESS
    own, over = terms_of(text), terms_of(above)
    held = [is_held(word, own) for word in informative]
    near = [found or is_held(word, over) for word, found in zip(informative, held, strict=True)]
    return sum(near) >= SUPPORT * len(near) and sum(held) >= OWN_SUPPORT * len(held)
