"""A disk that is full: played by a limit to the size of files."""

import subprocess
import sys
from pathlib import Path

import pytest

pytest.importorskip("resource")

PROGRAM = """
import resource, sys
from pathlib import Path
sys.path.insert(0, sys.argv[1])
from subject import WordHashes
from vectorstore.errors import StoreUnwritable
from vectorstore.store import Store
from vectorstore.sync import sync_path
store = Store(Path(sys.argv[2]), WordHashes())
resource.setrlimit(resource.RLIMIT_FSIZE, (int(sys.argv[4]), resource.RLIM_INFINITY))
try:
    sync_path(store, Path(sys.argv[3]), report=lambda outcome, done, total: print(outcome.path, flush=True))
except StoreUnwritable as error:
    print("told:", error)
"""


def test_a_full_disk_is_told_of_and_nothing_is_lost(tmp_path, open_store, documents, subject, embedder):
    from vectorstore.sync import sync_path

    for number in range(30):
        subject.write_document(documents / f"plan-{number:02}.md", number, "1", 30)
    arguments = [str(Path(__file__).parent), str(tmp_path / "data"), str(documents), "700000"]
    completed = subprocess.run([sys.executable, "-c", PROGRAM, *arguments], capture_output=True, text=True, timeout=60)
    assert completed.returncode == 0, completed.stderr
    *reported, told = completed.stdout.splitlines()
    assert told.startswith("told: The catalog")
    assert "Free disk space" in told
    assert 0 < len(reported) < 30
    store = open_store()
    assert store.catalog.integrity() is None
    kept = [record.id for record in store.catalog.records()]
    assert set(reported) <= set(kept)
    outcomes = {outcome.path: outcome.outcome.value for outcome in sync_path(store, documents)}
    assert all(outcomes[name] == "unchanged" for name in kept)
    assert set(outcomes.values()) == {"unchanged", "ingested"}
    assert len(store.catalog.records()) == 30
    assert store.index.difference().missing == ()


def test_a_vector_index_that_does_not_fit_is_made_later(tmp_path, open_store, documents, subject):
    for number in range(5):
        subject.write_document(documents / f"plan-{number}.md", number, "1", 5)
    arguments = [str(Path(__file__).parent), str(tmp_path / "data"), str(documents), "150000"]
    completed = subprocess.run([sys.executable, "-c", PROGRAM, *arguments], capture_output=True, text=True, timeout=60)
    assert completed.returncode == 0, completed.stderr
    store = open_store()
    with store.writing():
        pass
    store.index.bring_in_step()
    assert store.index.difference().missing == ()
    assert store.catalog.integrity() is None
