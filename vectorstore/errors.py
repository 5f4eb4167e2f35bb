"""Errors of the vectorstore package.

VectorStoreError
├── EmbeddingError         the embedding model cannot be found or loaded
├── ReaderError            the reader cannot be found or loaded
├── FingerprintMismatch    the store was built with another model or chunker; names the command that re-indexes
├── GenerationIncomplete   documents would be missing after a re-index; nothing was changed
├── StoreMissing           nothing has been ingested into the folder
├── StoreLocked            another process is writing; says which
├── StoreDamaged           the catalog cannot be read; says what to do
├── StoreOutdated          the catalog was made by another version of Utblick
├── StoreUnwritable        full disk, read-only folder; nothing of the change was stored
├── StoreNotEmpty          a backup would replace documents; says how to have it do so
├── BackupUnusable         a file is no backup, or is damaged or of another version; nothing was changed
├── IndexUnavailable       the vector index cannot be used; searching goes on without it
├── DuplicateContent       the same content is stored under another name
├── FolderEmpty            a folder that had documents has none: gone, or not mounted
└── UnknownDocument        no document of that name is in the store
"""

from pathlib import Path


class VectorStoreError(Exception):
    """Base of everything that the store raises. The message says what happened and what to do."""


class EmbeddingError(VectorStoreError):
    """The embedding model cannot be found or loaded."""


class ReaderError(VectorStoreError):
    """The reader cannot be found or loaded."""


class FingerprintMismatch(VectorStoreError):
    """The store was built with another embedding model, other weights or another chunker."""

    @classmethod
    def between(cls, folder: Path, stored: str | None, named: str) -> "FingerprintMismatch":
        """The error for a store in `folder` with the fingerprint `stored`, where `named` is asked for."""
        return cls(
            f"The store in {folder} was built with {stored}, but the settings name {named}. Set the embedding model "
            "back, or run `utblick ingest --rebuild` to embed all documents again."
        )


class GenerationIncomplete(VectorStoreError):
    """New chunks for all documents leave some of them out; nothing was changed."""


class StoreMissing(VectorStoreError):
    """There is no store in the folder."""


class StoreLocked(VectorStoreError):
    """Another process is writing to the store."""


class StoreDamaged(VectorStoreError):
    """The catalog cannot be read."""


class StoreOutdated(VectorStoreError):
    """The catalog was made by another version of Utblick."""


class StoreUnwritable(VectorStoreError):
    """The store cannot be written; nothing of the change was stored."""


class StoreNotEmpty(VectorStoreError):
    """A backup would replace the documents of a store."""


class BackupUnusable(VectorStoreError):
    """A file is no backup, is damaged, or was made by another version."""


class IndexUnavailable(VectorStoreError):
    """The vector index is damaged or cannot be written. It is derived: the catalog holds all that is in it."""


class DuplicateContent(VectorStoreError):
    """The same content is stored under another name."""


class FolderEmpty(VectorStoreError):
    """A folder that had documents has none."""


class UnknownDocument(VectorStoreError):
    """No document of that name is in the store."""
