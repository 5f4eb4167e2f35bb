"""Read a PDF: pdfium finds the characters, pypdf the outline, page labels, properties and encryption.

What one of them cannot read the other may, so a page from which pdfium gives no readable text is tried with pypdf.
"""

import logging
import math
import re
import tempfile
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import TYPE_CHECKING

from ingest.assemble import RawDocument
from ingest.clean import clean_text, divide_running_lines, words_of
from ingest.document import Field
from ingest.errors import NeedsOcr, NeedsPassword, TooLarge, UnreadableFile
from ingest.limits import Limits
from ingest.lines import Line, Span, beside, lines_of_page
from ingest.mend_pdf import with_trailer
from ingest.ocr import INSTALL, Ocr, OcrPage, installed_languages, recognise_pages
from ingest.pdfium import PDFIUM_LOCK, open_document, page_spans, picture_share
from ingest.structure import OutlineEntry, structure_lines

if TYPE_CHECKING:
    from pypdf import PdfReader
    from pypdf.generic import DictionaryObject
    from pypdfium2 import PdfDocument

_log = logging.getLogger(__name__)
_HEADER_WITHIN = 1024
_READABLE = 0.6
_STAMP = 200
_SCAN = 0.6
_TRUSTED = 0.7
_MUCH_MORE = 3
_PLAIN = re.compile(r"[^\W_]+|[\s.,;:!?()–§%/”\"'•_…\u00ad\u2010-]+")


def load_pdf(
    path: Path, password: str | None = None, ocr: Ocr | None = None, max_pages: int = Limits().max_pages
) -> RawDocument:
    """Read the text layer of a PDF, with its structure; pages without one are recognised where Tesseract is installed.

    Args:
        path: The file.
        password: Tried where the empty password does not open an encrypted file.
        ocr: How pages are recognised; else with the defaults.
        max_pages: Limit to the number of pages, as one of the readers counts them.

    Raises:
        TooLarge: It has more pages.
        NeedsPassword: It is encrypted and neither password opens it.
        NeedsOcr: No page has a text layer, and none was recognised.
        UnreadableFile: It is damaged, empty or no PDF. Of one that was cut off, what is there is read.
    """
    _check_header(path)
    try:
        return _load(path, password, ocr, max_pages)
    except UnreadableFile as error:
        mended = with_trailer(path.read_bytes())
        if mended is None:
            raise
        with tempfile.TemporaryDirectory(prefix="utblick-") as folder:
            copy = Path(folder) / path.name
            copy.write_bytes(mended)
            try:
                raw = _load(copy, password, ocr, max_pages)
            except (UnreadableFile, NeedsOcr):
                raise error from None
        _log.warning("%s was cut off; what is left of it was read. Obtain a complete copy.", path.name)
        return raw


def _load(path: Path, password: str | None, ocr: Ocr | None, max_pages: int) -> RawDocument:
    with PDFIUM_LOCK:
        document, other = open_document(path, password)
        try:
            # The quick one first: to the other one, counting a hundred thousand pages is work.
            _check_count(path.name, len(document) if document is not None else 0, max_pages)
            reader, problem = _open_pypdf(path, password)
            if reader is None and document is None:
                if "password" in (problem, other):
                    given = "the password given does not open it" if password else "give its password with --password"
                    raise NeedsPassword(f"{path.name} is encrypted; {given}")
                raise UnreadableFile(f"{path.name} cannot be read as a PDF ({problem}); obtain an undamaged copy")
            _check_count(path.name, len(reader.pages) if reader is not None else 0, max_pages)
            pages = _read_pages(path.name, reader, document)
            stamped = _stamped_pages(document, pages) if document is not None else []
        finally:
            if document is not None:
                document.close()
    if not any(pages) and (problem or not pages):
        raise UnreadableFile(f"{path.name} is damaged ({problem or 'no pages'}); obtain an undamaged copy")
    silent = [number for number, page in enumerate(pages, start=1) if not page]
    recognised = recognise_pages(path, [*silent, *stamped], password, ocr) if silent or stamped else {}
    for number in stamped:
        if not _tells_more(recognised.get(number), pages[number - 1]):
            recognised.pop(number, None)
    for number, page in recognised.items():
        if page is not None:
            pages[number - 1] = _beside_layer(page.lines, pages[number - 1])
    if not any(pages):
        remedy = "scan it anew with 300 dpi, or obtain the original" if installed_languages() else INSTALL
        raise NeedsOcr(f"{path.name} holds pictures of pages, and no text could be read in them; {remedy}")
    silent = [number for number in silent if not pages[number - 1]]
    if silent:
        _log.info("%s: no text on pages %s", path.name, ", ".join(map(str, silent)))
    words = words_of(line.text for page in pages for line in page)
    kept, running = divide_running_lines(pages)
    blocks = structure_lines(kept, words, _outline(reader))
    header = tuple(clean_text(line.text) for line in running)
    sure = {number: page.confidence if page and page.lines else None for number, page in recognised.items()}
    return RawDocument("pdf", blocks, _labels(reader, len(pages)), _properties(reader), sure, header)


