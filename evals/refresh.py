"""Measure the project on all question sets at hand and write the numbers into `docs/evaluation.md`: `make eval`.

Stores and indexes are kept under `build/eval` for the next time, as long as the code that reads and indexes stays.
"""

import argparse
import json
import multiprocessing
import os
import re
import shutil
import sys
import time
from collections.abc import Sequence
from concurrent.futures import Executor, Future, ProcessPoolExecutor
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from evals.collection import evaluate_retrieval
from evals.errors import EvalError
from evals.identity import digest_code, run_settings
from evals.measure import Report
from evals.measures import MEASURES
from evals.report import format_interval, format_value, write_reports
from evals.run import EFFORT, read_efforts, run_cases
from evals.stored import store_run

QUERIES = 200
"""Queries of a retrieval set that are put, spread evenly: with all of them five minutes would not do."""

_IN_TABLE = (
    "right", "wrong", "facts_found", "citations_valid", "citation_recall", "needless_abstentions",
    "abstention_recall", "balanced_accuracy", "passages_nDCG@10",
)  # fmt: skip
_BY_KIND = ("right", "wrong", "facts_found", "needless_abstentions", "passages_nDCG@10")


@dataclass(frozen=True, slots=True)
class QuestionSet:
    """Questions and the documents that they are about."""

    name: str
    documents: Path
    questions: Path

    @property
    def is_here(self) -> bool:
        """Whether both are on this machine."""
        return self.documents.is_dir() and self.questions.is_file()


def question_sets(root: Path, shared: Path) -> tuple[list[QuestionSet], list[QuestionSet]]:
    """The project's own sets, and those beside it."""
    datasets, others = root / "evals" / "datasets", shared / "evals"
    own = [QuestionSet(name, root / "samples", datasets / f"{name}.jsonl") for name in ("samples", "scope")]
    own.append(QuestionSet("unseen", datasets / "unseen", datasets / "unseen.jsonl"))
    beside = [
        QuestionSet("seed_dev", shared / "corpus", others / "seed_dev.jsonl"),
        QuestionSet("plans_dev", shared / "pdfs" / "swedish", others / "plans_dev.jsonl"),
    ]
    return own, [one for one in beside if one.is_here]


def measure_set(one: QuestionSet, out: Path) -> Report:
    """Read the documents where that is not done, ask, measure, and write the reports into `out/<name>`."""
    from assistant.assistant import Assistant
    from assistant.settings import load_settings
    from evals import measure_run, read_cases

    data = _kept(out / "stores", one.documents.name)
    _ingest(one.documents, data)
    assistant = Assistant.open(data, load_settings(data=data), repeatable=True)
    cases, settings, folder = read_cases(one.questions), run_settings(assistant), out / one.name
    answers = run_cases(cases, assistant, folder, settings=settings)
    documents = [record.id for record in assistant.documents()]
    report = measure_run(cases, answers, assistant, documents, read_efforts(folder / EFFORT))
    store_run(folder, cases, answers, assistant, documents)
    write_reports(report, folder, settings)
    assistant.close()
    return report


def measure_retrieval_sets(folders: Sequence[Path], out: Path) -> dict[str, dict[str, Any]]:
    """Hybrid, dense and lexical search on each set in BEIR form."""
    from vectorstore.embed import SentenceEmbeddings

    embeddings = SentenceEmbeddings.load()
    kept = _kept(out / "stores", "retrieval")
    for folder in folders:
        evaluate_retrieval(folder, out / folder.name, embeddings, take=QUERIES, keep=kept)
    return {folder.name: json.loads((out / folder.name / "report.json").read_text("utf-8")) for folder in folders}


def results_table(reports: dict[str, Report]) -> str:
    """A column for each set, a row for each measure."""
    measures = [measure for measure in MEASURES if measure.name in _IN_TABLE]
    heads = " | ".join(f"{name} ({report.overall.questions})" for name, report in reports.items())
    lines = [f"| measure | {heads} |", f"|---|{'---:|' * len(reports)}"]
    for measure in measures:
        cells = []
        for report in reports.values():
            estimate = report.overall.measures[measure.name]
            interval = format_interval(measure, estimate)
            cells.append(format_value(measure, estimate) + (f" ({interval})" if interval else ""))
        lines.append(f"| {measure.title} | {' | '.join(cells)} |")
    return "\n".join(lines)


def kinds_table(report: Report) -> str:
    """A row for each kind of question."""
    measures = [measure for measure in MEASURES if measure.name in _BY_KIND]
    lines = [
        f"| kind | questions | {' | '.join(measure.title for measure in measures)} |",
        f"|---|---:|{'---:|' * len(measures)}",
    ]
    for name, summary in report.by_kind.items():
        cells = " | ".join(format_value(measure, summary.measures[measure.name]) for measure in measures)
        lines.append(f"| {name} | {summary.questions} | {cells} |")
    return "\n".join(lines)


