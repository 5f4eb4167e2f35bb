"""What several folders of tests share: the embedding model, and a store over the project's samples, made once."""

import threading
from collections.abc import Callable, Iterator
from contextlib import suppress
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, HTTPServer, ThreadingHTTPServer
from pathlib import Path

import pytest

from assistant.assistant import Assistant
from assistant.settings import Settings
from vectorstore.bundled_reader import BundledReader
from vectorstore.embed import SentenceEmbeddings
from vectorstore.store import Store
from vectorstore.sync import sync_path

Answer = Callable[[dict[str, str]], tuple[int, dict[str, str], bytes]]
"""Status, headers and body that are given to a request with these headers."""


def pytest_addoption(parser: pytest.Parser) -> None:
    """`--long` runs what disturbs a store for as long as it promises to hold: 50 kills, ten readers for a minute."""
    parser.addoption("--long", action="store_true", help="disturb stores for minutes, not for seconds")


@pytest.fixture(scope="session")
def long(request: pytest.FixtureRequest) -> bool:
    """Whether `--long` was given."""
    return bool(request.config.getoption("--long"))


@pytest.fixture(scope="session")
def samples() -> Path:
    """The folder of the project's sample documents."""
    return Path(__file__).parents[1] / "samples"


@pytest.fixture(scope="session")
def embeddings() -> SentenceEmbeddings:
    """The bundled embedding model, unpacked into the user's cache as everywhere else."""
    return SentenceEmbeddings.load()


@pytest.fixture(scope="session")
def samples_data(tmp_path_factory: pytest.TempPathFactory, embeddings: SentenceEmbeddings, samples: Path) -> Path:
    """A data folder with a store over the samples; not to be written to."""
    data = tmp_path_factory.mktemp("samples-data")
    store = Store(data, embeddings)
    outcomes = sync_path(store, samples)
    store.close()
    assert {outcome.outcome.value for outcome in outcomes} == {"ingested"}
    return data


@pytest.fixture(scope="session")
def reader() -> BundledReader:
    """The reader that ships."""
    return BundledReader.load()


@pytest.fixture(scope="session")
def samples_assistant(samples_data: Path, embeddings: SentenceEmbeddings, reader: BundledReader) -> Iterator[Assistant]:
    """The real assistant over the samples."""
    assistant = Assistant(Store(samples_data, embeddings), Settings(data=samples_data), reader)
    yield assistant
    assistant.close()


@dataclass
class Site:
    """A web server on this machine: what it answers is set, and what it was asked is kept."""

    origin: str
    answers: dict[str, Answer] = field(default_factory=dict)
    requests: list[tuple[str, dict[str, str]]] = field(default_factory=list)

    def asked(self, path: str) -> list[dict[str, str]]:
        """The headers of each request for a path, names in small letters."""
        return [headers for asked, headers in self.requests if asked == path]

    def put(self, path: str, body: str | bytes = b"", status: int = 200, **headers: str) -> str:
        """Let a path give a page; returns its address."""
        content = body.encode() if isinstance(body, str) else body
        stated = {name.replace("_", "-"): value for name, value in headers.items()}
        self.answers[path] = lambda asked: (status, stated, content)
        return self.origin + path


def serve_site() -> tuple[Site, HTTPServer]:
    """A site that runs until its server is shut down."""

    class Handler(BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            headers = {name.lower(): value for name, value in self.headers.items()}
            site.requests.append((self.path, headers))
            answer = site.answers.get(self.path)
            status, stated, body = answer(headers) if answer is not None else (404, {}, b"")
            self.send_response(status)
            for name, value in stated.items():
                self.send_header(name, value)
            if "Content-Length" not in stated:
                self.send_header("Content-Length", str(len(body)))
            self.end_headers()
            with suppress(ConnectionError):
                self.wfile.write(body)

        def log_message(self, *arguments: object) -> None:
            pass

    http = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    site = Site(f"http://127.0.0.1:{http.server_port}")
    threading.Thread(target=http.serve_forever, args=(0.01,), daemon=True).start()
    return site, http


@pytest.fixture
def site() -> Iterator[Site]:
    """A web server on this machine."""
    made, http = serve_site()
    yield made
    http.shutdown()
    http.server_close()


@pytest.fixture
def other_site() -> Iterator[Site]:
    """Another one, which counts as another host."""
    made, http = serve_site()
    yield made
    http.shutdown()
    http.server_close()
