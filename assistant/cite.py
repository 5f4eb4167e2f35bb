"""Turn intervals of a document into citations: quotes that stand verbatim in the stored text of the page they name."""

import re
from collections.abc import Iterator, Sequence
from dataclasses import replace

from assistant.answers import Citation
from ingest.document import Document, Field

_MARKER_ALIKE = re.compile(r"\[(\d{1,3}(?:\s*[,;–-]\s*\d{1,3})*)\]")


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


def joined_spans(spans: Sequence[tuple[int, int]], text: str) -> list[list[tuple[int, int]]]:
    """Spans with nothing but white space between them, which one quote can hold."""
    runs: list[list[tuple[int, int]]] = [[spans[0]]]
    for span in spans[1:]:
        if text[runs[-1][-1][1] : span[0]].strip():
            runs.append([span])
        else:
            runs[-1].append(span)
    return runs


def number_citation(citation: Citation, citations: list[Citation]) -> Citation:
    """The citation with its marker: that of an equal one, else the next number."""
    for known in citations:
        if (known.document, known.page, known.start, known.end) == (
            citation.document,
            citation.page,
            citation.start,
            citation.end,
        ):
            return known
    numbered = replace(citation, marker=len(citations) + 1)
    citations.append(numbered)
    return numbered


def shown(text: str) -> str:
    """A document's words as an answer tells them: on one line, and with nothing that an answer means something by.

    What looks like a marker, emphasis, or a link or image of Markdown in a document is none of ours. The quote of the
    citation keeps it.
    """
    plain = _MARKER_ALIKE.sub(r"(\1)", " ".join(text.split()))
    return plain.replace("](", "] (").replace("**", "")
