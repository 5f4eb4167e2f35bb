"""Draw a page of a PDF as a picture, with the places where quotes stand on it."""

import io
from dataclasses import dataclass
from pathlib import Path

from ingest.errors import UnreadableFile
from ingest.locate import Box, locate_quote
from ingest.pdfium import PDFIUM_LOCK, open_document, page_colours, page_glyphs


@dataclass(frozen=True, slots=True)
class PageImage:
    """A page as a picture.

    Attributes:
        png: The picture.
        width: In pixels.
        height: In pixels.
        boxes: Where the quote stands; empty where it was not found or none was asked for.
    """

    png: bytes
    width: int
    height: int
    boxes: tuple[Box, ...]


def draw_page(path: Path, number: int, width: int, quote: str = "") -> PageImage:
    """Draw a page.

    Args:
        path: The PDF.
        number: Page number from 1.
        width: Of the picture, in pixels; less where a very tall page would take too much memory.
        quote: What to find on the page, in the words of the stored text.

    Raises:
        UnreadableFile: The page cannot be drawn.
    """
    from PIL import Image

    with PDFIUM_LOCK:
        document, problem = open_document(path, None)
        if document is None:
            raise UnreadableFile(f"{path.name} cannot be drawn ({problem}). Read its text instead.")
        try:
            pixels = page_colours(document, number - 1, width) if 0 < number <= len(document) else None
            if pixels is None:
                raise UnreadableFile(f"Page {number} of {path.name} cannot be drawn. Read its text instead.")
            boxes = locate_quote(page_glyphs(document, number - 1), quote) if quote else ()
        finally:
            document.close()
    file = io.BytesIO()
    Image.fromarray(pixels).save(file, "PNG", compress_level=3)
    return PageImage(file.getvalue(), pixels.shape[1], pixels.shape[0], boxes)
