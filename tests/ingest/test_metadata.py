"""Facts that documents state about themselves."""

from datetime import date
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ingest.assemble import RawBlock, RawDocument, assemble_document
from ingest.dates import find_date, locate_period
from ingest.document import Block, BlockKind, Document, Field, Page
from ingest.language import detect_language
from ingest.load import load_file
from ingest.metadata import read_facts
from ingest.organisation import base_form

CORPUS = Path(__file__).parents[2].parent / "shared" / "corpus"
HEADING, PARAGRAPH, ROW = BlockKind.HEADING, BlockKind.PARAGRAPH, BlockKind.ROW


def document_of(*blocks: tuple[BlockKind, str] | str, format: str = "docx") -> Document:
    pairs = [(PARAGRAPH, block) if isinstance(block, str) else block for block in blocks]
    raw = RawDocument(format, [RawBlock(kind, ((1, text),), int(kind == HEADING)) for kind, text in pairs])
    return assemble_document("a.docx", "0", raw)


def facts_of(
    *blocks: tuple[BlockKind, str] | str,
    properties: dict[Field, str] | None = None,
    name: str = "a.docx",
    format: str = "docx",
) -> dict[Field, str]:
    document = document_of(*blocks, format=format)
    facts = read_facts(document, properties or {}, name)
    assert len({fact.field for fact in facts}) == len(facts)
    for fact in facts:
        assert (fact.origin == "text") == (fact.start is not None)
        if fact.start is not None and fact.end is not None:
            assert document.text[fact.start : fact.end].strip()
    return {fact.field: fact.value for fact in facts}


def test_named_lines_of_a_front_page() -> None:
    document = document_of(
        (HEADING, "Plan för vänorter"),
        "Dokumenttyp: Plan",
        "Fastställd av: Kommunstyrelsen 2023-11-06 § 112",
        "Senast reviderad: 3 mars 2024",
        "Giltighetstid: t.o.m. 2027",
        "Dnr: KS 2023/45",
        "Dokumentansvarig: Utvecklingschefen",
        "Ersätter: Plan för vänorter 2018",
        "Adresserat till: Alla nämnder",
    )
    facts = {fact.field: fact for fact in read_facts(document, {}, "a.docx")}
    assert {field: fact.value for field, fact in facts.items() if fact.origin == "text"} == {
        Field.TITLE: "Plan för vänorter",
        Field.DOCUMENT_TYPE: "plan",
        Field.PERIOD: "2023-2027",
        Field.ADOPTED_BY: "Kommunstyrelsen",
        Field.ADOPTED_ON: "2023-11-06",
        Field.REVISED_ON: "2024-03-03",
        Field.REFERENCE: "KS 2023/45",
        Field.VALID_UNTIL: "2027",
        Field.REPLACES: "Plan för vänorter 2018",
        Field.RESPONSIBLE: "Utvecklingschefen",
    }
    adopted = facts[Field.ADOPTED_BY]
    assert document.text[adopted.start : adopted.end] == "Fastställd av: Kommunstyrelsen 2023-11-06 § 112"
    assert (adopted.start, adopted.end) == (facts[Field.ADOPTED_ON].start, facts[Field.ADOPTED_ON].end)


