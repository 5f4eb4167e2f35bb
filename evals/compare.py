"""Compare two runs: which questions were won and lost, whether more than chance tells them apart, what was changed."""

from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass
from typing import Any

import numpy as np

from evals.errors import RunsDiffer
from evals.estimate import CONFIDENCE, Floats
from evals.measures import MEASURES
from evals.stored import StoredQuestion, StoredRun

SIGNIFICANT = 0.05
"""How improbable a difference must be, were there none, to be more than chance."""

RESAMPLES = 5_000

_RIGHT = "right"
_QUALITY = (
    "facts_found", "right_source_cited", "sources_cited", "gold_page_cited", "gold_quote_cited", "citations_valid",
    "citation_recall", "sentences_cited", "language_kept",
)  # fmt: skip
"""What tells which of two answers with the same outcome is the better one."""


@dataclass(frozen=True, slots=True)
class Difference:
    """A measure in two runs, over the questions that have it in both.

    Attributes:
        name: The measure's.
        first: Its mean in the first run.
        second: Its mean in the second.
        change: The second less the first.
        low: Lower end of the 95 % interval of the change; None where all questions changed alike.
        high: Its upper end.
        count: Number of questions.
    """

    name: str
    first: float
    second: float
    change: float
    low: float | None
    high: float | None
    count: int

    @property
    def is_sure(self) -> bool:
        """Whether the interval leaves out no change at all."""
        return self.low is not None and self.high is not None and not self.low <= 0.0 <= self.high


@dataclass(frozen=True, slots=True)
class Comparison:
    """What tells two runs apart.

    Attributes:
        questions: Number of questions that both runs asked.
        only_first: Identifiers of those that only the first asked, or that differ in their words.
        only_second: Likewise.
        won: Identifiers of questions that are right in the second alone.
        lost: Identifiers of questions that are right in the first alone.
        better: Identifiers of those with one outcome, and a better answer in the second.
        worse: Likewise, in the first.
        other: Identifiers of those whose answer is another, and neither better nor worse.
        p_value: Of McNemar's exact test on right answers.
        differences: Each measure that both runs have.
        changed: Settings that differ, with their values in both runs.
    """

    questions: int
    only_first: tuple[str, ...]
    only_second: tuple[str, ...]
    won: tuple[str, ...]
    lost: tuple[str, ...]
    better: tuple[str, ...]
    worse: tuple[str, ...]
    other: tuple[str, ...]
    p_value: float
    differences: tuple[Difference, ...]
    changed: Mapping[str, tuple[Any, Any]]

    @property
    def verdict(self) -> str:
        """One sentence on whether right answers became more or fewer."""
        balance = f"{len(self.won)} won, {len(self.lost)} lost, McNemar's exact p = {self.p_value:.3g}"
        if not (self.won or self.lost):
            return "No question became right or ceased to be."
        if self.p_value >= SIGNIFICANT:
            return f"No difference beyond chance in questions right ({balance})."
        better = "second" if len(self.won) > len(self.lost) else "first"
        return f"The {better} run answers more questions right ({balance})."

    def as_json(self) -> dict[str, Any]:
        """The object of the command line's `--json`."""
        return asdict(self) | {
            "verdict": self.verdict,
            "changed": {name: {"first": first, "second": second} for name, (first, second) in self.changed.items()},
            "differences": [asdict(one) | {"is_sure": one.is_sure} for one in self.differences],
        }


def compare_runs(first: StoredRun, second: StoredRun) -> Comparison:
    """Compare two runs over the questions that both asked in the same words.

    Raises:
        RunsDiffer: They share no question.
    """
    shared = [
        question.id
        for question in first.questions.values()
        if question.id in second.questions and second.questions[question.id].question == question.question
    ]
    if not shared:
        raise RunsDiffer(f"{first.folder} and {second.folder} share no question; compare runs of the same file")
    pairs = [(first.questions[key], second.questions[key]) for key in shared]
    sides = {key: _side(one, other) for key, (one, other) in zip(shared, pairs, strict=True)}
    chosen = {side: tuple(key for key in shared if sides[key] == side) for side in _SIDES}
    names = {*first.settings, *second.settings}
    return Comparison(
        questions=len(shared),
        only_first=tuple(key for key in first.questions if key not in sides),
        only_second=tuple(key for key in second.questions if key not in sides),
        **chosen,
        p_value=mcnemar_p_value(len(chosen["won"]), len(chosen["lost"])),
        differences=tuple(_differences(pairs)),
        changed={
            name: (first.settings.get(name), second.settings.get(name))
            for name in sorted(names)
            if first.settings.get(name) != second.settings.get(name)
        },
    )


def mcnemar_p_value(won: int, lost: int) -> float:
    """Two-sided p-value of McNemar's exact test: of won or lost questions, half are either if only chance tells.

    Q. McNemar: Note on the sampling error of the difference between correlated proportions. Psychometrika 12 (1947).
    """
    if not won + lost:
        return 1.0
    from scipy.stats import binomtest

    return float(binomtest(won, won + lost, 0.5).pvalue)


_SIDES = ("won", "lost", "better", "worse", "other")


def _side(first: StoredQuestion, second: StoredQuestion) -> str:
    """What became of a question; empty where its answer stayed."""
    right = (first.outcome == _RIGHT, second.outcome == _RIGHT)
    if right == (False, True):
        return "won"
    if right == (True, False):
        return "lost"
    both = [name for name in _QUALITY if name in first.values and name in second.values]
    changes = [second.values[name] - first.values[name] for name in both]
    if first.outcome != second.outcome:
        return "other"
    if any(change > 0 for change in changes) and not any(change < 0 for change in changes):
        return "better"
    if any(change < 0 for change in changes) and not any(change > 0 for change in changes):
        return "worse"
    return "other" if first.digest != second.digest else ""


def _differences(pairs: Sequence[tuple[StoredQuestion, StoredQuestion]]) -> list[Difference]:
    differences = []
    for measure in MEASURES:
        values = [
            (one, other)
            for first, second in pairs
            if (one := value_of(first, measure.name)) is not None
            and (other := value_of(second, measure.name)) is not None
        ]
        if values:
            differences.append(_difference(measure.name, np.asarray(values, dtype=np.float64)))
    return differences


def value_of(question: StoredQuestion, name: str) -> float | None:
    """A question's part in a measure; None where it has none."""
    if name == "abstention_recall":
        return question.values.get("abstained") if question.expects_answer is False else None
    if name == "needless_abstentions":
        return question.values.get("abstained") if question.expects_answer else None
    return question.values.get(name)


def _difference(name: str, values: Floats) -> Difference:
    """The change of a mean, with the paired bootstrap's percentile interval over questions; the same at every call.

    B. Efron, R. Tibshirani: An introduction to the bootstrap (1993), chapters 8 and 13.
    """
    first, second = values[:, 0], values[:, 1]
    means, change = (float(first.mean()), float(second.mean())), float((second - first).mean())
    if len(values) < 2 or np.all(second - first == (second - first)[0]):
        return Difference(name, *means, change, None, None, len(values))
    from scipy.stats import bootstrap

    interval = bootstrap(
        (first, second),
        lambda one, other, axis: np.mean(other, axis=axis) - np.mean(one, axis=axis),
        paired=True,
        vectorized=True,
        method="percentile",
        n_resamples=RESAMPLES,
        batch=500,
        confidence_level=CONFIDENCE,
        rng=np.random.default_rng(0),
    ).confidence_interval
    return Difference(name, *means, change, float(interval.low), float(interval.high), len(values))
