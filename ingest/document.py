"""The shape of a document that has been read: one text, with pages, blocks and facts as intervals of it."""

from dataclasses import dataclass
from enum import StrEnum


class BlockKind(StrEnum):
    """What a block of text is."""

    HEADING = "heading"
    PARAGRAPH = "paragraph"
    ITEM = "item"
    ROW = "row"
    CONTENTS = "contents"


@dataclass(frozen=True, slots=True)
class Page:
    """A page of a document: the half-open interval `[start, end)` of the document's text.

    Attributes:
        number: Counts from 1, in file order. Formats without pages have one page, number 1.
        start: Character offset of the page's first character in `Document.text`.
        end: Character offset after its last; the next page's `start`, so that pages joined give the text.
        label: What is printed on the page where it differs from the number (*iv*, *12*), else None.
        read_by: `text` (text of the file), `ocr` (text recognised in a picture, which may hold errors) or `nothing`
            (it shows something in which no text could be read).
        confidence: Of pages read by `ocr`: how sure the words are on average, from 0 to 1; else None.
    """

    number: int
    start: int
    end: int
    label: str | None = None
    read_by: str = "text"
    confidence: float | None = None


@dataclass(frozen=True, slots=True)
class Block:
    """A heading, paragraph, list item, table row or line of a table of contents.

    Attributes:
        kind: What it is.
        start: Offset of its first character in `Document.text`.
        end: Offset after its last. The text between is trimmed and never empty.
        level: Headings: 1 is the highest. Items: depth of nesting from 1. Others: 0.
        lead_in: Items: index in `Document.blocks` of the paragraph that introduces the list, if one does.
    """

    kind: BlockKind
    start: int
    end: int
    level: int = 0
    lead_in: int | None = None


class Field(StrEnum):
    """Names of the facts that are kept about a document."""

    TITLE = "title"
    ORGANISATION = "organisation"
    DOCUMENT_TYPE = "document_type"
    PERIOD = "period"
    ADOPTED_BY = "adopted_by"
    ADOPTED_ON = "adopted_on"
    REVISED_ON = "revised_on"
    REFERENCE = "reference"
    VALID_UNTIL = "valid_until"
    REPLACES = "replaces"
    RESPONSIBLE = "responsible"
    LANGUAGE = "language"
    ADDRESS = "address"


@dataclass(frozen=True, slots=True)
class Fact:
    """One fact about a document, with where it was read.

    Attributes:
        field: Which fact.
        value: Its value; dates as ISO 8601, periods as `2021` or `2021-2027`, languages as ISO 639-1.
        start: Offset in `Document.text` of the passage that states it; None when `origin` is not the text.
        end: Offset after that passage.
        origin: `text`, `header` (a running header or footer, which is no part of the text), `properties` (the file's
            metadata) or `name` (file or folder name).
    """

    field: Field
    value: str
    start: int | None = None
    end: int | None = None
    origin: str = "text"


@dataclass(frozen=True, slots=True)
class Document:
    """A document as read from a file.

    Attributes:
        id: The file's path relative to the ingested folder, with `/`; for a web page its address.
        format: `pdf`, `html`, `docx`, `odt`, `pptx`, `rtf`, `markdown` or `text`.
        content_hash: SHA-256 of the file's bytes, hexadecimal.
        text: The cleaned text of all pages.
        pages: In order; their intervals cover `text` without gap or overlap.
        blocks: In reading order; intervals do not overlap.
        facts: At most one for each field.
    """

    id: str
    format: str
    content_hash: str
    text: str
    pages: tuple[Page, ...]
    blocks: tuple[Block, ...]
    facts: tuple[Fact, ...] = ()

    def fact(self, field: Field) -> str | None:
        """The value of a fact, or None where the document does not state it."""
        return next((fact.value for fact in self.facts if fact.field == field), None)

    @property
    def title(self) -> str:
        """The stated title, else the identifier."""
        return self.fact(Field.TITLE) or self.id

    def page_at(self, offset: int) -> Page:
        """The page that holds the character at `offset` of the text."""
        for page in self.pages:
            if offset < page.end:
                return page
        return self.pages[-1]

    def page_text(self, number: int) -> str:
        """The stored text of page `number`, counted from 1.

        Raises:
            KeyError: The document has no such page.
        """
        for page in self.pages:
            if page.number == number:
                return self.text[page.start : page.end]
        raise KeyError(f"{self.id} has no page {number}; it has {len(self.pages)}")
