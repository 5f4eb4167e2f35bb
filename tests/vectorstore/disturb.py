"""A program that disturbs a store: processes are killed while they change, re-index, back up and restore it.

python disturb.py changes FOLDER KILLS   upserts and deletes are killed, Chroma's files deleted and cut off; after
                                         `doctor --repair` every search is compared with an undisturbed store's
python disturb.py rebuild FOLDER KILLS   re-indexing is killed while another process searches
python disturb.py backup FOLDER KILLS    a backup is killed while another process writes
python disturb.py restore FOLDER KILLS   a restore is killed

Prints what was seen as JSON.
"""

import json
import math
import os
import random
import shutil
import signal
import sqlite3
import sys
import time
import traceback
import zlib
from contextlib import suppress
from functools import cache
from pathlib import Path

import numpy as np
from subject import FORK, WordHashes

from ingest.assemble import RawBlock, RawDocument, assemble_document
from ingest.document import BlockKind
from vectorstore.analyse import query_terms
from vectorstore.backup import backup_store, read_backup, restore_store
from vectorstore.doctor import diagnose
from vectorstore.errors import FingerprintMismatch
from vectorstore.store import Store
from vectorstore.types import Filter

WORDS = [first + last for first in "hamn skol energi kultur klimat handels vatten väg miljö park".split()
         for last in "plan program råd mål nämnd stöd avtal projekt budget rapport strategi enhet".split()]  # fmt: skip
SLOTS = 25
QUESTIONS = [" ".join(random.Random(number).choices(WORDS, k=4)) for number in range(20)]


class WordVectors(WordHashes):
    """Gives each word a direction of its own, so that no two passages are equally near to a question."""

    def __init__(self, fingerprint="one"):
        super().__init__(fingerprint)

    def embed_array(self, texts, *, kind):
        if kind == "passage":
            self.embedded += texts
        vectors = np.stack([sum(direction(word, self.fingerprint) for word in text.lower().split()) for text in texts])
        return (vectors / np.linalg.norm(vectors, axis=1, keepdims=True)).astype(np.float32)


class SlowWordVectors(WordVectors):
    """Takes its time for each passage, as models do."""

    def embed_array(self, texts, *, kind):
        if kind == "passage":
            time.sleep(0.01)
        return super().embed_array(texts, kind=kind)


@cache
def direction(word, model):
    return np.random.default_rng(zlib.crc32(f"{model} {word}".encode())).normal(size=64)


def document(name, seed):
    draw = random.Random(seed)
    lines = [f"{' '.join(draw.choices(WORDS, k=40)).capitalize()}." for _ in range(draw.randint(2, 6))]
    raw = RawDocument("text", [RawBlock(BlockKind.PARAGRAPH, ((1, line),)) for line in lines])
    return assemble_document(name, f"{name} {seed}", raw)


def searches(store):
    """What is found for each question: chunks with both scores."""
    return [
        {
            candidate.chunk.id: (candidate.chunk.document, candidate.dense, candidate.lexical)
            for candidate in store.candidates(question, query_terms(question), 10, Filter())
        }
        for question in QUESTIONS
    ]


def differences(found, expected):
    """Where two lists of results are not the same, but for the last digits of a sum."""
    return [
        {"question": question, "found": one, "expected": two}
        for question, one, two in zip(QUESTIONS, found, expected, strict=True)
        if one.keys() != two.keys()
        or any(one[key][0] != two[key][0] or math.dist(one[key][1:], two[key][1:]) > 1e-5 for key in one)
    ]


def in_process(work, *arguments):
    """Runs something in a process of its own, so that no Chroma is open in the one that forks others."""
    results = FORK.Queue()
    child = FORK.Process(target=lambda: results.put(attempt(work, *arguments)))
    child.start()
    result, error = results.get(timeout=120)
    child.join()
    assert error is None, error
    return result


def attempt(work, *arguments):
    try:
        return work(*arguments), None
    except Exception:
        return None, traceback.format_exc()


def kill_within(seconds, draw, work, *arguments):
    """Runs something and kills it within so many seconds; whether it was alive still."""
    child = FORK.Process(target=work, args=arguments)
    child.start()
    child.join(timeout=draw.uniform(0, seconds))
    alive = child.is_alive()
    if alive:
        os.kill(child.pid, signal.SIGKILL)
    child.join()
    assert alive or child.exitcode == 0
    return alive


# Upserts and deletes


def state_after(count):
    """The step at which each document was last stored, after so many steps."""
    state = {}
    for step in range(count):
        draw = random.Random(step)
        name = f"{draw.randrange(SLOTS)}.txt"
        if draw.random() < 0.3 and name in state:
            del state[name]
        else:
            state[name] = step
    return state


