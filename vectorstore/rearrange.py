"""Carry out what a sync has to do without reading a file."""

import os

from ingest.address import is_address
from ingest.find import path_of
from vectorstore.plan import Plan
from vectorstore.store import Store


def rearrange(store: Store, plan: Plan) -> None:
    """Store what a plan says of moves, copies and removals, in one transaction. To be called while `writing`."""
    if not (plan.deleted or plan.moves or plan.forgotten or plan.copies):
        return
    with store.catalog.transaction() as change:
        for location in plan.forgotten:
            change.delete_alias(location)
        for document_id in plan.deleted:
            change.delete(document_id)
        change.move(plan.moves)
        for file, identifier, document_id in plan.copies:
            change.add_alias(document_id, identifier, file.root, file.location)


def exists(location: str) -> bool:
    """Whether a file is still there; a web page, and what cannot be looked at, is taken to be."""
    if is_address(location):
        return True
    try:
        os.stat(path_of(location))  # noqa: PTH116 - `Path.exists` raises where a folder may not be entered
    except (FileNotFoundError, NotADirectoryError):
        return False
    except OSError:
        return True
    return True
