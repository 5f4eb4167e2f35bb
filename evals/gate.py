"""Rules that a run must keep, by itself or against another: for those who decide on a change, and for CI."""

import operator
import re
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from difflib import get_close_matches

import numpy as np

from evals.compare import Comparison, compare_runs, value_of
from evals.errors import RuleError
from evals.estimate import estimate_balance, estimate_quantile
from evals.measures import MEASURES
from evals.stored import StoredQuestion, StoredRun

DEFAULT_RULES = (
    "right >= baseline - 0.02",
    "wrong <= baseline + 0.02",
    "abstention_recall >= baseline - 0.05",
    "citations_valid >= baseline",
    "failed <= baseline",
)

_COUNTS = ("lost", "won")
_COMPARE: Mapping[str, Callable[[float, float], bool]] = {
    ">=": operator.ge, "<=": operator.le, ">": operator.gt, "<": operator.lt,
}  # fmt: skip
_RULE = re.compile(
    r"\s*(?P<name>[\w@]+)\s*(?:\[(?P<kind>[^\]]+)\])?\s*(?P<sign>>=|<=|>|<)\s*"
    r"(?:(?P<number>-?\d+(?:\.\d+)?)|baseline\s*(?:(?P<by>[-+*])\s*(?P<amount>\d+(?:\.\d+)?))?)\s*"
)
_ROUNDING = 1e-9


@dataclass(frozen=True, slots=True)
class Rule:
    """What a measure must keep.

    Attributes:
        text: As it was written.
        name: The measure's, or `lost` or `won`.
        kind: Kind of questions that it is over; None for all.
        sign: `>=`, `<=`, `>` or `<`.
        number: What the measure is held against; None for the baseline.
        by: `-`, `+` or `*`: what is done to the baseline's value.
        amount: With how much.
    """

    text: str
    name: str
    kind: str | None
    sign: str
    number: float | None
    by: str = "+"
    amount: float = 0.0


@dataclass(frozen=True, slots=True)
class Finding:
    """Whether a rule is kept.

    Attributes:
        rule: As it was written.
        kept: Whether it is.
        value: What was measured; None where nothing was.
        limit: What it was held against.
    """

    rule: str
    kept: bool
    value: float | None
    limit: float | None


def read_rule(text: str) -> Rule:
    """Read a rule such as `right >= 0.6`, `right[unanswerable] >= baseline - 0.05` or `lost <= 3`.

    Raises:
        RuleError: It is no rule, or names no measure.
    """
    match = _RULE.fullmatch(text)
    if not match:
        raise RuleError(
            f"{text!r} is no rule. Write a measure, a sign and a limit, such as 'right >= 0.6', "
            "'wrong <= baseline + 0.02', 'right[list] >= baseline' or 'lost <= 3'."
        )
    name, kind = match["name"], match["kind"]
    known = [*(measure.name for measure in MEASURES), *_COUNTS]
    if name not in known:
        near = get_close_matches(name, known, n=1)
        hint = f"did you mean {near[0]!r}?" if near else f"there are {', '.join(known)}"
        raise RuleError(f"{text!r}: there is no measure {name!r}; {hint}")
    if name in _COUNTS and (match["number"] is None or kind):
        raise RuleError(f"{text!r}: {name!r} is a number of questions; hold it against a number, over all kinds")
    number = None if match["number"] is None else float(match["number"])
    return Rule(text, name, kind, match["sign"], number, match["by"] or "+", float(match["amount"] or 0))


def check_rules(run: StoredRun, baseline: StoredRun, rules: Sequence[Rule]) -> list[Finding]:
    """Whether a run keeps each rule against a baseline, over the questions of the baseline.

    The first finding is that the run asked every question of the baseline: without the difficult ones any rule holds.

    Raises:
        RuleError: A rule names a kind of question that the baseline lacks.
        RunsDiffer: The runs share no question.
    """
    comparison = compare_runs(baseline, run)
    missing = len(comparison.only_first)
    findings = [Finding("every question of the baseline is asked", not missing, float(missing), 0.0)]
    shared = [key for key in baseline.questions if key not in set(comparison.only_first)]
    for rule in rules:
        keys = [key for key in shared if rule.kind is None or baseline.questions[key].kind == rule.kind]
        if not keys:
            raise RuleError(f"{rule.text!r}: no question is of kind {rule.kind!r}")
        value = _value(rule.name, [run.questions[key] for key in keys], comparison)
        reference = _value(rule.name, [baseline.questions[key] for key in keys], comparison)
        findings.append(_find(rule, value, reference))
    return findings


def _find(rule: Rule, value: float | None, reference: float | None) -> Finding:
    if rule.number is not None:
        limit: float | None = rule.number
    elif reference is None:
        limit = None
    else:
        by = rule.amount if rule.by != "-" else -rule.amount
        limit = reference * rule.amount if rule.by == "*" else reference + by
    if value is None or limit is None:
        # What cannot be measured keeps no rule, unless the baseline cannot be measured either.
        return Finding(rule.text, value is None and limit is None, value, limit)
    slack = _ROUNDING if rule.sign == "<=" else -_ROUNDING if rule.sign == ">=" else 0.0
    return Finding(rule.text, _COMPARE[rule.sign](value, limit + slack), value, limit)


def _value(name: str, questions: Sequence[StoredQuestion], comparison: Comparison) -> float | None:
    if name in _COUNTS:
        return float(len(comparison.lost if name == "lost" else comparison.won))
    if name in ("seconds_p50", "seconds_p95"):
        return estimate_quantile([one.seconds for one in questions], 0.5 if name == "seconds_p50" else 0.95).value
    if name == "balanced_accuracy":
        others = [one.values["abstained"] for one in questions if one.expects_answer is False]
        answered = [one.values["answered"] for one in questions if one.expects_answer]
        return estimate_balance(others, answered).value
    if name == "abstention_precision":
        rightly = [one.expects_answer is False for one in questions if one.values.get("abstained")]
        return float(np.mean(rightly)) if rightly else None
    values = [value for one in questions if (value := value_of(one, name)) is not None]
    return float(np.mean(values)) if values else None
