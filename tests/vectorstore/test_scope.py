import pytest

from vectorstore.scope import DOCUMENT, DOCUMENT_TYPE, ORGANISATION, YEAR, Mentions, bonuses, find_mentions, years_named
from vectorstore.strangers import Stranger
from vectorstore.types import DocumentRecord


def record(name, organisation=None, document_type=None, period=None, title=None):
    return DocumentRecord(
        name, title or name, organisation, document_type, period, "sv", "pdf", f"/r/{name}", 1, 1, "2025-01-01T00:00:00"
    )


RECORDS = [
    record("a-2021.pdf", "Norrstads kommun", "årsrapport", "2021", "Årsrapport 2021 – Norrstad i Europa"),
    record("a-2022.pdf", "Norrstads kommun", "årsrapport", "2022", "Årsrapport 2022 – Norrstad i Europa"),
    record("program.pdf", "Region Sydlandet", "program", "2021-2024", "Program för internationellt samarbete och EU"),
    record("klimatkollen.pdf", None, "rapport", None, "Bolagsklimatkollen – en analys av storbolag"),
    record("om-oss.html", "Norrstads kommun", "webbsida", None, "Nätverk och medlemskap"),
    record("Plan för vatten.docx", "Norrstads kommun", "plan", None, "Dricksvattenplan"),
]


@pytest.mark.parametrize(
    ("question", "found"),
    [
        ("Vilka vänorter har Norrstad?", Mentions(("Norrstads kommun",))),
        ("Vad gjorde Norrstad 2021?", Mentions(("Norrstads kommun",), (2021,))),
        ("Vad säger årsrapporten för 2022?", Mentions(years=(2022,), document_types=("årsrapport",))),
        (
            "Vad säger Region Sydlandets program?",
            Mentions(("Region Sydlandet",), document_types=("program",)),
        ),
        (
            "Vilka mål har Program för internationellt samarbete?",
            Mentions(document_types=("program",)),
        ),
        (
            "Vilka mål har programmet för internationellt samarbete och EU?",
            Mentions(document_types=("program",), documents=("program.pdf",)),
        ),
        ("Vad säger Bolagsklimatkollen?", Mentions(documents=("klimatkollen.pdf",))),
        ("vad sager bolagsklimatkollen", Mentions(documents=("klimatkollen.pdf",))),
        ("Vad står i a-2021.pdf?", Mentions(years=(2021,), documents=("a-2021.pdf",))),
        ("Vad står i plan för vatten.docx?", Mentions(document_types=("plan",), documents=("Plan för vatten.docx",))),
        ("Vad står under ”Nätverk och medlemskap”?", Mentions(documents=("om-oss.html",))),
        ("Vilka nätverk och medlemskap har de?", Mentions()),
        ("Vilka vänorter har Lund?", Mentions(strangers=(Stranger("Lund", 0.7),))),
        ("Vad är Eurocities?", Mentions()),
    ],
)
def test_what_a_question_names(question, found):
    assert find_mentions(question, RECORDS) == found


def test_a_title_means_no_document_of_another_organisation():
    records = [
        *RECORDS,
        record("p2.pdf", "Norrstads kommun", "program", None, "Program för internationellt samarbete och EU"),
    ]
    question = "Vad säger Norrstads program för internationellt samarbete och EU?"
    assert find_mentions(question, records).documents == ("p2.pdf",)


@pytest.mark.parametrize(
    ("question", "years"),
    [
        ("Vad hände 2021?", (2021,)),
        ("Jämför 2019 och 2021, och 2019", (2019, 2021)),
        ("Programmet 2024–2027", (2024, 2027)),
        ("Och året därpå? (Hur många gick 2022?)", (2022, 2023)),
        ("And the year before? (How many in 2022?)", (2022, 2021)),
        ("Och året därpå?", ()),
        ("KS 2024/0117, 12000 kronor", (2024,)),
        ("Rum 20211", ()),
    ],
)
def test_years(question, years):
    assert years_named(question) == years


def test_documents_gain_by_what_is_named_of_them():
    found = Mentions(("Norrstads kommun",), (2021,), ("årsrapport",), ("klimatkollen.pdf",))
    gained = bonuses(found, RECORDS)
    assert gained["a-2021.pdf"] == pytest.approx(ORGANISATION + YEAR + DOCUMENT_TYPE)
    assert gained["a-2022.pdf"] == pytest.approx(ORGANISATION + DOCUMENT_TYPE)
    assert gained["program.pdf"] == pytest.approx(YEAR)
    assert gained["klimatkollen.pdf"] == pytest.approx(DOCUMENT)
    assert gained["om-oss.html"] == pytest.approx(ORGANISATION)
    assert bonuses(Mentions(), RECORDS) == {}


def test_what_no_document_has_is_left_out():
    found = Mentions(("Norrstads kommun", "Borta"), (2021,), ("program",), ("a-2021.pdf", "borta.pdf"))
    assert found.among(RECORDS[:1]) == Mentions(("Norrstads kommun",), (2021,), (), ("a-2021.pdf",))
