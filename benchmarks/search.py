"""How long a search takes, with its parts, and what else grows with a store.

    python benchmarks/search.py [--chunks 1000 10000 100000] [--questions 100] [--keep FOLDER]

The store, Chroma, SQLite, all scoring and the encoding of the question are the real ones. Text is made up of
Swedish-like words with the frequencies of a language. Vectors of passages are made up, too, so that a store is built in
minutes: around one centre, as the bundled model's are (mean cosine 0.82, variance falling off as theirs does), half of
the rest shared by the passages of a document. Each store is searched by a process of its own, whose memory is given.
"""

import argparse
import json
import multiprocessing
import random
import re
import shutil
import sys
import tempfile
import time
import zlib
from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import ProcessPoolExecutor
from contextlib import contextmanager
from hashlib import sha256
from itertools import accumulate
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from ingest.assemble import RawBlock, RawDocument, assemble_document
from ingest.document import BlockKind, Document, Fact, Field
from vectorstore.analyse import query_terms
from vectorstore.embed import SentenceEmbeddings
from vectorstore.exact import ExactIndex
from vectorstore.search import CANDIDATES, search
from vectorstore.store import Store
from vectorstore.types import Filter

CHUNKS_A_DOCUMENT = 50
WORDS_A_CHUNK = 120
ORGANISATIONS, YEARS = 20, 10
DIMENSION = 384
PARTS = (
    "av be de den en er ett för ga hand i in kom kon la led mark miljö när ord plan rå sam skol stad stö ut val värd å"
)
ENDINGS = ("", "", "en", "er", "ning", "ningen", "et", "s", "ar", "arna")


