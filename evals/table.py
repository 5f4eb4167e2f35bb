"""Question files as tables: CSV and XLSX, a row for each question, with the fields of a case as columns.

Cells that hold several things: an item a line, or with `;` between. The spellings of a fact have `|` between, a page
is `document#page`, an earlier question stands as it was asked. Questions and quotes may hold a `;`, so of those each
line of the cell is one. Two more columns are for whoever reviews drafted questions: `review`, where rows that say
`draft` or `no` are left out, and `note`, which is not read.
"""

import csv
import io
import zipfile
from collections.abc import Iterable, Iterator, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any

from evals.errors import OutputError, QuestionFileError
from evals.jsonl import read_text

if TYPE_CHECKING:
    from evals.cases import Case

COLUMNS = (
    "id", "question", "lang", "kind", "history", "answerable", "facts", "sources", "all_sources", "pages", "quotes",
)  # fmt: skip
REVIEW = ("review", "note")
DRAFT = "draft"
SUFFIXES = (".csv", ".tsv", ".xlsx")

_YES = frozenset({"true", "yes", "ja", "sant", "1", "x"})
_NO = frozenset({"false", "no", "nej", "falskt", "0"})


def read_table(path: Path) -> list[tuple[int, dict[str, Any]]]:
    """The rows of a table as the objects of a question file, each with the number of its row.

    Raises:
        QuestionFileError: The file is no such table, or its first row does not name the columns.
    """
    rows = _xlsx_rows(path) if path.suffix.lower() == ".xlsx" else _csv_rows(path)
    numbered = [(number, row) for number, row in rows if any(str(cell).strip() for cell in row)]
    if not numbered:
        return []
    first, heads = numbered[0]
    columns = _columns(path, first, heads)
    objects = [(number, _as_object(columns, row)) for number, row in numbered[1:]]
    reviewed = [
        (number, {name: value for name, value in plain.items() if name not in REVIEW})
        for number, plain in objects
        if str(plain.get("review", "")).lower() not in _NO | {DRAFT}
    ]
    if objects and not reviewed:
        raise QuestionFileError(
            f"{path}: no row has been reviewed; write yes in the column 'review' of those that are right"
        )
    return reviewed


def write_cases(path: Path, cases: Iterable[tuple["Case", str]]) -> None:
    """Write cases, each with a note for whoever reviews them: a table, or JSON lines, which hold no note.

    Raises:
        OutputError: The file cannot be written.
    """
    if path.suffix.lower() in SUFFIXES:
        write_table(path, cases)
        return
    lines = [case.model_dump_json(exclude_defaults=True) + "\n" for case, _ in cases]
    try:
        path.write_text("".join(lines), encoding="utf-8", newline="\n")
    except OSError as problem:
        raise OutputError(f"{path}: cannot be written ({problem.strerror}); name another file") from problem


def write_table(path: Path, cases: Iterable[tuple["Case", str]]) -> None:
    """Write cases as a table for a person to review, each with a note; `review` says `draft` in every row.

    Raises:
        OutputError: The file cannot be written.
    """
    heads = [*REVIEW, *COLUMNS]
    rows = [[DRAFT, note, *_as_cells(case)] for case, note in cases]
    try:
        if path.suffix.lower() == ".xlsx":
            _write_xlsx(path, heads, rows)
            return
        delimiter = "\t" if path.suffix.lower() == ".tsv" else ","
        # The mark at the beginning tells Excel that it is UTF-8.
        with path.open("w", encoding="utf-8-sig", newline="") as file:
            writer = csv.writer(file, delimiter=delimiter)
            writer.writerows([heads, *([_harmless(cell) for cell in row] for row in rows)])
    except OSError as problem:
        raise OutputError(f"{path}: cannot be written ({problem.strerror}); name another file") from problem


def _as_cells(case: "Case") -> list[str]:
    plain = {
        "id": case.id,
        "question": case.question,
        "lang": case.lang or "",
        "kind": case.kind or "",
        "history": "\n".join(turn.question for turn in case.history),
        "answerable": "" if case.answerable is None else str(case.answerable).lower(),
        "facts": "\n".join(" | ".join(spellings) for spellings in case.facts),
        "sources": "\n".join(case.sources),
        "all_sources": "true" if case.all_sources else "",
        "pages": "\n".join(f"{gold.source}#{gold.page}" for gold in case.pages),
        "quotes": "\n".join(case.quotes),
    }
    return [plain[name] for name in COLUMNS]


def _harmless(cell: str) -> str:
    """A cell that a spreadsheet does not take for a formula."""
    return f" {cell}" if cell.startswith(("=", "+", "-", "@")) else cell


