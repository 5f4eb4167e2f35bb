"""Where what is known about documents was read: of each fact the page and the words that state it."""

from dataclasses import dataclass

from ingest.document import Field
from vectorstore.catalog import Catalog


@dataclass(frozen=True, slots=True)
class StatedFact:
    """A fact with the words that state it.

    Attributes:
        value: Its value, as in `ingest.document.Fact`.
        origin: `text`, `properties`, `name` or `override` (a `documents.toml`).
        page: Number of the page on which it stands; None where it does not come from the text.
        quote: The words there: `page_text[start:end]`. Of words that run over a page break, those before it.
        start: Offset of the quote in the stored text of the page.
        end: Offset after it.
    """

    value: str
    origin: str
    page: int | None = None
    quote: str | None = None
    start: int | None = None
    end: int | None = None


def stated_facts(catalog: Catalog) -> dict[str, dict[Field, StatedFact]]:
    """What is known about each document, by its identifier; what no document states is left out."""
    with catalog.reading() as connection:
        rows = connection.execute(
            'SELECT document.id, field, page.number, substr(text, fact.start + 1, min(fact."end", page."end") '
            '- fact.start), fact.start - page.start, min(fact."end", page."end") - page.start FROM fact '
            "JOIN document ON document.number = fact.document JOIN page ON page.document = fact.document "
            'AND page.start <= fact.start AND fact.start < page."end" WHERE stated = 0'
        ).fetchall()
        places = {(row[0], Field(row[1])): row[2:] for row in rows}
        return {
            record.id: {
                fact.field: StatedFact(fact.value, fact.origin, *places.get((record.id, fact.field), ()))
                if fact.start is not None
                else StatedFact(fact.value, fact.origin)
                for fact in record.facts
            }
            for record in catalog.records()
        }
