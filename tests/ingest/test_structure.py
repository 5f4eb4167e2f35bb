import unicodedata

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from ingest.clean import words_of
from ingest.document import BlockKind
from ingest.lines import Line
from ingest.structure import OutlineEntry, structure_lines

FULL = 72  # characters that fill a line of the column
HEADING, PARAGRAPH, ITEM, ROW, CONTENTS = (
    BlockKind.HEADING,
    BlockKind.PARAGRAPH,
    BlockKind.ITEM,
    BlockKind.ROW,
    BlockKind.CONTENTS,
)


class Sheet:
    """Lays out lines on a page: each a width of half its size a character, 1.3 times its size below the last."""

    def __init__(self, number=1):
        self.number = number
        self.lines = []
        self.y = 60.0

    def add(self, *texts, size=10.0, bold=False, x=70.0, above=0.0):
        for index, text in enumerate(texts):
            self.y += 1.3 * size + (above if index == 0 else 0)
            self.at(text, x, size=size, bold=bold)
        return self

    def at(self, text, x, *, size=10.0, bold=False, y=None):
        width = 0.5 * size * len(text)
        self.lines.append(Line(self.number, text, x, x + width, y or self.y, size, bold))
        return self


def full(text):
    """A line of text that fills the column, with the given beginning."""
    filler = " med ord som fyller raden ända ut till kanten av spalten och lite till av det"
    return (text + filler)[: FULL - 1].rstrip() + "x" * max(0, FULL - len((text + filler)[: FULL - 1].rstrip()))


def blocks_of(*sheets, outline=()):
    lines = [line for sheet in sheets for line in sheet.lines]
    return structure_lines([sheet.lines for sheet in sheets], words_of(line.text for line in lines), outline)


def told(blocks):
    return [(block.kind, block.text) for block in blocks]


def test_lines_become_paragraphs_at_gaps_and_indents():
    sheet = Sheet().add(full("Ett"), full("två"), "slut.").add(full("Nytt"), "stycke.", above=8)
    sheet.add(full("Indraget"), x=84).add("stycke.", x=70)
    texts = [block.text for block in blocks_of(sheet)]
    assert [text.split()[0] for text in texts] == ["Ett", "Nytt", "Indraget"]
    assert all(text.endswith(("slut.", "stycke.")) for text in texts)


def test_a_paragraph_over_a_page_break_is_one_block_with_two_parts():
    first = Sheet(1).add(full("Kommunen ska"), full("samverka i frågor om EU:s samman-"))
    second = Sheet(2).add("hållning och regional utveckling.")
    first.lines[-1] = Line(1, "samverka i frågor om samman-", 70, 430, first.lines[-1].y, 10, False)
    (block,) = blocks_of(first, second)
    assert [page for page, _ in block.parts] == [1, 2]
    assert block.text.endswith("samverka i frågor om sammanhållning och regional utveckling.")
    assert block.parts[0][1].endswith("samman")


def test_a_sentence_end_at_the_page_end_ends_the_paragraph():
    blocks = blocks_of(Sheet(1).add(full("Ett"), "stycke."), Sheet(2).add(full("Ett annat"), "stycke."))
    assert [[page for page, _ in block.parts] for block in blocks] == [[1], [2]]


def test_part_before_the_break_keeps_the_space():
    blocks = blocks_of(Sheet(1).add(full("Ett"), full("två")), Sheet(2).add("och tre."))
    assert blocks[0].parts[0][1].endswith(" ")
    assert blocks[0].parts[1] == (2, "och tre.")


def test_a_footnote_does_not_break_a_paragraph_that_goes_on():
    first = Sheet(1).add(full("Ett"), full("två"), full("tre")).add("1 Källa: statistik", size=8, above=300)
    blocks = blocks_of(first, Sheet(2).add("och fyra."))
    assert [block.text[:5] for block in blocks] == ["1 Käl", "Ett m"]
    assert [page for page, _ in blocks[1].parts] == [1, 2]


