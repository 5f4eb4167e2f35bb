"""Back up a store to one file while others use it, and restore it from there."""

import logging
import os
import shutil
import sqlite3
import time
import uuid
from collections.abc import Iterator
from contextlib import closing, contextmanager, suppress
from dataclasses import dataclass, replace
from pathlib import Path
from urllib.parse import quote

from vectorstore.catalog import Catalog
from vectorstore.errors import BackupUnusable, IndexUnavailable, StoreDamaged, StoreNotEmpty, StoreUnwritable
from vectorstore.lock import write_lock
from vectorstore.nearest import VectorIndex
from vectorstore.schema import MIGRATIONS, SCHEMA_VERSION

_log = logging.getLogger(__name__)
_CATALOG = "catalog.sqlite"
_ASIDE = "catalog.before-restore.sqlite"
_DAMAGED = "catalog.damaged.sqlite"
_MAGIC = b"SQLite format 3\0"
_LOGS = ("-wal", "-shm", "-journal")
_PAGES = 4096
"""How many pages, of 4 KiB, are copied at a time, so that an interrupt is heard."""

_DAY = 86_400.0


@dataclass(frozen=True, slots=True)
class Backup:
    """What a backup holds.

    Attributes:
        file: Where it is.
        documents: Number of documents.
        chunks: Number of chunks.
        size: Bytes.
        fingerprint: Of the model and chunker that made the vectors; None where nothing was stored.
    """

    file: Path
    documents: int
    chunks: int
    size: int
    fingerprint: str | None


@dataclass(frozen=True, slots=True)
class Restored:
    """What a restore did.

    Attributes:
        backup: What is in the store now.
        replaced: Number of documents that were there before; None where there was no store or it was not readable.
        kept: Where a damaged catalog was put that the backup took the place of.
    """

    backup: Backup
    replaced: int | None = None
    kept: Path | None = None


def backup_store(folder: Path, file: Path) -> Backup:
    """Copy a store to one file, as it is at this moment, while others read and write.

    The copy is checked before it takes the place of an earlier `file`, which it does at once. Chroma's folder is not
    in it: it is derived.

    Args:
        folder: The store's; it may be one that can only be read.
        file: Outside of `folder`; what it replaces must be a backup, too.

    Returns:
        What the backup holds.

    Raises:
        BackupUnusable: `file` is something else than a backup, or lies in the store's folder.
        StoreDamaged: The catalog cannot be read, or is damaged.
        StoreUnwritable: `file` cannot be written; what was there is there still.
    """
    _check_place(file, folder)
    if file.exists() and not _may_be_replaced(file):
        raise BackupUnusable(f"{file} is there already and is no backup of Utblick. Name another file.")
    target, catalog = file.resolve(), Catalog(folder / _CATALOG)
    try:
        with _beside(target) as part:
            # Within one snapshot the copy is not begun anew when another process writes.
            with catalog.reading() as source:
                _copy(source, part, "DELETE")
            made = read_backup(part)
            part.replace(target)
            _sync_folder(target.parent)
    except BackupUnusable as error:
        raise StoreDamaged(
            f"The store in {folder} is damaged, so no backup was made; {file} is as it was. `utblick doctor` says "
            "what is wrong."
        ) from error
    finally:
        catalog.close()
    return replace(made, file=file)


def read_backup(file: Path) -> Backup:
    """Check a backup from its first byte to its last, and say what it holds. Nothing is written.

    Raises:
        BackupUnusable: It is no backup, is damaged, or was made by another version.
    """
    try:
        with file.open("rb") as stream:
            if stream.read(len(_MAGIC)) != _MAGIC:
                raise BackupUnusable(f"{file} is no backup of Utblick. `utblick backup FILE` makes one.")
        log = file.with_name(f"{file.name}-wal")
        if log.exists() and log.stat().st_size:
            raise BackupUnusable(f"{file} is in use, its latest changes are in {log.name}. Restore from a backup.")
        with closing(_immutable(file)) as connection:
            tables = {row[0] for row in connection.execute("SELECT name FROM sqlite_master")}
            if not {"meta", "document", "chunk"} <= tables:
                raise BackupUnusable(f"{file} is no backup of Utblick. `utblick backup FILE` makes one.")
            meta = dict(connection.execute("SELECT key, value FROM meta").fetchall())
            if meta.get("schema") not in (SCHEMA_VERSION, *MIGRATIONS):
                raise BackupUnusable(
                    f"{file} was made by another version of Utblick (tables {meta.get('schema')}, this one has "
                    f"{SCHEMA_VERSION}). Restore it with that version, or ingest the documents again."
                )
            problem = _problem(connection)
            if problem:
                raise BackupUnusable(f"{file} is damaged: {problem}. Restore from another backup.")
            counts = [
                int(connection.execute(f"SELECT count(*) FROM {table}").fetchone()[0])
                for table in ("document", "chunk")
            ]
    except sqlite3.Error as error:
        raise BackupUnusable(f"{file} is damaged: {error}. Restore from another backup.") from error
    except OSError as error:
        raise BackupUnusable(f"{file} cannot be read: {error.strerror or error}. Check its name and rights.") from error
    return Backup(file, counts[0], counts[1], file.stat().st_size, meta.get("fingerprint"))


