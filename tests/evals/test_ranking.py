from math import log2

import pytest
from hypothesis import given
from hypothesis import strategies as st

from assistant.answers import AnswerStatus, Retrieved
from evals.measure import measure_run
from evals.ranking import RANKING_MEASURES, measure_retrieved
from evals.retrieval import measure_ranking

DOCUMENTS = [f"d{number}" for number in range(12)]


def by_hand(grades: dict[str, int], ranking: dict[str, float], measure: str) -> float:
    """The definitions, written out: Järvelin and Kekäläinen's gain over log2(rank + 1), recall, reciprocal rank."""
    order = sorted(ranking, key=lambda name: -ranking[name])
    name, _, depth = measure.partition("@")
    top = order[: int(depth)]
    relevant = [document for document, grade in grades.items() if grade > 0]
    if name == "R":
        return len({*top} & {*relevant}) / len(relevant) if relevant else 0.0
    if name == "RR":
        return next((1 / rank for rank, document in enumerate(top, start=1) if document in relevant), 0.0)
    gains = [max(grades.get(document, 0), 0) for document in top]
    ideal = sorted((max(grade, 0) for grade in grades.values()), reverse=True)[: int(depth)]
    best = sum(gain / log2(rank + 1) for rank, gain in enumerate(ideal, start=1))
    return sum(gain / log2(rank + 1) for rank, gain in enumerate(gains, start=1)) / best if best else 0.0


@given(
    st.dictionaries(
        st.sampled_from(["q1", "q2", "q3"]),
        st.tuples(
            st.dictionaries(st.sampled_from(DOCUMENTS), st.integers(0, 3), min_size=1),
            st.permutations(DOCUMENTS).flatmap(lambda order: st.integers(0, 12).map(lambda count: order[:count])),
        ),
        min_size=1,
    )
)
def test_measures_are_their_definitions_to_a_millionth(queries: dict[str, tuple[dict[str, int], list[str]]]) -> None:
    qrels = {query: grades for query, (grades, _) in queries.items()}
    run = {query: {name: float(-rank) for rank, name in enumerate(order)} for query, (_, order) in queries.items()}
    found = measure_ranking(qrels, run, RANKING_MEASURES)
    for measure in RANKING_MEASURES:
        for query in qrels:
            assert found[measure][query] == pytest.approx(by_hand(qrels[query], run[query], measure), abs=1e-6)


def passage(document: str, page: int, text: str) -> Retrieved:
    return Retrieved(document, page, (), 0.5, text)


@pytest.fixture
def measured(make_case, make_answer):
    """Two documents with two quotes to be found; the passages worked through below."""

    def measure(*retrieved: Retrieved, **fields: object) -> dict[str, float]:
        from dataclasses import replace

        case = make_case("q", **{"sources": ["a.pdf", "b.pdf"], "quotes": ["ett hus", "två båtar"], **fields})
        answer = replace(make_answer(id="q"), retrieved=retrieved)
        return measure_retrieved([case], {"q": answer}, ["a.pdf", "b.pdf", "c.pdf"])["q"]

    return measure


def test_a_document_stands_where_its_first_passage_does(measured) -> None:
    found = measured(
        passage("c.pdf", 1, "annat"),
        passage("a.pdf", 1, "Här står ett hus."),
        passage("a.pdf", 2, "mer"),
        passage("b.pdf", 1, "inget"),
    )
    # Documents: c, a, b. Relevant are the second and the third of three.
    assert found["documents_RR@10"] == pytest.approx(1 / 2)
    assert found["documents_R@1"] == 0.0
    assert found["documents_R@5"] == 1.0
    assert found["documents_nDCG@10"] == pytest.approx((1 / log2(3) + 1 / log2(4)) / (1 + 1 / log2(3)))
    # Quotes: the first stands in the second passage, the other in none.
    assert found["passages_RR@10"] == pytest.approx(1 / 2)
    assert found["passages_R@10"] == pytest.approx(1 / 2)
    assert found["passages_nDCG@10"] == pytest.approx((1 / log2(3)) / (1 + 1 / log2(3)))


def test_without_quotes_the_pages_are_to_be_found(measured) -> None:
    pages = [{"source": "a.pdf", "page": 2}]
    found = measured(passage("a.pdf", 1, "ett hus"), passage("a.pdf", 2, "?"), quotes=[], pages=pages)
    assert found["passages_RR@10"] == pytest.approx(1 / 2)


def test_a_source_that_is_not_in_the_store_was_to_be_found_all_the_same(measured) -> None:
    found = measured(passage("a.pdf", 1, ""), sources=["gone.pdf"])
    assert found["documents_R@10"] == 0.0


def test_an_answer_that_failed_found_nothing_and_questions_without_answer_are_left_out(make_case, pages) -> None:
    cases = [make_case("a", sources=["malmo"]), make_case("b", answerable=False), make_case("c")]
    report = measure_run(cases, [], pages, ["malmo-2019.pdf"])
    assert report.scores[0].answer.status is AnswerStatus.FAILED
    estimate = report.overall.measures["documents_nDCG@10"]
    assert (estimate.value, estimate.count) == (0.0, 1)
