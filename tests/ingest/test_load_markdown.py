"""Markdown and plain text."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ingest.assemble import RawDocument, assemble_document
from ingest.document import Field
from ingest.load_markdown import load_markdown, load_text


def shape(raw: RawDocument) -> list[tuple[str, int, str]]:
    return [(block.kind.value, block.level, block.text) for block in raw.blocks]


def markdown(text: str) -> list[tuple[str, int, str]]:
    return shape(load_markdown(text.encode()))


def plain(text: str) -> list[tuple[str, int, str]]:
    return shape(load_text(text.encode()))


def test_markdown_headings_lists_tables_and_code() -> None:
    text = (
        "# Policy\n\nFörsta *raden*\noch **andra** [med länk](https://a.example).\n\n"
        "Vi ska:\n\n- ett\n  - ett a\n- två\n\n  mer om två\n"
        "\n1. först\n\n## Medel\n\n| År | Belopp |\n|---|---|\n| 2020 | 4 |\n\n```\nkod rad\n```\n"
    )
    assert markdown(text) == [
        ("heading", 1, "Policy"),
        ("paragraph", 0, "Första raden och andra med länk."),
        ("paragraph", 0, "Vi ska:"),
        ("item", 1, "ett"),
        ("item", 2, "ett a"),
        ("item", 1, "två mer om två"),
        ("item", 1, "först"),
        ("heading", 2, "Medel"),
        ("row", 0, "År: 2020; Belopp: 4"),
        ("paragraph", 0, "kod rad"),
    ]


def test_front_matter_gives_properties() -> None:
    raw = load_markdown(
        b'---\ntitle: "EU-policy"\norganisation: Ekby kommun\nperiod: 2021-2024\ndiarienummer: KS 1\n'
        b"layout: page\n---\n# A\n"
    )
    assert raw.properties == {
        Field.TITLE: "EU-policy",
        Field.ORGANISATION: "Ekby kommun",
        Field.PERIOD: "2021-2024",
        Field.REFERENCE: "KS 1",
    }
    assert shape(raw) == [("heading", 1, "A")]


def test_rule_at_the_beginning_is_no_front_matter() -> None:
    assert markdown("---\n\nText\n") == [("paragraph", 0, "Text")]


def test_lines_that_state_facts_stay_apart() -> None:
    assert markdown("# A\n\nDiarienummer: KS 1\nAntagen av: Nämnden\n")[1:] == [
        ("paragraph", 0, "Diarienummer: KS 1"),
        ("paragraph", 0, "Antagen av: Nämnden"),
    ]


def test_markup_in_markdown_is_read_as_on_a_page() -> None:
    text = "<div><h2>Rubrik</h2><p>Stycke.</p><script>ont()</script></div>\n\n<!-- not -->\n\nSlut<br>här\n"
    assert markdown(text) == [("heading", 2, "Rubrik"), ("paragraph", 0, "Stycke."), ("paragraph", 0, "Slut här")]


def test_plain_text_headings_paragraphs_and_lists() -> None:
    text = (
        "Handlingsplan för vänorter\n\nInledning\n=========\nFörsta raden i stycket\n"
        "fortsätter här med sam-\nverkan.\n\n"
        "2.1 Mål för perioden\n\nVi ska:\n- ha fler partner\n  i Europa\n  * i norr\n- söka medel\n"
        "1) följa upp\nNytt stycke utan indrag.\n"
    )
    assert plain(text) == [
        ("heading", 1, "Handlingsplan för vänorter"),
        ("heading", 1, "Inledning"),
        ("paragraph", 0, "Första raden i stycket fortsätter här med samverkan."),
        ("heading", 2, "2.1 Mål för perioden"),
        ("paragraph", 0, "Vi ska:"),
        ("item", 1, "ha fler partner i Europa"),
        ("item", 2, "i norr"),
        ("item", 1, "söka medel"),
        ("item", 1, "följa upp"),
        ("paragraph", 0, "Nytt stycke utan indrag."),
    ]


def test_long_lines_are_paragraphs_of_their_own() -> None:
    first, second = "Ord " * 40, "Annat " * 30
    assert [text for _, _, text in plain(f"{first}\n{second}\n")] == [first.strip(), second.strip()]


def test_suspended_hyphen_is_kept() -> None:
    assert plain("Vi arbetar med kultur-\noch idrottsfrågor i staden under året.\n")[0][2].count("kultur- och") == 1


@pytest.mark.parametrize("encoding", ["utf-8", "utf-8-sig", "utf-16", "utf-16-le", "cp1252"])
def test_encodings(encoding: str) -> None:
    assert shape(load_text("Å, ä och ö – “citat”.\r\n".encode(encoding)))[0][2] == "Å, ä och ö – “citat”."


@given(st.text())
def test_any_text_loads_and_blocks_are_intervals_of_the_document(text: str) -> None:
    for raw in (load_text(text.encode("utf-8", "replace")), load_markdown(text.encode("utf-8", "replace"))):
        document = assemble_document("a", "b", raw)
        for block in document.blocks:
            assert document.text[block.start : block.end].strip() == document.text[block.start : block.end] != ""
        assert "".join(document.text[page.start : page.end] for page in document.pages) == document.text


@given(st.lists(st.from_regex(r"[a-zåäö]{3,9}( [a-zåäö]{3,9}){2,20}", fullmatch=True), min_size=1, max_size=6))
def test_paragraphs_of_plain_text_survive_unchanged(paragraphs: list[str]) -> None:
    found = [text for _, _, text in plain("\n\n".join(f"{text}." for text in paragraphs))]
    assert found == [f"{text}." for text in paragraphs]