def restore_store(file: Path, folder: Path, *, force: bool = False, wait_seconds: float = 10.0) -> Restored:
    """Put what a backup holds in the place of a store.

    A sound store is replaced within one transaction of its own file: others who have it open see the former documents
    or the restored ones, and a restore that dies leaves the former. A copy of it stands beside it until the restored
    one has been checked. A damaged catalog is moved aside and kept. The vector index is made anew.

    Args:
        file: A backup, outside of `folder`.
        folder: The store's; made when absent.
        force: Replace the documents that are there.
        wait_seconds: How long to wait for another process that writes.

    Returns:
        What was done.

    Raises:
        BackupUnusable: The file is no backup, or is damaged; nothing was changed.
        StoreNotEmpty: There are documents, and `force` was not given.
        StoreLocked: Another process is writing.
        StoreUnwritable: The folder cannot be written, or the disk is full; the former store is as it was.
    """
    _check_place(file, folder)
    backup = read_backup(file)
    try:
        folder.mkdir(parents=True, exist_ok=True)
    except OSError as error:
        raise StoreUnwritable(f"The data folder {folder} cannot be made: {error}. Name another with --data.") from error
    with write_lock(folder, wait_seconds):
        path = folder / _CATALOG
        with _writes(folder):
            sound, documents = _present(path)
        if documents != 0 and not force:
            holds = f"holds {documents} documents" if documents else "holds a catalog that cannot be read"
            raise StoreNotEmpty(f"The store in {folder} {holds}. To replace it with {file}, add --force.")
        kept = None
        with _writes(folder):
            if sound:
                _pour(file, path, folder / _ASIDE)
            else:
                kept = _place(file, path, folder / _DAMAGED)
        _renew(folder)
    return Restored(backup, documents if sound else None, kept)


def _check_place(file: Path, folder: Path) -> None:
    if file.is_dir():
        raise BackupUnusable(f"{file} is a folder. Name a file.")
    if file.resolve().is_relative_to(folder.resolve()):
        raise BackupUnusable(f"{file} lies in the store's own folder {folder}. Name a file elsewhere.")


def _may_be_replaced(file: Path) -> bool:
    """Whether a file is an earlier backup, be it damaged, or empty; nothing else is overwritten."""
    if not file.is_file():
        return False
    with _writes(file.parent), file.open("rb") as stream:
        return stream.read(len(_MAGIC)) in (_MAGIC, b"")


def _present(path: Path) -> tuple[bool, int | None]:
    """Whether a catalog is sound, and how many documents it holds; None where it cannot tell."""
    if not path.exists() or not path.stat().st_size:
        return False, 0
    try:
        with closing(sqlite3.connect(f"file:{quote(str(path.absolute()))}?mode=rw", uri=True)) as connection:
            count = int(connection.execute("SELECT count(*) FROM document").fetchone()[0])
            return _problem(connection) is None, count
    except sqlite3.DatabaseError as error:
        # No table, no database, or a damaged one; what else there is has to do with the disk.
        if error.sqlite_errorcode & 0xFF not in (sqlite3.SQLITE_ERROR, sqlite3.SQLITE_NOTADB, sqlite3.SQLITE_CORRUPT):
            raise
        return False, None


def _pour(file: Path, path: Path, aside: Path) -> None:
    """Replace the content of a sound catalog in one transaction; until that is checked, a copy stands aside."""
    with closing(sqlite3.connect(path, isolation_level=None)) as live:
        _remove(aside)
        _copy(live, aside, "DELETE")
        try:
            _fill(live, file)
        except BaseException:
            # The transaction was rolled back.
            _remove(aside)
            raise
        problem = _problem(live)
        if problem:
            _fill(live, aside)
            raise StoreUnwritable(f"What was restored to {path} came out damaged: {problem}. The former is back.")
    _remove(aside)


