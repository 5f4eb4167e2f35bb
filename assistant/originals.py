"""The files that documents were read from: handed out, and drawn page by page, as long as they are what was read."""

import hashlib
import logging
import threading
from collections import OrderedDict, deque
from dataclasses import replace
from functools import lru_cache
from pathlib import Path

from ingest.document import Document
from ingest.errors import IngestError
from ingest.limits import Limits
from ingest.page_image import PageImage
from ingest.worker import Drawing, LoadWorker
from vectorstore.types import DocumentRecord

WIDTHS = (1400, 2800)
"""Widths in pixels in which pages are drawn: for reading, and for reading enlarged."""

_LIMITS = Limits(max_seconds=10.0, max_memory=1024 * 2**20)
_MOST_BYTES = 48 * 2**20

_log = logging.getLogger(__name__)


class Originals:
    """Finds and draws original files. May be used by several threads; pages are drawn one after the other.

    A PDF can be made to hang or crash what draws it, so that is done in a process that may be stopped.
    """

    def __init__(self) -> None:
        self._worker = LoadWorker(_LIMITS)
        self._drawing = threading.Lock()
        self._pictures: OrderedDict[tuple[str, int, int, str], PageImage] = OrderedDict()
        self._undrawable: deque[tuple[str, int]] = deque(maxlen=1000)

    def path(self, record: DocumentRecord, document: Document) -> Path | None:
        """The file of a document; None where it is gone, has changed since it was read, or is a web page's."""
        path = Path(record.location)
        try:
            state = path.stat()
            if not path.is_absolute() or not path.is_file():
                return None
            return path if _digest(path, state.st_mtime_ns, state.st_size) == document.content_hash else None
        except (OSError, ValueError):
            return None

    def picture(
        self, record: DocumentRecord, document: Document, page: int, width: int = WIDTHS[0], quote: str = ""
    ) -> PageImage | None:
        """A page of a PDF as a picture, with the places of a quote; None where it cannot be drawn.

        Args:
            record: The document as the catalog lists it.
            document: The document.
            page: Page number from 1.
            width: One of `WIDTHS`.
            quote: Text of the page to find on it.
        """
        path = self.path(record, document) if document.format == "pdf" else None
        if path is None or width not in WIDTHS or (document.content_hash, page) in self._undrawable:
            return None
        with self._drawing:
            key = (document.content_hash, page, width, quote)
            known = self._pictures.get(key)
            if known is None:
                try:
                    known = self._worker.draw_page(path, Drawing(page, width, quote))
                except IngestError as error:
                    _log.warning("Page %d of %s is shown as text: %s", page, document.id, error)
                    self._undrawable.append((document.content_hash, page))  # others wait for whoever tries
                    return None
                self._keep(key, known)
            self._pictures.move_to_end(key)
            return known

    def close(self) -> None:
        """End the process that draws."""
        with self._drawing:
            self._worker.close()

    def _keep(self, key: tuple[str, int, int, str], picture: PageImage) -> None:
        """Keep a picture with its places, and without them for the browser, which asks for the page alone."""
        self._pictures[key] = picture
        self._pictures[(*key[:3], "")] = replace(picture, boxes=())
        while sum(len(kept.png) for kept in self._pictures.values()) > _MOST_BYTES and len(self._pictures) > 2:
            self._pictures.popitem(last=False)


@lru_cache(maxsize=1024)
def _digest(path: Path, changed: int, size: int) -> str:
    """SHA-256 of a file; keyed by when it changed and its size too, so that a changed file is read anew."""
    with path.open("rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()
