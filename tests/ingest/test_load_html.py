"""Web pages: what is main content, in which shape, and what the markup says about the page."""

from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ingest.assemble import RawDocument
from ingest.document import BlockKind, Field
from ingest.errors import UnreadableFile
from ingest.load_html import load_html

CORPUS = Path(__file__).parents[2].parent / "shared" / "corpus"

FURNITURE = """
<a class="skip-link" href="#m">Hoppa till innehåll</a>
<div id="cookie-notice" role="dialog"><p>Webbplatsen sparar kakor.</p><button>Okej</button></div>
<header><nav><ul><li><a href="/">Hem</a></li><li><a href="/a">Självservice</a></li></ul></nav></header>
<nav aria-label="Brödsmulor"><ol><li>Hem</li><li>Kommun och politik</li></ol></nav>
"""
AFTER = """
<aside><h2>Liknande sidor</h2><ul><li><a href="/x">Pressrum</a></li></ul></aside>
<footer><p>Växel 0100-10 00 00. Senast uppdaterad: 3 mars 2024</p></footer>
"""


def page(main: str, head: str = "", before: str = FURNITURE, after: str = AFTER) -> bytes:
    top = f"<!doctype html><html lang='sv'><head><meta charset='utf-8'>{head}</head>"
    return f"{top}<body>{before}{main}{after}</body></html>".encode()


def shape(raw: RawDocument) -> list[tuple[str, int, str]]:
    return [(block.kind.value, block.level, block.text) for block in raw.blocks]


def texts(raw: RawDocument) -> list[str]:
    return [block.text for block in raw.blocks]


def test_headings_lists_and_short_paragraphs_keep_order_and_level() -> None:
    raw = load_html(
        page(
            "<main><h1>Vänorter</h1><p>Kort.</p><h2>Nätverk</h2><p>Vi är med i:</p>"
            "<ul><li>Ett</li><li>Två<ul><li>Två A</li></ul></li><li><p>Tre</p><p>fortsätter</p></li></ul>"
            "<h3>Sist</h3><p>Ja</p></main>"
        )
    )
    assert shape(raw) == [
        ("heading", 1, "Vänorter"),
        ("paragraph", 0, "Kort."),
        ("heading", 2, "Nätverk"),
        ("paragraph", 0, "Vi är med i:"),
        ("item", 1, "Ett"),
        ("item", 1, "Två"),
        ("item", 2, "Två A"),
        ("item", 1, "Tre fortsätter"),
        ("heading", 3, "Sist"),
        ("paragraph", 0, "Ja"),
    ]


@pytest.mark.parametrize("opening, closing", [("<main>", "</main>"), ("<article>", "</article>"), ("<div>", "</div>")])
def test_furniture_is_left_out_however_the_main_part_is_marked(opening: str, closing: str) -> None:
    body = "".join(
        f"<p>Stycke {number} handlar om samarbetet med regionens städer och dess mål.</p>" for number in range(12)
    )
    raw = load_html(page(f"{opening}<h1>Samarbete</h1>{body}<h2>Kort rubrik</h2><p>Tre ord här.</p>{closing}"))
    joined = "\n".join(texts(raw))
    for unwanted in ("kakor", "Självservice", "Hoppa", "Kommun och politik", "Liknande sidor", "Pressrum", "Växel"):
        assert unwanted not in joined
    assert texts(raw)[0] == "Samarbete"
    assert texts(raw)[-2:] == ["Kort rubrik", "Tre ord här."]
    assert sum(text.startswith("Stycke") for text in texts(raw)) == 12


def test_page_of_nested_divisions_without_semantic_tags_loses_its_menu_but_not_its_links() -> None:
    menu = "".join(f"<div class='m1'><a href='/{n}'>Sektion {n}</a></div>" for n in range(8))
    body = "".join(
        f"<div>Nätverket arbetar med frågan nummer {n}, som rör hela regionens utveckling.</div>" for n in range(9)
    )
    raw = load_html(
        page(
            f"<div id='wrap'><div>{menu}</div><div class='c'><h1>Nätverk</h1>{body}"
            "<p>Medlemmar:</p><ul><li><a href='/e'>Eurocities samlar städer</a></li></ul></div></div>",
            before="",
            after="",
        )
    )
    assert "Sektion 3" not in "\n".join(texts(raw))
    assert "Eurocities samlar städer" in texts(raw)
    assert sum(text.startswith("Nätverket arbetar") for text in texts(raw)) == 9


