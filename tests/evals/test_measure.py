import pytest

from evals.errors import AnswerFileError
from evals.estimate import Estimate, estimate_share
from evals.measure import measure_run
from evals.measures import MEASURES


@pytest.fixture
def report(make_case, make_answer, make_citation, pages):
    """Four answerable questions, three not; worked by hand below."""
    cases = [
        make_case("right", lang="sv", kind="fact", facts=[["1987"]], sources=["malmo"]),
        make_case("half", lang="sv", kind="list", facts=[["fem"], ["sex"]], sources=["malmo"]),
        make_case("shy", lang="en", kind="fact", facts=[["59"]], sources=["stockholm"]),
        make_case("broken", lang="sv", kind="fact", facts=[["59"]], sources=["stockholm"]),
        make_case("kept", lang="sv", kind="unanswerable", answerable=False),
        make_case("kept too", lang="sv", kind="unanswerable", answerable=False),
        make_case("invented", lang="sv", kind="unanswerable", answerable=False),
    ]
    answers = [
        make_answer("Sedan 1987 [1].", make_citation("malmo-2019.pdf", 1, "sedan 1987"), id="right", seconds=1.0),
        make_answer("Fem gånger [1].", make_citation("malmo-2019.pdf", 2, "fem gånger"), id="half", seconds=2.0),
        make_answer("Inget.", id="shy", status="not_found", seconds=3.0, language="en"),
        make_answer("Inget.", id="kept", status="refused", seconds=4.0),
        make_answer("Inget.", id="kept too", status="not_found", seconds=5.0),
        make_answer("Sju [1].", make_citation("malmo-2019.pdf", 2, "sju gånger"), id="invented", seconds=6.0),
    ]
    return measure_run(cases, answers, pages)


@pytest.mark.parametrize(
    ("name", "value", "count"),
    [
        ("right", 3 / 7, 7),
        ("wrong", 2 / 7, 7),
        ("facts_found", (1 + 0.5 + 0 + 0) / 4, 4),
        ("all_facts_found", 1 / 4, 4),
        ("right_source_cited", 2 / 4, 4),
        ("abstention_recall", 2 / 3, 3),
        ("abstention_precision", 2 / 3, 3),
        ("needless_abstentions", 1 / 4, 4),
        # Two of three abstained; two of four answered.
        ("balanced_accuracy", (2 / 3 + 2 / 4) / 2, 7),
        # Two of three answers, and the case without an answer, which counts as zero.
        ("citations_valid", 2 / 4, 4),
        ("sentences_cited", 3 / 4, 4),
        # "Sju gånger" does not stand on its page, so it supports nothing.
        ("citation_recall", 2 / 4, 4),
        ("citation_precision", 2 / 4, 4),
        # Citations in the right document: both of the answered ones; the failed one none.
        ("citations_in_sources", 2 / 3, 3),
        ("sources_cited", 2 / 4, 4),
        ("language_kept", 6 / 7, 7),
        ("failed", 1 / 7, 7),
        ("words", (2 + 2 + 1) / 3, 3),
        # 0, 1, 2, 3, 4, 5, 6: the case without an answer took no time.
        ("seconds_p50", 3.0, 7),
        ("seconds_p95", 5.7, 7),
        ("gold_page_cited", None, 0),
    ],
)
def test_means_worked_by_hand(report, name: str, value: float | None, count: int) -> None:
    found = report.overall.measures[name]
    assert found.value == (None if value is None else pytest.approx(value))
    assert found.count == count


def test_shares_have_wilsons_interval(report) -> None:
    assert report.overall.measures["right"] == estimate_share(3, 7)
    assert report.overall.measures["needless_abstentions"] == estimate_share(1, 4)


def test_groups_by_kind_and_language_hold_every_question_once(report) -> None:
    assert {name: group.questions for name, group in report.by_kind.items()} == {
        "fact": 3,
        "list": 1,
        "unanswerable": 3,
    }
    assert {name: group.questions for name, group in report.by_language.items()} == {"sv": 6, "en": 1}
    assert report.by_kind["fact"].measures["facts_found"].value == pytest.approx(1 / 3)
    assert report.by_language["en"].measures["needless_abstentions"].value == 1.0


def test_a_case_without_an_answer_does_not_vanish(report) -> None:
    broken = report.scores[3]
    assert (broken.case.id, broken.outcome.value, broken.faults) == ("broken", "failed", ("no answer in the run",))


def test_citations_are_counted_over_all_answers(report) -> None:
    assert (report.citations, report.valid_citations) == (3, 2)


def test_every_summary_names_every_measure(report) -> None:
    names = [measure.name for measure in MEASURES]
    for summary in [report.overall, *report.by_kind.values(), *report.by_language.values()]:
        assert list(summary.measures) == names


def test_nothing_measured_gives_no_values(pages) -> None:
    empty = measure_run([], [], pages)
    assert set(empty.overall.measures.values()) == {Estimate(None, None, None, 0)}


def test_answers_that_belong_elsewhere_are_named(make_case, make_answer, pages) -> None:
    with pytest.raises(AnswerFileError, match="'q2' belongs to no question"):
        measure_run([make_case("q1")], [make_answer(id="q2")], pages)
    with pytest.raises(AnswerFileError, match="more than one"):
        measure_run([make_case("q1")], [make_answer(id="q1"), make_answer(id="q1")], pages)


def test_a_key_means_a_document_that_any_answer_came_across(make_case, make_answer, make_citation, pages) -> None:
    cases = [make_case("a", sources=["stockholm"]), make_case("b", sources=["stockholm"])]
    region = make_citation("region-stockholm.html", 1, "kontoret")
    city = make_citation("stockholm-2021.html", 1, "59 miljoner")
    report = measure_run(cases, [make_answer("X [1].", region, id="a"), make_answer("Y [1].", city, id="b")], pages)
    assert [score.values["right_source_cited"] for score in report.scores] == [0.0, 1.0]
    alone = measure_run(cases[:1], [make_answer("X [1].", region, id="a")], pages, documents=["stockholm-2021.html"])
    assert alone.scores[0].values["right_source_cited"] == 0.0
