"""The arrays that `training.prepare` writes, and the batches made of them."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor

QUESTION_TOKENS, CONTEXT_TOKENS, PASSAGE_TOKENS = 64, 48, 392
START, END = 0, 2


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
        self.passages, self.owners = arrays["passages"], arrays["owners"]
        self._parts = {
            label: [np.split(arrays[f"{label}.{what}"], arrays[f"{label}.ends"][:-1]) for what in ("ids", "stems")]
            for label in ("questions", "contexts", "windows")
        }

    def texts(self, label: str) -> Sequence[NDArray[np.int32]]:
        """Token arrays of all `questions`, `contexts` or `windows`."""
        return self._parts[label][0]

    def lay_out(
        self, question: int, window: int, with_context: bool
    ) -> tuple[NDArray[np.int64], NDArray[np.int64], int]:
        """Tokens and kinds of one input, and where its passage begins; as `vectorstore.reader_input.lay_out`."""
        asked = self._parts["questions"][0][question][:QUESTION_TOKENS]
        stems = self._parts["questions"][1][question]
        above = self._parts["contexts"][0][window] if with_context else asked[:0]
        if len(above) > CONTEXT_TOKENS:
            above = np.concatenate([above[: CONTEXT_TOKENS // 2], above[-CONTEXT_TOKENS // 2 :]])
        told = self._parts["windows"][0][window][:PASSAGE_TOKENS]
        shared = np.isin(self._parts["windows"][1][window][:PASSAGE_TOKENS], stems[stems > 0])
        ids = np.concatenate([[START], asked, [END, END], above, [END], told, [END]]).astype(np.int64)
        kinds = np.zeros(len(ids), np.int64)
        first = len(asked) + len(above) + 4
        kinds[len(asked) + 2 : first] = 1
        kinds[first:] = 2
        kinds[first : first + len(told)][shared] = 3
        return ids, kinds, first

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
            lengths = [max(len(ids) for ids, *_ in group) for group, _ in drawn]
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
            ids, kinds, first = self.lay_out(row, int(window), with_context)
            spans = place == 0 and start >= 0 and end < PASSAGE_TOKENS
            told = -1 if kind == "heading" else int(place == 0 and answers)
            group.append((ids, kinds, first + start if spans else -1, first + end if spans else -1, told))
        return group, answers


def _collate(drawn: Sequence[tuple[list[Any], bool]], size: int) -> Batch:
    inputs = [entry for group, _ in drawn for entry in group]
    longest = -(-max(len(ids) for ids, *_ in inputs) // 16) * 16
    ids = np.ones((len(inputs), longest), np.int64)
    kinds = np.zeros((len(inputs), longest), np.int64)
    mask = np.zeros((len(inputs), longest), bool)
    for index, (tokens, types, *_) in enumerate(inputs):
        ids[index, : len(tokens)] = tokens
        kinds[index, : len(tokens)] = types
        mask[index, : len(tokens)] = True
    start, end, answers = (torch.tensor([entry[place] for entry in inputs]) for place in (2, 3, 4))
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
