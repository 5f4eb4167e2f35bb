"""Each provider's real package, against a server on this machine that speaks its protocol."""

import json
import threading
import time
from collections.abc import Iterator

import pytest
import uvicorn
from fastapi import FastAPI, Request
from fastapi.responses import JSONResponse, StreamingResponse

from assistant.errors import ModelError
from assistant.model import Tally, open_model
from assistant.settings import Settings

TEXT = ["Provköping har ", "två vänorter ", "[1]."]


def events(*bodies: dict, named: bool = False, end: str = "") -> Iterator[str]:
    for body in bodies:
        yield (f"event: {body['type']}\n" if named else "") + f"data: {json.dumps(body)}\n\n"
    yield end


def openai_chunks() -> Iterator[str]:
    shape = {"id": "1", "object": "chat.completion.chunk", "created": 0, "model": "m"}
    deltas = [{**shape, "choices": [{"index": 0, "delta": {"role": "assistant", "content": text}}]} for text in TEXT]
    usage = {"prompt_tokens": 12, "completion_tokens": 5, "total_tokens": 17}
    yield from events(*deltas, {**shape, "choices": [], "usage": usage}, end="data: [DONE]\n\n")


def mistral_chunks() -> Iterator[str]:
    shape = {"id": "1", "object": "chat.completion.chunk", "created": 0, "model": "m"}
    deltas = [
        {**shape, "choices": [{"index": 0, "delta": {"role": "assistant", "content": text}, "finish_reason": None}]}
        for text in TEXT
    ]
    deltas[-1]["usage"] = {"prompt_tokens": 12, "completion_tokens": 5, "total_tokens": 17}
    yield from events(*deltas, end="data: [DONE]\n\n")


def anthropic_chunks() -> Iterator[str]:
    message = {
        "id": "1", "type": "message", "role": "assistant", "model": "m", "content": [], "stop_reason": None,
        "stop_sequence": None, "usage": {"input_tokens": 12, "output_tokens": 0},
    }  # fmt: skip
    yield from events(
        {"type": "message_start", "message": message},
        {"type": "content_block_start", "index": 0, "content_block": {"type": "text", "text": ""}},
        *(
            {"type": "content_block_delta", "index": 0, "delta": {"type": "text_delta", "text": text}}
            for text in TEXT
        ),
        {"type": "content_block_stop", "index": 0},
        {"type": "message_delta", "delta": {"stop_reason": "end_turn", "stop_sequence": None},
         "usage": {"input_tokens": 12, "output_tokens": 5}},
        {"type": "message_stop"},
        named=True,
    )  # fmt: skip


def ollama_chunks() -> Iterator[str]:
    for text in TEXT:
        yield json.dumps({"model": "m", "message": {"role": "assistant", "content": text}, "done": False}) + "\n"
    last = {"model": "m", "message": {"role": "assistant", "content": ""}, "done": True, "done_reason": "stop"}
    yield json.dumps({**last, "prompt_eval_count": 12, "eval_count": 5}) + "\n"


PROVIDERS = {
    "openai": ("/v1", "/v1/chat/completions", openai_chunks),
    "azure_openai": ("", "/openai/deployments/m/chat/completions", openai_chunks),
    "mistralai": ("/v1", "/v1/chat/completions", mistral_chunks),
    "anthropic": ("", "/v1/messages", anthropic_chunks),
    "ollama": ("", "/api/chat", ollama_chunks),
}