def test_headings_by_type_size_and_weight():
    sheet = Sheet().add("Program för världen", size=20, bold=True).add("Inledning", size=14, bold=True, above=12)
    sheet.add(full("Text"), "slut.", above=4).add("Bakgrund", bold=True, above=12).add(full("Mer"), "text.", above=4)
    sheet.add("Mål", size=14, bold=True, above=12).add(full("Text"), "slut.", above=4)
    headings = [(block.text, block.level) for block in blocks_of(sheet) if block.kind == HEADING]
    assert headings == [("Program för världen", 1), ("Inledning", 2), ("Bakgrund", 3), ("Mål", 2)]


def test_a_heading_over_two_lines_is_one():
    sheet = Sheet().add("Program för internationellt och EU-", "relaterat arbete", size=18, bold=True)
    sheet.add(full("Text"), "slut.", above=10)
    assert told(blocks_of(sheet))[0] == (HEADING, "Program för internationellt och EU-relaterat arbete")


def test_numbers_give_levels():
    sheet = Sheet()
    for title, size in (("1 Mål", 16), ("1.1 Delmål", 13), ("1.1.1 Åtgärd", 11), ("2 Uppföljning", 16)):
        sheet.add(title, size=size, bold=True, above=12).add(full("Text"), "slut.", above=4)
    levels = [block.level for block in blocks_of(sheet) if block.kind == HEADING]
    assert levels == [1, 2, 3, 1]


def test_numbered_headings_without_difference_of_type():
    sheet = Sheet().add(full("Text"), "slut.")
    for title in ("2.1 Samverkan med regionen", "2.2 Nätverk"):
        sheet.add(title, above=12).add(full("Text"), "slut.")
    assert [block.text for block in blocks_of(sheet) if block.kind == HEADING] == [
        "2.1 Samverkan med regionen",
        "2.2 Nätverk",
    ]


def test_numbers_of_one_type_rank_below_a_larger_heading():
    sheet = Sheet().add("Handlingsplan", size=16, bold=True).add(full("Text"), "slut.", above=4)
    for title in ("Bakgrund", "Åtgärder"):
        sheet.add(title, size=12, bold=True, above=12).add(full("Text"), "slut.", above=4)
    for title in ("1. Energi", "1.1 Isolering", "1.2 Belysning", "2. Transporter"):
        sheet.add(title, above=16).add(full("Text"), "slut.")
    levels = {block.text: block.level for block in blocks_of(sheet) if block.kind == HEADING}
    assert levels["1. Energi"] == levels["2. Transporter"] == levels["Åtgärder"] + 1
    assert levels["1.1 Isolering"] == levels["1.2 Belysning"] == levels["Åtgärder"] + 2


def test_a_heading_is_one_level_below_the_one_it_stands_under():
    sheet = Sheet()
    titles = (("Del ett", 18), ("Liten rubrik", 12), ("Del två", 18), ("Mellan", 15), ("Liten igen", 12), ("Sist", 15))
    for title, size in titles:
        sheet.add(title, size=size, bold=True, above=12).add(full("Text"), "slut.", above=4)
    assert [block.level for block in blocks_of(sheet) if block.kind == HEADING] == [1, 2, 1, 2, 3, 2]


def test_a_numbered_text_after_numbered_headings_begins_a_section_of_its_own():
    sheet = Sheet().add(full("Text"), "slut.")
    for title in ("3.1 Cykelvägar", "3.2 Resor"):
        sheet.add(title, x=88, above=16).add(full("Text"), "slut.")
    sheet.add("3.3 Utred en pool av bilar för kvällar och helger. Utred även hur", x=88, above=16)
    sheet.add("cyklar kan lånas.", x=106).add("Nästa stycke hör dit.", above=12)
    sheet.add("3.4 Leveranser", x=88, above=16).add(full("Text"), "slut.")
    blocks = blocks_of(sheet)
    numbered = [block for block in blocks if block.kind == HEADING]
    assert [block.text for block in numbered] == ["3.1 Cykelvägar", "3.2 Resor", "3.3", "3.4 Leveranser"]
    assert len({block.level for block in numbered}) == 1
    text = blocks[blocks.index(numbered[2]) + 1].text
    assert text == "Utred en pool av bilar för kvällar och helger. Utred även hur cyklar kan lånas."


