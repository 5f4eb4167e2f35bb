import multiprocessing
import shutil
import threading
from collections.abc import Iterator
from pathlib import Path

import pytest

from assistant.assistant import Assistant
from assistant.errors import AssistantError
from assistant.job import JobState
from assistant.library import Library
from assistant.settings import Settings
from ingest.errors import UnreadableFile
from vectorstore.embed import SentenceEmbeddings
from vectorstore.errors import UnknownDocument
from vectorstore.outcome import Outcome
from vectorstore.store import Store
from vectorstore.sync import sync_path

PLAN = """# Plan för omvärlden 2025

Skurköpings kommun har antagit planen.

## Pengar

Skurköping fick 17 miljoner kronor i EU-stöd 2024.
"""


@pytest.fixture
def store(tmp_path: Path, embeddings: SentenceEmbeddings) -> Iterator[Store]:
    made = Store(tmp_path / "data", embeddings)
    yield made
    made.close()


@pytest.fixture
def library(store: Store, tmp_path: Path) -> Iterator[Library]:
    made = Library(store, Settings(data=store.folder, allow_private_addresses=True, max_file_megabytes=1))
    yield made
    made.close()


def upload(library: Library, name: str, content: bytes, **options):
    with library.receive(name, **options) as receiver:
        receiver.write(content)
        received = receiver.complete()
    return library.jobs.wait(library.add_upload(received).id, 60)


def ids(library: Library) -> list[str]:
    return [record.id for record in library.records()]


def test_an_uploaded_file_can_be_asked_about_at_once(library: Library, store: Store) -> None:
    job = upload(library, "plan.md", PLAN.encode(), user="name:anna")
    assert (job.state, job.outcomes[0].outcome, job.user) == (JobState.DONE, Outcome.INGESTED, "name:anna")
    answer = Assistant(store, Settings(data=store.folder)).ask("Hur mycket EU-stöd fick Skurköping 2024?")
    assert "17 miljoner" in answer.text
    assert answer.citations[0].document == "plan.md"
    (record,) = library.records()
    assert library.origin(record) == "upload"


def test_a_broken_file_is_told_and_not_kept(library: Library, store: Store) -> None:
    job = upload(library, "trasig.pdf", b"%PDF-1.7\n" + bytes(range(256)))
    assert (job.state, job.failures) == (JobState.DONE, 1)
    assert job.outcomes[0].outcome == Outcome.UNREADABLE
    assert "trasig.pdf" in job.outcomes[0].reason
    assert list(library.uploads.folder.glob("*.pdf")) == []
    assert store.catalog.failures() == []
    assert ids(library) == []


def test_the_same_name_is_another_document_unless_it_is_to_be_replaced(library: Library) -> None:
    upload(library, "plan.md", PLAN.encode())
    other = PLAN.replace("17", "18").encode()
    assert upload(library, "plan.md", other).outcomes[0].path == "plan (2).md"
    assert upload(library, "plan.md", PLAN.encode()).unchanged == 1
    replaced = upload(library, "plan.md", PLAN.replace("17", "19").encode(), replace=True)
    assert replaced.outcomes[0].document == "plan.md"
    assert ids(library) == ["plan (2).md", "plan.md"]
    assert "19 miljoner" in library._store.catalog.document("plan.md").text


def test_a_broken_file_does_not_replace_a_good_one(library: Library) -> None:
    upload(library, "plan.md", PLAN.encode())
    assert upload(library, "plan.md", b"\x00\x01\x02" * 99, replace=True).failures == 1
    assert (library.uploads.folder / "plan.md").read_text() == PLAN
    assert "17 miljoner" in library._store.catalog.document("plan.md").text
    assert upload(library, "plan.md", PLAN.encode()).unchanged == 1


def test_a_copy_under_another_name_is_told_to_be_one(library: Library) -> None:
    upload(library, "plan.md", PLAN.encode())
    job = upload(library, "kopia.md", PLAN.encode())
    assert (job.outcomes[0].outcome, job.outcomes[0].document) == (Outcome.DUPLICATE, "plan.md")
    assert ids(library) == ["plan.md"]


def test_removing_deletes_the_uploaded_file_and_its_copies(library: Library) -> None:
    upload(library, "plan.md", PLAN.encode())
    upload(library, "kopia.md", PLAN.encode())
    job = library.jobs.wait(library.remove("plan.md").id, 30)
    assert (job.state, job.outcomes[0].outcome) == (JobState.DONE, Outcome.REMOVED)
    assert ids(library) == []
    assert [file for file in library.uploads.folder.iterdir() if file.is_file()] == []
    with pytest.raises(UnknownDocument):
        library.remove("plan.md")


def test_removing_leaves_a_file_of_a_folder_where_it_is(library: Library, store: Store, tmp_path: Path) -> None:
    folder = tmp_path / "folder"
    folder.mkdir()
    (folder / "plan.md").write_text(PLAN)
    sync_path(store, folder)
    (record,) = library.records()
    assert library.origin(record) == "folder"
    library.jobs.wait(library.remove("plan.md").id, 30)
    assert ids(library) == []
    assert (folder / "plan.md").exists()


