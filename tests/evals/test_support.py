"""The examples of docs/evaluation.md, worked by hand there, and what words cannot tell."""

import pytest

from assistant.answers import Answer, AnswerStatus, Citation
from evals.match import divide_sentences, fold
from evals.support import citation_values, judge_citations, supports

FEE = "Medlemsavgiften var 186 000 kronor."
SINCE = "Exempelstad har varit medlem i Eurocities sedan 2009."
OFFICE = "Kontoret har fyra medarbetare."


def quote(marker: int, text: str, title: str = "Årsrapport 2023") -> Citation:
    return Citation(marker, "a.pdf", title, "Exempelstads kommun", 1, ("4.1 Eurocities",), text, 0, len(text))


def quality(text: str, *quotes: str, invalid: tuple[int, ...] = ()):
    citations = tuple(quote(number, said) for number, said in enumerate(quotes, start=1))
    answer = Answer("a", "?", "?", "sv", AnswerStatus.ANSWERED, text, citations)
    return judge_citations(answer, divide_sentences(text, {one.marker for one in citations}).cited, invalid)


@pytest.mark.parametrize(
    ("text", "quotes", "recall", "precision"),
    [
        # Verbatim: one sentence, one citation, both count.
        (f"{FEE} [1]", [FEE], 1.0, 1.0),
        # The second citation neither supports the sentence alone nor is needed: one of two counts.
        (f"{FEE} [1] [2]", [FEE, OFFICE], 1.0, 1 / 2),
        # Each holds a half: neither supports alone, and both are needed.
        ("Medlem sedan 2009 för avgiften 186 000 kronor. [1] [2]", [SINCE, FEE], 1.0, 1.0),
        # Either supports alone: both count, though one would do.
        (f"{FEE} [1] [2]", [FEE, FEE], 1.0, 1.0),
        # Another number: not supported, and its citation does not count.
        ("Medlemsavgiften var 168 000 kronor. [1]", [FEE], 0.0, 0.0),
        # One of two sentences.
        (f"{FEE} [1] Kontoret ligger i Paris. [1]", [FEE], 1 / 2, 1 / 2),
        # The year of the title may be said, with the organisation.
        ("Exempelstads medlemsavgift 2023 var 186 000 kronor. [1]", [FEE], 1.0, 1.0),
        # Whose it is, before what is said.
        (f"Exempelstads kommun: {FEE} [1]", [FEE], 1.0, 1.0),
        (f"Göteborgs Stad: {FEE} [1]", [FEE], 0.0, 0.0),
        # Half of the words must be the quote's own: a title alone supports nothing.
        ("Årsrapport 2023 handlar om Eurocities. [1]", [FEE], 0.0, 0.0),
    ],
)
def test_recall_and_precision_worked_by_hand(text: str, quotes: list[str], recall: float, precision: float) -> None:
    assert citation_values(quality(text, *quotes)) == {
        "citation_recall": pytest.approx(recall),
        "citation_precision": pytest.approx(precision),
    }


def test_a_quote_that_does_not_stand_on_its_page_supports_nothing() -> None:
    found = quality(f"{FEE} [1]", FEE, invalid=(1,))
    assert (found.supported, found.cited, found.needed) == (0, 1, 0)
    assert found.unsupported == (f"{FEE[:-1]} [1].",)


def test_sentences_in_another_language_than_their_quotes_are_not_judged() -> None:
    found = quality("The membership fee was 186,000 kronor and the city has been a member since 2009. [1]", FEE + SINCE)
    assert citation_values(found) == {}


def test_a_sentence_without_a_marker_is_another_measures_business() -> None:
    assert quality("Det vet ingen.", FEE).sentences == 0


@pytest.mark.parametrize("text", ["", "...", "och det", "[1]"])
def test_what_says_nothing_is_supported_by_nothing(text: str) -> None:
    assert not supports(fold(text), [quote(1, FEE)])
