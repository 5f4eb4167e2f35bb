import json
import re
from pathlib import Path

import pytest

from assistant.assistant import Assistant
from evals.draft import draft_questions
from evals.errors import QuestionFileError
from evals.feedback import questions_of, read_feedback
from ingest.document import Document
from ingest.load import load_file


@pytest.fixture(scope="module")
def documents() -> list[Document]:
    folder = Path(__file__).parents[2] / "samples"
    return [load_file(path, path.name) for path in sorted(folder.iterdir())]


@pytest.fixture(scope="module")
def drafts(documents: list[Document]):
    return draft_questions(documents)


def squeezed(text: str) -> str:
    return re.sub(r"\s+", "", text)


def test_each_draft_stands_on_its_page(documents: list[Document], drafts) -> None:
    by_id = {document.id: document for document in documents}
    asked = [case for case in drafts if case.answerable]
    assert len(asked) > 40
    for case in asked:
        (source,) = case.sources
        pages = [squeezed(by_id[source].page_text(gold.page)) for gold in case.pages]
        assert pages and len(case.quotes) >= 1
        assert all(any(squeezed(quote) in page for page in pages) for quote in case.quotes), case.id
        text = squeezed(" ".join(case.quotes)).casefold()
        assert all(any(squeezed(s).casefold() in text for s in spellings) for spellings in case.facts), case.id


def test_numbers_dates_people_lists_and_metadata_become_questions(drafts) -> None:
    questions = {case.question: case for case in drafts}
    office = questions["Hur mycket avsätter kommunstyrelsen för handlingsplanen (Provköpings kommun, 2025)?"]
    assert (office.kind, office.facts, office.sources) == (
        "number", (("900 000 kronor",),), ("provkoping-handlingsplan-2025.md",),
    )  # fmt: skip
    assert questions["När gick Göteborg med (Eurocities)?"].facts == (("1995",),)
    leads = questions[
        "Vem leder en styrgrupp med en representant från varje förvaltning (Region Mellansjö, 2024-2027)?"
    ]
    assert (leads.kind, leads.facts) == ("person", (("Regionutvecklingsdirektören",),))
    health = questions["Vad ska hälso- och sjukvårdsnämnden göra under programperioden (Region Mellansjö, 2024-2027)?"]
    assert (health.kind, len(health.facts)) == ("list", 3)
    number = questions["Vilket diarienummer har Handlingsplan för internationellt arbete 2025?"]
    assert number.facts == (("KS 2024-1188",),)
    english = questions["How much did the City of Stockholm receive from EU funds and programmes in 2021?"]
    assert (english.lang, english.facts) == ("en", (("59 million kronor",),))


def test_twins_ask_about_another_year_or_organisation_and_have_no_answer(documents, drafts) -> None:
    by_id = {case.id: case for case in drafts}
    twins = [case for case in drafts if case.answerable is False]
    assert len(twins) > 20
    for twin in twins:
        case = by_id[twin.id.removesuffix("-twin")]
        assert twin.question != case.question
        assert (twin.kind, twin.lang, twin.facts, twin.sources) == ("unanswerable", case.lang, (), ())
    plan = next(
        case for case in twins if case.question == "Hur mycket kostar avtalet om året (Provköpings kommun, 2022)?"
    )
    text = next(one.text for one in documents if one.id == by_id[plan.id.removesuffix("-twin")].sources[0])
    assert "2022" not in text


def test_drafts_are_unique_limited_and_the_same_each_time(documents, drafts) -> None:
    assert len({case.id for case in drafts}) == len(drafts)
    assert len({case.question for case in drafts}) == len(drafts)
    assert draft_questions(documents) == drafts
    few = draft_questions(documents, per_document=2, twins=False)
    assert {case.answerable for case in few} == {True}
    assert max(sum(case.sources == (one.id,) for case in few) for one in documents) == 2


def feedback(number: int, verdict: str, answer: dict, question: str = "Vilka vänorter har Provköping?", **more) -> dict:
    return {
        "id": f"f{number}",
        "time": "2026-01-01T00:00:00+00:00",
        "answer_id": answer["id"],
        "question": question,
        "history": [],
        "verdict": verdict,
        "reason": None,
        "comment": "",
        "answer": answer,
    } | more


def put(folder: Path, *lines: dict) -> Path:
    (folder / "feedback.jsonl").write_text("".join(json.dumps(line) + "\n" for line in lines), "utf-8")
    return folder


def test_a_useful_answer_says_what_is_expected(samples_assistant: Assistant, tmp_path: Path) -> None:
    good = samples_assistant.ask("Vilka vänorter har Provköping?").as_json()
    none = samples_assistant.ask("Vem är kommundirektör i Exempelstad?").as_json()
    assert (good["status"], none["status"]) == ("answered", "not_found")
    history = [{"question": "Hej?", "answer": "Hej."}]
    put(
        tmp_path,
        feedback(1, "useful", good),
        feedback(2, "useful", none, "Vem är kommundirektör i Exempelstad?"),
        feedback(3, "not_useful", {**good, "id": "x"}, "Och sedan?", history=history, reason="wrong", comment="Nej!"),
    )
    (right, _), (absent, _), (wrong, note) = questions_of(read_feedback(tmp_path))
    assert right.answerable is True
    assert right.sources == ("provkoping-handlingsplan-2025.md",)
    assert right.pages[0].page == 1 and "Beispielstadt" in right.quotes[0]
    assert (absent.answerable, absent.sources) == (False, ())
    assert (wrong.answerable, wrong.sources, wrong.history[0].question) == (None, (), "Hej?")
    assert note == "not useful, wrong, Nej! (answered)"
    assert {right.kind, absent.kind, wrong.kind} == {"feedback"}


def test_what_was_said_last_counts(samples_assistant: Assistant, tmp_path: Path) -> None:
    answer = samples_assistant.ask("Vilka vänorter har Provköping?").as_json()
    again = {**answer, "id": "again"}
    put(
        tmp_path,
        feedback(1, "useful", answer),
        feedback(2, "not_useful", answer),
        feedback(3, "not_useful", again, "vilka vänorter  har provköping"),
        feedback(4, "useful", again, "vilka vänorter  har provköping"),
    )
    assert len(read_feedback(tmp_path)) == 2
    ((case, note),) = questions_of(read_feedback(tmp_path))
    assert case.answerable is True and note.startswith("useful")


@pytest.mark.parametrize("line", ['{"id": "a"}', "{", '{"verdict": "maybe"}'])
def test_damaged_feedback_is_named(tmp_path: Path, line: str) -> None:
    (tmp_path / "feedback.jsonl").write_text(line + "\n", "utf-8")
    with pytest.raises(QuestionFileError, match="line 1"):
        read_feedback(tmp_path)


def test_without_feedback_that_is_said(tmp_path: Path) -> None:
    with pytest.raises(QuestionFileError, match="none yet"):
        read_feedback(tmp_path)