@pytest.mark.parametrize(
    "blocks",
    [
        ("Antagen av: Kommunfullmäktige 2024-05-27 Diarienummer: KS 2024-9 Ansvarig: Kanslichefen",),
        ((ROW, "Antagen av: Kommunfullmäktige 2024-05-27; Diarienummer: KS 2024-9; Ansvarig: Kanslichefen"),),
        (
            (ROW, "Antagen av; Kommunfullmäktige 2024-05-27"),
            (ROW, "Diarienummer; KS 2024-9"),
            (ROW, "Ansvarig; Kanslichefen"),
        ),
        (
            "Antagen av:",
            "Kommunfullmäktige 2024-05-27",
            "Diarienummer",
            "KS 2024-9",
            "Dokumentansvarig",
            "Kanslichefen",
        ),
        (
            "Antagen av kommunfullmäktige den 27 maj 2024, § 4",
            "Diarienummer KS 2024-9",
            "Dokumentansvarig Kanslichefen",
        ),
        ("Antagen av: Kommunfullmäktige", "Antagen den: 27/5 2024", "Dnr: KS 2024-9", "ANSVARIG: Kanslichefen"),
        ("Adopted by: Kommunfullmäktige, 27 May 2024", "Reference number: KS 2024-9", "Responsible: Kanslichefen"),
        ("Adopted by the Kommunfullmäktige on 27 May 2024.", "Ref. no: KS 2024-9", "Document owner: Kanslichefen"),
    ],
)
def test_layouts_of_the_same_facts(blocks: tuple[tuple[BlockKind, str] | str, ...]) -> None:
    facts = facts_of((HEADING, "Plan"), *blocks, "Inledande text om planen som följer här nedan.")
    assert facts[Field.ADOPTED_BY].lower() == "kommunfullmäktige"
    assert facts[Field.ADOPTED_ON] == "2024-05-27"
    assert facts[Field.REFERENCE] == "KS 2024-9"
    assert facts[Field.RESPONSIBLE] == "Kanslichefen"


@pytest.mark.parametrize("value", ["-", "–", "", "...", "Ej aktuellt", "Ingen", "N/A"])
def test_empty_values_state_nothing(value: str) -> None:
    facts = facts_of((HEADING, "Plan"), f"Senast reviderat: {value}", f"Ersätter: {value}", f"Diarienummer: {value}")
    assert not {Field.REVISED_ON, Field.REPLACES, Field.REFERENCE} & set(facts)


def test_adopted_and_revised_in_one_sentence() -> None:
    facts = facts_of(
        (HEADING, "Stadgar"), "Antagna vid årsmöte 18 november 2021 och reviderade vid extra årsmöte 28 oktober 2022."
    )
    assert facts[Field.ADOPTED_ON] == "2021-11-18"
    assert facts[Field.ADOPTED_BY] == "årsmöte"
    assert facts[Field.REVISED_ON] == "2022-10-28"


def test_date_of_a_letter_and_outcome_of_a_decision_are_no_adoption() -> None:
    facts = facts_of((HEADING, "Skrivelse"), "Datum: 2024-02-03", "Beslut: Nämnden godkänner rapporten.")
    assert not {Field.ADOPTED_BY, Field.ADOPTED_ON} & set(facts)


@pytest.mark.parametrize(
    "line",
    [
        "Fastställd av regionfullmäktige i mars 2021",
        "Fastställd av regionfullmäktige den 3 mars 2021, § 8",
        "Beslutande: Regionfullmäktige, mars 2021",
        "Beslut: Regionfullmäktige mars 2021 § 8",
        "Beslutad av: Regionfullmäktige Datum och paragraf för beslutet: 2021-03-03 § 8 Senast reviderad: [Datum]",
    ],
)
def test_who_and_when_in_common_wordings(line: str) -> None:
    facts = facts_of((HEADING, "Plan"), line)
    assert facts[Field.ADOPTED_BY].lower() == "regionfullmäktige"
    assert facts[Field.ADOPTED_ON].startswith("2021-03")
    assert Field.REVISED_ON not in facts


def test_prose_is_not_taken_for_facts() -> None:
    facts = facts_of(
        (HEADING, "Om arbetet"),
        "I programmet som antogs av kommunfullmäktige 2011 står följande: samarbete är viktigt. "
        "Ansvarig nämnd avgör hur.",
        "Beslut fattas av nämnden. Giltighet prövas varje år.",
    )
    assert not {Field.ADOPTED_BY, Field.ADOPTED_ON, Field.RESPONSIBLE, Field.VALID_UNTIL} & set(facts)


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("25 februari 2025", "2025-02-25"),
        ("den 1:a maj 2020", "2020-05-01"),
        ("2025-02-25", "2025-02-25"),
        ("2025.02.25", "2025-02-25"),
        ("25/2 2025", "2025-02-25"),
        ("25/2-2025", "2025-02-25"),
        ("20250225", "2025-02-25"),
        ("February 25, 2025", "2025-02-25"),
        ("25th of February 2025", "2025-02-25"),
        ("dec 2022", "2022-12"),
        ("2022-12", "2022-12"),
        ("2023-02-30", None),
        ("2024-778", None),
        ("2021-2027", None),
        ("KS 2024", None),
        ("den 12 maj", None),
    ],
)
def test_dates(text: str, expected: str | None) -> None:
    assert find_date(text) == expected


