"""The tables of the catalog."""

SCHEMA_VERSION = "3"
"""Raise it when the tables change, with what leads there in `MIGRATIONS`; a catalog of a version from which nothing
leads to this one is refused with what to do."""

SCHEMA = """
CREATE TABLE IF NOT EXISTS meta (key TEXT PRIMARY KEY, value TEXT NOT NULL) STRICT, WITHOUT ROWID;
-- Numbers are never used again: what still knows a removed document must not take another one for it.
CREATE TABLE IF NOT EXISTS document (
    number INTEGER PRIMARY KEY AUTOINCREMENT, id TEXT NOT NULL UNIQUE, root TEXT NOT NULL,
    location TEXT NOT NULL UNIQUE, read_at TEXT NOT NULL, format TEXT NOT NULL, content_hash TEXT NOT NULL UNIQUE,
    language TEXT, text TEXT NOT NULL, ingested_at TEXT NOT NULL, version INTEGER NOT NULL
) STRICT;
-- What tells which documents changed, without reading past their texts.
CREATE INDEX IF NOT EXISTS document_version ON document (id, location, version);
CREATE TABLE IF NOT EXISTS alias (
    location TEXT PRIMARY KEY, root TEXT NOT NULL, id TEXT NOT NULL UNIQUE,
    document INTEGER NOT NULL REFERENCES document ON DELETE CASCADE
) STRICT, WITHOUT ROWID;
CREATE INDEX IF NOT EXISTS alias_document ON alias (document);
CREATE TABLE IF NOT EXISTS page (
    document INTEGER NOT NULL REFERENCES document ON DELETE CASCADE, number INTEGER NOT NULL,
    start INTEGER NOT NULL, "end" INTEGER NOT NULL, label TEXT, read_by TEXT NOT NULL DEFAULT 'text', confidence REAL,
    PRIMARY KEY (document, number)
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
-- Where a web page was found when its content was read, and by what its server recognises that state.
CREATE TABLE IF NOT EXISTS web_page (
    location TEXT PRIMARY KEY, content_hash TEXT NOT NULL, address TEXT NOT NULL, etag TEXT, last_modified TEXT
) STRICT, WITHOUT ROWID;
-- Vectors of a new model, kept until all are there.
CREATE TABLE IF NOT EXISTS staged (
    embedded BLOB NOT NULL, fingerprint TEXT NOT NULL, vector BLOB NOT NULL, PRIMARY KEY (embedded, fingerprint)
) STRICT, WITHOUT ROWID;
"""

MIGRATIONS: dict[str, tuple[str, ...]] = {
    # Which pages were read by OCR was not kept: `read_at` has the next sync read each PDF once more.
    "2": (
        "ALTER TABLE page ADD COLUMN read_by TEXT NOT NULL DEFAULT 'text'",
        "ALTER TABLE page ADD COLUMN confidence REAL",
        "CREATE TABLE web_page (location TEXT PRIMARY KEY, content_hash TEXT NOT NULL, address TEXT NOT NULL, "
        "etag TEXT, last_modified TEXT) STRICT, WITHOUT ROWID",
        "UPDATE document SET read_at = '' WHERE format = 'pdf'",
        "CREATE INDEX IF NOT EXISTS document_version ON document (id, location, version)",
    ),
}
"""What makes of the tables of a version those of the next: statements in order, one transaction for each version."""
