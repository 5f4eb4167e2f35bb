import logging
import os
import random
import shutil
import threading

import numpy as np
import pytest

from vectorstore.errors import IndexUnavailable
from vectorstore.exact import ExactIndex
from vectorstore.index import ChromaIndex
from vectorstore.nearest import Difference
from vectorstore.types import Filter


@pytest.fixture
def filled(store, make_document):
    """A store with forty documents, in step."""
    with store.writing():
        for number in range(40):
            text = "\n".join(
                f"Dokument {number} handlar i del {part} om ämne{number * part}. " * 10 for part in range(1, 4)
            )
            store.replace(make_document(f"{number}.txt", text, organisation=f"Stad {number % 3}"), "/r", f"/r/{number}")
    return store


@pytest.fixture
def large(monkeypatch):
    """As if every store were so large that Chroma is asked."""
    monkeypatch.setattr("vectorstore.nearest.EXACT_UP_TO", 0)


def ask(store, question="ämne14", limits=None):
    """The scores of what is found: which of several equally near passages is among them may differ."""
    return sorted(round(candidate.dense, 3) for candidate in store.candidates(question, [], 5, limits or Filter()))


def test_chroma_and_the_exact_search_agree(large, filled, embedder):
    exact = ExactIndex(filled.catalog)
    assert filled.index.difference() == Difference()
    for question in ("ämne14", "del två om ämne7", "dokument"):
        (vector,) = embedder.embed_array([question], kind="query")
        ours, chromas = exact.query(vector, 5), filled.index.query(vector, 5)
        assert [pytest.approx(cosine, abs=1e-4) for _, cosine in ours] == [cosine for _, cosine in chromas]


def test_the_exact_search_gives_the_nearest_in_order(filled, embedder):
    (vector,) = embedder.embed_array(["ämne14 dokument"], kind="query")
    everything = filled.catalog.find(filled.catalog.chunk_ids())
    cosines = sorted((float(entry.vector @ vector) for entry in everything.values()), reverse=True)
    found = ExactIndex(filled.catalog).query(vector, 7)
    assert [cosine for _, cosine in found] == pytest.approx(cosines[:7])
    assert len(ExactIndex(filled.catalog).query(vector, 100_000)) == len(everything)


def test_the_exact_search_follows_changes_and_limits(filled, embedder, make_document):
    exact = ExactIndex(filled.catalog)
    (vector,) = embedder.embed_array(["ämne14"], kind="query")
    exact.query(vector, 5)
    filled.remove("14.txt")
    filled.replace(make_document("new.txt", "Det nya handlar om ämne14 ämne14 ämne14."), "/r", "/r/new")
    best = exact.query(vector, 1)[0][0]
    assert filled.catalog.chunks([best])[best].document == "new.txt"
    numbers = filled.catalog.numbers(Filter(organisations=("Stad 1",)))
    documents = {
        chunk.document for chunk in filled.catalog.chunks([i for i, _ in exact.query(vector, 50, numbers)]).values()
    }
    assert documents
    assert all(int(name.removesuffix(".txt")) % 3 == 1 for name in documents)
    assert exact.query(vector, 5, []) == []


def delete_folder(folder):
    shutil.rmtree(folder)


def truncate_database(folder):
    os.truncate(folder / "chroma.sqlite3", 5000)


def fill_with_noise(folder):
    for file in folder.rglob("*"):
        if file.is_file():
            file.write_bytes(os.urandom(3000))


def remove_graph(folder):
    for part in folder.iterdir():
        if part.is_dir():
            shutil.rmtree(part)


def empty_database(folder):
    (folder / "chroma.sqlite3").write_bytes(b"")


@pytest.mark.parametrize("damage", [delete_folder, truncate_database, fill_with_noise, remove_graph, empty_database])
def test_a_damaged_index_answers_at_once_and_is_mended_without_embedding(
    tmp_path, large, filled, open_store, embedder, damage
):
    expected = ask(filled)
    filled.close()
    embedder.embedded.clear()
    damage(tmp_path / "data" / "chroma")
    store = open_store()
    assert ask(store) == expected
    store.close()
    again = open_store()
    assert again.index.difference() == Difference()
    assert again.index.lost(again.catalog.chunk_ids()) == []
    assert ask(again) == expected
    assert embedder.embedded == []


def test_a_folder_deleted_while_it_is_open_is_made_again(tmp_path, large, filled):
    expected = ask(filled)
    shutil.rmtree(tmp_path / "data" / "chroma")
    assert ask(filled) == expected
    filled.index.bring_in_step()
    assert filled.index.difference() == Difference()


