"""Cut training passages into windows as long as the chunks that the reader will meet."""

import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from ingest.chunk import estimate_tokens
from ingest.sentences import split_sentences

_HEADING = re.compile(r"[^.!?:;,]{3,90}")


@dataclass(frozen=True, slots=True)
class Window:
    """A stretch of a passage under one heading.

    Attributes:
        passage: Index of its passage.
        start: Offset in the passage's text.
        end: Offset after its last character.
        title: The passage's first line where it is a title; else empty.
        heading: The nearest line above it that looks like a heading; else empty.
    """

    passage: int
    start: int
    end: int
    title: str
    heading: str


def cut_windows(passage: int, text: str, target: int) -> list[Window]:
    """Windows of whole sentences, of about `target` tokens at most, none across a heading."""
    windows: list[Window] = []
    title = heading = ""
    begin = end = tokens = 0
    lines = list(_lines(text))
    for number, (start, stop) in enumerate(lines):
        line = text[start:stop]
        if _is_heading(line, number, len(lines)):
            if tokens:
                windows.append(Window(passage, begin, end, title, heading))
                tokens = 0
            title, heading = (line, "") if number == 0 else (title, line)
            continue
        for first, last in split_sentences(line):
            (size,) = estimate_tokens([line[first:last]])
            if tokens and tokens + size > target:
                windows.append(Window(passage, begin, end, title, heading))
                tokens = 0
            if not tokens:
                begin = start + first
            end = start + last
            tokens += size
    if tokens:
        windows.append(Window(passage, begin, end, title, heading))
    return windows


def _lines(text: str) -> Iterator[tuple[int, int]]:
    place = 0
    for line in text.splitlines(keepends=True):
        bare = line.strip()
        if bare:
            start = place + line.index(bare)
            yield start, start + len(bare)
        place += len(line)


def _is_heading(line: str, number: int, lines: int) -> bool:
    return lines > 1 and number < lines - 1 and len(line.split()) <= 12 and bool(_HEADING.fullmatch(line))


def find_window(windows: Sequence[Window], start: int, end: int) -> int | None:
    """Index of the window that holds an interval; None where none holds it whole."""
    for index, window in enumerate(windows):
        if window.start <= start and end <= window.end:
            return index
    return None