MONTHS = "januari|februari|mars|april|maj|juni|juli|augusti|september|oktober|november|december"


@given(st.dates(min_value=date(1900, 1, 1), max_value=date(2099, 12, 31)))
def test_every_day_survives_each_spelling(day: date) -> None:
    months = MONTHS.split("|")
    for spelled in (
        day.isoformat(),
        f"den {day.day} {months[day.month - 1]} {day.year}",
        f"{day.day}/{day.month} {day.year}",
        f"Kommunfullmäktige {day.isoformat()} § 57",
    ):
        assert find_date(spelled) == day.isoformat()


@pytest.mark.parametrize(
    ("text", "period"),
    [
        ("Verksamhetsberättelse 2019", "2019"),
        ("Strategi 2021-2027", "2021-2027"),
        ("Plan 2021–27", "2021-2027"),
        ("Plan 2021 till 2024", "2021-2024"),
        ("Redovisning 2020/2021", "2020-2021"),
        ("Arbetet med Agenda 2030", None),
        ("Vägen mot 2045", None),
        ("Medlemmar 250 000", None),
        ("Möte 2021-05-03", None),
        ("Ny plan 2027-2021", None),
    ],
)
def test_periods(text: str, period: str | None) -> None:
    found = locate_period(text)
    assert (found[0] if found else None) == period


def test_period_comes_from_title_before_name_before_prose() -> None:
    prose = "Under 2018 hände mycket. Under 2018 växte nätverket. Under 2018 kom tre nya. " * 2
    assert facts_of((HEADING, "Rapport 2020"), prose, name="rapport-2019.docx")[Field.PERIOD] == "2020"
    assert facts_of((HEADING, "Rapport"), prose, name="rapport-2019.docx")[Field.PERIOD] == "2019"
    assert facts_of((HEADING, "Rapport"), prose, name="2019/rapport.docx")[Field.PERIOD] == "2019"
    assert facts_of((HEADING, "Rapport"), prose)[Field.PERIOD] == "2018"
    assert Field.PERIOD not in facts_of((HEADING, "Strategi"), prose)


def test_years_in_a_pages_text_are_not_its_period() -> None:
    facts = facts_of((HEADING, "Nätverk"), "Staden blev medlem 1995. Nätverket grundades 1986.", format="html")
    assert Field.PERIOD not in facts


def test_canonical_address_tells_the_period() -> None:
    facts = facts_of(
        (HEADING, "Läget"), "Text.", format="html", properties={Field.ADDRESS: "https://a.example/bokslut-2021/laget"}
    )
    assert facts[Field.PERIOD] == "2021"


@pytest.mark.parametrize(
    "junk",
    ["Microsoft Word - plan.docx", "untitled", "plan_slutlig_2.docx", "Dokument1", "Föreskriftens namn", "ekby_plan"],
)
def test_titles_that_programs_leave_are_passed_over(junk: str) -> None:
    facts = facts_of((HEADING, "Plan för hamnen"), "Text om hamnen.", properties={Field.TITLE: junk})
    assert facts[Field.TITLE] == "Plan för hamnen"


def test_title_skips_the_organisations_name_and_joins_broken_lines() -> None:
    facts = facts_of(
        (HEADING, "Ekby kommun"), (HEADING, "Samordning av mål och"), (HEADING, "strategier för hamnen"), "Text."
    )
    assert facts[Field.TITLE] == "Samordning av mål och strategier för hamnen"