def _write_xlsx(path: Path, heads: Sequence[str], rows: Sequence[Sequence[str]]) -> None:
    from openpyxl import Workbook
    from openpyxl.cell.cell import ILLEGAL_CHARACTERS_RE
    from openpyxl.styles import Alignment, Font

    book = Workbook()
    sheet = book.active
    sheet.title = "questions"
    sheet.freeze_panes = "A2"
    for number, row in enumerate([heads, *rows], start=1):
        for column, text in enumerate(row, start=1):
            cell = sheet.cell(number, column)
            cell.value = ILLEGAL_CHARACTERS_RE.sub("", text)
            cell.data_type = "s"  # never a formula
            cell.alignment = Alignment(vertical="top", wrap_text=True)
            cell.font = Font(bold=number == 1)
    for column, name in enumerate(heads, start=1):
        letter = sheet.cell(1, column).column_letter
        sheet.column_dimensions[letter].width = 45 if name in ("question", "facts", "quotes") else 18
    book.save(path)


def _columns(path: Path, number: int, heads: Sequence[object]) -> list[str]:
    columns = [str(head).strip().lower() for head in heads]
    while columns and not columns[-1]:
        columns.pop()
    missing = [name for name in ("id", "question") if name not in columns]
    if missing:
        raise QuestionFileError(
            f"{path}, line {number}: the first row must name the columns, with {' and '.join(missing)} among them; "
            f"columns are {', '.join(COLUMNS)}"
        )
    twice = next((name for name in columns if name and columns.count(name) > 1), None)
    if twice:
        raise QuestionFileError(f"{path}, line {number}, column {twice!r}: is there twice; keep one")
    return columns


def _as_object(columns: Sequence[str], row: Sequence[object]) -> dict[str, Any]:
    """The fields of a row that are not empty; what cannot be read stays text, and is refused with its field's name."""
    cells = zip([*columns, *(f"column {index + 1}" for index in range(len(columns), len(row)))], row, strict=False)
    plain: dict[str, Any] = {}
    for name, cell in cells:
        text = _text(cell)
        if not text:
            continue
        if name in ("answerable", "all_sources"):
            plain[name] = True if text.lower() in _YES else False if text.lower() in _NO else text
        elif name == "facts":
            plain[name] = [[spelling.strip() for spelling in fact.split("|")] for fact in _items(text)]
        elif name == "sources":
            plain[name] = _items(text)
        elif name == "pages":
            plain[name] = [_page(item) for item in _items(text)]
        elif name == "quotes":
            plain[name] = _lines(text)
        elif name == "history":
            plain[name] = [{"question": line} for line in _lines(text)]
        else:
            plain[name] = text
    return plain


def _page(item: str) -> dict[str, Any]:
    source, _, page = item.rpartition("#")
    return {"source": source.strip() or item, "page": int(page) if page.strip().isdecimal() else page}


def _items(text: str) -> list[str]:
    return [item.strip() for line in _lines(text) for item in line.split(";") if item.strip()]


def _lines(text: str) -> list[str]:
    return [line.strip() for line in text.splitlines() if line.strip()]


def _text(cell: object) -> str:
    if cell is None:
        return ""
    if isinstance(cell, float) and cell.is_integer():
        return str(int(cell))
    return str(cell).strip()


def _csv_rows(path: Path) -> Iterator[tuple[int, Sequence[object]]]:
    text = read_text(path, QuestionFileError)
    # Excel writes what the country's list separator is: in Swedish a semicolon.
    heads = text.lstrip().split("\n", 1)[0]
    delimiter = max(",;\t", key=heads.count)
    reader = csv.reader(io.StringIO(text, newline=""), delimiter=delimiter, strict=True)
    before = 1
    try:
        for row in reader:
            yield before, row
            before = reader.line_num + 1
    except csv.Error as problem:
        raise QuestionFileError(
            f"{path}, line {before}: is no CSV ({problem}); close every quotation mark"
        ) from problem


def _xlsx_rows(path: Path) -> Iterator[tuple[int, Sequence[object]]]:
    """The rows of the first sheet; of formulas their results."""
    from openpyxl import load_workbook
    from openpyxl.utils.exceptions import InvalidFileException

    try:
        with path.open("rb") as file:
            book = load_workbook(file, read_only=True, data_only=True)
            sheet = book.worksheets[0]
            yield from enumerate(sheet.iter_rows(values_only=True), start=1)
            book.close()
    except OSError as problem:
        raise QuestionFileError(f"{path}: cannot be read ({problem.strerror}); check the path") from problem
    except (InvalidFileException, zipfile.BadZipFile, KeyError, ValueError, IndexError, SyntaxError) as problem:
        # A damaged workbook raises whatever the part that is damaged makes of it; XML's own error is a SyntaxError.
        raise QuestionFileError(f"{path}: is no Excel workbook (.xlsx); save it anew, or as CSV in UTF-8") from problem
