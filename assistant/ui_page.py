"""HTML of a document's page, rendered from its blocks, with the quoted passage marked."""

import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from html import escape
from itertools import groupby

from assistant.ui_state import Opened
from assistant.ui_text import Texts
from ingest.document import Block, BlockKind, Document, Page

_BULLET = re.compile(r"[•●▪◦‣∙·–-]\s+")
_NUMBER = re.compile(r"\(?\w{1,3}[.)]\s")
_LEADERS = re.compile(r"(?:\s*…\s*|[\s.·_]{4,})(?=\S*$)")
_CELL = re.compile(r"(?:^|; )(?P<header>[^:;]{1,60}): (?P<value>[^;]*)")


@dataclass(frozen=True, slots=True)
class _View:
    """The interval of a document that is shown, with the passage to mark in it."""

    document: Document
    page: Page
    start: int
    end: int

    def text(self, start: int, end: int) -> str:
        """Escaped text of an interval, what lies on the page only, with the marked passage in `<mark>`."""
        start, end = max(start, self.page.start), min(end, self.page.end)
        first, last = max(start, self.start), min(end, self.end)
        whole = self.document.text
        if first >= last:
            return escape(whole[start:end])
        return f"{escape(whole[start:first])}<mark>{escape(whole[first:last])}</mark>{escape(whole[last:end])}"


def page_html(document: Document, opened: Opened, texts: Texts) -> str:
    """The open page as headings, paragraphs, lists and tables."""
    page = next(page for page in document.pages if page.number == opened.page)
    view = _View(document, page, opened.start, opened.end)
    blocks = [block for block in document.blocks if block.start < page.end and block.end > page.start]
    if not blocks:
        text = view.text(page.start, page.end)
        return (
            f'<p class="ub-pre">{text}</p>' if text.strip() else f'<p class="ub-muted">{escape(texts.page_empty)}</p>'
        )
    html = []
    for kind, group in groupby(blocks, key=lambda block: block.kind):
        html.append(_group(view, kind, list(group)))
    return "".join(html)


def _group(view: _View, kind: BlockKind, blocks: Sequence[Block]) -> str:
    if kind == BlockKind.HEADING:
        return "".join(_heading(view, block) for block in blocks)
    if kind == BlockKind.ITEM:
        return _items(view, blocks)
    if kind == BlockKind.ROW:
        return "".join(_rows(view, blocks))
    if kind == BlockKind.CONTENTS:
        return '<ul class="ub-contents">' + "".join(f"<li>{_contents(view, block)}</li>" for block in blocks) + "</ul>"
    return "".join(f"<p>{view.text(block.start, block.end)}</p>" for block in blocks)


def _heading(view: _View, block: Block) -> str:
    level = min(max(block.level, 1) + 2, 6)
    return f"<h{level}>{view.text(block.start, block.end)}</h{level}>"


def _items(view: _View, blocks: Sequence[Block]) -> str:
    """Nested lists; an item that stands alone below its level nests only as deep as the list has come."""
    html: list[str] = []
    depths: list[int] = []
    for block in blocks:
        while len(depths) > 1 and block.level < depths[-1]:
            html.append("</li></ul>")
            depths.pop()
        if not depths or block.level > depths[-1]:
            html.append("<ul>")
            depths.append(block.level)
        else:
            html.append("</li>")
        text = view.document.text
        bullet = _BULLET.match(text, block.start, block.end)
        numbered = (
            ' class="ub-numbered"'
            if not bullet and re.match(r"\(?\w{1,3}[.)]\s", text[block.start : block.end])
            else ""
        )
        html.append(f"<li{numbered}>{view.text(bullet.end() if bullet else block.start, block.end)}")
    return "".join(html) + "</li></ul>" * len(depths)


def _rows(view: _View, blocks: Sequence[Block]) -> Iterator[str]:
    """Rows of the form `Header: value; Header: value` as tables, one for each run with the same headers."""
    for headers, rows in groupby(blocks, key=lambda block: _headers(view.document.text[block.start : block.end])):
        if not headers:
            yield from (f"<p>{view.text(row.start, row.end)}</p>" for row in rows)
            continue
        head = "".join(f'<th scope="col">{escape(header)}</th>' for header in headers)
        body = "".join(f"<tr>{_cells(view, row)}</tr>" for row in rows)
        table = f"<table><thead><tr>{head}</tr></thead><tbody>{body}</tbody></table>"
        yield f'<div class="ub-table" tabindex="0">{table}</div>'


def _headers(row: str) -> tuple[str, ...]:
    """The row's headers, where all of it is cells with a header."""
    matches = list(_CELL.finditer(row))
    whole = "".join(match[0] for match in matches) == row
    return tuple(match["header"] for match in matches) if whole and len(matches) > 1 else ()


def _cells(view: _View, block: Block) -> str:
    row = view.document.text[block.start : block.end]
    spans = (match.span("value") for match in _CELL.finditer(row))
    return "".join(f"<td>{view.text(block.start + start, block.start + end)}</td>" for start, end in spans)


def _contents(view: _View, block: Block) -> str:
    """A line of a table of contents with its dot leaders drawn as a gap."""
    text = view.document.text[block.start : block.end]
    leaders = _LEADERS.search(text)
    if leaders is None:
        return view.text(block.start, block.end)
    return (
        f"<span>{view.text(block.start, block.start + leaders.start())}</span> "
        f"<span>{view.text(block.start + leaders.end(), block.end)}</span>"
    )
