"""Sync files and folders with the store: new, changed, unchanged, renamed, removed, and what could not be read."""

import hashlib
import logging
import shutil
from collections.abc import Iterator
from importlib.metadata import version
from pathlib import Path

from ingest.document import Document, Fact
from ingest.errors import IngestError, UnreadableFile
from ingest.find import FoundFiles, find_files, location_of, path_of, printable
from ingest.limits import Limits
from ingest.overrides import read_overrides
from ingest.worker import LoadWorker
from vectorstore.catalog import FileRecord
from vectorstore.change import Failure
from vectorstore.errors import DuplicateContent, FolderEmpty
from vectorstore.outcome import FAILURES, FileOutcome, Outcome, Report, Start, kept, silent, unannounced, unread_pages
from vectorstore.plan import Plan, PresentFile, Reading, plan_sync
from vectorstore.rearrange import exists, rearrange
from vectorstore.store import Store

__all__ = ["FAILURES", "FileOutcome", "Outcome", "Report", "sync_path"]

_log = logging.getLogger(__name__)


def sync_path(
    store: Store,
    path: Path,
    *,
    password: str | None = None,
    limits: Limits | None = None,
    force: bool = False,
    reread: bool = False,
    report: Report = silent,
    start: Start = unannounced,
) -> list[FileOutcome]:
    """Bring the store in line with a folder, or with one file.

    Files are told apart by content: a renamed file keeps its document, a copy is listed beside it. One unreadable file
    never stops the others, and a document that can no longer be read keeps its last readable state. What a
    `documents.toml` states about files goes before what is read from them. Running it again without changes does
    nothing. It may be interrupted at any moment; the next run goes on.

    Args:
        store: The store; its write lock is held meanwhile.
        path: A folder, read with all below it, or a file.
        password: Tried on encrypted files.
        limits: What reading one file may cost; None for the usual ones.
        force: Remove the documents of a folder that is gone or empty.
        reread: Read unchanged files as well, after an upgrade that reads better.
        report: Called after each file.
        start: Called before a file is read.

    Returns:
        One outcome for each file found, and one for each file that is gone.

    Raises:
        FileNotFoundError: Nothing is at `path`.
        FolderEmpty: The folder had documents and holds no file now.
        OverridesError: A `documents.toml` holds what is not known.
        StoreLocked: Another process is writing.
        StoreUnwritable: The disk is full or the store can only be read; what was reported before is stored.
    """
    try:
        path = path.resolve()
    except RuntimeError as error:
        raise FileNotFoundError(f"{path} is a link that leads to itself.") from error
    if not path.exists() and not force:
        raise FileNotFoundError(f"There is no file or folder {path}.")
    if path.exists() and not (path.is_file() or path.is_dir()):
        raise FileNotFoundError(f"{path} is neither a file nor a folder, but a device, pipe or socket; name a file.")
    with store.writing(), LoadWorker(limits) as worker:
        return _Sync(store, worker, path, password, force, reread, report, start).run()