def test_a_text_with_the_number_of_its_heading_is_no_heading():
    sheet = Sheet().add(full("Text"), "slut.")
    sheet.add("1.5 Solceller", x=88, above=16).add("1.5 Kartera områden som passar", "för solceller.", above=16)
    blocks = blocks_of(sheet)
    assert [block.text for block in blocks if block.kind == HEADING] == ["1.5 Solceller"]
    assert blocks[-1].text == "1.5 Kartera områden som passar för solceller."


def test_a_run_in_title_needs_space_above_and_text_below():
    sheet = Sheet().add(full("Text"), "slut.").add("Arbetsgrupp", above=14).add(full("Planen"), full("har"), "gjorts.")
    sheet.add("Anna Ek", above=10).add("Ordförande", above=10)
    assert [block.text for block in blocks_of(sheet) if block.kind == HEADING] == ["Arbetsgrupp"]


def test_the_outline_decides_headings_and_levels():
    sheet = Sheet().add(full("Text"), "slut.").add("Det här är en rubrik", above=8).add(full("Text"), "slut.", above=8)
    blocks = blocks_of(sheet, outline=[OutlineEntry("Det här är en rubrik", 1, 3)])
    assert [(block.text, block.level) for block in blocks if block.kind == HEADING] == [("Det här är en rubrik", 3)]


def test_an_item_that_says_what_a_heading_says_is_an_item():
    sheet = Sheet().add("Insatser sker inom:").add("• bevakning", x=84).add("Bevakning", size=14, bold=True, above=9)
    sheet.add(full("Text"), full("mer"), "slut.")
    blocks = blocks_of(sheet, outline=[OutlineEntry("Bevakning", 1, 2)])
    assert [block.kind for block in blocks[:3]] == [PARAGRAPH, ITEM, HEADING]


def test_facts_on_the_front_page_stand_alone():
    sheet = Sheet().add("Program för EU-arbete", size=18, bold=True)
    facts = [
        "Antaget av: Kommunfullmäktige 2025-02-25 § 57",
        "Diarienummer: KS 2024-778",
        "Ersätter: Kommunens strategi för internationella frågor samt den",
        "Senast reviderat: -",
        "Tidpunkt för aktualitetsprövning:",
    ]
    sheet.add(*facts[:3], "tidigare handlingsplanen", *facts[3:], above=10)
    expected = [*facts[:2], f"{facts[2]} tidigare handlingsplanen", *facts[3:]]
    assert told(blocks_of(sheet))[1:] == [(PARAGRAPH, fact) for fact in expected]


def test_a_bold_decision_line_is_no_heading():
    sheet = Sheet().add("Policy mot korruption", size=20).add("Beslutad december 2022", bold=True, above=10)
    sheet.add(full("Text"), full("mer"), "slut.", above=10)
    assert [block.kind for block in blocks_of(sheet)] == [HEADING, PARAGRAPH, PARAGRAPH]


@pytest.mark.parametrize(
    ("text", "kind"), [("Budget 2025", HEADING), ("2022-04-21", PARAGRAPH), ("21 maj 2022", PARAGRAPH)]
)
def test_a_year_makes_no_date(text, kind):
    sheet = Sheet().add(full("Text"), "slut.").add(text, bold=True, above=10).add(full("Text"), full("mer"), "slut.")
    assert blocks_of(sheet)[1].kind == kind


def test_the_levels_of_numbers_win_over_those_of_the_outline():
    sheet = Sheet()
    for title, size in (("1. Inledning", 14), ("2. Policy", 12), ("3. Nätverk", 14)):
        sheet.add(title, size=size, bold=True, above=10).add(full("Text"), "slut.", above=4)
    entries = [OutlineEntry("1. Inledning", 1, 1), OutlineEntry("2. Policy", 1, 2), OutlineEntry("3. Nätverk", 1, 1)]
    assert [block.level for block in blocks_of(sheet, outline=entries) if block.kind == HEADING] == [1, 1, 1]


