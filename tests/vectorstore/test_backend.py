"""The search backends, held to the contract."""

import pytest
from backend_contract import SearchBackendContract, text_about
from memory_backend import MemoryBackend

from vectorstore.search import search
from vectorstore.types import Filter


class TestLocalBackend(SearchBackendContract):
    @pytest.fixture
    def backend(self, store):
        return store.backend


class TestLocalBackendInStep(TestLocalBackend):
    """The same while Chroma is brought in step after each change, so that it answers and not the exact search."""

    @pytest.fixture
    def backend(self, store):
        backend = store.backend
        for name in ("upsert", "delete", "publish"):
            setattr(backend, name, in_step(getattr(backend, name), store))
        return backend


class TestMemoryBackend(SearchBackendContract):
    @pytest.fixture
    def backend(self):
        return MemoryBackend()


def in_step(change, store):
    def changed(*arguments):
        change(*arguments)
        store.index.bring_in_step()

    return changed


def test_store_and_search_know_nothing_but_the_backend(store, make_document):
    store.backend = MemoryBackend()
    for subject in ("hamnen", "skolan"):
        store.replace(make_document(f"{subject}.txt", text_about(subject)), "/r", f"/r/{subject}")
    assert store.catalog.records() == []
    found = search(store, "Hur går det för skolan?", top_k=1)
    assert found[0].chunk.document == "skolan.txt"
    assert search(store, "skolan", limits=Filter(documents=("saknas.txt",))) == []
    store.remove("skolan.txt")
    assert {hit.chunk.document for hit in search(store, "skolan")} == {"hamnen.txt"}