def _check_count(name: str, count: int, most: int) -> None:
    if count > most:
        raise TooLarge(f"{name} has {count} pages, the limit is {most}; divide the file")


def _check_header(path: Path) -> None:
    """Refuse what is no PDF before the readers try to repair it."""
    try:
        with path.open("rb") as file:
            start = file.read(_HEADER_WITHIN)
    except OSError as error:
        raise UnreadableFile(f"{path.name} cannot be opened: {error.strerror or error}") from error
    if not start:
        raise UnreadableFile(f"{path.name} is empty; obtain a complete copy")
    if b"%PDF-" not in start:
        raise UnreadableFile(f"{path.name} is not a PDF, whatever its name says; give it the ending of its real format")


def _open_pypdf(path: Path, password: str | None) -> tuple["PdfReader | None", str | None]:
    """A reader, or None and why not: `password`, or what is wrong with the file."""
    from pypdf import PdfReader

    # It warns of each object that it repairs, which asks nothing of anyone.
    logging.getLogger("pypdf").setLevel(logging.ERROR)
    try:
        reader = PdfReader(path)
        if reader.is_encrypted and not reader.decrypt("") and not (password and reader.decrypt(password)):
            return None, "password"
        len(reader.pages)
    except Exception as error:  # inside a damaged file anything can be raised
        return None, str(error) or type(error).__name__
    return reader, None


def _read_pages(name: str, reader: "PdfReader | None", document: "PdfDocument | None") -> list[list[Line]]:
    """The lines of each page, from the engine that can read it; none for a page without text."""
    count = max(len(document) if document is not None else 0, len(reader.pages) if reader is not None else 0)
    fonts: dict[int, _Font] = {}
    pages = []
    for index in range(count):
        lines = lines_of_page(index + 1, page_spans(document, index)) if document is not None else []
        if not _is_readable(lines) and reader is not None:
            lines = lines_of_page(index + 1, _pypdf_spans(name, reader, index, fonts))
        pages.append(lines if _is_readable(lines) else [])
    return pages


def _is_readable(lines: Sequence[Line]) -> bool:
    """Whether there is text, and not only codes of glyphs whose meaning the file does not tell."""
    text = "".join(line.text for line in lines)
    return len(_PLAIN.sub("", text)) < (1 - _READABLE) * len(text)


def _stamped_pages(document: "PdfDocument", pages: Sequence[Sequence[Line]]) -> list[int]:
    """Numbers of the pages that are a picture with little text upon it, as a scan with a stamp is."""
    return [
        number
        for number, page in enumerate(pages, start=1)
        if 0 < _letters(page) <= _STAMP and picture_share(document, number - 1) >= _SCAN
    ]


def _tells_more(recognised: OcrPage | None, page: Sequence[Line]) -> bool:
    """Whether much text that can be trusted was recognised where the text layer holds little."""
    return (
        recognised is not None
        and recognised.confidence >= _TRUSTED
        and _letters(recognised.lines) > _MUCH_MORE * _letters(page)
    )


def _beside_layer(recognised: Sequence[Line], layer: Sequence[Line]) -> list[Line]:
    """Recognised lines, with those that the text layer has as well, and surely better, from there."""
    hidden = [line for line in recognised if any(beside(line, o) and line.x0 < o.x1 and o.x0 < line.x1 for o in layer)]
    return [line for line in recognised if line not in hidden] + list(layer)


def _letters(page: Sequence[Line]) -> int:
    return sum(len(line.text) for line in page)


