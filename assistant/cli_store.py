"""The commands about the store itself: what is in it, whether it is well, and copies of it."""

from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from assistant.cli_open import AsJson, Data, counted, existing_store, open_store, print_json, read_settings

if TYPE_CHECKING:
    from collections.abc import Mapping

    from ingest.document import Field
    from vectorstore.backup import Backup
    from vectorstore.provenance import StatedFact
    from vectorstore.types import DocumentRecord


def documents(data: Data = None, as_json: AsJson = False) -> None:
    """List what is in the store."""
    from vectorstore.catalog import Catalog
    from vectorstore.provenance import stated_facts

    folder = existing_store(data)
    catalog = Catalog(folder / "catalog.sqlite")
    records = catalog.records()
    if as_json:
        facts = stated_facts(catalog)
        print_json({"documents": [_record_json(record, facts[record.id]) for record in records]})
        return
    for record in records:
        known = ", ".join(filter(None, (record.organisation, record.document_type, record.period)))
        size = f"{counted(record.pages, 'page')}, {counted(record.chunks, 'chunk')}"
        ocr = f", {len(record.ocr_pages)} read by OCR" if record.ocr_pages else ""
        unread = f", {len(record.unread_pages)} unread" if record.unread_pages else ""
        typer.echo(f"{record.id}\n    {record.title}\n    {known}{', ' if known else ''}{size}{ocr}{unread}")
    typer.echo(f"{counted(len(records), 'document')} in {folder}", err=True)


def page(
    document: Annotated[str, typer.Argument(metavar="DOCUMENT", help="Identifier, as `utblick documents` lists it.")],
    number: Annotated[int, typer.Argument(metavar="PAGE", help="Page number from 1.")] = 1,
    data: Data = None,
    as_json: AsJson = False,
) -> None:
    """Print the stored text of a page, to which the offsets of citations refer."""
    from vectorstore.catalog import Catalog

    catalog = Catalog(existing_store(data) / "catalog.sqlite")
    text = catalog.page_text(document, number)
    if as_json:
        read = catalog.page(document, number)
        marks = {"label": read.label, "read_by": read.read_by, "confidence": read.confidence}
        print_json({"document": document, "page": number, **marks, "text": text})
    else:
        typer.echo(text)


def remove(
    document: Annotated[str, typer.Argument(metavar="DOCUMENT", help="Identifier, as `utblick documents` lists it.")],
    data: Data = None,
    as_json: AsJson = False,
) -> None:
    """Remove a document from the store; the file itself stays where it is."""
    existing_store(data)
    store = open_store(read_settings(data))
    with store.writing():
        store.remove(document)
    store.close()
    if as_json:
        print_json({"removed": [document]})
    else:
        typer.echo(f"Removed {document}. It returns when its folder is ingested again and the file is still there.")


def doctor(
    data: Data = None,
    repair: Annotated[bool, typer.Option("--repair", help="Mend what can be mended, without embedding again.")] = False,
    as_json: AsJson = False,
) -> None:
    """Compare catalog, full text and vector index, and say what is wrong."""
    from vectorstore.doctor import diagnose

    existing_store(data)
    store = open_store(read_settings(data))
    checks = diagnose(store, repair=repair)
    store.close()
    if as_json:
        print_json({"checks": [check.as_json() for check in checks]})
    else:
        for check in checks:
            mark = "ok  " if check.passed else "FAIL" if check.severity == "error" else "warn"
            typer.echo(f"{mark} {check.name}: {check.message}")
            if not check.passed and check.remedy:
                typer.echo(f"     {check.remedy}")
    if any(not check.passed and check.severity == "error" for check in checks):
        raise typer.Exit(1)


def backup(
    file: Annotated[Path, typer.Argument(metavar="FILE", help="Where to; an earlier backup there is replaced.")],
    data: Data = None,
    as_json: AsJson = False,
) -> None:
    """Copy the store to one file, while others read and write; it is checked before it replaces an earlier one."""
    from vectorstore.backup import backup_store

    made = backup_store(existing_store(data), file)
    if as_json:
        print_json(_backup_json(made))
    else:
        typer.echo(f"{made.file} holds {_held(made)}.")


def restore(
    file: Annotated[Path, typer.Argument(metavar="FILE", help="What `utblick backup` made.")],
    data: Data = None,
    force: Annotated[bool, typer.Option("--force", help="Replace the documents that are in the store.")] = False,
    as_json: AsJson = False,
) -> None:
    """Put what a backup holds in the place of the store; nothing is read or embedded again."""
    from vectorstore.backup import restore_store

    folder = read_settings(data).data
    done = restore_store(file, folder, force=force)
    if as_json:
        kept = str(done.kept) if done.kept else None
        print_json({**_backup_json(done.backup), "data": str(folder), "replaced": done.replaced, "kept": kept})
        return
    typer.echo(f"{folder} holds {_held(done.backup)} now.")
    if done.replaced:
        typer.echo(f"The {counted(done.replaced, 'document')} that were there are gone.", err=True)
    if done.kept:
        typer.echo(f"The damaged catalog was kept as {done.kept}.", err=True)


def _backup_json(backup: "Backup") -> dict[str, Any]:
    return {
        "file": str(backup.file),
        "documents": backup.documents,
        "chunks": backup.chunks,
        "bytes": backup.size,
        "fingerprint": backup.fingerprint,
    }


def _held(backup: "Backup") -> str:
    size = f"{backup.size / 1e6:.1f} MB"
    return f"{counted(backup.documents, 'document')} in {counted(backup.chunks, 'chunk')}, {size}"


def _record_json(record: "DocumentRecord", facts: "Mapping[Field, StatedFact]") -> dict[str, Any]:
    """The record with every fact that can be known of a document; what this one does not state is null."""
    from dataclasses import asdict

    from ingest.document import Field

    known = {field.value: asdict(facts[field]) if field in facts else None for field in Field}
    return asdict(record) | {"facts": known}
