"""Verify what a language model wrote against the evidence that it cites. What cannot be located is not shown."""

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from enum import StrEnum

from ingest.sentences import split_sentences
from vectorstore.analyse import STOP_WORDS, fold, stem, words

MARKER = re.compile(r"\s*\[(\d{1,3})\]")

SUPPORT = 0.6
"""Share of a sentence's informative words that must stand in the evidence it cites, in one language."""

_NEGATIONS = frozenset("inte ej aldrig ingen inget inga varken utan not never no none neither without nor".split())
_NAME = re.compile(r"(?<![.!?:] )(?<!^)(?<!^- )\b[A-ZÅÄÖÉ][\w&-]+")
_LINK = re.compile(r"https?://\S+|www\.\S+|!?\[[^\]]*\]\([^)]*\)|<[^>]+>")


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


def verify_claims(text: str, evidence: Mapping[int, str], question: str, *, same_language: bool) -> list[Claim]:
    """Split a draft into claims and judge each by the evidence it cites.

    A claim is supported when it cites evidence that exists, holds no link or markup, each of its numbers and
    proper names stands in that evidence or in the question, it is negated exactly when the evidence is, and, within
    one language, most of its informative words stand there too.

    Args:
        text: What the model wrote.
        evidence: The evidence's text by number.
        question: The standalone question.
        same_language: Whether evidence and answer are in one language.

    Returns:
        The claims in order.
    """
    claims: list[Claim] = []
    for line in text.splitlines():
        bare = line.strip()
        opens = True
        for start, end in _sentences(bare):
            sentence = bare[start:end]
            cited = tuple(dict.fromkeys(number for number in map(int, MARKER.findall(sentence)) if number in evidence))
            plain = MARKER.sub("", sentence).strip()
            if not plain.strip("-*• "):
                continue
            quotes = " ".join(evidence[number] for number in cited)
            verdict = _judge(plain, quotes, question, same_language) if cited else Verdict.UNSUPPORTED
            claims.append(Claim(plain, cited, verdict, opens))
            opens = False
    return claims


def _sentences(line: str) -> list[tuple[int, int]]:
    """Sentences with the markers after their full stop."""
    moved: list[tuple[int, int]] = []
    for start, end in split_sentences(line):
        leading = re.match(r"(?:\s*\[\d{1,3}\][.,]?)+\s*", line[start:end]) if moved else None
        begin = start + leading.end() if leading else start
        if leading:
            moved[-1] = (moved[-1][0], begin)
        if begin < end:
            moved.append((begin, end))
    return moved


def _judge(sentence: str, quotes: str, question: str, same_language: bool) -> Verdict:
    if _LINK.search(sentence):
        return Verdict.UNSUPPORTED
    known = _terms(f"{quotes} {question}")
    if any(number not in known for number in _numbers(sentence)):
        return Verdict.UNSUPPORTED
    if any(_bare(name) not in {_bare(word) for word in words(f"{quotes} {question}")} for name in _names(sentence)):
        return Verdict.UNSUPPORTED
    if not same_language:
        return Verdict.SUPPORTED
    if bool(_NEGATIONS & set(words(sentence))) != bool(_NEGATIONS & set(words(_nearest(sentence, quotes)))):
        return Verdict.UNSUPPORTED
    informative = [stem(word) for word in words(sentence) if word not in STOP_WORDS]
    held = sum(term in _terms(quotes) for term in informative)
    return Verdict.SUPPORTED if informative and held >= SUPPORT * len(informative) else Verdict.UNSUPPORTED


def _nearest(sentence: str, quotes: str) -> str:
    """The sentence of the evidence that shares most words with a claim."""
    mine = _terms(sentence)
    pieces: Sequence[str] = [quotes[start:end] for start, end in split_sentences(quotes)] or [quotes]
    return max(pieces, key=lambda piece: len(mine & _terms(piece)))


def _terms(text: str) -> set[str]:
    return {stem(word) for word in words(text)}


def _numbers(text: str) -> list[str]:
    return [stem(word) for word in words(text) if word[0].isdigit()]


def _names(text: str) -> list[str]:
    return [
        part
        for match in _NAME.finditer(text)
        for part in re.findall(r"\w+", match.group())
        if part.lower() not in STOP_WORDS
    ]


def _bare(word: str) -> str:
    folded = fold(word)
    return folded[:-1] if len(folded) > 3 and folded.endswith("s") else folded
