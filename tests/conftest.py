"""What several folders of tests share: the embedding model, and a store over the project's samples, made once."""

from collections.abc import Iterator
from pathlib import Path

import pytest

from assistant.assistant import Assistant
from assistant.settings import Settings
from vectorstore.embed import SentenceEmbeddings
from vectorstore.store import Store
from vectorstore.sync import sync_path


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
def samples_assistant(samples_data: Path, embeddings: SentenceEmbeddings) -> Iterator[Assistant]:
    """The real assistant over the samples."""
    assistant = Assistant(Store(samples_data, embeddings), Settings(data=samples_data))
    yield assistant
    assistant.close()