def test_an_index_from_a_backup_is_brought_in_step(tmp_path, large, filled, open_store, make_document):
    filled.close()
    shutil.copytree(tmp_path / "data" / "chroma", tmp_path / "backup")
    store = open_store()
    with store.writing():
        store.remove("3.txt")
        store.replace(make_document("3b.txt", "Något annat om ämne14. " * 30), "/r", "/r/3b")
        store.replace(make_document("4.txt", "Något helt annat. " * 30), "/r", "/r/4")
    store.close()
    shutil.rmtree(tmp_path / "data" / "chroma")
    shutil.move(tmp_path / "backup", tmp_path / "data" / "chroma")
    store = open_store()
    assert "3b.txt" in {c.chunk.document for c in store.candidates("annat ämne14", [], 3, Filter())}
    store.close()
    assert open_store().index.difference() == Difference()


def test_a_vector_that_changed_under_the_same_identifier_is_replaced(large, filled, make_document):
    from ingest.document import Fact, Field

    before = filled.catalog.chunk_ids()
    with filled.writing():
        filled.restate("14.txt", [Fact(Field.TITLE, "Fjärrvärme", origin="override")])
    assert set(filled.catalog.chunk_ids()) == set(before)
    assert filled.index.difference() == Difference()
    assert filled.index.lost(filled.catalog.chunk_ids()) == []
    titled = filled.catalog.find(filled.catalog.chunk_ids())
    (vector,) = filled.embed(["Fjärrvärme"], "query")
    nearest = max(float(entry.vector @ vector) for entry in titled.values())
    assert filled.index.query(vector, 1)[0][1] == pytest.approx(nearest, abs=1e-3)


def test_only_one_opens_chroma_and_the_other_searches_without(large, filled, open_store, make_document, monkeypatch):
    assert ask(filled)
    other = open_store()
    assert other.index.difference() is None
    assert ask(other) == ask(filled)
    with other.writing():
        other.replace(make_document("new.txt", "Ett nytt ämne14 ämne14."), "/r", "/r/new")
    assert ask(filled) == ask(other)
    assert filled.index._mending is None
    assert len(filled.index.difference().missing) == 1
    monkeypatch.setattr("vectorstore.nearest._SETTLED", 0)
    assert ask(filled) == ask(other)
    filled.index._mending.join()
    assert filled.index.difference() == Difference()


def test_an_index_that_cannot_be_written_does_not_stop_anything(filled, make_document, monkeypatch, caplog):
    def full(self, entries):
        raise IndexUnavailable("The vector index cannot be used: the disk is full.")

    monkeypatch.setattr(ChromaIndex, "upsert", full)
    with caplog.at_level(logging.WARNING), filled.writing():
        filled.replace(make_document("new.txt", "Ett nytt ämne14 ämne14."), "/r", "/r/new")
    assert "disk is full" in caplog.text
    assert filled.catalog.document("new.txt")
    assert "new.txt" in {candidate.chunk.document for candidate in filled.candidates("ämne14", [], 5, Filter())}


def test_what_chroma_raises_is_one_error(tmp_path):
    index = ChromaIndex(tmp_path / "chroma", "chunks-test")
    index.upsert([("a", 1, np.ones(4, np.float32))])
    with pytest.raises(IndexUnavailable, match="doctor --repair"):
        index.upsert([("b", 1, np.ones(5, np.float32))])
    assert index.versions() == {"a": 1}
    index.close()
    with pytest.raises(IndexUnavailable):
        index.count()


def test_collections_of_earlier_models_are_removed(tmp_path):
    first = ChromaIndex(tmp_path / "chroma", "chunks-first")
    first.upsert([("a", 1, np.ones(4, np.float32))])
    first.close()
    second = ChromaIndex(tmp_path / "chroma", "chunks-second")
    assert second.count() == 0
    second.delete_other_collections()
    second.close()
    assert ChromaIndex(tmp_path / "chroma", "chunks-first").count() == 0


def test_a_small_store_is_searched_without_opening_chroma(filled, open_store):
    expected = ask(filled)
    filled.close()
    store = open_store()
    assert ask(store) == expected
    assert store.index._chroma is None


def test_a_change_costs_what_changed_and_no_more(filled, make_document, monkeypatch):
    stored, listed = [], []
    upsert, versions = ChromaIndex._upsert, ChromaIndex.versions
    monkeypatch.setattr(
        ChromaIndex, "_upsert", lambda self, batch: (stored.extend(entry[0] for entry in batch), upsert(self, batch))
    )
    monkeypatch.setattr(ChromaIndex, "versions", lambda self: (listed.append(1), versions(self))[1])
    with filled.writing():
        filled.remove("3.txt")
        filled.replace(make_document("4.txt", "Något helt annat om vatten. " * 30), "/r", "/r/4")
    assert stored == [chunk.id for chunk in filled.catalog.chunks_of("4.txt")]
    assert listed == []
    assert filled.index.difference() == Difference()


