import json
import os
import shutil
import socket
import time
from pathlib import Path

import pytest

from ingest.document import Field
from ingest.overrides import OverridesError
from vectorstore import sync as sync_module
from vectorstore.errors import FolderEmpty
from vectorstore.outcome import FAILURES, Outcome
from vectorstore.sync import sync_path

ENERGY = "# Energiplan 2023\n\nStaden ska minska sin användning av energi till 2030.\n"
SCHOOL = "# Skolplan 2022\n\nSkolorna ska samarbeta med skolor i andra länder.\n"
HARBOUR = "# Hamnplan 2021\n\nHamnen ska ta emot fler fartyg från Östersjön.\n"


def write(folder, **files):
    for name, text in files.items():
        path = folder / f"{name}.md"
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text, "utf-8")


def told(outcomes):
    return {path: outcome.outcome.value for path, outcome in outcomes.items()}


def listed(store):
    return [record.id for record in store.catalog.records()]


def test_new_unchanged_changed_and_removed(run_outcomes, store, documents):
    write(documents, a=ENERGY, b=SCHOOL)
    assert told(run_outcomes()) == {"a.md": "ingested", "b.md": "ingested"}
    state = store.catalog.state
    assert told(run_outcomes()) == {"a.md": "unchanged", "b.md": "unchanged"}
    assert store.catalog.state == state
    write(documents, a=ENERGY + "\nEtt nytt stycke.\n")
    (documents / "b.md").unlink()
    assert told(run_outcomes()) == {"a.md": "ingested", "b.md": "removed"}
    assert listed(store) == ["a.md"]
    assert "nytt stycke" in store.catalog.page_text("a.md", 1)


def test_an_outcome_for_every_file_as_the_contract_has_it(run_outcomes, documents):
    write(documents, a=ENERGY)
    (documents / "b.xlsx").write_bytes(b"PK\x03\x04 not a workbook")
    outcomes = run_outcomes()
    entries = [outcome.as_json() for outcome in outcomes.values()]
    assert [entry["path"] for entry in entries] == ["a.md", "b.xlsx"]
    assert set(json.loads(json.dumps(entries))[0]) == {"path", "outcome", "document", "pages", "reason"}
    assert entries[0] == {"path": "a.md", "outcome": "ingested", "document": "a.md", "pages": 1, "reason": None}
    assert entries[1]["document"] is None
    assert entries[1]["reason"]
    assert {Outcome(entry["outcome"]) for entry in entries[1:]} <= FAILURES


def test_a_renamed_file_keeps_its_text_and_is_not_embedded_again(run_outcomes, store, documents, embedder):
    write(documents, a=ENERGY)
    run_outcomes()
    chunks = store.catalog.chunk_ids()
    embedder.embedded.clear()
    (documents / "a.md").rename(documents / "energiplan-2024.md")
    outcomes = run_outcomes()
    assert told(outcomes) == {"energiplan-2024.md": "renamed"}
    assert outcomes["energiplan-2024.md"].document == "energiplan-2024.md"
    assert listed(store) == ["energiplan-2024.md"]
    assert store.catalog.chunk_ids() == chunks
    assert embedder.embedded == []
    assert told(run_outcomes()) == {"energiplan-2024.md": "unchanged"}


def test_what_a_name_tells_is_read_again_when_it_changes(run_outcomes, store, documents):
    text = "Detta dokument beskriver vad nämnden gör i andra länder och med vilka den samarbetar.\n"
    write(documents, **{"rapport 2019": text})
    run_outcomes()
    assert store.catalog.document("rapport 2019.md").fact(Field.PERIOD) == "2019"
    (documents / "rapport 2019.md").rename(documents / "rapport 2020.md")
    assert told(run_outcomes()) == {"rapport 2020.md": "renamed"}
    assert store.catalog.document("rapport 2020.md").fact(Field.PERIOD) == "2020"


def test_a_renamed_file_and_a_new_one_under_the_old_name(run_outcomes, store, documents):
    write(documents, a=ENERGY)
    run_outcomes()
    (documents / "a.md").rename(documents / "b.md")
    write(documents, a=SCHOOL)
    assert told(run_outcomes()) == {"a.md": "ingested", "b.md": "renamed"}
    assert "energi" in store.catalog.page_text("b.md", 1)
    assert "Skolorna" in store.catalog.page_text("a.md", 1)


