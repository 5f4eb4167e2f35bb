"""Turn questions and passages into arrays to train on.

    python -m training.prepare --data DIR --out build/reader

Reads `passages.jsonl` and `questions.jsonl`; writes `examples.npz` (see `training.examples`) and `start.npz`, the
weights that training begins with. What follows needs neither the data nor more than torch and NumPy, so that it can run
on another machine.
"""

import argparse
import json
import random
import re
from collections.abc import Iterable, Sequence
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray
from platformdirs import user_cache_path
from scipy.sparse import csr_matrix

from ingest.sentences import split_sentences
from training.alter import keyword_style, misspell, swap_particular, unaccented
from training.strategies import read_strategies
from training.windows import Window, cut_windows, find_window
from vectorstore.analyse import informative_stems, stem, words
from vectorstore.bundled import ensure_bundled_model
from vectorstore.reader_input import open_tokenizer, tokenize
from vectorstore.reader_layout import Tokens

TARGETS = (180, 320)
"""Tokens of a window: as the store's chunks, and longer, as rows and items that are not cut."""

HELD_OUT = 0.08
"""Share of each source's passages, the last ones, so that whole articles are held out."""

NEGATIVES = 12
"""Windows for each question that share its words and do not hold its answer."""

STRATEGIES = Path(__file__).parent / "strategies"
"""Documents of the kind that the reader is for, with questions."""

_LABELS = ("questions", "contexts", "windows")


def prepare(data: Path, out: Path, cache: Path, seed: int = 0, beside: Sequence[Path] = ()) -> dict[str, int]:
    """Write the arrays.

    Args:
        data: Folder of the questions and passages.
        out: Folder to write to, made when absent.
        cache: Where the bundled model is unpacked.
        seed: Decides what is altered.
        beside: Folders of documents that the questions in `training/strategies` are about and that are not there.

    Returns:
        Counts of what was written.
    """
    chance = random.Random(seed)  # noqa: S311 - not for secrets
    passages = _read(data / "passages.jsonl")
    place = {passage["id"]: index for index, passage in enumerate(passages)}
    sources = [passage["source"] for passage in passages]
    held = _held_out(sources)
    strategies = read_strategies(sorted(STRATEGIES.iterdir()), len(passages), beside)
    sources += ["strategies"] * len(strategies)
    held += [strategy.held for strategy in strategies]
    texts = [passage["text"] for passage in passages] + [strategy.text for strategy in strategies]
    windows: list[Window] = []
    own: list[list[list[int]]] = []
    for target in TARGETS:
        cut: list[list[int]] = []
        for index, text in enumerate(texts):
            whole = index >= len(passages)
            found = strategies[index - len(passages)].windows if whole else cut_windows(index, text, target)
            cut.append(list(range(len(windows), len(windows) + len(found))))
            windows += found
        own.append(cut)
    names = _names(texts)
    rows: list[dict[str, Any]] = []
    for question in _read(data / "questions.jsonl"):
        rows += _rows(question, place[question["passage"]], texts, windows, own, names, held, chance)
    for index, strategy in enumerate(strategies, start=len(passages)):
        for question in strategy.questions:
            rows += _rows(question, index, texts, windows, own, names, held, chance, kind="strategy")
            if translated := question.get("translated"):
                other = question | {"question": translated}
                rows += _rows(other, index, texts, windows, own, names, held, chance, kind="translated")
    rows += _heading_rows(windows, own[0], held)
    _mine_lexical(rows, windows, texts, own[0])
    told = [texts[window.passage][window.start : window.end] for window in windows]
    rows += _cut_rows(rows, windows, told)
    for row in rows:
        row["source"] = sources[row["own"]]
    counts = _write(rows, windows, told, out, cache)
    return counts | {"held_out": sum(row["held"] for row in rows)}


def _read(path: Path) -> list[dict[str, Any]]:
    return [json.loads(line) for line in path.read_text("utf-8").splitlines()]


def _held_out(sources: Sequence[str]) -> list[bool]:
    held = [False] * len(sources)
    for source in set(sources):
        places = [index for index, other in enumerate(sources) if other == source]
        for index in places[-max(1, round(HELD_OUT * len(places))) :]:
            held[index] = True
    return held


def _names(texts: Iterable[str]) -> list[str]:
    """Capitalised words that stand inside sentences of several passages: what a question's name is swapped for."""
    counts: dict[str, int] = {}
    for text in texts:
        for name in set(re.findall(r"(?<=[a-zåäö,] )[A-ZÅÄÖ][a-zåäöé]{3,}", text)):
            counts[name] = counts.get(name, 0) + 1
    return sorted(name for name, count in counts.items() if count >= 3)


