import re
from collections.abc import Callable, Sequence

import pytest

from assistant.answers import Answer
from assistant.assistant import Assistant
from ingest.assemble import RawBlock, RawDocument, assemble_document
from ingest.chunk import chunk_document
from ingest.document import BlockKind, Document, Fact, Field
from vectorstore.types import Hit

MARKER = re.compile(r"\[(\d+)\]")


@pytest.fixture
def make_document() -> Callable[..., Document]:
    """Makes a document of `(kind, text)`, `(kind, text, level)` or `(kind, [(page, text), ...], level)` entries."""

    def make(*entries: tuple, pages: int = 1, **facts: str) -> Document:
        blocks = []
        for kind, content, *level in entries:
            parts = ((1, content),) if isinstance(content, str) else tuple(content)
            blocks.append(RawBlock(BlockKind(kind), parts, level[0] if level else int(kind in ("item", "heading"))))
        document = assemble_document("a.pdf", "0" * 64, RawDocument("pdf", blocks, (None,) * pages))
        return Document(
            document.id, document.format, document.content_hash, document.text, document.pages, document.blocks,
            tuple(Fact(Field(name), value, origin="properties") for name, value in facts.items()),
        )  # fmt: skip

    return make


@pytest.fixture
def hits_over() -> Callable[[Document], Sequence[Hit]]:
    """All chunks of a document as hits."""

    def over(document: Document) -> list[Hit]:
        return [Hit(chunk, 1.0, rank, 0.9, 0.5) for rank, chunk in enumerate(chunk_document(document), start=1)]

    return over


@pytest.fixture
def assert_cited() -> Callable[[Assistant, Answer], None]:
    """Checks what every answer that tells something must keep: markers on every line, quotes verbatim on the page."""

    def check(assistant: Assistant, answer: Answer) -> None:
        for citation in answer.citations:
            page = assistant.page_text(citation.document, citation.page)
            assert page[citation.start : citation.end] == citation.quote
            assert citation.quote.strip() == citation.quote != ""
        told = {int(number) for number in MARKER.findall(answer.text)}
        assert [citation.marker for citation in answer.citations] == list(range(1, len(answer.citations) + 1))
        assert told == {citation.marker for citation in answer.citations}
        for line in filter(None, answer.text.splitlines()):
            assert MARKER.search(line), line

    return check
