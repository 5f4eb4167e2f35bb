"""A second search backend, as small as one can be: the contract asks for nothing of SQLite's or Chroma's."""

import threading
from dataclasses import dataclass, replace

import numpy as np

from ingest.document import Field
from ingest.overrides import apply_facts
from vectorstore.analyse import words
from vectorstore.backend import Candidate
from vectorstore.errors import DuplicateContent, FingerprintMismatch, GenerationIncomplete, UnknownDocument
from vectorstore.types import covers_year


@dataclass(frozen=True)
class Entry:
    """A document as it is stored."""

    content_hash: str
    organisation: str
    period: str | None
    document_type: str
    language: str | None
    chunks: tuple


@dataclass(frozen=True)
class Generation:
    """All that is searched at one time. Never changed: each change makes another one."""

    model: str | None
    entries: dict

    @property
    def fingerprint(self):
        return self.model if any(entry.chunks for entry in self.entries.values()) else None

    def check(self, fingerprint):
        if self.fingerprint not in (None, fingerprint):
            raise FingerprintMismatch.between("memory", self.fingerprint, fingerprint)


class MemoryBackend:
    """Keeps everything in memory and compares a question with every chunk: cosine, and the share of its words."""

    def __init__(self):
        self._generation = Generation(None, {})
        self._lock = threading.Lock()

    @property
    def fingerprint(self):
        return self._generation.fingerprint

    def upsert(self, document, chunks, fingerprint, source):
        with self._lock:
            self._generation.check(fingerprint)
            entries = dict(self._generation.entries)
            for name, entry in entries.items():
                if name != document.id and entry.content_hash == document.content_hash:
                    raise DuplicateContent(f"The content of {document.id} is stored already, as {name}.")
            facts = apply_facts(document, source.stated)
            entries[document.id] = Entry(
                document.content_hash, (facts.fact(Field.ORGANISATION) or "").casefold(), facts.fact(Field.PERIOD),
                (facts.fact(Field.DOCUMENT_TYPE) or "").casefold(), facts.fact(Field.LANGUAGE), tuple(chunks),
            )  # fmt: skip
            self._generation = Generation(fingerprint, entries)

    def delete(self, document_id):
        with self._lock:
            entries = dict(self._generation.entries)
            if entries.pop(document_id, None) is None:
                raise UnknownDocument(document_id)
            self._generation = replace(self._generation, entries=entries)

    def publish(self, fingerprint, generation):
        with self._lock:
            entries = {}
            for document_id, chunks in generation:
                if document_id not in self._generation.entries:
                    raise UnknownDocument(document_id)
                entries[document_id] = replace(self._generation.entries[document_id], chunks=tuple(chunks))
            if len(entries) < len(self._generation.entries):
                raise GenerationIncomplete("Documents were left out.")
            self._generation = Generation(fingerprint, entries)

    def spelled(self, question):
        return question

    def query(self, query, top_k, limits):
        generation = self._generation
        generation.check(query.fingerprint)
        wanted = [word for word in words(query.question) if len(word) > 3]
        candidates = [
            Candidate(
                stored.chunk,
                entry.language,
                float(np.dot(stored.vector, query.vector)),
                sum(word in words(stored.chunk.text) for word in wanted) / max(len(wanted), 1),
            )
            for name, entry in generation.entries.items()
            if passes(limits, name, entry)
            for stored in entry.chunks
        ]
        near = sorted(candidates, key=lambda candidate: -candidate.dense)[:top_k]
        worded = [candidate for candidate in candidates if candidate.lexical and candidate not in near]
        return near + sorted(worded, key=lambda candidate: -candidate.lexical)[:top_k]


def passes(limits, name, entry):
    return (
        (not limits.documents or name in limits.documents)
        and (not limits.organisations or entry.organisation in {name.casefold() for name in limits.organisations})
        and (not limits.document_types or entry.document_type in {kind.casefold() for kind in limits.document_types})
        and (not limits.years or any(covers_year(entry.period, year) for year in limits.years))
    )