def test_a_title_within_an_item_has_a_line_of_its_own():
    sheet = Sheet().add(full("Vi ska göra"), "detta:").add("• Kunskap", x=84, bold=True)
    sheet.add("Det är viktigt att lära sig mer.", x=94)
    assert told(blocks_of(sheet))[1] == (ITEM, "Kunskap\nDet är viktigt att lära sig mer.")


def test_nothing_gives_nothing():
    assert structure_lines([[], []], words_of([])) == []


def test_items_with_wrapped_lines_and_nesting():
    sheet = Sheet().add("Arbetet ska:")
    sheet.add("• bidra till utveckling av verksamheten i alla nämnder och bo-", x=84).add("lag,", x=94)
    sheet.add("– särskilt i skolan", x=104).add("– även i vården", x=104).add("• följas upp.", x=84)
    sheet.add("Efter listan följer text.", above=8)
    blocks = blocks_of(sheet)
    assert [(block.kind, block.level, block.text) for block in blocks] == [
        (PARAGRAPH, 0, "Arbetet ska:"),
        (ITEM, 1, "bidra till utveckling av verksamheten i alla nämnder och bolag,"),
        (ITEM, 2, "särskilt i skolan"),
        (ITEM, 2, "även i vården"),
        (ITEM, 1, "följas upp."),
        (PARAGRAPH, 0, "Efter listan följer text."),
    ]


@pytest.mark.parametrize("markers", [("1.", "2."), ("a)", "b)"), ("(1)", "(2)"), ("1)", "2)")])
def test_numbers_and_letters_of_items_are_kept(markers):
    sheet = Sheet().add("Årsmötet väljer:", *(f"{marker} ledamot {marker}" for marker in markers))
    assert told(blocks_of(sheet))[1:] == [(ITEM, f"{marker} ledamot {marker}") for marker in markers]


def test_an_item_and_a_list_go_on_over_a_page_break():
    first = (
        Sheet(1).add("Nämnderna ska:").add("• samverka,", x=84).add(f"• {full('ta fram planer för')[:-6]} och", x=84)
    )
    second = Sheet(2).add("följa upp dem,", x=94).add("• rapportera.", x=84)
    blocks = blocks_of(first, second)
    assert [block.kind for block in blocks] == [PARAGRAPH, ITEM, ITEM, ITEM]
    assert [page for page, _ in blocks[2].parts] == [1, 2]
    assert blocks[2].text.endswith("och följa upp dem,")
    assert [block.level for block in blocks[1:]] == [1, 1, 1]


def test_text_at_the_margin_of_the_next_page_is_not_the_last_item():
    first = Sheet(1).add("Målen är:").add("• Säker miljö", "• Levande skogar", "• Storslagen fjällmiljö", x=106)
    second = Sheet(2).add(full("I samband med det"), "redovisas arbetet.")
    texts = [block.text for block in blocks_of(first, second)]
    assert texts[3] == "Storslagen fjällmiljö"
    assert texts[4].startswith("I samband med det")


def test_an_item_keeps_its_hanging_lines_on_the_next_page():
    first = Sheet(1).add("Mål:").add("• År 2025 ska mängden minska.", x=84).add("Nuläget är 462 kg.", x=94)
    second = Sheet(2).add("Delmål: högst 150 kg.", "Följs upp varje år.", x=94).add("Nytt stycke.", above=12)
    blocks = blocks_of(first, second)
    assert [block.kind for block in blocks] == [PARAGRAPH, ITEM, PARAGRAPH]
    assert [page for page, _ in blocks[1].parts] == [1, 2]
    assert blocks[1].text.endswith("Delmål: högst 150 kg. Följs upp varje år.")


def test_a_number_that_begins_a_wrapped_line_begins_no_item():
    sheet = Sheet().add(full("Det gäller de mål som anges i avsnitt"), "2. Där står mer om dem.")
    assert [block.kind for block in blocks_of(sheet)] == [PARAGRAPH]


