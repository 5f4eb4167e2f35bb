"""Sync files and folders with the store: new, changed, unchanged, renamed, removed, and what could not be read."""

import hashlib
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from enum import StrEnum
from pathlib import Path
from typing import Any

from ingest import IngestError, load_file, load_web_page
from vectorstore.catalog import FileRecord
from vectorstore.store import Store


class Outcome(StrEnum):
    """What became of a file."""

    INGESTED = "ingested"
    UNCHANGED = "unchanged"
    RENAMED = "renamed"
    DUPLICATE = "duplicate"
    REMOVED = "removed"
    NEEDS_OCR = "needs_ocr"
    NEEDS_PASSWORD = "needs_password"
    UNREADABLE = "unreadable"
    UNSUPPORTED = "unsupported"
    TOO_LARGE = "too_large"
    TIMED_OUT = "timed_out"


FAILURES = frozenset(
    {
        Outcome.NEEDS_OCR,
        Outcome.NEEDS_PASSWORD,
        Outcome.UNREADABLE,
        Outcome.UNSUPPORTED,
        Outcome.TOO_LARGE,
        Outcome.TIMED_OUT,
    }
)


@dataclass(frozen=True, slots=True)
class FileOutcome:
    """What became of one file.

    Attributes:
        path: As found, relative to the ingested folder.
        outcome: What happened.
        document: Identifier of the document that holds its content; None when there is none.
        pages: Its number of pages, where it was read.
        reason: Why, where it was not read; else None.
    """

    path: str
    outcome: Outcome
    document: str | None = None
    pages: int | None = None
    reason: str | None = None

    def as_json(self) -> dict[str, Any]:
        """The entry of `ingest --json`."""
        return {
            "path": self.path,
            "outcome": self.outcome.value,
            "document": self.document,
            "pages": self.pages,
            "reason": self.reason,
        }


Report = Callable[[FileOutcome, int, int], None]
"""Called after each file with its outcome, how many are done and how many there are."""


def sync_path(
    store: Store, path: Path, *, password: str | None = None, report: Report = lambda outcome, done, total: None
) -> list[FileOutcome]:
    """Bring the store in line with a folder, or with one file.

    One unreadable file never stops the others. A document that can no longer be read keeps its last readable
    state. Running it again without changes does nothing.

    Args:
        store: The store; its write lock is held meanwhile.
        path: A folder, read with all below it, or a file.
        password: Tried on encrypted files.
        report: Called after each file.

    Returns:
        One outcome for each file found, and one for each file that is gone.

    Raises:
        FileNotFoundError: Nothing is at `path`.
        StoreLocked: Another process is writing.
    """
    path = path.resolve()
    if not path.exists():
        raise FileNotFoundError(f"There is no file or folder {path}.")
    with store.writing():
        return _Sync(store, path, password, report).run()


def sync_address(
    store: Store, address: str, *, report: Report = lambda outcome, done, total: None
) -> FileOutcome:
    """Bring the store in line with a web page; its address becomes the document's identifier.

    Args:
        store: The store; its write lock is held meanwhile.
        address: Beginning with `http://` or `https://`.
        report: Called with the outcome.
    """
    with store.writing():
        outcome = _sync_address(store, address)
    report(outcome, 1, 1)
    return outcome


def _sync_address(store: Store, address: str) -> FileOutcome:
    try:
        document = load_web_page(address)
    except IngestError as error:
        return FileOutcome(address, Outcome(error.outcome), reason=str(error))
    known = {record.location: record for record in store.catalog.files()}.get(address)
    if known is not None and known.content_hash == document.content_hash:
        return FileOutcome(address, Outcome.UNCHANGED, known.id)
    store.replace(document, "", address)
    return FileOutcome(address, Outcome.INGESTED, document.id, len(document.pages))


