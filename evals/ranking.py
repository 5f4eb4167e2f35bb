"""How the passages that an answer was made from rank what was to be found: documents, and the passages themselves."""

from collections.abc import Collection, Mapping, Sequence

from assistant.answers import Answer, Retrieved
from evals.cases import Case
from evals.match import documents_of, fold, overlap
from evals.retrieval import measure_ranking

RANKING_MEASURES = ("nDCG@10", "R@1", "R@5", "R@10", "RR@10")

Ranking = dict[str, float]
Grades = dict[str, int]


def measure_retrieved(
    cases: Sequence[Case], answers: Mapping[str, Answer], documents: Collection[str]
) -> dict[str, dict[str, float]]:
    """For each case, by its identifier: `documents_nDCG@10` and its like, `passages_nDCG@10` and its like.

    Over the cases that name sources, or quotes or pages; one whose answer failed found nothing.
    """
    values: dict[str, dict[str, float]] = {case.id: {} for case in cases}
    for what, (qrels, run) in rankings_of(cases, answers, documents).items():
        if not qrels:
            continue
        for measure, by_case in measure_ranking(qrels, run, RANKING_MEASURES).items():
            for case_id, value in by_case.items():
                values[case_id][f"{what}_{measure}"] = value
    return values


def rankings_of(
    cases: Sequence[Case], answers: Mapping[str, Answer], documents: Collection[str]
) -> dict[str, tuple[dict[str, Grades], dict[str, Ranking]]]:
    """What is relevant to each case and how it was ranked, for `documents` and for `passages`.

    A document stands where its first passage does. Of passages, what counts is what stands in them: each quote of the
    case, or without quotes each page, is one thing to be found, where the first passage that holds it stands.
    """
    relevant: dict[str, dict[str, Grades]] = {"documents": {}, "passages": {}}
    ranked: dict[str, dict[str, Ranking]] = {"documents": {}, "passages": {}}
    for case in cases:
        if not case.expects_answer:
            continue
        answer = answers.get(case.id)
        retrieved = answer.retrieved if answer is not None else ()
        if case.sources:
            meant = set().union(*(documents_of(source, documents) for source in case.sources))
            # A source that is not in the store is still one that was to be found.
            relevant["documents"][case.id] = dict.fromkeys(sorted(meant) or case.sources, 1)
            ranked["documents"][case.id] = _descending([passage.document for passage in retrieved])
        if case.quotes or case.pages:
            wanted, order = _passages(case, retrieved, documents)
            relevant["passages"][case.id] = dict.fromkeys(wanted, 1)
            ranked["passages"][case.id] = _descending(order)
    return {what: (relevant[what], ranked[what]) for what in relevant}


def _passages(case: Case, retrieved: Sequence[Retrieved], documents: Collection[str]) -> tuple[list[str], list[str]]:
    """What is to be found, and the order in which it and other passages were."""
    if case.quotes:
        wanted = {f"quote-{number}": fold(quote) for number, quote in enumerate(case.quotes, start=1)}
        texts = [fold(passage.text) for passage in retrieved]
        found = [[key for key, quote in wanted.items() if overlap(quote, text)] for text in texts]
    else:
        meant = {page.source: documents_of(page.source, documents) for page in case.pages}
        wanted = {f"{page.source}#{page.page}": "" for page in case.pages}
        found = [
            [
                f"{p.source}#{p.page}"
                for p in case.pages
                if passage.document in meant[p.source] and passage.page == p.page
            ]
            for passage in retrieved
        ]
    order = [key for rank, keys in enumerate(found) for key in keys or [f"other-{rank}"]]
    return list(wanted), order


def _descending(order: Sequence[str]) -> Ranking:
    """Scores that say the order; of what comes twice the first place counts."""
    unique = list(dict.fromkeys(order))
    return {name: float(len(unique) - rank) for rank, name in enumerate(unique)}