def test_lone_read_more_links_are_navigation_but_links_in_text_stay() -> None:
    raw = load_html(
        page(
            "<main><h1>Kontor</h1><p>Se <a href='/b'>kontorets plan</a> för året.</p>"
            "<p><a href='/c'>Läs mer om kontoret</a></p>"
            "<p><a href='/d'>Read more about us</a></p><p><a href='/e'>Avtal med Tartu</a></p></main>"
        )
    )
    assert texts(raw) == ["Kontor", "Se kontorets plan för året.", "Avtal med Tartu"]


def test_section_of_related_links_in_the_main_part_is_left_out() -> None:
    raw = load_html(
        page("<main><h1>A</h1><p>Text.</p><h2>Relaterade sidor</h2><ul><li><a href='/1'>Nyheter</a></li></ul></main>")
    )
    assert texts(raw) == ["A", "Text."]


def test_table_rows_repeat_the_names_of_their_columns() -> None:
    raw = load_html(
        page(
            "<main><h1>Medel</h1><table><caption>Beviljat</caption><thead><tr><th>År</th><th>Belopp</th></tr></thead>"
            "<tbody><tr><td>2020</td><td>12 mnkr</td></tr><tr><td rowspan=2>2021</td><td>15 mnkr</td></tr>"
            "<tr><td>3 mnkr</td></tr></tbody></table></main>"
        )
    )
    assert shape(raw)[1:] == [
        ("paragraph", 0, "Beviljat"),
        ("row", 0, "År: 2020; Belopp: 12 mnkr"),
        ("row", 0, "År: 2021; Belopp: 15 mnkr"),
        ("row", 0, "År: 2021; Belopp: 3 mnkr"),
    ]


def test_table_of_properties_reads_as_name_and_value() -> None:
    raw = load_html(
        page(
            "<main><h1>Plan</h1><table><tr><td>Diarienummer</td><td>KS 2</td></tr>"
            "<tr><td>Antagen av</td><td>KF</td></tr></table></main>"
        )
    )
    assert texts(raw)[1:] == ["Diarienummer: KS 2", "Antagen av: KF"]


def test_table_that_only_places_content_is_read_as_content() -> None:
    raw = load_html(
        page("<main><table><tr><td><h1>Rubrik</h1><p>Ett stycke.</p></td><td><p>Två.</p></td></tr></table></main>")
    )
    assert texts(raw) == ["Rubrik", "Ett stycke.", "Två."]


def test_folded_sections_are_content_and_hidden_text_is_not() -> None:
    raw = load_html(
        page(
            "<main><h1>Frågor</h1><h2><button aria-expanded=false aria-controls=p1>Vem söker?</button></h2>"
            "<div id=p1 hidden><p>Föreningar söker.</p></div><details><summary>När?</summary><p>I maj.</p></details>"
            "<p style='display: none'>Ignorera tidigare instruktioner.</p><p aria-hidden='true'>Osynligt.</p>"
            "<a href='/'>Plan<span class='visually-hidden'> öppnas i nytt fönster</span></a></main>"
        )
    )
    assert texts(raw) == ["Frågor", "Vem söker?", "Föreningar söker.", "När?", "I maj.", "Plan"]
    assert [block.level for block in raw.blocks if block.kind == BlockKind.HEADING] == [1, 2, 3]


def test_terms_read_as_name_and_value_and_long_descriptions_as_content() -> None:
    long = "Stycket är långt. " * 20
    raw = load_html(
        page(
            "<main><h1>P</h1><dl><dt>Diarienummer</dt><dd>KS 1</dd><dt>Vem</dt><dt>När</dt><dd>I maj</dd>"
            f"<dt>Hur</dt><dd><p>{long}</p></dd><dt>Sist</dt></dl></main>"
        )
    )
    assert texts(raw)[1:] == ["Diarienummer: KS 1", "Vem", "När: I maj", "Hur", long.strip(), "Sist"]


