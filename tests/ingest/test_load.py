"""Files of any kind: what type they are, what is refused and why, and web pages over a loopback server."""

import hashlib
import io
import socket
import threading
import zipfile
from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler, HTTPServer
from pathlib import Path

import docx
import pytest

import ingest
from ingest.document import Field
from ingest.errors import (
    IngestError,
    NeedsOcr,
    NeedsPassword,
    TooLarge,
    UnreadableFile,
    UnsupportedFormat,
)
from ingest.fetch import fetch_page
from ingest.filetype import tell_format
from ingest.load import load_file, load_web_page

SHARED = Path(__file__).parents[2].parent / "shared"
OLE = b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1" + bytes(504)


def archive(*names: str, first: tuple[str, bytes] | None = None) -> bytes:
    stream = io.BytesIO()
    with zipfile.ZipFile(stream, "w") as package:
        if first:
            package.writestr(*first)
        for name in names:
            package.writestr(name, "x")
    return stream.getvalue()


def word_document() -> bytes:
    document = docx.Document()
    document.add_heading("Riktlinjer för vänorter", 1)
    document.add_paragraph("Diarienummer: KS 2023-5")
    stream = io.BytesIO()
    document.save(stream)
    return stream.getvalue()


def test_public_surface() -> None:
    assert sorted(ingest.__all__, key=str.casefold) == sorted(
        [
            "SUPPORTED_SUFFIXES", "Block", "BlockKind", "Document", "Fact", "Field", "IngestError", "NeedsOcr",
            "NeedsPassword", "Page", "TooLarge", "UnreadableFile", "UnsupportedFormat", "load_file", "load_web_page",
        ],
        key=str.casefold,
    )  # fmt: skip
    assert all(hasattr(ingest, name) for name in ingest.__all__)


@pytest.mark.parametrize(
    ("content", "name", "found"),
    [
        (b"%PDF-1.7\n%\xe2\xe3", "a.pdf", "pdf"),
        (b"\x00\x01junk before\n%PDF-1.4\n", "a.pdf", "pdf"),
        (b"%PDF-1.7\n", "a.html", "pdf"),
        (b"\n <!DOCTYPE html><html>", "a.pdf", "html"),
        (b"<!-- saved --><html lang=sv>", "a.txt", "html"),
        ("<html>".encode("utf-16"), "a.html", "html"),
        (b"<?xml version='1.0'?>\n<!DOCTYPE html PUBLIC><html>", "a.xhtml", "html"),
        (word_document(), "a.pdf", "docx"),
        (archive("ppt/presentation.xml"), "a.pdf", "pptx"),
        (archive(first=("mimetype", b"application/vnd.oasis.opendocument.text")), "a.docx", "odt"),
        (archive("content.xml"), "a.ODT", "odt"),
        (b"{\\rtf1\\ansi hej}", "a.doc", "rtf"),
        (b"# Rubrik", "a.MD", "markdown"),
        (b"# Rubrik", "a.txt", "text"),
        (b"Om %PDF-filer i allm\xe4nhet", "a.txt", "text"),
        ("Årets mål".encode("cp1252"), "a", "text"),
        ("Årets mål".encode("utf-16"), "a.txt", "text"),
    ],
)
def test_type_is_told_from_content(content: bytes, name: str, found: str) -> None:
    assert tell_format(content, name) == found


