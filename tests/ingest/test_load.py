"""Files of any kind: what type they are, what is refused and why, and web pages over a loopback server."""

import hashlib
import io
import zipfile
from pathlib import Path

import docx
import pypdf
import pytest
from reportlab.pdfgen.canvas import Canvas

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
from ingest.filetype import tell_format
from ingest.limits import Limits
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
        (b"[1] Se bilagan. {a}", "a.json", "text"),
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
        (b'{"plan": ["\xc3\xa5r", 2021]}', UnsupportedFormat, "data, not a document"),
        (b"From: <Saved>\nMIME-Version: 1.0\nContent-Type: multipart/related;", UnsupportedFormat, "mhtml"),
    ],
)
def test_what_cannot_be_read_says_what_to_do(content: bytes, error: type[IngestError], message: str) -> None:
    with pytest.raises(error, match=message) as caught:
        tell_format(content, "fil.bin")
    assert "fil.bin" in str(caught.value)


def test_tables_of_data_are_told_by_their_name() -> None:
    with pytest.raises(UnsupportedFormat, match="data, not a document"):
        tell_format(b"namn;belopp\nHavsfonden;450\n", "bidrag.CSV")


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
        load_file(tmp_path / "stor.txt", "stor.txt", limits=Limits(max_bytes=1024 * 1024))


def test_errors_of_readers_name_the_file(tmp_path: Path) -> None:
    (tmp_path / "trasig.docx").write_bytes(word_document().replace(b"PK\x01\x02", b"PK\x01\x09", 1))
    with pytest.raises(IngestError, match=r"trasig\.docx"):
        load_file(tmp_path / "trasig.docx", "trasig.docx")


def test_web_page_loads_with_its_address_as_identifier(site) -> None:
    body = "<head><link rel=canonical href='/egen'></head><main><h1>Vänorter</h1><p>Vi är åtta.".encode("cp1252")
    end = site.put("/sida", body, Content_Type="text/html; charset=windows-1252")
    start = site.put("/flytt", status=302, Location=end)
    document = load_web_page(f"{start}#del", allow_private=True)
    assert document.id == start
    assert document.fact(Field.ADDRESS) == f"{site.origin}/egen"
    assert document.text == "Vänorter\n\nVi är åtta."


def test_address_of_a_word_document_loads(site) -> None:
    assert load_web_page(site.put("/dokument", word_document()), allow_private=True).format == "docx"


def test_address_of_a_pdf_loads(site) -> None:
    stream = io.BytesIO()
    canvas = Canvas(stream)
    canvas.drawString(100, 700, "Staden ska samarbeta med andra.")
    canvas.save()
    address = site.put("/filer/%C3%A5rs%20plan.pdf", stream.getvalue(), Content_Type="application/octet-stream")
    document = load_web_page(address, allow_private=True)
    assert (document.id, document.format, document.text) == (address, "pdf", "Staden ska samarbeta med andra.")
    assert document.content_hash == hashlib.sha256(stream.getvalue()).hexdigest()
    with pytest.raises(NeedsPassword, match="is encrypted") as raised:
        load_web_page(site.put("/last.pdf", encrypted(stream.getvalue())), allow_private=True)
    assert f"{site.origin}/last.pdf" in str(raised.value)


def encrypted(content: bytes) -> bytes:
    writer = pypdf.PdfWriter(io.BytesIO(content))
    writer.encrypt("hemligt", algorithm="AES-256")
    stream = io.BytesIO()
    writer.write(stream)
    return stream.getvalue()


def test_a_page_that_asks_not_to_be_listed_is_read(site) -> None:
    page = "<head><meta name=robots content=noindex></head><main><p>Vi är åtta.</p></main>"
    address = site.put("/sida", page, X_Robots_Tag="noindex", Content_Type="text/html; charset=utf-8")
    assert load_web_page(address, allow_private=True).text == "Vi är åtta."


def test_limits_hold_for_what_an_address_leads_to(site) -> None:
    address = site.put("/dokument.docx", word_document())
    with pytest.raises(TooLarge, match="unpacks to"):
        load_web_page(address, allow_private=True, limits=Limits(max_decompressed=1000))
    with pytest.raises(TooLarge, match="longer than"):
        load_web_page(address, allow_private=True, limits=Limits(max_bytes=1000))


@pytest.mark.parametrize(
    ("body", "declared"),
    [
        ("<main><h1>Åtgärder för Ängelsbyn</h1>".encode("iso-8859-1"), "text/html"),
        ("<main><h1>Åtgärder för Ängelsbyn</h1>".encode("utf-16"), "text/html"),
        ("<main><h1>Åtgärder för Ängelsbyn</h1>".encode("utf-16-le"), "text/html; charset=utf-16le"),
        ("<main><h1>Åtgärder för Ängelsbyn</h1>".encode(), "text/html; charset=iso-8859-1"),
        ("<main><h1>Åtgärder för Ängelsbyn</h1>".encode("mac-roman"), "text/html; charset=macintosh"),
        ("<main><h1>Åtgärder för Ängelsbyn</h1>".encode(), "application/octet-stream"),
    ],
)
def test_encoding_of_a_web_page(site, body: bytes, declared: str) -> None:
    document = load_web_page(site.put("/sida", body, Content_Type=declared), allow_private=True)
    assert document.text == "Åtgärder för Ängelsbyn"


@pytest.mark.parametrize(
    "body",
    [
        "<!doctype html><title>Plan</title><div id=root></div><script>document.write('Vänorter')</script>",
        "<!doctype html><title>Plan</title><noscript>Slå på JavaScript för att se sidan.</noscript><div id=app></div>",
    ],
)
def test_a_page_that_a_script_writes_says_what_to_do(site, body: str) -> None:
    with pytest.raises(UnreadableFile, match=r"no text of its own; a script .* print it to a PDF"):
        load_web_page(site.put("/sida", body), allow_private=True)


def test_the_hash_of_a_page_is_of_what_is_read(site) -> None:
    def load(token: str, text: str, path: str = "/sida") -> str:
        page = f"<main data-token={token}><h1>Vänorter</h1><p>{text}</p><script>{token}</script></main>"
        return load_web_page(site.put(path, page), allow_private=True).content_hash

    assert load("a1", "Vi är åtta.") == load("b2", "Vi är åtta.") == load("c3", "Vi är åtta.", "/annan")
    assert load("a1", "Vi är åtta.") != load("a1", "Vi är nio.")


@pytest.mark.skipif(not SHARED.exists(), reason="the shared material is not beside the checkout")
@pytest.mark.parametrize(
    ("path", "error"),
    [
        ("pikepdf/378014596.pdf", UnreadableFile),
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
def test_password_opens_html_named_pdf_is_read_and_what_is_left_of_a_file() -> None:
    derived = SHARED / "pdfs" / "derived"
    assert len(load_file(derived / "olofstrom_avklippt.pdf", "a.pdf").pages) == 13
    assert load_file(derived / "olofstrom_krypterad_pw-hemligt.pdf", "a.pdf", password="hemligt").format == "pdf"
    assert load_file(derived / "html_som_heter.pdf", "a.pdf").format == "html"
