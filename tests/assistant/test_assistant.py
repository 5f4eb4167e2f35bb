import json
from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from pathlib import Path

import pytest

from assistant.answers import Answer, AnswerStatus, Scope, Turn
from assistant.assistant import Assistant
from assistant.settings import Settings
from vectorstore.reader import Passage, Reading
from vectorstore.store import Store
from vectorstore.sync import sync_path

ANSWERED = [
    ("Vilka vänorter har Provköping?", "provkoping-handlingsplan-2025.md", ["Beispielstadt", "Esimerkkilä"]),
    ("vilka vanorter har provkoping", "provkoping-handlingsplan-2025.md", ["Beispielstadt", "Esimerkkilä"]),
    ("Vem står för partnerskapets sekretariat?", "region-stockholm-eu-arbete.html", ["Region Stockholm"]),
    ("När gick Göteborg med i Eurocities?", "goteborg-natverk-och-medlemskap.html", ["1995"]),
    ("När bildades Eurocities?", "goteborg-natverk-och-medlemskap.html", ["1986"]),
    ("Vad är METREX?", "region-stockholm-eu-arbete.html", ["storstadsregioner"]),
    ("Vilka sex forum har Eurocities?", "goteborg-natverk-och-medlemskap.html", ["kultur", "mobilitet", "miljö"]),
    ("Hur många chefer ska Provköping utbilda om EU?", "provkoping-handlingsplan-2025.md", ["60 chefer"]),
    (
        "How much did Stockholm receive from EU funds in 2021?",
        "english-summary-three-swedish-cities.md",
        ["59 million"],
    ),
    ("Why was Malmö's visit to Hong Kong called off?", "english-summary-three-swedish-cities.md", ["unrest"]),
    ("What are the priorities of Linköping's programme?", "english-summary-three-swedish-cities.md", ["investment"]),
    ("Which twin towns does Provköping have?", "provkoping-handlingsplan-2025.md", ["Beispielstadt"]),
]


@pytest.fixture(scope="module")
def answers(samples_assistant: Assistant) -> dict[str, Answer]:
    return {question: samples_assistant.ask(question) for question, _, _ in ANSWERED}


@pytest.mark.parametrize(("question", "document", "facts"), ANSWERED, ids=[question for question, _, _ in ANSWERED])
def test_what_the_samples_hold_is_answered_and_cited(
    samples_assistant, answers, assert_cited, question: str, document: str, facts: list[str]
) -> None:
    answer = answers[question]
    assert answer.status == AnswerStatus.ANSWERED
    assert document in {citation.document for citation in answer.citations}
    assert [fact for fact in facts if fact not in answer.text] == []
    assert_cited(samples_assistant, answer)
    assert answer.model == "extractive" and answer.seconds > 0 and answer.retrieved


@pytest.mark.parametrize(
    "question",
    [
        "Vilka vänorter har Uppsala kommun?",
        "Hur mycket EU-stöd fick Lunds kommun 2021?",
        "Vad gör Region Skåne i Bryssel?",
        "Vad blir det för väder i morgon?",
        "Hur kokar man kalops?",
        "Vem vann fotbolls-VM 1994?",
        "blubb fnurr snorkel qwertz",
        "What is the capital of Mongolia?",
        "How many people live in Kiruna?",
        "NEAR(vänorter, 5) OR x*",
        "'; DROP TABLE chunk; --",
    ],
)
def test_what_the_samples_do_not_hold_is_not_answered(samples_assistant, assert_cited, question: str) -> None:
    answer = samples_assistant.ask(question)
    assert answer.status == AnswerStatus.NOT_FOUND
    said = "8 dokument" if answer.language == "sv" else "8 documents"
    assert said in answer.text
    first, nearest = answer.text.split("\n\n", 1)
    assert_cited(samples_assistant, replace(answer, text=nearest))
    assert first.endswith(":")


@pytest.mark.parametrize(
    ("question", "said"),
    [
        ("", "Skriv en fråga"),
        (" \n\t ", "Skriv en fråga"),
        ("😀😀", "Skriv en fråga"),
        ("?!", "Skriv en fråga"),
        ("§ 203", "Skriv en fråga"),
        ("Vad " * 300, "högst 1000 tecken"),
        ("What does the city do? " * 100, "at most 1000 characters"),
        ("Vad är det? " * 100_000, "högst 1000 tecken"),
    ],
    ids=["empty", "blank", "emoji", "signs", "digits", "long", "long English", "a megabyte"],
)
def test_what_is_no_question_is_refused_in_its_language(samples_assistant, question: str, said: str) -> None:
    answer = samples_assistant.ask(question)
    assert answer.status == AnswerStatus.REFUSED
    assert said in answer.text
    assert answer.citations == () and answer.retrieved == ()


@pytest.mark.parametrize("question", [None, 7, b"Vad?", ["Vad?"], float("nan")])
def test_what_is_no_text_is_refused(samples_assistant, question: object) -> None:
    answer = samples_assistant.ask(question)
    assert answer.status == AnswerStatus.REFUSED
    assert "Skriv en fråga" in answer.text and answer.question == ""


