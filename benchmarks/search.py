"""How long a search takes, and its parts, in stores of growing size.

    python benchmarks/search.py [--chunks 1000 10000] [--questions 100]

Vectors are random and the text is made up of Swedish-like words with the frequencies of a language, so nothing is
embedded; the store, Chroma, SQLite and all scoring are the real ones. Times are in milliseconds, median / 95th
percentile, in one process after a first search.
"""

import argparse
import random
import tempfile
import time
import zlib
from collections.abc import Callable, Sequence
from contextlib import AbstractContextManager, nullcontext
from hashlib import sha256
from itertools import accumulate
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from ingest.assemble import RawBlock, RawDocument, assemble_document
from ingest.document import BlockKind, Document, Fact, Field
from vectorstore.analyse import query_terms
from vectorstore.search import CANDIDATES, search
from vectorstore.store import Store

CHUNKS_A_DOCUMENT = 50
WORDS_A_CHUNK = 120
PARTS = (
    "av be de den en er ett för ga hand i in kom kon la led mark miljö när ord plan rå sam skol stad stö ut val värd å"
)
ENDINGS = ("", "", "en", "er", "ning", "ningen", "et", "s", "ar", "arna")


class RandomVectors:
    """Gives each text a vector of its own that is always the same."""

    fingerprint = "random-vectors"
    max_tokens = 512

    def token_counts(self, texts: Sequence[str]) -> list[int]:
        return [len(text) // 4 for text in texts]

    def embed_array(self, texts: Sequence[str], *, kind: str) -> NDArray[np.float32]:
        vectors = np.stack([np.random.default_rng(zlib.crc32(text.encode())).normal(size=384) for text in texts])
        return (vectors / np.linalg.norm(vectors, axis=1, keepdims=True)).astype(np.float32)


class Language:
    """Makes up words, of which the n-th is used in proportion to 1/n."""

    def __init__(self, size: int = 40_000, seed: int = 7) -> None:
        self._draw = random.Random(seed)
        parts = PARTS.split()
        made: dict[str, None] = {}
        while len(made) < size:
            made[
                "".join(self._draw.choices(parts, k=self._draw.choice((1, 2, 2, 3, 3, 4)))) + self._draw.choice(ENDINGS)
            ] = None
        self._words = list(made)
        self._weights = list(accumulate(1 / rank for rank in range(1, size + 1)))

    def question(self) -> str:
        """Five words that are not among the most frequent, as is left of a question without its stop words."""
        return f"Hur {' '.join(self._draw.choices(self._words[200:], cum_weights=self._weights[:-200], k=5))}?"

    def text(self, length: int) -> str:
        return " ".join(self._draw.choices(self._words, cum_weights=self._weights, k=length)).capitalize() + "."


def document(number: int, language: Language, chunks: int) -> Document:
    # A heading for each passage keeps the chunker from joining two.
    blocks = [
        block
        for ordinal in range(chunks)
        for block in (
            RawBlock(BlockKind.HEADING, ((1, f"{ordinal + 1} {language.text(3)}"),), level=1),
            RawBlock(BlockKind.PARAGRAPH, ((1, language.text(WORDS_A_CHUNK)),)),
        )
    ]
    made = assemble_document(f"{number}.txt", sha256(str(number).encode()).hexdigest(), RawDocument("text", blocks))
    facts = (Fact(Field.TITLE, language.text(4), origin="name"), Fact(Field.LANGUAGE, "sv", origin="name"))
    return Document(made.id, "text", made.content_hash, made.text, made.pages, made.blocks, facts)


def milliseconds(work: Callable[[str], object], questions: Sequence[str]) -> str:
    times: list[float] = []
    for question in questions:
        began = time.perf_counter()
        work(question)
        times.append(1000 * (time.perf_counter() - began))
    return f"{np.median(times):7.1f} / {np.percentile(times, 95):5.1f}"


def measure(chunks: int, questions: int, folder: Path) -> None:
    language, embedder = Language(), RandomVectors()
    store = Store(folder, embedder)
    began = time.perf_counter()
    with store.writing():
        for number in range(max(chunks // CHUNKS_A_DOCUMENT, 1)):
            store.replace(document(number, language, CHUNKS_A_DOCUMENT), "", f"{number}.txt")
    indexed = time.perf_counter() - began
    asked = [language.question() for _ in range(questions)]
    lexical, reading = store.catalog.lexical, store.catalog.reading
    began = time.perf_counter()
    search(store, asked[0])
    first = 1000 * (time.perf_counter() - began)

    def within(
        work: Callable[[str], object], context: Callable[[], AbstractContextManager[object]]
    ) -> Callable[[str], None]:
        def run(question: str) -> None:
            with context():
                work(question)

        return run

    def prepare(question: str) -> object:
        return lexical.prepare(question, query_terms(question))

    prepared = {}
    with reading():
        prepared = {question: lexical.prepare(question, query_terms(question)) for question in asked}
        found = {question: lexical.find(prepared[question], 2 * CANDIDATES, None) for question in asked}
    vectors = dict(zip(asked, embedder.embed_array(asked, kind="query"), strict=True))
    rows: dict[str, Callable[[str], None]] = {
        "search": within(lambda question: search(store, question), nullcontext),
        "  weigh the question": within(prepare, reading),
        "  find by words": within(lambda question: lexical.find(prepared[question], CANDIDATES, None), reading),
        "  find by vector": within(lambda question: store.index.query(vectors[question], CANDIDATES), nullcontext),
        "  score 100 passages": within(lambda question: lexical.score(prepared[question], found[question]), reading),
    }
    print(f"\n{store.catalog.count_chunks()} chunks, indexed in {indexed:.0f} s, first search {first:.0f} ms")
    for name, work in rows.items():
        print(f"{name:<24}{milliseconds(work, asked)}", flush=True)
    store.close()


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--chunks", type=int, nargs="+", default=[1_000, 10_000])
    parser.add_argument("--questions", type=int, default=100)
    arguments = parser.parse_args()
    for chunks in arguments.chunks:
        with tempfile.TemporaryDirectory() as folder:
            measure(chunks, arguments.questions, Path(folder))


if __name__ == "__main__":
    main()
