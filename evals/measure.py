"""Measure a run: each question first, then means with intervals from the questions' values."""

from collections import Counter
from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass, replace

from assistant.answers import Answer
from evals.ask import Effort, failed_answer
from evals.cases import Case
from evals.errors import AnswerFileError
from evals.estimate import Estimate, estimate_balance, estimate_mean, estimate_quantile, estimate_share
from evals.measures import MEASURES
from evals.ranking import measure_retrieved
from evals.score import PageSource, Score, is_valid, score_answer

UNNAMED = "(none)"


@dataclass(frozen=True, slots=True)
class Summary:
    """Measures over a group of questions.

    Attributes:
        questions: How many.
        outcomes: How many came out each way.
        statuses: How many answers ended each way.
        measures: By name, in the order of `MEASURES`; `count` is the number of questions each is over.
        stages: Seconds of each stage of an answer: its median and its 95th percentile, in the order of the stages.
    """

    questions: int
    outcomes: Mapping[str, int]
    statuses: Mapping[str, int]
    measures: Mapping[str, Estimate]
    stages: Mapping[str, tuple[Estimate, Estimate]]


@dataclass(frozen=True, slots=True)
class Report:
    """All that was measured on a run.

    Attributes:
        overall: Over all questions.
        by_kind: Over the questions of each kind.
        by_language: Over the questions in each language.
        scores: Each question, in the order of the question file.
        citations: Number of citations in all answers.
        valid_citations: Number of them whose quote is what stands on the page at that place.
    """

    overall: Summary
    by_kind: Mapping[str, Summary]
    by_language: Mapping[str, Summary]
    scores: tuple[Score, ...]
    citations: int
    valid_citations: int


def measure_run(
    cases: Sequence[Case],
    answers: Sequence[Answer],
    page_source: PageSource,
    documents: Collection[str] = (),
    efforts: Sequence[Effort] = (),
) -> Report:
    """Measure the answers to some cases; a case without an answer counts as failed.

    Args:
        cases: What was asked.
        answers: What came, in any order; an answer's `id` is its case's.
        page_source: Where the pages that citations name can be read.
        documents: Identifiers of the documents in the store, to tell which of them a source key means; those
            that the answers cite or retrieve are known without.
        efforts: What the answers took, as far as that is known.

    Raises:
        AnswerFileError: An answer belongs to no case, or two to the same.
    """
    by_id = _by_id(cases, answers)
    known = set(documents)
    for answer in answers:
        known.update(citation.document for citation in answer.citations)
        known.update(passage.document for passage in answer.retrieved)
    found = measure_retrieved(cases, by_id, known)
    taken = {effort.id: effort for effort in efforts}
    scores = tuple(
        _with_more(
            score_answer(case, by_id.get(case.id) or failed_answer(case, "no answer in the run"), page_source, known),
            found[case.id],
            taken.get(case.id),
        )
        for case in cases
    )
    citations = [citation for answer in answers for citation in answer.citations]
    return Report(
        overall=summarise(scores),
        by_kind=_grouped(scores, [score.case.kind or UNNAMED for score in scores]),
        by_language=_grouped(scores, [score.case.lang or UNNAMED for score in scores]),
        scores=scores,
        citations=len(citations),
        valid_citations=sum(is_valid(citation, page_source) for citation in citations),
    )


def summarise(scores: Sequence[Score]) -> Summary:
    """Means and intervals over the values of some questions."""
    values: dict[str, list[float]] = {}
    for score in scores:
        for name, value in score.values.items():
            values.setdefault(name, []).append(value)
    found = {name: estimate_mean(several) for name, several in values.items()}
    found |= _estimate_abstention(scores)
    seconds = values.get("seconds", [])
    found["seconds_p50"], found["seconds_p95"] = estimate_quantile(seconds, 0.5), estimate_quantile(seconds, 0.95)
    nothing = Estimate(None, None, None, 0)
    return Summary(
        questions=len(scores),
        outcomes=dict(Counter(score.outcome.value for score in scores)),
        statuses=dict(Counter(score.answer.status.value for score in scores)),
        measures={measure.name: found.get(measure.name, nothing) for measure in MEASURES},
        stages=_estimate_stages(scores),
    )


def _with_more(score: Score, ranking: Mapping[str, float], effort: Effort | None) -> Score:
    """The score with how what was to be found was ranked, and what the answer took."""
    values = {**score.values, **ranking}
    if effort is None:
        return replace(score, values=values)
    counts = {name: getattr(effort, name) for name in ("model_calls", "input_tokens", "output_tokens")}
    return replace(score, values=values | {name: float(count) for name, count in counts.items()}, stages=effort.stages)


def _estimate_stages(scores: Sequence[Score]) -> dict[str, tuple[Estimate, Estimate]]:
    seconds: dict[str, list[float]] = {}
    for score in scores:
        for name, taken in score.stages.items():
            seconds.setdefault(name, []).append(taken)
    return {name: (estimate_quantile(taken, 0.5), estimate_quantile(taken, 0.95)) for name, taken in seconds.items()}


def _estimate_abstention(scores: Sequence[Score]) -> dict[str, Estimate]:
    answerable = [score.values for score in scores if score.case.expects_answer is True]
    others = [score.values for score in scores if score.case.expects_answer is False]
    needless = int(sum(values["abstained"] for values in answerable))
    rightly = int(sum(values["abstained"] for values in others))
    return {
        "abstention_recall": estimate_share(rightly, len(others)),
        "abstention_precision": estimate_share(rightly, rightly + needless),
        "needless_abstentions": estimate_share(needless, len(answerable)),
        "balanced_accuracy": estimate_balance(
            [values["abstained"] for values in others], [values["answered"] for values in answerable]
        ),
    }


def _grouped(scores: Sequence[Score], names: Sequence[str]) -> dict[str, Summary]:
    """A summary for each name, in the order in which names first come."""
    groups: dict[str, list[Score]] = {}
    for name, score in zip(names, scores, strict=True):
        groups.setdefault(name, []).append(score)
    return {name: summarise(group) for name, group in groups.items()}


def _by_id(cases: Sequence[Case], answers: Sequence[Answer]) -> dict[str, Answer]:
    by_id = {answer.id: answer for answer in answers}
    asked = {case.id for case in cases}
    strange = next((answer.id for answer in answers if answer.id not in asked), None)
    if strange is not None:
        raise AnswerFileError(f"answer {strange!r} belongs to no question; measure with the file that was asked")
    if len(by_id) < len(answers):
        twice = next(key for key, count in Counter(answer.id for answer in answers).items() if count > 1)
        raise AnswerFileError(f"question {twice!r} has more than one answer; keep one in the answers file")
    return by_id
