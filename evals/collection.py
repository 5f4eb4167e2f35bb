"""Measure the store's own retrieval on a set in BEIR form: index the corpus aside, then search it in each way."""

import json
import shutil
import tempfile
import time
from collections.abc import Iterable, Mapping, Sequence
from functools import cache
from hashlib import sha256
from pathlib import Path
from typing import Any

from evals.errors import OutputError
from evals.progress import Progress
from evals.retrieval import (
    MODES,
    CorpusDocument,
    RetrievalSet,
    Search,
    measure_retrieval,
    read_retrieval_set,
)
from ingest.assemble import RawBlock, RawDocument, assemble_document
from ingest.document import BlockKind, Document, Fact, Field
from ingest.language import detect_language
from vectorstore.analyse import query_terms
from vectorstore.reader import Reader
from vectorstore.rerank import rerank
from vectorstore.search import rank_passages
from vectorstore.store import Embedder, Store
from vectorstore.types import DocumentRecord

_CHUNKS_A_DOCUMENT = 2
"""Chunks that are asked for, for each document wanted: a document stands where its best chunk does."""


def evaluate_retrieval(
    folder: Path,
    out: Path,
    embedder: Embedder,
    *,
    modes: Sequence[str] = MODES,
    quiet: bool = False,
    take: int | None = None,
    keep: Path | None = None,
    reader: Reader | None = None,
) -> dict[str, Any]:
    """Index a retrieval set in a store of its own and measure hybrid, dense and lexical search on it.

    Writes `hybrid.run`, `dense.run` and `lexical.run` in TREC form, and `report.json`: the same with intervals and each
    query's values.

    Args:
        folder: `corpus.jsonl`, `queries.jsonl` and `qrels/test.tsv`.
        out: Folder for the results, made when absent.
        embedder: The embedding model.
        modes: Ways to measure, out of `hybrid`, `dense` and `lexical`.
        quiet: Show no progress.
        reader: Ranks anew what hybrid search found; None leaves it.
        take: Put only so many of the queries, spread evenly; None for all.
        keep: Folder in which the index stays for the next time; None for one that goes when this ends.

    Returns:
        The object of the command line's `--json`. `seconds` holds the time to index and each way's median time of
        a query, with the embedding of the question but for the lexical half, which does without.

    Raises:
        RetrievalSetError: The set cannot be used.
        OutputError: The folder cannot be written.
    """
    retrieval_set = read_retrieval_set(folder)
    if take is not None:
        retrieval_set = retrieval_set.take(take)
    with tempfile.TemporaryDirectory(prefix="utblick-eval-", ignore_cleanup_errors=True) as scratch:
        began = time.perf_counter()
        store = _indexed(retrieval_set, Path(scratch) if keep is None else keep, embedder, quiet=quiet)
        seconds = time.perf_counter() - began
        report = measure_retrieval(
            retrieval_set,
            {mode: search for mode, search in searches_of(store, reader).items() if mode in modes},
            out,
            quiet=quiet,
        )
        store.close()
    plain = report.as_json()
    plain["seconds"]["index"] = round(seconds, 3)
    _write_report(out / "report.json", plain | report.details())
    return plain


def _indexed(retrieval_set: RetrievalSet, folder: Path, embedder: Embedder, *, quiet: bool) -> Store:
    """A store over the set's corpus: the one that stands in the folder, or a new one."""
    contents = sha256(embedder.fingerprint.encode())
    for entry in retrieval_set.corpus:
        contents.update(f"\0{entry.id}\0{entry.title}\0{entry.text}".encode("utf-8", "surrogatepass"))
    own = folder / contents.hexdigest()[:12]
    complete = own / "complete"
    if own.exists() and not complete.exists():
        shutil.rmtree(own)  # left by an interruption
    store = Store(own, embedder)
    if not complete.exists():
        index_corpus(store, retrieval_set, quiet=quiet)
        complete.touch()
    return store


def index_corpus(store: Store, retrieval_set: RetrievalSet, *, quiet: bool = False) -> None:
    """Put every document of a set in an empty store."""
    with store.writing():
        progress = Progress(len(retrieval_set.corpus), "documents indexed", quiet=quiet)
        for entry in retrieval_set.corpus:
            store.replace(as_document(entry), root="", location=entry.id)
            progress.step()
        progress.close()


def as_document(entry: CorpusDocument) -> Document:
    """A document of one page, with a paragraph for each line of the entry's text."""
    lines = [line for line in (entry.text or entry.title).splitlines() if line.strip()]
    raw = RawDocument("text", [RawBlock(BlockKind.PARAGRAPH, ((1, line),)) for line in lines])
    document = assemble_document(entry.id, sha256(f"{entry.id}\n{entry.text}".encode()).hexdigest(), raw)
    facts = (
        # Without a title the identifier would be embedded, which says nothing here.
        Fact(Field.TITLE, entry.title.strip() or " ", origin="properties"),
        Fact(Field.LANGUAGE, detect_language(document.text), origin="properties"),
    )
    return Document(entry.id, "text", document.content_hash, document.text, document.pages, document.blocks, facts)


def searches_of(store: Store, reader: Reader | None = None) -> Mapping[str, Search]:
    """The three ways of searching a store, by name; a reader ranks anew what hybrid search found.

    Each does only its own work, so that its time is its own.
    """

    @cache
    def documents() -> dict[str, DocumentRecord]:
        return {record.id: record for record in store.catalog.records()}

    def hybrid(query: str, top_k: int) -> list[tuple[str, float]]:
        language = "en" if detect_language(query) == "en" else "sv"
        hits = rank_passages(store, query, _CHUNKS_A_DOCUMENT * top_k, language)
        if reader is not None:
            hits = rerank(query, hits, documents(), reader)
        return best_of_documents((hit.chunk.document, hit.score) for hit in hits)[:top_k]

    def dense(query: str, top_k: int) -> list[tuple[str, float]]:
        (vector,) = store.embed([query], kind="query")
        return _documents_of(store, dict(store.index.query(vector, _CHUNKS_A_DOCUMENT * top_k)))[:top_k]

    def lexical(query: str, top_k: int) -> list[tuple[str, float]]:
        index = store.catalog.lexical
        with store.catalog.reading():
            asked = index.prepare(query, query_terms(query))
            scores = index.score(asked, index.find(asked, _CHUNKS_A_DOCUMENT * top_k, None))
            return _documents_of(store, scores)[:top_k]

    return {"hybrid": hybrid, "dense": dense, "lexical": lexical}


def best_of_documents(scored: Iterable[tuple[str, float]]) -> list[tuple[str, float]]:
    """Documents with the score of their best chunk, best first."""
    best: dict[str, float] = {}
    for document, score in scored:
        best[document] = max(score, best.get(document, score))
    return sorted(best.items(), key=lambda pair: (-pair[1], pair[0]))


def _documents_of(store: Store, scores: Mapping[str, float]) -> list[tuple[str, float]]:
    chunks = store.catalog.chunks(list(scores))
    return best_of_documents((chunk.document, scores[chunk_id]) for chunk_id, chunk in chunks.items())


def _write_report(path: Path, plain: Mapping[str, Any]) -> None:
    text = json.dumps(plain, ensure_ascii=False, indent=2) + "\n"
    try:
        path.write_text(text, encoding="utf-8", newline="\n")
    except OSError as problem:
        raise OutputError(f"{path}: cannot be written ({problem.strerror}); give another folder to --out") from problem
