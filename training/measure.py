"""Measure the reader on `squad-sv`: the span given the passage, and telling what is answered from what is not.

    python -m training.measure ../shared/evals/beir/squad-sv

Questions with an answer and their passages are those of the set's qrels; of a question without one the qrels name, with
grade 0, the passage that looks as if it answered.
"""

import argparse
import csv
import json
import re
from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np
from numpy.typing import NDArray
from tqdm import tqdm

from training.windows import cut_windows
from vectorstore.reader import Passage, Reader, Reading

WINDOW = 320
"""Tokens of passage read at once."""


@dataclass(frozen=True, slots=True)
class Outcome:
    """One question read with its passage.

    Attributes:
        answers: What may be answered; empty where the passage holds no answer.
        told: What the reader marked.
        answerability: The probability that it gave.
    """

    answers: tuple[str, ...]
    told: str
    answerability: float


def read_set(folder: Path, reader: Reader, *, limit: int | None = None) -> list[Outcome]:
    """Read every question of a set with the passage it was written for."""
    corpus = {entry["_id"]: entry for entry in _lines(folder / "corpus.jsonl")}
    with (folder / "qrels" / "test.tsv").open(encoding="utf-8") as file:
        judged = {row["query-id"]: row["corpus-id"] for row in csv.DictReader(file, delimiter="\t")}
    outcomes: list[Outcome] = []
    queries = [query for query in _lines(folder / "queries.jsonl") if query["_id"] in judged]
    for query in tqdm(queries[:limit], desc="read", unit="question", mininterval=2.0):
        entry = corpus[judged[query["_id"]]]
        text = entry["text"]
        windows = cut_windows(0, text, WINDOW)
        passages = [Passage(text[window.start : window.end], entry.get("title", "")) for window in windows]
        told, reading = max(
            zip(passages, reader.read(query["text"], passages), strict=True),
            key=lambda pair: pair[1].answerability or 0.0,
        )
        metadata = query["metadata"]
        answers = tuple(metadata["answers"]) if metadata["answerable"] else ()
        outcomes.append(Outcome(answers, _marked(told, reading), reading.answerability or 0.0))
    return outcomes


def measure(outcomes: Sequence[Outcome]) -> dict[str, float]:
    """Span F1 and exact match over questions with an answer; balanced accuracy of answerability at 0.5 and at best."""
    with_answer = [outcome for outcome in outcomes if outcome.answers]
    scores = np.array([outcome.answerability for outcome in outcomes])
    labels = np.array([bool(outcome.answers) for outcome in outcomes])
    cuts = np.quantile(scores, np.linspace(0, 1, 201))
    best = max(cuts, key=lambda cut: balanced_accuracy(scores, labels, float(cut)))
    return {
        "span_f1": float(
            np.mean([max(token_f1(outcome.told, answer) for answer in outcome.answers) for outcome in with_answer])
        ),
        "exact": float(
            np.mean(
                [max(_plain(outcome.told) == _plain(answer) for answer in outcome.answers) for outcome in with_answer]
            )
        ),
        "balanced_accuracy": balanced_accuracy(scores, labels, 0.5),
        "best_balanced_accuracy": balanced_accuracy(scores, labels, float(best)),
        "best_threshold": float(best),
    }


def balanced_accuracy(scores: NDArray[np.float64], labels: NDArray[np.bool_], threshold: float) -> float:
    """Mean of the shares of questions with and without an answer that are told to be so."""
    if labels.all() or not labels.any():
        return float("nan")
    return float(((scores[labels] >= threshold).mean() + (scores[~labels] < threshold).mean()) / 2)


def token_f1(told: str, answer: str) -> float:
    """Overlap of words, as SQuAD's own script measures it (Rajpurkar et al., 2016)."""
    mine, theirs = _plain(told).split(), _plain(answer).split()
    shared = sum((Counter(mine) & Counter(theirs)).values())
    return 2 * shared / (len(mine) + len(theirs)) if shared else 0.0


def _plain(text: str) -> str:
    return " ".join(re.sub(r"[^\w\s]", "", text.lower()).split())


def _marked(passage: Passage, reading: Reading) -> str:
    return passage.text[slice(*reading.span)] if reading.span else ""


def _lines(path: Path) -> list[dict]:
    return [json.loads(line) for line in path.read_text("utf-8").splitlines()]


def main() -> None:
    """The command line."""
    from vectorstore.bundled_reader import BundledReader

    parser = argparse.ArgumentParser(description="Measure the reader on a set with answers and questions without one.")
    parser.add_argument("set", type=Path)
    parser.add_argument("--limit", type=int, help="read only so many questions")
    arguments = parser.parse_args()
    found = measure(read_set(arguments.set, BundledReader.load(), limit=arguments.limit))
    print(json.dumps({name: round(value, 4) for name, value in found.items()}))


if __name__ == "__main__":
    main()
