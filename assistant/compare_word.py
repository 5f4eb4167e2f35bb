"""A comparison as a Word document: a table, and the list of sources that its numbers lead to."""

import io
import re
from typing import TYPE_CHECKING, Any

from assistant.compare import Cell, Grid, Reference, ShortAnswer, short_answers
from assistant.compare_excel import Link
from assistant.compare_words import cell_words, legal, made_on
from assistant.ui_text import LOCALES, Texts

if TYPE_CHECKING:
    from docx.document import Document as WordDocument
    from docx.table import Table, _Cell
    from docx.text.paragraph import Paragraph

_WIDE = 4
"""How many organisations fit beside each other on a page; with more, each question gets a table of its own."""

_PRIMARY, _TINT = "00506B", "E4EFF3"


def word_of(grid: Grid, link: Link, texts: Texts) -> bytes:
    """The comparison as a `.docx` file; each number in it leads to its source, and the source back.

    Args:
        grid: The comparison.
        link: Where documents can be opened.
        texts: In whose language.
    """
    own = texts.compare
    shown, references = short_answers(grid)
    document = _landscape(texts)
    document.add_heading(own.sheet_grid, 0)
    document.add_paragraph(f"{made_on(grid, texts)} {own.made_note}")
    writer = _Writer(document, texts)
    if len(grid.subjects) <= _WIDE:
        head = (own.question, *(subject.name for subject in grid.subjects))
        table = writer.table(len(grid.questions), head)
        for row, question in enumerate(grid.questions):
            writer.label(table.cell(row + 1, 0), question)
            for column in range(len(grid.subjects)):
                index = grid.index(row, column)
                writer.fill(table.cell(row + 1, column + 1), grid.cells[index], shown.get(index))
    else:
        for row, question in enumerate(grid.questions):
            document.add_heading(legal(question), 1)
            table = writer.table(len(grid.subjects), ("", own.columns["quote"]), head=False)
            for column, subject in enumerate(grid.subjects):
                index = grid.index(row, column)
                writer.label(table.cell(column, 0), subject.name)
                writer.fill(table.cell(column, 1), grid.cells[index], shown.get(index))
    if references:
        document.add_heading(own.sources, 1)
        for reference in references:
            writer.source(reference, link(reference.citation))
    stream = io.BytesIO()
    document.save(stream)
    return stream.getvalue()


class _Writer:
    """Writes cells and sources, and gives each place that is led to its bookmark."""

    def __init__(self, document: "WordDocument", texts: Texts) -> None:
        self._document = document
        self._texts = texts
        self._cited: set[int] = set()
        self._bookmarks = 0

    def table(self, rows: int, names: tuple[str, ...], *, head: bool = True) -> "Table":
        """A table with a row of names that stands at the top of every page, or without it."""
        from docx.oxml import OxmlElement
        from docx.shared import Cm

        table: Table = self._document.add_table(rows + head, len(names))
        table.style = "Table Grid"
        table.autofit = False
        first = 5.0 if len(names) > 2 or not head else 6.0
        widths = [Cm(first), *(Cm((24.7 - first) / (len(names) - 1)) for _ in names[1:])]
        for row in table.rows:
            for cell, width in zip(row.cells, widths, strict=True):
                cell.width = width
        if head:
            for cell, name in zip(table.rows[0].cells, names, strict=True):
                _shade(cell, _PRIMARY)
                run = cell.paragraphs[0].add_run(legal(name))
                run.bold = True
                _colour(run, "FFFFFF")
            properties = table.rows[0]._tr.get_or_add_trPr()
            properties.append(OxmlElement("w:tblHeader"))
        for row in table.rows:
            row._tr.get_or_add_trPr().append(OxmlElement("w:cantSplit"))
        return table

    def label(self, cell: "_Cell", text: str) -> None:
        """The name of a row."""
        _shade(cell, _TINT)
        cell.paragraphs[0].add_run(legal(text)).bold = True

    def fill(self, cell: "_Cell", content: Cell, short: ShortAnswer | None) -> None:
        """The answer, each statement with links to its sources; or why there is none."""
        if short is None:
            cell.paragraphs[0].add_run(legal(cell_words(content, self._texts))).italic = True
            return
        for position, told in enumerate(short.whole):
            paragraph = cell.paragraphs[0] if position == 0 else cell.add_paragraph()
            item = told.text.startswith("- ")
            paragraph.paragraph_format.space_after = 0
            for number, part in enumerate(re.split(r"\*\*", told.text.removeprefix("- "))):
                bullet = "• " if item and number == 0 else ""
                paragraph.add_run(bullet + legal(part)).bold = number % 2 == 1
            for reference in told.references:
                paragraph.add_run(" ")
                self._cite(paragraph, reference.number)

    def source(self, reference: Reference, address: str) -> None:
        """An entry of the list of sources."""
        own, citation = self._texts.compare, reference.citation
        paragraph = self._document.add_paragraph()
        self._bookmark(paragraph, f"source_{reference.number}", f"[{reference.number}] ")
        whose = f"{citation.organisation}, " if citation.organisation else ""
        paragraph.add_run(legal(whose))
        if address:
            _external(paragraph, legal(citation.title), address)
        else:
            paragraph.add_run(legal(citation.title)).italic = True
        section = " › ".join(citation.section)
        template = own.page_and_section if section else own.page
        place = template.format(page=citation.page, section=section)
        paragraph.add_run(legal(f", {place}: ”{' '.join(citation.quote.split())}” ({citation.document}) "))
        _internal(paragraph, own.back, f"cited_{reference.number}")

    def _cite(self, paragraph: "Paragraph", number: int) -> None:
        if number in self._cited:
            _internal(paragraph, f"[{number}]", f"source_{number}")
            return
        self._cited.add(number)
        begin, end = self._marks(f"cited_{number}")
        paragraph._p.append(begin)
        _internal(paragraph, f"[{number}]", f"source_{number}")
        paragraph._p.append(end)

    def _bookmark(self, paragraph: "Paragraph", name: str, text: str) -> None:
        begin, end = self._marks(name)
        paragraph._p.append(begin)
        paragraph.add_run(text).bold = True
        paragraph._p.append(end)

    def _marks(self, name: str) -> tuple[Any, Any]:
        from docx.oxml import OxmlElement
        from docx.oxml.ns import qn

        self._bookmarks += 1
        begin, end = OxmlElement("w:bookmarkStart"), OxmlElement("w:bookmarkEnd")
        for mark in (begin, end):
            mark.set(qn("w:id"), str(self._bookmarks))
        begin.set(qn("w:name"), name)
        return begin, end


