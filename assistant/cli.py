"""The command line: `utblick`. Heavy libraries are imported inside the commands that need them."""

import io
import json
import os
import sys
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

if TYPE_CHECKING:
    from assistant.answers import Answer, Scope, Turn
    from assistant.assistant import Assistant
    from assistant.settings import Settings
    from ingest.document import Field
    from ingest.limits import Limits
    from vectorstore.embed import SentenceEmbeddings
    from vectorstore.outcome import FileOutcome
    from vectorstore.provenance import StatedFact
    from vectorstore.store import Store
    from vectorstore.types import DocumentRecord, Hit

app = typer.Typer(
    name="utblick",
    help="Answers questions about international strategies, with citations back to the page.",
    no_args_is_help=True,
    add_completion=False,
    pretty_exceptions_enable=False,
    rich_markup_mode=None,
)
evaluation = typer.Typer(help="Run question batches and measure them.", no_args_is_help=True, rich_markup_mode=None)
config = typer.Typer(help="Look at the settings.", no_args_is_help=True, rich_markup_mode=None)
app.add_typer(evaluation, name="eval")
app.add_typer(config, name="config")

Data = Annotated[
    Path | None,
    typer.Option("--data", metavar="DIR", envvar="UTBLICK_DATA", help="Folder of the store.", show_default="user data"),
]
AsJson = Annotated[bool, typer.Option("--json", help="Print one JSON object on standard output.")]
Organisations = Annotated[
    list[str] | None, typer.Option("--organisation", help="Only documents of this organisation; may be repeated.")
]
Years = Annotated[
    list[int] | None, typer.Option("--year", help="Only documents that cover this year; may be repeated.")
]


def main() -> None:
    """Run the command line; errors that the reader can mend are one line on standard error and exit code 1."""
    from assistant.errors import AssistantError
    from evals.errors import EvalError
    from ingest.errors import IngestError
    from vectorstore.errors import VectorStoreError

    for stream in (sys.stdout, sys.stderr):
        if isinstance(stream, io.TextIOWrapper):
            # A file name or a question may hold bytes that are no text; in JSON the escape reads back as the same.
            stream.reconfigure(errors="backslashreplace")
    try:
        app()
    except BrokenPipeError:
        # The reader, such as `head`, has seen enough. Python would complain when it flushes at exit.
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
        sys.exit(1)
    except UnicodeEncodeError as error:
        typer.echo(f"utblick: {error.object!r} is not text in UTF-8; type it anew.", err=True)
        sys.exit(1)
    except (AssistantError, IngestError, VectorStoreError, EvalError, OSError) as error:
        typer.echo(f"utblick: {error}", err=True)
        sys.exit(1)


@app.command()
def ingest(
    paths: Annotated[
        list[str] | None, typer.Argument(metavar="PATH|URL...", help="Folders, files or web pages.")
    ] = None,
    data: Data = None,
    as_json: AsJson = False,
    password: Annotated[str | None, typer.Option(help="Tried on encrypted files.")] = None,
    force: Annotated[
        bool, typer.Option("--force", help="Remove all documents of a folder that has become empty.")
    ] = False,
    reread: Annotated[
        bool, typer.Option("--reread", help="Read unchanged files again, after an upgrade that reads better.")
    ] = False,
    web: Annotated[bool, typer.Option("--web", help="Look again at every web page that is stored.")] = False,
    rebuild: Annotated[
        bool, typer.Option("--rebuild", help="Embed all stored documents again, after a change of the embedding model.")
    ] = False,
) -> None:
    """Sync files, folders and web pages with the store: what is new or changed is read, what is gone is removed."""
    from assistant.progress import Progress, report_lines
    from ingest.address import is_address
    from vectorstore.sync import FAILURES, sync_path
    from vectorstore.sync_web import stored_addresses, sync_addresses

    if not (paths or rebuild or web):
        raise typer.BadParameter("Name a folder, a file or a web address to read.", param_hint="PATH|URL")
    settings = _settings(data)
    limits = _limits(settings)
    store = _open_store(settings, create=True)
    if rebuild:
        with store.writing(check=False):
            count = store.rebuild(lambda document: typer.echo(f"  embedding {document}", err=True))
        typer.echo(f"{count} documents embedded again.", err=True)
    addresses = [path for path in paths or [] if is_address(path)]
    addresses += stored_addresses(store) if web else []
    outcomes: list[FileOutcome] = []
    progress = Progress()
    try:
        for path in paths or []:
            if not is_address(path):
                outcomes += sync_path(
                    store,
                    Path(path),
                    password=password,
                    limits=limits,
                    force=force,
                    reread=reread,
                    report=progress.report,
                    start=progress.start,
                )
        if addresses:
            outcomes += sync_addresses(
                store,
                addresses,
                limits=limits,
                allow_private=settings.allow_private_addresses,
                reread=reread,
                report=progress.report,
                start=progress.start,
            )
    finally:
        progress.close()
    store.close()
    if as_json:
        _print_json({"files": [outcome.as_json() for outcome in outcomes]})
    else:
        typer.echo("\n".join(report_lines(outcomes)))
    if any(outcome.outcome in FAILURES for outcome in outcomes):
        raise typer.Exit(1)