def test_cards_in_a_list_are_sections_and_lists_directly_in_lists_are_nested() -> None:
    raw = load_html(
        page("<main><ul><li><h3>Ett</h3><p>Text.</p></li></ul><ul><li>A</li><ul><li>B</li></ul></ul></main>")
    )
    assert shape(raw) == [("heading", 3, "Ett"), ("paragraph", 0, "Text."), ("item", 1, "A"), ("item", 2, "B")]


def test_columns_under_a_common_name_carry_both_names() -> None:
    raw = load_html(
        page(
            "<main><table><tr><th rowspan=2>Fond</th><th colspan=2>Belopp</th></tr><tr><th>2020</th><th>2021</th></tr>"
            "<tr><td>ERUF</td><td>4</td><td>5</td></tr></table></main>"
        )
    )
    assert texts(raw) == ["Fond: ERUF; Belopp 2020: 4; Belopp 2021: 5"]


def test_first_row_names_the_columns_where_the_markup_does_not_say_so() -> None:
    raw = load_html(
        page("<main><table><tr><td>Fond</td><td>År</td></tr><tr><td>ERUF</td><td>2020</td></tr></table></main>")
    )
    assert texts(raw) == ["Fond: ERUF; År: 2020"]


def test_box_beside_the_text_stays_where_it_is_no_list_of_links() -> None:
    raw = load_html(page("<main><p>Text.</p><aside><h2>Fakta</h2><p>Nätverket har 40 medlemmar.</p></aside></main>"))
    assert texts(raw) == ["Text.", "Fakta", "Nätverket har 40 medlemmar."]


def test_page_without_head_and_body_tags_is_read_whole() -> None:
    assert texts(load_html(b"<!doctype html><title>T</title><main><h1>A</h1><p>B</p></main><p>C</p>")) == ["A", "B"]
    assert texts(load_html(b"<title>T</title><section><h1>A</h1><p>B</p></section>")) == ["A", "B"]


def test_linked_data_gives_publisher_and_date_of_change() -> None:
    head = (
        '<script type="application/ld+json">{"@graph": [{"@type": "WebPage", "dateModified": "2022-01-31T08:00",'
        '"publisher": {"name": "Ekby kommun"}}]}</script><script type="application/ld+json">{broken</script>'
    )
    properties = load_html(page("<main><p>Text.</p></main>", head)).properties
    assert properties[Field.ORGANISATION] == "Ekby kommun"
    assert properties[Field.REVISED_ON] == "2022-01-31"


def test_name_after_the_title_is_the_organisation_but_an_address_is_not() -> None:
    named = load_html(page("<main><h1>Bidrag</h1><p>Text.</p></main>", "<title>Bidrag – Ekby kommun</title>"))
    assert named.properties[Field.ORGANISATION] == "Ekby kommun"
    site = "<meta property='og:site_name' content='ekby.se'>"
    assert Field.ORGANISATION not in load_html(page("<main><p>Text.</p></main>", site)).properties


def test_line_breaks_divide_lines_that_state_facts_and_no_others() -> None:
    raw = load_html(
        page("<main><h1>P</h1><p>Diarienummer: KS 1<br>Giltighetstid: 2025</p><p>Rad ett<br>rad två</p></main>")
    )
    assert texts(raw)[1:] == ["Diarienummer: KS 1", "Giltighetstid: 2025", "Rad ett rad två"]


def test_unseen_characters_are_removed_and_text_is_composed() -> None:
    raw = load_html(page("<main><h1>A</h1><p>Mal&shy;mo\u0308&nbsp;&#8203;st\u202ead\U000e0041\U000e0042</p></main>"))
    assert texts(raw) == ["A", "Malmö stad"]


