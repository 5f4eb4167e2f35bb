"""Compare the wording of two texts: stems, names, and which sentence is nearest."""

import re
from collections.abc import Iterator
from functools import lru_cache

from ingest.sentences import split_sentences
from vectorstore.analyse import fold, stem, words

_UPPER = "A-ZÀ-ÖØ-ÞČĆĎĐĚŁŃŇŘŚŠŤŮŹŻŽ"
_NAME = re.compile(rf"(?<![\w-])[{_UPPER}][\w&+]*(?:-[\w&+]+)*")
OPENERS = frozenset(
    "enligt totalt sammanlagt dessutom vidare samtidigt därtill däremot samt både såväl totally overall according "
    "additionally furthermore however together altogether moreover while although since each every one another other "
    "such further staff because thus therefore therefore likewise först därefter dock också även bland dels året årets "
    "syftet målet de ett en varje ingen inga inget no none neither nor not never aldrig inte following given "
    "år under".split()
)
"""Words that begin a sentence without naming anything."""
BODIES = (
    (re.compile(r"stad(?:en|ens|s)?|kommun(?:en|ens|s)?|city|cities|municipality|municipalities|town"),
     ("stad", "kommun", "city", "municip", "town")),
    (re.compile(r"region(?:en|ens|s)?|län(?:et|ets|s)?|landsting(?:et|ets)?|county"),
     ("region", "län", "landsting", "county")),
    (re.compile(r"stat(?:en|ens)|riksdag(?:en|ens)?|regering(?:en|ens)?|government|parliament"),
     ("stat", "riksdag", "regering", "government", "parliament")),
)  # fmt: skip
"""What an organisation is, as a claim may call it, and what its evidence may call it instead."""


@lru_cache(maxsize=2000)
def terms_of(text: str) -> frozenset[str]:
    """The stems of a text's words, Swedish and English, without diacritics, so that *städer* and *stad* are one."""
    stems: set[str] = set()
    for word in words(text):
        stems |= {fold(stem(word, "sv")), fold(stem(word, "en"))}
    return frozenset(stems)


def is_held(word: str, stems: frozenset[str]) -> bool:
    """Whether a word, or a compound with it or part of it, is among stems that `terms_of` gave."""
    own = terms_of(word)
    if own & stems:
        return True
    return any(
        min(len(mine), len(other)) >= 5 and (other.startswith(mine) or other.endswith(mine) or mine.startswith(other))
        for mine in own
        for other in stems
    )


def nearest_sentences(claim: str, evidence: str) -> list[str]:
    """The sentences of the evidence that share most words with a claim; more than one where they share as many.

    An item of a list has the list's lead-in before it.
    """
    mine = terms_of(claim)
    lead_in, *items = [line for line in evidence.splitlines() if line.strip()] or [evidence]
    pieces = [lead_in[start:end] for start, end in split_sentences(lead_in)] or [lead_in]
    pieces += [f"{pieces[-1]} {item}" if pieces[-1][-1:] not in ".!?" else item for item in items]
    shared = [len(mine & terms_of(piece)) for piece in pieces]
    return [piece for piece, count in zip(pieces, shared, strict=True) if count == max(shared)]


def names_in_claim(text: str) -> Iterator[tuple[str, bool]]:
    """The parts of capitalised words, and whether each begins a sentence."""
    for match in _NAME.finditer(text):
        before = text[: match.start()].rstrip(" \t\"'”“«»(*-•–")
        begins = not before or before.endswith((".", "?", "!", ":"))
        for part in re.findall(r"[^\W_]+", match.group()):
            if begins or part[0].isupper():
                yield part, begins
            begins = False


def bare(word: str) -> str:
    """A word in lower case without diacritics and without the genitive's *s*."""
    folded = fold(word)
    return folded[:-1] if len(folded) > 3 and folded.endswith("s") else folded