@app.command()
def documents(data: Data = None, as_json: AsJson = False) -> None:
    """List what is in the store."""
    from vectorstore.catalog import Catalog
    from vectorstore.provenance import stated_facts

    folder = _existing_store(data)
    catalog = Catalog(folder / "catalog.sqlite")
    records = catalog.records()
    if as_json:
        facts = stated_facts(catalog)
        _print_json({"documents": [_record_json(record, facts[record.id]) for record in records]})
        return
    for record in records:
        known = ", ".join(filter(None, (record.organisation, record.document_type, record.period)))
        size = f"{_count(record.pages, 'page')}, {_count(record.chunks, 'chunk')}"
        ocr = f", {len(record.ocr_pages)} read by OCR" if record.ocr_pages else ""
        unread = f", {len(record.unread_pages)} unread" if record.unread_pages else ""
        typer.echo(f"{record.id}\n    {record.title}\n    {known}{', ' if known else ''}{size}{ocr}{unread}")
    typer.echo(f"{_count(len(records), 'document')} in {folder}", err=True)


@app.command()
def page(
    document: Annotated[str, typer.Argument(metavar="DOCUMENT", help="Identifier, as `utblick documents` lists it.")],
    number: Annotated[int, typer.Argument(metavar="PAGE", help="Page number from 1.")] = 1,
    data: Data = None,
    as_json: AsJson = False,
) -> None:
    """Print the stored text of a page, to which the offsets of citations refer."""
    from vectorstore.catalog import Catalog

    catalog = Catalog(_existing_store(data) / "catalog.sqlite")
    text = catalog.page_text(document, number)
    if as_json:
        read = catalog.page(document, number)
        marks = {"label": read.label, "read_by": read.read_by, "confidence": read.confidence}
        _print_json({"document": document, "page": number, **marks, "text": text})
    else:
        typer.echo(text)


@app.command()
def remove(
    document: Annotated[str, typer.Argument(metavar="DOCUMENT", help="Identifier, as `utblick documents` lists it.")],
    data: Data = None,
    as_json: AsJson = False,
) -> None:
    """Remove a document from the store; the file itself stays where it is."""
    _existing_store(data)
    store = _open_store(_settings(data))
    with store.writing():
        store.remove(document)
    store.close()
    if as_json:
        _print_json({"removed": [document]})
    else:
        typer.echo(f"Removed {document}. It returns when its folder is ingested again and the file is still there.")


@app.command()
def search(
    question: Annotated[str, typer.Argument(metavar="QUESTION", help="What to look for.")],
    top_k: Annotated[int, typer.Option("-k", "--top-k", min=1, max=1000, help="How many hits.")] = 10,
    organisation: Organisations = None,
    year: Years = None,
    data: Data = None,
    as_json: AsJson = False,
) -> None:
    """Show the passages that fit a question best."""
    from ingest.language import detect_language
    from vectorstore.search import search as search_store
    from vectorstore.types import Filter

    if not any(character.isalnum() for character in question):
        raise typer.BadParameter("Write at least one word to look for.", param_hint="QUESTION")
    _existing_store(data)
    store = _open_store(_settings(data))
    titles = {record.id: record.title for record in store.catalog.records()}
    hits = search_store(
        store,
        question,
        top_k=top_k,
        language="en" if detect_language(question) == "en" else "sv",
        limits=Filter(organisations=tuple(organisation or ()), years=tuple(year or ())),
    )
    store.close()
    if as_json:
        _print_json({"question": question, "hits": [_hit_json(hit, titles) for hit in hits]})
        return
    for hit in hits:
        chunk = hit.chunk
        where = f"{chunk.document}, page {chunk.first_page}, {' > '.join(chunk.headings)}"
        typer.echo(f"{hit.rank}. {where}  ({hit.score:.3f})\n   {' '.join(chunk.text.split())}\n")


