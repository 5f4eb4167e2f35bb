"""What is measured: name, meaning and source of each measure."""

from dataclasses import dataclass

_OWN = "this project"
_ALCE = "Gao et al., ALCE, EMNLP 2023; the rule in place of their entailment model is this project's"
_TREC = "as ir-measures computes it"
_CRANFIELD = "precision and recall: Cleverdon, the Cranfield tests, 1967"


@dataclass(frozen=True, slots=True)
class Measure:
    """What is measured.

    Attributes:
        name: Key in the report.
        title: Name in words.
        unit: `share` (0 to 1), `words`, `seconds` or `count`.
        meaning: How, and over which questions.
        source: Where the measure comes from.
        better: `higher`, `lower`, or empty where neither is.
    """

    name: str
    title: str
    unit: str
    meaning: str
    source: str = _OWN
    better: str = "higher"


def _ranking_measures(what: str, title: str, meaning: str) -> tuple[Measure, ...]:
    described = (
        ("nDCG@10", "Järvelin and Kekäläinen, 2002"),
        ("R@1", _CRANFIELD),
        ("R@5", _CRANFIELD),
        ("R@10", _CRANFIELD),
        ("RR@10", "reciprocal rank: Voorhees, TREC-8 question answering, 1999"),
    )
    return tuple(
        Measure(f"{what}_{name}", f"{title}, {name}", "share", meaning, f"{source}; {_TREC}")
        for name, source in described
    )


MEASURES = (
    Measure(
        "right",
        "Questions right",
        "share",
        "Answerable: every fact in the text, the right source cited, every quote valid. Not answerable: abstained. "
        "Over questions that name facts or sources, or are not answerable.",
    ),
    Measure("wrong", "Wrong answers", "share", "Answered though not right, of the same questions.", better="lower"),
    Measure("facts_found", "Facts found", "share", "Share of a question's facts in the answer's text."),
    Measure("all_facts_found", "All facts found", "share", "Every fact is in the answer's text."),
    Measure("right_source_cited", "Right source cited", "share", "A named document is cited, or all where all count."),
    Measure("sources_cited", "Sources cited", "share", "Share of a question's documents that are cited.", _CRANFIELD),
    Measure(
        "citations_in_sources",
        "Citations in the right document",
        "share",
        "Share of an answer's citations that lead to a document of its question.",
        _CRANFIELD,
    ),
    Measure("gold_page_cited", "Right page cited", "share", "A named page is cited, or one of each source's."),
    Measure("gold_quote_cited", "Right passage cited", "share", "A quote holds a named passage, or is half of it."),
    Measure(
        "abstention_recall",
        "Unanswerable, abstained",
        "share",
        "Abstained, of questions without an answer.",
        _CRANFIELD,
    ),
    Measure(
        "abstention_precision",
        "Right abstentions",
        "share",
        "Without an answer, of questions abstained on.",
        _CRANFIELD,
    ),
    Measure(
        "needless_abstentions",
        "Needless abstentions",
        "share",
        "Abstained, of questions with an answer.",
        better="lower",
    ),
    Measure(
        "balanced_accuracy",
        "Balanced accuracy of abstaining",
        "share",
        "Mean of: abstained, of questions without an answer; answered, of questions with one.",
        "Brodersen et al., ICPR 2010",
    ),
    Measure("citations_valid", "Citations valid", "share", "Share of an answer's quotes that stand where they say."),
    Measure(
        "citation_recall",
        "Citation recall",
        "share",
        "Share of an answer's cited sentences that what they cite supports.",
        _ALCE,
    ),
    Measure(
        "citation_precision",
        "Citation precision",
        "share",
        "Share of an answer's citations that their sentence needs, or that support it alone.",
        _ALCE,
    ),
    Measure(
        "sentences_cited",
        "Sentences cited",
        "share",
        "Share of an answer's sentences with a marker that leads somewhere; headings and lead-ins apart.",
    ),
    Measure("every_sentence_cited", "Every sentence cited", "share", "No sentence of the answer lacks a marker."),
    Measure("language_kept", "Language kept", "share", "The answer's language is the question's."),
    Measure("failed", "Failed", "share", "Ended in an error; counts as nothing found.", better="lower"),
    *_ranking_measures(
        "documents",
        "Documents found",
        "Over the passages that the answer was made from, a document where its first passage stands; relevant are the "
        "documents that the question names.",
    ),
    *_ranking_measures(
        "passages",
        "Passages found",
        "Over the same; to be found is each quote of the question, or without quotes each page, where the first "
        "passage that holds it stands.",
    ),
    Measure("words", "Words in an answer", "words", "Mean over answers, markers not counted.", better=""),
    Measure("seconds_p50", "Seconds, median", "seconds", "Wall-clock time of an answer.", better="lower"),
    Measure("seconds_p95", "Seconds, 95th percentile", "seconds", "Wall-clock time of an answer.", better="lower"),
    Measure(
        "model_calls",
        "Calls of a language model",
        "count",
        "Mean over questions, the earlier ones of a conversation not counted.",
        better="lower",
    ),
    Measure(
        "input_tokens",
        "Tokens read",
        "count",
        "By the language model, as its server counts; mean over questions.",
        better="lower",
    ),
    Measure(
        "output_tokens",
        "Tokens written",
        "count",
        "By the language model, as its server counts; mean over questions.",
        better="lower",
    ),
)

TIMES = frozenset({"seconds_p50", "seconds_p95", "seconds"})
"""What differs between two runs of the same thing."""