class MadeUpVectors:
    """Gives each passage a vector that is always the same; encodes a question before it makes one up for it, too."""

    fingerprint = "made-up-vectors"
    max_tokens = 512

    def __init__(self, model: SentenceEmbeddings | None = None) -> None:
        self._model = model
        spread = (1 + np.arange(DIMENSION) / 8) ** -0.75
        self._spread = spread / np.linalg.norm(spread)
        centre = np.random.default_rng(1).normal(size=DIMENSION)
        self._centre = 0.9 * centre / np.linalg.norm(centre)

    def token_counts(self, texts: Sequence[str]) -> list[int]:
        return [len(text) // 4 for text in texts]

    def embed_array(self, texts: Sequence[str], *, kind: str) -> NDArray[np.float32]:
        if kind == "query" and self._model is not None:
            self._model.embed_array(texts, kind="query")
        vectors = np.stack(
            [self._centre + 0.3 * (self._drawn(text.split(" > ")[0]) + self._drawn(text)) for text in texts]
        )
        return (vectors / np.linalg.norm(vectors, axis=1, keepdims=True)).astype(np.float32)

    def _drawn(self, text: str) -> NDArray[np.float64]:
        return np.random.default_rng(zlib.crc32(text.encode())).normal(size=DIMENSION) * self._spread


class Language:
    """Makes up words, of which the n-th is used in proportion to 1/n."""

    def __init__(self, seed: int, size: int = 40_000) -> None:
        words = random.Random(7)
        parts = PARTS.split()
        made: dict[str, None] = {}
        while len(made) < size:
            made["".join(words.choices(parts, k=words.choice((1, 2, 2, 3, 3, 4)))) + words.choice(ENDINGS)] = None
        self._words = list(made)
        self._weights = list(accumulate(1 / rank for rank in range(1, size + 1)))
        self._names = [" ".join(words.sample(self._words, 3)).title() for _ in range(400)]
        self._draw = random.Random(seed)

    def question(self, common: int = 0) -> str:
        """Five words, as are left of a question without its stop words; `common` of them among the 60 most frequent.

        The others are not among the 200 most frequent.
        """
        rare = self._draw.choices(self._words[200:], cum_weights=self._weights[:-200], k=5 - common)
        return f"Hur {' '.join([*self._draw.sample(self._words[:60], common), *rare])}?"

    def text(self, length: int) -> str:
        return " ".join(self._draw.choices(self._words, cum_weights=self._weights, k=length)).capitalize() + "."

    def acronym(self) -> str:
        name = self._draw.choice(self._names)
        return f"{name} ({''.join(word[0] for word in name.split())})"


def document(number: int, edition: int) -> Document:
    language = Language(seed=1_000_003 * edition + number) if edition else LANGUAGE
    # A heading for each passage keeps the chunker from joining two.
    blocks = [
        block
        for ordinal in range(CHUNKS_A_DOCUMENT)
        for block in (
            RawBlock(BlockKind.HEADING, ((1, f"{ordinal + 1} {language.text(3)}"),), level=1),
            RawBlock(BlockKind.PARAGRAPH, ((1, passage(language, ordinal)),)),
        )
    ]
    digest = sha256(f"{number} {edition}".encode()).hexdigest()
    made = assemble_document(f"{number}.txt", digest, RawDocument("text", blocks))
    facts = {
        Field.TITLE: language.text(4),
        Field.LANGUAGE: "sv",
        Field.ORGANISATION: f"Stad {number % ORGANISATIONS}",
        Field.PERIOD: str(2015 + number // 2 % YEARS),
    }
    stated = tuple(Fact(field, value, origin="name") for field, value in facts.items())
    return Document(made.id, "text", made.content_hash, made.text, made.pages, made.blocks, stated)


def passage(language: Language, ordinal: int) -> str:
    """One sentence, so that it is one chunk however long it is; each tenth spells out an acronym."""
    return f"{language.acronym()} " * (ordinal % 10 == 0) + language.text(WORDS_A_CHUNK)


LANGUAGE = Language(seed=7)


def store_document(store: Store, number: int, edition: int) -> None:
    store.replace(document(number, edition), "", f"{number}.txt")


class Results(dict[str, str]):
    """What was measured, shown as it comes."""

    def __setitem__(self, name: str, value: str) -> None:
        print(f"{name}: {value}", file=sys.stderr, flush=True)
        super().__setitem__(name, value)


def build(folder: Path, chunks: int) -> dict[str, str]:
    """Fill a store: seconds for the catalog and for Chroma, without those for making up the text."""
    store = Store(folder, MadeUpVectors())
    made_up = np.zeros(2)
    began = clocks()
    with store.writing():
        for number in range(max(chunks // CHUNKS_A_DOCUMENT, 1)):
            started = clocks()
            made = document(number, 0)
            made_up += clocks() - started
            store.replace(made, "", f"{number}.txt")
        stored = clocks()
    ended = clocks()
    store.close()
    seconds = {"store the chunks": stored - began - made_up, "then build Chroma": ended - stored}
    return {f"{name}, s (processor)": f"{wall:.0f} ({processor:.0f})" for name, (wall, processor) in seconds.items()}


def clocks() -> NDArray[np.float64]:
    """Time that has passed, and time of processors that this process has used."""
    return np.array((time.perf_counter(), time.process_time()))


def timed(work: Callable[[], object]) -> float:
    began = time.perf_counter()
    work()
    return 1000 * (time.perf_counter() - began)


def each(work: Callable[[str], object], questions: Sequence[str]) -> str:
    times = [timed(lambda question=question: work(question)) for question in questions]
    return f"{np.median(times):.1f} / {np.percentile(times, 95):.1f}"


def memory(field: str) -> str:
    """This process's resident memory, `VmRSS` now and `VmHWM` at most, in MB; Linux only."""
    status = Path("/proc/self/status")
    found = re.search(rf"{field}:\s+(\d+) kB", status.read_text("ascii")) if status.exists() else None
    return f"{int(found[1]) / 1000:.0f}" if found else "?"


def megabytes(*files: Path) -> str:
    return f"{sum(file.stat().st_size for file in files if file.is_file()) / 1e6:.0f}"


def measure(folder: Path, questions: int) -> dict[str, str]:
    results = Results()
    language = Language(seed=11)

    def anew(common: int = 0) -> list[str]:
        """Other questions each time: what is remembered of a question's words must not help the next row."""
        return [language.question(common) for _ in range(questions)]

    model = SentenceEmbeddings.load()
    model.embed_array(anew()[:1], kind="query")
    results["memory with the model that encodes questions, MB"] = memory("VmRSS")
    began = time.perf_counter()
    store = Store(folder, MadeUpVectors(model))
    search(store, language.question())
    results["open the store and search once"] = f"{1000 * (time.perf_counter() - began):.0f}"
    results["memory then, MB"] = memory("VmRSS")
    results["search"] = each(lambda question: search(store, question), anew())
    results["memory after searching everywhere, MB"] = memory("VmRSS")
    documents = store.catalog.records()
    organisation = Filter(organisations=("Stad 3",))
    for name, limits in {
        "one organisation of 20": organisation,
        "one year of 10": Filter(years=(2016,)),
        "half of the organisations": Filter(organisations=tuple(f"Stad {number}" for number in range(0, 20, 2))),
        "one document": Filter(documents=(documents[len(documents) // 2].id,)),
    }.items():

        def within(question: str, limits: Filter = limits) -> object:
            return search(store, question, limits=limits)

        first = language.question()
        results[f"the first search in {name}"] = f"{timed(lambda question=first, within=within: within(question)):.0f}"
        results[f"search in {name}"] = each(within, anew())
    results["search for common words"] = each(lambda question: search(store, question), anew(common=3))
    slips = [re.sub(r"(\w{5})\w", r"\1", question) for question in anew()]
    results["search for misspelt words"] = each(lambda question: search(store, question), slips)
    naming = [f"{question[:-1]} i Stad 3 under 2016?" for question in anew()]
    results["search that names an organisation and a year"] = each(lambda question: search(store, question), naming)
    asked = anew()
    results |= parts(store, model, asked)
    results["memory after searching within documents, MB"] = memory("VmRSS")
    results |= changes(store, language)
    with writing_beside(folder, len(documents)):
        results["search while another process writes"] = each(lambda question: search(store, question), anew())
        results["search in one organisation meanwhile"] = each(
            lambda question: search(store, question, limits=organisation), anew()
        )
    results["memory at most, MB"] = memory("VmHWM")
    # The writer was ended in the middle of its work; what it left is for no one to wait for next time.
    with store.writing():
        pass
    results["memory once passages are embedded as well, MB"] = with_library(model)
    store.close()
    results["catalog on disk, MB"] = megabytes(*folder.glob("catalog.sqlite*"))
    results["Chroma on disk, MB"] = megabytes(*(folder / "chroma").rglob("*"))
    return dict(results)


def parts(store: Store, model: SentenceEmbeddings, asked: Sequence[str]) -> dict[str, str]:
    lexical, exact = store.catalog.lexical, ExactIndex(store.catalog)
    vectors = dict(zip(asked, MadeUpVectors().embed_array(asked, kind="query"), strict=True))
    results = Results()
    results["encode the question"] = each(lambda question: model.embed_array([question], kind="query"), asked)
    results["find by vector"] = each(lambda question: store.index.query(vectors[question], CANDIDATES), asked)
    results["read all vectors"] = f"{timed(lambda: exact.query(vectors[asked[0]], CANDIDATES)):.0f}"
    results["compare with all vectors"] = each(lambda question: exact.query(vectors[question], CANDIDATES), asked)
    with store.catalog.reading():
        results["weigh the question"] = each(lambda question: lexical.prepare(question, query_terms(question)), asked)
        prepared = {question: lexical.prepare(question, query_terms(question)) for question in asked}
        found = {question: lexical.find(prepared[question], 2 * CANDIDATES, None) for question in asked}
        results["find by words"] = each(lambda question: lexical.find(prepared[question], CANDIDATES, None), asked)
        results["score 100 passages"] = each(lambda question: lexical.score(prepared[question], found[question]), asked)
    overlap = [
        len({i for i, _ in store.index.query(vector, 50)} & {i for i, _ in exact.query(vector, 50)}) / 50
        for vector in vectors.values()
    ]
    results["share of the nearest 50 that is found"] = f"{np.mean(overlap):.3f}"
    return results


def changes(store: Store, language: Language) -> dict[str, str]:
    """One document of 50 chunks is replaced, ten times."""
    storing, whole, first, filtered = list[float](), list[float](), list[float](), list[float]()
    for edition in range(10):
        seed = time.time_ns() + edition
        made = document(0, seed)
        began = time.perf_counter()
        with store.writing():
            store.replace(made, "", "0.txt")
            storing.append(1000 * (time.perf_counter() - began))
        whole.append(1000 * (time.perf_counter() - began))
        question = language.question()
        first.append(timed(lambda question=question: search(store, question)))
        limits = Filter(organisations=("Stad 3",))
        filtered.append(timed(lambda question=question, limits=limits: search(store, question, limits=limits)))

    def shown(times: Sequence[float]) -> str:
        return f"{np.median(times):.0f} / {max(times):.0f}"

    results = Results()
    results["replace a document of 50 chunks, median / most"] = shown(whole)
    results["of it in the catalog, median / most"] = shown(storing)
    results["the first search after it, median / most"] = shown(first)
    results["the first in an organisation, median / most"] = shown(filtered)
    return results


def write_on(folder: Path, documents: int, begun: "multiprocessing.synchronize.Event") -> None:
    store = Store(folder, MadeUpVectors())
    draw = random.Random(3)
    while True:
        with store.writing():
            store_document(store, draw.randrange(documents), time.time_ns())
        begun.set()


@contextmanager
def writing_beside(folder: Path, documents: int) -> Iterator[None]:
    context = multiprocessing.get_context("spawn")
    begun = context.Event()
    writer = context.Process(target=write_on, args=(folder, documents, begun))
    writer.start()
    begun.wait()
    try:
        yield
    finally:
        writer.kill()
        writer.join()


def with_library(model: SentenceEmbeddings) -> str:
    """Memory once sentence-transformers is loaded, too, as it is where passages are embedded."""
    model.embed_array(["Nämnden följer upp programmet varje år. " * 25] * 64, kind="passage")
    return memory("VmRSS")


def apart(work: Callable[..., dict[str, str]], *arguments: object) -> dict[str, str]:
    """Run in a process of its own, so that its memory is its own."""
    with ProcessPoolExecutor(1, multiprocessing.get_context("spawn")) as pool:
        return pool.submit(work, *arguments).result()


def run(chunks: int, questions: int, kept: Path | None) -> dict[str, str]:
    folder = Path(tempfile.mkdtemp()) if kept is None else kept / str(chunks)
    note = folder / "built.json"
    try:
        if not note.exists():
            shutil.rmtree(folder, ignore_errors=True)
            built = apart(build, folder, chunks)
            note.write_text(json.dumps(built))
        return json.loads(note.read_text()) | (apart(measure, folder, questions) if questions else {})
    finally:
        if kept is None:
            shutil.rmtree(folder)


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--chunks", type=int, nargs="+", default=[1_000, 10_000, 100_000])
    parser.add_argument("--questions", type=int, default=100, help="0 to build only")
    parser.add_argument("--keep", type=Path, help="keep the stores there, and use those that are there")
    arguments = parser.parse_args()
    columns = [run(chunks, arguments.questions, arguments.keep) for chunks in arguments.chunks]
    heads = [f"{chunks:,} chunks" for chunks in arguments.chunks]
    print(f"\n| milliseconds, median / 95th percentile | {' | '.join(heads)} |")
    print("|---" * (len(columns) + 1) + "|")
    for name in columns[0]:
        print(f"| {name.strip()} | {' | '.join(str(column.get(name)) for column in columns)} |")


if __name__ == "__main__":
    main()
