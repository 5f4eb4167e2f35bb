"""Backups: made while others write, checked, and restored at once or not at all."""

import os
import shutil
import sqlite3
import threading

import pytest

from vectorstore.backup import backup_store, read_backup, restore_store
from vectorstore.doctor import diagnose
from vectorstore.errors import BackupUnusable, StoreDamaged, StoreLocked, StoreNotEmpty
from vectorstore.types import Filter


@pytest.fixture
def data(tmp_path):
    return tmp_path / "data"


@pytest.fixture
def put(make_document):
    def put_(store, *numbers, edition=1):
        with store.writing():
            for number in numbers:
                text = f"Upplaga {edition} av dokument {number} om ämne{number}. " * 20
                store.replace(make_document(f"{number}.txt", text), "/r", f"/r/{number}")

    return put_


@pytest.fixture
def filled(store, put):
    put(store, *range(10))
    return store


def ask(store):
    return sorted(
        (candidate.chunk.id, round(candidate.dense, 4), round(candidate.lexical, 4))
        for number in range(10)
        for candidate in store.candidates(f"ämne{number}", [(f"ämne{number}",)], 50, Filter())
    )


def well(store):
    return [check for check in diagnose(store) if not check.passed] == []


def test_a_backup_says_what_it_holds_and_comes_back_in_an_empty_place(tmp_path, data, filled, open_store):
    file = tmp_path / "copy.backup"
    made = backup_store(data, file)
    assert (made.file, made.documents, made.chunks) == (file, 10, filled.catalog.count_chunks())
    assert (made.size, made.fingerprint) == (file.stat().st_size, filled.fingerprint)
    assert [entry.name for entry in tmp_path.iterdir() if entry.is_file()] == ["copy.backup"]
    done = restore_store(file, tmp_path / "other")
    assert (done.backup, done.replaced, done.kept) == (made, None, None)
    other = open_store(tmp_path / "other")
    assert ask(other) == ask(filled)
    assert well(other)
    with sqlite3.connect(tmp_path / "other" / "catalog.sqlite") as connection:
        assert connection.execute("PRAGMA journal_mode").fetchone() == ("wal",)
    connection.close()


def test_the_vector_index_is_made_anew_without_embedding(tmp_path, data, filled, embedder):
    backup_store(data, tmp_path / "b")
    (tmp_path / "other" / "chroma").mkdir(parents=True)
    (tmp_path / "other" / "chroma" / "chroma.sqlite3").write_bytes(b"left over" * 100)
    embedder.embedded.clear()
    restore_store(tmp_path / "b", tmp_path / "other")
    assert (tmp_path / "other" / "chroma" / "chroma.sqlite3").read_bytes()[:6] == b"SQLite"
    assert embedder.embedded == []


def test_documents_are_replaced_only_by_force(tmp_path, data, filled, put, open_store):
    before = ask(filled)
    backup_store(data, tmp_path / "b")
    put(filled, 3, 4, edition=2)
    with filled.writing():
        filled.remove("5.txt")
    after = ask(filled)
    assert after != before
    with pytest.raises(StoreNotEmpty, match=r"holds 9 documents.*--force"):
        restore_store(tmp_path / "b", data)
    assert ask(filled) == after
    assert restore_store(tmp_path / "b", data, force=True).replaced == 9
    # A store that was open all the while sees the restored documents.
    assert ask(filled) == before
    filled.close()
    # It had Chroma open, which nobody else could make anew.
    diagnose(open_store(), repair=True)
    assert well(open_store())
    assert ask(open_store()) == before
    assert {entry.name for entry in data.iterdir() if entry.is_file()} <= {
        "catalog.sqlite", "catalog.sqlite-wal", "catalog.sqlite-shm", "chroma.lock", "write.lock"
    }  # fmt: skip


def test_what_is_stored_after_a_restore_is_not_taken_for_what_was_stored_before(tmp_path, data, filled, put):
    backup_store(data, tmp_path / "b")
    put(filled, 3, edition=2)
    states = {filled.catalog.state}
    restore_store(tmp_path / "b", data, force=True)
    states.add(filled.catalog.state)
    put(filled, 3, edition=3)
    states.add(filled.catalog.state)
    assert len(states) == 3
    assert "Upplaga 3" in filled.candidates("ämne3", [("ämne3",)], 1, Filter())[0].chunk.text


def test_a_backup_while_others_write_is_of_one_moment(tmp_path, data, filled, put):
    done, problems = threading.Event(), []

    def write():
        edition = 1
        while not done.is_set():
            edition += 1
            with filled.writing(), filled.catalog.transaction() as change:
                change.set_meta("first", str(edition))
                change.set_meta("second", str(edition))
            put(filled, 1, 2, edition=edition)

    writer = threading.Thread(target=write)
    writer.start()
    try:
        for number in range(6):
            file = tmp_path / f"{number % 2}.backup"
            assert backup_store(data, file).documents == 10
            with sqlite3.connect(f"file:{file}?immutable=1", uri=True) as connection:
                meta = dict(connection.execute("SELECT key, value FROM meta").fetchall())
            connection.close()
            if meta.get("first") != meta.get("second"):
                problems.append(meta)
    finally:
        done.set()
        writer.join()
    assert problems == []


