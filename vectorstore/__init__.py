"""The store of documents and its retrieval.

What is named here is imported when it is first used, so that importing the package costs nothing:

    from vectorstore import UtblickRetriever

    retriever = UtblickRetriever.open("data")
    for document in retriever.invoke("Vilka mål har programmet?"):
        print(document.metadata["document"], document.metadata["page"], document.page_content)
"""

from importlib import import_module
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from vectorstore.backend import SearchBackend
    from vectorstore.backup import backup_store, restore_store
    from vectorstore.embed import SentenceEmbeddings
    from vectorstore.errors import VectorStoreError
    from vectorstore.outcome import FileOutcome, Outcome
    from vectorstore.retriever import UtblickRetriever
    from vectorstore.store import Store
    from vectorstore.sync import sync_path
    from vectorstore.sync_web import sync_addresses
    from vectorstore.types import DocumentRecord, Filter, Hit

__all__ = [
    "DocumentRecord",
    "FileOutcome",
    "Filter",
    "Hit",
    "Outcome",
    "SearchBackend",
    "SentenceEmbeddings",
    "Store",
    "UtblickRetriever",
    "VectorStoreError",
    "backup_store",
    "restore_store",
    "sync_addresses",
    "sync_path",
]

_MODULES = {
    "DocumentRecord": "types",
    "FileOutcome": "outcome",
    "Filter": "types",
    "Hit": "types",
    "Outcome": "outcome",
    "SearchBackend": "backend",
    "SentenceEmbeddings": "embed",
    "Store": "store",
    "UtblickRetriever": "retriever",
    "VectorStoreError": "errors",
    "backup_store": "backup",
    "restore_store": "backup",
    "sync_addresses": "sync_web",
    "sync_path": "sync",
}


def __getattr__(name: str) -> object:
    """Import what is asked for."""
    if name not in _MODULES:
        raise AttributeError(f"module 'vectorstore' has no attribute {name!r}")
    return getattr(import_module(f"vectorstore.{_MODULES[name]}"), name)


def __dir__() -> list[str]:
    """The public names."""
    return __all__
