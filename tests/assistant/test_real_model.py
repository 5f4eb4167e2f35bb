"""A real local language model, which invents: no number, date or name reaches the reader that its quotes do not hold.

`--long` asks every question of the project's own set, and of those beside the project where they are.
"""

import re
from collections.abc import Iterator, Sequence
from pathlib import Path

import pytest

from assistant.answers import Answer, AnswerStatus, Turn
from assistant.assistant import Assistant
from assistant.settings import Settings
from evals.cases import Case, read_cases
from ingest.sentences import split_sentences
from vectorstore.store import Store
from vectorstore.sync import sync_path

ROOT = Path(__file__).parents[2]
SHARED = ROOT.parent / "shared"
QUESTIONS = [
    "Vilka vänorter har Provköping?",
    "När bildades Eurocities?",
    "Hur mycket EU-stöd beviljades Exempelstad 2023?",
    "How much did Stockholm receive from EU funds in 2021?",
    "Vem vann fotbolls-VM 1994?",
]
MARKERS = re.compile(r"\s*\[(\d+)\]")
MONTHS = "januari februari mars april maj juni juli augusti september oktober november december".split()
# Words with a capital that name nothing: the first of a sentence is left out anyway.
NO_NAMES = {"Nr", "Åtgärd", "Ansvarig"}


def comparable(text: str) -> str:
    """Small letters, digits without grouping, and decimal commas as points."""
    return re.sub(r"(?<=\d)[  ](?=\d{3}\b)", "", text).replace(",", ".").lower()


def strange_particulars(answer: Answer) -> list[str]:
    """Numbers, months and names in the sentences of an answer that stand in none of the quotes they cite.

    Written without the verifier, so that neither can hide what the other misses.
    """
    quotes = {citation.marker: citation for citation in answer.citations}
    strange = []
    for line in answer.text.splitlines():
        if line.endswith(":") and not MARKERS.search(line):
            line = line[: line.rfind(". ") + 1]  # what the lead-in itself says is the assistant's own message
        if line.startswith(("Det framgår inte", "The ")) and answer.status == AnswerStatus.NOT_FOUND:
            continue
        moved = re.sub(r"([.!?])((?:\s*\[\d+\])+)", r"\2\1", line)
        for start, end in split_sentences(moved):
            sentence = moved[start:end]
            cited = [quotes[int(marker)] for marker in MARKERS.findall(sentence)]
            if not re.search(r"[^\W\d_]", sentence):
                continue  # the number of a list item
            if not cited:
                strange.append(f"uncited: {sentence}")
                continue
            told = MARKERS.sub("", sentence)
            held = comparable(" ".join(citation.quote for citation in cited))
            # The composer labels parts of an answer by year or organisation, which the citation names.
            label = re.match(r"[^:]{1,60}: ", told)
            if label and answer.model == "extractive":
                told = told[label.end() :]
            numbers = re.findall(r"\d+(?:\.\d+)*", comparable(told))
            strange += [number for number in numbers if not re.search(rf"(?<!\d){re.escape(number)}(?!\d)", held)]
            strange += [month for month in MONTHS if re.search(rf"\b{month}\b", told.lower()) and month not in held]
            names = re.findall(r"(?<![.!?] )(?<!^)(?<![\w-])[A-ZÅÄÖÉ][\w&-]+", told)
            strange += [name for name in names if name not in NO_NAMES and re.sub(r"s$", "", name.lower()) not in held]
    return strange


def test_the_check_finds_what_is_strange() -> None:
    from assistant.answers import Citation

    quote = "Göteborgs Stad blev medlem i Eurocities 1995 och betalar 2,8 miljoner kronor."
    citation = Citation(1, "a.pdf", "A", "Göteborgs Stad", 1, (), quote, 0, len(quote))

    def strange(text: str) -> list[str]:
        return strange_particulars(
            Answer("1", "?", "?", "sv", AnswerStatus.ANSWERED, text, (citation,), model="llamacpp:x")
        )

    assert strange("Staden blev medlem i Eurocities 1995. [1]") == []
    assert strange("Den betalar 2,8 miljoner kronor [1].") == []
    assert strange("Staden blev medlem i Polis 1996 i maj. [1]") == ["1996", "maj", "Polis"]
    assert strange("Allt är bra. Här är svaret:\nSvaret:") == ["uncited: Allt är bra."]
    assert strange("Den betalar 28 miljoner. [1]") == ["28"]


@pytest.fixture(scope="module")
def opened(gemma: Path) -> Iterator[list[Assistant]]:
    """What was opened with the model, which is loaded once."""
    assistants: list[Assistant] = []
    yield assistants
    for assistant in assistants:
        assistant.close()


@pytest.fixture(scope="module")
def by_gemma(gemma: Path, embeddings, opened):
    """Opens an assistant over a data folder that writes with the model."""
    from assistant.model import open_model

    named = f"llamacpp:{gemma}"
    model = open_model(Settings(model=named, model_timeout=600))

    def make(data: Path) -> Assistant:
        with pytest.MonkeyPatch.context() as patch:
            patch.setattr("assistant.assistant.open_model", lambda settings: model)
            assistant = Assistant(Store(data, embeddings), Settings(data=data, model=named))
        opened.append(assistant)
        return assistant

    return make


def ask(assistant: Assistant, case: Case) -> Answer:
    turns: list[Turn] = []
    for earlier in case.history:
        turns.append(Turn(earlier.question, assistant.ask(earlier.question, turns).text))
    return assistant.ask(case.question, turns)


def check(assistant: Assistant, answers: Sequence[Answer]) -> None:
    for answer in answers:
        assert answer.writing.failure is None, answer.writing
        assert strange_particulars(answer) == [], (answer.question, answer.text)
        for citation in answer.citations:
            page = assistant.page_text(citation.document, citation.page)
            assert page[citation.start : citation.end] == citation.quote


def test_a_few_questions_are_answered_with_nothing_invented(by_gemma, samples_data) -> None:
    assistant = by_gemma(samples_data)
    answers = [assistant.ask(question) for question in QUESTIONS]
    check(assistant, answers)
    assert all(answer.writing.calls >= 1 and answer.writing.prompt for answer in answers)
    assert any(answer.model.startswith("llamacpp:") for answer in answers), "the model never came to word"
    assert answers[-1].status == AnswerStatus.NOT_FOUND


def test_every_question_of_the_samples(by_gemma, samples_data, long) -> None:
    if not long:
        pytest.skip("takes minutes: --long")
    assistant = by_gemma(samples_data)
    check(assistant, [ask(assistant, case) for case in read_cases(ROOT / "evals" / "datasets" / "samples.jsonl")])


@pytest.mark.parametrize(
    ("questions", "folder"), [("seed_dev.jsonl", "corpus"), ("plans_dev.jsonl", "pdfs/swedish")], ids=["seed", "plans"]
)
def test_every_question_beside_the_project(by_gemma, embeddings, tmp_path, long, questions: str, folder: str) -> None:
    if not long or not (SHARED / "evals" / questions).exists():
        pytest.skip("takes minutes: --long, and needs the material beside the project")
    store = Store(tmp_path, embeddings)
    sync_path(store, SHARED / folder)
    store.close()
    assistant = by_gemma(tmp_path)
    check(assistant, [ask(assistant, case) for case in read_cases(SHARED / "evals" / questions)])
