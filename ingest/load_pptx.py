"""Read a PowerPoint presentation (.pptx): each slide is a page."""

import io
import zipfile
from collections.abc import Iterable, Iterator
from typing import TYPE_CHECKING

from ingest.assemble import RawBlock, RawDocument
from ingest.characters import clean_line
from ingest.document import BlockKind, Field
from ingest.errors import UnreadableFile
from ingest.labels import paragraph_lines
from ingest.office import MAX_UNPACKED, cell_text, read_package, table_blocks, tabs_to_colons

if TYPE_CHECKING:
    from lxml.etree import _Element as Element
    from pptx.presentation import Presentation
    from pptx.shapes.base import BaseShape
    from pptx.slide import Slide
    from pptx.table import Table

_A = "{http://schemas.openxmlformats.org/drawingml/2006/main}"
_P = "{http://schemas.openxmlformats.org/presentationml/2006/main}"
_DIAGRAM = "http://schemas.openxmlformats.org/drawingml/2006/diagram"
_RELATED = "{http://schemas.openxmlformats.org/officeDocument/2006/relationships}"
_BULLETS = (f"{_A}buChar", f"{_A}buAutoNum", f"{_A}buBlip")
_TITLES = {"title", "ctrTitle"}
_SUBTITLE = "subTitle"
_LEFT_OUT = {"dt", "ftr", "sldNum", "hdr"}
_PARTS_OF_DECK = {"title", "secHead"}


def load_pptx(content: bytes, max_unpacked: int = MAX_UNPACKED) -> RawDocument:
    """Read titles, paragraphs, bullets, tables and diagrams of a presentation's slides, hidden ones too.

    A slide's title is a heading: of level 1 on title and section slides, else of level 2. Notes, comments, charts,
    footers and slide numbers are not read.

    Raises:
        NeedsPassword: A part is encrypted.
        TooLarge: It unpacks to more than `max_unpacked` bytes.
        UnreadableFile: It is damaged.
    """
    from lxml import etree
    from pptx.exc import PythonPptxError

    read_package(content, "the presentation", max_unpacked)
    try:
        presentation = _open(content)
        core = presentation.core_properties
        stated = {Field.TITLE: core.title, Field.ORGANISATION: core.author, Field.LANGUAGE: core.language[:2].lower()}
        slides = list(presentation.slides)
        blocks = [block for number, slide in enumerate(slides, start=1) for block in _Reader(slide, number).read()]
    except (
        *(PythonPptxError, etree.XMLSyntaxError, zipfile.BadZipFile, OSError, RecursionError),
        *(KeyError, IndexError, ValueError, TypeError, AttributeError, AssertionError),
    ) as error:
        raise UnreadableFile(
            f"the presentation is damaged ({error}); open it in PowerPoint, save it anew and ingest that file"
        ) from error
    properties = {field: cleaned for field, value in stated.items() if (cleaned := clean_line(value))}
    return RawDocument("pptx", blocks, (None,) * max(1, len(slides)), properties)


def _open(content: bytes) -> "Presentation":
    """The presentation; shows and templates, which the library's own door refuses, are of the same build."""
    from pptx.package import Package
    from pptx.parts.presentation import PresentationPart

    part = Package.open(io.BytesIO(content)).main_document_part
    if not isinstance(part, PresentationPart):
        raise ValueError("it has no slides")
    presentation: Presentation = part.presentation
    return presentation