def _rows(
    question: dict[str, Any],
    passage: int,
    texts: Sequence[str],
    windows: Sequence[Window],
    own: Sequence[Sequence[Sequence[int]]],
    names: Sequence[str],
    held: Sequence[bool],
    chance: random.Random,
    kind: str = "asked",
) -> list[dict[str, Any]]:
    """The examples that one question gives, itself and altered: of kinds named after `kind` unless that is `asked`."""
    asked = question["question"].strip()
    base = {"held": held[passage], "kind": kind, "own": passage, "answer": ""}
    prefix = "" if kind == "asked" else f"{kind}-"
    if not question["answers"]:
        near = question.get("near")
        gold = [
            _best_overlap(asked, [windows[index] for index in cut[passage]], texts[passage]) if near is None else near
            for cut in own
        ]
        return [
            base
            | {
                "text": asked,
                "positives": [(own[i][passage][g], -1, -1) for i, g in enumerate(gold)],
                "answerable": False,
            }
        ]
    answer = question["answers"][0]
    start, end = answer["start"], answer["start"] + len(answer["text"])
    positives = []
    for cut in own:
        local = [windows[index] for index in cut[passage]]
        found = find_window(local, start, end)
        if found is None:
            return []
        positives.append((cut[passage][found], start - local[found].start, end - local[found].start))
    row = base | {"answer": answer["text"], "positives": positives, "answerable": True}
    rows = [row | {"text": asked}]
    if held[passage]:
        return rows
    rows.append(row | {"text": keyword_style(asked), "kind": f"{prefix}keywords"})
    rows.append(row | {"text": misspell(unaccented(asked), chance), "kind": f"{prefix}misspelt"})
    twin = swap_particular(asked, texts[passage], names, chance)
    if twin:
        nothing = [(window, -1, -1) for window, _, _ in positives]
        rows.append(base | {"text": twin, "kind": f"{prefix}twin", "positives": nothing, "answerable": False})
    return rows


def _best_overlap(asked: str, windows: Sequence[Window], text: str) -> int:
    """The window of a passage that looks most as if it answered."""
    terms = informative_stems(asked)

    def overlap(window: Window) -> int:
        return len(terms & {stem(word) for word in words(text[window.start : window.end])})

    return max(range(len(windows)), key=lambda index: overlap(windows[index]))


def _heading_rows(
    windows: Sequence[Window], own: Sequence[Sequence[int]], held: Sequence[bool]
) -> list[dict[str, Any]]:
    """A heading asks for the text below it: relevance alone."""
    rows: list[dict[str, Any]] = []
    for passage, cut in enumerate(own):
        seen: set[str] = set()
        for index in cut:
            window = windows[index]
            heading = window.heading or window.title
            if len(heading.split()) < 2 or heading in seen or held[passage]:
                continue
            seen.add(heading)
            rows.append(
                {
                    "held": False,
                    "kind": "heading",
                    "own": passage,
                    "answer": "",
                    "text": heading,
                    "positives": [(index, -1, -1)] * 2,
                    "answerable": True,
                }
            )
    return rows


def _cut_rows(rows: Sequence[dict[str, Any]], windows: list[Window], told: list[str]) -> list[dict[str, Any]]:
    """Questions whose window has lost the sentence that answers: right subject, no answer. Adds those windows."""
    cut: list[dict[str, Any]] = []
    for row in rows:
        if row["held"] or row["kind"] not in ("asked", "strategy") or not row["answerable"]:
            continue
        positives = []
        for window, start, _ in row["positives"]:
            text = told[window]
            sentences = split_sentences(text)
            left = " ".join(text[first:last] for first, last in sentences if not first <= start < last)
            if len(sentences) < 2 or row["answer"].lower() in left.lower():
                break
            positives.append((len(windows), -1, -1))
            windows.append(windows[window])
            told.append(left)
        if len(positives) == len(row["positives"]):
            kind = "cut" if row["kind"] == "asked" else f"{row['kind']}-cut"
            cut.append(row | {"kind": kind, "answerable": False, "positives": positives, "answer": ""})
    return cut


def _mine_lexical(
    rows: Sequence[dict[str, Any]], windows: Sequence[Window], texts: Sequence[str], own: Sequence[Sequence[int]]
) -> None:
    """Give each row the windows that share most of its words and hold no answer, by BM25."""
    count = 1 + max(index for cut in own for index in cut)
    told = [texts[window.passage][window.start : window.end] for window in windows[:count]]
    vocabulary: dict[str, int] = {}
    stems = [[vocabulary.setdefault(stem(word), len(vocabulary)) for word in words(text)] for text in told]
    lengths = np.array([len(entry) for entry in stems], float)
    rows_, columns, values = [], [], []
    for index, entry in enumerate(stems):
        for term in set(entry):
            frequency = entry.count(term)
            rows_.append(index)
            columns.append(term)
            values.append(frequency * 2.2 / (frequency + 1.2 * (0.25 + 0.75 * lengths[index] / lengths.mean())))
    matrix = csr_matrix((values, (rows_, columns)), (count, len(vocabulary)))
    found = np.diff(matrix.tocsc().indptr)
    idf = np.log(1 + (count - found + 0.5) / (found + 0.5))
    lowered = [text.lower() for text in told]
    for row in rows:
        asked = {vocabulary[stem(word)] for word in words(row["text"]) if stem(word) in vocabulary}
        weights = np.zeros(len(vocabulary))
        weights[list(asked)] = idf[list(asked)]
        scores = matrix @ weights
        best = np.argsort(-scores, kind="stable")[: NEGATIVES * 4]
        positive = row["positives"][0][0]
        answer = row["answer"].lower()
        row["negatives"] = [
            int(index)
            for index in best
            if index != positive
            and not (answer and answer in lowered[index])
            and not (row["kind"] == "heading" and windows[index].passage == row["own"])
        ][:NEGATIVES]
        row["siblings"] = [
            index
            for index in sorted(own[row["own"]], key=lambda index: -scores[index])
            if index != positive and not (answer and answer in lowered[index])
        ][:NEGATIVES]


