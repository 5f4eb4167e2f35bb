"""The seam below search: what is asked of the place where chunks are kept and found."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import Protocol

import numpy as np
from numpy.typing import NDArray

from ingest.chunk import Chunk
from ingest.document import Document, Fact
from vectorstore.change import Alias, EmbeddedChunk
from vectorstore.types import Filter


@dataclass(frozen=True, slots=True)
class Source:
    """Where a document was read, for a backend that keeps files and documents in line.

    Attributes:
        root: Folder that was ingested; empty for a web page.
        location: Absolute path or address.
        stated: Facts that someone stated about the document, which go before those that were read.
        aliases: Files with the same content.
    """

    root: str
    location: str
    stated: Sequence[Fact] = ()
    aliases: Sequence[Alias] = ()


@dataclass(frozen=True, slots=True)
class Query:
    """A question, ready for both halves of retrieval.

    Attributes:
        question: Standing on its own.
        terms: Its terms, as `query_terms` gives them.
        vector: Its embedding, shape (dimension,), of length 1.
        fingerprint: Of the model and chunker that the vector belongs to.
    """

    question: str
    terms: Sequence[tuple[str, ...]]
    vector: NDArray[np.float32]
    fingerprint: str


@dataclass(frozen=True, slots=True)
class Candidate:
    """A chunk that one of the two halves of retrieval found, with both of its scores."""

    chunk: Chunk
    language: str | None
    dense: float
    lexical: float


class SearchBackend(Protocol):
    """Keeps the chunks of documents with their vectors and words, and finds them again.

    What it holds belongs to one generation: chunks and vectors of one fingerprint. Each change is seen whole or not at
    all, by whoever asks meanwhile. `tests/vectorstore/backend_contract.py` holds implementations to what is said here.
    """

    @property
    def fingerprint(self) -> str | None:
        """Of the generation that is searched; None while it holds no chunk."""

    def upsert(self, document: Document, chunks: Sequence[EmbeddedChunk], fingerprint: str, source: Source) -> None:
        """Store a document in place of what stood under its identifier. The first one begins a generation.

        Args:
            document: With the facts that were read.
            chunks: Its chunks with their vectors.
            fingerprint: Of the model and chunker that made them.
            source: Where it was read.

        Raises:
            FingerprintMismatch: The generation has another fingerprint.
            DuplicateContent: Another document has the same content.
        """

    def delete(self, document_id: str) -> None:
        """Remove a document with its chunks.

        Raises:
            UnknownDocument: No document has this identifier.
        """

    def publish(self, fingerprint: str, generation: Iterable[tuple[str, Sequence[EmbeddedChunk]]]) -> None:
        """Put other chunks in place of all, in one step; until it is done, the former ones are searched.

        Args:
            fingerprint: Of the model and chunker that made them.
            generation: Identifier of each stored document, with its new chunks. Read once; when it raises, or leaves
                a document out, nothing is changed.

        Raises:
            GenerationIncomplete: A document was left out.
            UnknownDocument: No document has one of the identifiers.
        """

    def spelled(self, question: str) -> str:
        """The question as the documents spell its words, for the embedding model; the question itself will do."""

    def query(self, query: Query, top_k: int, limits: Filter) -> list[Candidate]:
        """What the dense and the lexical half find, each chunk with both scores, all from one state.

        Args:
            query: The question.
            top_k: How many each half gives.
            limits: Documents to search in.

        Returns:
            Up to twice `top_k` candidates, in no particular order, none twice: `dense` is the cosine of the vectors,
            `lexical` the share of the question's information that the chunk holds, 0 to 1.

        Raises:
            FingerprintMismatch: The generation has another fingerprint than the query.
        """
