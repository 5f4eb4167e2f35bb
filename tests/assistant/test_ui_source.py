import re
from dataclasses import replace
from html import unescape

from hypothesis import given
from hypothesis import strategies as st

from assistant.answers import Citation
from assistant.ui_page import page_html
from assistant.ui_source import Look, gone_html, source_html
from assistant.ui_state import Opened, open_citation, open_passage
from assistant.ui_text_sv import SWEDISH
from ingest.assemble import RawBlock, RawDocument, assemble_document
from ingest.document import BlockKind, Document, Fact, Field
from ingest.locate import Box
from ingest.page_image import PageImage

KINDS = st.sampled_from([kind for kind in BlockKind if kind not in (BlockKind.ROW, BlockKind.CONTENTS)])


def document(*blocks: tuple[BlockKind, str, int], pages: int = 1, facts: tuple[Fact, ...] = ()) -> Document:
    raw = [RawBlock(kind, ((min(index + 1, pages), text),), level) for index, (kind, text, level) in enumerate(blocks)]
    made = assemble_document("a.pdf", "0" * 64, RawDocument("pdf", raw, (None,) * pages))
    return Document(made.id, made.format, made.content_hash, made.text, made.pages, made.blocks, facts)


def bare(html: str) -> str:
    return unescape(re.sub(r"<[^>]+>", "", html))


def test_blocks_become_headings_lists_and_paragraphs() -> None:
    page = document(
        (BlockKind.HEADING, "2 Mål", 1),
        (BlockKind.PARAGRAPH, "Nämnden ska", 0),
        (BlockKind.ITEM, "• söka pengar", 1),
        (BlockKind.ITEM, "i EU", 2),
        (BlockKind.ITEM, "1. följa upp", 1),
        (BlockKind.PARAGRAPH, "Slut.", 0),
    )
    assert page_html(page, Opened("a.pdf", 1), SWEDISH) == (
        "<h3>2 Mål</h3><p>Nämnden ska</p><ul><li>söka pengar<ul><li>i EU</li></ul></li>"
        '<li class="ub-numbered">1. följa upp</li></ul><p>Slut.</p>'
    )


def test_rows_with_the_same_headers_become_one_table() -> None:
    page = document(
        (BlockKind.ROW, "Nr: 1; Ansvarig: Kommunstyrelsen", 0),
        (BlockKind.ROW, "Nr: 2; Ansvarig: Miljönämnden", 0),
        (BlockKind.ROW, "Fri text; utan rubriker", 0),
    )
    start = page.text.index("Miljö")
    html = page_html(page, Opened("a.pdf", 1, start, start + 5), SWEDISH)
    assert html.count("<table>") == 1
    assert '<th scope="col">Ansvarig</th>' in html
    assert "<tr><td>2</td><td><mark>Miljö</mark>nämnden</td></tr>" in html
    assert html.endswith("<p>Fri text; utan rubriker</p>")


def test_contents_lose_their_leaders() -> None:
    html = page_html(document((BlockKind.CONTENTS, "4 Nätverk . . . . . . . 12", 0)), Opened("a.pdf", 1), SWEDISH)
    assert html == '<ul class="ub-contents"><li><span>4 Nätverk</span> <span>12</span></li></ul>'


@given(
    st.lists(st.tuples(KINDS, st.text('ab<>&"å ', min_size=1).filter(str.strip), st.integers(1, 3)), min_size=1),
    st.data(),
)
def test_any_interval_is_marked_and_no_text_is_lost(blocks, data) -> None:
    made = document(*blocks)
    start = data.draw(st.integers(0, len(made.text)))
    end = data.draw(st.integers(start, len(made.text)))
    html = page_html(made, Opened("a.pdf", 1, start, end), SWEDISH)
    assert bare(html) == "".join(made.text[block.start : block.end] for block in made.blocks)
    marked = "".join(bare(piece) for piece in re.findall(r"<mark>(.*?)</mark>", html, re.DOTALL))
    assert marked == "".join(made.text[max(block.start, start) : min(block.end, end)] for block in made.blocks)


def test_only_what_lies_on_the_page_is_shown() -> None:
    raw = [RawBlock(BlockKind.PARAGRAPH, ((1, "Börjar här "), (2, "och slutar där.")))]
    made = assemble_document("a.pdf", "0" * 64, RawDocument("pdf", raw, (None, None)))
    assert page_html(made, Opened("a.pdf", 1), SWEDISH) == "<p>Börjar här </p>"
    whole = Opened("a.pdf", 2, 0, len(made.text))
    assert page_html(made, whole, SWEDISH) == "<p><mark>och slutar där.</mark></p>"


def test_empty_page_says_so() -> None:
    raw = RawDocument("pdf", [RawBlock(BlockKind.PARAGRAPH, ((1, "Text."),))], (None, None))
    made = assemble_document("a.pdf", "0" * 64, raw)
    assert SWEDISH.page_empty in page_html(made, Opened("a.pdf", 2), SWEDISH)


def test_citation_opens_at_its_offsets_in_the_document() -> None:
    made = document((BlockKind.PARAGRAPH, "Ett.", 0), (BlockKind.PARAGRAPH, "Nio mål.", 0), pages=2)
    text = made.page_text(2)
    start = text.index("mål")
    citation = Citation(1, "a.pdf", "T", None, 2, (), "mål", start, start + 3)
    opened = open_citation(made, citation, 0)
    assert made.text[opened.start : opened.end] == "mål"
    assert "<mark>mål</mark>" in page_html(made, opened, SWEDISH)


