import pytest

from assistant.answers import Scope, Turn
from assistant.understand import (
    Kind,
    asks_about_assistant,
    is_empty,
    kind_of,
    make_standalone,
    names_in,
    refers_back,
    understand,
)


@pytest.mark.parametrize(
    ("question", "kind"),
    [
        ("Hur många vänorter har staden?", Kind.NUMBER),
        ("hur manga vanorter har staden", Kind.NUMBER),
        ("Vilket målvärde gäller för gästnätter?", Kind.NUMBER),
        ("How many staff work in Brussels?", Kind.NUMBER),
        ("What share of the budget is paid by the region?", Kind.NUMBER),
        ("Hur mycket EU-stöd fick staden 2021?", Kind.AMOUNT),
        ("hur mycket pengar fick staden", Kind.AMOUNT),
        ("Vad kostade medlemskapet?", Kind.AMOUNT),
        ("Vad beräknas den nya bron kosta att bygga?", Kind.AMOUNT),
        ("Hur hög är årsavgiften?", Kind.AMOUNT),
        ("What is the annual fee?", Kind.AMOUNT),
        ("Hur stor andel av resorna?", Kind.NUMBER),
        ("How much funding did the city receive?", Kind.AMOUNT),
        ("När antogs programmet?", Kind.DATE),
        ("nar antogs programmet", Kind.DATE),
        ("Vilket år gick staden med?", Kind.DATE),
        ("vilket ar gick staden med", Kind.DATE),
        ("Hur länge gäller strategin?", Kind.DATE),
        ("hur lange galler strategin", Kind.DATE),
        ("When was the programme adopted?", Kind.DATE),
        ("Vem ansvarar för programmet?", Kind.PERSON),
        ("Vilken nämnd ansvarar?", Kind.PERSON),
        ("vilken namnd ansvarar", Kind.PERSON),
        ("Who is responsible for the document?", Kind.PERSON),
        ("Vad heter kommundirektören?", Kind.NAME),
        ("Vem är kommunalråd?", Kind.NAME),
        ("Who is the mayor?", Kind.NAME),
        ("Varför lämnade staden nätverket?", Kind.REASON),
        ("varfor lamnade staden natverket", Kind.REASON),
        ("Why was the visit called off?", Kind.REASON),
        ("Vilka vänorter har staden?", Kind.LIST),
        ("Nämn stadens vänorter.", Kind.LIST),
        ("namn stadens vanorter", Kind.LIST),
        ("Which Swedish networks are mentioned?", Kind.LIST),
        ("What are the priorities?", Kind.LIST),
        ("Var ligger kontoret?", Kind.PLACE),
        ("I vilken stad ligger kontoret?", Kind.PLACE),
        ("Where is the office?", Kind.PLACE),
        ("Hur arbetar staden med EU?", Kind.EXPLANATION),
        ("Vad innebär medlemskapet?", Kind.EXPLANATION),
        ("vad innebar medlemskapet", Kind.EXPLANATION),
        ("How does the city work with the EU?", Kind.EXPLANATION),
        ("Jämför Malmö och Göteborg.", Kind.COMPARISON),
        ("jamfor malmo och goteborg", Kind.COMPARISON),
        ("Hur skiljer sig strategierna åt?", Kind.COMPARISON),
        ("What is the difference between the plans?", Kind.COMPARISON),
        ("Vilket nätverk leder staden?", Kind.FACT),
        ("METREX", Kind.FACT),
    ],
)
def test_kind(question: str, kind: Kind) -> None:
    assert kind_of(question) == kind


@pytest.mark.parametrize(
    ("question", "names"),
    [
        ("Vad gör Malmö i Eurocities?", ("Malmö", "Eurocities")),
        ("Malmö då?", ()),
        ("METREX", ("METREX",)),
        ("Vad är C40? Och COP26?", ("C40", "COP26")),
        ("Vilket avtal finns med Île-de-France?", ("Île-de-France",)),
        ("Vilket avtal finns med Région d’Exemple?", ("Région", "Exemple")),
        ("Vad säger staden om ”Šibenik”?", ("Šibenik",)),
        ("What does the City of Stockholm do in the EU?", ("Stockholm",)),
        ("vad gör malmö?", ()),
    ],
)
def test_names(question: str, names: tuple[str, ...]) -> None:
    assert names_in(question) == names


@pytest.mark.parametrize(
    ("question", "years"),
    [
        ("Vad kostade det 2021?", (2021,)),
        ("2021 eller 2023, eller 2021?", (2021, 2023)),
        ("Programmet 2024–2027?", (2024, 2027)),
        ("Vem beslutade KS 2024/0117?", (2024,)),
        ("Vad säger § 20212?", ()),
        ("Hur många av 2500 personer?", ()),
    ],
)
def test_years(question: str, years: tuple[int, ...]) -> None:
    assert understand(question).years == years


