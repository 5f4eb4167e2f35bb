"""Checks of a store, as data."""

import itertools
from collections.abc import Iterator
from dataclasses import asdict, dataclass, replace
from typing import Any

from vectorstore.errors import FingerprintMismatch, IndexUnavailable
from vectorstore.full_text import check_full_text
from vectorstore.nearest import Difference
from vectorstore.store import Store

SAMPLE = 500
"""How many vectors are looked for by themselves: a damaged index has lost some without its count telling."""

_REPAIR = "utblick doctor --repair"
_REBUILD = "utblick ingest --rebuild"


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
        repair: Make the lexical and the vector index anew from the catalog where they are not well; without embedding.

    Returns:
        One check for each thing looked at.

    Raises:
        StoreLocked: Another process is writing, and something is to be repaired.
        StoreUnwritable: The store can only be read, and something is to be repaired.
    """
    checks = [_check_catalog(store)]
    if not checks[0].passed:
        return checks
    lexical = _check_terms(store, everything=repair)
    if repair and not lexical.passed:
        with store.writing(check=False):
            store.catalog.rebuild_lexical()
        again = _check_terms(store, everything=True)
        lexical = replace(again, message=f"{again.message} It was made anew from the passages.")
    checks += [_check_files(store), lexical, _check_vectors(store)]
    if not checks[-1].passed:
        return checks
    checks.append(_check_documents(store))
    try:
        store.check_fingerprint()
    except FingerprintMismatch as error:
        return [*checks, Check("fingerprint", False, "error", str(error), _REBUILD)]
    checks.append(Check("fingerprint", True, "error", store.fingerprint))
    index = _check_index(store, everything=repair)
    if repair and not index.passed:
        with store.writing():
            rebuilt = store.index.rebuild()
        again = _check_index(store, everything=True)
        made = " It was made anew from the catalog."
        index = Check(again.name, again.passed, again.severity, again.message + made * rebuilt, again.remedy)
    return [*checks, index]


def _check_catalog(store: Store) -> Check:
    problem = store.catalog.integrity()
    if problem:
        remedy = "Put back a copy of the data folder, or move it away and ingest again."
        return Check("catalog", False, "error", problem, remedy)
    return Check("catalog", True, "error", f"{len(store.catalog.files())} files, intact.")


def _check_documents(store: Store) -> Check:
    """Pages cover the text, and each chunk is what stands at its place."""
    wrong = [record.id for record in store.catalog.records() if not _is_consistent(store, record.id)]
    message = f"{', '.join(wrong[:5])}: pages or passages do not fit the text." if wrong else "Pages and passages fit."
    remedy = "utblick ingest --reread FOLDER" if wrong else ""
    return Check("documents", not wrong, "error", message, remedy)


def _is_consistent(store: Store, document_id: str) -> bool:
    with store.catalog.reading():
        document = store.catalog.document(document_id)
        chunks = store.catalog.chunks_of(document_id)
    bounds = [0, *(page.end for page in document.pages)]
    return (
        [page.start for page in document.pages] == bounds[:-1]
        and bounds[-1] == len(document.text)
        and all(document.text[chunk.start : chunk.end] == chunk.text for chunk in chunks)
    )


def _check_vectors(store: Store) -> Check:
    """All vectors have as many numbers and are of length 1: others cannot be compared with a question's."""
    wrong = store.catalog.unusable_vectors()
    message = f"{len(wrong)} vectors cannot be used, the first of {wrong[0]}." if wrong else "All can be used."
    return Check("vectors", not wrong, "error", message, _REBUILD if wrong else "")


def _check_files(store: Store) -> Check:
    failures = store.catalog.failures()
    named = "; ".join(failure.reason for failure in failures[:5])
    message = f"{len(failures)} files could not be read. {named}" if failures else "All files could be read."
    return Check(
        "files", not failures, "warning", message, "utblick ingest FOLDER, when they are mended" * bool(failures)
    )


def _check_terms(store: Store, *, everything: bool) -> Check:
    """Each passage is indexed, with the words of its text, and each word leads to its passages."""
    found = check_full_text(store.catalog, everything=everything)
    if found.passed:
        some = "" if found.compared == found.passages else f"; the words of {found.compared} were compared"
        return Check("lexical index", True, "error", f"In step with {found.passages} passages{some}.")
    message = (
        f"Of {found.passages} passages {found.missing} are missing and {found.altered} have other words; "
        f"{found.surplus} rows are without a passage, the acronyms of {found.acronyms} documents differ."
    )
    broken = f" The index is broken: {found.broken}." if found.broken else ""
    return Check("lexical index", False, "error", message + broken, _REPAIR)


def _check_index(store: Store, *, everything: bool) -> Check:
    try:
        difference = store.index.difference()
        lost = store.index.lost(list(_sample(store, everything)))
    except IndexUnavailable as error:
        return Check("vector index", False, "error", str(error), _REPAIR)
    if difference is None:
        message = (
            "The folder can only be read, so it is not used; the catalog's vectors are searched."
            if store.catalog.read_only
            else "Another process has it open and keeps it in step; this one searches the catalog's vectors."
        )
        return Check("vector index", True, "warning", message)
    if difference == Difference() and not lost:
        return Check("vector index", True, "error", "In step with the catalog.")
    message = (
        f"{len(difference.missing)} vectors missing or old, {len(difference.surplus)} without a chunk, "
        f"{len(lost)} not found by themselves."
    )
    return Check("vector index", False, "error", message, _REPAIR)


def _sample(store: Store, everything: bool) -> Iterator[str]:
    ids = store.catalog.chunk_ids()
    return itertools.islice(ids, 0, None, 1 if everything else max(len(ids) // SAMPLE, 1))