def test_two_files_change_names(run_outcomes, store, documents, embedder):
    write(documents, a=ENERGY, b=SCHOOL)
    run_outcomes()
    embedder.embedded.clear()
    write(documents, a=SCHOOL, b=ENERGY)
    assert told(run_outcomes()) == {"a.md": "renamed", "b.md": "renamed"}
    assert "energi" in store.catalog.page_text("b.md", 1)
    assert embedder.embedded == []


def test_a_copy_is_listed_and_lives_on_when_the_first_changes_or_goes(run_outcomes, store, documents):
    write(documents, a=ENERGY, b=ENERGY)
    outcomes = run_outcomes()
    assert told(outcomes) == {"a.md": "ingested", "b.md": "duplicate"}
    assert outcomes["b.md"].document == "a.md"
    assert [(file.id, file.document) for file in store.catalog.files()] == [("a.md", "a.md"), ("b.md", "a.md")]
    assert told(run_outcomes()) == {"a.md": "unchanged", "b.md": "unchanged"}
    write(documents, a=SCHOOL)
    assert told(run_outcomes()) == {"a.md": "ingested", "b.md": "unchanged"}
    assert "energi" in store.catalog.page_text("b.md", 1)
    write(documents, c=SCHOOL)
    assert told(run_outcomes())["c.md"] == "duplicate"
    (documents / "a.md").unlink()
    assert told(run_outcomes()) == {"a.md": "removed", "b.md": "unchanged", "c.md": "unchanged"}
    assert listed(store) == ["b.md", "c.md"]
    assert [file.id for file in store.catalog.files()] == ["b.md", "c.md"]


def test_a_copy_that_goes_is_removed_and_the_document_stays(run_outcomes, store, documents):
    write(documents, a=ENERGY, b=ENERGY)
    run_outcomes()
    (documents / "b.md").unlink()
    assert told(run_outcomes()) == {"a.md": "unchanged", "b.md": "removed"}
    assert listed(store) == ["a.md"]


def test_unreadable_files_do_not_stop_the_others_and_are_not_read_twice(run_outcomes, store, documents, monkeypatch):
    write(documents, a=ENERGY, z=SCHOOL)
    (documents / "m.pdf").write_bytes(b"%PDF-1.7\nnothing more")
    (documents / "n.bin").write_bytes(bytes(range(256)) * 10)
    first = run_outcomes()
    assert told(first) == {"a.md": "ingested", "m.pdf": "unreadable", "n.bin": "unsupported", "z.md": "ingested"}
    assert [failure.outcome for failure in store.catalog.failures()] == ["unreadable", "unsupported"]
    monkeypatch.setattr(sync_module.LoadWorker, "_start", lambda worker: pytest.fail("a reader was started"))
    second = run_outcomes()
    assert told(second) == {"a.md": "unchanged", "m.pdf": "unreadable", "n.bin": "unsupported", "z.md": "unchanged"}
    assert second["m.pdf"].reason == first["m.pdf"].reason
    (documents / "m.pdf").unlink()
    run_outcomes()
    assert [failure.outcome for failure in store.catalog.failures()] == ["unsupported"]


def test_a_document_that_becomes_unreadable_keeps_its_last_readable_state(run_outcomes, store, documents):
    write(documents, a=ENERGY)
    run_outcomes()
    (documents / "a.md").write_bytes(b"\x00\x01\x02" * 500)
    for _ in range(2):
        outcome = run_outcomes()["a.md"]
        assert outcome.outcome in FAILURES
        assert outcome.document == "a.md"
        assert "read of it earlier is kept" in outcome.reason
        assert "energi" in store.catalog.page_text("a.md", 1)
    write(documents, a=SCHOOL)
    assert told(run_outcomes()) == {"a.md": "ingested"}
    assert store.catalog.failures() == []


@pytest.mark.skipif(os.geteuid() == 0, reason="root may read everything")
def test_a_file_without_rights_keeps_its_document(run_outcomes, store, documents):
    write(documents, a=ENERGY)
    run_outcomes()
    (documents / "a.md").chmod(0)
    assert told(run_outcomes()) == {"a.md": "unreadable"}
    assert listed(store) == ["a.md"]


