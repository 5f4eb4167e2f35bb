"""The command line: `utblick`. Heavy libraries are imported inside the commands that need them."""

import io
import json
import os
import sys
from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from assistant.cli_eval import evaluation
from assistant.cli_open import AsJson, Data, existing_store, open_store, print_json, read_settings
from assistant.cli_store import backup, doctor, documents, page, remove, restore
from assistant.cli_users import users

if TYPE_CHECKING:
    from assistant.answers import Answer, Scope, Turn
    from assistant.assistant import Assistant
    from assistant.settings import Settings
    from vectorstore.outcome import FileOutcome
    from vectorstore.scope import Mentions
    from vectorstore.types import Hit

app = typer.Typer(
    name="utblick",
    help="Answers questions about international strategies, with citations back to the page.",
    no_args_is_help=True,
    add_completion=False,
    pretty_exceptions_enable=False,
    rich_markup_mode=None,
)
config = typer.Typer(help="Look at the settings.", no_args_is_help=True, rich_markup_mode=None)
app.add_typer(evaluation, name="eval")
app.add_typer(config, name="config")
app.add_typer(users, name="users")

Organisations = Annotated[
    list[str] | None, typer.Option("--organisation", help="Only documents of this organisation; may be repeated.")
]
Years = Annotated[
    list[int] | None, typer.Option("--year", help="Only documents that cover this year; may be repeated.")
]
Types = Annotated[
    list[str] | None,
    typer.Option("--type", help="Only documents of this type, as `utblick documents` lists it; may be repeated."),
]
Documents = Annotated[
    list[str] | None,
    typer.Option("--document", help="Only this document, as `utblick documents` lists it; may be repeated."),
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
    settings = read_settings(data)
    limits = settings.limits
    store = open_store(settings, create=True)
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
    except BaseException:
        progress.stop()
        raise
    progress.close()
    store.close()
    if as_json:
        print_json({"files": [outcome.as_json() for outcome in outcomes]})
    else:
        typer.echo("\n".join(report_lines(outcomes)))
    if any(outcome.outcome in FAILURES for outcome in outcomes):
        raise typer.Exit(1)


app.command()(documents)
app.command()(page)
app.command()(remove)


@app.command()
def search(
    question: Annotated[str, typer.Argument(metavar="QUESTION", help="What to look for.")],
    top_k: Annotated[int, typer.Option("-k", "--top-k", min=1, max=1000, help="How many hits.")] = 10,
    organisation: Organisations = None,
    year: Years = None,
    document_type: Types = None,
    document: Documents = None,
    data: Data = None,
    as_json: AsJson = False,
) -> None:
    """Show the passages that fit a question best."""
    from assistant.errors import AssistantError
    from ingest.language import detect_language
    from vectorstore.open_reader import open_reader
    from vectorstore.scope import find_mentions
    from vectorstore.search import documents_within
    from vectorstore.search import search as search_store
    from vectorstore.strangers import SURE

    if not any(character.isalnum() for character in question):
        raise typer.BadParameter("Write at least one word to look for.", param_hint="QUESTION")
    existing_store(data)
    settings = read_settings(data)
    store = open_store(settings)
    limits = _scope(organisation, year, document_type, document).limits
    records = documents_within(store, limits)
    if not records:
        raise AssistantError(
            "No document of the store is within these limits. `utblick documents` lists what there is."
            if store.catalog.records()
            else f"The store in {store.folder} holds no documents. `utblick ingest FOLDER` reads some."
        )
    mentions = find_mentions(question, records)
    hits = search_store(
        store,
        question,
        top_k=top_k,
        language="en" if detect_language(question) == "en" else "sv",
        limits=limits,
        mentions=mentions,
        reader=open_reader(settings.reranker, settings.cache),
    )
    store.close()
    if as_json:
        titles = {record.id: record.title for record in records}
        hits_json = [_hit_json(hit, titles) for hit in hits]
        print_json({"question": question, "scope": _mentions_json(mentions), "hits": hits_json})
        return
    for stranger in mentions.strangers:
        if stranger.sureness >= SURE:
            typer.echo(f"No document here is from {stranger.name}.", err=True)
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
    document_type: Types = None,
    document: Documents = None,
    data: Data = None,
    model: Annotated[str | None, typer.Option(help="What writes the answer, as in the settings.")] = None,
    as_json: AsJson = False,
) -> None:
    """Answer one question, with citations."""
    turns = _read_history(history) if history else []
    existing_store(data)
    assistant = _open_assistant(read_settings(data, model=model))
    answer = assistant.ask(question, turns, _scope(organisation, year, document_type, document))
    if as_json:
        print_json(answer.as_json())
    else:
        _print_answer(answer)
    assistant.close()


@app.command()
def chat(
    data: Data = None,
    host: Annotated[
        str | None, typer.Option(help="Address to listen on; only this machine's own where nobody signs in.")
    ] = None,
    port: Annotated[int | None, typer.Option(help="Port to listen on.")] = None,
    model: Annotated[str | None, typer.Option(help="What writes answers, as in the settings.")] = None,
    allow_remote: Annotated[
        bool, typer.Option("--allow-remote", help="Listen on another address although anyone there can ask.")
    ] = False,
) -> None:
    """Open the chat in a browser (also: utblick ui)."""
    settings = read_settings(data, host=host, port=port, model=model)
    typer.echo("Loading the embedding model and the store ...", err=True)
    from assistant.ui import serve

    assistant = _open_assistant(settings)
    assistant.read_closely("Vilka nätverk är kommunen medlem i?")  # what is loaded late, the first who asks waits for
    serve(assistant, settings, store=assistant.store, allow_remote=allow_remote)


app.command("ui", hidden=True)(chat)
app.command()(doctor)
app.command()(backup)
app.command()(restore)


@config.command("show")
def config_show(data: Data = None, as_json: AsJson = False) -> None:
    """Print every setting with its value and meaning."""
    settings = read_settings(data)
    values = settings.model_dump(mode="json")
    if as_json:
        print_json(values)
        return
    for name, field in type(settings).model_fields.items():
        typer.echo(f"{name} = {values[name]!r}\n    {field.description} (UTBLICK_{name.upper()})")


def _open_assistant(settings: "Settings") -> "Assistant":
    from assistant.assistant import Assistant

    return Assistant.open(settings.data, settings)


def _scope(
    organisations: Sequence[str] | None,
    years: Sequence[int] | None,
    document_types: Sequence[str] | None,
    documents: Sequence[str] | None,
) -> "Scope":
    from assistant.answers import Scope

    return Scope(
        organisations=tuple(organisations or ()),
        years=tuple(years or ()),
        documents=tuple(documents or ()),
        document_types=tuple(document_types or ()),
    )


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


def _mentions_json(mentions: "Mentions") -> dict[str, Any]:
    return {
        "organisations": list(mentions.organisations),
        "years": list(mentions.years),
        "document_types": list(mentions.document_types),
        "documents": list(mentions.documents),
        "without_documents": [
            {"name": stranger.name, "sureness": stranger.sureness} for stranger in mentions.strangers
        ],
    }


def _print_answer(answer: "Answer") -> None:
    typer.echo(f"{answer.text}\n")
    for citation in answer.citations:
        whose = f", {citation.organisation}" if citation.organisation else ""
        typer.echo(f"[{citation.marker}] {citation.title}{whose}, page {citation.page} ({citation.document})")
    typer.echo(f"({answer.status.value}, {answer.seconds:.2f} s, {answer.model})", err=True)
