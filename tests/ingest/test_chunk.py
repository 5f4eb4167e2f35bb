import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from ingest.assemble import RawBlock, RawDocument, assemble_document, introduces_list
from ingest.chunk import chunk_document, estimate_tokens, lead_in_span
from ingest.document import BlockKind
from ingest.sentences import split_sentences


def words(texts):
    """One token a word, so that sizes can be read off."""
    return [len(text.split()) for text in texts]


def document(*blocks):
    raw = [
        RawBlock(BlockKind(kind), ((1, text),), level=1 if kind in ("heading", "item") else 0) for kind, text in blocks
    ]
    return assemble_document("plan.txt", "0" * 64, RawDocument("text", raw))


def sentence(count, first="Ord"):
    return " ".join([first, *["ord"] * (count - 2), "slut."])


def test_size_is_counted_in_tokens():
    made = document(*(("paragraph", sentence(10)) for _ in range(7)))
    assert [len(chunk.text.split()) for chunk in chunk_document(made, words, target=30)] == [30, 30, 10]


def test_a_long_paragraph_is_cut_between_sentences_and_a_long_sentence_is_whole():
    made = document(("paragraph", " ".join((sentence(20), sentence(20), sentence(50)))))
    assert [len(chunk.text.split()) for chunk in chunk_document(made, words, target=30)] == [20, 20, 50]


@pytest.mark.parametrize("kind", ["item", "row"])
def test_an_item_or_a_row_is_cut_only_where_the_model_would_not_read_it(kind):
    made = document((kind, " ".join((sentence(40), sentence(40)))))
    assert len(chunk_document(made, words, target=30, limit=100)) == 1
    assert len(chunk_document(made, words, target=30, limit=70)) == 2


def test_what_a_passage_is_embedded_with_counts():
    heading = sentence(40).removesuffix(".")
    made = document(("heading", heading), *(("paragraph", sentence(20)) for _ in range(4)))
    for limit, sizes in ((200, [80]), (90, [40, 40])):
        chunks = chunk_document(made, words, target=80, limit=limit)
        assert [len(chunk.text.split()) for chunk in chunks] == sizes
        assert all(len(chunk.embedded_text(made.title).split()) <= limit for chunk in chunks)


def test_a_list_that_goes_on_carries_the_sentence_that_introduces_it():
    items = [("item", sentence(10, f"Punkt{number}")) for number in range(5)]
    made = document(("paragraph", "Planen har mål. Nämnderna ska därför:"), *items)
    first, *others = chunk_document(made, words, target=30)
    assert first.text.startswith("Planen har mål. Nämnderna ska därför:\nPunkt0") or "Punkt0" in first.text
    assert [chunk.lead_in for chunk in others] == ["Nämnderna ska därför:"] * len(others)


def test_a_lead_in_is_not_left_behind():
    items = [("item", sentence(25, f"Punkt{number}")) for number in range(2)]
    made = document(("paragraph", sentence(10)), ("paragraph", "Nämnderna ska:"), *items)
    before, listed, _ = chunk_document(made, words, target=30)
    assert before.text == sentence(10)
    assert listed.text.startswith("Nämnderna ska:\n\nPunkt0")


def test_the_lead_in_is_the_last_sentence_or_the_item_above():
    made = document(("paragraph", "Planen har mål. Nämnderna ska:"), ("item", "söka pengar"))
    start, end = lead_in_span(made, made.blocks[1].lead_in)
    assert made.text[start:end] == "Nämnderna ska:"


@pytest.mark.parametrize(
    ("text", "introduces"),
    [
        ("Nämnderna ska:", True),
        ("Programmet har tre mål", True),
        ("Gruppen får i uppdrag att genomföra följande insatser.", True),
        ("Nedan följer vad som gjordes under året.", True),
        ("The following measures apply.", True),
        ("Följande år ändrades planen. Arbetet går vidare.", False),
        ("Arbetet går vidare.", False),
    ],
)
def test_what_introduces_a_list(text, introduces):
    assert introduces_list(text) is introduces


def test_an_identifier_names_content_and_place():
    made = document(*(("paragraph", sentence(10, f"Ord{number}")) for number in range(3)))
    small, large = (chunk_document(made, words, target=target) for target in (10, 30))
    assert small == chunk_document(made, words, target=10)
    assert {chunk.id for chunk in small}.isdisjoint(chunk.id for chunk in large)


def test_an_estimate_never_calls_text_empty():
    assert estimate_tokens(["", "a", "a" * 780]) == [0, 1, 180]


@settings(max_examples=60, deadline=None)
@given(
    st.lists(
        st.tuples(st.sampled_from(["heading", "paragraph", "item", "row", "contents"]), st.integers(2, 60)), min_size=1
    ),
    st.integers(5, 80),
)
def test_every_sentence_is_in_one_chunk_and_no_chunk_crosses_a_heading(shapes, target):
    made = document(*((kind, sentence(count, f"Ord{number}")) for number, (kind, count) in enumerate(shapes)))
    chunks = chunk_document(made, words, target=target, limit=4 * target)
    covered = [made.text[chunk.start : chunk.end] for chunk in chunks]
    assert [chunk.text for chunk in chunks] == covered
    for block in made.blocks:
        text = made.text[block.start : block.end]
        inside = sum(text in chunk.text for chunk in chunks)
        assert inside == (0 if block.kind in (BlockKind.HEADING, BlockKind.CONTENTS) else 1)
    for chunk in chunks:
        kinds = [block.kind for block in made.blocks if chunk.start <= block.start < chunk.end]
        assert BlockKind.HEADING not in kinds
        assert all(chunk.text[start:end].endswith("slut.") for start, end in split_sentences(chunk.text))
