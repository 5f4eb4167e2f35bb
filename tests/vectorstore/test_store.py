import subprocess
import sys
import threading

import pytest

from vectorstore.errors import FingerprintMismatch, StoreLocked, UnknownDocument
from vectorstore.store import Store
from vectorstore.types import Filter


def put(store, document):
    with store.writing():
        store.replace(document, "/folder", f"/folder/{document.id}")


def paragraphs(*subjects):
    return "\n".join(
        f"Nämnden följer upp arbetet med {subject} varje år och rapporterar. " * 12 for subject in subjects
    )


def test_only_what_is_new_is_embedded(store, embedder, make_document):
    put(store, make_document("a.txt", paragraphs("energi", "skola", "hamn"), title="Plan"))
    count = len(embedder.embedded)
    embedder.embedded.clear()
    put(store, make_document("a.txt", paragraphs("energi", "skola", "vatten"), title="Plan"))
    assert 0 < len(embedder.embedded) < count
    assert all("vatten" in text for text in embedder.embedded)
    embedder.embedded.clear()
    put(store, make_document("b.txt", paragraphs("hamn", "vatten", "skola"), title="Plan"))
    assert all("hamn" in text for text in embedder.embedded)


def test_equal_passages_in_one_document_are_embedded_once_and_all_stored(store, embedder, make_document):
    line = "Samma stycke står flera gånger i dokumentet och det är helt i sin ordning. " * 11
    put(store, make_document("a.txt", "\n".join([line] * 4), title="Plan"))
    assert len(store.catalog.chunk_ids()) == 4
    assert len(embedder.embedded) == 1


def test_candidates_are_of_one_model(store, open_store, subject, make_document):
    put(store, make_document("a.txt", "En text om energi."))
    other = open_store(model=subject.WordHashes("other"))
    for ask in (lambda: other.candidates("energi", [], 5, Filter()), other.check_fingerprint):
        with pytest.raises(FingerprintMismatch, match=r"utblick ingest --rebuild"):
            ask()
    with pytest.raises(FingerprintMismatch), other.writing():
        pass
    assert store.catalog.meta("fingerprint") == store.fingerprint


def test_asking_an_empty_store_writes_nothing(store):
    assert store.candidates("energi", [("energi",)], 5, Filter()) == []
    assert store.catalog.meta("fingerprint") is None


def test_rebuild_embeds_everything_with_the_new_model(store, open_store, subject, make_document):
    for number in range(3):
        put(store, make_document(f"{number}.txt", paragraphs(f"ämne{number}", "energi")))
    ids = store.catalog.chunk_ids()
    model = subject.WordHashes("new")
    model.dimension = 32
    store.close()
    new = open_store(model=model)
    with new.writing(check=False):
        assert new.rebuild() == 3
    assert new.catalog.chunk_ids() == ids
    found = new.candidates("ämne2", [], 1, Filter())
    assert [candidate.chunk.document for candidate in found] == ["2.txt"]
    assert new.index.difference().missing == ()
    assert sorted(text for text in model.embedded) == sorted(set(model.embedded))


def test_an_interrupted_rebuild_changes_nothing_and_goes_on_where_it_was(store, open_store, subject, make_document):
    for number in range(4):
        put(store, make_document(f"{number}.txt", paragraphs(f"ämne{number}")))
    model = subject.WordHashes("new")
    new = open_store(model=model)

    def stop(document):
        if document == "2.txt":
            raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt), new.writing(check=False):
        new.rebuild(stop)
    assert store.candidates("ämne1", [], 1, Filter())[0].chunk.document == "1.txt"
    embedded = len(model.embedded)
    assert embedded > 0
    with new.writing(check=False):
        new.rebuild()
    assert len(model.embedded) == len(store.catalog.chunk_ids())
    new.check_fingerprint()


def test_facts_survive_a_rebuild(store, make_document):
    put(store, make_document("a.txt", "En text.", title="Utkast"))
    from ingest.document import Fact, Field

    store.restate("a.txt", [Fact(Field.TITLE, "Plan", origin="override")])
    with store.writing(check=False):
        store.rebuild()
    assert store.catalog.document("a.txt").title == "Plan"
    assert store.catalog.read_document("a.txt").title == "Utkast"


def test_a_second_writer_is_told_who_is_first(store, open_store):
    other = open_store()
    with store.writing(), pytest.raises(StoreLocked, match=r"Process \d+, since"), other.writing(wait_seconds=0.1):
        pass
    with other.writing(wait_seconds=0.1):
        pass


def test_the_lock_of_a_killed_process_is_free(tmp_path, store):
    program = (
        "import sys, os, time; from pathlib import Path; from filelock import FileLock;"
        "lock = FileLock(Path(sys.argv[1]) / 'write.lock'); lock.acquire(); print('held', flush=True); time.sleep(60)"
    )
    holder = subprocess.Popen([sys.executable, "-c", program, str(tmp_path / "data")], stdout=subprocess.PIPE)
    assert holder.stdout.readline().strip() == b"held"
    with pytest.raises(StoreLocked), store.writing(wait_seconds=0.1):
        pass
    holder.kill()
    holder.wait()
    holder.stdout.close()
    with store.writing(wait_seconds=5):
        pass


def test_an_error_while_writing_gives_the_lock_back(store, make_document):
    with pytest.raises(UnknownDocument), store.writing():
        store.remove("nowhere.txt")
    put(store, make_document("a.txt", "En text."))


def test_threads_search_while_one_writes(store, make_document):
    put(store, make_document("0.txt", paragraphs("energi")))
    errors, stop = [], threading.Event()

    def ask():
        while not stop.is_set():
            try:
                if not store.candidates("energi", [("energi",)], 5, Filter()):
                    errors.append("nothing found")
            except Exception as error:
                errors.append(error)

    threads = [threading.Thread(target=ask) for _ in range(3)]
    for thread in threads:
        thread.start()
    for number in range(1, 8):
        put(store, make_document(f"{number}.txt", paragraphs("energi", f"ämne{number}")))
    stop.set()
    for thread in threads:
        thread.join()
    assert errors == []
    found = store.candidates("ämne7", [], 1, Filter())
    assert found[0].chunk.document == "7.txt"


def test_what_one_process_writes_another_finds(tmp_path, store, embedder, make_document):
    put(store, make_document("a.txt", "En text om energi."))
    assert store.candidates("energi", [], 5, Filter())
    other = Store(tmp_path / "data", embedder)
    put(other, make_document("b.txt", "En text om hamnar."))
    with other.writing():
        other.remove("a.txt")
    other.close()
    assert [candidate.chunk.document for candidate in store.candidates("hamnar", [], 5, Filter())] == ["b.txt"]
