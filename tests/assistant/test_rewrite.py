"""A follow-up that a language model makes standalone: taken where it adds nothing, else the rules decide."""

import pytest
from langchain_core.language_models import FakeListChatModel

from assistant.answers import Turn
from assistant.model import LanguageModel, Tally
from assistant.rewrite import rewrite_question

HISTORY = [
    Turn("Hur mycket EU-stöd beviljades Exempelstad 2023?", "Exempelstad beviljades 41,6 miljoner kronor. [1]"),
    Turn("Vilka vänorter har Provköping?", "Provköping har två vänorter, Beispielstadt och Esimerkkilä. [1]"),
]
EARLIER = "Hur mycket EU-stöd beviljades Exempelstad 2022?"


def rewritten(question: str, written: str, language: str = "sv", history: list[Turn] = HISTORY) -> str | None:
    model = LanguageModel(FakeListChatModel(responses=[written]), "fake:x")
    return rewrite_question(model, question, history, language, Tally())


@pytest.mark.parametrize(
    ("question", "written", "expected"),
    [
        ("Sedan när är de vänorter?", "Sedan när är Beispielstadt och Esimerkkilä vänorter till Provköping?", None),
        ("Och 2022?", "Hur mycket EU-stöd beviljades Exempelstad 2022?", None),
        ("Och 2022?", f'"{EARLIER}"', EARLIER),
        ("Och 2022?", f"Omskriven: {EARLIER}\n\nHoppas det hjälper!", EARLIER),
        ("Är de inte vänorter längre?", "Är Beispielstadt och Esimerkkilä inte vänorter till Provköping längre?", None),
    ],
)  # fmt: skip
def test_what_the_conversation_holds_is_taken(question: str, written: str, expected: str | None) -> None:
    assert rewritten(question, written) == (expected or written)


@pytest.mark.parametrize(
    ("question", "written"),
    [
        ("Sedan när är de vänorter?", "Sedan när är Musterstadt vänort till Provköping?"),  # a new name
        ("Och 2022?", "Hur mycket EU-stöd beviljades Exempelstad 2021?"),  # another year
        ("Och 2022?", "Hur mycket EU-stöd beviljades Exempelstad 2022 och 2021?"),  # one more
        ("Och 2022?", "Hur mycket EU-stöd beviljades Exempelstad?"),  # the year is lost
        ("Och i Linköping?", "Vilka vänorter har Provköping?"),  # the name is lost
        ("Är de vänorter?", "Är Beispielstadt och Esimerkkilä inte vänorter till Provköping?"),  # negation added
        ("Sedan när är de vänorter?", "Sedan när är de vänorter?"),  # no more standalone than before
        ("Sedan när är de vänorter?", "De är vänorter sedan 1949."),  # an answer
        ("Sedan när är de vänorter?", "Since when are Beispielstadt and Esimerkkilä twin towns of Provköping?"),
        ("Sedan när är de vänorter?", "Hur lagar man en god kalops med lök och morötter?"),  # another matter
        ("Sedan när är de vänorter?", "Vilka vänorter har Provköping? När beviljades EU-stöd?"),  # two questions
        ("Sedan när är de vänorter?", "vänorter " * 60 + "?"),
        ("Sedan när är de vänorter?", ""),
        ("Sedan när är de vänorter?", "\n\n"),
    ],
)
def test_what_it_does_not_hold_is_not(question: str, written: str) -> None:
    assert rewritten(question, written) is None


def test_an_english_follow_up_stays_english() -> None:
    history = [
        Turn("Which twin towns does Provköping have?", "Provköping has two twin towns, Beispielstadt and Esimerkkilä.")
    ]
    question, written = "Since when?", "Since when has Provköping had the twin towns Beispielstadt and Esimerkkilä?"
    assert rewritten(question, written, "en", history) == written
    assert (
        rewritten(question, "Sedan när har Provköping vänorterna Beispielstadt och Esimerkkilä?", "en", history) is None
    )


def test_the_assistant_asks_what_the_model_made_of_a_follow_up(ask_with, scripted) -> None:
    asked: list[str] = []

    def script(prompt: str) -> str:
        asked.append(prompt)
        if "Sista frågan" in prompt:
            return "Hur mycket EU-stöd beviljades Exempelstad 2022?"
        return "INGET SVAR"

    history = [Turn("Hur mycket EU-stöd beviljades Exempelstad 2023?", "41,6 miljoner kronor.")]
    answer = ask_with(scripted(script), "Och 2022?", history)
    assert answer.question == "Och 2022?"
    assert answer.standalone_question == "Hur mycket EU-stöd beviljades Exempelstad 2022?"
    assert answer.writing.calls == 2
    assert "Fråga: Hur mycket EU-stöd beviljades Exempelstad 2022?" in asked[1]


def test_what_is_no_follow_up_is_not_rewritten(ask_with, scripted) -> None:
    history = [Turn("Hur mycket EU-stöd beviljades Exempelstad 2023?", "41,6 miljoner kronor.")]
    answer = ask_with(scripted("INGET SVAR"), "Vilka vänorter har Provköpings kommun?", history)
    assert answer.standalone_question == "Vilka vänorter har Provköpings kommun?"
    assert answer.writing.calls == 1


def test_the_rules_decide_where_the_model_fails_and_it_is_not_asked_again(ask_with, samples_assistant) -> None:
    class Gone(FakeListChatModel):
        def _stream(self, *args: object, **kwargs: object):
            raise ConnectionError("gone")

    history = [Turn("Hur mycket EU-stöd beviljades Exempelstad 2023?", "41,6 miljoner kronor.")]
    answer = ask_with(Gone(responses=["x"]), "Och 2022?", history)
    own = samples_assistant.ask("Och 2022?", history)
    assert answer.standalone_question == own.standalone_question
    assert answer.text.startswith("Språkmodellen svarade inte.") and answer.citations == own.citations
    assert answer.writing.calls == 1
