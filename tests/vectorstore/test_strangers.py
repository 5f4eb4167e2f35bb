import pytest

from vectorstore.places import place_names, word_names
from vectorstore.strangers import SURE, find_strangers

HERE = ["Göteborgs Stad", "Malmö stad", "Region Stockholm", "Provköpings kommun", "Föreningen Klimat"]


@pytest.mark.parametrize(
    ("question", "name"),
    [
        ("Vad säger Uppsala kommuns strategi om vänorter?", "Uppsala kommun"),
        ("Hur arbetar Region Skåne med EU?", "Region Skåne"),
        ("Vilka mål har Helsingborgs stad?", "Helsingborgs stad"),
        ("Helsingborgs stads mål för EU-arbetet?", "Helsingborgs stad"),
        ("Höör kommun vänorter", "Höör kommun"),
        ("Vilka vänorter har Lund?", "Lund"),
        ("Vilka vänorter har Västerås?", "Västerås"),
        ("Vilka är Upplands Väsbys vänorter?", "Upplands Väsby"),
        ("Vad står det om EU i Östersunds kommuns program?", "Östersunds kommun"),
        ("När antogs programmet i Umeå?", "Umeå"),
        ("What does the City of Helsingborg do in Brussels?", "City of Helsingborg"),
        ("Which networks is Uppsala Municipality a member of?", "Uppsala Municipality"),
        ("How does Scania work with the EU?", "Skåne"),
        ("vilka vanorter har orebro", "Örebro"),
        ("vilka vanorter har marks kommun", "Mark"),
        ("Vad gör Stockholms stad?", "Stockholms stad"),
        ("What does the City of Stockholm do?", "City of Stockholm"),
        ("Jämför Malmö och Uppsala kommun", "Uppsala kommun"),
        ("Hur skiljer sig Göteborgs och Lunds strategier?", "Lund"),
        ("Compare Gothenburg with Helsingborg", "Helsingborg"),
        ("Vad tycker Länsstyrelsen i Kalmar län?", "Länsstyrelsen i Kalmar län"),
    ],
)
def test_an_organisation_without_documents_is_recognised(question: str, name: str) -> None:
    strangers = [stranger.name for stranger in find_strangers(question, HERE) if stranger.sureness >= SURE]
    assert strangers == [name]


@pytest.mark.parametrize(
    "question",
    [
        "Vilka vänorter har Malmö i Kina?",
        "Vad gör Malmö tillsammans med Köpenhamns kommun?",
        "Vad gör Malmö tillsammans med Lund?",
        "Vilka projekt har Malmö och Köpenhamns kommun gemensamt?",
        "Vilket samarbete har Göteborg med Region Skåne?",
        "Vilka samarbetar med Köpenhamns kommun?",
        "Vilka har avtal med Uppsala kommun?",
        "Var i Lund hölls mötet?",
        "Vad kostade konferensen i Umeå?",
        "Vad kostade resan till Uppsala?",
        "Who took part in the meeting in Lund?",
        "Vilken kommun har flest vänorter?",
        "Varje kommun ska ha en plan, hur då?",
        "Samma stad som förra året?",
        "Vilka kommuner är med i Eurocities?",
        "Vad gör regionen?",
        "Vad gör Region Stockholm?",
        "What does the Stockholm Region do?",
        "Vad är Stockholmsregionens Europakontor?",
        "Vad vill Provköpings kommun?",
        "Vara med i nätverk, vad kostar det?",
        "Mark och vatten: vad säger planen?",
        "Vilken mark får säljas?",
        "vad ska nämnden vara ansvarig för",
        "how many networks are there",
        "Vem är Nora Bergs efterträdare?",
        "Vilka språk lär sig eleverna?",
        "Vad är Eurocities?",
        "Vem är statsminister i Sverige?",
        "What is the capital of France?",
        "Vad handlar samarbetsavtalet med Île-de-France om?",
        "Which body sets priorities in Stockholm County?",
        "Gothenburg's goals?",
        "Vad är Malmö kommuns mål?",
        "Vad säger EU om kommuner?",
        "Årets kommun",
    ],
)
def test_other_questions_are_not(question: str) -> None:
    assert [stranger for stranger in find_strangers(question, HERE) if stranger.sureness >= SURE] == []


def test_a_form_is_surer_than_a_place_and_a_partner_less_sure() -> None:
    (form,) = find_strangers("Vilka mål har Uppsala kommun?", HERE)
    (place,) = find_strangers("Vilka mål har Uppsala?", HERE)
    (partner,) = find_strangers("Vilka samarbetar med Uppsala kommun?", HERE)
    assert 1 > form.sureness > place.sureness > SURE > partner.sureness > 0


def test_two_are_told_surest_first() -> None:
    assert [stranger.name for stranger in find_strangers("Jämför Lund och Uppsala kommun", HERE)] == [
        "Uppsala kommun",
        "Lund",
    ]


def test_the_places() -> None:
    assert len(place_names()) > 300
    assert place_names()["malmo"] == "Malmö"
    assert place_names()["upplands vasby".replace("upplands", "uppland")] == "Upplands Väsby"
    assert {"vara", "mark"} <= word_names() < set(place_names())
