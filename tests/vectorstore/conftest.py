"""What the tests of the store share: a quick embedding model, stores that close themselves, and documents."""

import importlib.util
import sys
from pathlib import Path

import pytest

pytest.register_assert_rewrite("backend_contract")


def _load_subject():
    spec = importlib.util.spec_from_file_location("store_subject", Path(__file__).with_name("subject.py"))
    module = importlib.util.module_from_spec(spec)
    sys.modules["store_subject"] = module
    spec.loader.exec_module(module)
    return module


@pytest.fixture(scope="session")
def subject():
    """The program that runs beside the tests, as a module."""
    return _load_subject()


@pytest.fixture
def embedder(subject):
    return subject.WordHashes()


@pytest.fixture
def open_store(tmp_path, embedder):
    """Opens stores that are closed at the end."""
    from vectorstore.store import Store

    opened = []

    def open_(folder=None, model=embedder, **options):
        store = Store(folder or tmp_path / "data", model, **options)
        opened.append(store)
        return store

    yield open_
    for store in opened:
        store.close()


@pytest.fixture
def store(open_store):
    return open_store()


@pytest.fixture
def documents(tmp_path):
    """A folder to ingest."""
    folder = tmp_path / "documents"
    folder.mkdir()
    return folder


@pytest.fixture
def make_document():
    """Builds a document as loaders do: paragraphs, over pages where a form feed divides them."""
    from hashlib import sha256

    from ingest.assemble import RawBlock, RawDocument, assemble_document
    from ingest.document import BlockKind, Document, Fact, Field

    def build(name, text, **facts):
        pages = text.split("\f")
        blocks = [
            RawBlock(BlockKind.PARAGRAPH, ((number, line),))
            for number, page in enumerate(pages, start=1)
            for line in page.split("\n")
            if line.strip()
        ]
        raw = RawDocument("text", blocks, labels=(None,) * len(pages))
        document = assemble_document(name, sha256(text.encode("utf-8", "surrogatepass")).hexdigest(), raw)
        stated = tuple(Fact(Field(field), value, origin="properties") for field, value in facts.items())
        return Document(name, "text", document.content_hash, document.text, document.pages, document.blocks, stated)

    return build


@pytest.fixture
def run_outcomes(store, documents):
    """Syncs the folder and gives the outcome of each path."""
    from vectorstore.sync import sync_path

    def run(path=None, **options):
        outcomes = sync_path(store, path or documents, **options)
        return {outcome.path: outcome for outcome in outcomes}

    return run
