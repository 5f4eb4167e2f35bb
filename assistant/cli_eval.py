"""The commands of `utblick eval`: ask in batches, measure, compare runs, draft questions."""

import json
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from assistant.cli_open import AsJson, Data, counted, existing_store, load_embeddings, print_json, read_settings

if TYPE_CHECKING:
    from collections.abc import Mapping

    from assistant.assistant import Assistant
    from assistant.settings import Settings
    from evals.judge import Ask

evaluation = typer.Typer(help="Run question batches and measure them.", no_args_is_help=True, rich_markup_mode=None)

AT_ONCE = 4
"""Questions put to a hosted language model at the same time: its answers are waited for, not computed here."""

Out = Annotated[Path, typer.Option(metavar="DIR", help="Folder for the results, made when absent.")]
Questions = Annotated[
    Path, typer.Argument(metavar="QUESTIONS.jsonl", help="Questions, one object a line; or a table: .csv, .xlsx.")
]
Model = Annotated[str | None, typer.Option(help="What writes answers, as in the settings.")]


@evaluation.command("run")
def run(
    questions: Questions,
    out: Out,
    data: Data = None,
    model: Model = None,
    workers: Annotated[
        int | None,
        typer.Option(min=1, max=64, help="Questions at a time; without it 1, or 4 with a hosted language model."),
    ] = None,
    time_limit: Annotated[
        float, typer.Option(metavar="SECONDS", min=0.1, help="A question that takes longer counts as failed.")
    ] = 120.0,
    take: Annotated[
        int | None, typer.Option(min=1, help="Ask only so many, spread evenly over the file.", metavar="COUNT")
    ] = None,
    as_json: AsJson = False,
) -> None:
    """Ask every question of a file and report how well the answers hold; goes on where it was interrupted."""
    from evals import measure_run, read_cases, run_cases, write_reports
    from evals.cases import take_cases
    from evals.identity import run_settings
    from evals.run import EFFORT, read_efforts
    from evals.stored import store_run
    from evals.workers import Workers

    cases = read_cases(questions)
    cases = take_cases(cases, take) if take else cases
    existing_store(data)
    settings = read_settings(data, model=model)
    assistant = _open(settings)
    described = run_settings(assistant)
    answerer = Workers(partial(_open, settings), workers or _at_once(settings.model), time_limit)
    answers = run_cases(cases, answerer, out, settings=described)
    documents = [record.id for record in assistant.documents()]
    report = measure_run(cases, answers, assistant, documents=documents, efforts=read_efforts(out / EFFORT))
    store_run(out, cases, answers, assistant, documents)
    write_reports(report, out, settings=described)
    assistant.close()
    if as_json:
        print_json(json.loads((out / "report.json").read_text(encoding="utf-8")))
    else:
        typer.echo((out / "report.md").read_text(encoding="utf-8"))


@evaluation.command("retrieval")
def retrieval(
    folder: Annotated[Path, typer.Argument(metavar="BEIR_DIR", help="corpus.jsonl, queries.jsonl and qrels/test.tsv.")],
    out: Annotated[Path, typer.Option(metavar="DIR", help="Folder for the run files.")],
    dense_only: Annotated[bool, typer.Option("--dense-only", help="Search by embeddings alone.")] = False,
    lexical_only: Annotated[bool, typer.Option("--lexical-only", help="Search by words alone.")] = False,
    as_json: AsJson = False,
) -> None:
    """Measure retrieval on a test collection in BEIR form: hybrid, dense alone and lexical alone."""
    from evals import evaluate_retrieval
    from vectorstore.open_reader import open_reader

    if dense_only and lexical_only:
        raise typer.BadParameter("Choose one of --dense-only and --lexical-only.", param_hint="--lexical-only")
    modes = ("dense",) if dense_only else ("lexical",) if lexical_only else ("hybrid", "dense", "lexical")
    settings = read_settings(None)
    reader = open_reader(settings.reranker, settings.cache) if "hybrid" in modes else None
    report = evaluate_retrieval(folder, out, load_embeddings(settings), modes=modes, reader=reader)
    if as_json:
        print_json(report)
        return
    for name in modes:
        values = report["measures" if name == "hybrid" else name]
        typer.echo(f"{name:8} " + "  ".join(f"{measure} {value:.3f}" for measure, value in values.items()))


@evaluation.command("compare")
def compare(
    first: Annotated[Path, typer.Argument(metavar="DIR_A", help="Folder of the earlier run.")],
    second: Annotated[Path, typer.Argument(metavar="DIR_B", help="Folder of the later run.")],
    as_json: AsJson = False,
) -> None:
    """Tell which questions got better or worse from one run to another, and whether that is more than chance."""
    from evals.compare import compare_runs
    from evals.stored import load_run
    from evals.tell import tell_comparison

    one, other = load_run(first), load_run(second)
    found = compare_runs(one, other)
    if as_json:
        print_json(found.as_json())
    else:
        typer.echo(tell_comparison(found, one, other), nl=False)


