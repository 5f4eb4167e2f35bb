import os
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from assistant.errors import UploadRefused
from assistant.uploads import Uploads, safe_name
from ingest.find import find_files


@pytest.mark.parametrize(
    ("given_name", "kept"),
    [
        ("plan.pdf", "plan.pdf"),
        ("Årsrapport 2023 – EU.pdf", "Årsrapport 2023 – EU.pdf"),
        ("A\u030arsrapport.pdf", "Årsrapport.pdf"),
        ("../../etc/passwd", "passwd"),
        (r"C:\Users\x\beslut.docx", "beslut.docx"),
        ("..\\..\\beslut.docx", "beslut.docx"),
        ("<img src=x onerror=alert(1)>.html", "_img src=x onerror=alert(1)_.html"),
        ("rapport\u202efdp.exe", "rapportfdp.exe"),
        ("rad\nbrytning\x00.pdf", "radbrytning.pdf"),
        (".dold.pdf", "dold.pdf"),
        ("~$plan.docx", "plan.docx"),
        ("plan.pdf. . ", "plan.pdf"),
        ("NUL.pdf", "_NUL.pdf"),
        ("com1", "_com1"),
        ("en\ud800 halv.pdf", "en halv.pdf"),
    ],
)
def test_names_lose_what_could_do_harm(given_name: str, kept: str) -> None:
    assert safe_name(given_name) == kept


@pytest.mark.parametrize(
    "name", ["", ".", "..", "/", "documents.toml", "x/Documents.TOML", "\u202e", "  ", "...", "_.pdf"]
)
def test_names_that_are_none_or_that_steer_reading_are_refused(name: str) -> None:
    with pytest.raises(UploadRefused, match="another name"):
        safe_name(name)


@given(st.text(max_size=400))
def test_any_name_becomes_one_visible_file_of_the_folder_or_none(name: str) -> None:
    try:
        kept = safe_name(name)
    except UploadRefused:
        return
    assert kept and kept == Path(kept).name and not kept.startswith((".", "~$"))
    assert len(kept.encode()) <= 201 and kept.isprintable()
    assert not set(kept) & set('/\\<>:"|?*')
    assert safe_name(kept) == kept


@pytest.fixture
def uploads(tmp_path: Path) -> Uploads:
    return Uploads(tmp_path / "uploads", max_bytes=1000)


def receive(uploads: Uploads, name: str, content: bytes, **options):
    with uploads.receive(name, **options) as receiver:
        for start in range(0, len(content), 7):
            receiver.write(content[start : start + 7])
        return receiver.complete()


def seen(uploads: Uploads) -> dict[str, bytes]:
    return {file.name: file.read_bytes() for file in find_files(uploads.folder).files}


def test_a_file_is_not_seen_before_it_is_placed(uploads: Uploads) -> None:
    upload = receive(uploads, "a/plan.md", b"# Plan", user="name:anna")
    assert seen(uploads) == {}
    assert list(uploads.waiting()) == [upload]
    target = uploads.place(upload)
    uploads.settle(upload, target, read=True, stored=False)
    assert seen(uploads) == {"plan.md": b"# Plan"}
    assert list(uploads.waiting()) == []
    assert uploads.holds(target)


def test_what_does_not_arrive_whole_leaves_nothing(uploads: Uploads) -> None:
    with pytest.raises(ConnectionError), uploads.receive("plan.md") as receiver:
        receiver.write(b"half")
        raise ConnectionError
    with uploads.receive("plan.md") as receiver:
        receiver.write(b"half")
    with pytest.raises(UploadRefused, match="limit") as refused, uploads.receive("plan.md") as receiver:
        receiver.write(bytes(1001))
    assert refused.value.outcome == "too_large"
    assert list((uploads.folder / ".incoming").iterdir()) == []


def test_another_file_of_the_same_name_stays_unless_it_is_to_be_replaced(uploads: Uploads) -> None:
    for content, name in ((b"one", "plan.md"), (b"two", "plan (2).md"), (b"one", "plan.md"), (b"two", "plan (2).md")):
        upload = receive(uploads, "plan.md", content)
        target = uploads.place(upload)
        assert target.name == name
        uploads.settle(upload, target, read=True, stored=False)
    upload = receive(uploads, "plan.md", b"three", replace=True)
    uploads.settle(upload, uploads.place(upload), read=True, stored=True)
    assert seen(uploads) == {"plan.md": b"three", "plan (2).md": b"two"}


def test_a_file_that_cannot_be_read_goes_and_what_it_replaced_comes_back(uploads: Uploads) -> None:
    upload = receive(uploads, "plan.md", b"good")
    uploads.settle(upload, uploads.place(upload), read=True, stored=False)
    upload = receive(uploads, "plan.md", b"bad", replace=True)
    uploads.settle(upload, uploads.place(upload), read=False, stored=True)
    other = receive(uploads, "other.md", b"bad")
    uploads.settle(other, uploads.place(other), read=False, stored=False)
    again = receive(uploads, "plan.md", b"good")
    uploads.settle(again, uploads.place(again), read=False, stored=True)
    assert seen(uploads) == {"plan.md": b"good"}


def test_a_program_that_ends_anywhere_goes_on_when_it_starts_again(uploads: Uploads) -> None:
    upload = receive(uploads, "plan.md", b"old")
    uploads.settle(upload, uploads.place(upload), read=True, stored=False)
    upload = receive(uploads, "plan.md", b"new", replace=True)
    uploads.place(upload)
    restarted = Uploads(uploads.folder, 1000)
    (upload,) = restarted.waiting()
    target = restarted.place(upload)
    assert seen(restarted) == {"plan.md": b"new"}
    restarted.settle(upload, target, read=False, stored=True)
    assert seen(restarted) == {"plan.md": b"old"}


def test_what_was_not_received_whole_is_removed_at_the_start(uploads: Uploads) -> None:
    half = uploads.folder / ".incoming" / "x"
    half.mkdir(parents=True)
    (half / "content").write_bytes(b"half")
    assert list(uploads.waiting()) == []
    assert half.exists()
    os.utime(half, (0, 0))
    assert list(uploads.waiting()) == []
    assert not half.exists()


def test_a_disk_without_second_names_gets_copies(uploads: Uploads, monkeypatch) -> None:
    def refuse(*_: object) -> None:
        raise OSError("not supported")

    monkeypatch.setattr(os, "link", refuse)
    upload = receive(uploads, "plan.md", b"one")
    uploads.settle(upload, uploads.place(upload), read=True, stored=False)
    assert seen(uploads) == {"plan.md": b"one"}