def test_a_file_over_the_limit_keeps_its_document(run_outcomes, store, documents):
    from ingest.limits import Limits

    write(documents, a=ENERGY)
    run_outcomes()
    write(documents, a=ENERGY * 100, b=SCHOOL * 100)
    outcomes = run_outcomes(limits=Limits(max_bytes=1000))
    assert told(outcomes) == {"a.md": "too_large", "b.md": "too_large"}
    assert outcomes["a.md"].document == "a.md"
    assert listed(store) == ["a.md"]


def test_an_empty_folder_does_not_wipe_the_store(run_outcomes, store, documents):
    write(documents, a=ENERGY)
    run_outcomes()
    (documents / "a.md").unlink()
    with pytest.raises(FolderEmpty, match="Nothing was removed"):
        run_outcomes()
    assert listed(store) == ["a.md"]
    assert told(run_outcomes(force=True)) == {"a.md": "removed"}
    assert run_outcomes() == {}


def test_a_folder_that_is_gone_is_removed_only_by_force(run_outcomes, store, documents):
    write(documents, a=ENERGY)
    run_outcomes()
    shutil.rmtree(documents)
    with pytest.raises(FileNotFoundError):
        run_outcomes()
    assert listed(store) == ["a.md"]
    assert told(run_outcomes(force=True)) == {"a.md": "removed"}
    with pytest.raises(FileNotFoundError, match="no document of it"):
        run_outcomes(force=True)


def test_one_root_does_not_touch_the_other_and_names_do_not_collide(run_outcomes, store, tmp_path):
    north, south = tmp_path / "north" / "docs", tmp_path / "south" / "docs"
    for folder, text in ((north, ENERGY), (south, SCHOOL), (tmp_path / "docs", HARBOUR)):
        write(folder, plan=text)
        assert told(run_outcomes(folder)) == {"plan.md": "ingested"}
    assert listed(store) == ["docs/plan.md", "plan.md", f"{tmp_path.name}/docs/plan.md"] or len(listed(store)) == 3
    assert "energi" in store.catalog.page_text("plan.md", 1)
    assert told(run_outcomes(south)) == {"plan.md": "unchanged"}
    write(north, plan=ENERGY + "\nMer.\n")
    (tmp_path / "south" / "docs" / "plan.md").rename(south / "skolplan.md")
    assert told(run_outcomes(north)) == {"plan.md": "ingested"}
    assert told(run_outcomes(south)) == {"skolplan.md": "renamed"}
    assert len(listed(store)) == 3


def test_a_folder_that_moved_keeps_its_identifiers(run_outcomes, store, documents, embedder, tmp_path):
    write(documents, **{"a": ENERGY, "sub/b": SCHOOL})
    run_outcomes()
    embedder.embedded.clear()
    documents.rename(tmp_path / "elsewhere")
    assert told(run_outcomes(tmp_path / "elsewhere")) == {"a.md": "renamed", "sub/b.md": "renamed"}
    assert listed(store) == ["a.md", "sub/b.md"]
    assert embedder.embedded == []


def test_a_single_file_within_a_known_folder(run_outcomes, store, documents):
    write(documents, **{"a": ENERGY, "sub/b": SCHOOL})
    run_outcomes()
    write(documents, **{"sub/b": HARBOUR, "sub/c": SCHOOL})
    assert told(run_outcomes(documents / "sub" / "b.md")) == {"sub/b.md": "ingested"}
    assert told(run_outcomes(documents / "sub" / "c.md")) == {"sub/c.md": "ingested"}
    assert listed(store) == ["a.md", "sub/b.md", "sub/c.md"]
    assert set(told(run_outcomes()).values()) == {"unchanged"}


def test_a_single_file_and_later_its_folder(run_outcomes, store, documents):
    write(documents, a=ENERGY, b=SCHOOL)
    assert told(run_outcomes(documents / "a.md")) == {"a.md": "ingested"}
    assert told(run_outcomes()) == {"a.md": "unchanged", "b.md": "ingested"}
    (documents / "a.md").unlink()
    assert told(run_outcomes()) == {"a.md": "removed", "b.md": "unchanged"}