class _Sync:
    """One run over one folder or file."""

    def __init__(
        self,
        store: Store,
        worker: LoadWorker,
        path: Path,
        password: str | None,
        force: bool,
        reread: bool,
        report: Report,
        start: Start,
    ) -> None:
        self._store, self._catalog = store, store.catalog
        self._worker = worker
        self._password = password
        self._reread = reread
        self._report = report
        self._start = start
        self._known = self._catalog.files()
        self._root = path if path.is_dir() or not path.exists() else _known_root(self._known, path)
        self._found = find_files(path) if path == self._root else FoundFiles((path,))
        self._scope = path
        if not path.exists() and not any(self._covers(record.location) for record in self._known):
            raise FileNotFoundError(f"There is no file or folder {path}, and no document of it is stored.")
        if not (self._found.files or force) and any(self._covers(record.location) for record in self._known):
            raise FolderEmpty(
                f"{path} holds no files now, but documents from it are stored. Is it mounted? Nothing was removed; "
                "to remove its documents, run `utblick ingest --force` on it."
            )
        self._overrides = read_overrides(self._root, self._found.files)
        self._problems: dict[str, FileOutcome] = {}
        self._failures = {failure.location: failure for failure in self._catalog.failures()}
        self._outcomes: list[FileOutcome] = []
        self._total = len(self._found.files)

    def run(self) -> list[FileOutcome]:
        if self._scope == self._root:
            for overrides, pattern in self._overrides.unused(self._found.files):
                _log.warning('%s: section ["%s"] is about no file that is there.', overrides, pattern)
        present = [self._look_at(file) for file in self._found.files]
        plan = plan_sync(self._known, present, self._covers, exists)
        self._total = len(present) + len(plan.gone) + len(self._found.closed)
        rearrange(self._store, plan)
        self._forget_failures(present)
        for copy, _, document_id in plan.copies:
            self._add(FileOutcome(copy.relative, Outcome.DUPLICATE, document_id))
        self._bring_up_to_date(plan)
        for reading in plan.readings:
            self._read(reading)
        for record in plan.gone:
            self._add(FileOutcome(self._relative(path_of(record.location)), Outcome.REMOVED, record.id))
        for folder, reason in self._found.closed:
            relative = self._relative(folder)
            self._add(FileOutcome(relative, Outcome.UNREADABLE, reason=f"The folder cannot be opened: {reason}."))
        return sorted(self._outcomes, key=lambda outcome: (outcome.outcome == Outcome.REMOVED, outcome.path))

    def _add(self, outcome: FileOutcome) -> None:
        self._outcomes.append(outcome)
        self._report(outcome, len(self._outcomes), self._total)

    def _look_at(self, file: Path) -> PresentFile:
        relative, location = self._relative(file), location_of(file)
        content_hash: str | None = None
        try:
            size = file.stat().st_size
            if size > self._worker.limits.max_bytes:
                limit = self._worker.limits.max_bytes // 2**20
                reason = f"{file.name} is {size // 2**20} MB, the limit is {limit} MB; divide the file."
                self._problems[location] = FileOutcome(relative, Outcome.TOO_LARGE, reason=reason)
            else:
                content_hash = _hash(file)
        except OSError as error:
            reason = f"The file cannot be opened: {error.strerror or error}. Check its rights."
            self._problems[location] = FileOutcome(relative, Outcome.UNREADABLE, reason=reason)
        if content_hash is None and not any(record.location == location for record in self._known):
            self._add(self._problems[location])
        return PresentFile(location, relative, str(self._root), content_hash)

    def _bring_up_to_date(self, plan: Plan) -> None:
        """Files whose content is stored: what their new name tells, and what is now stated about them."""
        records = {record.location: record for record in self._catalog.files()}
        stated = self._catalog.stated()
        renamed = [(file, identifier, Outcome.RENAMED) for file, identifier in plan.renamed]
        unchanged = [(file, identifier, Outcome.UNCHANGED) for file, identifier in plan.unchanged]
        for file, identifier, outcome in (*renamed, *unchanged):
            if file.location in self._problems:
                problem = self._problems[file.location]
                self._add(FileOutcome(problem.path, problem.outcome, identifier, reason=kept(problem.reason)))
                continue
            record = records[file.location]
            facts = self._facts(file)
            pages, changed = None, False
            if not record.is_alias and (record.moved or self._reread):
                pages, changed = self._read_again(file, identifier, facts), self._reread
            elif not record.is_alias and facts != stated.get(identifier, ()):
                self._store.restate(identifier, facts)
                changed = True
            became = Outcome.INGESTED if changed and outcome == Outcome.UNCHANGED else outcome
            self._add(FileOutcome(file.relative, became, identifier, pages))

    def _read_again(self, file: PresentFile, identifier: str, facts: tuple[Fact, ...]) -> int | None:
        """Read a stored file anew; where that fails, what is stored stays."""
        try:
            document = self._load(file, identifier)
            self._store.replace(document, file.root, file.location, facts)
        except (IngestError, DuplicateContent) as error:
            _log.warning("%s: %s", file.relative, kept(str(error)))
            with self._catalog.transaction() as change:
                change.mark_read(identifier)
            return None
        return len(document.pages)

    def _read(self, reading: Reading) -> None:
        """Read new content, and list its copies."""
        file, earlier = reading.file, self._earlier_failure(reading.file)
        if earlier is not None:
            self._fail(reading, Outcome(earlier.outcome), earlier.reason)
            return
        try:
            document = self._load(file, reading.document)
            self._store.replace(document, file.root, file.location, self._facts(file), reading.copies_as_aliases())
        except IngestError as error:
            outcome = Outcome(error.outcome)
            if outcome != Outcome.TIMED_OUT and not isinstance(error, _Changing):
                self._remember_failure(file, outcome, str(error))
            self._fail(reading, outcome, str(error))
            return
        except DuplicateContent:
            self._fail(reading, Outcome.UNREADABLE, str(_Changing(file.relative)))
            return
        pages, unread = len(document.pages), unread_pages(document)
        self._add(FileOutcome(file.relative, Outcome.INGESTED, reading.document, pages, unread))
        for copy, _ in reading.copies:
            self._add(FileOutcome(copy.relative, Outcome.DUPLICATE, reading.document))

    def _load(self, file: PresentFile, identifier: str) -> Document:
        """Read a file that stays the same meanwhile; one that was just being written is tried once more."""
        path = path_of(file.location)
        self._start(file.relative, len(self._outcomes), self._total)
        for _ in range(2):
            document = self._worker.load_file(path, identifier, password=self._password)
            try:
                if _hash(path) == document.content_hash:
                    return document
            except OSError as error:
                raise UnreadableFile(f"{file.relative} cannot be opened: {error.strerror or error}.") from error
        raise _Changing(file.relative)

    def _fail(self, reading: Reading, outcome: Outcome, reason: str) -> None:
        documents = {record.location: record.document for record in self._known}
        for file in (reading.file, *(copy for copy, _ in reading.copies)):
            document = documents.get(file.location)
            self._add(FileOutcome(file.relative, outcome, document, reason=kept(reason) if document else reason))

    def _earlier_failure(self, file: PresentFile) -> Failure | None:
        if self._reread or self._password is not None:
            return None
        earlier = self._failures.get(file.location)
        if earlier is None or earlier.content_hash != file.content_hash:
            return None
        return earlier if earlier.circumstances == self._circumstances() else None

    def _remember_failure(self, file: PresentFile, outcome: Outcome, reason: str) -> None:
        failure = Failure(
            file.location, file.root, file.content_hash or "", outcome.value, reason, self._circumstances()
        )
        if failure != self._failures.get(file.location):
            with self._catalog.transaction() as change:
                change.record_failure(failure)

    def _forget_failures(self, present: list[PresentFile]) -> None:
        locations = {file.location for file in present}
        gone = [
            failure.location
            for failure in self._failures.values()
            if self._covers(failure.location) and failure.location not in locations
        ]
        if gone:
            with self._catalog.transaction() as change:
                change.delete_failures(gone)

    def _circumstances(self) -> str:
        """What a failure depends on beside the file."""
        return f"{version('utblick')} {self._worker.limits} {shutil.which('tesseract')}"

    def _facts(self, file: PresentFile) -> tuple[Fact, ...]:
        return self._overrides.facts_for(path_of(file.location))

    def _relative(self, path: Path) -> str:
        return printable(path.relative_to(self._root).as_posix() if path != self._root else path.name)

    def _covers(self, location: str) -> bool:
        """Whether a stored file should have been found, if it is still there."""
        path = path_of(location)
        return path.is_relative_to(self._scope) and not any(
            path.is_relative_to(folder) for folder, _ in self._found.closed
        )


class _Changing(UnreadableFile):
    """A file is being written to."""

    def __init__(self, name: str) -> None:
        super().__init__(f"{name} was changed while it was read; run the command again when it is complete.")


def _known_root(known: list[FileRecord], file: Path) -> Path:
    """The ingested folder that holds a single file, else the folder it stands in."""
    roots: Iterator[Path] = (Path(record.root) for record in known if record.root)
    return max(
        (root for root in roots if file.is_relative_to(root)), key=lambda root: len(root.parts), default=file.parent
    )


def _hash(file: Path) -> str:
    with file.open("rb") as stream:
        return hashlib.file_digest(stream, "sha256").hexdigest()
