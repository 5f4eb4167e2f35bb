"""How many unchanged files a second are looked at when a folder is ingested again.

    python benchmarks/sync.py [--files 2000]

The files are small; each is read to compare its content with what is stored. Five runs; the bar is 200 files a second.
"""

import argparse
import tempfile
import time
from pathlib import Path

from vectorstore.embed import SentenceEmbeddings
from vectorstore.outcome import Outcome
from vectorstore.store import Store
from vectorstore.sync import sync_path


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--files", type=int, default=2000)
    files = parser.parse_args().files
    with tempfile.TemporaryDirectory() as scratch:
        folder = Path(scratch) / "documents"
        folder.mkdir()
        for number in range(files):
            (folder / f"{number}.md").write_text(f"# Plan {number}\n\nNämnden följer upp plan {number}.\n", "utf-8")
        store = Store(Path(scratch) / "data", SentenceEmbeddings.load())
        began = time.perf_counter()
        sync_path(store, folder)
        print(f"{files} files stored in {time.perf_counter() - began:.0f} s")
        for _ in range(5):
            began = time.perf_counter()
            outcomes = sync_path(store, folder)
            seconds = time.perf_counter() - began
            assert all(outcome.outcome == Outcome.UNCHANGED for outcome in outcomes)
            print(f"{files / seconds:.0f} unchanged files a second")
        store.close()


if __name__ == "__main__":
    main()
