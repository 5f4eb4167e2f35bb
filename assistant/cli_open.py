"""What several commands share: their common options, and how they open settings and store and print."""

import json
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

if TYPE_CHECKING:
    from assistant.settings import Settings
    from vectorstore.embed import SentenceEmbeddings
    from vectorstore.store import Store

Data = Annotated[
    Path | None,
    typer.Option("--data", metavar="DIR", envvar="UTBLICK_DATA", help="Folder of the store.", show_default="user data"),
]
AsJson = Annotated[bool, typer.Option("--json", help="Print one JSON object on standard output.")]


def read_settings(data: Path | None, **flags: str | int | None) -> "Settings":
    """The settings; flags that are None were not given."""
    from assistant.settings import load_settings

    return load_settings(data=data, **flags)


def existing_store(data: Path | None) -> Path:
    """The store's folder; an error that names the first step where there is none yet."""
    from assistant.errors import AssistantError

    folder = read_settings(data).data
    if not (folder / "catalog.sqlite").exists():
        raise AssistantError(
            f"There is no store in {folder} yet. `utblick ingest FOLDER` makes one; --data names another."
        )
    return folder


def load_embeddings(settings: "Settings") -> "SentenceEmbeddings":
    """The embedding model that the settings name."""
    from vectorstore.embed import SentenceEmbeddings

    return SentenceEmbeddings.load(settings.embedding_model, settings.cache)


def open_store(settings: "Settings", *, create: bool = False) -> "Store":
    """The store that the settings name, with its embedding model."""
    from vectorstore.store import Store

    return Store(settings.data, load_embeddings(settings), create=create)


def counted(number: int, noun: str) -> str:
    """A number with its noun, in singular or plural."""
    return f"{number} {noun}" if number == 1 else f"{number} {noun}s"


def print_json(value: object) -> None:
    """Print one JSON value on standard output."""
    typer.echo(json.dumps(value, ensure_ascii=False, indent=2))
