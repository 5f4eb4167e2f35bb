"""Files that come from a browser: their names, which nobody vouches for, and the folder in which they are kept.

    uploads/                     one file each, as they are synced with the store
    uploads/.incoming/TOKEN/     content, upload.json once it is complete, former: what it is about to replace

What was received and not yet synced when the program ended is there when it starts again.
"""

import json
import os
import re
import shutil
import time
import unicodedata
import uuid
from collections.abc import Iterator
from contextlib import suppress
from dataclasses import asdict, dataclass
from pathlib import Path, PurePosixPath
from types import TracebackType
from typing import IO, Self

from assistant.errors import UploadRefused
from ingest.overrides import OVERRIDES_NAME

_FORBIDDEN = re.compile(r'[<>:"|?*]')
_DEVICES = re.compile(r"^(?:con|prn|aux|nul|com\d|lpt\d)(?:\..*)?$", re.IGNORECASE)
_BYTES = 200
_MEGABYTE = 2**20
_TRIES = 10_000
_COMING = 3600


def safe_name(name: str) -> str:
    """The name under which an uploaded file is kept: no path, nothing hidden, nothing that a terminal or page obeys.

    Args:
        name: As the browser tells it.

    Raises:
        UploadRefused: Nothing is left of it, or it is one that steers how documents are read.
    """
    last = re.split(r"[/\\]", name)[-1]
    composed = unicodedata.normalize("NFC", last.encode("utf-8", "ignore").decode("utf-8"))
    plain = "".join(sign for sign in composed if sign.isprintable())  # no controls, no signs that turn the direction
    plain = _FORBIDDEN.sub("_", plain).lstrip(" .~$").rstrip(" .")
    stem, suffix = PurePosixPath(plain).stem, PurePosixPath(plain).suffix
    if len(suffix.encode()) > _BYTES // 4:
        stem, suffix = plain, ""
    cut = stem.encode()[: _BYTES - len(suffix.encode())].decode("utf-8", "ignore").rstrip(" .")
    plain = cut + suffix
    if not stem.strip(" ._") or plain.casefold() == OVERRIDES_NAME.casefold():
        raise UploadRefused(f"A file cannot be uploaded under the name {plain or last!r}; give it another name.")
    return f"_{plain}" if _DEVICES.match(plain) else plain


@dataclass(frozen=True, slots=True)
class Upload:
    """A file that was received and waits to be synced.

    Attributes:
        name: Safe name.
        user: Who sent it; empty where nobody signs in.
        replace: Whether it takes the place of a file of the same name.
        token: Names its folder.
    """

    name: str
    user: str
    replace: bool
    token: str


