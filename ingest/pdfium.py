"""Read characters and where they stand with pdfium; the one module that knows it."""

import ctypes
import math
import threading
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

from ingest.lines import CELL_GAP, Span
from ingest.locate import Glyph

if TYPE_CHECKING:
    import numpy
    from numpy.typing import NDArray
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


def picture_share(document: "PdfDocument", index: int) -> float:
    """How much of the page at `index` (from 0) its largest picture covers, from 0 to 1."""
    import pypdfium2

    share = 0.0
    try:
        page = document[index]
        left, bottom, right, top = page.get_bbox()
        for picture in page.get_objects(filter=[pypdfium2.raw.FPDF_PAGEOBJ_IMAGE], max_depth=3):
            x0, y0, x1, y1 = picture.get_bounds()
            width, height = min(x1, right) - max(x0, left), min(y1, top) - max(y0, bottom)
            share = max(share, max(width, 0.0) * max(height, 0.0) / max((right - left) * (top - bottom), 1.0))
    except pypdfium2.PdfiumError:
        return 0.0
    return min(share, 1.0)


def page_pixels(
    document: "PdfDocument", index: int, dpi: float, most: int = 35_000_000
) -> "tuple[NDArray[numpy.uint8], float] | None":
    """The page at `index` (from 0) drawn in shades of grey, as rows of pixels; None where it cannot be drawn.

    Beside the pixels, how many of them make an inch: fewer than `dpi` where the page would take more than `most`.
    """
    import pypdfium2

    try:
        page = document[index]
        width, height = page.get_size()
        scale = min(dpi / 72, math.sqrt(most / max(width * height, 1.0)))
        bitmap = page.render(scale=scale, grayscale=True)
    except (pypdfium2.PdfiumError, ValueError):
        return None
    pixels = bitmap.to_numpy().reshape(bitmap.height, bitmap.width).copy()  # the bitmap takes its memory with it
    bitmap.close()
    page.close()
    return pixels, scale * 72


def page_colours(
    document: "PdfDocument", index: int, width: int, most: int = 12_000_000
) -> "NDArray[numpy.uint8] | None":
    """The page at `index` (from 0) drawn in colours, as rows of pixels; None where it cannot be drawn.

    It is `width` pixels wide, less where it would take more than `most` pixels.
    """
    import pypdfium2

    try:
        page = document[index]
        across, down = page.get_size()
        scale = min(width / max(across, 1.0), math.sqrt(most / max(across * down, 1.0)))
        bitmap = page.render(scale=scale, rev_byteorder=True)
    except (pypdfium2.PdfiumError, ValueError):
        return None
    pixels: NDArray[numpy.uint8] = bitmap.to_numpy()[:, :, :3].copy()  # the bitmap takes its memory with it
    bitmap.close()
    page.close()
    return pixels


def page_glyphs(document: "PdfDocument", index: int) -> list[Glyph]:
    """The characters of the page at `index` (from 0), as far as they stand on what is shown of it."""
    import pypdfium2
    import pypdfium2.raw as pdfium

    try:
        page = document[index]
        text_page = page.get_textpage()
    except pypdfium2.PdfiumError:
        return []
    frame, box, glyphs = _Frame.of(page), pdfium.FS_RECTF(), []
    across, down = (frame.height, frame.width) if frame.rotation in (90, 270) else (frame.width, frame.height)
    for position in range(pdfium.FPDFText_CountChars(text_page.raw)):
        code = pdfium.FPDFText_GetUnicode(text_page.raw, position)
        pdfium.FPDFText_GetLooseCharBox(text_page.raw, position, box)
        if not frame.shows((box.left + box.right) / 2, (box.bottom + box.top) / 2):
            continue
        (x0, y0), (x1, y1) = frame.place(box.left, box.bottom), frame.place(box.right, box.top)
        text = chr(code) if code not in (0, *_BROKEN_WORD) else ""
        glyphs.append(
            Glyph(
                text,
                max(min(x0, x1) / across, 0.0),
                max(min(y0, y1) / down, 0.0),
                min(max(x0, x1) / across, 1.0),
                min(max(y0, y1) / down, 1.0),
            )
        )
    text_page.close()
    page.close()
    return glyphs


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
