"""Stores that a former version made: their tables as that version wrote them, then opened by this one."""

import hashlib
import sqlite3
import threading

import numpy as np
import pytest

from ingest.document import Page
from ingest.fetch import Source
from vectorstore import catalog as catalog_module
from vectorstore.backup import restore_store
from vectorstore.catalog import Catalog
from vectorstore.errors import VectorStoreError
from vectorstore.schema import SCHEMA_VERSION
from vectorstore.sync import sync_path

VERSION_2 = """
CREATE TABLE IF NOT EXISTS meta (key TEXT PRIMARY KEY, value TEXT NOT NULL) STRICT, WITHOUT ROWID;
-- Numbers are never used again: what still knows a removed document must not take another one for it.
CREATE TABLE IF NOT EXISTS document (
    number INTEGER PRIMARY KEY AUTOINCREMENT, id TEXT NOT NULL UNIQUE, root TEXT NOT NULL,
    location TEXT NOT NULL UNIQUE, read_at TEXT NOT NULL, format TEXT NOT NULL, content_hash TEXT NOT NULL UNIQUE,
    language TEXT, text TEXT NOT NULL, ingested_at TEXT NOT NULL, version INTEGER NOT NULL
) STRICT;
CREATE TABLE IF NOT EXISTS alias (
    location TEXT PRIMARY KEY, root TEXT NOT NULL, id TEXT NOT NULL UNIQUE,
    document INTEGER NOT NULL REFERENCES document ON DELETE CASCADE
) STRICT, WITHOUT ROWID;
CREATE INDEX IF NOT EXISTS alias_document ON alias (document);
CREATE TABLE IF NOT EXISTS page (
    document INTEGER NOT NULL REFERENCES document ON DELETE CASCADE, number INTEGER NOT NULL,
    start INTEGER NOT NULL, "end" INTEGER NOT NULL, label TEXT, PRIMARY KEY (document, number)
) STRICT, WITHOUT ROWID;
CREATE TABLE IF NOT EXISTS block (
    document INTEGER NOT NULL REFERENCES document ON DELETE CASCADE, ordinal INTEGER NOT NULL, kind TEXT NOT NULL,
    start INTEGER NOT NULL, "end" INTEGER NOT NULL, level INTEGER NOT NULL, lead_in INTEGER,
    PRIMARY KEY (document, ordinal)
) STRICT, WITHOUT ROWID;
-- `stated` is 1 for what documents.toml says over what was read, so that taking it back brings back what was read.
CREATE TABLE IF NOT EXISTS fact (
    document INTEGER NOT NULL REFERENCES document ON DELETE CASCADE, field TEXT NOT NULL, stated INTEGER NOT NULL,
    value TEXT NOT NULL, start INTEGER, "end" INTEGER, origin TEXT NOT NULL, PRIMARY KEY (document, field, stated)
) STRICT, WITHOUT ROWID;
CREATE TABLE IF NOT EXISTS chunk (
    number INTEGER PRIMARY KEY, id TEXT NOT NULL UNIQUE,
    document INTEGER NOT NULL REFERENCES document ON DELETE CASCADE, ordinal INTEGER NOT NULL,
    text TEXT NOT NULL, start INTEGER NOT NULL, "end" INTEGER NOT NULL,
    first_page INTEGER NOT NULL, last_page INTEGER NOT NULL, headings TEXT NOT NULL, lead_in TEXT NOT NULL,
    embedded BLOB NOT NULL, vector BLOB NOT NULL
) STRICT;
CREATE INDEX IF NOT EXISTS chunk_document ON chunk (document);
CREATE INDEX IF NOT EXISTS chunk_embedded ON chunk (embedded);
CREATE TABLE IF NOT EXISTS failure (
    location TEXT PRIMARY KEY, root TEXT NOT NULL, content_hash TEXT NOT NULL, outcome TEXT NOT NULL,
    reason TEXT NOT NULL, circumstances TEXT NOT NULL
) STRICT, WITHOUT ROWID;
-- Vectors of a new model, kept until all are there.
CREATE TABLE IF NOT EXISTS staged (
    embedded BLOB NOT NULL, fingerprint TEXT NOT NULL, vector BLOB NOT NULL, PRIMARY KEY (embedded, fingerprint)
) STRICT, WITHOUT ROWID;
"""
TEXT = "Staden ska minska sin användning av energi.\n\nAndra sidan."


