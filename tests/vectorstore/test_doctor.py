import sqlite3

import pytest

from vectorstore.doctor import diagnose
from vectorstore.errors import StoreLocked


@pytest.fixture
def filled(store, make_document):
    with store.writing():
        for number in range(20):
            store.replace(
                make_document(f"{number}.txt", f"Dokument {number} om ämne{number}. " * 20), "/r", f"/r/{number}"
            )
    return store


def failed(checks):
    return {check.name: check for check in checks if not check.passed}


def test_a_store_that_is_well(filled):
    checks = diagnose(filled)
    assert failed(checks) == {}
    assert [check.name for check in checks] == [
        "catalog", "documents", "files", "lexical index", "fingerprint", "vector index"
    ]  # fmt: skip
    assert set(checks[0].as_json()) == {"name", "passed", "severity", "message", "remedy"}
    assert all(check.remedy == "" for check in checks)


def test_vectors_missing_and_left_over_are_found_and_mended_without_embedding(filled, embedder):
    chunks = filled.catalog.chunk_ids()
    chroma = filled.index._chroma
    chroma.delete(chunks[:3])
    (vector,) = embedder.embed_array(["främmande"], kind="query")
    chroma.upsert([("stranger", 1, vector), ("another", 1, vector)])
    found = failed(diagnose(filled))["vector index"]
    assert found.message.startswith("3 vectors missing or old, 2 without a chunk")
    assert found.remedy == "utblick doctor --repair"
    embedder.embedded.clear()
    checks = diagnose(filled, repair=True)
    assert failed(checks) == {}
    assert "made anew" in checks[-1].message
    assert embedder.embedded == []
    assert failed(diagnose(filled)) == {}


def test_a_vector_lost_behind_a_right_count_is_found_by_itself_and_mended(filled, embedder):
    chunk = filled.catalog.chunk_ids()[7]
    (elsewhere,) = embedder.embed_array(["någon helt annanstans"], kind="query")
    chroma = filled.index._chroma
    chroma.upsert([(chunk, chroma.versions()[chunk], -elsewhere)])
    assert filled.index.difference().missing == ()
    found = failed(diagnose(filled))["vector index"]
    assert "1 not found by themselves" in found.message
    assert failed(diagnose(filled, repair=True)) == {}
    assert filled.index.lost(filled.catalog.chunk_ids()) == []


def test_repairing_what_is_well_changes_nothing(filled):
    chroma = filled.index._chroma
    assert failed(diagnose(filled, repair=True)) == {}
    assert filled.index._chroma is chroma


def test_another_process_that_has_the_index_open_is_no_fault(filled, open_store):
    checks = diagnose(open_store())
    assert failed(checks) == {}
    assert "Another process" in checks[-1].message


def test_repair_waits_for_no_writer(filled, open_store, monkeypatch):
    filled.index._chroma.delete(filled.catalog.chunk_ids()[:1])
    other = open_store()
    monkeypatch.setattr(filled, "writing", lambda: type(filled).writing(filled, 0.1))
    with other.writing(), pytest.raises(StoreLocked):
        diagnose(filled, repair=True)


def test_another_model_is_named_with_the_command(filled, open_store, subject):
    checks = failed(diagnose(open_store(model=subject.WordHashes("other"))))
    assert checks["fingerprint"].remedy == "utblick ingest --rebuild"


def test_passages_that_do_not_fit_the_text_are_found(tmp_path, filled):
    with sqlite3.connect(tmp_path / "data" / "catalog.sqlite") as connection:
        connection.execute("UPDATE document SET text = 'X' || text WHERE id = '5.txt'")
    connection.close()
    found = failed(diagnose(filled))["documents"]
    assert found.message.startswith("5.txt")
    assert "--reread" in found.remedy


def test_a_lexical_index_that_lacks_passages_is_found(tmp_path, filled):
    with filled.catalog.transaction():
        connection = filled.catalog._database.connection
        filled.catalog.lexical.delete_document(connection.execute("SELECT min(number) FROM document").fetchone()[0])
    assert "lexical index" in failed(diagnose(filled))
    assert failed(diagnose(filled, repair=True)) == {}
    assert filled.catalog.count_terms() == filled.catalog.count_chunks()


def test_a_lexical_index_of_another_version_is_made_anew_on_opening(tmp_path, filled, open_store, embedder):
    filled.close()
    embedder.embedded.clear()
    with sqlite3.connect(tmp_path / "data" / "catalog.sqlite") as connection:
        connection.execute("UPDATE meta SET value = 'older' WHERE key = 'lexical'")
        connection.execute("DROP TABLE terms")
        connection.execute("CREATE TABLE terms (something_else)")
    connection.close()
    store = open_store()
    assert store.catalog.count_terms() == store.catalog.count_chunks()
    assert failed(diagnose(store)) == {}
    assert embedder.embedded == []


def test_files_that_could_not_be_read_are_a_warning(store, documents, run_outcomes):
    (documents / "a.pdf").write_bytes(b"%PDF-1.4 and no more")
    run_outcomes()
    found = failed(diagnose(store))["files"]
    assert found.severity == "warning"
    assert "a.pdf" in found.message


def test_a_damaged_catalog_is_said_to_be(tmp_path, filled, make_document, open_store):
    with filled.writing():
        for number in range(12):
            filled.replace(make_document(f"x{number}.txt", f"Text {number}. " * 1500), "/r", f"/r/x{number}")
    filled.close()
    path = tmp_path / "data" / "catalog.sqlite"
    content = bytearray(path.read_bytes())
    content[len(content) // 2 : len(content) * 3 // 4] = bytes(len(content) * 3 // 4 - len(content) // 2)
    path.write_bytes(content)
    (check,) = diagnose(open_store())
    assert not check.passed
    assert "ingest again" in check.remedy