@pytest.mark.parametrize(
    ("title", "kind"),
    [
        ("Handlingsplan för klimat och energi", "handlingsplan"),
        ("Antikorruptionspolicy för bolagen", "policy"),
        ("EU-strategi", "strategi"),
        ("Riktlinje för resor", "riktlinjer"),
        ("Annual report of the office", "annual report"),
        ("Programmet för internationellt arbete", "program"),
    ],
)
def test_document_types_in_titles(title: str, kind: str) -> None:
    assert facts_of((HEADING, title), "Text.")[Field.DOCUMENT_TYPE] == kind


def test_document_type_of_a_page_and_of_a_file_by_its_name() -> None:
    assert facts_of((HEADING, "Vänorter"), "Text.", format="html")[Field.DOCUMENT_TYPE] == "webbsida"
    assert facts_of((HEADING, "Vänorter"), "Text.", name="policy_vanorter.docx")[Field.DOCUMENT_TYPE] == "policy"


@pytest.mark.parametrize(
    ("name", "base"),
    [
        ("Malmö stads", "Malmö stad"),
        ("Göteborgs Stads", "Göteborgs Stad"),
        ("Göteborgs Stad", "Göteborgs Stad"),
        ("Linköpings kommuns", "Linköpings kommun"),
        ("Region Skånes", "Region Skåne"),
        ("Region Jönköpings län", "Region Jönköpings län"),
        ("Västra Götalandsregionens", "Västra Götalandsregionen"),
        ("Upplands Väsby kommuns", "Upplands Väsby kommun"),
        ("City of Malmö's", "City of Malmö"),
    ],
)
def test_base_forms(name: str, base: str) -> None:
    assert base_form(name) == base


@pytest.mark.parametrize(
    ("text", "organisation"),
    [
        ("Ekby kommuns arbete. I Ekby kommun finns nätverk. Ekby kommun samarbetar med Malmö stad.", "Ekby kommun"),
        ("Region Norrlands arbete bedrivs brett. Region Norrland är med. Region Norrland leder.", "Region Norrland"),
        ("LÄNSBY KOMMUN. Planen gäller Länsby kommun och dess bolag.", "Länsby kommun"),
        ("Stadgar för Vänbyrån ideell förening. Vänbyrån ideell förening verkar lokalt.", "Vänbyrån"),
        ("Varje kommun har ansvar. En annan stad gör likadant. Denna region är.", None),
    ],
)
def test_organisation_in_running_text(text: str, organisation: str | None) -> None:
    assert facts_of((HEADING, "Plan"), text).get(Field.ORGANISATION) == organisation


def test_organisation_in_properties_must_be_one() -> None:
    text = (
        "Kärnan samlar data. Rapporten är skriven av Kärnan. Kontakta Kärnan. Anna Berg, Anna Berg och Anna Berg skrev."
    )
    assert facts_of(text, properties={Field.ORGANISATION: "Kärnan"})[Field.ORGANISATION] == "Kärnan"
    assert Field.ORGANISATION not in facts_of(text, properties={Field.ORGANISATION: "Anna Berg"})
    assert Field.ORGANISATION not in facts_of(text, properties={Field.ORGANISATION: "Adobe"})


def test_organisation_in_the_name_of_the_folder() -> None:
    assert facts_of((HEADING, "Plan"), "Text.", name="Ekby_kommun/plan.docx")[Field.ORGANISATION] == "Ekby kommun"
    assert facts_of((HEADING, "Plan"), "Text.", name="ekby-stad-plan-2021.docx")[Field.ORGANISATION] == "Ekby stad"


def test_front_page_beats_the_folder_and_the_folder_beats_the_text() -> None:
    mentions = "Sjöby kommun är partner. " * 9
    assert facts_of((HEADING, "Plan för Ekby kommun"), mentions, name="Sjöby kommun/plan.docx")[Field.ORGANISATION]
    late = facts_of((HEADING, "Plan"), "Text. " * 400, mentions, name="Ekby kommun/plan.docx")
    assert late[Field.ORGANISATION] == "Ekby kommun"


