"""A real server that speaks the OpenAI protocol, with a real language model, in a process that can be killed."""

import subprocess
import sys
import time
from collections.abc import Iterator
from pathlib import Path

import pytest

from assistant.answers import AnswerStatus
from assistant.assistant import Assistant
from assistant.model import LanguageModel, Tally, open_model
from assistant.settings import Settings
from vectorstore.store import Store

QUESTION = "Vilka vänorter har Provköping?"


@pytest.fixture
def server(gemma: Path) -> Iterator[tuple[subprocess.Popen, str]]:
    program = Path(__file__).with_name("llama_server.py")
    process = subprocess.Popen([sys.executable, str(program), str(gemma)], stdout=subprocess.PIPE, text=True)
    try:
        address = process.stdout.readline().strip()
        assert address.startswith("http://127.0.0.1:"), address
        yield process, f"{address}/v1"
    finally:
        process.kill()
        process.wait()


def asker(data: Path, embeddings, address: str, **settings: object) -> Assistant:
    named = Settings(data=data, model="openai:gemma", model_base_url=address, model_timeout=120, **settings)
    return Assistant(Store(data, embeddings), named)


@pytest.fixture
def kill_after_some_text(server, monkeypatch: pytest.MonkeyPatch) -> None:
    """The server is killed when five pieces of the model's text have come."""
    process, _ = server
    pieces = LanguageModel._pieces

    def interrupted(self: LanguageModel, *arguments: object) -> Iterator[str]:
        for count, piece in enumerate(pieces(self, *arguments), start=1):
            yield piece
            if count == 5:
                process.kill()
                process.wait()

    monkeypatch.setattr(LanguageModel, "_pieces", interrupted)


@pytest.mark.parametrize("form", ["chat", "completion"])
def test_a_server_killed_in_mid_answer_leaves_the_extractive_answer_and_a_note(
    server, kill_after_some_text, samples_data, embeddings, samples_assistant, form: str
) -> None:
    process, address = server
    assistant = asker(samples_data, embeddings, address, model_prompt=form)
    answer = assistant.ask(QUESTION)
    assistant.close()
    own = samples_assistant.ask(QUESTION)
    assert process.returncode == -9, "it came to an end before it could be killed"
    assert answer.status == AnswerStatus.ANSWERED and answer.model == "extractive"
    assert answer.text.startswith("Språkmodellen svarade inte.") and answer.text.endswith(own.text)
    assert answer.citations == own.citations
    assert answer.writing.failure and answer.writing.calls == 1


def test_the_model_is_used_and_what_it_writes_is_verified(server, samples_data, embeddings, assert_cited) -> None:
    _, address = server
    assistant = asker(samples_data, embeddings, address, model_prompt="completion")
    answer = assistant.ask(QUESTION)
    assert answer.writing.failure is None and answer.writing.calls == 1
    assert answer.status == AnswerStatus.ANSWERED
    assert_cited(assistant, answer)
    assistant.close()
    tally = Tally()
    chat = open_model(Settings(model="openai:gemma", model_base_url=address, model_timeout=120))
    written = chat.write("standalone", "sv", tally, turns=[], question="Vad är det?")
    assert next(written)
    written.close()
    assert tally.calls == 1


def test_a_server_that_is_not_there_is_tried_again_and_then_done_without(samples_data, embeddings) -> None:
    assistant = asker(samples_data, embeddings, "http://127.0.0.1:9/v1", model_retries=1)
    began = time.monotonic()
    answer = assistant.ask(QUESTION)
    assistant.close()
    assert time.monotonic() - began < 30
    assert answer.writing.calls == 2 and "ConnectionError" in answer.writing.failure
    assert "Språkmodellen svarade inte." in answer.text and answer.citations
