"""What the size of chunks gives: the rank of the right page, and of the right document, over a range of sizes.

    python benchmarks/chunk_size.py --documents FOLDER... --questions FILE.jsonl... [--set BEIR_DIR...]

Pages: of each answerable question that names its pages, the reciprocal rank of the first hit on one of them. Sets:
nDCG@10 of documents, ranked by their best chunk. Vectors are kept in the cache, so that a second run takes seconds.
"""

import argparse
import json
import tempfile
from collections.abc import Iterable, Sequence
from pathlib import Path
from typing import Any
from unittest.mock import patch

from ablation import CachedEmbeddings

from evals.collection import index_corpus, searches_of
from evals.retrieval import measure_retrieval, read_retrieval_set
from ingest.document import Document
from ingest.load import load_file
from vectorstore.search import search
from vectorstore.store import Store
from vectorstore.types import Hit


def asked(files: Iterable[Path]) -> list[dict[str, Any]]:
    """Questions that stand alone, have an answer and name its pages."""
    lines = [json.loads(line) for file in files for line in file.read_text("utf-8").splitlines() if line]
    return [line for line in lines if line.get("answerable") and line.get("pages") and not line.get("history")]


def is_right(hit: Hit, question: dict[str, Any]) -> bool:
    chunk = hit.chunk
    return any(
        chunk.document.startswith(page["source"]) and chunk.first_page <= page["page"] <= chunk.last_page
        for page in question["pages"]
    )


def pages_found(documents: Sequence[Document], questions: Sequence[dict[str, Any]], embedder: CachedEmbeddings) -> str:
    with tempfile.TemporaryDirectory() as scratch:
        store = Store(Path(scratch), embedder)
        with store.writing():
            for document in documents:
                store.replace(document, "", document.id)
        ranks = []
        for question in questions:
            hits = search(store, question["question"], top_k=10, language=question["lang"])
            ranks.append(next((hit.rank for hit in hits if is_right(hit, question)), None))
        chunks = store.catalog.count_chunks()
        store.close()
    reciprocal = sum(1 / rank for rank in ranks if rank) / len(ranks)
    first, five = sum(rank == 1 for rank in ranks), sum(rank is not None and rank <= 5 for rank in ranks)
    return f"{chunks} chunks, RR@10 {reciprocal:.3f}, first {first}, in the first five {five} of {len(ranks)}"


def documents_ranked(folder: Path, embedder: CachedEmbeddings) -> str:
    retrieval_set = read_retrieval_set(folder)
    with tempfile.TemporaryDirectory() as scratch:
        store = Store(Path(scratch), embedder)
        index_corpus(store, retrieval_set, quiet=True)
        report = measure_retrieval(retrieval_set, searches_of(store), quiet=True)
        chunks = store.catalog.count_chunks()
        store.close()
    values = (f"{name} {report.modes[name].means['nDCG@10'].value:.3f}" for name in ("hybrid", "dense", "lexical"))
    return f"{chunks} chunks, nDCG@10 {', '.join(values)}"


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--documents", type=Path, nargs="*", default=[])
    parser.add_argument("--questions", type=Path, nargs="*", default=[])
    parser.add_argument("--set", type=Path, nargs="*", default=[])
    parser.add_argument("--tokens", type=int, nargs="+", default=[160, 200, 240, 280, 380])
    parser.add_argument("--cache", type=Path, default=Path("build/chunk_size.npz"))
    arguments = parser.parse_args()
    embedder = CachedEmbeddings(arguments.cache)
    files = [path for folder in arguments.documents for path in sorted(folder.iterdir()) if path.suffix != ".toml"]
    documents = [load_file(path, path.name) for path in files]
    questions = asked(arguments.questions)
    for tokens in arguments.tokens:
        with patch("vectorstore.store.TARGET_TOKENS", tokens):
            print(f"{tokens} tokens", flush=True)
            if questions:
                print(f"  pages: {pages_found(documents, questions, embedder)}", flush=True)
            for folder in arguments.set:
                print(f"  {folder.name}: {documents_ranked(folder, embedder)}", flush=True)
        embedder.save()


if __name__ == "__main__":
    main()