class Service:
    """A server that gives each provider's stream, after as many refusals as are set."""

    def __init__(self) -> None:
        self.refusals: list[int] = []
        self.asked: list[tuple[str, dict]] = []
        app = FastAPI()

        async def answer(request: Request):
            self.asked.append((request.url.path, await request.json()))
            if self.refusals:
                return JSONResponse({"error": {"message": "refused", "type": "x"}}, status_code=self.refusals.pop(0))
            made = next(made for _, path, made in self.wanted if path == request.url.path)
            return StreamingResponse(made(), media_type="text/event-stream")

        answer.__annotations__["request"] = Request
        app.post("/{path:path}", response_model=None)(answer)
        self.wanted = list(PROVIDERS.values())
        self._server = uvicorn.Server(uvicorn.Config(app, host="127.0.0.1", port=0, log_level="error"))
        self._thread = threading.Thread(target=self._server.run, daemon=True)

    def __enter__(self) -> "Service":
        self._thread.start()
        deadline = time.monotonic() + 30
        while not self._server.started:
            assert time.monotonic() < deadline
            time.sleep(0.02)
        self.address = f"http://127.0.0.1:{self._server.servers[0].sockets[0].getsockname()[1]}"
        return self

    def __exit__(self, *_: object) -> None:
        self._server.should_exit = True
        self._thread.join(10)


@pytest.fixture
def service() -> Iterator[Service]:
    with Service() as running:
        yield running


@pytest.fixture(autouse=True)
def keys(monkeypatch: pytest.MonkeyPatch) -> None:
    for name in ("AZURE_OPENAI_API_KEY", "MISTRAL_API_KEY", "ANTHROPIC_API_KEY"):
        monkeypatch.setenv(name, "key")
    monkeypatch.setenv("OPENAI_API_VERSION", "2024-10-21")
    monkeypatch.delenv("OPENAI_API_KEY", raising=False)


def write(provider: str, service: Service, tally: Tally, **settings: object) -> str:
    root, path, made = PROVIDERS[provider]
    service.wanted = [(root, path, made)]
    options = {"model_base_url": service.address + root, "model_timeout": 20, **settings}
    model = open_model(Settings(model=f"{provider}:m", **options))
    return "".join(model.write("answer", "sv", tally, evidence=[], question="Vilka vänorter?"))


@pytest.mark.parametrize("provider", PROVIDERS)
def test_what_a_provider_writes_is_read_and_its_tokens_are_counted(provider: str, service: Service) -> None:
    tally = Tally()
    assert write(provider, service, tally) == "".join(TEXT)
    assert (tally.calls, tally.input_tokens, tally.output_tokens, tally.failure) == (1, 12, 5, None)
    ((path, body),) = service.asked
    assert path == PROVIDERS[provider][1]
    assert "Vilka vänorter?" in json.dumps(body, ensure_ascii=False)
    assert body.get("temperature", body.get("options", {}).get("temperature")) == 0


@pytest.mark.parametrize("provider", PROVIDERS)
def test_a_busy_provider_is_asked_again_by_us_alone(provider: str, service: Service) -> None:
    tally = Tally()
    service.refusals = [503, 429]
    assert write(provider, service, tally, model_retries=2) == "".join(TEXT)
    assert tally.calls == len(service.asked) == 3


@pytest.mark.parametrize("provider", PROVIDERS)
def test_a_provider_that_refuses_is_not_asked_again(provider: str, service: Service) -> None:
    tally = Tally()
    service.refusals = [401] * 5
    with pytest.raises(ModelError, match=f"{provider}:m failed"):
        write(provider, service, tally, model_retries=4)
    assert tally.calls == len(service.asked) == 1


@pytest.mark.parametrize("provider", ["mistralai", "anthropic", "openai"])
def test_a_missing_key_is_an_error_when_the_model_is_set_up(provider: str, monkeypatch: pytest.MonkeyPatch) -> None:
    for name in ("MISTRAL_API_KEY", "ANTHROPIC_API_KEY", "OPENAI_API_KEY"):
        monkeypatch.delenv(name, raising=False)
    tally = Tally()
    with pytest.raises(ModelError, match=rf"{provider}:m"):
        model = open_model(Settings(model=f"{provider}:m", model_timeout=5, model_retries=0))
        list(model.write("answer", "sv", tally, evidence=[], question="Vad?"))


@pytest.mark.parametrize("address", ["ftp://example.org", "127.0.0.1:8000", "/v1"])
def test_an_address_that_is_none_is_an_error(address: str) -> None:
    from assistant.errors import SettingsError
    from assistant.settings import load_settings

    with pytest.raises(SettingsError, match="model_base_url"):
        load_settings(model_base_url=address)
