"""Read `documents.toml`: what someone states about documents, over what was read from them."""

import re
import tomllib
import unicodedata
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace
from datetime import date
from difflib import get_close_matches
from fnmatch import fnmatchcase
from pathlib import Path

from ingest.document import Document, Fact, Field
from ingest.errors import IngestError

OVERRIDES_NAME = "documents.toml"
ORIGIN = "override"

_DATES = {Field.ADOPTED_ON, Field.REVISED_ON, Field.VALID_UNTIL}
_DATE = re.compile(r"\d{4}(?:-(?:0[1-9]|1[0-2])(?:-(?:0[1-9]|[12]\d|3[01]))?)?")
_FORMS = {
    Field.PERIOD: (re.compile(r"\d{4}(?:-\d{4})?"), "a year or years such as 2021 or 2021-2027"),
    Field.LANGUAGE: (re.compile(r"[a-z]{2}"), "two letters such as sv or en"),
    **dict.fromkeys(_DATES, (_DATE, "a date such as 2021-03-29, 2021-03 or 2021")),
}


class OverridesError(IngestError):
    """A `documents.toml` cannot be used; the message names file, section and key."""


@dataclass(frozen=True, slots=True)
class Section:
    """What one section states.

    Attributes:
        pattern: A file's name or path below the folder, with `*`, `?` and `[...]` for several.
        facts: What is stated; an empty value takes a fact away.
    """

    pattern: str
    facts: tuple[Fact, ...]

    def matches(self, relative: str) -> bool:
        """Whether it is about a file, given its path below the folder; without `/` the pattern is of a name."""
        path = unicodedata.normalize("NFC", relative)
        compared = path if "/" in self.pattern else path.rsplit("/", 1)[-1]
        return compared == self.pattern or fnmatchcase(compared, self.pattern)


@dataclass(frozen=True, slots=True)
class Overrides:
    """The `documents.toml` of a folder and those above it, up to the ingested one.

    Attributes:
        folders: Each folder that has one, outermost first, with its sections in the order of the file.
    """

    folders: tuple[tuple[Path, tuple[Section, ...]], ...] = ()

    def facts_for(self, file: Path) -> tuple[Fact, ...]:
        """What is stated about a file: later sections go before earlier ones, nearer files before outer ones."""
        stated: dict[Field, Fact] = {}
        for folder, sections in self.folders:
            if file.is_relative_to(folder):
                relative = file.relative_to(folder).as_posix()
                for section in sections:
                    if section.matches(relative):
                        stated |= {fact.field: fact for fact in section.facts}
        return tuple(stated[field] for field in sorted(stated))

    def unused(self, files: Sequence[Path]) -> list[tuple[Path, str]]:
        """Sections that are about none of the files, as file and pattern: often a misspelt name."""
        return [
            (folder / OVERRIDES_NAME, section.pattern)
            for folder, sections in self.folders
            for section in sections
            if not any(
                file.is_relative_to(folder) and section.matches(file.relative_to(folder).as_posix()) for file in files
            )
        ]


def read_overrides(root: Path, files: Iterable[Path]) -> Overrides:
    """Read every `documents.toml` beside the files and above them, up to the ingested folder.

    Args:
        root: The ingested folder.
        files: Files below it.

    Raises:
        OverridesError: One cannot be read, or holds what is not known.
    """
    folders = {root}
    for file in files:
        folders.update(folder for folder in file.parents if folder.is_relative_to(root))
    present = sorted(folder for folder in folders if (folder / OVERRIDES_NAME).is_file())
    return Overrides(tuple((folder, _read(folder / OVERRIDES_NAME)) for folder in present))


def apply_facts(document: Document, stated: Sequence[Fact]) -> Document:
    """The document with what is stated about it in place of what was read; an empty value takes a fact away."""
    if not stated:
        return document
    facts = {fact.field: fact for fact in (*document.facts, *stated)}
    return replace(document, facts=tuple(facts[field] for field in Field if field in facts and facts[field].value))


def _read(path: Path) -> tuple[Section, ...]:
    try:
        content = tomllib.loads(path.read_text("utf-8-sig"))
    except (OSError, UnicodeDecodeError, tomllib.TOMLDecodeError) as error:
        raise OverridesError(f"{path} cannot be read: {error}. Correct it, or rename it to do without.") from error
    sections: list[Section] = []
    for pattern, table in content.items():
        if not isinstance(table, dict):
            raise OverridesError(
                f'{path}: {pattern} stands outside any section. Put it below a name in brackets, as ["report.pdf"].'
            )
        facts = tuple(_fact(path, pattern, key, value) for key, value in table.items())
        sections.append(Section(unicodedata.normalize("NFC", pattern).removeprefix("./"), facts))
    return tuple(sections)


def _fact(path: Path, section: str, key: str, value: object) -> Fact:
    known = [field.value for field in Field]
    if key not in known:
        if isinstance(value, dict):
            raise OverridesError(
                f"{path}, section [{section}]: {key} begins a section of its own. "
                f'Put a name with a dot in quotes: ["{section}.{key}"].'
            )
        near = get_close_matches(key, known, 1)
        meant = f" Did you mean {near[0]}?" if near else ""
        raise OverridesError(f"{path}, section [{section}]: unknown key {key}.{meant} Known are {', '.join(known)}.")
    field = Field(key)
    if isinstance(value, bool) or not isinstance(value, str | int | date):
        raise OverridesError(f"{path}, section [{section}]: {key} must be text in quotes, not {value!r}.")
    text = value.isoformat()[:10] if isinstance(value, date) else str(value).strip()
    form = _FORMS.get(field)
    if text and form is not None and not form[0].fullmatch(text):
        raise OverridesError(f"{path}, section [{section}]: {key} must be {form[1]}, not {text!r}.")
    return Fact(field, text, origin=ORIGIN)
