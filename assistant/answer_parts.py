"""An answer's text as paragraphs and lists of runs, for whatever shows it: the page, the clipboard, Word, PDF."""

import re
from collections.abc import Iterator
from dataclasses import dataclass

from assistant.answers import Answer

_INLINE = re.compile(r"\*\*(?P<strong>.+?)\*\*|\[(?P<marker>\d{1,3})\]", re.DOTALL)


@dataclass(frozen=True, slots=True)
class Run:
    """A piece of text in one style, or a marker.

    Attributes:
        text: What it says, without space before a marker; of a marker as it stands in the text, `[1]`.
        strong: Whether it is emphasised.
        marker: The number of a citation that the answer has; None for text.
    """

    text: str
    strong: bool = False
    marker: int | None = None


Line = tuple[Run, ...]


@dataclass(frozen=True, slots=True)
class Part:
    """A paragraph with its lines, or a list with its items."""

    is_list: bool
    lines: tuple[Line, ...]


def answer_parts(answer: Answer) -> list[Part]:
    """The paragraphs and lists of an answer."""
    known = {citation.marker for citation in answer.citations}
    parts: list[Part] = []
    lines: list[Line] = []
    listed = False

    def flush() -> None:
        if lines:
            parts.append(Part(listed, tuple(lines)))
        lines.clear()

    for line in answer.text.splitlines():
        item = line.startswith("- ")
        if not line.strip() or (lines and item != listed):
            flush()
        if line.strip():
            listed = item
            lines.append(tuple(_runs(line[2:] if item else line, known)))
    flush()
    return parts


def _runs(text: str, known: set[int]) -> Iterator[Run]:
    done = 0
    for match in _INLINE.finditer(text):
        marker = int(match["marker"]) if match["marker"] else None
        if marker is not None and marker not in known:
            continue
        before = text[done : match.start()]
        before = before if marker is None else before.rstrip()
        if before:
            yield Run(before)
        done = match.end()
        yield Run(match[0], marker=marker) if marker is not None else Run(match["strong"], strong=True)
    if text[done:]:
        yield Run(text[done:])
