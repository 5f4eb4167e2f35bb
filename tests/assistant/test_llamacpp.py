import struct
import subprocess
import sys
import threading
import time
import urllib.error
import urllib.request
from pathlib import Path

import pytest

from assistant.errors import ModelError
from assistant.gguf import ModelHead, read_head
from assistant.llamacpp import LlamaChat, open_llama
from assistant.model import LanguageModel, Tally, open_model
from assistant.settings import Settings


def text(value: str) -> bytes:
    return struct.pack("<Q", len(value.encode())) + value.encode()


def head(*entries: bytes, version: int = 3) -> bytes:
    return b"GGUF" + struct.pack("<IQQ", version, 0, len(entries)) + b"".join(entries)


STRINGS = text("tokenizer.ggml.tokens") + struct.pack("<IIQ", 9, 8, 2) + text("a") + text("bc")
NESTED = text("x.nested") + struct.pack("<IIQ", 9, 9, 1) + struct.pack("<IQ", 4, 2) + struct.pack("<II", 1, 2)
NUMBERS = text("x.scores") + struct.pack("<IIQ", 9, 6, 3) + struct.pack("<fff", 1, 2, 3)
NAME = text("general.architecture") + struct.pack("<I", 8) + text("llama")
LENGTH = text("llama.context_length") + struct.pack("<II", 4, 4096)
FLAG = text("tokenizer.ggml.add_bos_token") + struct.pack("<I?", 7, True)
TEMPLATE = text("tokenizer.chat_template") + struct.pack("<I", 8) + text("{{ messages }}")


@pytest.mark.parametrize(
    ("entries", "expected"),
    [
        ((NAME, LENGTH, STRINGS, TEMPLATE), ModelHead("llama", 4096, True)),
        ((STRINGS, NESTED, NUMBERS, FLAG, LENGTH, NAME), ModelHead("llama", 4096, False)),
        ((), ModelHead("", None, False)),
    ],
)
def test_the_head_of_a_model_file_is_read(tmp_path: Path, entries: tuple[bytes, ...], expected: ModelHead) -> None:
    path = tmp_path / "m.gguf"
    path.write_bytes(head(*entries) + b"\0" * 64)
    assert read_head(path) == expected


def test_the_real_file_is_a_base_model(gemma: Path) -> None:
    assert read_head(gemma) == ModelHead("gemma3", 32768, False)


@pytest.mark.parametrize(
    ("content", "said"),
    [
        (None, "There is no model file"),
        (b"", "is no GGUF model file"),
        (b"PK\3\4 some archive", "is no GGUF model file"),
        (b"GGUF", "damaged or cut off"),
        (head(NAME, LENGTH)[:-3], "damaged or cut off"),
        (head(text("x") + struct.pack("<I", 99)), "damaged or cut off"),
        (head(text("x") + struct.pack("<IQ", 8, 2**62)), "damaged or cut off"),
        (head(NAME, version=1), "version 1"),
        (head(NAME, LENGTH) + b"\0" * 64, "cannot load"),
    ],
)  # fmt: skip
def test_a_file_that_is_no_model_is_called_so(tmp_path: Path, content: bytes | None, said: str) -> None:
    path = tmp_path / "m.gguf"
    if content is not None:
        path.write_bytes(content)
    with pytest.raises(ModelError, match=said) as raised:
        open_model(Settings(model=f"llamacpp:{path}"))
    assert str(path) in str(raised.value)


def test_a_missing_package_is_named_with_the_command_that_installs_it(gemma: Path, monkeypatch) -> None:
    monkeypatch.setitem(sys.modules, "xllamacpp", None)
    with pytest.raises(ModelError, match=r"pip install 'utblick\[llamacpp\]'"):
        open_model(Settings(model=f"llamacpp:{gemma}"))


@pytest.fixture(scope="module")
def llama(gemma: Path) -> LlamaChat:
    return open_llama(gemma, form="auto", context=4096, timeout=120)


def test_it_writes_piece_by_piece_and_tells_of_tokens(llama: LlamaChat) -> None:
    assert llama.completion, "the file has no chat template"
    chunks = list(llama.stream("Ett, två, tre, fyra,", max_tokens=8))
    assert len([chunk for chunk in chunks if chunk.text]) > 3
    whole = llama.invoke("Ett, två, tre, fyra,", max_tokens=8)
    assert "fyra" in whole.text and whole.text == "".join(chunk.text for chunk in chunks)
    assert whole.usage_metadata["output_tokens"] == 8


def test_it_ends_where_the_next_example_would_begin(llama: LlamaChat) -> None:
    written = llama.invoke(
        "# Exempel\nFråga: Vad är 1+1?\nSvar: 2\n\n# Exempel\nFråga: Vad är 2+2?\nSvar:", stop=["\n"]
    )
    assert written.text.strip() and "\n" not in written.text


def test_what_is_longer_than_its_memory_is_an_error_that_says_so(llama: LlamaChat) -> None:
    with pytest.raises(RuntimeError, match="context size"):
        llama.invoke("ett två tre " * 4000)


def test_nobody_waits_longer_than_set(gemma: Path) -> None:
    slow = open_llama(gemma, form="auto", context=4096, timeout=0.05)
    model, tally = LanguageModel(slow, "llamacpp:x", completion=True, timeout=0.05), Tally()
    with pytest.raises(ModelError, match="within"):
        list(model.write("standalone", "sv", tally, turns=[], question="Vad är " + "lång " * 800))
    assert tally.failure == "TimeoutError"


def test_text_that_nobody_asks_for_is_not_written(llama: LlamaChat) -> None:
    pieces = llama.stream("En lång berättelse:", max_tokens=3000)
    next(pieces)
    began = time.monotonic()
    pieces.close()
    while any(thread.name == "llamacpp" for thread in threading.enumerate()):
        assert time.monotonic() - began < 60
        time.sleep(0.05)


def test_its_port_is_closed_to_others(llama: LlamaChat) -> None:
    for path in ("/v1/models", "/slots", "/props", "/v1/completions"):
        with pytest.raises(urllib.error.HTTPError) as refused:
            urllib.request.urlopen(llama._server.listening_address + path, timeout=10)
        assert refused.value.code in (401, 404)


def test_a_process_that_ends_in_mid_answer_ends_well(gemma: Path) -> None:
    code = (
        "from pathlib import Path; from assistant.llamacpp import open_llama;"
        f"model = open_llama(Path({str(gemma)!r}), form='auto', context=2048, timeout=60);"
        "pieces = model.stream('En lång berättelse:'); next(pieces)"
    )
    ended = subprocess.run([sys.executable, "-c", code], capture_output=True, timeout=120)
    assert ended.returncode == 0, ended.stderr.decode()