def test_passage_opens_where_its_text_is() -> None:
    made = document((BlockKind.PARAGRAPH, "Mål.", 0), (BlockKind.PARAGRAPH, "Mål.", 0), pages=2)
    assert made.page_at(open_passage(made, 2, "Mål.").start).number == 2
    assert open_passage(made, 1, "finns inte") == Opened("a.pdf", 1)


def test_panel_tells_document_position_and_section() -> None:
    facts = (
        Fact(Field.TITLE, "Program & mål"),
        Fact(Field.ORGANISATION, "Provköpings kommun"),
        Fact(Field.ADOPTED_BY, "Kommunfullmäktige"),
        Fact(Field.ADDRESS, "javascript:alert(1)"),
    )
    made = document(
        (BlockKind.HEADING, "1 Syfte", 1),
        (BlockKind.HEADING, "1.1 Mål", 2),
        (BlockKind.PARAGRAPH, "Nio.", 0),
        facts=facts,
    )
    start = made.text.index("Nio")
    citations = [Citation(n, "a.pdf", "T", None, 1, (), "Nio.", 0, 4) for n in (1, 2, 3)]
    html = source_html(made, Opened("a.pdf", 1, start, start + 4, 0, 2), citations, Look(), SWEDISH)
    assert "Program &amp; mål" in html
    assert "Källa 2 av 3 i svaret" in html
    assert 'data-exchange="0" data-marker="3"' in html
    assert "1 Syfte › 1.1 Mål" in html
    assert "<dt>Antaget av</dt><dd>Kommunfullmäktige</dd>" in html
    assert "javascript:" not in html


def test_address_on_the_web_is_a_link() -> None:
    made = document((BlockKind.PARAGRAPH, "Text.", 0), facts=(Fact(Field.ADDRESS, 'https://example.org/?a=1&b="'),))
    html = source_html(replace(made, format="html"), Opened("a.pdf", 1), (), Look(), SWEDISH)
    assert 'href="https://example.org/?a=1&amp;b=&quot;"' in html
    html = source_html(replace(made, format="pdf"), Opened("a.pdf", 1), (), Look(), SWEDISH)
    assert 'href="https://example.org/?a=1&amp;b=&quot;#page=1"' in html
    assert 'rel="noopener noreferrer"' in html


def test_missing_document_can_be_closed() -> None:
    assert SWEDISH.document_gone in gone_html(SWEDISH)
    assert 'data-event="close"' in gone_html(SWEDISH)


PICTURE = PageImage(b"png", 1400, 1980, (Box(0.1, 0.2, 0.5, 0.25),))


def pdf(**page) -> Document:
    made = replace(document((BlockKind.PARAGRAPH, "Nio mål gäller.", 0)), format="pdf")
    return replace(made, pages=tuple(replace(one, **page) for one in made.pages))


def test_page_of_a_pdf_is_a_picture_with_the_quote_marked_and_said() -> None:
    html = source_html(pdf(), Opened("a.pdf", 1, 4, 7), (), Look(PICTURE, True), SWEDISH)
    assert 'alt="Sida 1 av a.pdf"' in html
    assert "left:10.00%;top:20.00%;width:40.00%;height:5.00%" in html
    assert "<q>mål</q>" in html
    assert 'href="documents/original?document=a.pdf#page=1"' in html
    assert SWEDISH.picture_note in html
    assert "<p>Nio" not in html


def test_page_of_a_pdf_can_be_read_as_text() -> None:
    html = source_html(pdf(), Opened("a.pdf", 1, 4, 7, as_text=True), (), Look(PICTURE, True), SWEDISH)
    assert "<img" not in html
    assert "<mark>mål</mark>" in html


def test_quote_that_is_not_found_on_the_picture_is_told() -> None:
    html = source_html(pdf(), Opened("a.pdf", 1, 4, 7), (), Look(replace(PICTURE, boxes=()), True), SWEDISH)
    assert SWEDISH.quote_in_text in html


def test_original_that_is_gone_is_told() -> None:
    html = source_html(pdf(), Opened("a.pdf", 1), (), Look(), SWEDISH)
    assert SWEDISH.original_gone in html
    assert "documents/original" not in html


def test_other_files_are_fetched_not_opened() -> None:
    html = source_html(replace(pdf(), format="docx"), Opened("a.pdf", 1), (), Look(None, True), SWEDISH)
    assert re.search(r'href="documents/original\?document=a.pdf" download', html)


def test_recognised_text_is_told_with_how_sure_it_is() -> None:
    html = source_html(pdf(read_by="ocr", confidence=0.874), Opened("a.pdf", 1), (), Look(PICTURE), SWEDISH)
    assert "87 procent" in html
    html = source_html(pdf(read_by="ocr"), Opened("a.pdf", 1), (), Look(PICTURE), SWEDISH)
    assert SWEDISH.recognised_unsure in html


def test_document_tells_who_adopted_it_and_whether_it_still_holds() -> None:
    facts = (Fact(Field.ADOPTED_BY, "fullmäktige"), Fact(Field.ADOPTED_ON, "2019-05-02"))
    for until, words in (("2023-12-31", "Gällde till 2023-12-31"), ("2999-12-31", "Gäller till 2999-12-31")):
        held = replace(pdf(), facts=(*facts, Fact(Field.VALID_UNTIL, until)))
        html = source_html(held, Opened("a.pdf", 1), (), Look(), SWEDISH)
        assert f"Antaget: fullmäktige 2019-05-02 · {words}" in html
