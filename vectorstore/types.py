"""What the store holds and returns."""

from dataclasses import dataclass, field

from ingest.chunk import Chunk
from ingest.document import Fact
from vectorstore.reader import Reading


@dataclass(frozen=True, slots=True)
class Filter:
    """Limits a search; an empty field does not limit.

    Attributes:
        documents: Document identifiers.
        organisations: Organisations as in the catalog, compared without case.
        years: A document passes when its period covers one of them.
        document_types: Types as in the catalog, compared without case.
    """

    documents: tuple[str, ...] = ()
    organisations: tuple[str, ...] = ()
    years: tuple[int, ...] = ()
    document_types: tuple[str, ...] = ()

    def passes(self, record: "DocumentRecord") -> bool:
        """Whether a document is within the limits."""
        return (
            (not self.documents or record.id in self.documents)
            and _holds(self.organisations, record.organisation)
            and (not self.years or any(covers_year(record.period, year) for year in self.years))
            and _holds(self.document_types, record.document_type)
        )


def covers_year(period: str | None, year: int) -> bool:
    """Whether a period such as `2021` or `2021-2027` covers a year."""
    if not period:
        return False
    first, _, last = period.partition("-")
    return first.isdigit() and int(first) <= year <= int(last if last.isdigit() else first)


def _holds(names: tuple[str, ...], name: str | None) -> bool:
    """Whether a name is among those asked for, whatever its case; without any, all are."""
    return not names or (name or "").casefold() in {wanted.casefold() for wanted in names}


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
        reading: What a reader makes of it; None where none read it.
    """

    chunk: Chunk
    score: float
    rank: int
    dense: float
    lexical: float
    also: tuple[Chunk, ...] = ()
    reading: Reading | None = None
