"""A comparison as an Excel workbook: the grid on one sheet, its sources on another, and links both ways."""

import io
from collections.abc import Callable, Mapping, Sequence
from typing import TYPE_CHECKING

from assistant.answers import Citation
from assistant.compare import Grid, Reference, ShortAnswer, short_answers
from assistant.compare_words import cell_words, legal, made_on
from assistant.ui_text import Texts

if TYPE_CHECKING:
    from openpyxl.cell.rich_text import CellRichText
    from openpyxl.worksheet.worksheet import Worksheet

Link = Callable[[Citation], str]
"""Where a citation's document can be opened; empty where it cannot."""

_HEAD = 4
_PRIMARY, _SOFT, _TINT, _LINE = "00506B", "51606A", "E4EFF3", "B8C4CA"
_MOST = 32_000


def excel_of(grid: Grid, link: Link, texts: Texts) -> bytes:
    """The comparison as an `.xlsx` file.

    Each cell with an answer leads to its first source on the other sheet; each source leads back, and to its document.

    Args:
        grid: The comparison.
        link: Where documents can be opened.
        texts: In whose language.
    """
    from openpyxl import Workbook

    own = texts.compare
    shown, references = short_answers(grid)
    book = Workbook()
    book.properties.creator = "Utblick"
    book.properties.title = own.sheet_grid
    sheet = book.active
    sheet.title = own.sheet_grid
    sources = book.create_sheet(own.sheet_sources)
    rows = {reference.number: position for position, reference in enumerate(references, start=2)}
    first = _write_grid(sheet, grid, shown, rows, texts)
    _write_sources(sources, sheet, references, first, link, texts)
    stream = io.BytesIO()
    book.save(stream)
    return stream.getvalue()


def _write_grid(
    sheet: "Worksheet", grid: Grid, shown: Mapping[int, ShortAnswer], rows: Mapping[int, int], texts: Texts
) -> dict[int, str]:
    """Write the grid; returns the cell in which each reference is first cited, by number."""
    from openpyxl.styles import Alignment, Border, Font, PatternFill, Side
    from openpyxl.utils import get_column_letter

    own = texts.compare
    edge = Border(*(Side(style="thin", color=_LINE) for _ in range(4)))
    top = Alignment(wrap_text=True, vertical="top")
    sheet["A1"].font = Font(bold=True, size=16, color=_PRIMARY)
    _put(sheet, 1, 1, own.sheet_grid)
    sheet["A2"].font = Font(color=_SOFT)
    _put(sheet, 2, 1, f"{made_on(grid, texts)} {own.made_note}")
    for column, name in enumerate((own.question, *(subject.name for subject in grid.subjects)), start=1):
        head = _put(sheet, _HEAD, column, name)
        head.font, head.fill = Font(bold=True, color="FFFFFF"), PatternFill("solid", fgColor=_PRIMARY)
        head.alignment, head.border = top, edge
        sheet.column_dimensions[get_column_letter(column)].width = 34 if column == 1 else 46
    first: dict[int, str] = {}
    for row, question in enumerate(grid.questions):
        asked = _put(sheet, _HEAD + 1 + row, 1, question)
        asked.font, asked.fill = Font(bold=True), PatternFill("solid", fgColor=_TINT)
        asked.alignment, asked.border = top, edge
        for column in range(len(grid.subjects)):
            index = grid.index(row, column)
            cell = sheet.cell(_HEAD + 1 + row, 2 + column)
            cell.alignment, cell.border = top, edge
            if index not in shown:
                _put(sheet, cell.row, cell.column, cell_words(grid.cells[index], texts))
                cell.font = Font(italic=True, color=_SOFT)
                continue
            cell.value = _rich(shown[index])
            numbers = [reference.number for told in shown[index].whole for reference in told.references]
            cell.hyperlink = f"#'{own.sheet_sources}'!A{rows[numbers[0]]}"
            for number in numbers:
                first.setdefault(number, cell.coordinate)
    sheet.freeze_panes = sheet.cell(_HEAD + 1, 2)
    _for_print(sheet, _HEAD)
    return first


def _write_sources(
    sheet: "Worksheet",
    other: "Worksheet",
    references: Sequence[Reference],
    first: Mapping[int, str],
    link: Link,
    texts: Texts,
) -> None:
    from openpyxl.styles import Alignment, Font, PatternFill

    own = texts.compare
    widths = {"number": 6, "organisation": 24, "document": 40, "page": 8, "section": 28, "quote": 80, "address": 48}
    for column, (key, width) in enumerate(widths.items(), start=1):
        head = _put(sheet, 1, column, own.columns[key])
        head.font, head.fill = Font(bold=True, color="FFFFFF"), PatternFill("solid", fgColor=_PRIMARY)
        sheet.column_dimensions[head.column_letter].width = width
    blue = Font(color=_PRIMARY, underline="single")
    for row, reference in enumerate(references, start=2):
        citation = reference.citation
        values: tuple[str | int, ...] = (
            reference.number, citation.organisation or "", citation.title, citation.page,
            " › ".join(citation.section), citation.quote, citation.document,
        )  # fmt: skip
        for column, value in enumerate(values, start=1):
            cell = _put(sheet, row, column, value)
            cell.alignment = Alignment(wrap_text=True, vertical="top")
        back = sheet.cell(row, 1)
        back.hyperlink, back.font = f"#'{other.title}'!{first[reference.number]}", blue
        address = link(citation)
        if address:
            for column in (3, 7):
                sheet.cell(row, column).hyperlink = address
                sheet.cell(row, column).font = blue
    sheet.freeze_panes = "A2"
    _for_print(sheet, 1)


def _put(sheet: "Worksheet", row: int, column: int, value: str | int):  # type: ignore[no-untyped-def]  # noqa: ANN202
    """Write a number, or a text that stays text whatever it begins with."""
    cell = sheet.cell(row, column)
    if isinstance(value, int):
        cell.value = value
        return cell
    cell.value = _clean(value)
    cell.data_type = "s"
    cell.quotePrefix = value[:1] in ("=", "+", "-", "@", "\t", "\r")
    return cell


def _rich(short: ShortAnswer) -> "CellRichText":
    """The statements of a cell with the numbers of their references in colour."""
    from openpyxl.cell.rich_text import CellRichText, TextBlock
    from openpyxl.cell.text import InlineFont

    number = InlineFont(color=_PRIMARY, b=True)
    parts: list[str | TextBlock] = []
    for position, told in enumerate(short.whole):
        text = told.text.replace("**", "")
        text = f"• {text.removeprefix('- ')}" if text.startswith("- ") else text
        parts.append(_clean(("\n" if position else "") + text))
        parts += [TextBlock(number, f" [{reference.number}]") for reference in told.references]
    return CellRichText(*parts)


def _for_print(sheet: "Worksheet", head: int) -> None:
    sheet.page_setup.orientation = "landscape"
    sheet.page_setup.paperSize = sheet.PAPERSIZE_A4
    sheet.page_setup.fitToWidth, sheet.page_setup.fitToHeight = 1, 0
    sheet.sheet_properties.pageSetUpPr.fitToPage = True
    sheet.print_title_rows = f"{head}:{head}"


def _clean(text: str) -> str:
    """Without signs that a workbook cannot hold, and not longer than one of its cells."""
    return legal(text)[:_MOST]
