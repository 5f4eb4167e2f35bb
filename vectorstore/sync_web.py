"""Sync web pages with the store: what changed since it was read is read again."""

from collections.abc import Sequence
from dataclasses import replace

from ingest.address import normal_address
from ingest.document import Document
from ingest.errors import IngestError, PageGone
from ingest.limits import Limits
from ingest.load import WebPage
from ingest.worker import LoadWorker
from vectorstore.outcome import FileOutcome, Outcome, Report, Start, kept, silent, unannounced, unread_pages
from vectorstore.plan import PresentFile, plan_sync
from vectorstore.rearrange import exists, rearrange
from vectorstore.store import Store


def sync_addresses(
    store: Store,
    addresses: Sequence[str],
    *,
    limits: Limits | None = None,
    allow_private: bool = False,
    reread: bool = False,
    report: Report = silent,
    start: Start = unannounced,
) -> list[FileOutcome]:
    """Bring the store in line with web pages; the address of each becomes its document's identifier.

    A page that was read before is asked for with what its server gave to recognise it by, so that one that did not
    change is not sent again. A page that is gone, or does not come, keeps what was read of it earlier, and is reported.

    Args:
        store: The store; its write lock is held meanwhile.
        addresses: Beginning with `http://` or `https://`; one that is named twice is looked at once.
        limits: What reading a page may cost; None for the usual ones.
        allow_private: Also fetch from private network ranges.
        reread: Read unchanged pages as well, after an upgrade that reads better.
        report: Called after each page.
        start: Called before each page.

    Returns:
        One outcome for each address.

    Raises:
        StoreLocked: Another process is writing.
        StoreUnwritable: The disk is full or the store can only be read; what was reported before is stored.
    """
    outcomes: list[FileOutcome] = []
    named = list(dict.fromkeys(_normal(address) for address in addresses))
    with store.writing(), LoadWorker(limits, allow_private=allow_private) as worker:
        for number, address in enumerate(named, start=1):
            start(address, number - 1, len(named))
            outcomes.append(_sync_address(store, worker, address, reread))
            report(outcomes[-1], number, len(named))
    return outcomes


def stored_addresses(store: Store) -> list[str]:
    """The addresses of all web pages that are stored, and of those that are copies of one."""
    return [record.location for record in store.catalog.files() if not record.root]


def _normal(address: str) -> str:
    """The one spelling of an address; one that has none is reported as it was given."""
    try:
        return normal_address(address)
    except IngestError:
        return address


def _sync_address(store: Store, worker: LoadWorker, address: str, reread: bool) -> FileOutcome:
    record = next((record for record in store.catalog.files() if record.location == address), None)
    known = None
    if record is not None and not (reread or record.moved):
        content_hash, known = store.catalog.web_pages().get(address, ("", None))
        # What was stored after it, or instead of it, is not what the server would compare with.
        known = known if content_hash == record.content_hash else None
    try:
        page = worker.read_web_page(address, known)
    except IngestError as error:
        if record is None:
            return FileOutcome(address, Outcome(error.outcome), reason=str(error))
        remedy = f"`utblick remove {record.document}` takes it out" if isinstance(error, PageGone) else ""
        reason = kept(str(error), remedy)
        return FileOutcome(address, Outcome(error.outcome), record.document, reason=reason)
    if page.document is None:
        assert record is not None, "only of what is stored something is known"
        return FileOutcome(address, Outcome.UNCHANGED, record.document)
    outcome = _store(store, address, page, reread)
    store.catalog.keep_web_page(address, page.document.content_hash, page.source)
    return outcome


def _store(store: Store, address: str, page: WebPage, reread: bool) -> FileOutcome:
    """Store what was read of a page, where it is not stored already."""
    assert page.document is not None
    document = page.document
    file = PresentFile(address, address, "", document.content_hash)
    plan = plan_sync(store.catalog.files(), [file], lambda location: location == address, exists)
    rearrange(store, plan)
    if plan.readings:
        document = replace(document, id=plan.readings[0].document)
        store.replace(document, "", address)
        return FileOutcome(address, Outcome.INGESTED, document.id, len(document.pages), unread_pages(document))
    if plan.copies:
        return FileOutcome(address, Outcome.DUPLICATE, plan.copies[0][2])
    if plan.renamed:
        return FileOutcome(address, Outcome.RENAMED, plan.renamed[0][1])
    identifier = plan.unchanged[0][1]
    record = next(record for record in store.catalog.files() if record.location == address)
    document = replace(document, id=identifier)
    stored = store.catalog.read_document(identifier)
    if record.is_alias or (not (reread or record.moved) and _by_field(document) == _by_field(stored)):
        return FileOutcome(address, Outcome.UNCHANGED, identifier)
    _, former = store.catalog.web_pages().get(address, ("", None))
    store.replace(document, "", address, store.catalog.stated().get(identifier, ()))
    if former is not None and former.address != page.source.address:
        moved = f"It is found at {page.source.address} now."
        return FileOutcome(address, Outcome.RENAMED, identifier, len(document.pages), moved)
    return FileOutcome(address, Outcome.INGESTED if reread else Outcome.UNCHANGED, identifier, len(document.pages))


def _by_field(document: Document) -> Document:
    """The document with its facts in the order of their names."""
    return replace(document, facts=tuple(sorted(document.facts, key=lambda fact: fact.field)))
