"""Compare the lexical index with the passages it was made from."""

from dataclasses import dataclass

from vectorstore.acronyms import find_acronyms
from vectorstore.analyse import index_terms
from vectorstore.catalog import Catalog
from vectorstore.change import passages_to_index
from vectorstore.errors import StoreDamaged
from vectorstore.lexical import indexed_row

SAMPLE = 5000
"""How many passages are analysed again, at about a millisecond each, unless all are to be."""


@dataclass(frozen=True, slots=True)
class FullTextCheck:
    """What was found.

    Attributes:
        passages: Number of chunks.
        compared: Number of chunks whose words were compared.
        missing: Chunks that are not indexed.
        surplus: Rows of the index without a chunk.
        altered: Compared chunks whose words in the index are not those of their text.
        acronyms: Compared documents whose acronyms are not those of their text.
        broken: What is wrong within the index; None when it is well.
    """

    passages: int = 0
    compared: int = 0
    missing: int = 0
    surplus: int = 0
    altered: int = 0
    acronyms: int = 0
    broken: str | None = None

    @property
    def passed(self) -> bool:
        """Whether all is well."""
        return not (self.missing or self.surplus or self.altered or self.acronyms or self.broken)


def check_full_text(catalog: Catalog, *, everything: bool = False) -> FullTextCheck:
    """Compare the index with the chunks: which are in it, whether their words are, and whether the words lead to them.

    Args:
        catalog: Both.
        everything: Compare the words of all chunks; else, where there are more than `SAMPLE`, those of some documents
            from first to last.
    """
    broken = catalog.lexical_integrity()
    try:
        return _compare(catalog, everything, broken)
    except StoreDamaged as error:
        return FullTextCheck(catalog.count_chunks(), broken=broken or str(error.__cause__))


def _compare(catalog: Catalog, everything: bool, broken: str | None) -> FullTextCheck:
    with catalog.reading() as connection:
        run = connection.execute
        chunks = {row[0] for row in run("SELECT number FROM chunk")}
        rows = {row[0] for row in run("SELECT rowid FROM terms")}
        documents = sorted(catalog.document_versions())
        step = 1 if everything else -(-len(chunks) // SAMPLE) or 1
        compared = altered = acronyms = 0
        for number in documents[::step]:
            indexed = {
                row: tuple(words)
                for row, *words in run(
                    "SELECT rowid, body, context, folded FROM terms "
                    "WHERE rowid IN (SELECT number FROM chunk WHERE document = ?)",
                    (number,),
                )
            }
            stated = set(run("SELECT short, long FROM acronym WHERE document = ?", (number,)).fetchall())
            spelled: set[tuple[str, str]] = set()
            for row, text, context, language in passages_to_index(connection, number):
                compared += 1
                altered += row in indexed and indexed[row] != indexed_row(text, context, language)
                spelled |= {
                    (index_terms(short, language), index_terms(long, language)) for short, long in find_acronyms(text)
                }
            acronyms += stated != spelled
    return FullTextCheck(len(chunks), compared, len(chunks - rows), len(rows - chunks), altered, acronyms, broken)
