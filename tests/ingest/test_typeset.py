"""Documents as offices write them, set by another program: headers that state facts, tables in several alignments."""

import pytest
import typst

from ingest.document import BlockKind, Field
from ingest.load import load_file

LETTER = """
#set document(author: "u123")
#set text(lang: "sv", font: "New Computer Modern", size: 11pt, hyphenate: true)
#set page(
  paper: "a4",
  header: grid(columns: (1fr, 1fr),
    [*MELLANSJÖ KOMMUN* \\ Kommunledningskontoret],
    align(right)[TJÄNSTESKRIVELSE \\ 2023-05-04 \\ Dnr: KS 2023/118]),
  footer: context [#h(1fr) #counter(page).display()],
)
Till kommunstyrelsen
#v(5mm)
#text(14pt, weight: "bold")[Återrapportering av internationellt arbete 2022]

*Förslag till beslut*

Kommunstyrelsen ger kommundirektören i uppdrag att ta fram en handlingsplan för EU-finansiering.

*Ekonomiska konsekvenser*

#table(columns: (1fr, auto, auto), align: (left, right, right), stroke: none,
  [Projekt], [Budget, tkr], [EU-bidrag, tkr], table.hline(),
  [Grön hamn], [4 200], [2 100],
  [Språk i vården], [3 150], [2 520],
  [Unga entreprenörer], [1 800], [1 440], table.hline(),
  [*Summa*], [*9 150*], [*6 060*])

*Bakgrund*

#for i in range(9) [
Arbetet utgår från policyn och följs upp varje år av nämnden tillsammans med budgeten för året därpå.
Kommunfullmäktige beslutade om policyn efter en remiss till samtliga nämnder, bolag och föreningar i kommunen.

]
#pagebreak()
*Uppföljning*

Uppföljningen sker årligen.
"""

STRATEGY = """
#set document(title: "Internationell strategi 2024–2030", author: "Provköpings kommun")
#set text(lang: "sv", font: "Libertinus Serif", size: 10.5pt, hyphenate: true)
#set page(paper: "a4", footer: context [#h(1fr) Sida #counter(page).display() (#counter(page).final().first())])
#set heading(numbering: "1.1")
#set par(justify: true)
= Inledning
Kommunen arbetar sedan 2004 med internationella frågor och har i dag avtal med sju
vänorter#footnote[Avtalen förnyas vart femte år.]. Sammanhållningspolitiken och näringslivsutvecklingen är två
områden där utvecklingssamarbetet har gett erfarenheter som kommunledningen vill ta vara på.
Internationaliseringsarbetet har bedrivits tillsammans med grannkommunerna i länet,
universitetet och Kommunikationsmyndigheten.
== Mål
#set par(justify: false)
#align(center, table(columns: (2fr, 1fr, 1fr), align: center,
  table.header([*Mål*], [*Utfall 2023*], [*Mål 2030*]),
  ..range(30).map(i => (
    [Andel av nämnderna som har minst #i utbyten med andra länder varje år], [#(i * 2) %], [#(i * 3) %])).flatten()))
== Ansvar
Kommunstyrelsen ansvarar.
"""


@pytest.fixture
def read(tmp_path):
    def read_(source):
        path = tmp_path / "plan.pdf"
        typst.compile(source.encode(), output=str(path))
        return load_file(path, "plan.pdf")

    return read_


def told(document, *kinds):
    return [document.text[block.start : block.end] for block in document.blocks if block.kind in kinds]


def test_a_running_header_states_facts_and_is_no_text(read):
    document = read(LETTER)
    facts = {fact.field: fact for fact in document.facts}
    assert facts[Field.ORGANISATION].value == "Mellansjö kommun"
    assert facts[Field.REFERENCE].value == "KS 2023/118"
    assert facts[Field.DOCUMENT_TYPE].value == "tjänsteskrivelse"
    for field in (Field.ORGANISATION, Field.REFERENCE, Field.DOCUMENT_TYPE):
        assert (facts[field].origin, facts[field].start) == ("header", None)
    assert "TJÄNSTESKRIVELSE" not in document.text
    assert document.title == "Återrapportering av internationellt arbete 2022"


def test_numbers_at_the_right_edge_belong_to_their_columns(read):
    document = read(LETTER)
    assert told(document, BlockKind.ROW) == [
        "Projekt: Grön hamn; Budget, tkr: 4 200; EU-bidrag, tkr: 2 100",
        "Projekt: Språk i vården; Budget, tkr: 3 150; EU-bidrag, tkr: 2 520",
        "Projekt: Unga entreprenörer; Budget, tkr: 1 800; EU-bidrag, tkr: 1 440",
        "Projekt: Summa; Budget, tkr: 9 150; EU-bidrag, tkr: 6 060",
    ]


def test_centred_cells_of_several_lines_and_a_header_on_each_page(read):
    document = read(STRATEGY)
    assert len(document.pages) > 1
    assert told(document, BlockKind.ROW) == [
        f"Mål: Andel av nämnderna som har minst {i} utbyten med andra länder varje år; Utfall 2023: {i * 2} %; "
        f"Mål 2030: {i * 3} %"
        for i in range(30)
    ]


def test_words_are_whole_and_footnote_marks_go(read):
    document = read(STRATEGY)
    (text,) = (text for text in told(document, BlockKind.PARAGRAPH) if text.startswith("Kommunen arbetar"))
    assert "avtal med sju vänorter. Sammanhållningspolitiken" in text
    assert "Internationaliseringsarbetet har bedrivits" in text
    assert "Avtalen förnyas vart femte år." in document.text
    assert told(document, BlockKind.HEADING) == ["1 Inledning", "1.1 Mål", "1.2 Ansvar"]
