"""Make the PDF and Word documents in `samples/` from their sources in `scripts/samples/`.

    python scripts/make_samples.py [FOLDER]

Typst's own fonts are used and every date is fixed, so that the same versions of typst and python-docx give the
same bytes on any machine. The web pages and Markdown files in `samples/` are their own sources.
"""

import argparse
import io
import zipfile
from collections.abc import Sequence
from datetime import UTC, datetime
from itertools import groupby
from pathlib import Path
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from docx.document import Document as WordDocument

ROOT = Path(__file__).parents[1]
SOURCES = ROOT / "scripts" / "samples"
SAMPLES = ROOT / "samples"

PDFS = (
    "exempelstad-arsrapport-internationellt-2022",
    "exempelstad-arsrapport-internationellt-2023",
    "region-mellansjo-program-2024-2027",
)
STRATEGY = "region-mellansjo-internationell-strategi-2018-2023"
STRATEGY_WRITTEN = datetime(2017, 12, 5, tzinfo=UTC)


def make_samples(folder: Path) -> list[Path]:
    """Write every generated sample into `folder`.

    Returns:
        The files written.
    """
    folder.mkdir(parents=True, exist_ok=True)
    written = []
    for name in PDFS:
        target = folder / f"{name}.pdf"
        target.write_bytes(pdf_bytes(SOURCES / f"{name}.typ"))
        written.append(target)
    target = folder / f"{STRATEGY}.docx"
    markdown = (SOURCES / f"{STRATEGY}.md").read_text("utf-8")
    target.write_bytes(docx_bytes(markdown, "Region Mellansjö", STRATEGY_WRITTEN))
    return [*written, target]


def pdf_bytes(source: Path) -> bytes:
    """Typeset one Typst file. Fonts installed on the machine are left out, since they would move the line breaks."""
    import typst

    return bytes(typst.compile(str(source), format="pdf", ignore_system_fonts=True))


def docx_bytes(markdown: str, author: str, written: datetime) -> bytes:
    """A Word file from simple Markdown: headings, paragraphs, list items (`- `) and table rows (`|`), a line each."""
    import docx

    document = docx.Document()
    properties = document.core_properties
    properties.author = properties.last_modified_by = author
    properties.created = properties.modified = written
    properties.language, properties.comments, properties.revision = "sv-SE", "", 1
    for kind, group in groupby(markdown.splitlines(), key=_line_kind):
        lines = [line.strip() for line in group]
        if kind == "row":
            _add_table(document, [[cell.strip() for cell in line.strip("|").split("|")] for line in lines])
        elif kind == "item":
            for line in lines:
                document.add_paragraph(line[2:], style="List Bullet")
        elif kind == "heading":
            for line in lines:
                level = len(line) - len(line.lstrip("#"))
                document.add_heading(line[level + 1 :], level - 1)
                if level == 1:
                    properties.title = line[2:]
        elif kind == "paragraph":
            for line in lines:
                document.add_paragraph(line)
    return _with_fixed_dates(document, written)


def _line_kind(line: str) -> str:
    for start, kind in (("#", "heading"), ("- ", "item"), ("|", "row")):
        if line.startswith(start):
            return kind
    return "paragraph" if line.strip() else "blank"


def _add_table(document: "WordDocument", rows: Sequence[Sequence[str]]) -> None:
    table = document.add_table(rows=len(rows), cols=len(rows[0]), style="Table Grid")
    for row, cells in zip(table.rows, rows, strict=True):
        for cell, text in zip(row.cells, cells, strict=True):
            cell.text = text
    for cell in table.rows[0].cells:
        cell.paragraphs[0].runs[0].bold = True


def _with_fixed_dates(document: "WordDocument", written: datetime) -> bytes:
    """Save the document with `written` as the date of each member, where python-docx puts the current time."""
    plain, fixed = io.BytesIO(), io.BytesIO()
    document.save(plain)
    with zipfile.ZipFile(plain) as source, zipfile.ZipFile(fixed, "w", zipfile.ZIP_DEFLATED) as target:
        for name in source.namelist():
            member = zipfile.ZipInfo(name, written.timetuple()[:6])
            member.compress_type = zipfile.ZIP_DEFLATED
            target.writestr(member, source.read(name))
    return fixed.getvalue()


def main() -> None:
    """Read the command line and write the files."""
    parser = argparse.ArgumentParser(description="Make the PDF and Word samples.")
    parser.add_argument("folder", nargs="?", type=Path, default=SAMPLES, help="where to write (default: samples/)")
    for path in make_samples(parser.parse_args().folder):
        print(path)


if __name__ == "__main__":
    main()