class _Font:
    """Widths of a font's characters in thousandths of the type size."""

    def __init__(self, resource: "DictionaryObject") -> None:
        # pypdf has no public name for a font's widths.
        from pypdf.generic._font import Font

        font = Font.from_font_resource(resource)
        self.resource = resource  # kept alive, as its identity is the key under which this is found again
        self.bold = any(mark in font.name.lower() for mark in ("bold", "black", "heavy", "demi"))
        self._otherwise = font.character_widths.get("default", 500)
        self._widths: dict[str, float] = {" ": font.space_width}
        if isinstance(font.encoding, dict):
            raw = {chr(code): shown for code, shown in font.encoding.items()}
            shown = {code: font.character_map.get(character, character) for code, character in raw.items()}
        else:
            shown = {code: text for code, text in font.character_map.items() if isinstance(code, str)}
        for code, character in shown.items():
            self._widths.setdefault(character, font.character_widths.get(code, self._otherwise))

    def width(self, text: str) -> float:
        """Width of a text set in type of size 1."""
        return sum(self._widths.get(character, self._otherwise) for character in text) / 1000


def _pypdf_spans(name: str, reader: "PdfReader", index: int, fonts: dict[int, _Font]) -> list[Span]:
    """A page's spans as pypdf sees them, with right edges computed from the widths of its fonts."""
    spans: list[Span] = []

    def visit(
        text: str, cm: Sequence[float], tm: Sequence[float], resource: "DictionaryObject | None", size: float
    ) -> None:
        text = text.rstrip("\n")
        if resource is None or not text:
            return
        font = fonts.get(id(resource)) or fonts.setdefault(id(resource), _Font(resource))
        x = tm[4] * cm[0] + tm[5] * cm[2] + cm[4]
        y = tm[4] * cm[1] + tm[5] * cm[3] + cm[5]
        across = size * math.hypot(tm[0] * cm[0] + tm[1] * cm[2], tm[0] * cm[1] + tm[1] * cm[3])
        upward = size * math.hypot(tm[2] * cm[0] + tm[3] * cm[2], tm[2] * cm[1] + tm[3] * cm[3])
        spans.append(Span(text, x, x + font.width(text) * across, top - y, upward or 1.0, font.bold))

    try:
        page = reader.pages[index]
        top = float(page.mediabox.top)
        page.extract_text(visitor_text=visit)
    except Exception as error:  # inside a damaged page anything can be raised
        _log.warning("%s: page %d cannot be read to its end: %s", name, index + 1, error)
    return spans


def _outline(reader: "PdfReader | None") -> list[OutlineEntry]:
    """The entries of the file's outline; none where it has none or a damaged one."""
    try:
        return list(_entries(reader, reader.outline, 1)) if reader is not None else []
    except Exception as error:  # a damaged outline costs levels of headings, not the document
        _log.info("the outline cannot be read: %s", error)
        return []


def _entries(reader: "PdfReader", outline: Sequence[object], level: int) -> Iterator[OutlineEntry]:
    """The entries of an outline in order."""
    from pypdf.generic import Destination

    for entry in outline:
        if isinstance(entry, list):
            yield from _entries(reader, entry, level + 1)
        elif isinstance(entry, Destination):
            index = reader.get_destination_page_number(entry)
            if index is not None and index >= 0:
                yield OutlineEntry(clean_text(str(entry.title)), index + 1, level)


def _labels(reader: "PdfReader | None", count: int) -> list[str | None]:
    """What is printed on each page where the file says that it differs from the page's number."""
    try:
        labels = reader.page_labels if reader is not None else []
    except Exception as error:  # damaged labels cost the labels, not the document
        _log.info("the page labels cannot be read: %s", error)
        labels = []
    if len(labels) != count:
        return [None] * count
    return [label if label and label != str(number) else None for number, label in enumerate(labels, start=1)]


def _properties(reader: "PdfReader | None") -> dict[Field, str]:
    """Title and author from the file's information dictionary."""
    try:
        information = reader.metadata if reader is not None else None
        title, author = (information.title, information.author) if information else (None, None)
    except Exception as error:  # damaged properties cost the properties, not the document
        _log.info("the properties cannot be read: %s", error)
        return {}
    found = {Field.TITLE: clean_text(str(title or "")), Field.ORGANISATION: clean_text(str(author or ""))}
    return {name: value for name, value in found.items() if value}