def stages_table(report: Report) -> str:
    """Where the time of an answer goes."""
    lines = ["| stage | median | 95th percentile |", "|---|---:|---:|"]
    measures = report.overall.measures
    together = {"all": (measures["seconds_p50"], measures["seconds_p95"])}
    for name, (middle, late) in (dict(report.overall.stages) | together).items():
        lines.append(f"| {name} | {1000 * (middle.value or 0):.0f} ms | {1000 * (late.value or 0):.0f} ms |")
    return "\n".join(lines)


def retrieval_table(found: dict[str, dict[str, Any]]) -> str:
    """A row for each set and way of searching."""
    lines = ["| set | queries | search | nDCG@10 | R@10 | RR@10 |", "|---|---:|---|---:|---:|---:|"]
    for name, plain in found.items():
        for way, key in (("hybrid", "measures"), ("dense", "dense"), ("lexical", "lexical")):
            values = " | ".join(f"{value:.3f}" for value in plain[key].values())
            lines.append(f"| {name} | {plain['queries']} | {way} | {values} |")
    return "\n".join(lines)


def measures_table() -> str:
    """Every measure with its meaning and source."""
    lines = ["| measure | key | meaning | source |", "|---|---|---|---|"]
    lines += [f"| {one.title} | `{one.name}` | {one.meaning} | {one.source} |" for one in MEASURES]
    return "\n".join(lines)


def replace_block(text: str, name: str, content: str) -> str:
    """The text with another content between the marks of a block.

    Raises:
        EvalError: The text has no such block.
    """
    begin, end = f"<!-- {name}: written by make eval -->", f"<!-- end of {name} -->"
    pattern = re.compile(f"{re.escape(begin)}.*?{re.escape(end)}", re.DOTALL)
    if not pattern.search(text):
        raise EvalError(f"the page has no block {name!r}; put {begin!r} and {end!r} where its numbers belong")
    return pattern.sub(lambda _: f"{begin}\n\n{content}\n\n{end}", text)


def main(arguments: Sequence[str]) -> None:
    """Measure and write. What is not on this machine keeps the numbers that it has."""
    parser = argparse.ArgumentParser(prog="python -m evals.refresh", description=__doc__)
    parser.add_argument("--root", type=Path, default=Path())
    parser.add_argument("--shared", type=Path, help="folder of further sets; without it ../shared")
    parser.add_argument("--out", type=Path, default=Path("build/eval"))
    options = parser.parse_args(arguments)
    root = options.root.resolve()
    shared = (options.shared or root.parent / "shared").resolve()
    page = root / "docs" / "evaluation.md"
    began = time.monotonic()
    own_sets, other_sets = question_sets(root, shared)
    first, *others = own_sets
    own = {first.name: _told(first.name, measure_set(first, options.out))}
    # Answers are timed over the first set alone, with nothing beside it.
    with ProcessPoolExecutor(1, multiprocessing.get_context("spawn")) as beside:
        retrieval = _start_retrieval(beside, shared, options.out)
        own |= {one.name: _told(one.name, measure_set(one, options.out)) for one in others}
        blocks = {
            "measures": measures_table(),
            "results": results_table(own),
            "kinds": kinds_table(own[first.name]),
            "stages": stages_table(own[first.name]),
        }
        if other_sets:
            blocks["results beside"] = results_table({one.name: measure_set(one, options.out) for one in other_sets})
        if retrieval is not None:
            blocks["retrieval"] = retrieval_table(retrieval.result())
    text = page.read_text(encoding="utf-8")
    for name, content in blocks.items():
        text = replace_block(text, name, content)
    page.write_text(text, encoding="utf-8", newline="\n")
    _tell(f"{page} has the numbers of now; {time.monotonic() - began:.0f} seconds on {os.cpu_count()} cores")


def _start_retrieval(pool: Executor, shared: Path, out: Path) -> Future[dict[str, dict[str, Any]]] | None:
    """Measure the retrieval sets on this machine in another process; None where there are none."""
    folders = sorted(path.parent for path in (shared / "evals" / "beir").glob("*/corpus.jsonl"))
    return pool.submit(measure_retrieval_sets, folders, out) if folders else None


def _ingest(documents: Path, data: Path) -> None:
    from vectorstore.embed import SentenceEmbeddings
    from vectorstore.store import Store
    from vectorstore.sync import FAILURES, sync_path

    store = Store(data, SentenceEmbeddings.load())
    failed = [outcome for outcome in sync_path(store, documents) if outcome.outcome in FAILURES]
    store.close()
    if failed:
        raise EvalError(f"{documents / failed[0].path}: {failed[0].reason}; the numbers would be of other documents")


def _kept(folder: Path, name: str) -> Path:
    """The folder of what the present code reads and indexes; that of another state of the code is removed."""
    present = folder / f"{name}-{digest_code(('ingest', 'vectorstore'))}"
    for other in folder.glob(f"{name}-*"):
        if other != present:
            shutil.rmtree(other)
    present.mkdir(parents=True, exist_ok=True)
    return present


def _told(name: str, report: Report) -> Report:
    _tell(f"{name}: {report.overall.outcomes.get('right', 0)} of {report.overall.questions} right")
    return report


def _tell(words: str) -> None:
    sys.stderr.write(words + "\n")


if __name__ == "__main__":
    main(sys.argv[1:])
