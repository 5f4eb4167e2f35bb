"""One writer at a time: the lock of a store's folder."""

import json
import os
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from datetime import UTC, datetime
from pathlib import Path

from filelock import FileLock, Timeout

from vectorstore.errors import StoreLocked, StoreUnwritable


@contextmanager
def write_lock(folder: Path, wait_seconds: float) -> Iterator[None]:
    """Hold the lock of one writer at a time, and leave a note for those who wait.

    Args:
        folder: The store's.
        wait_seconds: How long to wait for another process.

    Raises:
        StoreLocked: Another process still held it after `wait_seconds`.
        StoreUnwritable: The folder can only be read.
    """
    lock, note = FileLock(folder / "write.lock", thread_local=False), folder / "writer.json"
    try:
        lock.acquire(timeout=wait_seconds)
    except Timeout as error:
        raise StoreLocked(
            f"{_holder(note)} is writing to {folder}. Try again when it is done; `utblick ingest` and the "
            "chat's library hold the lock while they work."
        ) from error
    except OSError as error:
        raise StoreUnwritable(f"The folder {folder} can only be read: {error}. Check its permissions.") from error
    try:
        with suppress(OSError):
            note.write_text(json.dumps({"process": os.getpid(), "since": datetime.now(UTC).isoformat("T", "seconds")}))
        yield
    finally:
        with suppress(OSError):
            note.unlink(missing_ok=True)
        lock.release()


def _holder(note: Path) -> str:
    try:
        written = json.loads(note.read_text("utf-8"))
        return f"Process {written['process']}, since {written['since']},"
    except (OSError, ValueError, KeyError, TypeError):
        return "Another process"
