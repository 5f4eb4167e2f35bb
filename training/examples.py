"""The arrays that `training.prepare` writes, and the batches made of them."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor

from vectorstore.reader_layout import PASSAGE_TOKENS, Pair, Tokens, lay_out

_NOTHING = Tokens(np.empty(0, np.int32), np.empty((0, 2), np.int32), np.empty(0, np.uint32))


@dataclass(frozen=True, slots=True)
class Batch:
    """Groups of inputs; the first of each group is the question's own window.

    Attributes:
        ids: Shape (groups * size, tokens), in the compact vocabulary.
        kinds: Likewise.
        mask: Likewise; False where there is no token.
        start: First token of the answer; -1 for none. Shape (groups * size,).
        end: Its last token.
        answers: 1 where the window answers, 0 where not, -1 where it is not to be learnt. Shape (groups * size,).
        ranks: Whether a group is to be learnt from for relevance, shape (groups,).
        size: Inputs in each group.
    """

    ids: Tensor
    kinds: Tensor
    mask: Tensor
    start: Tensor
    end: Tensor
    answers: Tensor
    ranks: Tensor
    size: int


class Examples:
    """Questions, windows and which belong together.

    Args:
        path: `examples.npz`.
    """

    def __init__(self, path: Path) -> None:
        with np.load(path) as file:
            arrays: dict[str, NDArray[Any]] = {name: file[name] for name in file.files}
        self.answerable, self.held, self.kinds = arrays["answerable"], arrays["held"], arrays["kinds"]
        self.positives, self.negatives, self.siblings = arrays["positives"], arrays["negatives"], arrays["siblings"]
        self.passages, self.sources = arrays["passages"], arrays["sources"]
        self._questions, self._contexts, self._windows = (
            _tokens(arrays, label) for label in ("questions", "contexts", "windows")
        )

    def lay_out(self, question: int, window: int, with_context: bool) -> Pair:
        """One input."""
        context = self._contexts[window] if with_context else _NOTHING
        return lay_out(self._questions[question], context, self._windows[window])

    def batches(
        self, rows: Sequence[int], size: int, groups: int, chance: np.random.Generator, *, shuffle: bool = True
    ) -> Iterator[Batch]:
        """Batches of `groups` groups with `size` inputs each, of like lengths within a batch."""
        order = np.array(rows)
        if shuffle:
            chance.shuffle(order)
        for begin in range(0, len(order), groups * 16):
            some = order[begin : begin + groups * 16]
            drawn = [self._draw(int(row), size, chance, shuffle) for row in some]
            lengths = [max(len(pair.ids) for pair, *_ in group) for group, _ in drawn]
            by_length = np.argsort(lengths, kind="stable")
            parts = [by_length[place : place + groups] for place in range(0, len(by_length), groups)]
            if shuffle:
                chance.shuffle(parts)  # type: ignore[arg-type]
            for part in parts:
                yield _collate([drawn[index] for index in part], size)

    def _draw(self, row: int, size: int, chance: np.random.Generator, vary: bool) -> tuple[list[Any], bool]:
        """The inputs of one group, and whether they are to be ranked."""
        which = int(chance.integers(self.positives.shape[1])) if vary else 0
        gold, start, end = (int(value) for value in self.positives[row, which])
        kind = self.kinds[row]
        answers = bool(self.answerable[row])
        siblings = self.siblings[row][self.siblings[row] >= 0]
        others = self.negatives[row][self.negatives[row] >= 0]
        if vary:
            chance.shuffle(siblings)
            chance.shuffle(others)
        took = min(size - 1, max(1, (size - 1) // 3)) if kind != "heading" else 0
        picked = list(siblings[:took])
        picked += list(others[: size - 1 - len(picked)])
        while len(picked) < size - 1:
            picked.append(int(chance.integers(len(self.passages))))
        group = []
        for place, window in enumerate([gold, *picked]):
            with_context = bool(not vary or chance.random() < 0.75) and kind != "heading"
            pair = self.lay_out(row, int(window), with_context)
            spans = place == 0 and start >= 0 and end < PASSAGE_TOKENS
            told = -1 if kind == "heading" else int(place == 0 and answers)
            group.append((pair, pair.first + start if spans else -1, pair.first + end if spans else -1, told))
        return group, answers


def _collate(drawn: Sequence[tuple[list[Any], bool]], size: int) -> Batch:
    inputs = [entry for group, _ in drawn for entry in group]
    longest = -(-max(len(pair.ids) for pair, *_ in inputs) // 16) * 16
    ids = np.ones((len(inputs), longest), np.int64)
    kinds = np.zeros((len(inputs), longest), np.int64)
    mask = np.zeros((len(inputs), longest), bool)
    for index, (pair, *_) in enumerate(inputs):
        ids[index, : len(pair.ids)] = pair.ids
        kinds[index, : len(pair.ids)] = pair.types
        mask[index, : len(pair.ids)] = True
    start, end, answers = (torch.tensor([entry[place] for entry in inputs]) for place in (1, 2, 3))
    return Batch(
        torch.from_numpy(ids),
        torch.from_numpy(kinds),
        torch.from_numpy(mask),
        start,
        end,
        answers,
        torch.tensor([ranks for _, ranks in drawn]),
        size,
    )


def _tokens(arrays: Mapping[str, NDArray[Any]], label: str) -> list[Tokens]:
    """The tokenised texts of a label; where in the text each token stands is not kept."""
    ends = arrays[f"{label}.ends"][:-1]
    parts = (np.split(arrays[f"{label}.{what}"], ends) for what in ("ids", "stems"))
    return [Tokens(ids, _NOTHING.offsets, stems) for ids, stems in zip(*parts, strict=True)]
