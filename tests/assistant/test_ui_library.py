from datetime import UTC, datetime
from html.parser import HTMLParser
from pathlib import Path

import pytest
from fastapi import FastAPI
from fastapi.testclient import TestClient

from assistant.access import Access
from assistant.job import Job, JobKind, JobState
from assistant.library import Library
from assistant.settings import Settings
from assistant.ui_library_html import Shown, add_html, documents_table_html, failures_html
from assistant.ui_library_jobs import jobs_html
from assistant.ui_library_routes import upload_routes
from assistant.ui_text_en import ENGLISH
from assistant.ui_text_sv import SWEDISH
from ingest.document import Fact, Field
from vectorstore.change import Failure
from vectorstore.outcome import FileOutcome, Outcome
from vectorstore.store import Store
from vectorstore.types import DocumentRecord

HOSTILE = "<img src=x onerror=alert(1)>\"'{}"


def record(name: str = "a.pdf", **options: object) -> DocumentRecord:
    known = {
        "title": "Plan", "organisation": "Skurköping", "document_type": "program", "period": "2021-2023",
        "language": "sv", "format": "pdf", "location": f"/x/{name}", "pages": 4, "chunks": 9,
        "ingested_at": "2026-01-02T03:04:05+00:00",
    }  # fmt: skip
    return DocumentRecord(name, **(known | options))


def table(*records: DocumentRecord, shown: Shown | None = None, texts=SWEDISH, may_change: bool = True) -> str:
    origins = {one.id: "folder" for one in records}
    return documents_table_html(records, origins, shown or Shown(), texts, may_change=may_change)


class Elements(HTMLParser):
    """What stands in HTML: names of elements, and attributes that run something."""

    def __init__(self, html: str) -> None:
        super().__init__()
        self.names: list[str] = []
        self.running: list[str] = []
        self.feed(html)

    def handle_starttag(self, tag, attributes) -> None:
        self.names.append(tag)
        self.running += [name for name, value in attributes if name.startswith("on")]


def test_state_tells_how_a_document_was_read_and_what_could_not_be() -> None:
    html = table(
        record("a.pdf"),
        record("b.pdf", ocr_pages=(1, 2, 3), ocr_confidence=0.934, unread_pages=(4,)),
        record("c.pdf", chunks=0),
    )
    assert html.count('data-kind="good"') == 1
    assert "Texttolkat, säkerhet 93 %" in html
    assert "Texten på 3 sidor är tolkad ur bilder" in html
    assert "1 sida utan läsbar text" in html
    assert "Inget att söka i" in html
    english = table(record(ocr_pages=(1,), ocr_confidence=0.5), texts=ENGLISH)
    assert "Recognised text, confidence 50 %" in english


def test_facts_are_shown_where_a_document_states_them() -> None:
    facts = (Fact(Field.ADOPTED_BY, "kommunfullmäktige"), Fact(Field.REFERENCE, "KS 2021/1"))
    html = table(record(facts=facts))
    assert "Antaget av</dt><dd>kommunfullmäktige" in html and "Diarienummer</dt><dd>KS 2021/1" in html
    assert "Gäller till" not in html
    assert "Program" in html and "2021–2023" in html
    added = datetime(2026, 1, 2, 3, 4, 5, tzinfo=UTC).astimezone()
    assert f"{added:%Y-%m-%d %H:%M}" in html


def test_documents_stand_under_their_organisations_and_are_narrowed_by_words() -> None:
    records = [record("a", organisation=None, title="Ö"), record("b", title="A"), record("c", organisation="Ale")]
    html = table(*records)
    assert html.index("Ale") < html.index("Skurköping") < html.index(SWEDISH.documents_other)
    assert "3 dokument från 2 organisationer, 12 sidor" in html
    narrowed = table(*records, shown=Shown("skur PROGRAM 2021"))
    assert narrowed.count("data-read=") == 1 and "1 dokument stämmer med ”skur PROGRAM 2021”" in narrowed
    assert "Inget dokument stämmer" in table(*records, shown=Shown("finns inte"))
    many = table(*(record(f"{number}.pdf") for number in range(7)), shown=Shown(limit=5))
    assert many.count("data-read=") == 5 and "Visa fler (2)" in many
    assert SWEDISH.library.summary_empty in table()


def test_who_may_not_change_sees_no_way_to() -> None:
    assert 'data-event="remove"' in table(record())
    assert "remove" not in table(record(), may_change=False)
    assert "<input" not in add_html(None, 200, "", SWEDISH)
    assert SWEDISH.library.read_only in add_html(None, 200, "", SWEDISH)


@pytest.mark.parametrize("texts", [SWEDISH, ENGLISH])
def test_hostile_strings_are_only_text(texts) -> None:
    hostile = record(HOSTILE, title=HOSTILE, organisation=HOSTILE, facts=(Fact(Field.REFERENCE, HOSTILE),))
    outcome = FileOutcome(HOSTILE, Outcome.UNREADABLE, reason=HOSTILE)
    jobs = [
        Job("1", JobKind.UPLOAD, HOSTILE, f"name:{HOSTILE}", JobState.DONE, outcomes=(outcome,)),
        Job("2", JobKind.FOLDER, HOSTILE, "", JobState.WORKING, 1, 2, HOSTILE, (outcome,)),
        Job("3", JobKind.REMOVAL, HOSTILE, "", JobState.FAILED, error=HOSTILE),
    ]
    html = "".join(
        (
            table(hostile, shown=Shown(HOSTILE), texts=texts), add_html([Path(f"/{HOSTILE}")], 200, "", texts),
            jobs_html(jobs, {HOSTILE: HOSTILE}, texts),
            failures_html([Failure(f"/x/{HOSTILE}", "/x", "", "unreadable", HOSTILE, "")], texts),
        )
    )  # fmt: skip
    found = Elements(html)
    assert not set(found.names) & {"img", "script", "svg", "iframe"}
    assert found.running == []


