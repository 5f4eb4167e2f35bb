"""Checks of a store, as data."""

from dataclasses import asdict, dataclass
from typing import Any

import numpy as np

from vectorstore.errors import FingerprintMismatch
from vectorstore.store import Store

SAMPLE = 50
"""How many vectors are looked for by themselves: a damaged index has lost some without its count telling."""


@dataclass(frozen=True, slots=True)
class Check:
    """One finding.

    Attributes:
        name: What was looked at.
        passed: Whether it is well.
        severity: `error` or `warning`.
        message: What was found.
        remedy: What to do; empty when it is well.
    """

    name: str
    passed: bool
    severity: str
    message: str
    remedy: str = ""

    def as_json(self) -> dict[str, Any]:
        """The check as plain data."""
        return asdict(self)


def diagnose(store: Store, *, repair: bool = False) -> list[Check]:
    """Compare catalog, full text and vector index.

    Args:
        store: The store.
        repair: Mend the vector index from the catalog, without embedding again.

    Returns:
        One check for each thing looked at.
    """
    checks = [_check_catalog(store), _check_terms(store)]
    try:
        store.check_fingerprint()
    except FingerprintMismatch as error:
        return [*checks, Check("fingerprint", False, "error", str(error), "utblick ingest --rebuild")]
    checks.append(Check("fingerprint", True, "error", store.fingerprint))
    mended = ""
    if repair:
        with store.writing():
            added, removed = store.repair(thorough=True)
            mended = f" {added} vectors were put back and {removed} removed." if added or removed else ""
    missing, surplus = store.index_difference()
    lost = _lost_vectors(store)
    well = not (missing or surplus or lost)
    found = f"{len(missing)} vectors missing, {len(surplus)} without a chunk, {lost} of a sample not found by themselves."
    checks.append(
        Check("vector index", well, "error", "In step with the catalog." + mended if well else found,
              "" if well else "utblick doctor --repair")
    )  # fmt: skip
    return checks


def _check_catalog(store: Store) -> Check:
    problem = store.catalog.integrity()
    count = len(store.catalog.files())
    remedy = "Move the data folder away and ingest again." if problem else ""
    return Check("catalog", problem is None, "error", problem or f"{count} files, intact.", remedy)


def _check_terms(store: Store) -> Check:
    chunks, terms = store.catalog.count_chunks(), store.catalog.count_terms()
    well = chunks == terms
    return Check(
        "lexical index", well, "error", f"{terms} of {chunks} chunks.", "" if well else "utblick ingest --rebuild"
    )


def _lost_vectors(store: Store) -> int:
    """How many of a sample of chunks are not found by searching for their own vector."""
    ids = store.catalog.chunk_ids()
    step = max(len(ids) // SAMPLE, 1)
    lost = 0
    for chunk_id, _, vector in store.catalog.vectors(ids[::step]):
        lost += not store.finds(chunk_id, vector / np.linalg.norm(vector))
    return lost
