"""Errors of the vectorstore package.

    VectorStoreError
    ├── EmbeddingError         the embedding model cannot be found or loaded
    ├── FingerprintMismatch    the store was built with another model or chunker; names the command that re-indexes
    ├── StoreLocked            another process is writing; says which
    ├── StoreDamaged           the catalog cannot be read; says what to do
    └── UnknownDocument        no document of that name is in the store
"""


class VectorStoreError(Exception):
    """Base of everything that the store raises. The message says what happened and what to do."""


class EmbeddingError(VectorStoreError):
    """The embedding model cannot be found or loaded."""


class FingerprintMismatch(VectorStoreError):
    """The store was built with another embedding model, other weights or another chunker."""


class StoreLocked(VectorStoreError):
    """Another process is writing to the store."""


class StoreDamaged(VectorStoreError):
    """The catalog cannot be read or written."""


class UnknownDocument(VectorStoreError):
    """No document of that name is in the store."""
