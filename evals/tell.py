"""Say in words what a comparison and a gate found, as Markdown."""

from collections.abc import Iterator, Sequence

from evals.compare import Comparison
from evals.gate import Finding
from evals.measures import MEASURES
from evals.stored import StoredRun

_LISTS = (
    ("lost", "Lost: right in the first run only"),
    ("won", "Won: right in the second run only"),
    ("worse", "Worse in the second run, with the same outcome"),
    ("better", "Better in the second run, with the same outcome"),
    ("other", "Other answers, neither better nor worse"),
    ("only_first", "Asked in the first run only"),
    ("only_second", "Asked in the second run only"),
)


def tell_comparison(comparison: Comparison, first: StoredRun, second: StoredRun) -> str:
    """A comparison for people: the verdict first, then what was changed, the measures, and the questions by name."""
    return "\n".join(_comparison_lines(comparison, first, second)) + "\n"


def _comparison_lines(comparison: Comparison, first: StoredRun, second: StoredRun) -> Iterator[str]:
    yield f"# {first.folder} and {second.folder}\n"
    yield f"{comparison.verdict} {comparison.questions} questions were asked in both.\n"
    if comparison.changed:
        yield "What the answers depend on was changed:\n"
        yield from (f"- {name}: {one} -> {other}" for name, (one, other) in comparison.changed.items())
    else:
        yield "Nothing that the answers depend on was changed."
    yield "\n| measure | first | second | change | 95 % interval | questions | |\n|---|---:|---:|---:|---|---:|---|"
    measures = {measure.name: measure for measure in MEASURES}
    for one in comparison.differences:
        interval = "" if one.low is None or one.high is None else f"{one.low:+.3f} to {one.high:+.3f}"
        sign = measures[one.name].better
        better = (one.change > 0) == (sign == "higher")
        mark = "" if not one.is_sure else "changed" if not sign else "better" if better else "worse"
        yield (
            f"| {measures[one.name].title} | {one.first:.3f} | {one.second:.3f} | {one.change:+.3f} | {interval} "
            f"| {one.count} | {mark} |"
        )
    yield "\nOf many measures one in twenty leaves out no change by chance alone: go by the verdict."
    for name, title in _LISTS:
        keys: Sequence[str] = getattr(comparison, name)
        if not keys:
            continue
        yield f"\n## {title} ({len(keys)})\n"
        for key in keys:
            question = second.questions.get(key) or first.questions[key]
            before = first.questions[key].outcome if key in first.questions else ""
            after = second.questions[key].outcome if key in second.questions else ""
            outcomes = f"{before} -> {after}" if before and after else before or after
            yield f"- {key}: {question.question} ({outcomes})"


def tell_findings(findings: Sequence[Finding]) -> str:
    """A line for each rule of a gate."""
    return "\n".join(
        f"{'kept  ' if one.kept else 'BROKEN'} {one.rule}  ({_number(one.value)} against {_number(one.limit)})"
        for one in findings
    )


def _number(value: float | None) -> str:
    return "nothing measured" if value is None else f"{value:.4g}"
