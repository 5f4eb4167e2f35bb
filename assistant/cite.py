"""Turn intervals of a document into citations: quotes that stand verbatim in the stored text of the page they name."""

from collections.abc import Iterator, Sequence

from assistant.answers import Citation
from ingest.document import Document, Field


def cite_span(document: Document, start: int, end: int, headings: Sequence[str]) -> Iterator[Citation]:
    """One citation for each page that an interval of the document's text touches, with marker 0.

    Args:
        document: As stored.
        start: Offset in `Document.text`.
        end: Offset after the last character.
        headings: Headings above the passage, outermost first.
    """
    for page in document.pages:
        first, last = max(start, page.start), min(end, page.end)
        if first >= last:
            continue
        piece = document.text[first:last]
        quote = piece.strip()
        if not quote:
            continue
        offset = first - page.start + len(piece) - len(piece.lstrip())
        yield Citation(
            marker=0,
            document=document.id,
            title=document.title,
            organisation=document.fact(Field.ORGANISATION),
            page=page.number,
            section=tuple(headings),
            quote=quote,
            start=offset,
            end=offset + len(quote),
        )