@pytest.mark.parametrize("question", ["", "  ", "?!", "😀"])
def test_what_is_empty_is_refused_in_the_language_of_the_conversation(samples_assistant, question: str) -> None:
    asked = [Turn("Which networks is Gothenburg a member of?", "Gothenburg is a member of Eurocities.")]
    assert samples_assistant.ask(question, asked).text.startswith("Write a question")
    assert samples_assistant.ask(question).text.startswith("Skriv en fråga")


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("Hej!", "Jag svarar"), ("Hej hej", "Jag svarar"), ("God morgon", "Jag svarar"), ("Hallå där!", "Jag svarar"),
        ("Tack så mycket för hjälpen!", "Jag svarar"), ("Vad kan du?", "Jag svarar"), ("vad kan du göra", "Jag svarar"),
        ("Hej! Vad kan du hjälpa mig med?", "Jag svarar"), ("Vem är du?", "Jag svarar"), ("Hjälp!", "Jag svarar"),
        ("Vad kan jag fråga om?", "Jag svarar"), ("Hello there", "I answer"), ("Thank you very much!", "I answer"),
        ("What can you help me with?", "I answer"), ("How do you work?", "I answer"), ("Thanks a lot", "I answer"),
    ],
)  # fmt: skip
def test_greetings_thanks_and_questions_about_the_assistant_are_not_searched(samples_assistant, text, said) -> None:
    answer = samples_assistant.ask(text)
    assert answer.status == AnswerStatus.NEEDS_CLARIFICATION
    assert answer.text.startswith(said)
    assert answer.retrieved == () and answer.citations == ()


def test_a_question_after_a_greeting_is_answered(samples_assistant) -> None:
    assert samples_assistant.ask("Hej! Vilka vänorter har Provköping?").status == AnswerStatus.ANSWERED
    assert samples_assistant.ask("Tack. When was Eurocities founded?").status != AnswerStatus.NEEDS_CLARIFICATION


@pytest.mark.parametrize(("question", "said"), [("Vad?", "Vad gäller frågan?"), ("Why is it?", "What is the question")])
def test_a_question_about_nothing_needs_clarification(samples_assistant, question: str, said: str) -> None:
    answer = samples_assistant.ask(question)
    assert answer.status == AnswerStatus.NEEDS_CLARIFICATION
    assert said in answer.text
    assert samples_assistant.ask(question, [Turn("Vilka vänorter har Provköping?")]).status != answer.status


@pytest.mark.parametrize(
    "question", ["vad\0är METREX", "Vad är METREX \ud800?", "Vad\u202e är METREX?", "ＭＥＴＲＥＸ vad är"]
)
def test_odd_characters_do_no_harm(samples_assistant, question: str) -> None:
    answer = samples_assistant.ask(question)
    assert answer.question == question
    assert answer.status in (AnswerStatus.ANSWERED, AnswerStatus.NOT_FOUND)


def test_answers_are_the_same_every_time(samples_assistant, answers) -> None:
    for question in ("Vilka vänorter har Provköping?", "Why was Malmö's visit to Hong Kong called off?"):
        again, once = samples_assistant.ask(question), answers[question]
        assert replace(again, id=once.id, seconds=once.seconds) == once
        assert again.id != once.id


def test_eight_threads_get_the_answers_that_one_gets(samples_assistant, answers) -> None:
    with ThreadPoolExecutor(8) as pool:
        together = list(pool.map(samples_assistant.ask, list(answers)))
    for answer, alone in zip(together, answers.values(), strict=True):
        assert replace(answer, id=alone.id, seconds=alone.seconds) == alone
    assert len({answer.id for answer in together}) == len(together)


def test_an_answer_is_the_object_that_the_design_lays_down(answers) -> None:
    answer = next(iter(answers.values()))
    plain = json.loads(json.dumps(answer.as_json()))
    assert list(plain) == [
        "id", "question", "standalone_question", "language", "status", "text", "citations", "retrieved", "seconds",
        "model", "writing",
    ]  # fmt: skip
    assert list(plain["writing"]) == [
        "prompt", "calls", "input_tokens", "output_tokens", "dropped_sentences", "replaced_sentences",
        "removed_markers", "failure",
    ]  # fmt: skip
    assert list(plain["citations"][0]) == [
        "marker", "document", "title", "organisation", "page", "section", "quote", "start", "end"
    ]  # fmt: skip
    assert list(plain["retrieved"][0]) == ["document", "page", "section", "score", "text"]
    assert plain["status"] == "answered" and plain["language"] == "sv" and plain["model"] == "extractive"
    assert isinstance(plain["citations"][0]["section"], list)
    scores = [retrieved["score"] for retrieved in plain["retrieved"]]
    assert scores == sorted(scores, reverse=True)


def test_statuses_are_these() -> None:
    assert [status.value for status in AnswerStatus] == [
        "answered", "partial", "not_found", "needs_clarification", "refused", "failed"
    ]  # fmt: skip


def test_a_given_identifier_is_kept(samples_assistant) -> None:
    assert samples_assistant.ask("Vad är METREX?", answer_id="q7").id == "q7"


