"""Whether quotes support the sentences that cite them: recall and precision of citations, as ALCE defines them.

T. Gao, H. Yen, J. Yu, D. Chen: Enabling large language models to generate text with citations. EMNLP 2023.

A sentence is supported when what it cites, taken together, supports it. A citation counts when its sentence is
supported and either it supports the sentence alone, or without it the others do not. Where that paper asks a language
model whether one text entails the other, a rule decides here, so that the measure needs no model and never changes.
"""

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass

from assistant.answers import Answer, Citation
from assistant.wording import is_held, terms_of
from evals.match import CitedSentence, fold
from ingest.language import detect_language
from vectorstore.analyse import STOP_WORDS, stem, words

WORDS_HELD = 0.75
"""Share of a sentence's informative words that must stand in what it cites, or in titles and headings above it."""

WORDS_QUOTED = 0.5
"""Share that must stand in the quotes themselves: a title alone supports nothing."""


@dataclass(frozen=True, slots=True)
class CitationQuality:
    """How the sentences of an answer and their citations fit.

    Attributes:
        sentences: Number of sentences that were judged. Those in another language than what they cite are not.
        supported: Number of them that are supported.
        cited: Number of pairs of a judged sentence and a citation of it.
        needed: Number of those pairs whose citation counts.
        unsupported: The sentences that are not supported.
    """

    sentences: int
    supported: int
    cited: int
    needed: int
    unsupported: tuple[str, ...]


def judge_citations(
    answer: Answer, sentences: Sequence[CitedSentence], invalid: Collection[int] = ()
) -> CitationQuality:
    """Judge the sentences that carry a marker; of those without one `sentences_cited` tells.

    Args:
        answer: The answer.
        sentences: Its sentences with their markers.
        invalid: Markers of the citations whose quote does not stand where it says, which support nothing.
    """
    by_marker = {citation.marker: citation for citation in answer.citations}
    judged = supported = cited = needed = 0
    unsupported: list[str] = []
    for sentence in sentences:
        citations = [by_marker[marker] for marker in sorted(sentence.markers) if marker in by_marker]
        text = fold(sentence.text)
        if not citations or not _comparable(text, sentence.text, citations):
            continue
        judged += 1
        cited += len(citations)
        sound = [citation for citation in citations if citation.marker not in invalid]
        if not supports(text, sound):
            unsupported.append(sentence.text)
            continue
        supported += 1
        needed += sum(
            supports(text, [citation]) or not supports(text, [other for other in sound if other is not citation])
            for citation in sound
        )
    return CitationQuality(judged, supported, cited, needed, tuple(unsupported))


def supports(text: str, citations: Sequence[Citation]) -> bool:
    """Whether quotes support a sentence, both in one language.

    They do when the sentence stands in them verbatim. Else each of its numbers stands in them or in the titles,
    names and headings above them, and so do three quarters of its informative words, half of them in the quotes.

    Args:
        text: The sentence as `fold` gives it.
        citations: What it cites.
    """
    quoted = " ".join(fold(citation.quote) for citation in citations)
    above = " ".join(fold(" ".join((one.title, one.organisation or "", *one.section))) for one in citations)
    label, colon, rest = text.partition(": ")
    if colon and terms_of(label) <= terms_of(above):
        text = rest  # whose it is, or of which year, before what is said
    if text.strip(" .") in quoted:
        return bool(text.strip(" ."))
    found = list(words(text))
    numbers = {stem(word) for word in found if word[0].isdigit()}
    if not numbers <= {stem(word) for word in words(f"{quoted} {above}") if word[0].isdigit()}:
        return False
    informative = [word for word in found if not word[0].isdigit() and word not in STOP_WORDS]
    own, over = terms_of(quoted), terms_of(above)
    held = [is_held(word, own) for word in informative]
    near = [one or is_held(word, over) for word, one in zip(informative, held, strict=True)]
    if not informative:
        return bool(numbers)
    return sum(near) >= WORDS_HELD * len(near) and sum(held) >= WORDS_QUOTED * len(held)


def _comparable(folded: str, text: str, citations: Sequence[Citation]) -> bool:
    """Whether words can tell: verbatim, or not one in English and the other not."""
    quotes = " ".join(citation.quote for citation in citations)
    if folded.strip(" .") in fold(quotes):
        return True
    return (detect_language(text) == "en") == (detect_language(quotes) == "en")


def citation_values(quality: CitationQuality) -> Mapping[str, float]:
    """The measures that an answer has; without a sentence that can be judged, none."""
    if not quality.sentences:
        return {}
    return {
        "citation_recall": quality.supported / quality.sentences,
        "citation_precision": quality.needed / quality.cited,
    }