def test_links_and_loops(run_outcomes, documents, tmp_path):
    write(documents, **{"b/plan": ENERGY})
    (documents / "b" / "loop").symlink_to(documents)
    (documents / "a-link").symlink_to(documents / "b")
    (documents / "gone.md").symlink_to(tmp_path / "nowhere.md")
    write(tmp_path / "outside", skola=SCHOOL)
    (documents / "outside").symlink_to(tmp_path / "outside")
    os.mkfifo(documents / "pipe.md")
    assert told(run_outcomes()) == {
        "b/plan.md": "ingested", "gone.md": "unreadable", "outside/skola.md": "ingested"
    }  # fmt: skip


def test_what_is_no_file_is_passed_over(run_outcomes, documents, tmp_path):
    write(documents, a=ENERGY)
    write(tmp_path / "outside", skola=SCHOOL)
    (documents / "link.md").symlink_to(tmp_path / "outside" / "skola.md")
    (documents / "zero.md").symlink_to("/dev/zero")
    os.mkfifo(documents / "pipe.md")
    with socket.socket(socket.AF_UNIX) as listening:
        listening.bind(str(documents / "socket.md"))
        assert told(run_outcomes()) == {"a.md": "ingested", "link.md": "ingested"}
        for name in ("zero.md", "pipe.md", "socket.md"):
            with pytest.raises(FileNotFoundError, match="neither a file nor a folder"):
                run_outcomes(documents / name)


@pytest.mark.parametrize("gone", ["before it is read", "while it is read"])
def test_a_file_that_disappears(run_outcomes, store, documents, monkeypatch, gone):
    write(documents, a=ENERGY, b=SCHOOL)
    load = sync_module.LoadWorker.load_file

    def load_and_lose(worker, path, document_id, **options):
        if path.name == "a.md" and gone == "before it is read":
            path.unlink()
        document = load(worker, path, document_id, **options)
        if path.name == "a.md":
            path.unlink()
        return document

    monkeypatch.setattr(sync_module.LoadWorker, "load_file", load_and_lose)
    outcomes = run_outcomes()
    assert told(outcomes) == {"a.md": "unreadable", "b.md": "ingested"}
    assert "a.md cannot be opened: No such file" in outcomes["a.md"].reason.replace(f"{documents}/", "")
    assert told(run_outcomes()) == {"b.md": "unchanged"}
    assert store.catalog.failures() == []


def test_names_that_look_like_paths(run_outcomes, store, documents):
    names = [
        "a\\..\\..\\plan.md",
        "%2e%2e%2fplan.md",
        "-rf.md",
        "C:plan.md",
        "~plan.md",
        "$(reboot).md",
        "å" * 120 + ".md",
    ]
    for number, name in enumerate(names):
        (documents / name).write_text(f"{ENERGY}\nStycke {number}.\n", "utf-8")
    assert told(run_outcomes()) == dict.fromkeys(names, "ingested")
    assert listed(store) == sorted(names)
    assert set(told(run_outcomes()).values()) == {"unchanged"}


def test_odd_names(run_outcomes, store, documents):
    old = os.fsencode(documents) + b"/m\xe5l och medel.md"
    with open(old, "w") as file:  # noqa: PTH123
        file.write(ENERGY)
    write(documents, **{"rad\nbrytning": SCHOOL, "a\u030aterbruk": HARBOUR})
    for name in (".hidden.md", "~$lock.docx", "documents.toml"):
        (documents / name).write_text("")
    outcomes = run_outcomes()
    assert told(outcomes) == {
        "mål och medel.md": "ingested",
        "rad\ufffdbrytning.md": "ingested",
        "återbruk.md": "ingested",
    }
    json.dumps([outcome.as_json() for outcome in outcomes.values()], ensure_ascii=False).encode()
    assert set(told(run_outcomes()).values()) == {"unchanged"}
    Path(os.fsdecode(old)).unlink()
    assert told(run_outcomes())["mål och medel.md"] == "removed"