def test_the_last_streamed_answer_is_the_answer(samples_assistant, answers) -> None:
    question = "Vilka sex forum har Eurocities?"
    *growing, last = samples_assistant.stream(question)
    assert replace(last, id="", seconds=0) == replace(answers[question], id="", seconds=0)
    assert growing and all(last.text.startswith(answer.text) for answer in growing)
    assert [len(answer.text) for answer in growing] == sorted({len(answer.text) for answer in growing})


def test_a_scope_limits_what_is_searched(samples_assistant) -> None:
    question = "Vilka vänorter finns det?"
    one = samples_assistant.ask(question, scope=Scope(organisations=("Provköpings kommun",)))
    assert {retrieved.document for retrieved in one.retrieved} == {"provkoping-handlingsplan-2025.md"}
    assert "Esimerkkilä" in one.text
    year = samples_assistant.ask(question, scope=Scope(years=(2022,)))
    assert "exempelstad-arsrapport-internationellt-2023.pdf" not in {entry.document for entry in year.retrieved}
    nothing = samples_assistant.ask(question, scope=Scope(organisations=("Uppsala kommun",)))
    assert nothing.status == AnswerStatus.NOT_FOUND
    assert "urval" in nothing.text and nothing.citations == ()


def test_a_follow_up_is_asked_with_its_conversation(samples_assistant) -> None:
    first = samples_assistant.ask("Hur mycket EU-stöd beviljades Exempelstad 2023?")
    second = samples_assistant.ask("Och 2022?", [Turn(first.question, first.text)])
    assert second.question == "Och 2022?"
    assert second.standalone_question == "Och 2022? (Hur mycket EU-stöd beviljades Exempelstad 2023?)"
    assert second.language == "sv"
    assert "28,4 miljoner" in second.text


def test_documents_and_pages_can_be_read(samples_assistant, samples: Path) -> None:
    records = samples_assistant.documents()
    assert [record.id for record in records] == sorted(path.name for path in samples.iterdir())
    document = samples_assistant.document(records[0].id)
    assert samples_assistant.page_text(records[0].id, 1) == document.page_text(1)


def test_a_replaced_document_is_read_anew(embeddings, tmp_path: Path) -> None:
    file = tmp_path / "docs" / "plan.md"
    file.parent.mkdir()
    file.write_text("# Plan\n\nProvköpings kommun avsätter 5 miljoner kronor för EU-arbetet.\n")
    store = Store(tmp_path / "data", embeddings)
    sync_path(store, file.parent)
    assistant = Assistant(Store(tmp_path / "data", embeddings), Settings(data=tmp_path / "data"))
    question = "Hur mycket pengar avsätter Provköpings kommun för EU-arbetet?"
    assert "5 miljoner" in assistant.ask(question).text
    before = assistant.describe()
    file.write_text("# Plan\n\nProvköpings kommun avsätter 7 miljoner kronor för EU-arbetet.\n")
    sync_path(store, file.parent)
    answer = assistant.ask(question)
    assert "7 miljoner" in answer.text and "5 miljoner" not in answer.text
    assert assistant.describe() != before
    with store.writing():
        store.remove("plan.md")
    empty = assistant.ask(question)
    assert empty.status == AnswerStatus.NOT_FOUND and "inga dokument" in empty.text
    store.close()
    assistant.close()


class LikesNothing:
    """Finds nothing relevant, and remembers what it was asked."""

    fingerprint = "likes-nothing@1"

    def __init__(self) -> None:
        self.asked: list[str] = []

    def read(self, question: str, passages: Sequence[Passage]) -> list[Reading]:
        self.asked.append(question)
        return [Reading(0.01) for _ in passages]


def test_a_reader_ranks_what_is_found_and_stands_in_the_description(samples_data, embeddings) -> None:
    reader = LikesNothing()
    assistant = Assistant(Store(samples_data, embeddings), Settings(data=samples_data), reader)
    answer = assistant.ask("Vilka vänorter har Provköping?")
    assert answer.status == AnswerStatus.ANSWERED
    assert set(reader.asked) == {"Vilka vänorter har Provköping?"}
    assert assistant.describe()["reranker"] == "likes-nothing@1"
    assistant.close()


@pytest.mark.parametrize(
    ("question", "said"),
    [
        ("Vilka vänorter har Uppsala kommun?", "Inget dokument här är från Uppsala kommun. Det framgår inte"),
        ("Which twin towns does the City of Lund have?", "No document here is from City of Lund. The "),
        ("Vem är kommundirektör i Exempelstad?", "Det framgår inte"),
    ],
)
def test_that_an_organisation_has_no_documents_is_said(samples_assistant, question: str, said: str) -> None:
    answer = samples_assistant.ask(question)
    assert answer.status == AnswerStatus.NOT_FOUND
    assert answer.text.startswith(said)


def test_the_description_names_all_that_decides_answers(samples_assistant) -> None:
    described = samples_assistant.describe()
    assert set(described) >= {"version", "model", "fingerprint", "reranker", "documents", "top_k", "prompts", "weights"}
    assert described["reranker"].startswith("bundled:")
    assert described == samples_assistant.describe()
    assert all(isinstance(value, str) and value for value in described.values())
