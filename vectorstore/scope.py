"""Recognise what a question says of the documents that can answer it, and favour those."""

import re
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace

from vectorstore.document_types import types_named
from vectorstore.organisations import organisations_named
from vectorstore.strangers import Stranger, find_strangers
from vectorstore.titles import documents_named
from vectorstore.types import DocumentRecord, covers_year

ORGANISATION, YEAR, DOCUMENT_TYPE, DOCUMENT = 0.02, 0.04, 0.02, 0.1
"""What a document's passages gain, beside a cosine, for each thing that a question names of it."""

_AFTER = re.compile(
    r"\b[åa]ret (?:därpå|darpa|därefter|darefter|efter)\b|\b(?:following|next) year\b|\byear after\b", re.IGNORECASE
)
_BEFORE = re.compile(r"\b[åa]ret (?:innan|före|fore|dessförinnan)\b|\bprevious year\b|\byear before\b", re.IGNORECASE)
_YEAR = re.compile(r"\b(?:19|20)\d\d\b")


@dataclass(frozen=True, slots=True)
class Mentions:
    """What a question names of the documents here, and of others.

    Attributes:
        organisations: Those that have documents here, as in the catalog.
        years: Years.
        document_types: Types that documents here have, as in the catalog.
        documents: Identifiers of documents named by title or file name.
        strangers: Organisations that have no document here, surest first.
    """

    organisations: tuple[str, ...] = ()
    years: tuple[int, ...] = ()
    document_types: tuple[str, ...] = ()
    documents: tuple[str, ...] = ()
    strangers: tuple[Stranger, ...] = ()

    def among(self, records: Sequence[DocumentRecord]) -> "Mentions":
        """The same without what none of these documents has."""
        return replace(
            self,
            organisations=_held(self.organisations, (record.organisation for record in records)),
            document_types=_held(self.document_types, (record.document_type for record in records)),
            documents=_held(self.documents, (record.id for record in records)),
        )


def find_mentions(question: str, records: Sequence[DocumentRecord]) -> Mentions:
    """What a question names: organisations, years, types of documents, and documents.

    Args:
        question: Standing on its own, Swedish or English.
        records: The documents here.
    """
    known = sorted({record.organisation for record in records if record.organisation})
    organisations = organisations_named(question, known)
    types = sorted({record.document_type for record in records if record.document_type})
    return Mentions(
        organisations=tuple(organisations),
        years=years_named(question),
        document_types=tuple(types_named(question, types)),
        documents=tuple(documents_named(question, records, organisations)),
        strangers=tuple(find_strangers(question, known)),
    )


def years_named(question: str) -> tuple[int, ...]:
    """The years in a question, in order, each once; with *året därpå* or *the year before* those as well."""
    years = [int(match.group()) for match in _YEAR.finditer(question)]
    shifts = [shift for shift, pattern in ((0, _YEAR), (1, _AFTER), (-1, _BEFORE)) if pattern.search(question)]
    return tuple(dict.fromkeys(year + shift for shift in shifts for year in years))


def _held(names: tuple[str, ...], values: Iterable[str | None]) -> tuple[str, ...]:
    held = set(values)
    return tuple(name for name in names if name in held)


def bonuses(mentions: Mentions, records: Sequence[DocumentRecord]) -> dict[str, float]:
    """What passages of each document gain; documents of which the question names nothing are left out.

    Nothing is taken from the others, and nothing is excluded: what a question names need not be whose document
    answers (*What did Malmö do?*, in a report on three cities).
    """
    gained = {record.id: _bonus(mentions, record) for record in records}
    return {document: bonus for document, bonus in gained.items() if bonus}


def _bonus(mentions: Mentions, record: DocumentRecord) -> float:
    return (
        ORGANISATION * (record.organisation in mentions.organisations)
        + YEAR * any(covers_year(record.period, year) for year in mentions.years)
        + DOCUMENT_TYPE * (record.document_type in mentions.document_types)
        + DOCUMENT * (record.id in mentions.documents)
    )