@app.command()
def ask(
    question: Annotated[str, typer.Argument(metavar="QUESTION", help="A question in Swedish or English.")],
    history: Annotated[
        Path | None,
        typer.Option(help='Earlier turns: a JSON list of {"question": ..., "answer": ...}, oldest first.'),
    ] = None,
    organisation: Organisations = None,
    year: Years = None,
    data: Data = None,
    model: Annotated[str | None, typer.Option(help="What writes the answer, as in the settings.")] = None,
    as_json: AsJson = False,
) -> None:
    """Answer one question, with citations."""
    turns = _read_history(history) if history else []
    _existing_store(data)
    assistant = _open_assistant(_settings(data, model=model))
    answer = assistant.ask(question, turns, _scope(organisation, year))
    if as_json:
        _print_json(answer.as_json())
    else:
        _print_answer(answer)
    assistant.close()


@app.command()
def chat(
    data: Data = None,
    host: Annotated[
        str | None, typer.Option(help="Address to listen on; only this machine's own without sign-in.")
    ] = None,
    port: Annotated[int | None, typer.Option(help="Port to listen on.")] = None,
    model: Annotated[str | None, typer.Option(help="What writes answers, as in the settings.")] = None,
    allow_remote: Annotated[
        bool, typer.Option("--allow-remote", help="Listen on another address although anyone there can ask.")
    ] = False,
) -> None:
    """Open the chat in a browser (also: utblick ui)."""
    settings = _settings(data, host=host, port=port, model=model)
    typer.echo("Loading the embedding model and the store ...", err=True)
    from assistant.ui import serve

    serve(
        _open_assistant(settings),
        host=settings.host,
        port=settings.port,
        language=settings.language,
        allow_remote=allow_remote,
    )


app.command("ui", hidden=True)(chat)


@app.command()
def doctor(
    data: Data = None,
    repair: Annotated[bool, typer.Option("--repair", help="Mend what can be mended, without embedding again.")] = False,
    as_json: AsJson = False,
) -> None:
    """Compare catalog and vector index, and say what is wrong."""
    from vectorstore.doctor import diagnose

    _existing_store(data)
    store = _open_store(_settings(data))
    checks = diagnose(store, repair=repair)
    store.close()
    if as_json:
        _print_json({"checks": [check.as_json() for check in checks]})
    else:
        for check in checks:
            mark = "ok  " if check.passed else "FAIL" if check.severity == "error" else "warn"
            typer.echo(f"{mark} {check.name}: {check.message}")
            if not check.passed and check.remedy:
                typer.echo(f"     {check.remedy}")
    if any(not check.passed and check.severity == "error" for check in checks):
        raise typer.Exit(1)


@config.command("show")
def config_show(data: Data = None, as_json: AsJson = False) -> None:
    """Print every setting with its value and meaning."""
    settings = _settings(data)
    values = settings.model_dump(mode="json")
    if as_json:
        _print_json(values)
        return
    for name, field in type(settings).model_fields.items():
        typer.echo(f"{name} = {values[name]!r}\n    {field.description} (UTBLICK_{name.upper()})")


@evaluation.command("run")
def eval_run(
    questions: Annotated[Path, typer.Argument(metavar="QUESTIONS.jsonl", help="Questions, one object a line.")],
    out: Annotated[Path, typer.Option(metavar="DIR", help="Folder for answers and reports.")],
    data: Data = None,
    model: Annotated[str | None, typer.Option(help="What writes answers, as in the settings.")] = None,
    as_json: AsJson = False,
) -> None:
    """Ask every question of a file and report how well the answers hold."""
    from evals import measure_run, read_cases, run_cases, write_reports

    cases = read_cases(questions)
    _existing_store(data)
    assistant = _open_assistant(_settings(data, model=model))
    described = assistant.describe()
    answers = run_cases(cases, assistant, out, settings=described)
    report = measure_run(cases, answers, assistant, documents=[record.id for record in assistant.documents()])
    write_reports(report, out, settings=described)
    assistant.close()
    if as_json:
        _print_json(json.loads((out / "report.json").read_text(encoding="utf-8")))
    else:
        typer.echo((out / "report.md").read_text(encoding="utf-8"))


