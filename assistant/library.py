"""The library: what is in the store, and the jobs that change it while the chat goes on answering."""

from collections.abc import Sequence
from pathlib import Path

from assistant.errors import AssistantError
from assistant.job import Job, JobKind
from assistant.jobs import Closing, Jobs, Tracker
from assistant.settings import Settings
from assistant.uploads import Receiver, Upload, Uploads
from ingest.address import normal_address
from ingest.find import location_of, path_of
from vectorstore.catalog import FileRecord
from vectorstore.change import Failure
from vectorstore.errors import UnknownDocument
from vectorstore.outcome import FAILURES, FileOutcome, Outcome
from vectorstore.store import Store
from vectorstore.sync import sync_path
from vectorstore.sync_web import sync_addresses
from vectorstore.types import DocumentRecord

UPLOADS = "uploads"
"""Folder of the uploaded files, in the folder of the store."""


class Library:
    """What is in a store, and jobs that change it. Safe to use from several threads.

    Args:
        store: The store that the chat answers from.
        settings: Where uploads and folders are, and what reading a file may cost.
    """

    def __init__(self, store: Store, settings: Settings) -> None:
        self._store = store
        self._settings = settings
        self._limits = settings.limits
        self.uploads = Uploads(store.folder / UPLOADS, self._limits.max_bytes)
        self.jobs = Jobs()

    def resume(self) -> list[Job]:
        """Go on with what was received and not synced before the program ended."""
        return [self.add_upload(upload) for upload in self.uploads.waiting()]

    def close(self) -> None:
        """End the jobs; the store stays open."""
        self.jobs.close()

    # What there is

    def records(self) -> list[DocumentRecord]:
        """All documents, by identifier."""
        return self._store.catalog.records()

    def failures(self) -> list[Failure]:
        """Files that could not be read, by location."""
        return self._store.catalog.failures()

    def folders(self) -> list[Path]:
        """Folders that may be synced: those that the settings name, and those that were ingested before.

        A page in a browser can name no other: whoever may change the library could else read any file of the machine.
        """
        files = self._store.catalog.files()
        known = {Path(record.root) for record in files if record.root}
        named = {folder.expanduser().resolve() for folder in self._settings.library_folders}
        return sorted(folder for folder in known | named if folder != self.uploads.folder.resolve())

    def origin(self, record: DocumentRecord) -> str:
        """Where a document comes from: `upload`, `web` or `folder`."""
        if record.location.startswith(("https://", "http://")):
            return "web"
        return "upload" if self.uploads.holds(path_of(record.location)) else "folder"

    # Jobs

    def receive(self, name: str, *, user: str = "", replace: bool = False) -> Receiver:
        """Begin to receive a file from a browser; when it is complete, `add_upload` reads it."""
        return self.uploads.receive(name, user=user, replace=replace)

    def add_upload(self, upload: Upload) -> Job:
        """Read a file that was received."""
        return self.jobs.submit(
            JobKind.UPLOAD,
            upload.name,
            upload.user,
            lambda tracker: self._read_upload(upload, tracker),
            lambda: self.uploads.discard(upload),
        )

    def add_address(self, address: str, user: str = "") -> Job:
        """Read a web page, or look again at one that is stored.

        Raises:
            UnreadableFile: It is no address of a web page.
        """
        address = normal_address(address)

        def work(tracker: Tracker) -> None:
            tracker.patiently(lambda: self._sync_address(address, tracker))

        return self.jobs.submit(JobKind.ADDRESS, address, user, work)

    def sync_folder(self, folder: Path, user: str = "") -> Job:
        """Bring the store in line with one of `folders`.

        Raises:
            AssistantError: It is none of them.
        """
        if folder not in self.folders():
            raise AssistantError(f"{folder} is not a folder of the library; name it in the setting library_folders.")

        def work(tracker: Tracker) -> None:
            tracker.patiently(
                lambda: sync_path(self._store, folder, limits=self._limits, report=tracker.report, start=tracker.start)
            )

        return self.jobs.submit(JobKind.FOLDER, str(folder), user, work)

    def remove(self, document_id: str, user: str = "") -> Job:
        """Take a document out of the store, and delete its file where that was uploaded.

        Raises:
            UnknownDocument: No document has this identifier.
        """
        if document_id not in {record.id for record in self.records()}:
            raise UnknownDocument(f"There is no document {document_id} in the library.")

        def work(tracker: Tracker) -> None:
            tracker.patiently(lambda: self._remove(document_id, tracker))

        return self.jobs.submit(JobKind.REMOVAL, document_id, user, work)

    def _read_upload(self, upload: Upload, tracker: Tracker) -> None:
        target = self.uploads.place(upload)
        told: list[FileOutcome] = []

        def report(outcome: FileOutcome, done: int, total: int) -> None:
            told.append(outcome)
            tracker.report(outcome, done, total)

        try:
            tracker.patiently(
                lambda: sync_path(self._store, target, limits=self._limits, report=report, start=tracker.start)
            )
        except Closing:  # it is placed again when the program starts again
            raise
        except BaseException:
            self._settle(upload, target, told)
            raise
        self._settle(upload, target, told)

    def _settle(self, upload: Upload, target: Path, told: Sequence[FileOutcome]) -> None:
        read = any(outcome.outcome not in FAILURES for outcome in told)
        location = location_of(target.resolve())
        stored = any(file.location == location for file in self._store.catalog.files())
        self.uploads.settle(upload, target, read=read, stored=stored)
        if not target.exists() and any(failure.location == location for failure in self.failures()):
            # The job tells what became of the file; nothing needs be known of one that is not kept.
            with self._store.writing(), self._store.catalog.transaction() as change:
                change.delete_failures([location])

    def _sync_address(self, address: str, tracker: Tracker) -> None:
        sync_addresses(
            self._store,
            [address],
            limits=self._limits,
            allow_private=self._settings.allow_private_addresses,
            report=tracker.report,
            start=tracker.start,
        )

    def _remove(self, document_id: str, tracker: Tracker) -> None:
        with self._store.writing():
            # First the files: one that cannot be deleted must not be left behind unseen.
            for file in self._store.catalog.files():
                if file.document == document_id:
                    self._delete_upload(file)
            self._store.remove(document_id)
        tracker.report(FileOutcome(document_id, Outcome.REMOVED, document_id), 1, 1)

    def _delete_upload(self, file: FileRecord) -> None:
        """Delete a file that was uploaded; others belong to whoever keeps their folder."""
        if file.root and self.uploads.holds(path_of(file.location)):
            path_of(file.location).unlink(missing_ok=True)