def test_sentence_that_says_what_is_replaced() -> None:
    document = document_of(
        (HEADING, "Program"), "Inledning. Detta program ersätter Policy för vänorter från 2012. Mer text."
    )
    fact = next(fact for fact in read_facts(document, {}, "a.docx") if fact.field == Field.REPLACES)
    assert fact.value == "Policy för vänorter från 2012"
    assert document.text[fact.start : fact.end] == "Detta program ersätter Policy för vänorter från 2012"


@pytest.mark.parametrize(
    ("text", "language"),
    [
        ("vanorter linkoping", "sv"),
        ("Hur många?", "sv"),
        ("What about Malmö?", "en"),
        ("Och Malmö?", "sv"),
        ("EU funding Stockholm 2021", "en"),
        ("diarienummer", "sv"),
        ("sister cities", "en"),
        ('Vem skrev "The Wealth of the Nations of the World"?', "sv"),
        ("", "sv"),
        ("Kommunen arbetar för att stärka samarbetet med andra städer. " * 5, "sv"),
        ("The municipality works to strengthen cooperation with other cities. " * 5, "en"),
        ("Kommunen arbejder for at styrke samarbejdet med andre byer, og det gælder også i år. " * 5, "da"),
        ("Kaupunki tekee yhteistyötä muiden kaupunkien kanssa Itämeren alueella. " * 6, "fi"),
    ],
)
def test_languages(text: str, language: str) -> None:
    assert detect_language(text) == language


@given(st.lists(st.text(max_size=60), max_size=8), st.text(max_size=30))
def test_any_text_gives_facts_with_valid_offsets(texts: list[str], name: str) -> None:
    document = document_of(*[text or "x" for text in texts])
    for fact in read_facts(document, {Field.TITLE: name}, name):
        assert fact.value
        if fact.start is not None and fact.end is not None:
            assert 0 <= fact.start < fact.end <= len(document.text)


@pytest.mark.skipif(not CORPUS.exists(), reason="the shared corpus is not beside the checkout")
def test_front_page_of_a_real_programme() -> None:
    path = next(CORPUS.glob("linkoping*.pdf"))
    document = load_file(path, path.name)
    facts = {fact.field: fact for fact in document.facts}
    expected = {
        Field.DOCUMENT_TYPE: ("program", "Dokumenttyp: Program"),
        Field.ADOPTED_BY: ("Kommunfullmäktige", "Antaget av: Kommunfullmäktige 2025-02-25 § 57"),
        Field.ADOPTED_ON: ("2025-02-25", "Antaget av: Kommunfullmäktige 2025-02-25 § 57"),
        Field.REFERENCE: ("KS 2024-778", "Diarienummer: KS 2024-778"),
        Field.VALID_UNTIL: ("Tillsvidare", "Giltighetstid: Tillsvidare"),
        Field.RESPONSIBLE: ("Biträdande kommundirektör", "Dokumentansvarig: Biträdande kommundirektör"),
    }
    for field, (value, quote) in expected.items():
        fact = facts[field]
        assert (fact.value, document.text[fact.start : fact.end]) == (value, quote)
        assert fact.start is not None
        assert document.page_at(fact.start).number == 1
    assert Field.REVISED_ON not in facts
    assert document.fact(Field.ORGANISATION) == "Linköpings kommun"


def test_a_text_about_several_cities_speaks_for_none_of_them() -> None:
    text = "Cities abroad\n\nThe City of Malmö has three agreements. The City of Stockholm is a member of 95 networks."
    blocks = (Block(BlockKind.HEADING, 0, 13, 1), Block(BlockKind.PARAGRAPH, 15, len(text)))
    document = Document("cities.md", "markdown", "h", text, (Page(1, 0, len(text)),), blocks)
    fields = {fact.field for fact in read_facts(document, {}, "cities.md")}
    assert Field.ORGANISATION not in fields