def test_a_backup_takes_the_place_of_an_earlier_one_and_of_nothing_else(tmp_path, data, filled, put):
    file = tmp_path / "b"
    backup_store(data, file)
    put(filled, 10)
    assert backup_store(data, file).documents == 11
    file.write_bytes(file.read_bytes()[:5000])
    assert backup_store(data, file).documents == 11
    (tmp_path / "memo.docx").write_text("Viktigt")
    with pytest.raises(BackupUnusable, match=r"memo\.docx is there already and is no backup"):
        backup_store(data, tmp_path / "memo.docx")
    assert (tmp_path / "memo.docx").read_text() == "Viktigt"
    for place in (data / "b", data / "catalog.sqlite", tmp_path):
        with pytest.raises(BackupUnusable):
            backup_store(data, place)
    link = tmp_path / "link"
    link.symlink_to(file)
    assert backup_store(data, link).file == link
    assert link.is_symlink()


def foreign(file, _):
    file.write_text("Ett brev, och ingen databas. " * 50)


def empty(file, _):
    file.write_bytes(b"")


def another_database(file, _):
    file.unlink()
    with sqlite3.connect(file) as connection:
        connection.execute("CREATE TABLE meta (key, value)")
    connection.close()


def truncated(file, _):
    os.truncate(file, file.stat().st_size // 2)


def overwritten(file, _):
    content = bytearray(file.read_bytes())
    content[len(content) // 3 : len(content) // 2] = b"\xff" * (len(content) // 2 - len(content) // 3)
    file.write_bytes(content)


def another_version(file, _):
    with sqlite3.connect(file) as connection:
        connection.execute("UPDATE meta SET value = '0' WHERE key = 'schema'")
    connection.close()


def absent(file, _):
    file.unlink()


def a_catalog_in_use(file, data):
    for log in ("", "-wal"):
        shutil.copy(data / f"catalog.sqlite{log}", f"{file}{log}")


@pytest.mark.parametrize(
    ("spoil", "said"),
    [
        (foreign, "is no backup of Utblick"), (empty, "is no backup of Utblick"),
        (another_database, "is no backup of Utblick"), (truncated, "is damaged"), (overwritten, "is damaged"),
        (another_version, "was made by another version"), (absent, "cannot be read"), (a_catalog_in_use, "is in use"),
    ],
    ids=lambda value: getattr(value, "__name__", None),
)  # fmt: skip
def test_what_is_no_sound_backup_is_named_and_changes_nothing(tmp_path, data, filled, spoil, said):
    file = tmp_path / "b"
    backup_store(data, file)
    spoil(file, data)
    before = ask(filled)
    for folder, force in ((data, True), (tmp_path / "new", False)):
        with pytest.raises(BackupUnusable, match=rf"b {said}"):
            restore_store(file, folder, force=force)
    assert ask(filled) == before
    assert not (tmp_path / "new").exists()


def test_a_damaged_catalog_is_replaced_by_force_and_kept(tmp_path, data, filled, put, open_store):
    before = ask(filled)
    backup_store(data, tmp_path / "b")
    put(filled, 3, edition=2)
    filled.close()
    path = data / "catalog.sqlite"
    damaged = b"no database" + path.read_bytes()[11:]
    path.write_bytes(damaged)
    with pytest.raises(StoreNotEmpty, match="cannot be read"):
        restore_store(tmp_path / "b", data)
    assert path.read_bytes() == damaged
    done = restore_store(tmp_path / "b", data, force=True)
    assert done.kept == data / "catalog.damaged.sqlite"
    assert done.kept.read_bytes() == damaged
    store = open_store()
    assert ask(store) == before
    assert well(store)


def test_a_log_that_was_left_behind_is_not_played_into_what_is_restored(tmp_path, data, filled, put, open_store):
    before = ask(filled)
    backup_store(data, tmp_path / "b")
    put(filled, 3, edition=2)
    shutil.copytree(data, tmp_path / "left")
    assert (tmp_path / "left" / "catalog.sqlite-wal").stat().st_size
    (tmp_path / "left" / "catalog.sqlite").unlink()
    restore_store(tmp_path / "b", tmp_path / "left")
    store = open_store(tmp_path / "left")
    assert ask(store) == before
    assert well(store)


def test_no_backup_is_made_of_a_damaged_store(tmp_path, data, filled, make_document):
    with filled.writing():
        for number in range(12):
            filled.replace(make_document(f"x{number}.txt", f"Text {number}. " * 1500), "/r", f"/r/x{number}")
    file = tmp_path / "b"
    backup_store(data, file)
    kept = file.read_bytes()
    filled.close()
    path = data / "catalog.sqlite"
    content = bytearray(path.read_bytes())
    content[len(content) // 2 : len(content) * 3 // 4] = bytes(len(content) * 3 // 4 - len(content) // 2)
    path.write_bytes(content)
    with pytest.raises(StoreDamaged, match="no backup was made"):
        backup_store(data, file)
    assert file.read_bytes() == kept
    assert sorted(entry.name for entry in tmp_path.iterdir()) == ["b", "data"]


def test_a_restore_waits_for_no_writer_forever(tmp_path, data, filled):
    backup_store(data, tmp_path / "b")
    with filled.writing(), pytest.raises(StoreLocked):
        restore_store(tmp_path / "b", data, force=True, wait_seconds=0.1)


def test_an_empty_store_can_be_backed_up_and_restored(tmp_path, data, store, put, open_store):
    assert backup_store(data, tmp_path / "b").documents == 0
    assert read_backup(tmp_path / "b").fingerprint is None
    assert restore_store(tmp_path / "b", data).replaced == 0
    put(store, 1)
    assert well(store)


def test_what_a_killed_backup_left_is_removed_in_time(tmp_path, data, filled):
    old, new = tmp_path / ".b-01234567.part", tmp_path / ".b-76543210.part"
    for part in (old, new):
        part.write_bytes(b"half")
    os.utime(old, (1, 1))
    backup_store(data, tmp_path / "b")
    assert not old.exists()
    assert new.exists()
