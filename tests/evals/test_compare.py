import json
import random
from dataclasses import replace
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from evals.compare import compare_runs, mcnemar_p_value
from evals.errors import AnswerFileError, RunsDiffer
from evals.measure import measure_run
from evals.report import write_reports
from evals.run import read_efforts, run_cases
from evals.stored import StoredQuestion, StoredRun, load_run, store_run
from evals.tell import tell_comparison


def question(identifier: str, right: bool, **more: object) -> StoredQuestion:
    values = {"right": float(right), "facts_found": float(right)}
    base = StoredQuestion(
        identifier, f"{identifier}?", "fact", True, "right" if right else "wrong", values, 1.0, (), f"{right}"
    )
    return replace(base, **more)  # type: ignore[arg-type]


def stored(*questions: StoredQuestion, name: str = "run", **settings: object) -> StoredRun:
    return StoredRun(Path(name), settings, {one.id: one for one in questions})


def coins(rights: list[bool], **settings: object) -> StoredRun:
    return stored(*(question(f"q{number}", right) for number, right in enumerate(rights)), **settings)


def test_ten_spoilt_answers_are_named() -> None:
    before = [number % 5 != 0 for number in range(120)]
    spoilt = [number for number, right in enumerate(before) if right][::9][:10]
    after = [right and number not in spoilt for number, right in enumerate(before)]
    found = compare_runs(coins(before), coins(after))
    assert found.lost == tuple(f"q{number}" for number in spoilt)
    assert (found.won, found.better, found.worse, found.other) == ((), (), (), ())
    # Ten of ten went one way: 2 / 2 ** 10.
    assert found.p_value == pytest.approx(2 / 1024)
    assert found.verdict.startswith("The first run answers more questions right (0 won, 10 lost")
    right = found.differences[0]
    assert (right.name, right.change, right.is_sure) == ("right", pytest.approx(-10 / 120), True)


def test_a_difference_by_chance_is_said_to_be_one() -> None:
    before = [number % 2 == 0 for number in range(120)]
    after = list(before)
    for number in range(10):  # five each way
        after[number] = not after[number]
    found = compare_runs(coins(before), coins(after))
    assert (len(found.won), len(found.lost), found.p_value) == (5, 5, 1.0)
    assert found.verdict == "No difference beyond chance in questions right (5 won, 5 lost, McNemar's exact p = 1)."
    assert not found.differences[0].is_sure


def test_of_pairs_of_runs_that_differ_by_chance_alone_few_are_called_different() -> None:
    generator = random.Random(1)
    called = 0
    for _ in range(200):
        first, second = ([generator.random() < 0.6 for _ in range(60)] for _ in range(2))
        won = sum(later and not earlier for earlier, later in zip(first, second, strict=True))
        lost = sum(earlier and not later for earlier, later in zip(first, second, strict=True))
        called += mcnemar_p_value(won, lost) < 0.05
    assert called <= 0.05 * 200


@given(st.integers(0, 60), st.integers(0, 60))
def test_mcnemar_is_the_two_sided_binomial(won: int, lost: int) -> None:
    from math import comb

    count, least = won + lost, min(won, lost)
    exact = min(1.0, 2 * sum(comb(count, number) for number in range(least + 1)) / 2**count)
    assert mcnemar_p_value(won, lost) == pytest.approx(exact)
    assert mcnemar_p_value(won, lost) == pytest.approx(mcnemar_p_value(lost, won))


def test_identical_runs_differ_in_nothing() -> None:
    found = compare_runs(coins([True, False, True]), coins([True, False, True]))
    assert found.verdict == "No question became right or ceased to be."
    assert {one.change for one in found.differences} == {0.0}
    assert found.changed == {}


def test_better_and_worse_answers_with_one_outcome_are_told_apart() -> None:
    first = stored(
        question("up", False, values={"facts_found": 0.5, "citations_valid": 1.0}),
        question("down", False, values={"facts_found": 0.5, "citations_valid": 1.0}),
        question("both", False, values={"facts_found": 0.5, "citations_valid": 0.5}),
        question("said", True),
        question("same", True),
    )
    second = stored(
        question("up", False, values={"facts_found": 0.75, "citations_valid": 1.0}),
        question("down", False, values={"facts_found": 0.5, "citations_valid": 0.5}),
        question("both", False, values={"facts_found": 0.75, "citations_valid": 0.25}, digest="new"),
        question("said", True, digest="new"),
        question("same", True),
    )
    found = compare_runs(first, second)
    assert (found.better, found.worse, found.other) == (("up",), ("down",), ("both", "said"))