def test_a_table_of_contents_with_a_wrapped_entry():
    sheet = Sheet().add("Innehåll", size=14, bold=True).add("1 Inledning .............. 5")
    sheet.add("3 Förutsättningar för genomförande av kommunens internationella arbe-", "te ......... 7")
    sheet.add("Bilaga 9").add("Förord", size=14, bold=True, above=10).add(full("Text"), full("mer"), "under 12 år.")
    assert told(blocks_of(sheet))[:5] == [
        (HEADING, "Innehåll"),
        (CONTENTS, "1 Inledning … 5"),
        (CONTENTS, "3 Förutsättningar för genomförande av kommunens internationella arbete … 7"),
        (CONTENTS, "Bilaga 9"),
        (HEADING, "Förord"),
    ]


def table(sheet, rows, columns=(70, 230, 330), *, header=True, height=18):
    for index, row in enumerate(rows):
        sheet.y += height
        for cell, x in zip(row, columns, strict=False):
            if cell:
                sheet.at(cell, x, bold=header and index == 0)
    return sheet


def test_each_row_of_a_table_names_its_columns():
    rows = [
        ("Åtgärd", "Ansvarig", "Klart"),
        ("Ta fram plan", "Kommunstyrelsen", "2026-12-31"),
        ("Följa upp", "", "2027"),
    ]
    sheet = table(Sheet().add(full("Text före"), "tabellen."), rows).add(full("Text efter"), "tabellen.", above=20)
    assert [text for kind, text in told(blocks_of(sheet)) if kind == ROW] == [
        "Åtgärd: Ta fram plan; Ansvarig: Kommunstyrelsen; Klart: 2026-12-31",
        "Åtgärd: Följa upp; Klart: 2027",
    ]
    assert [kind for kind, _ in told(blocks_of(sheet))] == [PARAGRAPH, ROW, ROW, PARAGRAPH]


def test_cells_of_several_lines():
    sheet = table(Sheet(), [("Åtgärd", "Ansvarig", "Klart")])
    top = sheet.y + 20
    for text, x, y in (("Ta fram en plan för in-", 70, 0), ("ternationalisering", 70, 13), ("Skolnämnden", 230, 0)):
        sheet.at(text, x, y=top + y)
    sheet.at("2026", 330, y=top)
    sheet.at("Följa upp", 70, y=top + 40).at("Alla", 230, y=top + 40)
    assert [text for kind, text in told(blocks_of(sheet)) if kind == ROW] == [
        "Åtgärd: Ta fram en plan för internationalisering; Ansvarig: Skolnämnden; Klart: 2026",
        "Åtgärd: Följa upp; Ansvarig: Alla",
    ]


def test_a_header_of_words_over_numbers_needs_no_bold():
    rows = [("Nyckeltal", "2022", "2023"), ("Antal projekt", "12", "14"), ("Andel skolor", "40 %", "45 %")]
    assert [text for kind, text in told(blocks_of(table(Sheet(), rows, header=False))) if kind == ROW] == [
        "Nyckeltal: Antal projekt; 2022: 12; 2023: 14",
        "Nyckeltal: Andel skolor; 2022: 40 %; 2023: 45 %",
    ]


def test_a_table_that_is_written_line_by_line():
    rows = [("Åtgärd", "Ansvarig", "Klart"), ("Ta fram en plan", "Utbildnings-", "2026"), ("för skolan", "nämnden")]
    sheet = table(Sheet(), rows, height=13)
    table(sheet, [("Nätverk", "Styrelsen", "2027")], header=False, height=13)
    assert told(blocks_of(sheet)) == [
        (ROW, "Åtgärd: Ta fram en plan för skolan; Ansvarig: Utbildningsnämnden; Klart: 2026"),
        (ROW, "Åtgärd: Nätverk; Ansvarig: Styrelsen; Klart: 2027"),
    ]


