"""Questions that an authority's page answers one below the other: answers alike, which seldom repeat the question."""

import json
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from training.windows import Window

HELD_EVERY = 8
"""Every so-manieth page is held out."""

STYLES = {"question": "faq", "asked": "faq-asked", "english": "faq-english"}
"""How a question is put, by field, and what the kind of example is called."""


@dataclass(frozen=True, slots=True)
class FaqPage:
    """A page of questions with answers.

    Attributes:
        text: Its answers.
        windows: Each answer.
        pairs: What is asked, by field as in `STYLES`; one for each answer.
        held: Whether the page is held out.
    """

    text: str
    windows: tuple[Window, ...]
    pairs: tuple[dict[str, str], ...]
    held: bool


def read_faq(folder: Path, first: int) -> list[FaqPage]:
    """The pages of a folder's JSON Lines: `topic` names the page, `answer` is what stands on it.

    Args:
        folder: Where the files are.
        first: Index of the first page among the training's passages.
    """
    topics: dict[str, list[dict[str, str]]] = {}
    for path in sorted(folder.glob("*.jsonl")):
        for line in path.read_text("utf-8").splitlines():
            pair = json.loads(line)
            topics.setdefault(f"{path.stem}/{pair['topic']}", []).append(pair)
    return [
        _page(pairs, first + index, held=index % HELD_EVERY == HELD_EVERY - 1)
        for index, pairs in enumerate(topics.values())
    ]


def _page(pairs: Sequence[dict[str, str]], passage: int, *, held: bool) -> FaqPage:
    windows: list[Window] = []
    text = ""
    for pair in pairs:
        start = len(text)
        text += pair["answer"] + "\n"
        windows.append(Window(passage, start, len(text) - 1, "", ""))
    return FaqPage(text, tuple(windows), tuple(pairs), held)


def faq_rows(page: FaqPage, passage: int, own: Sequence[Sequence[int]]) -> list[dict[str, Any]]:
    """The examples of a page: each answer asked for in several ways.

    Args:
        page: The page.
        passage: Its index among the training's passages.
        own: Indices of its windows, for each length that windows are cut to.
    """
    rows: list[dict[str, Any]] = []
    for place, pair in enumerate(page.pairs):
        positives = [(cut[place], -1, -1) for cut in own]
        base = {"held": page.held, "own": passage, "answer": "", "positives": positives, "answerable": True}
        rows += [base | {"kind": kind, "text": pair[field]} for field, kind in STYLES.items() if pair.get(field)]
    return rows


def beside_rows(rows: Sequence[dict[str, Any]]) -> list[dict[str, Any]]:
    """Questions with the answer on the same page that shares most of their words, which is not theirs."""
    beside: list[dict[str, Any]] = []
    for row in rows:
        if row["kind"] == STYLES["asked"] and not row["held"] and row["siblings"]:
            near, *siblings = row["siblings"]
            negatives = [index for index in row["negatives"] if index != near]
            told = {"positives": [(near, -1, -1)] * len(row["positives"]), "answerable": False}
            beside.append(row | told | {"kind": "faq-beside", "siblings": siblings, "negatives": negatives})
    return beside
