"""The SQLite file below the catalog: a connection for each thread, snapshots to read from, one writer at a time."""

import os
import sqlite3
import threading
import time
import weakref
from collections.abc import Iterator, Sequence
from contextlib import contextmanager, suppress
from pathlib import Path
from urllib.parse import quote

from vectorstore.errors import StoreDamaged, StoreLocked, StoreUnwritable, VectorStoreError

_BUSY_SECONDS = 30.0
_LOCKED = {sqlite3.SQLITE_BUSY, sqlite3.SQLITE_LOCKED}
_UNWRITABLE = {
    sqlite3.SQLITE_FULL,
    sqlite3.SQLITE_READONLY,
    sqlite3.SQLITE_IOERR,
    sqlite3.SQLITE_CANTOPEN,
    sqlite3.SQLITE_PERM,
    sqlite3.SQLITE_TOOBIG,
}
_NO_ROOM = {"SQLITE_FULL", "SQLITE_IOERR_SHMSIZE", "SQLITE_IOERR_SHMOPEN", "SQLITE_IOERR_SHMMAP", "SQLITE_IOERR_WRITE"}
"""What readers meet on a full disk: SQLite makes a file of 32 KiB beside the catalog for them."""


class _Connection(sqlite3.Connection):
    """A connection that can be kept in a weak set."""