@pytest.mark.parametrize(
    ("content", "error", "message"),
    [
        (b"", UnreadableFile, "empty"),
        (b"\x00\x00\n ", UnreadableFile, "empty"),
        (OLE + "WordDocument".encode("utf-16-le"), UnsupportedFormat, r"\.doc\).*\.docx"),
        (OLE + "PowerPoint Document".encode("utf-16-le"), UnsupportedFormat, r"\.ppt\).*\.pptx or PDF"),
        (OLE + "Workbook".encode("utf-16-le"), UnsupportedFormat, r"\.xls\).*PDF"),
        (OLE + "EncryptedPackage".encode("utf-16-le"), NeedsPassword, "password"),
        (archive("xl/workbook.xml"), UnsupportedFormat, "Excel.*PDF"),
        (
            archive(first=("mimetype", b"application/vnd.oasis.opendocument.presentation")),
            UnsupportedFormat,
            r"OpenDocument presentation.*\.pptx",
        ),
        (archive("a.txt"), UnsupportedFormat, "archive"),
        (b"PK\x03\x04" + bytes(40), UnreadableFile, "damaged"),
        (b"\x89PNG\r\n\x1a\n" + bytes(20), UnsupportedFormat, "picture.*OCR"),
        (b"\xff\xd8\xff\xe0" + bytes(range(256)), UnsupportedFormat, "picture"),
        (b"\x7fELF" + bytes(range(256)) * 4, UnsupportedFormat, "not text"),
        (b"<?xml version='1.0'?><rss></rss>", UnsupportedFormat, "XML"),
        (b"From: <Saved>\nMIME-Version: 1.0\nContent-Type: multipart/related;", UnsupportedFormat, "mhtml"),
    ],
)
def test_what_cannot_be_read_says_what_to_do(content: bytes, error: type[IngestError], message: str) -> None:
    with pytest.raises(error, match=message) as caught:
        tell_format(content, "fil.bin")
    assert "fil.bin" in str(caught.value)


def test_damaged_pdf_is_not_taken_for_another_type() -> None:
    with pytest.raises(UnreadableFile, match="does not begin as a PDF"):
        tell_format(bytes(range(256)) * 9, "a.pdf")


def test_word_document_with_wrong_suffix_loads_with_hash_and_facts(tmp_path: Path) -> None:
    path = tmp_path / "Ekby kommun" / "fel.pdf"
    path.parent.mkdir()
    path.write_bytes(word_document())
    document = load_file(path, "Ekby kommun/fel.pdf")
    assert (document.id, document.format) == ("Ekby kommun/fel.pdf", "docx")
    assert document.content_hash == hashlib.sha256(path.read_bytes()).hexdigest()
    assert document.fact(Field.TITLE) == "Riktlinjer för vänorter"
    assert document.fact(Field.REFERENCE) == "KS 2023-5"
    assert document.fact(Field.ORGANISATION) == "Ekby kommun"
    assert document.page_text(1) == document.text


@pytest.mark.parametrize(
    "name, content", [("a.html", b"<html><body><img src=x></body></html>"), ("a.txt", b"\n...\n"), ("a.md", b"---\n")]
)
def test_files_without_text_are_errors(tmp_path: Path, name: str, content: bytes) -> None:
    (tmp_path / name).write_bytes(content)
    with pytest.raises(UnreadableFile, match="no text"):
        load_file(tmp_path / name, name)


def test_missing_and_too_large_files_are_errors(tmp_path: Path) -> None:
    with pytest.raises(UnreadableFile, match="cannot be opened"):
        load_file(tmp_path / "saknas.pdf", "saknas.pdf")
    (tmp_path / "stor.txt").write_bytes(b"a" * 2_000_000)
    with pytest.raises(TooLarge, match="limit is 1 MB"):
        load_file(tmp_path / "stor.txt", "stor.txt", max_bytes=1024 * 1024)


def test_errors_of_readers_name_the_file(tmp_path: Path) -> None:
    (tmp_path / "trasig.docx").write_bytes(word_document().replace(b"PK\x01\x02", b"PK\x01\x09", 1))
    with pytest.raises(IngestError, match=r"trasig\.docx"):
        load_file(tmp_path / "trasig.docx", "trasig.docx")


