"""Answer what a document writes about a subject with the section that has the subject in its heading."""

import re
from collections.abc import Iterator, Mapping, Sequence

from assistant.evidence import Unit, UnitKind, list_at
from assistant.score import names_required
from assistant.understand import Question
from ingest.chunk import heading_paths
from ingest.document import Block, BlockKind, Document, Field
from ingest.sentences import split_sentences
from vectorstore.analyse import STOP_WORDS, fold, stem, words
from vectorstore.names import is_named
from vectorstore.types import Hit

WORDS = 120
"""Words of a section that are told; its first paragraph is told in any case."""

_ORGANISATIONS = 3
"""How many organisations' sections are told at most."""

_LEAST_SHARE = 1 / 3
"""Share of a heading's words that a subject must have: a part of a long heading is another subject."""

_ABOUT = re.compile(
    r"^\W*(?:vad (?:skr(?:iver|ev)|s[äa](?:ger|de|gs)|ber[äa]ttar|anger|tycker|st[åa]r|stod|skrivs)\b.*?\bom|"
    r"vad vet (?:du|ni) om|(?:berätta|l[äa]s)\b.*?\bom|sammanfatta\b.*?\bom|beskriv|redog[öo]r f[öo]r|"
    r"what (?:does|do|did)\b.*?\b(?:say|write|state|mention|tell us)\b.*?\b(?:about|on)|"
    r"what is (?:said|written|stated) (?:about|on)|what do you know about|tell me\b.*?\babout|describe|"
    r"summari[sz]e\b.*?\b(?:about|on))\s+\W*(?P<subject>.+?)\W*$",
    re.IGNORECASE | re.DOTALL,
)


def subject_of(question: Question) -> str | None:
    """What a question wants to be told about (*Vad skriver Ekby om vänorter?*); None where it asks something else."""
    asked = _ABOUT.match(question.text)
    return asked["subject"] if asked else None


def find_sections(
    question: Question, hits: Sequence[Hit], documents: Mapping[str, Document]
) -> list[tuple[str, list[Unit]]]:
    """The beginnings of the sections that are headed by what the question wants to be told about.

    Args:
        question: The question.
        hits: Passages found, best first.
        documents: The documents they come from, by identifier.

    Returns:
        For each organisation that has such a section its paragraphs, lists and rows in order, whole sentences of about
        `WORDS` words in all; of several the newest, or one of the year asked about. Empty where the question does not
        want that, no section fits, or not each of several organisations asked about has one.
    """
    subject = subject_of(question)
    if subject is None:
        return []
    fitting: dict[str, list[tuple[str, Hit, Sequence[str]]]] = {}
    for hit in hits:
        document = documents[hit.chunk.document]
        section = _section_above(hit, subject, question, document)
        if section:
            period = document.fact(Field.PERIOD) or ""
            fitting.setdefault(document.fact(Field.ORGANISATION) or "", []).append((period, hit, section))
    if len(question.organisations) > 1 and not fitting.keys() >= set(question.organisations):
        return []
    found: list[tuple[str, list[Unit]]] = []
    for organisation, sections in [*fitting.items()][:_ORGANISATIONS]:
        asked = [entry for entry in sections if entry[0] in map(str, question.years)] or sections
        _, hit, section = max(asked, key=lambda entry: entry[0])
        room = WORDS // min(len(fitting), _ORGANISATIONS)
        found.append((organisation, [*_beginning(documents[hit.chunk.document], section, hit, room)]))
    return found


def _section_above(hit: Hit, subject: str, question: Question, document: Document) -> Sequence[str]:
    """The headings down to the one that is about the subject; empty where none is, or the document is another's."""
    organisation = document.fact(Field.ORGANISATION)
    everything = " ".join((document.title, organisation or "", document.id, *hit.chunk.headings, hit.chunk.text))
    if (question.organisations and organisation not in question.organisations) or not all(
        is_named(name, everything) for name in names_required(question, organisation or "")
    ):
        return ()
    wanted = _stems(subject) - _stems(" ".join(question.organisations))
    beyond_title = wanted - _stems(document.title)
    for depth, heading in reversed([*enumerate(hit.chunk.headings, start=1)]):
        own = _stems(heading)
        for asked in (wanted, beyond_title):
            if heading != document.title and asked and asked <= own and len(asked) >= _LEAST_SHARE * len(own):
                return hit.chunk.headings[:depth]
    return ()


def _stems(text: str) -> frozenset[str]:
    """Stems of the informative words, typed with or without diacritics; without numbers, which are years mostly."""
    return frozenset(stem(fold(word), "sv") for word in words(text) if word not in STOP_WORDS and not word.isdigit())


def _beginning(document: Document, section: Sequence[str], hit: Hit, room: int) -> Iterator[Unit]:
    """The units of a section, which has these headings above it, until there is no room for more words."""
    left, after, begun = room, 0, False
    for index, (block, headings) in enumerate(heading_paths(document)):
        if headings[: len(section)] != tuple(section):
            if begun:
                return
            continue
        if block.kind in (BlockKind.HEADING, BlockKind.CONTENTS) or block.start < after:
            continue
        kind, spans = _form(document, index, block, left)
        text = "\n".join(document.text[start:end] for start, end in spans)
        size = len(text.split())
        if begun and size > left:
            return
        yield Unit(document.id, kind, tuple(spans), text, headings, hit)
        begun, left, after = True, left - size, spans[-1][1]


def _form(document: Document, index: int, block: Block, left: int) -> tuple[UnitKind, list[tuple[int, int]]]:
    """A block as a unit: a list with what introduces it, a row, or whole sentences of a paragraph, one at least."""
    if block.kind == BlockKind.ROW:
        return UnitKind.ROW, [(block.start, block.end)]
    listed = list_at(document, index)
    if block.kind == BlockKind.PARAGRAPH and listed:
        return UnitKind.LIST, [(block.start, block.end), *listed[1:]]
    if listed:
        return UnitKind.LIST, listed
    text = document.text[block.start : block.end]
    ends = [end for _, end in split_sentences(text)]
    end = max((end for end in ends if len(text[:end].split()) <= left), default=ends[0])
    return UnitKind.SENTENCE, [(block.start, block.start + end)]
