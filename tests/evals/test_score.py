import pytest

from evals.score import Outcome, is_valid, score_answer
from vectorstore.errors import UnknownDocument

DOCUMENTS = ["malmo-2019.pdf", "region-stockholm.html", "stockholm-2021.html"]
EXPECTED = {
    "lang": "sv",
    "facts": [["1987"], ["Tangshan"]],
    "sources": ["malmo"],
    "pages": [{"source": "malmo", "page": 1}],
}


@pytest.fixture
def score(make_case, make_answer, pages):
    def build(fields: dict[str, object], text: str, *citations, **answer: object):
        return score_answer(make_case(**fields), make_answer(text, *citations, **answer), pages, DOCUMENTS)

    return build


def test_a_right_answer(score, make_citation) -> None:
    found = score(
        EXPECTED,
        "Malmö och Tangshan sedan 1987 [1].",
        make_citation("malmo-2019.pdf", 1, "Malmö och Tangshan är vänorter sedan 1987."),
    )
    assert found.outcome is Outcome.RIGHT
    assert found.faults == ()
    assert found.values == {
        "seconds": 1.0,
        "failed": 0.0,
        "answered": 1.0,
        "abstained": 0.0,
        "facts_found": 1.0,
        "all_facts_found": 1.0,
        "right_source_cited": 1.0,
        "sources_cited": 1.0,
        "citations_in_sources": 1.0,
        "gold_page_cited": 1.0,
        "language_kept": 1.0,
        "citations_valid": 1.0,
        "sentences_cited": 1.0,
        "every_sentence_cited": 1.0,
        "citation_recall": 1.0,
        "citation_precision": 1.0,
        "words": 5.0,
        "right": 1.0,
        "wrong": 0.0,
    }


def test_a_wrong_answer_says_all_that_is_wrong(score, make_citation) -> None:
    citation = make_citation("stockholm-2021.html", 1, "59 miljarder")
    found = score(EXPECTED, "Tangshan fick 59 miljarder [1]. Det är sant [2].", citation, language="en")
    assert found.outcome is Outcome.WRONG
    assert found.values["facts_found"] == 0.5
    assert found.values["citations_valid"] == 0.0
    assert found.values["sentences_cited"] == 0.5
    assert found.values["wrong"] == 1.0
    assert found.faults == (
        "fact missing: 1987",
        "source not cited: malmo",
        "page not cited: malmo, page 1",
        "language is 'en', asked in 'sv'",
        "quote of [1] does not stand on stockholm-2021.html, page 1",
        "marker [2] leads nowhere",
        "sentence not cited: Det är sant [2].",
        "not in what it cites: Tangshan fick 59 miljarder [1].",
    )
    assert found.verdicts == {1: "does not stand there"}


@pytest.mark.parametrize("status", ["not_found", "needs_clarification", "refused"])
def test_an_abstention_finds_nothing_whatever_its_text_shows(score, make_citation, status: str) -> None:
    citation = make_citation("malmo-2019.pdf", 1, "sedan 1987")
    found = score(EXPECTED, "Närmast: Tangshan sedan 1987 [1].", citation, status=status)
    assert found.outcome is Outcome.NEEDLESS_ABSTENTION
    assert (found.values["facts_found"], found.values["right_source_cited"], found.values["abstained"]) == (0, 0, 1)
    assert found.values["wrong"] == 0.0
    assert "words" not in found.values
    assert score({"answerable": False}, "Närmast [1]", citation, status=status).outcome is Outcome.RIGHT


def test_a_failed_answer_counts_as_nothing_found(score) -> None:
    found = score(EXPECTED, "ValueError: 1987 Tangshan", status="failed")
    assert found.outcome is Outcome.FAILED
    zero = (
        "facts_found",
        "right_source_cited",
        "gold_page_cited",
        "language_kept",
        "answered",
        "abstained",
        "right",
        "wrong",
    )
    assert {name: found.values[name] for name in zero} == dict.fromkeys(zero, 0.0)
    assert found.faults == ("ValueError: 1987 Tangshan",)


def test_an_answer_to_what_cannot_be_answered(score) -> None:
    assert score({"answerable": False}, "Det är 59.", status="partial").outcome is Outcome.ANSWERED_UNANSWERABLE


def test_nothing_is_judged_where_nothing_is_expected(score) -> None:
    found = score({}, "Det är 59.")
    assert found.outcome is Outcome.NOT_JUDGED
    assert not {"right", "wrong", "abstained", "facts_found", "language_kept"} & found.values.keys()


@pytest.mark.parametrize(("all_sources", "cited"), [(False, 1.0), (True, 0.0)])
def test_every_source_is_needed_only_where_the_case_says_so(
    score, make_citation, all_sources: bool, cited: float
) -> None:
    fields = {
        "sources": ["malmo", "stockholm"],
        "all_sources": all_sources,
        "pages": [{"source": "malmo", "page": 2}, {"source": "malmo", "page": 1}, {"source": "stockholm", "page": 1}],
    }
    found = score(fields, "Fem gånger [1].", make_citation("malmo-2019.pdf", 2, "fem gånger"))
    assert found.values["right_source_cited"] == cited
    assert found.values["gold_page_cited"] == cited
    also = make_citation("stockholm-2021.html", 1, "59 miljoner", marker=2)
    found = score(fields, "Fem gånger [1], 59 miljoner [2].", make_citation("malmo-2019.pdf", 2, "fem gånger"), also)
    assert found.values["right_source_cited"] == 1.0
    assert found.values["gold_page_cited"] == 1.0


@pytest.mark.parametrize(
    ("quote", "cited"),
    [("Nätverket träffades fem gånger.", 1.0), ("träffades fem", 1.0), ("fem", 0.0), ("vänorter", 0.0)],
)
def test_a_passage_is_cited_when_a_quote_is_at_least_half_of_it(score, make_citation, quote: str, cited: float) -> None:
    found = score({"quotes": ["träffades  fem gånger"]}, "Fem [1].", make_citation("malmo-2019.pdf", 2, quote))
    assert found.values["gold_quote_cited"] == cited


@pytest.mark.parametrize(
    ("document", "page", "quote", "valid"),
    [
        ("malmo-2019.pdf", 2, "fem gånger", True),
        ("malmo-2019.pdf", 1, "fem gånger", False),
        ("malmo-2019.pdf", 2, "Fem gånger", False),
        ("malmo-2019.pdf", 3, "fem gånger", False),
        ("borta.pdf", 1, "fem gånger", False),
        ("malmo-2019.pdf", 2, "", False),
    ],
)
def test_a_quote_is_valid_only_where_it_says(
    make_citation, pages, document: str, page: int, quote: str, valid: bool
) -> None:
    assert is_valid(make_citation(document, page, quote), pages) is valid


def test_a_document_that_the_store_does_not_know_makes_a_quote_invalid(make_citation) -> None:
    class Empty:
        def page_text(self, document: str, page: int) -> str:
            raise UnknownDocument(f"{document} is not in the store")

    assert not is_valid(make_citation("malmo-2019.pdf", 1, "sedan 1987"), Empty())
