"""Tell what holds of a language model's draft: judged sentences with the citations that bear them."""

import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from enum import StrEnum

from assistant.answers import Citation
from assistant.cite import cite_span, joined_spans, number_citation
from assistant.locate import locate_particulars
from assistant.model import Tally
from assistant.particulars import borrowed_particulars
from assistant.score import Scored
from assistant.verify import Claim, Support, Verdict
from assistant.write_out import write_nearest
from ingest.document import Document

_MARKER = re.compile(r"\[(\d+)\]")


class Outcome(StrEnum):
    """What came of a language model's draft."""

    GROWING = "growing"
    WHOLE = "whole"
    PARTIAL = "partial"
    NOTHING_HOLDS = "nothing holds"
    ABSTAINED = "abstained"
    FAILED = "failed"


@dataclass(frozen=True, slots=True)
class Drafted:
    """What a language model wrote, as far as it holds.

    Attributes:
        outcome: What came of it.
        text: With markers; empty unless something holds.
        citations: In the order of their markers.
    """

    outcome: Outcome
    text: str = ""
    citations: tuple[Citation, ...] = ()


@dataclass(frozen=True, slots=True)
class _Statement:
    """What is told for a claim, with markers numbered from 1 in it alone."""

    text: str
    citations: tuple[Citation, ...]
    opens_line: bool


class Telling:
    """An answer that is put together from claims as they are judged.

    Args:
        evidence: Evidence units by the number under which the model saw them.
        support: The same as the claims were judged by.
        documents: The documents they come from, by identifier.
        threshold: Probability with which a unit answers by itself.
    """

    def __init__(
        self,
        evidence: Mapping[int, Scored],
        support: Mapping[int, Support],
        documents: Mapping[str, Document],
        threshold: float,
    ) -> None:
        self._evidence = evidence
        self._support = support
        self._documents = documents
        self._threshold = threshold
        self._judged: list[tuple[Claim, _Statement | None]] = []
        self._opens = False
        self._told: set[int] = set()

    def take(self, claim: Claim) -> bool:
        """Take in a claim; whether it is told."""
        self._opens = self._opens or claim.opens_line
        citations = self._citations(claim)
        markers = "".join(f" [{citation.marker}]" for citation in citations)
        statement = _Statement(claim.text + markers, citations, self._opens) if citations else None
        self._judged.append((claim, statement))
        self._told.update(claim.numbers if statement else ())
        self._opens = self._opens and statement is None
        return statement is not None

    @property
    def likeliest(self) -> float:
        """The greatest certainty of the evidence that is told; 0 where nothing is."""
        return max((self._evidence[number].certainty for number in self._told), default=0.0)

    def so_far(self) -> Drafted:
        """What is told so far."""
        return Drafted(Outcome.GROWING, *_join(statement for _, statement in self._judged if statement))

    def complete(self, tally: Tally) -> Drafted:
        """What is told in the end; where a sentence fell whose evidence answers by itself, that is quoted instead.

        The answer is partial where something else fell that said anything of the matter.

        Args:
            tally: Where it is counted what fell.
        """
        tally.removed_markers += sum(claim.removed for claim, _ in self._judged)
        statements: list[_Statement] = []
        lost = False
        for claim, statement in self._judged:
            quoted = self._quotable(claim) if self._told and not statement else None
            if quoted is not None:
                self._told.add(quoted)
                statements.append(self._quote(quoted))
                tally.replaced_sentences += 1
            elif statement:
                statements.append(statement)
            else:
                lost = lost or claim.says_something
                tally.dropped_sentences += 1
        if not statements:
            return Drafted(Outcome.NOTHING_HOLDS)
        return Drafted(Outcome.PARTIAL if lost else Outcome.WHOLE, *_join(statements))

    def _citations(self, claim: Claim) -> tuple[Citation, ...]:
        """What bears a claim: the units it cites, and where the names and years stand that are not in them.

        Empty where it is not supported, or takes a name or a year from nowhere that could be cited.
        """
        if claim.verdict != Verdict.SUPPORTED:
            return ()
        said = "\n".join(self._support[number].text for number in claim.numbers)
        same_language = all(self._support[number].same_language for number in claim.numbers)
        missing = borrowed_particulars(claim.text, said, same_language=same_language)
        found: list[Citation] = []
        for number in claim.numbers:
            unit = self._evidence[number].unit
            document = self._documents[unit.document]
            for run in joined_spans(unit.spans, document.text):
                for citation in cite_span(document, run[0][0], run[-1][1], unit.headings):
                    number_citation(citation, found)
            places = locate_particulars(document, unit, missing) if missing else []
            if places is not None:
                missing = []
                for start, end in places:
                    for citation in cite_span(document, start, end, ()):
                        number_citation(citation, found)
        return () if missing else tuple(found)

    def _quotable(self, claim: Claim) -> int | None:
        """The evidence of a claim that fell, where it answers by itself and is not told already."""
        for number in claim.numbers:
            if number not in self._told and self._evidence[number].certainty >= self._threshold:
                return number
        return None

    def _quote(self, number: int) -> _Statement:
        entry = self._evidence[number]
        text, citations = write_nearest(entry, self._documents[entry.unit.document])
        return _Statement(text, citations, opens_line=True)


def _join(statements: Iterable[_Statement]) -> tuple[str, tuple[Citation, ...]]:
    """One text of statements, with markers numbered through it."""
    citations: list[Citation] = []
    text = ""
    for statement in statements:
        numbers = {known.marker: number_citation(known, citations).marker for known in statement.citations}
        text += ("\n" if statement.opens_line else " ") if text else ""
        text += _MARKER.sub(lambda marker, new=numbers: f"[{new[int(marker.group(1))]}]", statement.text)  # type: ignore[misc]
    return text, tuple(citations)
