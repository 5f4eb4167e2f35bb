"""Verify what a language model wrote against the evidence that it cites. What cannot be located is not shown."""

import logging
import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from enum import StrEnum

from assistant.particulars import changed_particular
from assistant.quantities import is_particular
from assistant.wording import is_held, terms_of
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

_LINK = re.compile(r"\w+://|www\.|\b(?:mailto|javascript|data):|[\[\]<>|`\\]|^\s*#", re.IGNORECASE)
_COMMANDS = re.compile(
    r"\b(?:ignore\w*|disregard\w*|forget|bortse|glöm|strunta)\b[^.!?]{0,40}\b(?:instru\w+|regl\w+|rules?|prompt\w*)|"
    r"\b(?:system ?prompt|you are now|du är nu en)\b",
    re.IGNORECASE,
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
    """

    text: str
    numbers: tuple[int, ...]
    verdict: Verdict
    opens_line: bool


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

    A claim is supported when it cites evidence that exists, holds no link or markup, and changes no particular:
    quantities with their units, dates, names, roles, directions, extent, negation and quotations stand in that
    evidence. Within one language most of its informative words stand there too; across languages it has to be
    near the evidence in meaning.

    What a rule cannot see remains possible: *A owns B* for *B owns A*.

    Args:
        text: What the model wrote.
        evidence: The evidence by number.
        nearness: Cosine of two texts by the embedding model; without it nothing is supported across languages.

    Returns:
        The claims in order.
    """
    claims: list[Claim] = []
    for line in text.splitlines():
        bare = line.strip()
        opens = True
        for start, end in _sentences(bare):
            sentence = bare[start:end]
            cited = tuple(dict.fromkeys(number for number in _numbers(sentence) if number in evidence))
            plain = _BULLET.sub("- ", MARKER.sub("", sentence).strip())
            if not plain.strip("-*•– .,;:"):
                continue
            judged = _NUMBERING.sub("", plain).replace("*", "")
            supported = bool(cited) and _is_supported(judged, [evidence[number] for number in cited], nearness)
            verdict = Verdict.SUPPORTED if supported else Verdict.UNSUPPORTED
            claims.append(Claim(plain, cited, verdict, opens))
            opens = False
    return claims


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
    if _LINK.search(sentence):
        return False
    text = "\n".join(piece.text for piece in cited)
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