def test_an_interrupted_change_is_noticed_and_completed(large, filled, open_store):
    chroma, chunks = filled.index._chroma, filled.catalog.chunk_ids()
    chroma.begin_change()
    chroma.delete(chunks[:5])
    filled.close()
    store = open_store()
    ask(store)
    store.close()
    assert open_store().index.difference() == Difference()


def test_vectors_lost_without_a_change_are_noticed_by_their_number(large, filled, open_store):
    filled.index._chroma.delete(filled.catalog.chunk_ids()[:5])
    filled.close()
    store = open_store()
    ask(store)
    store.close()
    assert open_store().index.difference() == Difference()


def test_writing_brings_chroma_in_step_though_nothing_is_written(tmp_path, filled, open_store):
    filled.close()
    shutil.rmtree(tmp_path / "data" / "chroma")
    store = open_store()
    with store.writing():
        pass
    assert store.index.difference() == Difference()


def test_closing_does_not_wait_for_long_and_the_next_goes_on(large, tmp_path, filled, open_store, monkeypatch):
    filled.close()
    shutil.rmtree(tmp_path / "data" / "chroma")
    store = open_store()
    monkeypatch.setattr("vectorstore.nearest._PATIENCE", 0)
    monkeypatch.setattr("vectorstore.nearest._FEW", 10)
    upsert, begun = ChromaIndex._upsert, threading.Event()

    def slow(self, batch):
        upsert(self, batch)
        begun.set()
        store.index._ending.wait(30)

    monkeypatch.setattr(ChromaIndex, "_upsert", slow)
    ask(store)
    assert begun.wait(30)
    store.close()
    monkeypatch.setattr(ChromaIndex, "_upsert", upsert)
    again = open_store()
    assert 10 <= len(again.catalog.chunk_ids()) - len(again.index.difference().missing) <= 20
    again.index.bring_in_step()
    assert again.index.difference() == Difference()


def test_the_exact_search_holds_what_the_catalog_holds_through_any_changes(store, embedder, make_document):
    exact, draw = ExactIndex(store.catalog), random.Random(5)
    words = "hamn skola energi kultur klimat handel forskning vatten".split()
    names = [f"{number}.txt" for number in range(12)]
    for step in range(120):
        name = draw.choice(names)
        text = f"{step} " + "\n".join(" ".join(draw.choices(words, k=90)) for _ in range(draw.randrange(1, 6)))
        if draw.random() < 0.3 and any(record.id == name for record in store.catalog.records()):
            store.remove(name)
        else:
            store.replace(make_document(name, text, organisation=f"Stad {names.index(name) % 3}"), "/r", f"/r/{name}")
        limits = draw.choice((Filter(), Filter(organisations=("Stad 1",)), Filter(documents=(name, "3.txt"))))
        numbers = store.catalog.numbers(limits)
        (vector,) = embedder.embed_array([draw.choice(words)], kind="query")
        chunks = [
            chunk.id
            for record in store.catalog.records()
            if limits == Filter() or record.organisation in limits.organisations or record.id in limits.documents
            for chunk in store.catalog.chunks_of(record.id)
        ]
        cosines = {chunk_id: float(found.vector @ vector) for chunk_id, found in store.catalog.find(chunks).items()}
        best = sorted(cosines.values(), reverse=True)[:7]
        found = exact.query(vector, 7, numbers)
        assert [cosine for _, cosine in found] == pytest.approx(best, abs=1e-6)
        assert [cosines[chunk_id] for chunk_id, _ in found] == pytest.approx(best, abs=1e-6)
    assert len(exact._rows.matrix) < 4 * store.catalog.count_chunks() + 100


def test_the_exact_search_follows_a_model_of_another_dimension(filled, open_store, subject):
    exact = ExactIndex(filled.catalog)
    (vector,) = filled.embed(["ämne14"], "query")
    exact.query(vector, 5)
    wider = subject.WordHashes("wider")
    wider.dimension = 96
    other = open_store(model=wider)
    with other.writing(check=False):
        other.rebuild()
    (vector,) = wider.embed_array(["ämne14"], kind="query")
    assert len(exact.query(vector, 5)) == 5
    assert exact._rows.matrix.shape[1] == 96


def test_a_large_index_is_listed_in_parts(filled, monkeypatch):
    chroma, chunks = filled.index._chroma, filled.catalog.chunk_versions()
    for page in (1, 7, len(chunks), len(chunks) + 1):
        monkeypatch.setattr("vectorstore.index._PAGE", page)
        assert chroma.versions() == chunks
        assert sorted(chroma.ids_of(chunks.values())) == sorted(chunks)
