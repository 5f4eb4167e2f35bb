"""Questions over whole strategy documents, which the project's own chunks are read with."""

import json
import re
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from ingest import Document, Field, load_file
from ingest.chunk import Chunk, chunk_document, estimate_tokens
from training.windows import Window
from vectorstore.analyse import informative_stems
from vectorstore.rerank import stands_under

HELD_EVERY = 8
"""Every so-manieth document is held out."""

_WORD = re.compile(r"\w+")


@dataclass(frozen=True, slots=True)
class Strategy:
    """A document, its chunks as windows, and what is asked of it.

    Attributes:
        text: The document's text.
        windows: Its chunks.
        questions: As in `questions.jsonl` of the training data, offsets in `text`; `near` is the index of the window
            that looks as if it answered.
        held: Whether it is held out.
    """

    text: str
    windows: tuple[Window, ...]
    questions: tuple[dict[str, Any], ...]
    held: bool


def read_strategies(folders: Iterable[Path], first: int, beside: Sequence[Path] = ()) -> list[Strategy]:
    """The documents of some folders with the questions that stand in their `questions.jsonl`.

    A line has `document`, `question`, `answer` (empty where there is none), and `quote` or `page`, which tell where; it
    may have `translated`, the question in the other language.

    Args:
        folders: Each with questions, and documents that are part of the project.
        first: Index of the first document among the training's passages.
        beside: Folders of documents that are not; questions about one that is in none are left out.

    Raises:
        IngestError: A document cannot be read.
    """
    strategies: list[Strategy] = []
    for folder in folders:
        rows = [json.loads(line) for line in (folder / "questions.jsonl").read_text("utf-8").splitlines()]
        by_document: dict[str, list[dict[str, Any]]] = {}
        for row in rows:
            by_document.setdefault(row["document"], []).append(row)
        for name, asked in sorted(by_document.items()):
            path = next((place / name for place in (folder, *beside) if (place / name).is_file()), None)
            if path is None:
                continue
            document = load_file(path, name)
            chunks = chunk_document(document, estimate_tokens)
            passage = first + len(strategies)
            windows = tuple(_window(passage, document, chunk) for chunk in chunks)
            questions = tuple(found for row in asked if (found := _located(row, document, chunks)))
            held = len(strategies) % HELD_EVERY == HELD_EVERY - 1
            strategies.append(Strategy(document.text, windows, questions, held))
    return strategies


def _window(passage: int, document: Document, chunk: Chunk) -> Window:
    organisation = document.fact(Field.ORGANISATION)
    above = [part for part in (*chunk.headings, chunk.lead_in) if part.strip() and part != document.title]
    title = stands_under(document.title, organisation, ())
    return Window(passage, chunk.start, chunk.end, title, " > ".join(above))


def _located(row: dict[str, Any], document: Document, chunks: Sequence[Chunk]) -> dict[str, Any] | None:
    """The question with where its answer stands; None where that is not found."""
    quote = row.get("quote", "")
    within = _find(document.text, quote) or _line_with(document.text, quote)
    page = row.get("page")
    near = [
        index
        for index, chunk in enumerate(chunks)
        if (within and chunk.start < within[1] and within[0] < chunk.end)
        or (page and chunk.first_page <= page <= chunk.last_page)
    ]
    if not near:
        return None
    terms = informative_stems(row["question"])
    near.sort(key=lambda index: -len(terms & informative_stems(chunks[index].text)))
    question = {"question": row["question"], "translated": row.get("translated", ""), "answers": []}
    if not row["answer"]:
        return question | {"near": near[0]}
    for index in near:
        begin, end = max(chunks[index].start, within[0] if within else 0), chunks[index].end
        found = _find(document.text[begin:end], row["answer"])
        if found:
            start, stop = begin + found[0], begin + found[1]
            return question | {"answers": [{"start": start, "text": document.text[start:stop]}]}
    return None


def _find(text: str, wanted: str) -> tuple[int, int] | None:
    """Where the words of `wanted` stand one after the other, whatever signs are between them."""
    sought = _WORD.findall(wanted)
    if not sought:
        return None
    found = re.search(r"\b" + r"\W+".join(map(re.escape, sought)) + r"\b", text)
    return found.span() if found else None


def _line_with(text: str, wanted: str) -> tuple[int, int] | None:
    """The line that has every word of `wanted`: a table's row, which is stored with the names of its columns."""
    sought = set(_WORD.findall(wanted))
    place = 0
    for line in text.splitlines(keepends=True):
        if sought and sought <= set(_WORD.findall(line)):
            return place, place + len(line)
        place += len(line)
    return None