class _Reader:
    """Reads a slide."""

    def __init__(self, slide: "Slide", number: int) -> None:
        self._slide = slide
        self._number = number

    def read(self) -> Iterator[RawBlock]:
        """The slide's blocks, its title first."""
        shapes = list(_shapes(self._slide.shapes))
        shapes.sort(key=lambda shape: _placeholder(shape) not in _TITLES)
        for shape in shapes:
            if _placeholder(shape) in _LEFT_OUT:
                continue
            if getattr(shape, "has_table", False):
                yield from self._read_table(shape.table)  # type: ignore[attr-defined]
            elif shape.has_text_frame:
                yield from self._read_text(shape)
            else:
                yield from self._read_diagram(shape)

    def _read_text(self, shape: "BaseShape") -> Iterator[RawBlock]:
        kind = _placeholder(shape)
        body = shape.element.find(f"{_P}txBody")
        if body is None:
            return
        if kind in _TITLES:
            layout = self._slide.slide_layout.element.get("type")
            title = clean_line(" ".join(map(_text, body.iterfind(f"{_A}p"))))
            yield from self._block(BlockKind.HEADING, title, 1 if layout in _PARTS_OF_DECK else 2)
            return
        styles = list(self._list_styles(shape, body))
        for paragraph in body.iterfind(f"{_A}p"):
            text = _text(paragraph)
            properties = paragraph.find(f"{_A}pPr")
            depth = properties.get("lvl", "0") if properties is not None else "0"
            level = int(depth) + 1 if depth.isdigit() else 1
            if kind != _SUBTITLE and _has_bullet([properties, *(_of_level(style, level) for style in styles)]):
                yield from self._block(BlockKind.ITEM, clean_line(text), level)
                continue
            for line in paragraph_lines(tabs_to_colons(text)):
                yield from self._block(BlockKind.PARAGRAPH, line)

    def _list_styles(self, shape: "BaseShape", body: "Element") -> Iterator["Element | None"]:
        """What states the bullets of a shape's paragraphs, from the shape itself to the slide master."""
        from pptx.enum.shapes import PP_PLACEHOLDER

        yield body.find(f"{_A}lstStyle")
        if not shape.is_placeholder:
            return
        layout = self._slide.slide_layout
        placeholder = layout.placeholders.get(shape.placeholder_format.idx)
        if placeholder is not None:
            yield placeholder.element.find(f"{_P}txBody/{_A}lstStyle")
        master = layout.slide_master
        inherited = master.placeholders.get(PP_PLACEHOLDER.BODY)
        if inherited is not None:
            yield inherited.element.find(f"{_P}txBody/{_A}lstStyle")
        yield master.element.find(f"{_P}txStyles/{_P}bodyStyle")

    def _read_table(self, table: "Table") -> Iterator[RawBlock]:
        rows: list[list[str]] = []
        for row in table.rows:
            cells: list[str] = []
            for column, cell in enumerate(row.cells):
                text = cell_text(cell.text.replace("\v", "\n").split("\n"))
                if cell.is_spanned:  # part of a merged cell that began to the left or above
                    merged_left = cell._tc.hMerge
                    text = cells[-1] if merged_left and cells else rows[-1][column] if rows else ""
                cells.append(text)
            rows.append(cells)
        yield from table_blocks(rows, table.first_row and len(rows) > 1, self._number)

    def _read_diagram(self, shape: "BaseShape") -> Iterator[RawBlock]:
        """The texts of a SmartArt diagram."""
        data = shape.element.find(f".//{{{_DIAGRAM}}}relIds")
        if data is None:
            return
        from pptx.oxml import parse_xml

        part = self._slide.part.related_part(data.get(f"{_RELATED}dm", ""))
        for point in parse_xml(part.blob).iter(f"{{{_DIAGRAM}}}t"):
            text = clean_line(" ".join(map(_text, point.iterfind(f"{_A}p"))))
            yield from self._block(BlockKind.ITEM, text, 1)

    def _block(self, kind: BlockKind, text: str, level: int = 0) -> Iterator[RawBlock]:
        if text:
            yield RawBlock(kind, ((self._number, text),), level)


def _shapes(shapes: "Iterable[BaseShape]") -> Iterator["BaseShape"]:
    """Shapes in the order in which they are read out, those in groups too."""
    from pptx.shapes.group import GroupShape

    for shape in shapes:
        if isinstance(shape, GroupShape):
            yield from _shapes(shape.shapes)
        else:
            yield shape


def _placeholder(shape: "BaseShape") -> str:
    """The type of placeholder that a shape is, as the format writes it; `obj` where none is stated, else nothing."""
    found = next(shape.element.iter(f"{_P}ph"), None) if shape.is_placeholder else None
    return found.get("type", "obj") if found is not None else ""


def _text(paragraph: "Element") -> str:
    """Text of a paragraph's runs and fields; line breaks as such."""
    runs = paragraph.iter(f"{_A}t", f"{_A}br")
    return "".join("\n" if run.tag == f"{_A}br" else run.text or "" for run in runs)


def _of_level(style: "Element | None", level: int) -> "Element | None":
    return style.find(f"{_A}lvl{min(level, 9)}pPr") if style is not None else None


def _has_bullet(holders: Iterable["Element | None"]) -> bool:
    """Whether the first that says something of bullets asks for one."""
    for holder in holders:
        if holder is None:
            continue
        if holder.find(f"{_A}buNone") is not None:
            return False
        if any(holder.find(bullet) is not None for bullet in _BULLETS):
            return True
    return False