def take_step(store, step):
    before, after = state_after(step), state_after(step + 1)
    with store.writing():
        for name in before.keys() - after.keys():
            store.remove(name)
        for name, edition in after.items() - before.items():
            store.replace(document(name, edition), "/r", f"/r/{name}")


def take_steps(data, first, acknowledged):
    store = Store(data, WordVectors())
    with acknowledged.open("ab", buffering=0) as file:
        for step in range(first, 10_000):
            take_step(store, step)
            file.write(b".")


def damage(folder, draw):
    """Something happens to Chroma's files."""
    kind = draw.choice(["nothing", "deleted", "truncated", "emptied", "some deleted"])
    files = sorted(file for file in folder.rglob("*") if file.is_file())
    if kind == "deleted":
        shutil.rmtree(folder, ignore_errors=True)
    for file in draw.sample(files, len(files) // 2) if files else []:
        if kind == "truncated":
            os.truncate(file, draw.randint(0, file.stat().st_size))
        if kind == "emptied":
            os.truncate(file, 0)
        if kind == "some deleted":
            file.unlink()
    return kind


def judge(data, undisturbed, acknowledged):
    """Compares a store that was disturbed with one that was not, after `doctor --repair`."""
    embedder = WordVectors()
    store = Store(data, embedder)
    held = {record.id: store.catalog.document(record.id).content_hash for record in store.catalog.records()}
    fits = [
        count
        for count in (acknowledged, acknowledged + 1)
        if held == {name: f"{name} {step}" for name, step in state_after(count).items()}
    ]
    if not fits:
        return {"steps": None, "lost": True}
    mirror = Store(undisturbed, WordVectors())
    mirrored = int(mirror.catalog.meta("mirrored") or 0)
    for step in range(mirrored, fits[-1]):
        take_step(mirror, step)
    with mirror.catalog.transaction() as change:
        change.set_meta("mirrored", str(fits[-1]))
    with mirror.writing():
        pass
    failed = [check.message for check in diagnose(store, repair=True) if not check.passed]
    other = differences(searches(store), searches(mirror))
    embedded = len(embedder.embedded)
    store.close()
    mirror.close()
    return {"steps": fits[-1], "lost": False, "failed": failed, "other": other, "embedded": embedded}


def run_changes(folder, kills):
    data, undisturbed, acknowledged = folder / "data", folder / "undisturbed", folder / "acknowledged"
    draw = random.Random(50)
    steps, seen = 0, []
    for _ in range(kills):
        acknowledged.write_bytes(b"")
        assert kill_within(1.5, draw, take_steps, data, steps, acknowledged)
        done = damage(data / "chroma", draw) if (data / "chroma").exists() else "nothing"
        judged = in_process(judge, data, undisturbed, steps + len(acknowledged.read_bytes()))
        seen.append(judged | {"damage": done})
        if judged["lost"]:
            break
        steps = judged["steps"]
    return {"kills": len(seen), "steps": steps, "seen": seen}


# Re-indexing


def fill(data, model="one", edition=0):
    store = Store(data, WordVectors(model))
    with store.writing():
        for number in range(20):
            store.replace(document(f"{number}.txt", edition + number), "/r", f"/r/{number}.txt")
    store.close()


def rebuild(data, model):
    store = Store(data, SlowWordVectors(model))
    with store.writing(check=False):
        store.rebuild()
    store.close()


def reference(data, model):
    rebuild(data, model)
    store = Store(data, SlowWordVectors(model))
    found = searches(store)
    store.close()
    return found


def watch(data, expected, model, stop, torn):
    """Searches all the while; only the former vectors, or that another model is in use, may be seen."""
    store = Store(data, SlowWordVectors(model))
    reads = 0
    try:
        while not stop.is_set():
            if differences(searches(store), expected):
                torn.put("other results")
            reads += 1
    except FingerprintMismatch:
        torn.put("mismatch")
    except Exception as error:
        torn.put(f"{type(error).__name__}: {error}")
    torn.put(reads)
    store.close()


def published(data, references):
    """Which model's vectors are searched, whether the results are right, and what doctor says after a repair."""
    found = {}
    for model, expected in references.items():
        store = Store(data, SlowWordVectors(model))
        try:
            store.check_fingerprint()
            found = {"model": model, "other": differences(searches(store), expected)}
            found["failed"] = [check.message for check in diagnose(store, repair=True) if not check.passed]
            found["other"] += differences(searches(store), expected)
        except FingerprintMismatch:
            pass
        store.close()
    return found


def run_rebuild(folder, kills):
    data, models, draw = folder / "data", ("one", "other"), random.Random(5)
    in_process(fill, data)
    references = {model: in_process(reference, data, model) for model in (*models, models[0])}
    began = time.monotonic()
    in_process(rebuild, data, models[1])
    seconds = time.monotonic() - began
    now, seen, reads = models[1], [], 0
    while len(seen) < kills:
        stop, torn = FORK.Event(), FORK.Queue()
        watcher = FORK.Process(target=watch, args=(data, references[now], now, stop, torn))
        # Sometimes another process has Chroma open, sometimes the one that re-indexes.
        watching = draw.random() < 0.5
        if watching:
            watcher.start()
        other = models[1 - models.index(now)]
        killed = kill_within(1.2 * seconds, draw, rebuild, data, other)
        reported = []
        if watching:
            stop.set()
            while not reported or not isinstance(reported[-1], int):
                reported.append(torn.get(timeout=60))
            watcher.join()
            reads += reported.pop()
        judged = in_process(published, data, references)
        if killed:
            seen.append(judged | {"before": now, "watcher": [entry for entry in reported if entry != "mismatch"]})
        now = judged.get("model", now)
    return {"kills": len(seen), "reads": reads, "seen": seen}


# Backup and restore


def pad(data):
    """Makes a catalog large enough that copying it takes a while."""
    with sqlite3.connect(data / "catalog.sqlite") as connection:
        connection.execute("INSERT INTO failure VALUES ('x', '', '', 'unreadable', hex(randomblob(30000000)), '')")
    connection.close()


def write_on(data, stop):
    store = Store(data, WordVectors())
    step = 0
    while not stop.is_set():
        step += 1
        with store.writing():
            store.replace(document("written.txt", 1000 + step), "/r", "/r/written.txt")
    store.close()


def identity_of(file):
    return file.stat().st_ino, file.stat().st_mtime_ns


def run_backup(folder, kills):
    data, file = folder / "data", folder / "kept" / "copy.backup"
    file.parent.mkdir()
    in_process(fill, data)
    pad(data)
    began = time.monotonic()
    backup_store(data, file)
    seconds = time.monotonic() - began
    stop = FORK.Event()
    writer = FORK.Process(target=write_on, args=(data, stop))
    writer.start()
    draw, killed, unusable, replaced = random.Random(7), 0, [], 0
    identity = identity_of(file)
    while killed < kills:
        killed += kill_within(1.3 * seconds, draw, backup_store, data, file)
        try:
            assert read_backup(file).documents in (20, 21)
        except Exception as error:
            unusable.append(str(error))
        replaced += identity != identity_of(file)
        identity = identity_of(file)
    stop.set()
    writer.join()
    for part in file.parent.glob(".*.part*"):
        part.unlink()
    backup_store(data, file)
    return {"kills": killed, "unusable": unusable, "replaced": replaced, "left": len(list(file.parent.iterdir())) - 1}


def what_is_there(data, references):
    """Which of two backups a store holds, and whether it is well."""
    if not (data / "catalog.sqlite").exists():
        return {"holds": None}
    store = Store(data, WordVectors())
    found = searches(store)
    failed = [check.message for check in diagnose(store, repair=True) if not check.passed and check.severity == "error"]
    other = differences(searches(store), found)
    store.close()
    names = [name for name, expected in references.items() if not differences(found, expected)]
    return {"holds": names[0] if names else "neither", "failed": failed, "other": other}


def found_in(data):
    store = Store(data, WordVectors())
    found = searches(store)
    store.close()
    return found


def run_restore(folder, kills):
    data, references, seconds = folder / "data", {}, 0.0
    for edition, name in ((0, "first"), (100, "second")):
        in_process(fill, folder / name, "one", edition)
        pad(folder / name)
        references[name] = in_process(found_in, folder / name)
        backup_store(folder / name, folder / f"{name}.backup")
    began = time.monotonic()
    in_process(restore_store, folder / "first.backup", data)
    seconds = time.monotonic() - began
    draw, now, killed, seen = random.Random(3), "first", 0, []
    while killed < kills:
        other = "second" if now == "first" else "first"
        if draw.random() < 0.2:
            # Into an empty folder: all of it, or no store.
            shutil.rmtree(data)
            now = None
        hit = kill_within(1.2 * seconds, draw, force_restore, folder / f"{other}.backup", data)
        judged = in_process(what_is_there, data, references)
        if hit:
            killed += 1
            seen.append(judged | {"before": now, "restored": other})
        now = judged["holds"]
    force_restore(folder / "first.backup", data)
    left = sorted(entry.name for entry in data.iterdir() if "restore" in entry.name or "damaged" in entry.name)
    return {"kills": killed, "seen": seen, "left": left}


def force_restore(file, data):
    with suppress(BrokenPipeError):
        restore_store(file, data, force=True)


if __name__ == "__main__":
    run = {"changes": run_changes, "rebuild": run_rebuild, "backup": run_backup, "restore": run_restore}[sys.argv[1]]
    sys.stdout.write(json.dumps(run(Path(sys.argv[2]), int(sys.argv[3])), default=str))
