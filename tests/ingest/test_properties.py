"""What holds of every document, whatever is in it: offsets address their quotes, nothing is lost, identifiers stay."""

import pickle
from dataclasses import replace
from itertools import pairwise
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from ingest.assemble import RawBlock, RawDocument, assemble_document
from ingest.chunk import chunk_document
from ingest.document import BlockKind
from ingest.load import load_file
from ingest.metadata import read_facts
from ingest.sentences import split_sentences

SAMPLES = sorted(path for path in (Path(__file__).parents[2] / "samples").iterdir() if path.is_file())
MAIN = (BlockKind.PARAGRAPH, BlockKind.ITEM, BlockKind.ROW)

words = st.text(alphabet="abcdeåäöéßABCÅÄÖ0123456789-–.,:;!?()”\"'/ \u0301", max_size=60)
sentences = st.lists(words, max_size=12).map(". Nämnden ska ".join)
statements = st.sampled_from(
    [
        *("Antagen av kommunfullmäktige 2021-03-04", "Diarienummer: KS 2021/17", "Gäller till och med 2027"),
        *("Ersätter: EU-policy 2015", "Dokumenttyp: Program", "Energiplan 2021–2027", "Ansvarig: Kommunstyrelsen"),
        "Adopted by the City Council on 3 May 2022",
    ]
)


@st.composite
def documents(draw):
    """Blocks of every kind over some pages, of which paragraphs and items may run over page breaks."""
    page, blocks = 1, []
    for _ in range(draw(st.integers(0, 12))):
        page += draw(st.integers(0, 2))
        kind = draw(st.sampled_from(list(BlockKind)))
        level = draw(st.integers(1, 3)) if kind in (BlockKind.HEADING, BlockKind.ITEM) else 0
        parts = [(page, draw(sentences | statements))]
        while kind in (BlockKind.PARAGRAPH, BlockKind.ITEM) and draw(st.integers(0, 4)) == 0:
            page += 1
            parts.append((page, draw(sentences)))
        blocks.append(RawBlock(kind, tuple(parts), level))
    count = page + draw(st.integers(0, 1))
    return blocks, assemble_document("a.pdf", "5" * 64, RawDocument("pdf", blocks, labels=(None,) * count))


def letters(text):
    return [character for character in text if character.isalnum()]


def check_places(document):
    """Pages cover the text; blocks lie in it one after the other; what is cut at page breaks can be put together."""
    assert "".join(document.page_text(page.number) for page in document.pages) == document.text
    assert [page.number for page in document.pages] == list(range(1, len(document.pages) + 1))
    end = 0
    for block in document.blocks:
        text = document.text[block.start : block.end]
        assert end <= block.start and text and text == text.strip()
        assert not letters(document.text[end : block.start])
        end = block.end
        assert block.lead_in is None or document.blocks[block.lead_in].end <= block.start


def check_quotes(document, start, end):
    """The parts of an interval on its pages, by offsets into the pages' texts, are the interval's text."""
    quote = ""
    for page in document.pages:
        first, last = max(start, page.start) - page.start, min(end, page.end) - page.start
        if first < last:
            quote += document.page_text(page.number)[first:last]
    assert quote == document.text[start:end]


def check_facts(document):
    for fact in read_facts(document, {}, document.id):
        assert (fact.start is None) == (fact.end is None) == (fact.origin != "text")
        if fact.start is not None:
            assert 0 <= fact.start < fact.end <= len(document.text)
            assert document.text[fact.start : fact.end].strip()
            check_quotes(document, fact.start, fact.end)


def check_chunks(document):
    chunks = chunk_document(document)
    assert [chunk.ordinal for chunk in chunks] == list(range(len(chunks)))
    assert len({chunk.id for chunk in chunks}) == len(chunks)
    covered = [0] * len(document.text)
    for chunk in chunks:
        assert chunk.text == document.text[chunk.start : chunk.end]
        assert chunk.text and chunk.text == chunk.text.strip()
        assert chunk.first_page == document.page_at(chunk.start).number
        assert chunk.last_page == document.page_at(chunk.end - 1).number
        check_quotes(document, chunk.start, chunk.end)
        for offset in range(chunk.start, chunk.end):
            covered[offset] += 1
    for block in document.blocks:
        inside = {covered[offset] for offset in range(block.start, block.end) if document.text[offset].isalnum()}
        if block.kind in MAIN:
            assert inside <= {1}, "a letter of the main text is in no chunk, or in two"
        elif block.kind == BlockKind.HEADING:
            assert inside <= {0}, "a chunk runs over a heading"
    again = pickle.loads(pickle.dumps(document))
    assert chunk_document(again) == chunks
    elsewhere = chunk_document(replace(document, id="flyttad/b.pdf"))
    assert [chunk.id for chunk in elsewhere] == [chunk.id for chunk in chunks]
    changed = chunk_document(replace(document, content_hash="6" * 64))
    assert not {chunk.id for chunk in changed} & {chunk.id for chunk in chunks}


@settings(deadline=None)
@given(documents())
def test_assembling_loses_no_letter_and_places_address_their_text(drawn):
    blocks, document = drawn
    assert letters(document.text) == letters("".join(block.text for block in blocks))
    check_places(document)


@settings(deadline=None)
@given(documents(), st.data())
def test_every_interval_has_its_quotes_on_its_pages(drawn, data):
    _, document = drawn
    start = data.draw(st.integers(0, len(document.text)))
    check_quotes(document, start, data.draw(st.integers(start, len(document.text))))


@settings(deadline=None)
@given(documents())
def test_facts_address_the_words_that_state_them(drawn):
    check_facts(drawn[1])


@settings(deadline=None)
@given(documents())
def test_chunks_hold_each_letter_of_the_main_text_once_and_have_stable_identifiers(drawn):
    check_chunks(drawn[1])


@settings(deadline=None)
@given(st.lists(sentences, max_size=5).map(" ".join))
def test_sentences_lose_no_letter(text):
    found = split_sentences(text)
    assert letters(text) == letters("".join(text[start:end] for start, end in found))
    assert all(start < end for start, end in found)
    assert all(before[1] <= after[0] for before, after in pairwise(found))


@pytest.mark.parametrize("path", SAMPLES, ids=lambda path: path.name)
def test_all_this_holds_of_real_documents(path):
    document = load_file(path, path.name)
    check_places(document)
    check_facts(document)
    check_chunks(document)
