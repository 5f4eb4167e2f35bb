from collections.abc import Callable

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from assistant.evidence import Unit, UnitKind, embedded_text, find_units
from ingest.assemble import RawBlock, RawDocument, assemble_document
from ingest.chunk import chunk_document
from ingest.document import BlockKind, Document
from vectorstore.types import Hit


@pytest.fixture
def units_of(hits_over) -> Callable[[Document], list[Unit]]:
    return lambda document: find_units(document, hits_over(document))


def texts(units: list[Unit], kind: UnitKind) -> list[str]:
    return [unit.text for unit in units if unit.kind == kind]


def test_each_sentence_is_a_unit_under_its_headings(make_document, units_of) -> None:
    document = make_document(
        ("heading", "Plan"),
        ("heading", "Vänorter", 2),
        ("paragraph", "Staden har t.ex. två vänorter. Kommunstyrelsen ansvarar."),
    )
    units = units_of(document)
    assert texts(units, UnitKind.SENTENCE) == ["Staden har t.ex. två vänorter.", "Kommunstyrelsen ansvarar."]
    assert {unit.headings for unit in units} == {("Plan", "Vänorter")}
    assert embedded_text(units[0], document) == "a.pdf > Plan > Vänorter\nStaden har t.ex. två vänorter."


@pytest.mark.parametrize(
    ("second", "leans"),
    [
        ("Det gäller till 2027.", True),
        ("De ses varje år.", True),
        ("Därför behövs mer pengar.", True),
        ("Avtalet gäller till 2027.", True),
        ("They meet every year.", True),
        ("Kommunstyrelsen ansvarar.", False),
        ("Under 2024 hölls tre möten.", False),
        ("”Det” är ett ord.", False),
    ],
)
def test_a_sentence_that_leans_on_the_one_before_brings_it(make_document, units_of, second: str, leans: bool) -> None:
    document = make_document(("paragraph", f"Staden skrev under ett avtal. {second}"))
    found = texts(units_of(document), UnitKind.SENTENCE)
    expected = f"Staden skrev under ett avtal. {second}" if leans else second
    assert found == ["Staden skrev under ett avtal.", expected]


def test_a_list_is_told_with_its_lead_in_and_nested_items(make_document, units_of) -> None:
    document = make_document(
        ("paragraph", "Programmet har mål. Nämnderna ska"),
        ("item", "söka pengar", 1),
        ("item", "hos EU", 2),
        ("item", "hos staten", 2),
        ("item", "rapportera", 1),
        ("paragraph", "Planen gäller till 2027."),
    )
    units = units_of(document)
    whole = "Nämnderna ska\nsöka pengar\nhos EU\nhos staten\nrapportera"
    assert texts(units, UnitKind.LIST) == [whole, "söka pengar\nhos EU\nhos staten"]
    assert texts(units, UnitKind.ITEM) == [
        "Nämnderna ska\nsöka pengar",
        "söka pengar\nhos EU",
        "söka pengar\nhos staten",
        "Nämnderna ska\nrapportera",
    ]


def test_a_lead_in_that_leans_on_the_sentence_before_keeps_it(make_document, units_of) -> None:
    document = make_document(
        ("paragraph", "Målen gäller alla. Dessa ska:"), ("item", "söka pengar"), ("item", "minska")
    )
    whole = "Målen gäller alla. Dessa ska:\nsöka pengar"
    assert texts(units_of(document), UnitKind.ITEM)[0] == whole


def test_a_lead_in_without_its_list_is_no_evidence(make_document, units_of) -> None:
    document = make_document(
        ("paragraph", "Programmet har mål. Nämnderna ska"), ("item", "söka pengar"), ("item", "rapportera")
    )
    assert texts(units_of(document), UnitKind.SENTENCE) == ["Programmet har mål."]


def test_a_list_over_a_page_break_is_one_list(make_document, units_of) -> None:
    document = make_document(
        ("paragraph", [(1, "Nämnderna ska")]),
        ("item", [(1, "söka pengar")], 1),
        ("item", [(1, "rapportera "), (2, "varje år")], 1),
        ("item", [(2, "samverka")], 1),
        pages=2,
    )
    assert texts(units_of(document), UnitKind.LIST) == ["Nämnderna ska\nsöka pengar\nrapportera varje år\nsamverka"]


def test_items_without_a_lead_in_are_a_list_together(make_document, units_of) -> None:
    document = make_document(("heading", "Mål"), ("item", "söka pengar"), ("item", "rapportera"))
    units = units_of(document)
    assert texts(units, UnitKind.LIST) == ["söka pengar\nrapportera"]
    assert texts(units, UnitKind.ITEM) == ["söka pengar", "rapportera"]