class Database:
    """One SQLite file in WAL mode. Any number of threads and processes may read while one writes.

    Args:
        path: The file; made when absent, where the folder can be written.
    """

    def __init__(self, path: Path) -> None:
        self.path = path
        self.read_only = False
        self._local = threading.local()
        self._connections: weakref.WeakSet[_Connection] = weakref.WeakSet()
        self._connections_lock = threading.Lock()
        self._closed = False

    @property
    def connection(self) -> sqlite3.Connection:
        """This thread's connection.

        Raises:
            StoreDamaged: The file cannot be opened.
            StoreUnwritable: There is none, and none can be made; or the disk is too full even for reading.
        """
        if self._closed:
            raise VectorStoreError(f"The store in {self.path.parent} was closed; open it again.")
        connection: _Connection | None = getattr(self._local, "connection", None)
        if connection is None:
            connection = self._open()
            self._local.connection = connection
        return connection

    def close(self) -> None:
        """Close the connections of all threads. What is asked of the database afterwards is an error."""
        with self._connections_lock:
            self._closed = True
            for connection in list(self._connections):
                connection.close()

    @contextmanager
    def reading(self) -> Iterator[sqlite3.Connection]:
        """One snapshot: all that is read within belongs together, whatever is written meanwhile. May be nested.

        Raises:
            StoreDamaged: The file cannot be read.
        """
        connection = self.connection
        if connection.in_transaction:
            yield connection
            return
        try:
            connection.execute("BEGIN")
            try:
                yield connection
            finally:
                if connection.in_transaction:
                    connection.execute("ROLLBACK")
        except sqlite3.Error as error:
            raise self._translated(error, writing=False) from error

    @contextmanager
    def writing(self) -> Iterator[sqlite3.Connection]:
        """A write transaction: all of its changes are stored, or none. One within another is an error.

        Raises:
            StoreUnwritable: The disk is full or the file may not be written; nothing was stored.
            StoreLocked: Another process held the file for too long.
        """
        connection = self.connection
        if self.read_only:
            raise StoreUnwritable(f"The folder {self.path.parent} can only be read. Check its permissions.")
        if connection.in_transaction:
            raise RuntimeError("A transaction was begun within another, or within a snapshot.")
        try:
            connection.execute("BEGIN IMMEDIATE")
            try:
                yield connection
                connection.execute("COMMIT")
            except BaseException:
                # A full disk has already rolled back; a second error here must not hide the first.
                with suppress(sqlite3.Error):
                    if connection.in_transaction:
                        connection.execute("ROLLBACK")
                raise
        except sqlite3.Error as error:
            raise self._translated(error, writing=True) from error

    def create(self, schema: str) -> None:
        """Make or change tables in one transaction.

        Raises:
            StoreUnwritable: The folder cannot be written.
        """
        self._check_writable()
        deadline = time.monotonic() + _BUSY_SECONDS
        while True:
            try:
                self.connection.execute("PRAGMA journal_mode = WAL")
                self.connection.executescript(f"BEGIN IMMEDIATE; {schema} COMMIT;")
                return
            except sqlite3.Error as error:
                with suppress(sqlite3.Error):
                    if self.connection.in_transaction:
                        self.connection.execute("ROLLBACK")
                # SQLite does not wait for a process that is changing the journal mode at this moment.
                if _code(error) not in _LOCKED or time.monotonic() > deadline:
                    raise self._translated(error, writing=True) from error
                time.sleep(0.05)

    def migrate(self, version: str, new_version: str, statements: Sequence[str]) -> None:
        """Change the tables of one version into those of another in one transaction, unless that has been done.

        Raises:
            StoreUnwritable: The file may not be written; nothing was changed.
        """
        self._check_writable()
        with self.writing() as connection:
            found = connection.execute("SELECT value FROM meta WHERE key = 'schema'").fetchone()
            if found is not None and found[0] == version:
                for statement in statements:
                    connection.execute(statement)
                connection.execute("UPDATE meta SET value = ? WHERE key = 'schema'", (new_version,))

    def _check_writable(self) -> None:
        if self.read_only:
            raise StoreUnwritable(
                f"The store in {self.path.parent} has to be made or brought up to date, and the folder can only be "
                "read. Run `utblick doctor --repair` as someone who may write there."
            )

    def make_durable(self) -> None:
        """Write what was committed to its final place on the disk, as far as readers allow."""
        with suppress(sqlite3.Error):
            self.connection.execute("PRAGMA wal_checkpoint(PASSIVE)")

    def _open(self) -> _Connection:
        with self._connections_lock:
            try:
                connection = self._connected()
            except sqlite3.Error as error:
                raise self._translated(error, writing=False) from error
            self._connections.add(connection)
            return connection

    def _connected(self) -> _Connection:
        """For writing where that is allowed, else for reading; on a medium that cannot change, without locks."""
        quoted = quote(str(self.path.absolute()))
        if self.path.exists() and not _writable(self.path):
            self.read_only = True
            try:
                return _checked(f"file:{quoted}?mode=ro")
            except sqlite3.OperationalError:
                return _checked(f"file:{quoted}?immutable=1")
        try:
            return _checked(f"file:{quoted}?mode=rwc")
        except sqlite3.OperationalError as error:
            if _code(error) in _UNWRITABLE and not self.path.exists():
                raise StoreUnwritable(
                    f"No store can be made in {self.path.parent}: {error}. Check the folder and its permissions."
                ) from error
            raise

    def _translated(self, error: sqlite3.Error, *, writing: bool) -> VectorStoreError:
        code = _code(error)
        if code in _LOCKED:
            return StoreLocked(f"Another process holds {self.path} ({error}). Try again when it is done.")
        if writing and code in _UNWRITABLE:
            return StoreUnwritable(
                f"The catalog {self.path} refused a change: {error}. Nothing of it was stored. "
                "Free disk space or check the permissions, then run the command again."
            )
        if _name(error) in _NO_ROOM:
            return StoreUnwritable(
                f"The catalog {self.path} cannot be read, since nothing can be written beside it: {error}. The disk "
                "is probably full; nothing is lost. Free disk space, then run the command again."
            )
        return StoreDamaged(
            f"The catalog {self.path} cannot be used: {error}. If the file is damaged, put back a copy, or move the "
            "data folder away and ingest again."
        )


def _checked(address: str) -> _Connection:
    connection = sqlite3.connect(
        address, timeout=_BUSY_SECONDS, isolation_level=None, check_same_thread=False, factory=_Connection, uri=True
    )
    try:
        connection.execute("PRAGMA foreign_keys = ON")
        # With a write-ahead log a killed process loses nothing; after a power cut the last files are read again.
        connection.execute("PRAGMA synchronous = NORMAL")
        connection.execute("SELECT count(*) FROM sqlite_master").fetchone()
    except BaseException:
        connection.close()
        raise
    return connection


def _writable(path: Path) -> bool:
    """Whether a connection for writing would work: the log beside the file has to be made, too."""
    effective = os.access in os.supports_effective_ids
    return all(os.access(place, os.W_OK, effective_ids=effective) for place in (path, path.parent))


def _code(error: sqlite3.Error) -> int:
    """SQLite's primary result code."""
    return getattr(error, "sqlite_errorcode", 0) & 0xFF


def _name(error: sqlite3.Error) -> str:
    """The name of SQLite's extended result code."""
    return str(getattr(error, "sqlite_errorname", ""))