def test_folders_that_were_ingested_or_set_can_be_synced_and_no_others(store: Store, tmp_path: Path) -> None:
    known, named, other = tmp_path / "known", tmp_path / "named", tmp_path / "other"
    for folder in (known, named, other):
        folder.mkdir()
        (folder / f"{folder.name}.md").write_text(PLAN.replace("Skurköping", folder.name.title()))
    sync_path(store, known)
    library = Library(store, Settings(data=store.folder, library_folders=(named,)))
    assert library.folders() == [known, named]
    (known / "ny.md").write_text(PLAN)
    job = library.jobs.wait(library.sync_folder(known).id, 60)
    assert (job.state, job.unchanged, [outcome.path for outcome in job.outcomes]) == (JobState.DONE, 1, ["ny.md"])
    library.jobs.wait(library.sync_folder(named).id, 60)
    assert ids(library) == ["known.md", "named.md", "ny.md"]
    for folder in (other, tmp_path, known / "..", library.uploads.folder):
        with pytest.raises(AssistantError, match="library_folders"):
            library.sync_folder(folder)
    library.close()


def test_the_folder_of_uploads_is_not_offered_for_syncing(library: Library) -> None:
    upload(library, "plan.md", PLAN.encode())
    assert library.folders() == []


def test_a_web_page_is_read_and_one_that_is_gone_is_told(library: Library, site) -> None:
    address = site.put(
        "/plan", f"<html><body><main><h1>Plan</h1><p>{PLAN}</p></main></body></html>", content_type="text/html"
    )
    site.put("/robots.txt", "", status=404)
    job = library.jobs.wait(library.add_address(address).id, 60)
    assert (job.state, job.outcomes[0].outcome, job.subject) == (JobState.DONE, Outcome.INGESTED, address)
    assert library.origin(library.records()[0]) == "web"
    gone = library.jobs.wait(library.add_address(f"{site.origin}/gone").id, 60)
    assert (gone.failures, gone.outcomes[0].outcome) == (1, Outcome.UNREADABLE)
    for wrong in ("plan.md", "file:///etc/passwd", "https://user:secret@example.org/"):
        with pytest.raises(UnreadableFile):
            library.add_address(wrong)


def test_what_was_received_when_the_program_ended_is_read_when_it_starts_again(library: Library, store: Store) -> None:
    with library.receive("plan.md") as receiver:
        receiver.write(PLAN.encode())
        receiver.complete()
    library.close()
    restarted = Library(store, Settings(data=store.folder))
    (job,) = restarted.resume()
    assert restarted.jobs.wait(job.id, 60).outcomes[0].outcome == Outcome.INGESTED
    assert ids(restarted) == ["plan.md"]
    assert restarted.resume() == []
    restarted.close()


def test_what_was_cancelled_before_it_began_is_not_kept(library: Library) -> None:
    gate = threading.Event()
    from assistant.job import JobKind

    library.jobs.submit(JobKind.FOLDER, "x", "", lambda tracker: gate.wait(10))
    with library.receive("plan.md") as receiver:
        receiver.write(PLAN.encode())
        job = library.add_upload(receiver.complete())
    library.jobs.cancel(job.id)
    gate.set()
    assert list(library.uploads.waiting()) == []


def _ingest_beside(data: Path, folder: Path, begun, hold) -> None:
    """What `utblick ingest` does in a process of its own, holding the lock until told."""
    beside = Store(data, SentenceEmbeddings.load())
    with beside.writing():
        begun.set()
        hold.wait(60)
    sync_path(beside, folder)
    beside.close()


def test_an_upload_waits_for_an_ingest_beside_the_chat_and_both_are_found(
    library: Library, store: Store, tmp_path: Path, monkeypatch
) -> None:
    monkeypatch.setattr("assistant.jobs.RETRY_SECONDS", 0.1)
    folder = tmp_path / "beside"
    folder.mkdir()
    (folder / "beside.md").write_text(PLAN.replace("17", "23").replace("Skurköping", "Tjurköping"))
    upload(library, "first.md", PLAN.encode())
    context = multiprocessing.get_context("spawn")
    begun, hold = context.Event(), context.Event()
    process = context.Process(target=_ingest_beside, args=(store.folder, folder, begun, hold))
    process.start()
    assert begun.wait(60)
    with library.receive("second.md") as receiver:
        receiver.write(PLAN.replace("17", "21").replace("Skurköping", "Murköping").encode())
        job = library.add_upload(receiver.complete())
    deadline = threading.Event()
    for _ in range(300):
        if library.jobs.job(job.id).state == JobState.HELD_UP:
            break
        deadline.wait(0.1)
    assert library.jobs.job(job.id).state == JobState.HELD_UP
    hold.set()
    assert library.jobs.wait(job.id, 60).state == JobState.DONE
    process.join(60)
    assert process.exitcode == 0
    assert ids(library) == ["beside.md", "first.md", "second.md"]
    assistant = Assistant(store, Settings(data=store.folder))
    for town, amount in (("Skurköping", "17"), ("Tjurköping", "23"), ("Murköping", "21")):
        assert f"{amount} miljoner" in assistant.ask(f"Hur mycket EU-stöd fick {town} 2024?").text
    shutil.rmtree(folder)
