"""Read documents: files and web pages in, text with pages, blocks, facts and chunks out."""

from ingest.document import Block, BlockKind, Document, Fact, Field, Page
from ingest.errors import (
    IngestError,
    NeedsOcr,
    NeedsPassword,
    TooLarge,
    UnreadableFile,
    UnsupportedFormat,
)
from ingest.load import SUPPORTED_SUFFIXES, load_file, load_web_page

__all__ = [
    "SUPPORTED_SUFFIXES",
    "Block",
    "BlockKind",
    "Document",
    "Fact",
    "Field",
    "IngestError",
    "NeedsOcr",
    "NeedsPassword",
    "Page",
    "TooLarge",
    "UnreadableFile",
    "UnsupportedFormat",
    "load_file",
    "load_web_page",
]