@pytest.fixture
def server() -> Iterator[str]:
    class Handler(BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            status, headers, body = 200, {"Content-Type": "text/html"}, b""
            if self.path == "/sida":
                headers = {"Content-Type": "text/html; charset=windows-1252"}
                body = "<head><link rel=canonical href='/egen'></head><main><h1>Vänorter</h1><p>Vi är åtta.".encode(
                    "cp1252"
                )
            elif self.path == "/dokument":
                body = word_document()
            elif self.path == "/flytt":
                status, headers = 302, {"Location": "/sida"}
            elif self.path == "/runt":
                status, headers = 302, {"Location": "/runt"}
            elif self.path == "/inat":
                status, headers = 302, {"Location": "file:///etc/passwd"}
            elif self.path == "/stor":
                body = b"x" * 300_000
            else:
                status = 404
            self.send_response(status)
            for name, value in headers.items():
                self.send_header(name, value)
            self.end_headers()
            self.wfile.write(body)

        def log_message(self, *arguments: object) -> None:
            pass

    http = HTTPServer(("127.0.0.1", 0), Handler)
    thread = threading.Thread(target=http.serve_forever, daemon=True)
    thread.start()
    yield f"http://127.0.0.1:{http.server_port}"
    http.shutdown()
    http.server_close()


def test_web_page_loads_with_its_address_as_identifier(server: str) -> None:
    document = load_web_page(f"{server}/flytt#del", allow_private=True)
    assert document.id == f"{server}/flytt"
    assert document.fact(Field.ADDRESS) == f"{server}/egen"
    assert document.text == "Vänorter\n\nVi är åtta."


def test_address_of_a_word_document_loads(server: str) -> None:
    assert load_web_page(f"{server}/dokument", allow_private=True).format == "docx"


@pytest.mark.parametrize(
    ("path", "error", "message"),
    [
        ("/saknas", UnreadableFile, "404"),
        ("/runt", UnreadableFile, "redirects more than"),
        ("/inat", UnreadableFile, "not a web address"),
        ("/stor", TooLarge, "longer than"),
    ],
)
def test_pages_that_do_not_come_are_errors(server: str, path: str, error: type[IngestError], message: str) -> None:
    with pytest.raises(error, match=message):
        fetch_page(server + path, allow_private=True, max_bytes=200_000)


@pytest.mark.parametrize(
    "address",
    [
        "http://127.0.0.1/",
        "http://localhost/",
        "http://[::1]/",
        "http://10.1.2.3/",
        "http://192.168.0.1/",
        "http://169.254.169.254/latest/meta-data",
        "http://[::ffff:10.0.0.1]/",
        "http://0.0.0.0/",
        "http://2130706433/",
        "http://100.64.0.1/",
        "http://[64:ff9b::a00:1]/",
    ],
)
def test_private_addresses_are_refused(address: str) -> None:
    with pytest.raises(UnreadableFile, match=r"private network address|was not found"):
        load_web_page(address)


def test_redirect_into_the_private_network_is_refused(server: str, monkeypatch: pytest.MonkeyPatch) -> None:
    """The first address passes as public; the redirect to loopback is checked on its own."""
    real = socket.getaddrinfo
    port = int(server.rsplit(":", 1)[1])
    checked: list[str] = []

    def resolve(host: str, *arguments: object, **options: object) -> list[tuple[object, ...]]:
        checked.append(host)
        return real("127.0.0.1", port, type=socket.SOCK_STREAM)  # type: ignore[return-value]

    monkeypatch.setattr("ingest.fetch.socket.getaddrinfo", resolve)
    monkeypatch.setattr("ingest.fetch._is_public", lambda found: checked.count("offentlig.example") < 2)
    with pytest.raises(UnreadableFile, match="private network address"):
        fetch_page(f"http://offentlig.example:{port}/flytt")
    assert checked.count("offentlig.example") == 2


@pytest.mark.parametrize(
    "address", ["file:///etc/passwd", "ftp://a.example/x", "a.example", "http://", "http://u:p@a.example/"]
)
def test_other_addresses_are_refused(address: str) -> None:
    with pytest.raises(UnreadableFile):
        load_web_page(address)


@pytest.mark.skipif(not SHARED.exists(), reason="the shared material is not beside the checkout")
@pytest.mark.parametrize(
    ("path", "error"),
    [
        ("derived/olofstrom_avklippt.pdf", UnreadableFile),
        ("derived/olofstrom_krypterad_pw-hemligt.pdf", NeedsPassword),
        ("pikepdf/pal.pdf", NeedsOcr),
        ("derived/tom_0_byte.pdf", UnreadableFile),
        ("ocrmypdf/invalid.pdf", UnreadableFile),
    ],
)
def test_broken_pdfs_give_their_error(path: str, error: type[IngestError]) -> None:
    with pytest.raises(error):
        load_file(SHARED / "pdfs" / path, path)


@pytest.mark.skipif(not SHARED.exists(), reason="the shared material is not beside the checkout")
def test_password_opens_and_html_named_pdf_is_read() -> None:
    derived = SHARED / "pdfs" / "derived"
    assert load_file(derived / "olofstrom_krypterad_pw-hemligt.pdf", "a.pdf", password="hemligt").format == "pdf"
    assert load_file(derived / "html_som_heter.pdf", "a.pdf").format == "html"