def _fill(live: sqlite3.Connection, file: Path) -> None:
    with closing(_immutable(file)) as source:
        source.backup(live, pages=_PAGES, progress=_hear_interrupts)


def _place(file: Path, path: Path, damaged: Path) -> Path | None:
    """Put a catalog where there is none, or in the place of a damaged one, which is moved aside with its log."""
    with _beside(path) as part:
        with closing(_immutable(file)) as source:
            _copy(source, part, "WAL")
        read_backup(part)
        there = path.exists() and path.stat().st_size > 0
        if there:
            _remove(damaged)
            try:
                damaged.hardlink_to(path)
            except OSError:
                shutil.copyfile(path, damaged)
        for log in _LOGS:
            # A log that is left behind would be played into the restored catalog.
            with suppress(FileNotFoundError):
                path.with_name(path.name + log).replace(damaged.with_name(damaged.name + log))
        part.replace(path)
        _sync_folder(path.parent)
    return damaged if there else None


def _renew(folder: Path) -> None:
    """Give what is derived a new beginning: no copy in memory or in Chroma is taken for the restored documents."""
    catalog = Catalog(folder / _CATALOG)
    try:
        with catalog.transaction():
            pass
        index = VectorIndex(folder / "chroma", catalog)
        try:
            index.rebuild()
        except IndexUnavailable as error:
            _log.warning("%s", error)
        finally:
            index.close()
    finally:
        catalog.close()


def _copy(source: sqlite3.Connection, target: Path, journal: str) -> None:
    """Copy a database to a new file and let nothing of it stay in a cache."""
    with _writes(target.parent):
        with closing(sqlite3.connect(target, isolation_level=None)) as connection:
            # Nobody uses the copy before it is whole.
            connection.execute("PRAGMA journal_mode = OFF")
            connection.execute("PRAGMA synchronous = OFF")
            source.backup(connection, pages=_PAGES, progress=_hear_interrupts)
        with closing(sqlite3.connect(target, isolation_level=None)) as connection:
            connection.execute(f"PRAGMA journal_mode = {journal}")
        with target.open("rb+") as stream:
            os.fsync(stream.fileno())


def _hear_interrupts(status: int, remaining: int, total: int) -> None:
    """Called between two portions; that Python runs here is what lets Ctrl+C through."""


def _problem(connection: sqlite3.Connection) -> str | None:
    """What is wrong with a database beside its full text, which is made from the rest; None when it is well."""
    rows = [str(row[0]) for row in connection.execute("PRAGMA integrity_check(10)")]
    found = [row for row in rows if row != "ok" and "FTS5" not in row]
    if not found and connection.execute("PRAGMA foreign_key_check").fetchone() is not None:
        found = ["rows belong to documents that are not there"]
    return found[0] if found else None


def _immutable(file: Path) -> sqlite3.Connection:
    """A database that nobody changes: read without locks and without a log beside it."""
    return sqlite3.connect(f"file:{quote(str(file.absolute()))}?mode=ro&immutable=1", uri=True)


@contextmanager
def _beside(file: Path) -> Iterator[Path]:
    """A name for a file that is to take the place of another, in its folder; what is left of it is removed."""
    with suppress(OSError):
        for old in file.parent.glob(f".{file.name}-*.part*"):
            # Left by a process that was killed, unless another one is at it now.
            if time.time() - old.stat().st_mtime > _DAY:
                _remove(old)
    part = file.with_name(f".{file.name}-{uuid.uuid4().hex[:8]}.part")
    with _writes(file.parent):
        try:
            yield part
        finally:
            for log in ("", *_LOGS):
                _remove(part.with_name(part.name + log))


@contextmanager
def _writes(folder: Path) -> Iterator[None]:
    try:
        yield
    except (OSError, sqlite3.Error) as error:
        raise StoreUnwritable(
            f"{folder} cannot be written: {error}. What was there is as it was. Free disk space or check the "
            "permissions, then run the command again."
        ) from error


def _remove(file: Path) -> None:
    with suppress(OSError):
        file.unlink(missing_ok=True)


def _sync_folder(folder: Path) -> None:
    """Write a renaming to the disk, where the system can."""
    with suppress(OSError):
        descriptor = os.open(folder, os.O_RDONLY)
        try:
            os.fsync(descriptor)
        finally:
            os.close(descriptor)
