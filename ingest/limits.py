"""What reading one file may cost."""

import zipfile
from dataclasses import dataclass
from pathlib import Path

from ingest.errors import TooLarge, UnreadableFile

_MEGABYTE = 2**20


@dataclass(frozen=True, slots=True)
class Limits:
    """Limits to one file; what exceeds them is reported and the next file is read.

    Attributes:
        max_bytes: Size of the file.
        max_pages: Pages of a PDF.
        max_seconds: Time that reading it may take, on the clock.
        max_memory: Bytes of address space that reading it may take, the program's own among them.
        max_decompressed: Size of what is packed in a Word document.
    """

    max_bytes: int = 200 * _MEGABYTE
    max_pages: int = 3000
    max_seconds: float = 180.0
    max_memory: int = 2048 * _MEGABYTE
    max_decompressed: int = 1024 * _MEGABYTE


def check_limits(path: Path, limits: Limits, password: str | None = None) -> None:
    """Refuse a file that is too large, before it is read.

    Args:
        path: The file.
        limits: What it may be.
        password: Opens an encrypted PDF.

    Raises:
        TooLarge: It exceeds a limit.
        UnreadableFile: It cannot be opened.
    """
    try:
        size = path.stat().st_size
        if size > limits.max_bytes:
            limit = limits.max_bytes // _MEGABYTE
            raise TooLarge(f"{path.name} is {size // _MEGABYTE} MB, the limit is {limit} MB; divide the file.")
        with path.open("rb") as file:
            start = file.read(1024)
    except OSError as error:
        raise UnreadableFile(
            f"{path.name} cannot be opened: {error.strerror or error}. Check the path and its rights."
        ) from error
    if start.startswith(b"PK\x03\x04"):
        _check_package(path, limits)
    elif b"%PDF-" in start:
        _check_pages(path, limits, password)


def _check_package(path: Path, limits: Limits) -> None:
    """The sizes stated are binding: Python's reader gives no more bytes of an entry than it states."""
    try:
        with zipfile.ZipFile(path) as package:
            size = sum(entry.file_size for entry in package.infolist())
    except (zipfile.BadZipFile, OSError, ValueError):
        return  # The reader says better what is wrong with it.
    if size > limits.max_decompressed:
        raise TooLarge(
            f"{path.name} unpacks to {size // _MEGABYTE} MB, the limit is {limits.max_decompressed // _MEGABYTE} MB; "
            "check that it is a document, and remove pictures from it."
        )


def _check_pages(path: Path, limits: Limits, password: str | None) -> None:
    from ingest.pdfium import PDFIUM_LOCK, open_document

    with PDFIUM_LOCK:
        document, _ = open_document(path, password)
        if document is None:
            return
        try:
            pages = len(document)
        finally:
            document.close()
    if pages > limits.max_pages:
        raise TooLarge(f"{path.name} has {pages} pages, the limit is {limits.max_pages}; divide the file.")
