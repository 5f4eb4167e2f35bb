"""Read question files: what to ask, and what a right answer holds."""

import json
from collections.abc import Sequence
from hashlib import sha256
from pathlib import Path
from typing import Annotated

from pydantic import BaseModel, ConfigDict, Field, StringConstraints

from evals.errors import QuestionFileError
from evals.jsonl import check_models, read_models
from evals.table import SUFFIXES, read_table

Text = Annotated[str, StringConstraints(min_length=1, pattern=r"\S")]


class _Strict(BaseModel):
    model_config = ConfigDict(extra="forbid", frozen=True)


class EarlierQuestion(_Strict):
    """A question asked before, in the same conversation."""

    question: str = Field(description="As it was asked.")


class GoldPage(_Strict):
    """A page on which the answer stands."""

    source: Text = Field(description="Document, or the beginning of its file's name.")
    page: int = Field(ge=1, description="Counts from 1, in file order.")


class Case(_Strict):
    """One question with what is expected of its answer. Fields left out are not measured."""

    id: Text = Field(description="Unique in the file.")
    question: str = Field(description="As it is asked.")
    lang: Text | None = Field(default=None, description="Language of the question, ISO 639-1; the answer keeps it.")
    kind: Text | None = Field(default=None, description="Kind of question; results are given for each kind.")
    history: tuple[EarlierQuestion, ...] = Field(default=(), description="Asked first, oldest first.")
    answerable: bool | None = Field(default=None, description="Whether the documents hold the answer.")
    facts: tuple[Annotated[tuple[Text, ...], Field(min_length=1)], ...] = Field(
        default=(), description="Every inner list is needed; any spelling in it will do."
    )
    sources: tuple[Text, ...] = Field(default=(), description="Documents, or the beginnings of their files' names.")
    all_sources: bool = Field(default=False, description="Whether every source must be cited, not just one.")
    pages: tuple[GoldPage, ...] = Field(default=(), description="Where the answer stands.")
    quotes: tuple[Text, ...] = Field(default=(), description="Passages that state the answer, verbatim.")

    @property
    def expects_answer(self) -> bool | None:
        """Whether an answer is expected, None where the file does not say."""
        if self.answerable is None and (self.facts or self.sources or self.pages or self.quotes):
            return True
        return self.answerable


def read_cases(path: Path) -> list[Case]:
    """The cases of a question file: JSON lines in UTF-8, or a table (`.csv`, `.tsv`, `.xlsx`; see `evals.table`).

    Raises:
        QuestionFileError: With the file, and the line, field and remedy of each fault.
    """
    if path.suffix.lower() in SUFFIXES:
        return check_models(path, read_table(path), Case, lambda case: case.id, QuestionFileError)
    return read_models(path, Case, lambda case: case.id, QuestionFileError)


def take_cases(cases: Sequence[Case], count: int) -> list[Case]:
    """So many of the cases, spread evenly over the file, in its order; all where there are no more."""
    if count >= len(cases):
        return list(cases)
    return [cases[index * len(cases) // count] for index in range(count)]


def fingerprint_cases(cases: list[Case]) -> str:
    """Identity of a list of cases: SHA-256, hexadecimal, of their contents in order."""
    plain = [case.model_dump(mode="json") for case in cases]
    return sha256(json.dumps(plain, ensure_ascii=True, sort_keys=True).encode()).hexdigest()