@pytest.fixture
def old(tmp_path):
    """A store of version 2 with a PDF of two pages and a text file, in which nothing is left to do."""
    folder = tmp_path / "old"
    folder.mkdir()
    connection = sqlite3.connect(folder / "catalog.sqlite")
    connection.executescript(VERSION_2)
    run = connection.execute
    run("INSERT INTO meta VALUES ('schema', '2'), ('lexical', 'of that version'), ('change', '7'), ('state', 'then')")
    for number, (name, kind) in enumerate((("plan.pdf", "pdf"), ("plan.txt", "text")), start=1):
        run(
            "INSERT INTO document VALUES (?, ?, '/r', ?, ?, ?, ?, 'sv', ?, '2026-01-01T00:00:00+00:00', ?)",
            (number, name, f"/r/{name}", f"/r/{name}", kind, hashlib.sha256(name.encode()).hexdigest(), TEXT, number),
        )
        run("INSERT INTO page VALUES (?, 1, 0, 45, 'i'), (?, 2, 45, ?, NULL)", (number, number, len(TEXT)))
        run("INSERT INTO block VALUES (?, 0, 'paragraph', 0, 43, 0, NULL)", (number,))
        run("INSERT INTO fact VALUES (?, 'title', 0, 'Energiplan', NULL, NULL, 'properties')", (number,))
        vector = np.full(64, 0.125, np.float16).tobytes()
        run(
            "INSERT INTO chunk VALUES (?, ?, ?, 0, ?, 0, 43, 1, 1, '[]', '', ?, ?)",
            (number, f"chunk-{number}", number, TEXT[:43], b"digest", vector),
        )
    connection.commit()
    connection.close()
    return folder


def columns(folder, table):
    connection = sqlite3.connect(folder / "catalog.sqlite")
    named = [row[1] for row in connection.execute(f"PRAGMA table_info({table})")]
    connection.close()
    return named


def test_what_was_stored_is_there_and_new_columns_are_filled(old):
    catalog = Catalog(old / "catalog.sqlite")
    assert catalog.meta("schema") == SCHEMA_VERSION
    document = catalog.document("plan.pdf")
    assert document.text == TEXT and document.title == "Energiplan"
    assert document.pages == (Page(1, 0, 45, "i"), Page(2, 45, len(TEXT)))
    assert [record.ocr_pages for record in catalog.records()] == [(), ()]
    with catalog.reading():
        asked = catalog.lexical.prepare("energi", [("energi",)])
        assert sorted(catalog.lexical.find(asked, 5, None)) == ["chunk-1", "chunk-2"]
    assert catalog.integrity() is None
    catalog.keep_web_page("/r/plan.txt", "hash", Source("https://example.org/", '"ett"'))
    assert catalog.web_pages() == {"/r/plan.txt": ("hash", Source("https://example.org/", '"ett"'))}
    catalog.close()
    again = Catalog(old / "catalog.sqlite")
    assert len(again.records()) == 2
    again.close()


def test_pdfs_are_to_be_read_once_more_and_nothing_else(old):
    catalog = Catalog(old / "catalog.sqlite")
    assert {record.id: record.moved for record in catalog.files()} == {"plan.pdf": True, "plan.txt": False}
    catalog.close()


def test_a_migrated_store_is_synced_further(old, open_store, documents):
    (documents / "ny.md").write_text("# Hamnplan\n\nHamnen ska ta emot fartyg.\n", "utf-8")
    store = open_store(old)
    assert [outcome.outcome for outcome in sync_path(store, documents)] == ["ingested"]
    assert [record.id for record in store.catalog.records()] == ["ny.md", "plan.pdf", "plan.txt"]


def test_a_backup_of_that_version_is_restored(old, tmp_path):
    restored = restore_store(old / "catalog.sqlite", tmp_path / "restored")
    assert restored.backup.documents == 2
    catalog = Catalog(tmp_path / "restored" / "catalog.sqlite")
    assert (catalog.meta("schema"), len(catalog.records())) == (SCHEMA_VERSION, 2)
    catalog.close()


def test_processes_that_open_it_at_once_migrate_it_once(old):
    failures = []

    def open_it():
        try:
            Catalog(old / "catalog.sqlite").close()
        except Exception as error:
            failures.append(error)

    threads = [threading.Thread(target=open_it) for _ in range(8)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert failures == []
    assert columns(old, "page")[-2:] == ["read_by", "confidence"]


def test_a_migration_that_fails_changes_nothing(old, monkeypatch):
    broken = catalog_module.MIGRATIONS | {"2": (*catalog_module.MIGRATIONS["2"], "INSERT INTO nowhere VALUES (1)")}
    with monkeypatch.context() as patch:
        patch.setattr(catalog_module, "MIGRATIONS", broken)
        with pytest.raises(VectorStoreError, match="nowhere"):
            Catalog(old / "catalog.sqlite")
    assert columns(old, "page") == ["document", "number", "start", "end", "label"]
    assert columns(old, "web_page") == []
    Catalog(old / "catalog.sqlite").close()


def test_new_tables_are_those_that_a_migration_makes(old, tmp_path):
    Catalog(old / "catalog.sqlite").close()
    (tmp_path / "new").mkdir()
    Catalog(tmp_path / "new" / "catalog.sqlite").close()
    for table in ("document", "alias", "page", "block", "fact", "chunk", "failure", "staged", "web_page"):
        assert columns(old, table) == columns(tmp_path / "new", table), table