def _landscape(texts: Texts) -> "WordDocument":
    """An empty A4 page, lying, with its language told."""
    from docx import Document
    from docx.enum.section import WD_ORIENT
    from docx.oxml import OxmlElement
    from docx.oxml.ns import qn
    from docx.shared import Cm, Pt

    document = Document()
    section = document.sections[0]
    section.orientation = WD_ORIENT.LANDSCAPE
    section.page_width, section.page_height = Cm(29.7), Cm(21.0)
    section.left_margin = section.right_margin = Cm(2.5)
    section.top_margin = section.bottom_margin = Cm(2.0)
    style = document.styles["Normal"]
    style.font.name, style.font.size = "Calibri", Pt(10.5)
    language = OxmlElement("w:lang")
    language.set(qn("w:val"), LOCALES[texts.language])
    style.element.get_or_add_rPr().append(language)
    document.core_properties.title = texts.compare.sheet_grid
    document.core_properties.author = "Utblick"
    document.core_properties.language = LOCALES[texts.language]
    return document


def _internal(paragraph: "Paragraph", text: str, bookmark: str) -> None:
    """A link to a place in the document."""
    from docx.oxml.ns import qn

    link = _hyperlink(paragraph, text)
    link.set(qn("w:anchor"), bookmark)


def _external(paragraph: "Paragraph", text: str, address: str) -> None:
    """A link to another place."""
    from docx.opc.constants import RELATIONSHIP_TYPE
    from docx.oxml.ns import qn

    link = _hyperlink(paragraph, text)
    link.set(qn("r:id"), paragraph.part.relate_to(address, RELATIONSHIP_TYPE.HYPERLINK, is_external=True))


def _hyperlink(paragraph: "Paragraph", text: str) -> Any:  # noqa: ANN401 - an element of lxml
    from docx.oxml import OxmlElement

    run = paragraph.add_run(text)
    run.underline = True
    _colour(run, _PRIMARY)
    link = OxmlElement("w:hyperlink")
    link.append(run._r)
    paragraph._p.append(link)
    return link


def _colour(run: Any, colour: str) -> None:  # noqa: ANN401
    from docx.shared import RGBColor

    run.font.color.rgb = RGBColor.from_string(colour)


def _shade(cell: "_Cell", colour: str) -> None:
    from docx.oxml import OxmlElement
    from docx.oxml.ns import qn

    shade = OxmlElement("w:shd")
    for name, value in (("val", "clear"), ("color", "auto"), ("fill", colour)):
        shade.set(qn(f"w:{name}"), value)
    cell._tc.get_or_add_tcPr().append(shade)
