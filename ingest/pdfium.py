"""Read characters and where they stand with pdfium; the one module that knows it."""

import ctypes
import math
import threading
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

from ingest.lines import CELL_GAP, Span

if TYPE_CHECKING:
    from pypdfium2 import PdfDocument, PdfPage, PdfTextPage

PDFIUM_LOCK = threading.RLock()
"""To be held around every use of pdfium, which may not be called from two threads at once."""

_BOLD_NAMES = ("bold", "black", "heavy", "demi", "cmbx")
_BOLD_FLAG = 1 << 18
_BOLD_WEIGHT = 600
_SKIPPED = (0, 10, 13)
_BROKEN_WORD = (0x02, 0xFFFE)


def open_document(path: Path, password: str | None) -> tuple["PdfDocument | None", str | None]:
    """A pdfium document (to be closed), or None and why not: `password`, or what is wrong with the file."""
    import pypdfium2

    problem = None
    for attempt in dict.fromkeys((None, password)):
        try:
            document = pypdfium2.PdfDocument(path, password=attempt)
            return document, None if len(document) else "it has no pages"
        except pypdfium2.PdfiumError as error:
            problem = "password" if error.err_code == pypdfium2.raw.FPDF_ERR_PASSWORD else str(error)
    return None, problem


def page_spans(document: "PdfDocument", index: int) -> list[Span]:
    """The spans of the page at `index` (from 0) in the order of its content; none where it cannot be read."""
    import pypdfium2

    try:
        page = document[index]
        text_page = page.get_textpage()
    except pypdfium2.PdfiumError:
        return []
    try:
        return list(_spans(text_page, _Frame.of(page)))
    finally:
        text_page.close()
        page.close()


@dataclass(frozen=True, slots=True)
class _Frame:
    """Places what stands in a page's own coordinates on the page as it is shown."""

    left: float
    bottom: float
    width: float
    height: float
    rotation: int

    @classmethod
    def of(cls, page: "PdfPage") -> "_Frame":
        """The frame of a page: its visible box and by how much it is turned."""
        left, bottom, right, top = page.get_bbox()
        return cls(left, bottom, right - left, top - bottom, page.get_rotation())

    def place(self, x: float, y: float) -> tuple[float, float]:
        """Distance from the left edge and from the top edge."""
        x, y = x - self.left, y - self.bottom
        match self.rotation:
            case 90:
                return y, x
            case 180:
                return self.width - x, y
            case 270:
                return self.height - y, self.width - x
        return x, self.height - y

    def shows(self, x: float, y: float) -> bool:
        """Whether a point lies on the page as it is shown."""
        across, down = self.place(x, y)
        turned = self.rotation in (90, 270)
        return (
            -1 <= across <= (self.height if turned else self.width) + 1
            and -1 <= down <= (self.width if turned else self.height) + 1
        )


def _spans(text_page: "PdfTextPage", frame: _Frame) -> Iterator[Span]:
    """Runs of characters of one text object, cut where they stand far apart."""
    import pypdfium2.raw as pdfium

    raw = text_page.raw
    box = pdfium.FS_RECTF()
    current: int | None = None
    text, x0, x1, style = "", 0.0, 0.0, _Style(0.0, 1.0, False, False)
    for position in range(pdfium.FPDFText_CountChars(raw)):
        code = pdfium.FPDFText_GetUnicode(raw, position)
        if code in _SKIPPED:
            continue
        character = "\ufffe" if code in _BROKEN_WORD else chr(code)
        if code == 32 and pdfium.FPDFText_IsGenerated(raw, position) == 1:
            text += " " if text else ""
            continue
        item = pdfium.FPDFText_GetTextObject(raw, position)
        identity = ctypes.addressof(item.contents) if item else None
        pdfium.FPDFText_GetLooseCharBox(raw, position, box)
        corners = frame.place(box.left, box.bottom)[0], frame.place(box.right, box.top)[0]
        left, right = min(corners), max(corners)
        far = left - x1 > CELL_GAP * style.size and not character.isspace()
        if identity != current or not text or far:
            if text.strip() and style.shown:
                yield Span(text, x0, x1, style.y, style.size, style.bold)
            current, text, x0, x1, style = identity, "", left, left, _style(text_page, position, frame)
        text += character
        if not character.isspace():
            x1 = max(x1, right)
    if text.strip() and style.shown:
        yield Span(text, x0, x1, style.y, style.size, style.bold)


@dataclass(frozen=True, slots=True)
class _Style:
    """Baseline, type size and weight of a text object, and whether it stands on the visible page."""

    y: float
    size: float
    bold: bool
    shown: bool


def _style(text_page: "PdfTextPage", position: int, frame: _Frame) -> _Style:
    """How the character at `position` is set."""
    import pypdfium2.raw as pdfium

    raw = text_page.raw
    matrix, flags, name = pdfium.FS_MATRIX(), ctypes.c_int(), ctypes.create_string_buffer(256)
    x, y = ctypes.c_double(), ctypes.c_double()
    pdfium.FPDFText_GetCharOrigin(raw, position, x, y)
    pdfium.FPDFText_GetMatrix(raw, position, matrix)
    pdfium.FPDFText_GetFontInfo(raw, position, name, len(name), flags)
    size = pdfium.FPDFText_GetFontSize(raw, position) * math.hypot(matrix.c, matrix.d)
    font = name.value.decode("utf-8", "replace").lower()
    heavy = pdfium.FPDFText_GetFontWeight(raw, position) >= _BOLD_WEIGHT or bool(flags.value & _BOLD_FLAG)
    bold = heavy or any(mark in font for mark in _BOLD_NAMES)
    return _Style(frame.place(x.value, y.value)[1], size or 1.0, bold, frame.shows(x.value, y.value))