def test_a_number_of_things_announced_is_told_with_them(make_document, units_of) -> None:
    document = make_document(
        ("paragraph", "Staden har tre avtal."),
        ("paragraph", "Tangshan är vänort. Där finns hamnar."),
        ("paragraph", "Hongkong har en deklaration."),
        ("paragraph", "Shenzhen har en avsiktsförklaring."),
        ("paragraph", "Planen gäller till 2027."),
    )
    assert texts(units_of(document), UnitKind.LIST) == [
        "Staden har tre avtal.\nTangshan är vänort.\nHongkong har en deklaration.\nShenzhen har en avsiktsförklaring."
    ]


def test_a_number_of_sections_announced_is_told_with_their_headings(make_document, units_of) -> None:
    document = make_document(
        ("heading", "Områden", 1),
        ("paragraph", "Staden växer. Strategin har tre områden."),
        ("heading", "Klimat", 2),
        ("paragraph", "Utsläppen ska minska."),
        ("heading", "Handel", 2),
        ("heading", "Hamnar", 3),
        ("heading", "Skola", 2),
        ("heading", "Uppföljning", 1),
    )
    assert texts(units_of(document), UnitKind.LIST) == ["Strategin har tre områden.\nKlimat\nHandel\nSkola"]


@pytest.mark.parametrize(
    ("opening", "level"), [("Den har fyra områden.", 2), ("Den antogs 3 maj.", 2), ("Den har tre områden.", 1)]
)
def test_sections_that_are_not_announced_are_no_list(make_document, units_of, opening: str, level: int) -> None:
    sections = [("heading", name, level) for name in ("Klimat", "Handel", "Skola")]
    document = make_document(("heading", "Områden", 1), ("paragraph", opening), *sections)
    assert texts(units_of(document), UnitKind.LIST) == []


def test_what_only_begins_like_a_month_is_announced(make_document, units_of) -> None:
    document = make_document(*(("paragraph", text) for text in ("It has two mayors.", "Ann leads.", "Bo follows.")))
    assert texts(units_of(document), UnitKind.LIST) == ["It has two mayors.\nAnn leads.\nBo follows."]


@pytest.mark.parametrize("opening", ["Staden har tre miljoner kronor.", "Mötet varade tre år.", "Staden har 30 avtal."])
def test_other_numbers_announce_nothing(make_document, units_of, opening: str) -> None:
    document = make_document(*(("paragraph", text) for text in (opening, "Ett kom.", "Två kom.", "Tre kom.")))
    assert texts(units_of(document), UnitKind.LIST) == []


def test_a_row_is_a_unit(make_document, units_of) -> None:
    document = make_document(("row", "Nr: 1; Ansvarig: HR-chefen"), ("row", "Nr: 2; Ansvarig: Ekonomichefen"))
    assert texts(units_of(document), UnitKind.ROW) == ["Nr: 1; Ansvarig: HR-chefen", "Nr: 2; Ansvarig: Ekonomichefen"]


def test_only_retrieved_passages_give_units_and_each_unit_once(make_document) -> None:
    document = make_document(("heading", "A"), ("paragraph", "Ett."), ("heading", "B"), ("paragraph", "Två."))
    first, second = (Hit(chunk, 1.0, 1, 0.9, 0.5) for chunk in chunk_document(document))
    assert [unit.text for unit in find_units(document, [second, second])] == ["Två."]
    assert [unit.hit for unit in find_units(document, [second, first])] == [second, first]


sentence = st.sampled_from(
    ["Staden har tre avtal.", "Det gäller.", "Nämnderna ska", "Åtta av tio deltog.", "Se bl.a. § 2", "De är två:", "x"]
)


@st.composite
def documents(draw: st.DrawFn) -> Document:
    blocks, page = [], 1
    for _ in range(draw(st.integers(1, 10))):
        parts = []
        for _ in range(draw(st.integers(1, 2))):
            page = min(page + draw(st.integers(0, 1)), 3)
            parts.append((page, " ".join(draw(st.lists(sentence, min_size=1, max_size=3))) + " "))
        blocks.append(RawBlock(draw(st.sampled_from(list(BlockKind))), tuple(parts), draw(st.integers(1, 3))))
    return assemble_document("a.pdf", "0" * 64, RawDocument("pdf", blocks, (None,) * 3))


@given(documents())
@settings(max_examples=200, deadline=None)
def test_units_are_the_documents_own_text(document: Document) -> None:
    hits = [Hit(chunk, 1.0, rank, 0.9, 0.5) for rank, chunk in enumerate(chunk_document(document), start=1)]
    units = find_units(document, hits)
    assert len({unit.spans for unit in units}) == len(units)
    for unit in units:
        assert all(0 <= start < end <= len(document.text) for start, end in unit.spans)
        assert all(left[1] <= right[0] for left, right in zip(unit.spans, unit.spans[1:], strict=False))
        assert unit.text == "\n".join(document.text[start:end] for start, end in unit.spans)
        assert unit.text.strip()
        assert unit.document == document.id