def job(kind: JobKind, state: JobState, *outcomes: FileOutcome, subject: str = "plan.pdf", **options: object) -> str:
    return jobs_html([Job("1", kind, subject, "", state, outcomes=outcomes, **options)], {}, SWEDISH)


def test_each_end_of_a_job_is_told_in_words() -> None:
    added = FileOutcome("plan.pdf", Outcome.INGESTED, "plan.pdf", 3)
    assert "3 sidor. Det går att fråga om dokumentet nu." in job(JobKind.UPLOAD, JobState.DONE, added)
    elsewhere = FileOutcome("plan (2).pdf", Outcome.INGESTED, "plan (2).pdf", 3)
    assert "Sparades som plan (2).pdf" in job(JobKind.UPLOAD, JobState.DONE, elsewhere)
    copy = FileOutcome("plan.pdf", Outcome.DUPLICATE, "annan.pdf")
    assert "Samma innehåll som annan.pdf." in job(JobKind.UPLOAD, JobState.DONE, copy)
    assert "Finns redan" in job(JobKind.UPLOAD, JobState.DONE, unchanged=1)
    assert "Inget har ändrats" in job(JobKind.FOLDER, JobState.DONE, subject="/x", unchanged=3)
    assert "3 oförändrade" in job(JobKind.FOLDER, JobState.DONE, added, subject="/x", unchanged=3)
    gone = FileOutcome("https://a.example/", Outcome.UNREADABLE, reason="HTTP 404")
    assert "Sidan kunde inte hämtas" in job(JobKind.ADDRESS, JobState.DONE, gone, subject="https://a.example/")
    assert "felnummer abc123" in job(JobKind.FOLDER, JobState.FAILED, reference="abc123")
    assert "The disk is full" in job(JobKind.FOLDER, JobState.FAILED, error="The disk is full.")
    assert "Väntar på ett annat program" in job(JobKind.UPLOAD, JobState.HELD_UP)
    many = [FileOutcome(f"{number}.pdf", Outcome.INGESTED, "x", 1) for number in range(20)]
    bad = FileOutcome("trasig.pdf", Outcome.UNREADABLE, reason="x")
    told = job(JobKind.FOLDER, JobState.DONE, *many, bad, subject="/x")
    assert told.index("trasig.pdf") < told.index("0.pdf") and "och 13 till" in told


def test_failures_of_folders_are_listed_with_what_to_do() -> None:
    html = failures_html([Failure("/x/skydd.pdf", "/x", "0", "needs_password", "skydd.pdf is protected.", "")], SWEDISH)
    assert "skydd.pdf" in html and "Kräver lösenord" in html and "Spara en kopia utan lösenord" in html
    assert failures_html([], SWEDISH) == ""


@pytest.fixture
def shelf(tmp_path: Path, embeddings):
    store = Store(tmp_path / "data", embeddings)
    library = Library(store, Settings(data=store.folder, max_file_megabytes=3))
    yield library
    library.close()
    store.close()


def client(library: Library, access: Access | None = None) -> TestClient:
    app = FastAPI()
    app.include_router(upload_routes(library, access or Access()))
    return TestClient(app)


def test_a_large_file_arrives_whole(shelf: Library) -> None:
    content = b"# Plan\n\n" + b"Kommunen har en plan. " * 100_000
    answer = client(shelf).post("/library/uploads", params={"name": "a/b/plan.md"}, content=content)
    assert (answer.status_code, answer.json()["name"]) == (202, "plan.md")
    assert shelf.jobs.wait(answer.json()["job"], 60).subject == "plan.md"
    assert (shelf.uploads.folder / "plan.md").read_bytes() == content


def test_what_is_not_accepted_is_told_by_a_word_that_the_page_knows(shelf: Library, monkeypatch) -> None:
    sender = client(shelf)
    large = sender.post("/library/uploads", params={"name": "plan.md"}, content=bytes(3 * 2**20 + 1))
    assert (large.status_code, large.json()["error"]) == (413, "large")
    for name in ("", "documents.toml"):
        refused = sender.post("/library/uploads", params={"name": name}, content=b"x")
        assert (refused.status_code, refused.json()["error"]) == (400, "refused")
    forbidden = client(shelf, Access("nobody")).post("/library/uploads", params={"name": "plan.md"}, content=b"x")
    assert (forbidden.status_code, forbidden.json()) == (403, {"error": "forbidden"})

    def no_room(*_: object, **__: object) -> None:
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(shelf.uploads, "receive", no_room)
    full = sender.post("/library/uploads", params={"name": "plan.md"}, content=b"x")
    assert (full.status_code, full.json()) == (507, {"error": "full"})
    assert shelf.jobs.all() == []
    assert not list((shelf.uploads.folder / ".incoming").glob("*"))