def test_small_labels_over_values_name_them():
    sheet = Sheet()
    bands = [("Dokumenttyp", "Beslutad av"), ("Policy", "Kommunfullmäktige"), ("Diarienummer", "Gäller till")]
    for index, band in enumerate([*bands, ("KS 2024-778", "Tills vidare")]):
        for cell, x in zip(band, (70, 250), strict=True):
            sheet.at(cell, x, size=7 if index % 2 == 0 else 10, y=100 + 14 * index)
    assert told(blocks_of(sheet)) == [
        (ROW, "Dokumenttyp: Policy; Beslutad av: Kommunfullmäktige"),
        (ROW, "Diarienummer: KS 2024-778; Gäller till: Tills vidare"),
    ]


def test_a_table_goes_on_on_the_next_page():
    first = table(Sheet(1), [("Åtgärd", "Ansvarig", "Klart"), ("Ett", "Nämnd A", "2025")])
    second = table(Sheet(2), [("Två", "Nämnd B", "2026"), ("Tre", "Nämnd C", "2027")], header=False)
    assert told(blocks_of(first, second)) == [
        (ROW, "Åtgärd: Ett; Ansvarig: Nämnd A; Klart: 2025"),
        (ROW, "Åtgärd: Två; Ansvarig: Nämnd B; Klart: 2026"),
        (ROW, "Åtgärd: Tre; Ansvarig: Nämnd C; Klart: 2027"),
    ]


def test_a_table_of_names_and_values():
    rows = [("Beslutad av:", "Kommunfullmäktige"), ("Diarienummer:", "KS 2024-778")]
    assert told(blocks_of(table(Sheet(), rows, (70, 230), header=False))) == [
        (ROW, "Beslutad av: Kommunfullmäktige"),
        (ROW, "Diarienummer: KS 2024-778"),
    ]


def test_columns_without_a_header_stay_text():
    rows = [("Vi ska arbeta.", "Detta är text."), ("Och sedan mer.", "Och mer text.")]
    assert {kind for kind, _ in told(blocks_of(table(Sheet(), rows, (70, 300), header=False)))} == {PARAGRAPH}


def test_two_columns_are_read_one_after_the_other():
    sheet = Sheet()
    left, right = (
        ["Vänster spalt börjar med", "flera rader text som inte", "slutar förrän i"],
        [
            "höger spalt där den går",
            "vidare över flera rader",
            "till sitt slut.",
        ],
    )
    for x, column in ((320, right), (70, left)):
        for index, text in enumerate(column):
            sheet.at(text, x, y=100 + 13 * index)
    assert [block.text for block in blocks_of(sheet)] == [" ".join([*left, *right])]


def test_text_written_out_of_place_is_read_where_it_stands():
    sheet = Sheet()
    sheet.at("Sist på sidan.", 70, y=500).at("Först på sidan.", 70, y=100).at("Mitt på sidan.", 70, y=300)
    assert [block.text for block in blocks_of(sheet)] == ["Först på sidan.", "Mitt på sidan.", "Sist på sidan."]


words = st.text(alphabet="abcdeåäö", min_size=1, max_size=9)
texts = st.lists(words, min_size=1, max_size=9).map(" ".join)


@settings(deadline=None)
@given(
    st.lists(
        st.tuples(texts, st.sampled_from([70.0, 84.0, 300.0]), st.sampled_from([9.0, 10.0, 14.0]), st.booleans()),
        min_size=1,
        max_size=20,
    ),
    st.integers(1, 3),
)
def test_no_letter_is_lost_and_pages_never_go_back(drawn, count):
    sheets = [Sheet(number) for number in range(1, count + 1)]
    for index, (text, x, size, bold) in enumerate(drawn):
        sheets[index * count // len(drawn)].add(text, x=x, size=size, bold=bold)
    blocks = blocks_of(*sheets)
    before = sorted(character for text, *_ in drawn for character in text if character.isalpha())
    after = sorted(character for block in blocks for character in block.text if character.isalpha())
    assert unicodedata.normalize("NFC", "".join(before)) == "".join(after)
    pages = [page for block in blocks for page, _ in block.parts]
    assert pages == sorted(pages)