@evaluation.command("gate")
def gate(
    folder: Annotated[Path, typer.Argument(metavar="DIR", help="Folder of the run that has to keep the rules.")],
    against: Annotated[Path, typer.Option(metavar="DIR", help="Folder of the run that it is held against.")],
    rule: Annotated[
        list[str] | None,
        typer.Option(
            help="Such as 'right >= 0.6', 'wrong <= baseline + 0.02', 'right[list] >= baseline', 'lost <= 3'; may be "
            "repeated. Without any: no measure of the answers worse than the other run's, by little."
        ),
    ] = None,
    as_json: AsJson = False,
) -> None:
    """Hold a run to rules, by itself or against another; exit code 3 when one is broken."""
    from dataclasses import asdict

    from evals.gate import DEFAULT_RULES, check_rules, read_rule
    from evals.stored import load_run
    from evals.tell import tell_findings

    rules = [read_rule(text) for text in rule or DEFAULT_RULES]
    findings = check_rules(load_run(folder), load_run(against), rules)
    if as_json:
        print_json({"kept": all(one.kept for one in findings), "rules": [asdict(one) for one in findings]})
    else:
        typer.echo(tell_findings(findings))
    if not all(one.kept for one in findings):
        raise typer.Exit(3)


@evaluation.command("judge")
def judge(
    folder: Annotated[Path, typer.Argument(metavar="DIR", help="Folder of the run whose answers are judged.")],
    model: Annotated[str, typer.Option(help="The language model that judges, as in the settings.")],
    as_json: AsJson = False,
) -> None:
    """Have a language model judge answers, after measuring how far it agrees with people."""
    from evals.judge import read_labelled
    from evals.judge_run import judge_run, tell_judgement

    settings = read_settings(None, model=model)
    result = judge_run(folder, _asker(settings), settings.model, read_labelled())
    if as_json:
        print_json(result)
    else:
        typer.echo(tell_judgement(result))
    if not result["trusted"]:
        raise typer.Exit(1)


@evaluation.command("make")
def make(
    out: Annotated[
        Path,
        typer.Option(metavar="FILE", help="A table for a person to review (.xlsx, .csv), or .jsonl."),
    ],
    data: Data = None,
    feedback: Annotated[
        bool, typer.Option("--feedback", help="From what readers thought of answers, not from the documents.")
    ] = False,
    per_document: Annotated[int, typer.Option(min=1, max=1000, help="Most questions on one document.")] = 10,
    twins: Annotated[
        bool,
        typer.Option("--twins/--no-twins", help="Also the same about another organisation or year, unanswerable."),
    ] = True,
    as_json: AsJson = False,
) -> None:
    """Draft questions from the documents, or from readers' feedback, in a table for a person to review."""
    from evals.feedback import questions_of, read_feedback
    from evals.table import write_cases

    folder = existing_store(data)
    if out.exists():
        raise typer.BadParameter(f"{out} is there already; name another file.", param_hint="--out")
    if feedback:
        drafted = questions_of(read_feedback(folder))
    else:
        from evals.draft import draft_questions
        from vectorstore.catalog import Catalog

        catalog = Catalog(folder / "catalog.sqlite")
        documents = [catalog.document(record.id) for record in catalog.records()]
        drafted = [(case, "") for case in draft_questions(documents, per_document, twins)]
    write_cases(out, drafted)
    unanswerable = sum(case.answerable is False for case, _ in drafted)
    if as_json:
        print_json({"file": str(out), "questions": len(drafted), "unanswerable": unanswerable})
    else:
        typer.echo(
            f"{out} has {counted(len(drafted), 'question')}, {unanswerable} of them without an answer. Review each."
        )


def _open(settings: "Settings") -> "Assistant":
    from assistant.assistant import Assistant

    return Assistant.open(settings.data, settings, repeatable=True)


def _asker(settings: "Settings") -> "Ask":
    """The language model of the settings as a judge is asked."""
    from assistant.errors import ModelError
    from assistant.model import Tally, open_model

    opened = open_model(settings)

    def ask(name: str, language: str, variables: "Mapping[str, object]") -> str:
        try:
            return "".join(opened.write(name, language, Tally(), **variables))
        except FileNotFoundError as error:
            raise ModelError(
                f"The model {settings.model} cannot judge: it is no chat model. Name one that is."
            ) from error
        except ModelError as error:
            raise ModelError(f"{error} What it judged is kept.") from error

    return ask


def _at_once(model: str) -> int:
    return 1 if model == "extractive" or model.startswith("ollama:") else AT_ONCE
