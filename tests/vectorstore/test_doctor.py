import sqlite3

import numpy as np
import pytest

from vectorstore.analyse import query_terms
from vectorstore.doctor import diagnose
from vectorstore.errors import StoreLocked
from vectorstore.types import Filter


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
        "catalog", "files", "lexical index", "vectors", "documents", "fingerprint", "vector index"
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


@pytest.mark.parametrize("amount", [0.1, 1.0])
def test_vectors_that_were_altered_or_exchanged_are_found_and_mended(filled, amount):
    first, second = filled.catalog.chunk_ids()[3:5]
    vectors = filled.catalog.find([first, second])
    chroma = filled.index._chroma
    versions = chroma.versions()
    for one, other in ((first, second), (second, first)):
        mixed = (1 - amount) * vectors[one].vector + amount * vectors[other].vector
        chroma.upsert([(one, versions[one], mixed / np.linalg.norm(mixed))])
    assert filled.index.difference().missing == ()
    assert "2 not found by themselves" in failed(diagnose(filled))["vector index"].message
    assert failed(diagnose(filled, repair=True)) == {}


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


TEXT_DAMAGE = {
    "emptied": ("DELETE FROM terms", "20 are missing"),
    "a row is missing": ("DELETE FROM terms WHERE rowid = 5", "1 are missing"),
    "a row is left over": ("INSERT INTO terms VALUES ('hamn', 'skola', 'vatten')", "1 rows are without a passage"),
    "a row is altered": ("UPDATE terms SET body = body || ' hamn' WHERE rowid = 5", "1 have other words"),
    "the context is altered": ("UPDATE terms SET context = 'hamn' WHERE rowid = 5", "1 have other words"),
    "two rows are swapped": (
        "UPDATE terms SET rowid = -1 WHERE rowid = 5; UPDATE terms SET rowid = 5 WHERE rowid = 6;"
        "UPDATE terms SET rowid = 6 WHERE rowid = -1",
        "2 have other words",
    ),
    "a row is altered behind the index": (
        "UPDATE terms_content SET c0 = c0 || ' hamn' WHERE id = 5", "The index is broken: ",
    ),
    "the index has lost a part": ("DELETE FROM terms_data WHERE id > 10", "The index is broken: "),
    "a table of the index is gone": ("DROP TABLE terms_idx", "The index is broken: "),
    "the index is gone": ("DROP TABLE term_statistics; DROP TABLE terms", "The index is broken: "),
    "acronyms are gone": ("DELETE FROM acronym", "the acronyms of 1 documents differ"),
    "an acronym is another document's": ("UPDATE acronym SET document = 3", "the acronyms of 2 documents differ"),
}  # fmt: skip


@pytest.mark.parametrize(("damage", "said"), TEXT_DAMAGE.values(), ids=TEXT_DAMAGE)
def test_damage_to_the_full_text_is_found_and_mended_without_embedding(
    tmp_path, filled, open_store, embedder, make_document, damage, said
):
    with filled.writing():
        text = "Regionen är medlem i Conference of Peripheral Maritime Regions (CPMR). " * 5
        filled.remove("7.txt")
        filled.replace(make_document("7.txt", text), "/r", "/r/7")
    expected = ask(filled)
    filled.close()
    with sqlite3.connect(tmp_path / "data" / "catalog.sqlite") as connection:
        connection.executescript(damage)
    connection.close()
    store = open_store()
    found = failed(diagnose(store))
    assert list(found) == ["lexical index"]
    assert said in found["lexical index"].message
    assert found["lexical index"].remedy == "utblick doctor --repair"
    embedder.embedded.clear()
    assert failed(diagnose(store, repair=True)) == {}
    assert failed(diagnose(store)) == {}
    assert embedder.embedded == []
    assert ask(store) == expected


def ask(store):
    """What each half finds, with its scores."""
    questions = ("ämne5", "ämne6 och ämne17", "dokument om hamn", "CPMR", "Conference of Peripheral Maritime Regions")
    return [
        sorted(
            (candidate.chunk.id, round(candidate.dense, 3), round(candidate.lexical, 4))
            for candidate in store.candidates(question, query_terms(question), 30, Filter())
        )
        for question in questions
    ]


def test_a_large_index_is_compared_in_part_unless_it_is_to_be_repaired(tmp_path, filled, monkeypatch):
    monkeypatch.setattr("vectorstore.full_text.SAMPLE", 7)
    assert "the words of 7 were compared" in next(
        check.message for check in diagnose(filled) if check.name == "lexical index"
    )
    with filled.catalog.transaction():
        filled.catalog._database.connection.execute("UPDATE terms SET body = 'hamn' WHERE rowid = 5")
    assert failed(diagnose(filled)) == {}
    checks = {check.name: check for check in diagnose(filled, repair=True)}
    assert "made anew" in checks["lexical index"].message


@pytest.mark.parametrize(
    "vector", ["zeroblob(128)", "substr(vector, 1, 100)", "CAST(vector || vector AS BLOB)", "x'ff'"]
)
def test_vectors_that_cannot_be_used_are_named_with_the_command(tmp_path, filled, open_store, subject, vector):
    filled.close()
    with sqlite3.connect(tmp_path / "data" / "catalog.sqlite") as connection:
        connection.execute(f"UPDATE chunk SET vector = {vector} WHERE number = 5")
    connection.close()
    store = open_store()
    check = failed(diagnose(store))["vectors"]
    assert check.message == "1 vectors cannot be used, the first of 4.txt."
    assert check.remedy == "utblick ingest --rebuild"
    with store.writing(check=False):
        store.rebuild()
    assert failed(diagnose(store)) == {}


def test_a_lexical_index_of_another_version_is_made_anew_on_opening(tmp_path, filled, open_store, embedder):
    filled.close()
    embedder.embedded.clear()
    with sqlite3.connect(tmp_path / "data" / "catalog.sqlite") as connection:
        connection.execute("UPDATE meta SET value = 'older' WHERE key = 'lexical'")
        connection.execute("DROP TABLE terms")
        connection.execute("CREATE TABLE terms (something_else)")
    connection.close()
    store = open_store()
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
