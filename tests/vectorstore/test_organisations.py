import pytest

from vectorstore.names import is_named
from vectorstore.organisations import asks_each, organisations_named, where_named, without_set

ALL = [
    "City of Malmö", "Exempelstads kommun", "Göteborgs Stad", "Linköpings kommun", "Region Mellansjö",
    "Region Stockholm", "Stockholms stad",
]  # fmt: skip


@pytest.mark.parametrize(
    ("question", "named"),
    [
        ("Vad gör Malmö?", ["City of Malmö"]),
        ("Vilka är Malmös vänorter?", ["City of Malmö"]),
        ("vilka ar malmos vanorter", ["City of Malmö"]),
        ("Vad säger Malmö stads rapport?", ["City of Malmö"]),
        ("Vad gör Göteborg?", ["Göteborgs Stad"]),
        ("Vad gör Göteborgs Stad?", ["Göteborgs Stad"]),
        ("Vad är Göteborgs Stads mål?", ["Göteborgs Stad"]),
        ("What does Gothenburg do?", ["Göteborgs Stad"]),
        ("What are Gothenburg's goals?", ["Göteborgs Stad"]),
        ("What does the City of Gothenburg do?", ["Göteborgs Stad"]),
        ("Vad gör Exempelstad?", ["Exempelstads kommun"]),
        ("Vad gör Exempelstads kommun?", ["Exempelstads kommun"]),
        ("Vad gör Region Stockholm?", ["Region Stockholm"]),
        ("Vad är Region Stockholms mål?", ["Region Stockholm"]),
        ("What does Region Stockholm do?", ["Region Stockholm"]),
        ("What does the Stockholm Region do?", ["Region Stockholm"]),
        ("Vad gör Stockholms stad?", ["Stockholms stad"]),
        ("Vad är Stockholms stads mål?", ["Stockholms stad"]),
        ("What does the City of Stockholm do?", ["Stockholms stad"]),
        ("Vad gör Stockholm?", ["Region Stockholm", "Stockholms stad"]),
        ("Jämför Region Stockholm och Stockholms stad", ["Region Stockholm", "Stockholms stad"]),
        ("Jämför Göteborg och Region Mellansjö", ["Göteborgs Stad", "Region Mellansjö"]),
        ("Vad gör regionen?", []),
        ("Vad gör staden?", []),
        ("Vad gör Uppsala?", []),
        ("Vad gör Stockholmsregionens Europakontor?", []),
        ("Vad gör exempelstaden?", []),
    ],
)
def test_organisations_are_recognised_however_they_are_inflected(question: str, named: list[str]) -> None:
    assert organisations_named(question, ALL) == named


@pytest.mark.parametrize(
    "question",
    [
        "Vilka kommuner är med i Eurocities?",
        "Vilka av kommunerna är med i Eurocities?",
        "Vilka av de fem kommunerna är med?",
        "Vilka organisationer har kontor i Bryssel?",
        "Vilken stad gick med först?",
        "vilka stader ar med",
        "Vilka regioner har ett program?",
        "Which cities are members?",
        "Which of the cities are members?",
        "Which Swedish municipalities have an office?",
        "Which of these organisations are members?",
    ],
)
def test_a_question_about_which_of_them_is_recognised(question: str) -> None:
    assert asks_each(question)


@pytest.mark.parametrize(
    "question",
    [
        "Vilken kommunal nämnd ansvarar?",
        "Vilka kommunala bolag omfattas?",
        "Vilken stadsdel berörs?",
        "Vilka regionala fonder finns?",
        "Vilken kommundirektör skrev under?",
        "Vilka nätverk är kommunen med i?",
        "Which municipal boards are responsible?",
    ],
)
def test_other_questions_are_not(question: str) -> None:
    assert not asks_each(question)


@pytest.mark.parametrize(
    ("question", "organisation", "where"),
    [
        ("Vad gör Malmö och Göteborg?", "City of Malmö", ["Malmö"]),
        ("Vad gör Malmö stad och Göteborg?", "City of Malmö", ["Malmö stad"]),
        ("vad gor malmos kontor", "City of Malmö", ["malmos"]),
        ("Jämför Region Stockholms mål med Göteborgs", "Region Stockholm", ["Region Stockholms"]),
        ("What does the City of Gothenburg do?", "Göteborgs Stad", ["Gothenburg"]),
        ("Malmös mål och målen i Malmö", "City of Malmö", ["Malmös", "Malmö"]),
        ("Vad gör Uppsala?", "City of Malmö", []),
    ],
)
def test_where_an_organisation_is_named_in_a_question(question: str, organisation: str, where: list[str]) -> None:
    assert [question[start:end] for start, end in where_named(question, organisation)] == where


def test_the_set_is_taken_out_of_the_question() -> None:
    assert without_set("Vilka av kommunerna är med i Eurocities?").split() == ["är", "med", "i", "Eurocities?"]


@pytest.mark.parametrize(
    ("name", "text", "named"),
    [
        ("Malmö", "Malmös kontor", True),
        ("malmo", "Malmös kontor", True),
        ("Gothenburg", "Göteborg gick med", True),
        ("Bryssel", "the office in Brussels", True),
        ("Eurocities", "Eurocitiesnätverket", True),
        ("Lund", "Lundby ligger på Hisingen", False),
        ("Hong Kong", "Hong Kong och Shenzhen", True),
        ("Hong Kong", "Kong Karls gata", False),
        ("EU", "EUROCITIES", False),
    ],
)
def test_names_are_found_in_text(name: str, text: str, named: bool) -> None:
    assert is_named(name, text) is named
