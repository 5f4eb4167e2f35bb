"""Measure retrieval on a set in BEIR form: nDCG@10, R@10 and RR@10, with runs in TREC form.

The form: https://github.com/beir-cellar/beir/wiki/Load-your-custom-dataset.
"""

import time
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any, TypeAlias

import numpy as np
from pydantic import BaseModel, ConfigDict, Field

from evals.errors import OutputError, RetrievalSetError
from evals.estimate import Estimate, estimate_mean
from evals.jsonl import read_models, read_text
from evals.progress import Progress

MEASURES = ("nDCG@10", "R@10", "RR@10")
MODES = ("hybrid", "dense", "lexical")
DEPTH = 100

Search: TypeAlias = Callable[[str, int], Sequence[tuple[str, float]]]
"""Given a query and `top_k`: document identifiers with scores, best first."""


class _Line(BaseModel):
    # Sets carry more fields than those that count here.
    model_config = ConfigDict(frozen=True, extra="ignore", populate_by_name=True)

    id: str = Field(alias="_id", min_length=1, pattern=r"^\S+$")


class CorpusDocument(_Line):
    """A document of a retrieval set."""

    title: str = ""
    text: str


class _Query(_Line):
    text: str
    metadata: dict[str, Any] = {}


@dataclass(frozen=True, slots=True)
class RetrievalSet:
    """A retrieval set.

    Attributes:
        corpus: The documents.
        queries: Text of each query that is judged, by identifier.
        qrels: Grade of each judged document, by query and document; 0 is not relevant.
        unanswerable: Number of queries left out since no document answers them.
        unjudged: Number of queries left out since nothing is judged for them.
    """

    corpus: tuple[CorpusDocument, ...]
    queries: Mapping[str, str]
    qrels: Mapping[str, Mapping[str, int]]
    unanswerable: int
    unjudged: int

    def take(self, count: int) -> "RetrievalSet":
        """The same with so many of its queries, spread evenly; all where there are no more."""
        names = list(self.queries)
        if count >= len(names):
            return self
        taken = [names[index * len(names) // count] for index in range(count)]
        return replace(
            self, queries={name: self.queries[name] for name in taken}, qrels={name: self.qrels[name] for name in taken}
        )


@dataclass(frozen=True, slots=True)
class ModeResult:
    """How one way of searching did.

    Attributes:
        values: Value of each measure for each query: `values["nDCG@10"]["q1"]`.
        means: Each measure's mean over queries.
        seconds: Median wall-clock time of a query.
    """

    values: Mapping[str, Mapping[str, float]]
    means: Mapping[str, Estimate]
    seconds: float


@dataclass(frozen=True, slots=True)
class RetrievalReport:
    """How each way of searching did on a set.

    Attributes:
        queries: Number of queries measured.
        unanswerable: Number left out since no document answers them.
        unjudged: Number left out since nothing is judged for them.
        modes: By name: `hybrid`, `dense`, `lexical`.
    """

    queries: int
    unanswerable: int
    unjudged: int
    modes: Mapping[str, ModeResult]

    def as_json(self) -> dict[str, Any]:
        """The object of the command line's `--json`.

        `measures` are the hybrid's, or those of the half that alone was measured; `seconds` a query's median. A way
        that was not measured is an empty object.
        """
        means = {name: {key: mean.value for key, mean in mode.means.items()} for name, mode in self.modes.items()}
        return {
            "measures": means.get("hybrid") or next(iter(means.values()), {}),
            "dense": means.get("dense", {}),
            "lexical": means.get("lexical", {}),
            "seconds": {name: round(mode.seconds, 4) for name, mode in self.modes.items()},
        }

    def details(self) -> dict[str, Any]:
        """What `report.json` holds besides: the 95 % interval of each mean, counts, and each query's values."""
        return {
            "intervals": {
                name: {key: [mean.low, mean.high] for key, mean in mode.means.items()}
                for name, mode in self.modes.items()
            },
            "queries": self.queries,
            "unanswerable": self.unanswerable,
            "unjudged": self.unjudged,
            "per_query": {name: mode.values for name, mode in self.modes.items()},
        }


def read_retrieval_set(folder: Path) -> RetrievalSet:
    """Read `corpus.jsonl`, `queries.jsonl` and `qrels/test.tsv`.

    Queries without judgements are left out and counted: those with `metadata.answerable` false as unanswerable,
    others (such as those of another split) as unjudged.

    Raises:
        RetrievalSetError: With the file, line and remedy.
    """
    corpus = read_models(folder / "corpus.jsonl", CorpusDocument, lambda line: line.id, RetrievalSetError)
    queries = read_models(folder / "queries.jsonl", _Query, lambda line: line.id, RetrievalSetError)
    qrels = _read_qrels(
        folder / "qrels" / "test.tsv", {query.id for query in queries}, {document.id for document in corpus}
    )
    missing = [query for query in queries if query.id not in qrels]
    unanswerable = sum(query.metadata.get("answerable") is False for query in missing)
    return RetrievalSet(
        corpus=tuple(corpus),
        queries={query.id: query.text for query in queries if query.id in qrels},
        qrels=qrels,
        unanswerable=unanswerable,
        unjudged=len(missing) - unanswerable,
    )


def measure_retrieval(
    retrieval_set: RetrievalSet, searches: Mapping[str, Search], out: Path | None = None, *, quiet: bool = False
) -> RetrievalReport:
    """Search for every query in every way and measure; a query without results scores zero.

    Args:
        retrieval_set: What to search for, and what is right.
        searches: Ways of searching by name: `hybrid`, `dense`, `lexical`.
        out: Folder for `hybrid.run` and its like in TREC form, made when absent; None writes nothing.
        quiet: Show no progress.

    Raises:
        OutputError: The folder cannot be written.
    """
    modes: dict[str, ModeResult] = {}
    for name, search in searches.items():
        seconds: list[float] = []
        run: dict[str, dict[str, float]] = {}
        progress = Progress(len(retrieval_set.queries), f"queries put to {name} search", quiet=quiet)
        for query, text in retrieval_set.queries.items():
            began = time.perf_counter()
            ranking = search(text, DEPTH)
            seconds.append(time.perf_counter() - began)
            run[query] = strictly_decreasing(ranking)
            progress.step()
        progress.close()
        values = measure_ranking(retrieval_set.qrels, run)
        means = {measure: estimate_mean(list(by_query.values())) for measure, by_query in values.items()}
        modes[name] = ModeResult(values, means, float(np.median(seconds)))
        if out is not None:
            write_run(out / f"{name}.run", run, name)
    return RetrievalReport(len(retrieval_set.queries), retrieval_set.unanswerable, retrieval_set.unjudged, modes)


def measure_ranking(
    qrels: Mapping[str, Mapping[str, int]],
    run: Mapping[str, Mapping[str, float]],
    names: Sequence[str] = MEASURES,
) -> dict[str, dict[str, float]]:
    """Value of each measure for each judged query, in the order of `qrels`; a query without results has zero.

    S. MacAvaney, C. Macdonald, I. Ounis: Streamlining evaluation with ir-measures. ECIR 2022.
    """
    import ir_measures

    measures = {name: ir_measures.parse_measure(name) for name in names}
    values = {name: dict.fromkeys(qrels, 0.0) for name in names}
    plain_qrels = {query: dict(grades) for query, grades in qrels.items()}
    plain_run = {query: dict(ranking) for query, ranking in run.items() if query in qrels}
    for metric in ir_measures.iter_calc(measures.values(), plain_qrels, plain_run):
        values[str(metric.measure)][metric.query_id] = float(metric.value)
    return values


def strictly_decreasing(ranking: Sequence[tuple[str, float]]) -> dict[str, float]:
    """Scores by document that say the same order as the ranking, to every tool.

    The tools behind nDCG and RR sort by score in single precision and break ties each in its own way; so a
    score that is not below the one before is lowered by the least step. Of a document found twice the first counts.
    """
    scores: dict[str, float] = {}
    last = np.float32(np.inf)
    for document, score in ranking:
        if document in scores:
            continue
        last = min(np.float32(score), np.nextafter(last, np.float32(-np.inf)))
        scores[document] = float(last)
    return scores


def _read_qrels(path: Path, queries: set[str], corpus: set[str]) -> dict[str, dict[str, int]]:
    """Tab-separated query, document and grade, under a line of headings."""
    qrels: dict[str, dict[str, int]] = {}
    for number, line in enumerate(read_text(path, RetrievalSetError).splitlines(), start=1):
        fields = line.split("\t")
        if not line.strip() or (number == 1 and not fields[-1].strip().lstrip("-").isdigit()):
            continue
        place = f"{path}, line {number}"
        if len(fields) != 3 or not fields[2].strip().lstrip("-").isdigit():
            raise RetrievalSetError(f"{place}: must be query, document and a whole grade, with tabs between")
        query, document, grade = (field.strip() for field in fields)
        if query not in queries:
            raise RetrievalSetError(f"{place}: query {query!r} is not in queries.jsonl; add it or take the line away")
        if document not in corpus:
            raise RetrievalSetError(f"{place}: document {document!r} is not in corpus.jsonl; add it or take it away")
        qrels.setdefault(query, {})[document] = int(grade)
    if not qrels:
        raise RetrievalSetError(f"{path}: judges nothing; write query, document and grade with tabs between")
    return qrels


def write_run(path: Path, run: Mapping[str, Mapping[str, float]], name: str) -> None:
    """Write rankings in TREC form: query, `Q0`, document, rank, score and name of the run.

    Raises:
        OutputError: The file cannot be written.
    """
    lines = [
        f"{query} Q0 {document} {rank} {score!r} utblick-{name}\n"
        for query, ranking in run.items()
        for rank, (document, score) in enumerate(ranking.items(), start=1)
    ]
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text("".join(lines), encoding="utf-8")
    except OSError as problem:
        raise OutputError(f"{path}: cannot be written ({problem.strerror}); give another folder to --out") from problem
