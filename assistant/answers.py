"""What an answer is: the object that the command line prints, the chat shows and a batch writes."""

from collections.abc import Mapping
from dataclasses import dataclass
from enum import StrEnum
from typing import Any

from vectorstore.types import Filter


class AnswerStatus(StrEnum):
    """Every way in which an answer can end."""

    ANSWERED = "answered"
    PARTIAL = "partial"
    NOT_FOUND = "not_found"
    NEEDS_CLARIFICATION = "needs_clarification"
    REFUSED = "refused"
    FAILED = "failed"


@dataclass(frozen=True, slots=True)
class Citation:
    """Where a marker in an answer leads.

    Attributes:
        marker: The number that stands as `[1]` in the text.
        document: Identifier of the document.
        title: Its title.
        organisation: Whose document it is, where known.
        page: Page number from 1.
        section: Headings above the quote, outermost first.
        quote: Verbatim from the stored text of the page: `page_text[start:end] == quote`.
        start: Character offset in the stored page text.
        end: Offset after the quote.
    """

    marker: int
    document: str
    title: str
    organisation: str | None
    page: int
    section: tuple[str, ...]
    quote: str
    start: int
    end: int


@dataclass(frozen=True, slots=True)
class Retrieved:
    """A passage that was considered.

    Attributes:
        document: Identifier of the document.
        page: Page on which the passage begins, from 1.
        section: Headings above it.
        score: Fused score, higher is better; comparable within one answer only.
        text: The passage.
    """

    document: str
    page: int
    section: tuple[str, ...]
    score: float
    text: str


@dataclass(frozen=True, slots=True)
class Writing:
    """What a language model had to do with an answer; all zero and None where none was asked.

    Attributes:
        prompt: Digest of the prompt that the answer was asked for with; None where it was not.
        calls: How often a model was asked: for the answer, for a standalone question, and again after a failure.
        input_tokens: Tokens that the models read, where the provider tells.
        output_tokens: Tokens that they wrote, where the provider tells.
        dropped_sentences: Sentences that were left out because their evidence does not say them.
        replaced_sentences: Sentences in whose place the evidence itself is quoted.
        removed_markers: Markers that led to no evidence.
        failure: Name of the error with which a model failed, so that the answer is the extractive one.
    """

    prompt: str | None = None
    calls: int = 0
    input_tokens: int | None = None
    output_tokens: int | None = None
    dropped_sentences: int = 0
    replaced_sentences: int = 0
    removed_markers: int = 0
    failure: str | None = None


@dataclass(frozen=True, slots=True)
class Answer:
    """One answer, complete or, while it is streamed, as far as it has come.

    Attributes:
        id: Unique for each answer, or the identifier that an evaluation case gives.
        question: As asked.
        standalone_question: The question made independent of the conversation.
        language: `sv` or `en`.
        status: How it ended.
        text: Plain text with markers, lines starting with `- ` for lists and `**` around emphasised values.
        citations: In the order of their markers.
        retrieved: Passages considered, best first.
        seconds: Wall-clock time.
        model: `extractive`, or the language model's name.
        writing: What a language model had to do with it.
    """

    id: str
    question: str
    standalone_question: str
    language: str
    status: AnswerStatus
    text: str
    citations: tuple[Citation, ...] = ()
    retrieved: tuple[Retrieved, ...] = ()
    seconds: float = 0.0
    model: str = "extractive"
    writing: Writing = Writing()

    def as_json(self) -> dict[str, Any]:
        """The object of the command line's `--json` and of `answers.jsonl`."""
        from dataclasses import asdict

        plain = asdict(self)
        plain["status"] = self.status.value
        plain["seconds"] = round(self.seconds, 3)
        return plain

    @classmethod
    def from_json(cls, values: Mapping[str, Any]) -> "Answer":
        """The answer that `as_json` was made from; one kept before answers told of language models has none of that.

        Raises:
            KeyError, TypeError, ValueError: It is no answer.
        """

        def section(entry: Mapping[str, Any]) -> dict[str, Any]:
            return {**entry, "section": tuple(entry["section"])}

        own = {
            "status": AnswerStatus(values["status"]),
            "citations": tuple(Citation(**section(entry)) for entry in values["citations"]),
            "retrieved": tuple(Retrieved(**section(entry)) for entry in values["retrieved"]),
            "writing": Writing(**values.get("writing", {})),
        }
        return cls(**{**values, **own})


@dataclass(frozen=True, slots=True)
class Turn:
    """An earlier question of the conversation, with its answer's text where there is one."""

    question: str
    answer: str = ""


@dataclass(slots=True)
class Scope:
    """What a question is limited to; empty means everything.

    Attributes:
        organisations: Names as in the catalog's documents.
        years: Years that a document must cover.
        documents: Document identifiers.
        document_types: Types as in the catalog's documents.
    """

    organisations: tuple[str, ...] = ()
    years: tuple[int, ...] = ()
    documents: tuple[str, ...] = ()
    document_types: tuple[str, ...] = ()

    @property
    def limits(self) -> Filter:
        """The same for the store."""
        return Filter(self.documents, self.organisations, self.years, self.document_types)
