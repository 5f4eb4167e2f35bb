from dataclasses import replace
from pathlib import Path

import pytest

from evals.baseline import baseline_text, main
from evals.errors import RuleError
from evals.gate import DEFAULT_RULES, check_rules, read_rule
from evals.stored import StoredQuestion, StoredRun, load_run
from evals.tell import tell_findings


def run_of(rights: list[bool], abstained: list[bool] = [], seconds: float = 1.0) -> StoredRun:  # noqa: B006
    """Answerable questions that came out right or wrong, and unanswerable ones that were abstained on or not."""
    answerable = [
        StoredQuestion(
            f"a{n}", "?", "list" if n % 2 else "fact", True, "right" if right else "wrong",
            {"right": float(right), "wrong": float(not right), "abstained": 0.0, "answered": 1.0, "failed": 0.0,
             "citations_valid": 1.0},
            seconds, (), "",
        )
        for n, right in enumerate(rights)
    ]  # fmt: skip
    others = [
        StoredQuestion(
            f"u{n}", "?", "unanswerable", False, "right" if yes else "answered_unanswerable",
            {"right": float(yes), "wrong": float(not yes), "abstained": float(yes), "answered": float(not yes),
             "failed": 0.0},
            seconds, (), "",
        )
        for n, yes in enumerate(abstained)
    ]  # fmt: skip
    return StoredRun(Path("run"), {}, {one.id: one for one in [*answerable, *others]})


BEFORE = run_of([True, True, True, False], [True, True])


def kept(run: StoredRun, *rules: str, baseline: StoredRun = BEFORE) -> list[bool]:
    return [one.kept for one in check_rules(run, baseline, [read_rule(rule) for rule in rules])][1:]


@pytest.mark.parametrize(
    ("rule", "holds"),
    [
        # Of six questions four are right: two of four, and both of the unanswerable.
        ("right >= 0.66", True),
        ("right >= 0.67", False),
        ("right >= baseline", False),
        ("right >= baseline - 0.17", True),
        ("right >= baseline * 0.8", True),
        ("right >= baseline * 0.81", False),
        ("wrong <= baseline + 0.17", True),
        ("wrong < 0.33", False),
        ("right[unanswerable] >= baseline", True),
        ("right[unanswerable] > baseline", False),
        ("right[ list ] >= 1", None),
        ("lost <= 1", True),
        ("lost < 1", False),
        ("won >= 0", True),
        ("abstention_recall >= 1", True),
        ("abstention_precision >= 1", True),
        ("needless_abstentions <= 0", True),
        ("balanced_accuracy >= 1", True),
        ("seconds_p50 <= baseline * 1.5", True),
        ("seconds_p95 <= 0.5", False),
        # Neither run has pages to cite: a rule on them is not broken.
        ("gold_page_cited >= baseline", True),
        ("gold_page_cited >= 0.5", False),
    ],
)
def test_rules_worked_by_hand(rule: str, holds: bool | None) -> None:
    after = run_of([True, True, False, False], [True, True])
    if holds is None:
        with pytest.raises(RuleError, match="of kind"):
            kept(after, rule)
    else:
        assert kept(after, rule) == [holds]


def test_the_rules_without_any_hold_for_the_same_run_and_break_for_a_worse_one() -> None:
    assert kept(BEFORE, *DEFAULT_RULES) == [True] * len(DEFAULT_RULES)
    assert not all(kept(run_of([True, False, False, False], [True, False]), *DEFAULT_RULES))


def test_leaving_out_questions_breaks_the_gate() -> None:
    easy = replace(BEFORE, questions={key: one for key, one in BEFORE.questions.items() if one.outcome == "right"})
    findings = check_rules(easy, BEFORE, [read_rule("right >= baseline")])
    assert (findings[0].kept, findings[0].value) == (False, 1.0)
    assert tell_findings(findings).splitlines()[0] == "BROKEN every question of the baseline is asked  (1 against 0)"


def test_other_questions_do_not_count() -> None:
    more = replace(BEFORE, questions={**BEFORE.questions, "new": replace(BEFORE.questions["a3"], id="new")})
    assert kept(more, "right >= baseline") == [True]


@pytest.mark.parametrize(
    ("rule", "said"),
    [
        ("rigth >= 0.5", "did you mean 'right'"),
        ("qqqq >= 0.5", "there are right,"),
        ("right", "is no rule"),
        ("right = 0.5", "is no rule"),
        ("right >= better", "is no rule"),
        ("lost <= baseline", "number of questions"),
        ("lost[fact] <= 1", "number of questions"),
        ("", "is no rule"),
    ],
)
def test_what_is_no_rule_is_said(rule: str, said: str) -> None:
    with pytest.raises(RuleError, match=said.replace("[", r"\[")):
        read_rule(rule)


def test_a_baseline_holds_what_the_gate_needs(tmp_path: Path) -> None:
    (tmp_path / "report.json").write_text(baseline_text(BEFORE), "utf-8")
    back = load_run(tmp_path)
    assert {key: replace(one, seconds=1.0) for key, one in back.questions.items()} == dict(BEFORE.questions)
    assert len((tmp_path / "report.json").read_text("utf-8").splitlines()) == 2 + len(BEFORE.questions) + 1
    main([str(tmp_path), str(tmp_path / "again")])
    assert (tmp_path / "again" / "report.json").read_bytes() == (tmp_path / "report.json").read_bytes()


def test_the_committed_baseline_is_of_the_questions_that_the_gate_asks() -> None:
    from evals.cases import read_cases, take_cases

    root = Path(__file__).parents[2]
    cases = take_cases(read_cases(root / "evals" / "datasets" / "samples.jsonl"), 40)
    baseline = load_run(root / "tests" / "baseline")
    assert {key: one.question for key, one in baseline.questions.items()} == {one.id: one.question for one in cases}
