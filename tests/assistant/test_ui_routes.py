import io
import shutil
from pathlib import Path

import docx
import pytest
from fastapi import FastAPI
from fastapi.testclient import TestClient
from PIL import Image

from assistant.answers import Answer, AnswerStatus
from assistant.archive import Archive
from assistant.originals import Originals
from assistant.ui_routes import routes
from assistant.ui_state import Exchange, Phase
from assistant.ui_visitor import COOKIE, Visitors
from ingest.document import Document
from ingest.load import load_file
from vectorstore.types import DocumentRecord

PDF = "region-mellansjo-program-2024-2027.pdf"
PAGE = "goteborg-natverk-och-medlemskap.html"


class Library:
    """Documents as they were read from a folder."""

    def __init__(self, folder: Path) -> None:
        self.loaded: dict[str, Document] = {name: load_file(folder / name, name) for name in (PDF, PAGE)}
        self.folder = folder

    def documents(self) -> list[DocumentRecord]:
        return [
            DocumentRecord(
                name, one.title, None, None, None, "sv", one.format, str(self.folder / name), len(one.pages), 1, "2026"
            )
            for name, one in self.loaded.items()
        ]

    def document(self, document_id: str) -> Document:
        return self.loaded[document_id]

    def stream(self, question, history=(), scope=None):
        return iter(())


@pytest.fixture
def folder(tmp_path: Path, samples: Path) -> Path:
    for name in (PDF, PAGE):
        shutil.copy(samples / name, tmp_path / name)
    (tmp_path / "secret.txt").write_text("hemligt")
    return tmp_path


@pytest.fixture
def archive():
    archive = Archive(None)
    yield archive
    archive.close()


@pytest.fixture
def client(folder: Path, archive: Archive):
    app, originals = FastAPI(), Originals()
    app.add_middleware(Visitors)
    app.include_router(routes(Library(folder), archive, originals))

    @app.get("/")
    def page() -> str:
        return "page"

    yield TestClient(app)
    originals.close()


def test_page_is_a_picture(client: TestClient) -> None:
    response = client.get("/documents/page", params={"document": PDF, "page": 2})
    assert response.status_code == 200
    assert response.headers["content-type"] == "image/png"
    assert Image.open(io.BytesIO(response.content)).width in (1400, 1401)


@pytest.mark.parametrize(
    "asked",
    [
        {"document": PDF, "page": 99},
        {"document": PDF, "page": 0},
        {"document": PDF, "page": -1},
        {"document": PDF, "page": 1, "width": 99_999},
        {"document": PAGE, "page": 1},
        {"document": "secret.txt", "page": 1},
        {"document": f"../{PDF}", "page": 1},
    ],
)
def test_what_is_no_page_is_not_drawn(client: TestClient, asked) -> None:
    assert client.get("/documents/page", params=asked).status_code == 404


def test_original_pdf_opens_in_the_browser_and_can_do_nothing(client: TestClient, folder: Path) -> None:
    response = client.get("/documents/original", params={"document": PDF})
    assert response.content == (folder / PDF).read_bytes()
    assert response.headers["content-type"] == "application/pdf"
    assert response.headers["content-disposition"].startswith("inline")
    assert "default-src 'none'" in response.headers["content-security-policy"]


def test_other_original_is_never_shown_as_a_page_of_ours(client: TestClient) -> None:
    response = client.get("/documents/original", params={"document": PAGE})
    assert response.headers["content-type"] == "application/octet-stream"
    assert response.headers["content-disposition"].startswith("attachment")


@pytest.mark.parametrize("name", ["secret.txt", "../secret.txt", "/etc/passwd", ""])
def test_only_files_of_documents_are_handed_out(client: TestClient, name: str) -> None:
    assert client.get("/documents/original", params={"document": name}).status_code == 404


def test_file_that_changed_since_it_was_read_is_neither_drawn_nor_handed_out(client: TestClient, folder: Path) -> None:
    with (folder / PDF).open("ab") as file:
        file.write(b"\n%changed")
    assert client.get("/documents/original", params={"document": PDF}).status_code == 404
    assert client.get("/documents/page", params={"document": PDF, "page": 1}).status_code == 404


def test_conversation_is_saved_by_who_had_it_only(client: TestClient, archive: Archive) -> None:
    client.get("/")
    mine = client.cookies[COOKIE]
    answer = Answer("e1", "Hur många?", "Hur många?", "sv", AnswerStatus.ANSWERED, "Nio.")
    user = _user(mine)
    archive.keep(user, [Exchange("Hur många?", Phase.COMPLETE, answer, id="e1")])
    saved = client.get("/conversations/e1.docx")
    assert "attachment" in saved.headers["content-disposition"]
    assert "Hur många?" in [one.text for one in docx.Document(io.BytesIO(saved.content)).paragraphs]
    assert client.get("/conversations/e1.pdf", params={"language": "en"}).content.startswith(b"%PDF")
    assert "### Hur många?" in client.get("/conversations/e1.md").text
    assert client.get("/conversations/e1.exe").status_code == 404
    client.cookies.clear()
    assert client.get("/conversations/e1.docx").status_code == 404
    client.cookies.set(COOKIE, "x" * 40)
    assert client.get("/conversations/e1.docx").status_code == 404


def _user(cookie: str) -> str:
    import hashlib

    return "browser:" + hashlib.sha256(cookie.encode()).hexdigest()[:32]


def test_browser_keeps_its_cookie_and_script_cannot_read_it(client: TestClient) -> None:
    given = client.get("/").headers["set-cookie"]
    assert "HttpOnly" in given
    assert "SameSite=Lax" in given
    assert "set-cookie" not in client.get("/").headers
    client.cookies.clear()
    client.cookies.set(COOKIE, "short")
    assert "set-cookie" in client.get("/").headers


def test_link_to_an_answer_leads_to_the_page(client: TestClient) -> None:
    assert client.get("/answer/abc123", follow_redirects=False).headers["location"] == "../?answer=abc123"
    assert client.get("/answer/a&b", follow_redirects=False).headers["location"] == "../"


def test_page_that_cannot_be_drawn_is_not_tried_again(folder: Path, caplog: pytest.LogCaptureFixture) -> None:
    library, originals = Library(folder), Originals()
    (record, *_), document = library.documents(), library.document(PDF)
    assert originals.picture(record, document, 99) is None
    assert originals.picture(record, document, 99) is None
    assert originals.picture(record, document, 1) is not None
    originals.close()
    assert caplog.text.count("is shown as text") == 1