class Uploads:
    """The folder of uploaded files.

    Args:
        folder: Where they are kept; made when the first one comes.
        max_bytes: What a file may have.
    """

    def __init__(self, folder: Path, max_bytes: int) -> None:
        self.folder = folder.absolute()
        self._resolved = folder.resolve()
        self._max_bytes = max_bytes
        self._incoming = self.folder / ".incoming"

    def receive(self, name: str, *, user: str = "", replace: bool = False) -> "Receiver":
        """Begin to receive a file; see `Receiver`.

        Raises:
            UploadRefused: The name cannot be used.
            OSError: The folder cannot be written.
        """
        upload = Upload(safe_name(name), user, replace, uuid.uuid4().hex)
        return Receiver(upload, self._incoming / upload.token, self._max_bytes)

    def waiting(self) -> Iterator[Upload]:
        """What was received and not synced before the program ended; what was not received whole is removed.

        What came within the last hour may still be coming, to another program over the same folder.
        """
        for folder in sorted(self._incoming.iterdir()) if self._incoming.is_dir() else ():
            try:
                upload = Upload(**json.loads((folder / "upload.json").read_text("utf-8")))
            except (OSError, ValueError, TypeError):
                with suppress(OSError):
                    if time.time() - folder.stat().st_mtime > _COMING:
                        shutil.rmtree(folder, ignore_errors=True)
            else:
                yield upload

    def place(self, upload: Upload) -> Path:
        """Put a received file among the uploaded ones, and keep what it replaces until that is settled.

        Where another file has its name and is not to be replaced, it gets a name with a number. May be called again
        for an upload that was placed and not settled.

        Returns:
            Where it is now.
        """
        folder = self._incoming / upload.token
        content, former = folder / "content", folder / "former"
        target = self.folder / upload.name
        if former.exists():  # the program ended before it was settled
            former.replace(target)
        if target.exists() and not _same(content, target):
            if upload.replace:
                _link(target, former)
            else:
                target = self._free_name(upload.name, content)
        fresh = folder / "fresh"
        fresh.unlink(missing_ok=True)
        _link(content, fresh)
        fresh.replace(target)
        return target

    def settle(self, upload: Upload, target: Path, *, read: bool, stored: bool) -> None:
        """End what `place` began: a file that was read stays, for another one what it replaced comes back.

        Args:
            upload: What was received.
            target: Where it was put.
            read: Whether it could be read.
            stored: Whether a document of the store was read from that place before.
        """
        former = self._incoming / upload.token / "former"
        if not read and former.exists():
            former.replace(target)
        elif not (read or stored):
            target.unlink(missing_ok=True)
        self.discard(upload)

    def discard(self, upload: Upload) -> None:
        """Forget a received file."""
        shutil.rmtree(self._incoming / upload.token, ignore_errors=True)

    def holds(self, path: Path) -> bool:
        """Whether a file is one of the uploaded ones."""
        return path.is_relative_to(self._resolved)

    def _free_name(self, name: str, content: Path) -> Path:
        """`plan (2).pdf`, or the next number that is free; one that has this very content counts as free."""
        stem, suffix = PurePosixPath(name).stem, PurePosixPath(name).suffix
        for number in range(2, _TRIES):
            target = self.folder / f"{stem} ({number}){suffix}"
            if not target.exists() or _same(content, target):
                return target
        raise UploadRefused(f"There are {_TRIES} files of the name {name}; give it another name.")


class Receiver:
    """Takes the bytes of one file; within `with`, what is not completed leaves nothing behind.

    Args:
        upload: What is received.
        folder: Where to.
        max_bytes: What it may have.
    """

    def __init__(self, upload: Upload, folder: Path, max_bytes: int) -> None:
        self.upload = upload
        self._folder = folder
        self._max_bytes = max_bytes
        self._received = 0
        self._complete = False
        folder.mkdir(parents=True)
        self._stream: IO[bytes] = (folder / "content").open("wb")

    def __enter__(self) -> Self:
        return self

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, at: TracebackType | None) -> None:
        with suppress(OSError):
            self._stream.close()
        if not self._complete:
            shutil.rmtree(self._folder, ignore_errors=True)

    def write(self, part: bytes) -> None:
        """Take the next bytes.

        Raises:
            UploadRefused: The file is larger than is permitted.
            OSError: The disk is full.
        """
        self._received += len(part)
        if self._received > self._max_bytes:
            limit = self._max_bytes // _MEGABYTE
            raise UploadRefused(
                f"{self.upload.name} is larger than the limit of {limit} MB; divide the file.", outcome="too_large"
            )
        self._stream.write(part)

    def complete(self) -> Upload:
        """All bytes have come.

        Raises:
            OSError: The disk is full.
        """
        self._stream.flush()
        os.fsync(self._stream.fileno())
        self._stream.close()
        note = self._folder / "upload.part"
        note.write_text(json.dumps(asdict(self.upload)), "utf-8")
        note.replace(self._folder / "upload.json")
        self._complete = True
        return self.upload


def _same(one: Path, other: Path) -> bool:
    """Whether two files have the same content."""
    if one.stat().st_size != other.stat().st_size:
        return False
    with one.open("rb") as first, other.open("rb") as second:
        while part := first.read(_MEGABYTE):
            if part != second.read(_MEGABYTE):
                return False
    return True


def _link(source: Path, target: Path) -> None:
    """Give a file a second name, or a copy where the disk knows no second names."""
    try:
        os.link(source, target)
    except OSError:
        shutil.copy2(source, target)
