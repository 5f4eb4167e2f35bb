from hypothesis import given, settings
from hypothesis import strategies as st

from assistant.cite import cite_span
from ingest.assemble import RawBlock, RawDocument, assemble_document
from ingest.document import BlockKind, Document

PAGES = 4
text = st.text(st.sampled_from("abcåäöÅ é.,:-\n\t\u00a0\u00ad1😀"), min_size=1, max_size=30)


@st.composite
def documents(draw: st.DrawFn) -> Document:
    """Random documents with blocks that run over page breaks, blank parts and empty pages."""
    blocks, page = [], 1
    for _ in range(draw(st.integers(1, 6))):
        parts = []
        for _ in range(draw(st.integers(1, 3))):
            page = min(page + draw(st.integers(0, 1)), PAGES)
            parts.append((page, draw(text)))
        blocks.append(RawBlock(draw(st.sampled_from(list(BlockKind))), tuple(parts), 1))
    return assemble_document("a.pdf", "0" * 64, RawDocument("pdf", blocks, (None,) * PAGES))


@given(documents(), st.data())
@settings(max_examples=200, deadline=None)
def test_a_quote_stands_verbatim_on_the_page_it_names(document: Document, data: st.DataObject) -> None:
    start = data.draw(st.integers(0, len(document.text)))
    end = data.draw(st.integers(start, len(document.text)))
    citations = list(cite_span(document, start, end, ("Rubrik",)))
    for citation in citations:
        assert document.page_text(citation.page)[citation.start : citation.end] == citation.quote
        assert citation.quote == citation.quote.strip() != ""
        assert citation.section == ("Rubrik",)
    # Nothing but white space of the interval is left out, and nothing is told twice.
    assert "".join("".join(citation.quote.split()) for citation in citations) == "".join(
        document.text[start:end].split()
    )
    assert [citation.page for citation in citations] == sorted({citation.page for citation in citations})


def test_a_quote_over_a_page_break_is_one_citation_on_each_page(make_document) -> None:
    document = make_document(
        ("paragraph", "Först."),
        ("paragraph", [(1, "En mening som börjar här "), (2, "och slutar där.")]),
        pages=2,
        title="Plan",
        organisation="Provköpings kommun",
    )
    block = document.blocks[1]
    first, second = cite_span(document, block.start, block.end, ("1 Mål",))
    assert (first.page, first.quote, first.start) == (1, "En mening som börjar här", len("Först.\n\n"))
    assert (second.page, second.quote, second.start) == (2, "och slutar där.", 0)
    assert (first.title, first.organisation, first.section) == ("Plan", "Provköpings kommun", ("1 Mål",))


def test_white_space_gives_no_citation(make_document) -> None:
    document = make_document(("paragraph", "Ett."), ("paragraph", "Två."))
    assert list(cite_span(document, 4, 6, ())) == []
    assert list(cite_span(document, 2, 2, ())) == []