@evaluation.command("retrieval")
def eval_retrieval(
    folder: Annotated[Path, typer.Argument(metavar="BEIR_DIR", help="corpus.jsonl, queries.jsonl and qrels/test.tsv.")],
    out: Annotated[Path, typer.Option(metavar="DIR", help="Folder for the run files.")],
    as_json: AsJson = False,
) -> None:
    """Measure retrieval on a test collection in BEIR form: hybrid, dense alone and lexical alone."""
    from evals import evaluate_retrieval

    report = evaluate_retrieval(folder, out, _embeddings(_settings(None)))
    if as_json:
        _print_json(report)
        return
    for name in ("measures", "dense", "lexical"):
        values = "  ".join(f"{measure} {value:.3f}" for measure, value in report[name].items())
        typer.echo(f"{'hybrid' if name == 'measures' else name:8} {values}")


def _settings(data: Path | None, **flags: str | int | None) -> "Settings":
    from assistant.settings import load_settings

    return load_settings(data=data, **flags)


def _existing_store(data: Path | None) -> Path:
    """The store's folder; an error that names the first step where there is none yet."""
    from assistant.errors import AssistantError

    folder = _settings(data).data
    if not (folder / "catalog.sqlite").exists():
        raise AssistantError(
            f"There is no store in {folder} yet. `utblick ingest FOLDER` makes one; --data names another."
        )
    return folder


def _embeddings(settings: "Settings") -> "SentenceEmbeddings":
    from vectorstore.embed import SentenceEmbeddings

    return SentenceEmbeddings.load(settings.embedding_model, settings.cache)


def _open_store(settings: "Settings", *, create: bool = False) -> "Store":
    from vectorstore.store import Store

    return Store(settings.data, _embeddings(settings), create=create)


def _limits(settings: "Settings") -> "Limits":
    from ingest.limits import Limits

    megabyte = 1024 * 1024
    return Limits(
        max_bytes=settings.max_file_megabytes * megabyte,
        max_pages=settings.max_pages,
        max_seconds=settings.max_seconds,
        max_memory=settings.max_memory_megabytes * megabyte,
        max_decompressed=settings.max_decompressed_megabytes * megabyte,
    )


def _open_assistant(settings: "Settings") -> "Assistant":
    from assistant.assistant import Assistant

    return Assistant.open(settings.data, settings)


def _scope(organisations: Sequence[str] | None, years: Sequence[int] | None) -> "Scope | None":
    from assistant.answers import Scope

    if not organisations and not years:
        return None
    return Scope(organisations=tuple(organisations or ()), years=tuple(years or ()))


def _read_history(path: Path) -> "list[Turn]":
    from assistant.answers import Turn

    try:
        turns = json.loads(path.read_text(encoding="utf-8-sig"))
        if not isinstance(turns, list):
            raise TypeError("it holds no list")
        return [Turn(_text(turn["question"]), _text(turn.get("answer", ""))) for turn in turns]
    except (OSError, ValueError, TypeError, KeyError, AttributeError) as error:
        raise typer.BadParameter(
            f'{path} is not a JSON list of {{"question": ..., "answer": ...}}: {error}', param_hint="--history"
        ) from error


def _text(value: object) -> str:
    if not isinstance(value, str):
        raise TypeError(f"{value!r} is no text")
    return value


def _count(number: int, noun: str) -> str:
    return f"{number} {noun}" if number == 1 else f"{number} {noun}s"


def _record_json(record: "DocumentRecord", facts: "Mapping[Field, StatedFact]") -> dict[str, Any]:
    """The record with every fact that can be known of a document; what this one does not state is null."""
    from dataclasses import asdict

    from ingest.document import Field

    known = {field.value: asdict(facts[field]) if field in facts else None for field in Field}
    return asdict(record) | {"facts": known}


def _hit_json(hit: "Hit", titles: dict[str, str]) -> dict[str, Any]:
    chunk = hit.chunk
    return {
        "rank": hit.rank,
        "document": chunk.document,
        "title": titles.get(chunk.document, chunk.document),
        "page": chunk.first_page,
        "section": list(chunk.headings),
        "score": round(hit.score, 4),
        "text": chunk.text,
    }


def _print_answer(answer: "Answer") -> None:
    typer.echo(f"{answer.text}\n")
    for citation in answer.citations:
        whose = f", {citation.organisation}" if citation.organisation else ""
        typer.echo(f"[{citation.marker}] {citation.title}{whose}, page {citation.page} ({citation.document})")
    typer.echo(f"({answer.status.value}, {answer.seconds:.2f} s, {answer.model})", err=True)


def _print_json(value: object) -> None:
    typer.echo(json.dumps(value, ensure_ascii=False, indent=2))