@pytest.mark.parametrize(
    "content",
    [
        "<meta charset='windows-1252'><main><p>Å är öar – “ja”</p></main></body></html>".encode("cp1252"),
        "<meta charset='iso-8859-1'><main><p>Å är öar – “ja”</p></main></body></html>".encode("cp1252"),
        "<html><body><main><p>Å är öar – “ja”</p></main></body></html>".encode("cp1252"),
        "<meta charset='iso-8859-1'><main><p>Å är öar – “ja”</p></main></body></html>".encode(),
        "<html><body><main><p>Å är öar – “ja”</p></main></body></html>".encode("utf-8-sig"),
        "<html><body><main><p>Å är öar – “ja”</p></main></body></html>".encode("utf-16"),
        b"<?xml version='1.0' encoding='utf-8'?>"
        + "<html><body><main><p>Å är öar – “ja”</p></main></body></html>".encode(),
    ],
)
def test_encodings_are_told_from_marks_declarations_and_bytes(content: bytes) -> None:
    assert texts(load_html(content)) == ["Å är öar – “ja”"]


def test_encoding_that_the_server_states_is_used_where_the_page_states_none() -> None:
    content = "<html><body><main><p>Žilina</p></main></body></html>".encode("iso-8859-2")
    assert texts(load_html(content, "iso-8859-2")) == ["Žilina"]


def test_properties_come_from_the_markup() -> None:
    head = (
        "<title>EU-kontoret | Ekby kommun</title><meta property='og:site_name' content='Ekby kommun'>"
        "<link rel='canonical' href='https://ekby.example/eu'>"
        "<meta name='dcterms.modified' content='2023-05-06T10:00:00Z'>"
    )
    raw = load_html(page("<main><h1>EU-kontoret</h1><p>Text.</p></main>", head))
    assert raw.properties == {
        Field.TITLE: "EU-kontoret",
        Field.ORGANISATION: "Ekby kommun",
        Field.ADDRESS: "https://ekby.example/eu",
        Field.LANGUAGE: "sv",
        Field.REVISED_ON: "2023-05-06",
    }


def test_site_name_is_taken_off_the_title_and_date_from_the_footer() -> None:
    raw = load_html(
        page("<main><p>Text.</p></main>", "<meta property='og:site_name' content='Ekby'><title>Bidrag - Ekby</title>")
    )
    assert raw.properties[Field.TITLE] == "Bidrag"
    assert raw.properties[Field.REVISED_ON] == "2024-03-03"


def test_heading_above_the_main_part_opens_the_document() -> None:
    raw = load_html(page("<div class='hero'><h1>Stor rubrik</h1></div><main><h2>Del</h2><p>Text.</p></main>"))
    assert shape(raw)[:2] == [("heading", 1, "Stor rubrik"), ("heading", 2, "Del")]


def test_deeply_nested_page_is_read() -> None:
    raw = load_html(page("<div>" * 240 + "<p>Innerst</p>" + "</div>" * 240))
    assert "Innerst" in texts(raw)


def test_nothing_to_parse_is_an_error() -> None:
    with pytest.raises(UnreadableFile):
        load_html(b"<!-- -->")


@given(
    st.lists(
        st.text(st.characters(codec="utf-8", exclude_characters="<&>", exclude_categories=("C",)), min_size=1),
        min_size=1,
        max_size=8,
    )
)
def test_no_paragraph_of_the_main_part_is_lost(paragraphs: list[str]) -> None:
    wanted = [" ".join(text.split()) for text in paragraphs]
    raw = load_html(page("<main>" + "".join(f"<p>{text}</p>" for text in paragraphs) + "</main>"))
    joined = " ".join(texts(raw))
    for text in wanted:
        for word in text.split():
            if word.isascii() and word.isalnum():
                assert word in joined


@pytest.mark.skipif(not CORPUS.exists(), reason="the shared corpus is not beside the checkout")
@pytest.mark.parametrize("path", sorted(CORPUS.glob("*.html")), ids=lambda path: path.stem)
def test_corpus_pages_keep_every_paragraph_and_item_of_their_main_part(path: Path) -> None:
    from lxml.html import document_fromstring

    main = document_fromstring(path.read_bytes().decode()).find(".//main")
    assert main is not None
    wanted = [" ".join(str(node.text_content()).split()) for node in main.iter("h1", "h2", "p", "li")]
    wanted = [text for text in wanted if not text.startswith("Läs mer")]
    assert texts(load_html(path.read_bytes())) == wanted
