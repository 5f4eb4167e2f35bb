"""What each part of retrieval gives: nDCG@10 on retrieval sets in BEIR form, with one part changed at a time.

    python benchmarks/ablation.py SET_DIR... [--cache FILE] [--part NAME...]

Documents rank by their best passage. The embedding model is the bundled one; vectors are kept in the cache, so that a
second run takes seconds. The last rows spoil the questions: without diacritics, and with a slip in their longest word.
"""

import argparse
import random
import tempfile
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from unittest.mock import patch

import numpy as np
from numpy.typing import NDArray

from evals.collection import index_corpus, searches_of
from evals.retrieval import RetrievalSet, measure_retrieval, read_retrieval_set
from vectorstore.analyse import fold
from vectorstore.embed import SentenceEmbeddings
from vectorstore.store import Store

LEXICAL = "vectorstore.lexical"
PARTS: dict[str, dict[str, object]] = {
    "as it is": {},
    "words only": {f"{LEXICAL}.WORDS": 1.0, f"{LEXICAL}.GRAMS": 0.0, f"{LEXICAL}.PAIRS": 0.0},
    "letter sequences only": {f"{LEXICAL}.WORDS": 0.0, f"{LEXICAL}.GRAMS": 1.0, f"{LEXICAL}.PAIRS": 0.0},
    "no letter sequences": {f"{LEXICAL}.WORDS": 10 / 12, f"{LEXICAL}.GRAMS": 0.0},
    "no pairs of words": {f"{LEXICAL}.PAIRS": 0.0},
    "no words in compounds": {"vectorstore.terms._IN_COMPOUND": 0.0},
    "no glossary": {f"{LEXICAL}.translated_windows": lambda _: iter(())},
    "no misspellings": {f"{LEXICAL}.is_near": lambda *_: False},
    "lexical weight 0.2": {"vectorstore.fuse.LEXICAL_WEIGHT": 0.2},
    "lexical weight 0.3": {"vectorstore.fuse.LEXICAL_WEIGHT": 0.3},
    "lexical weight 0.5": {"vectorstore.fuse.LEXICAL_WEIGHT": 0.5},
    "0.4 across languages": {"vectorstore.fuse.CROSS_LANGUAGE_WEIGHT": 0.4},
}


class CachedEmbeddings:
    """The bundled model, with what it has embedded kept in a file."""

    def __init__(self, file: Path) -> None:
        self._model = SentenceEmbeddings.load()
        self.fingerprint, self.max_tokens = self._model.fingerprint, self._model.max_tokens
        self.token_counts = self._model.token_counts
        self._file = file
        self._known: dict[str, NDArray[np.float32]] = {}
        if file.exists():
            with np.load(file) as kept:
                self._known = dict(zip(kept["texts"], kept["vectors"], strict=True))

    def embed_array(self, texts: Sequence[str], *, kind: str) -> NDArray[np.float32]:
        new = [text for text in dict.fromkeys(texts) if f"{kind} {text}" not in self._known]
        if new:
            vectors = self._model.embed_array(new, kind="query" if kind == "query" else "passage")
            self._known |= {f"{kind} {text}": vector for text, vector in zip(new, vectors, strict=True)}
        return np.stack([self._known[f"{kind} {text}"] for text in texts])

    def save(self) -> None:
        self._file.parent.mkdir(parents=True, exist_ok=True)
        np.savez(self._file, texts=np.array(list(self._known)), vectors=np.stack(list(self._known.values())))


def misspelt(question: str) -> str:
    """With one letter of the longest word left out."""
    longest = max(question.split(), key=len)
    place = random.Random(question).randrange(2, max(len(longest) - 1, 3))
    return question.replace(longest, longest[:place] + longest[place + 1 :], 1)


SPOILT: dict[str, Callable[[str], str]] = {"questions without diacritics": fold, "questions with a slip": misspelt}


@contextmanager
def changed(part: dict[str, object]) -> Iterator[None]:
    patches = [patch(name, value) for name, value in part.items()]
    for entered in patches:
        entered.start()
    try:
        yield
    finally:
        for entered in patches:
            entered.stop()


def measure(retrieval_set: RetrievalSet, embedder: CachedEmbeddings, store: Store) -> str:
    embedder.embed_array(list(retrieval_set.queries.values()), kind="query")
    report = measure_retrieval(retrieval_set, searches_of(store), quiet=True)
    return " ".join(f"{report.modes[mode].means['nDCG@10'].value:7.3f}" for mode in ("hybrid", "dense", "lexical"))


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("sets", type=Path, nargs="+")
    parser.add_argument("--cache", type=Path, default=Path("build/ablation.npz"))
    parser.add_argument("--part", nargs="*", default=[*PARTS, *SPOILT])
    arguments = parser.parse_args()
    embedder = CachedEmbeddings(arguments.cache)
    for folder in arguments.sets:
        retrieval_set = read_retrieval_set(folder)
        print(f"\n{folder.name}, {len(retrieval_set.queries)} questions{'hybrid':>12}{'dense':>8}{'lexical':>8}")
        with tempfile.TemporaryDirectory() as scratch:
            store = Store(Path(scratch), embedder)
            index_corpus(store, retrieval_set, quiet=True)
            for name in arguments.part:
                spoil = SPOILT.get(name, str)
                queries = {key: spoil(text) for key, text in retrieval_set.queries.items()}
                spoilt = RetrievalSet(retrieval_set.corpus, queries, retrieval_set.qrels, 0, 0)
                with changed(PARTS.get(name, {})):
                    print(f"{name:<30}{measure(spoilt, embedder, store)}", flush=True)
            store.close()
        embedder.save()


if __name__ == "__main__":
    main()