def test_questions_that_differ_are_not_compared() -> None:
    first = stored(question("a", True), question("b", True), question("c", True))
    second = stored(question("a", True), question("b", False, question="Något annat?"), question("d", True))
    found = compare_runs(first, second)
    assert (found.questions, found.only_first, found.only_second) == (1, ("b", "c"), ("b", "d"))
    with pytest.raises(RunsDiffer, match="share no question"):
        compare_runs(stored(question("a", True)), stored(question("b", True)))


def test_what_was_changed_is_named() -> None:
    first, second = coins([True], model="a", top_k=8, documents="x"), coins([True], model="b", top_k=8, prompts="y")
    assert compare_runs(first, second).changed == {
        "documents": ("x", None),
        "model": ("a", "b"),
        "prompts": (None, "y"),
    }


def test_the_words_name_verdict_changes_and_questions() -> None:
    first, second = coins([True, False, True], model="a"), coins([False, True, True], model="b")
    told = tell_comparison(compare_runs(first, second), first, second)
    assert "No difference beyond chance" in told
    assert "- model: a -> b" in told
    assert "- q0: q0? (right -> wrong)" in told.partition("Lost")[2].partition("Won")[0]
    assert "- q1: q1? (wrong -> right)" in told.partition("## Won")[2]


@pytest.fixture
def runs(make_case, echo, pages, tmp_path: Path):
    """Two folders with the same real run of twenty questions."""
    cases = [make_case(f"q{n:02}", f"Fråga {n}?", facts=[[f"Fråga {n}?"]], sources=["malmo"]) for n in range(20)]
    for name in ("a", "b"):
        answers = run_cases(cases, echo, tmp_path / name, settings={"model": "echo"}, quiet=True)
        store_run(tmp_path / name, cases, answers, pages, ["malmo-2019.pdf"])
        efforts = read_efforts(tmp_path / name / "effort.jsonl")
        report = measure_run(cases, answers, pages, ["malmo-2019.pdf"], efforts)
        write_reports(report, tmp_path / name, {"model": "echo"})
    return tmp_path / "a", tmp_path / "b"


def test_answers_spoilt_in_the_file_are_named(runs) -> None:
    first, second = runs
    lines = [json.loads(line) for line in (second / "answers.jsonl").read_text("utf-8").splitlines()]
    for number in range(3, 13):
        lines[number]["text"] = "Det vet ingen. [1]"
    (second / "answers.jsonl").write_text("".join(json.dumps(line) + "\n" for line in lines), "utf-8")
    found = compare_runs(load_run(first), load_run(second))
    assert found.lost == tuple(f"q{number:02}" for number in range(3, 13))


def test_a_citation_of_nowhere_is_kept_as_one(make_case, make_answer, make_citation, pages, tmp_path: Path) -> None:
    from vectorstore.errors import UnknownDocument

    class Store:
        def page_text(self, document: str, page: int, /) -> str:
            raise UnknownDocument(f"{document} is gone")

    cases, answers = [make_case("q")], [make_answer("Det är så [1].", make_citation("gone.pdf", 1, "så"), id="q")]
    for name, source in (("raises", Store()), ("lacks", pages)):
        store_run(tmp_path / name, cases, answers, source, [])
        assert json.loads((tmp_path / name / "store.json").read_text("utf-8"))["pages"] == []


def test_a_report_alone_is_enough_and_says_the_same(runs, tmp_path: Path) -> None:
    first, _ = runs
    (tmp_path / "alone").mkdir()
    (tmp_path / "alone" / "report.json").write_bytes((first / "report.json").read_bytes())
    whole, alone = load_run(first), load_run(tmp_path / "alone")
    assert dict(whole.questions) == dict(alone.questions)
    assert whole.settings == alone.settings == {"model": "echo"}


def test_rankings_are_written_as_trec_tools_read_them(runs) -> None:
    import ir_measures

    first, _ = runs
    qrels = list(ir_measures.read_trec_qrels(str(first / "documents.qrels")))
    run = list(ir_measures.read_trec_run(str(first / "documents.run")))
    assert len(qrels) == len(run) == 20
    assert ir_measures.calc_aggregate([ir_measures.RR @ 10], qrels, run) == {ir_measures.RR @ 10: 1.0}


@pytest.mark.parametrize("content", ["", "[]", '{"per_question": [{"id": "a"}]}', '{"per_question": 5}', "{}"])
def test_a_damaged_report_is_named(tmp_path: Path, content: str) -> None:
    (tmp_path / "report.json").write_text(content, "utf-8")
    with pytest.raises(AnswerFileError, match=r"report\.json"):
        load_run(tmp_path)


def test_a_folder_without_a_run_is_named(tmp_path: Path) -> None:
    with pytest.raises(RunsDiffer, match="holds no run"):
        load_run(tmp_path / "nothing")
