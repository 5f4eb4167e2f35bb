"""Tell whether two stores hold the same: a digest of what answers are made from, not of when or where it was stored."""

from hashlib import sha256

from vectorstore.catalog import Catalog

_ROWS = (
    "SELECT id, format, language, content_hash, text FROM document ORDER BY id",
    "SELECT id, field, stated, value, fact.start, fact.\"end\", origin FROM fact "
    "JOIN document ON document.number = fact.document ORDER BY id, field, stated",
    'SELECT id, page.number, page.start, page."end", label FROM page '
    "JOIN document ON document.number = page.document ORDER BY id, page.number",
    'SELECT id, ordinal, kind, block.start, block."end", level, lead_in FROM block '
    "JOIN document ON document.number = block.document ORDER BY id, ordinal",
)  # fmt: skip
"""Chunks and vectors follow from these and from the store's fingerprint."""


def digest_contents(catalog: Catalog) -> str:
    """Identity of the documents of a store as they were read: equal wherever and whenever they were stored.

    `Catalog.state` names one moment of one store instead: it tells of a change at once, and is random.

    Returns:
        32 hexadecimal digits of a SHA-256.
    """
    total = sha256()
    with catalog.reading() as connection:
        for query in _ROWS:
            for row in connection.execute(query):
                total.update(repr(row).encode("utf-8", "surrogatepass"))
    return total.hexdigest()[:32]
