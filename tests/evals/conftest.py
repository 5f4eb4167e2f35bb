from collections.abc import Callable, Sequence
from pathlib import Path

import pytest

from assistant.answers import Answer, AnswerStatus, Citation, Retrieved, Turn
from evals.cases import Case

PAGES = {
    ("malmo-2019.pdf", 1): "Malmö och Tangshan är vänorter sedan 1987. Under 2019 gjordes inga besök.",
    ("malmo-2019.pdf", 2): "Nätverket träffades fem gånger.",
    ("region-stockholm.html", 1): "Regionen äger kontoret med Stockholms stad.",
    ("stockholm-2021.html", 1): "Staden fick cirka 59 miljoner kronor.",
}


class Pages:
    """Pages of a small store."""

    def page_text(self, document: str, page: int) -> str:
        return PAGES[document, page]


class EchoAnswerer:
    """Answers with the question and the turns before it; raises at questions that hold *kaboom*."""

    def __init__(self) -> None:
        self.asked: list[tuple[str, tuple[Turn, ...], str | None]] = []

    def ask(self, question: str, history: Sequence[Turn] = (), *, answer_id: str | None = None) -> Answer:
        self.asked.append((question, tuple(history), answer_id))
        if "kaboom" in question:
            raise RuntimeError("the model fell over")
        return Answer(
            id=answer_id or "?",
            question=question,
            standalone_question=question,
            language="sv",
            status=AnswerStatus.ANSWERED,
            text=f"Svar på {question} [1]",
            citations=(cite("malmo-2019.pdf", 1, "vänorter"),),
            retrieved=(Retrieved("malmo-2019.pdf", 1, ("Vänorter",), 0.5, "vänorter"),),
            seconds=0.125,
        )


def cite(document: str, page: int, quote: str, marker: int = 1) -> Citation:
    """A citation of a quote where it stands on the page; at 0 where it does not."""
    start = max(PAGES.get((document, page), "").find(quote), 0)
    return Citation(marker, document, document, None, page, (), quote, start, start + len(quote))


@pytest.fixture
def pages() -> Pages:
    return Pages()


@pytest.fixture
def make_citation() -> Callable[..., Citation]:
    return cite


@pytest.fixture
def echo() -> EchoAnswerer:
    return EchoAnswerer()


@pytest.fixture
def make_case() -> Callable[..., Case]:
    def build(id: str = "q1", question: str = "Sedan när är de vänorter?", **fields: object) -> Case:
        return Case.model_validate({"id": id, "question": question, **fields})

    return build


@pytest.fixture
def make_answer() -> Callable[..., Answer]:
    def build(
        text: str = "",
        *citations: Citation,
        id: str = "q1",
        status: str = "answered",
        language: str = "sv",
        seconds: float = 1.0,
    ) -> Answer:
        return Answer(id, "?", "?", language, AnswerStatus(status), text, citations, (), seconds)

    return build


@pytest.fixture
def shared() -> Path:
    folder = Path(__file__).parents[2].parent / "shared"
    if not folder.is_dir():
        pytest.skip("the material beside the project is absent")
    return folder
