"""A program that the tests run beside themselves: it ingests and is killed, or reads while another writes.

python subject.py kill FOLDER       sync under 20 kills; prints what the store holds, and what a clean one would
python subject.py readers FOLDER S  ten readers and a writer for S seconds; prints what they saw
"""

import json
import multiprocessing
import os
import random
import re
import signal
import sys
import time
import zlib
from pathlib import Path

import chromadb  # noqa: F401 - imported once, so that the processes forked from here start at once
import numpy as np

import ingest.worker  # noqa: F401
import vectorstore.index  # noqa: F401
from ingest import load_file
from vectorstore.store import Store
from vectorstore.sync import sync_path
from vectorstore.types import Filter

FORK = multiprocessing.get_context("fork")


class WordHashes:
    """Embeds words by their checksums: texts that share words are near each other. Counts what it embeds."""

    dimension = 64
    max_tokens = 512

    def __init__(self, fingerprint="word-hashes"):
        self.fingerprint = fingerprint
        self.embedded = []

    def token_counts(self, texts):
        return [2 + len(re.findall(r"\w+|[^\w\s]", text)) for text in texts]

    def embed_array(self, texts, *, kind):
        if kind == "passage":
            self.embedded += texts
        vectors = np.full((len(texts), self.dimension), 0.01, np.float32)
        for row, text in enumerate(texts):
            for word in re.findall(r"\w+", text.lower()):
                checksum = zlib.crc32(word.encode())
                vectors[row, checksum % self.dimension] += 1 if checksum & 1024 else -1
        return vectors / np.linalg.norm(vectors, axis=1, keepdims=True)


def write_document(path, number, edition, paragraphs=5):
    path.parent.mkdir(parents=True, exist_ok=True)
    words = ("hamn", "skola", "energi", "kultur", "klimat", "handel", "forskning", "vatten")
    lines = [f"# Plan {number} för {words[number % len(words)]}", ""]
    for paragraph in range(paragraphs):
        lines += [
            f"Upplaga {edition} av plan {number} säger i stycke {paragraph} att nämnden ska följa upp arbetet med "
            f"{words[(number + paragraph) % len(words)]} varje år och lämna en rapport till kommunstyrelsen. " * 2,
            "",
        ]
    path.write_text("\n".join(lines), "utf-8")


def contents(data):
    """What is stored for each file, however it is named in the store, and whether the vector index follows."""
    store = Store(data, WordHashes())
    files = {}
    for record in store.catalog.files():
        document = store.catalog.document(record.document)
        pages = [store.catalog.page_text(record.document, page.number) for page in document.pages]
        files[record.location] = {"pages": pages, "chunks": [c.id for c in store.catalog.chunks_of(record.document)]}
    problem = store.catalog.integrity()
    store.candidates("hamn och skola", [("hamn",)], 10, Filter())
    store.close()
    store = Store(data, WordHashes())
    difference = store.index.difference()
    store.close()
    return {"files": files, "integrity": problem, "difference": [len(difference.missing), len(difference.surplus)]}


def sync(data, documents):
    store = Store(data, WordHashes())
    sync_path(store, documents)
    store.close()


def change_files(documents, draw, step):
    files = sorted(documents.rglob("*.md"))
    for file in draw.sample(files, 8):
        write_document(file, draw.randrange(40), f"{step}.{draw.randrange(1000)}")
    moved = draw.choice(files)
    moved.rename(documents / f"flyttad-{step}.md")
    (documents / f"kopia-{step}.md").write_bytes(draw.choice(sorted(documents.rglob("*.md"))).read_bytes())
    draw.choice(sorted(documents.rglob("*.md"))).unlink()


def run_kills(folder):
    documents, data = folder / "documents", folder / "data"
    for number in range(40):
        write_document(documents / f"del-{number % 4}" / f"plan-{number}.md", number, "1.0")
    began = time.monotonic()
    child = FORK.Process(target=sync, args=(folder / "first", documents))
    child.start()
    child.join()
    seconds = time.monotonic() - began
    draw = random.Random(20)
    killed = steps = 0
    while killed < 20 and steps < 60:
        child = FORK.Process(target=sync, args=(data, documents))
        child.start()
        child.join(timeout=draw.uniform(0, seconds))
        hit = child.is_alive()
        if hit:
            os.kill(child.pid, signal.SIGKILL)
            child.join()
            killed += 1
        # How long a run takes depends on what is left to do and on how busy the machine is.
        seconds *= 1.1 if hit else 0.7
        if steps % 2 or not hit:
            change_files(documents, draw, steps)
        steps += 1
    for place in (data, folder / "clean"):
        child = FORK.Process(target=sync, args=(place, documents))
        child.start()
        child.join()
        assert child.exitcode == 0
    return {"killed": killed, "survivor": contents(data), "clean": contents(folder / "clean")}


def read_on(data, gone, until, results):
    store = Store(data, WordHashes())
    seen = {"reads": 0, "torn": [], "deleted": [], "error": None}
    try:
        while time.monotonic() < until:
            removed = set(gone.read_text("utf-8").split())
            for candidate in store.candidates("uppföljning av energi och hamn", [("energi",), ("hamn",)], 8, Filter()):
                if candidate.chunk.document in removed:
                    seen["deleted"].append(candidate.chunk.document)
            with store.catalog.reading():
                for record in store.catalog.records()[:3]:
                    document = store.catalog.document(record.id)
                    editions = set(re.findall(r"Upplaga (\S+)", document.text))
                    whole = "".join(store.catalog.page_text(record.id, page.number) for page in document.pages)
                    passages = store.catalog.chunks_of(record.id)
                    fits = all(document.text[chunk.start : chunk.end] == chunk.text for chunk in passages)
                    if len(editions) != 1 or whole != document.text or not fits or not passages:
                        seen["torn"].append(record.id)
            seen["reads"] += 1
    except Exception as error:
        seen["error"] = f"{type(error).__name__}: {error}"
    store.close()
    results.put(seen)


def run_readers(folder, seconds):
    documents, data, gone = folder / "documents", folder / "data", folder / "gone.txt"
    for number in range(12):
        write_document(documents / f"plan-{number}.md", number, "0", 15)
    gone.write_text("")
    child = FORK.Process(target=sync, args=(data, documents))
    child.start()
    child.join()
    results = FORK.Queue()
    until = time.monotonic() + seconds
    readers = [FORK.Process(target=read_on, args=(data, gone, until, results)) for _ in range(10)]
    for reader in readers:
        reader.start()
    store = Store(data, WordHashes())
    edition = 0

    def store_file(file, number):
        write_document(file, number, str(edition), 15)
        store.replace(load_file(file, file.name), str(documents), str(file))

    while time.monotonic() < until:
        edition += 1
        with store.writing():
            for number in range(4):
                store_file(documents / f"plan-{number}.md", number)
            store_file(documents / f"kort-{edition}.md", 100 + edition)
            if edition > 2:
                store.remove(f"kort-{edition - 2}.md")
        with gone.open("a") as file:
            file.write(f"kort-{edition - 2}.md\n")
    store.close()
    seen = [results.get(timeout=30) for _ in readers]
    for reader in readers:
        reader.join()
    return {"writes": edition, "readers": seen, "after": contents(data)["difference"]}


if __name__ == "__main__":
    run = {"kill": run_kills, "readers": run_readers}[sys.argv[1]]
    sys.stdout.write(json.dumps(run(Path(sys.argv[2]), *map(int, sys.argv[3:]))))