class _Sync:
    """One run over one folder or file."""

    def __init__(self, store: Store, path: Path, password: str | None, report: Report) -> None:
        self._store = store
        self._password = password
        self._report = report
        self._whole = path.is_dir()
        self._root = path if self._whole else _known_root(store, path)
        self._files = sorted(_files(path)) if self._whole else [path]
        self._known = {record.location: record for record in store.catalog.files()}
        self._outcomes: list[FileOutcome] = []
        self._gone = self._gone_records() if self._whole else []

    def run(self) -> list[FileOutcome]:
        for file in self._files:
            self._add(self._sync_file(file))
        for record in self._gone:
            self._remove(record)
            self._add(FileOutcome(record.id, Outcome.REMOVED, record.id))
        return self._outcomes

    def _add(self, outcome: FileOutcome) -> None:
        self._outcomes.append(outcome)
        self._report(outcome, len(self._outcomes), len(self._files) + len(self._gone))

    def _gone_records(self) -> list[FileRecord]:
        present = {str(file) for file in self._files}
        return [
            record
            for record in self._known.values()
            if record.root == str(self._root) and record.location not in present
        ]

    def _sync_file(self, file: Path) -> FileOutcome:
        relative = file.relative_to(self._root).as_posix()
        try:
            content_hash = _hash(file)
        except OSError as error:
            return FileOutcome(relative, Outcome.UNREADABLE, reason=f"The file cannot be opened: {error.strerror}.")
        known = self._known.get(str(file))
        if known is not None and known.content_hash == content_hash:
            return FileOutcome(relative, Outcome.UNCHANGED, self._holder(content_hash, known.id))
        same = self._same_content(content_hash, str(file))
        if same is not None:
            return self._take_over(same, file, relative)
        return self._ingest(file, relative)

    def _same_content(self, content_hash: str, location: str) -> FileRecord | None:
        return next(
            (
                record
                for record in self._known.values()
                if record.content_hash == content_hash and record.location != location and not record.is_alias
            ),
            None,
        )

    def _take_over(self, same: FileRecord, file: Path, relative: str) -> FileOutcome:
        """A file whose content is stored already: renamed when the other name is gone, else a duplicate."""
        catalog = self._store.catalog
        stale = self._known.get(str(file))
        with catalog.transaction():
            if stale is not None:
                self._forget(stale)
            if Path(same.location).exists():
                catalog.add_alias(same.content_hash, self._free_id(relative), str(self._root), str(file))
                outcome = FileOutcome(relative, Outcome.DUPLICATE, same.id)
            else:
                new_id = self._free_id(relative)
                catalog.rename(same.id, new_id, str(file), str(self._root))
                outcome = FileOutcome(relative, Outcome.RENAMED, new_id)
                self._gone = [record for record in self._gone if record.location != same.location]
        self._refresh()
        return outcome

    def _ingest(self, file: Path, relative: str) -> FileOutcome:
        known = self._known.get(str(file))
        document_id = known.id if known is not None else self._free_id(relative)
        try:
            document = load_file(file, document_id, password=self._password)
        except IngestError as error:
            return FileOutcome(relative, Outcome(error.outcome), reason=str(error))
        if known is not None:
            with self._store.catalog.transaction():
                self._forget(known, keep=True)
        self._store.replace(document, str(self._root), str(file))
        self._refresh()
        return FileOutcome(relative, Outcome.INGESTED, document_id, len(document.pages))

    def _remove(self, record: FileRecord) -> None:
        with self._store.catalog.transaction():
            self._forget(record)
        self._refresh()

    def _forget(self, record: FileRecord, *, keep: bool = False) -> None:
        """Drop a file's record; a document that lives on under another name takes that name.

        With `keep`, a document without another name stays, to be replaced in one transaction with its successor.
        """
        catalog = self._store.catalog
        if record.is_alias:
            catalog.delete_alias(record.location)
            return
        heir = next(
            (
                other
                for other in catalog.files()
                if other.is_alias and other.content_hash == record.content_hash and Path(other.location).exists()
            ),
            None,
        )
        if heir is None:
            if not keep:
                catalog.delete(record.id)
        else:
            catalog.delete_alias(heir.location)
            catalog.rename(record.id, heir.id, heir.location, heir.root)

    def _refresh(self) -> None:
        self._known = {record.location: record for record in self._store.catalog.files()}

    def _holder(self, content_hash: str, fallback: str) -> str:
        return next(
            (
                record.id
                for record in self._known.values()
                if record.content_hash == content_hash and not record.is_alias
            ),
            fallback,
        )

    def _free_id(self, relative: str) -> str:
        """The path relative to the ingested folder; prefixed with the folder's name where another folder has it."""
        taken = {record.id for record in self._known.values()}
        return relative if relative not in taken else f"{self._root.name}/{relative}"


def _files(folder: Path) -> Iterable[Path]:
    """The files below a folder, but for hidden ones and the lock files of word processors."""
    for path in folder.rglob("*"):
        parts = path.relative_to(folder).parts
        if path.is_file() and not any(part.startswith((".", "~$")) for part in parts):
            yield path


def _known_root(store: Store, file: Path) -> Path:
    """The ingested folder that holds a single file, else the folder it stands in."""
    roots: Sequence[str] = sorted({record.root for record in store.catalog.files()}, key=len, reverse=True)
    return next((Path(root) for root in roots if file.is_relative_to(root)), file.parent)


def _hash(file: Path) -> str:
    with file.open("rb") as stream:
        return hashlib.file_digest(stream, "sha256").hexdigest()