@pytest.mark.parametrize(
    ("question", "language"),
    [
        ("Vilka vänorter har staden?", "sv"),
        ("vilka vanorter har staden", "sv"),
        ("Which twin towns does Malmö have?", "en"),
        ("What does “Så arbetar regionen med EU” say about the office?", "en"),
        ("Vad står det i ”Counter Terrorism Preparedness Network”?", "sv"),
        ("METREX", "sv"),
        ("Quelles sont les villes jumelées ?", "sv"),
    ],
)
def test_language_is_swedish_or_english(question: str, language: str) -> None:
    assert understand(question).language == language


FIRST = Turn("Hur många praktikanter hade Exempelstad i Bryssel 2022?", "Tre. [1]")


@pytest.mark.parametrize(
    "question",
    [
        "Och 2023?",
        "Men 2021?",
        "Varför då?",
        "Vad kostade de?",
        "Vad gjorde dem nöjda?",
        "Vilken nämnd ansvarar för det?",
        "Vad är dess budget?",
        "Hur många var det?",
        "And in 2023?",
        "What did they cost?",
        "What about 2023?",
        "Varför?",
        "Hur mycket kostade kontoret?",
    ],
)
def test_a_follow_up_keeps_its_question_and_gets_the_earlier_one(question: str) -> None:
    assert make_standalone(question, [FIRST]) == f"{question} ({FIRST.question})"
    assert make_standalone(question, []) == question


@pytest.mark.parametrize(
    "question",
    [
        "Vilka är de tre prioriterade områdena i Linköpings program?",
        "Vad innebär den nya strategin för kommunala bolag?",
        "Vem ansvarar för det internationella arbetet i Provköping?",
        "Vilka nätverk är Malmö medlem i?",
        "When did Gothenburg join Eurocities?",
        "Hur mycket EU-stöd beviljades Exempelstads kommun?",
    ],
)
def test_a_question_that_stands_on_its_own_stays_as_it_is(question: str) -> None:
    assert not refers_back(question)
    assert make_standalone(question, [FIRST]) == question


def test_a_follow_up_of_a_follow_up_reaches_the_first_question() -> None:
    history = [FIRST, Turn("Och 2023?")]
    assert make_standalone("Vad kostade de?", history) == f"Vad kostade de? (Och 2023? ({FIRST.question}))"


def test_an_unrelated_question_between_ends_the_thread() -> None:
    history = [FIRST, Turn("Vilka nätverk är Malmö medlem i?")]
    assert make_standalone("Sedan när?", history) == "Sedan när? (Vilka nätverk är Malmö medlem i?)"


def test_a_follow_up_inherits_the_organisation_and_not_the_year() -> None:
    understood = understand("Och 2023?", [FIRST], None, ["Exempelstads kommun", "Malmö stad"])
    assert understood.organisations == ("Exempelstads kommun",)
    assert understood.years == (2023,)
    assert understood.text == "Och 2023?"


@pytest.mark.parametrize(
    ("question", "empty"),
    [
        ("Vad?", True), ("Vem är han?", True), ("Och då?", True), ("Why?", True), ("What is it?", True),
        ("Hej!", True), ("Och 2023?", False), ("METREX", False), ("Vad är EU?", False), ("Vad säger § 2?", False),
    ],
)  # fmt: skip
def test_a_question_about_nothing_is_recognised(question: str, empty: bool) -> None:
    assert is_empty(question) is empty


ORGANISATIONS = ("City of Malmö", "Exempelstads kommun", "Göteborgs Stad")


def test_who_asks_which_asks_all() -> None:
    assert understand("Vilka kommuner är med i Eurocities?", organisations=ORGANISATIONS).organisations == ORGANISATIONS


def test_who_names_one_asks_that_one() -> None:
    question = "Vilka städer är vänorter till Exempelstad?"
    assert understand(question, organisations=ORGANISATIONS).organisations == ("Exempelstads kommun",)


def test_a_scope_is_kept_beside_the_question() -> None:
    scope = Scope(organisations=("Malmö stad",), years=(2019,))
    assert understand("Vad kostade det?", scope=scope).scope is scope
    assert understand("Vad kostade det?").scope == Scope()


@pytest.mark.parametrize("text", ["hej", "Hej!", "tack!", "Vad kan du?", "what can you do?", "Help"])
def test_greetings_and_questions_about_the_assistant_are_told_apart(text: str) -> None:
    assert asks_about_assistant(text)


@pytest.mark.parametrize("text", ["Vad kan du säga om vänorter?", "Hjälp mig hitta programmet", "Tackade Malmö nej?"])
def test_questions_about_documents_are_not_about_the_assistant(text: str) -> None:
    assert not asks_about_assistant(text)


def test_an_organisation_without_documents_is_understood_from_the_conversation() -> None:
    here = ["Provköpings kommun"]
    assert understand("Vilka vänorter har Uppsala kommun?", organisations=here).strangers == ("Uppsala kommun",)
    assert understand(
        "Och när antogs det?", [Turn("Vad säger Uppsala kommuns program?")], organisations=here
    ).strangers == ("Uppsala kommun",)
    assert understand("Vilka vänorter har Provköping i Uppsala?", organisations=here).strangers == ()