def test_a_file_that_changes_while_it_is_read(run_outcomes, store, documents, monkeypatch):
    write(documents, a=ENERGY, b=SCHOOL)
    load, times = sync_module.LoadWorker.load_file, []

    def load_and_change(worker, path, document_id, **options):
        document = load(worker, path, document_id, **options)
        if path.name == "a.md" and len(times) < wanted:
            times.append(path.write_text(f"{ENERGY}\nStycke {len(times)}.\n"))
        return document

    monkeypatch.setattr(sync_module.LoadWorker, "load_file", load_and_change)
    wanted = 1
    assert told(run_outcomes()) == {"a.md": "ingested", "b.md": "ingested"}
    assert "Stycke 0" in store.catalog.page_text("a.md", 1)
    write(documents, a=HARBOUR)
    wanted = 3
    outcomes = run_outcomes()
    assert told(outcomes) == {"a.md": "unreadable", "b.md": "unchanged"}
    assert "changed while it was read" in outcomes["a.md"].reason
    assert "Stycke 0" in store.catalog.page_text("a.md", 1)
    assert told(run_outcomes())["a.md"] == "ingested"


def test_an_interrupt_leaves_what_was_done_and_the_next_run_goes_on(run_outcomes, store, documents):
    write(documents, a=ENERGY, b=SCHOOL, c=HARBOUR)

    def stop(outcome, done, total):
        assert total == 3
        if done == 2:
            raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        run_outcomes(report=stop)
    assert listed(store) == ["a.md", "b.md"]
    assert told(run_outcomes()) == {"a.md": "unchanged", "b.md": "unchanged", "c.md": "ingested"}
    assert store.index.difference().missing == ()


def test_what_documents_toml_states_goes_before_what_was_read(run_outcomes, store, documents, embedder):
    write(documents, a=ENERGY, b=SCHOOL)
    run_outcomes()
    (documents / "documents.toml").write_text('["a.md"]\norganisation = "Exempelstad"\nvalid_until = 2030-12-31\n')
    assert told(run_outcomes()) == {"a.md": "ingested", "b.md": "unchanged"}
    (record, other) = store.catalog.records()
    assert record.organisation == "Exempelstad"
    assert {fact.value for fact in record.facts if fact.origin == "override"} == {"Exempelstad", "2030-12-31"}
    assert other.organisation is None
    assert told(run_outcomes()) == {"a.md": "unchanged", "b.md": "unchanged"}
    embedder.embedded.clear()
    write(documents, a=ENERGY + "\nMer.\n")
    run_outcomes()
    assert store.catalog.records()[0].organisation == "Exempelstad"
    (documents / "documents.toml").unlink()
    assert told(run_outcomes()) == {"a.md": "ingested", "b.md": "unchanged"}
    assert store.catalog.records()[0].organisation is None


def test_a_wrong_documents_toml_stops_before_anything_is_changed(run_outcomes, store, documents):
    write(documents, a=ENERGY)
    (documents / "documents.toml").write_text('["a.md"]\norganization = "Exempelstad"\n')
    with pytest.raises(OverridesError, match=r"documents\.toml.*a\.md.*organization.*organisation"):
        run_outcomes()
    assert listed(store) == []


def test_reread_reads_unchanged_files(run_outcomes, store, documents, embedder):
    write(documents, a=ENERGY)
    run_outcomes()
    embedder.embedded.clear()
    outcomes = run_outcomes(reread=True)
    assert told(outcomes) == {"a.md": "ingested"}
    assert outcomes["a.md"].pages == 1
    assert embedder.embedded == []


def test_unchanged_files_are_passed_over_quickly_and_without_a_reader(run_outcomes, documents, monkeypatch):
    for number in range(300):
        (documents / f"{number:03}.md").write_text(f"# Plan {number}\n\nNämnden arbetar med fråga {number}.\n")
    run_outcomes()
    monkeypatch.setattr(sync_module.LoadWorker, "_start", lambda worker: pytest.fail("a reader was started"))
    began = time.perf_counter()
    assert set(told(run_outcomes()).values()) == {"unchanged"}
    assert 300 / (time.perf_counter() - began) > 200


def test_several_paths_and_what_is_not_there(store, tmp_path):
    with pytest.raises(FileNotFoundError, match="nowhere"):
        sync_path(store, tmp_path / "nowhere")
    (tmp_path / "loop").symlink_to(tmp_path / "loop")
    with pytest.raises(FileNotFoundError):
        sync_path(store, tmp_path / "loop")
