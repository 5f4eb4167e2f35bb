"""What the store holds and returns."""

from dataclasses import dataclass, field

from ingest.chunk import Chunk
from ingest.document import Fact


@dataclass(frozen=True, slots=True)
class Filter:
    """Limits a search; an empty field does not limit.

    Attributes:
        documents: Document identifiers.
        organisations: Organisations as in the catalog, compared without case.
        years: A document passes when its period covers one of them.
    """

    documents: tuple[str, ...] = ()
    organisations: tuple[str, ...] = ()
    years: tuple[int, ...] = ()


@dataclass(frozen=True, slots=True)
class DocumentRecord:
    """A document as the catalog lists it.

    Attributes:
        id: Path relative to the ingested folder, or a web address.
        title: Stated title, else the identifier.
        organisation: Whose document it is, where stated.
        document_type: Such as `program`, `verksamhetsberättelse`, `webbsida`; where known.
        period: Year or years covered, `2021` or `2021-2027`, where known.
        language: ISO 639-1.
        format: `pdf`, `html`, `docx`, `markdown` or `text`.
        location: Absolute path of the file, or its address.
        pages: Number of pages.
        chunks: Number of chunks.
        facts: All facts with where they were read.
        ingested_at: UTC, ISO 8601.
        labels: The printed label of each page where it differs from the number.
        ocr_pages: Numbers of the pages whose text was recognised in a picture, and may hold errors.
        ocr_confidence: How sure their words are on average, from 0 to 1; None where there are none.
        unread_pages: Numbers of the pages that show something in which no text could be read.
    """

    id: str
    title: str
    organisation: str | None
    document_type: str | None
    period: str | None
    language: str | None
    format: str
    location: str
    pages: int
    chunks: int
    ingested_at: str
    facts: tuple[Fact, ...] = ()
    labels: tuple[str | None, ...] = field(default=())
    ocr_pages: tuple[int, ...] = ()
    ocr_confidence: float | None = None
    unread_pages: tuple[int, ...] = ()


@dataclass(frozen=True, slots=True)
class Hit:
    """One ranked result.

    Attributes:
        chunk: The passage.
        score: Fused score, higher is better; comparable within one search.
        rank: From 1.
        dense: Cosine of question and passage.
        lexical: Share of the question's information that the passage holds, 0 to 1.
        also: Passages of lower rank that say the same word for word, best first; they are no hits of their own.
    """

    chunk: Chunk
    score: float
    rank: int
    dense: float
    lexical: float
    also: tuple[Chunk, ...] = ()