def _write(
    rows: Sequence[dict[str, Any]], windows: Sequence[Window], told: Sequence[str], out: Path, cache: Path
) -> dict[str, int]:
    folder = ensure_bundled_model(cache)
    tokenizer = open_tokenizer(folder)
    parts = {
        "questions": tokenize(tokenizer, [row["text"] for row in rows]),
        "contexts": tokenize(tokenizer, [_context(window) for window in windows]),
        "windows": tokenize(tokenizer, told),
    }
    vocabulary, compact = np.unique(
        np.concatenate([np.array([0, 1, 2, 3], np.int32), *(entry.ids for some in parts.values() for entry in some)]),
        return_inverse=True,
    )
    arrays: dict[str, NDArray[Any]] = {"vocabulary": vocabulary.astype(np.int32)}
    place = 4
    for label in _LABELS:
        lengths = [len(entry.ids) for entry in parts[label]]
        arrays[f"{label}.ends"] = np.cumsum(lengths).astype(np.int32)
        arrays[f"{label}.ids"] = compact[place : place + sum(lengths)].astype(np.int32)
        arrays[f"{label}.stems"] = np.concatenate([entry.stems for entry in parts[label]])
        place += sum(lengths)
    positives = np.full((len(rows), len(TARGETS), 3), -1, np.int32)
    for index, row in enumerate(rows):
        for which, (window, start, end) in enumerate(row["positives"]):
            positives[index, which] = (window, *_token_span(parts["windows"][window], start, end))
    arrays["positives"] = positives
    arrays["answerable"] = np.array([row["answerable"] for row in rows])
    arrays["held"] = np.array([row["held"] for row in rows])
    for name in ("kind", "source"):
        arrays[f"{name}s"] = np.array([row[name] for row in rows])
    arrays["passages"] = np.array([window.passage for window in windows], np.int32)
    for name in ("negatives", "siblings"):
        table = np.full((len(rows), NEGATIVES), -1, np.int32)
        for index, row in enumerate(rows):
            table[index, : len(row[name])] = row[name]
        arrays[name] = table
    out.mkdir(parents=True, exist_ok=True)
    np.savez_compressed(out / "examples.npz", **arrays)  # type: ignore[arg-type]
    _write_start(folder, arrays["vocabulary"], out / "start.npz")
    return {"questions": len(rows), "windows": len(windows), "tokens": len(vocabulary)}


def _context(window: Window) -> str:
    return " > ".join(part for part in (window.title, window.heading) if part)


def _token_span(tokens: Tokens, start: int, end: int) -> tuple[int, int]:
    """First and last token that an interval of characters touches; (-1, -1) for none."""
    if start < 0:
        return -1, -1
    touched = np.flatnonzero((tokens.offsets[:, 0] < end) & (tokens.offsets[:, 1] > start))
    return (int(touched[0]), int(touched[-1])) if len(touched) else (-1, -1)


def _write_start(folder: Path, vocabulary: NDArray[np.int32], path: Path) -> None:
    """The bundled model's weights as bfloat16 bits, of its word embeddings those rows that occur."""
    from vectorstore.numpy_encoder import read_tensors

    tensors = read_tensors(folder / "model.safetensors")
    kept = {
        name: values[vocabulary] if name.endswith("word_embeddings.weight") else values
        for name, values in tensors.items()
        if not name.startswith("pooler")
    }
    np.savez_compressed(path, **kept)  # type: ignore[arg-type]


def main(given: Sequence[str] | None = None) -> None:
    """The command line; `given` stands in its place."""
    parser = argparse.ArgumentParser(description="Turn questions and passages into arrays to train on.")
    parser.add_argument("--data", type=Path, required=True, help="folder of passages.jsonl and questions.jsonl")
    parser.add_argument("--out", type=Path, default=Path("build/reader"))
    parser.add_argument("--cache", type=Path, default=user_cache_path("utblick", appauthor=False))
    parser.add_argument("--seed", type=int, default=0)
    parser.add_argument(
        "--beside", type=Path, nargs="*", default=(), help="folders of documents that are not in the project"
    )
    arguments = parser.parse_args(given)
    print(json.dumps(prepare(arguments.data, arguments.out, arguments.cache, arguments.seed, arguments.beside)))


if __name__ == "__main__":
    main()
