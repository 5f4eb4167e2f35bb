"""Tell what a file is from its content; its name only decides between kinds of text."""

import io
import json
import re
import zipfile

from ingest.characters import decode_text
from ingest.errors import NeedsPassword, UnreadableFile, UnsupportedFormat

_SAMPLE = 4096
_CONTROLS = frozenset(map(chr, range(32))) - frozenset("\t\n\r\x0c\x1b") | {"\x7f"}
_HTML = re.compile(
    r"^(?:\s|<\?xml[^>]*\?>|<!--.*?-->)*<(?:!doctype\s+html|html|head|body|main|article|section|title|meta|div|h[1-6]|p|table|ul)\b",
    re.IGNORECASE | re.DOTALL,
)
_PICTURES = (b"\x89PNG", b"\xff\xd8\xff", b"GIF8", b"II*\x00", b"MM\x00*", b"BM", b"RIFF", b"\x00\x00\x01\x00")
_OLE = b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1"
_AS_DOCX = "open it in Word or LibreOffice, save it as .docx or PDF and ingest that file"
_AS_PDF = "export it as PDF and ingest that file"
_AS_PPTX = "open it in PowerPoint or LibreOffice, save it as .pptx or PDF and ingest that file"
_PACKAGES = (
    ("xl/", "an Excel workbook", _AS_PDF),
    ("content.opf", "an e-book", _AS_PDF),
)
_OPEN_DOCUMENTS = (
    (b"opendocument.spreadsheet", "an OpenDocument spreadsheet", _AS_PDF),
    (b"opendocument.presentation", "an OpenDocument presentation", _AS_PPTX),
    (b"epub", "an e-book", _AS_PDF),
)
_COMPOUNDS = (
    ("PowerPoint Document", "an old PowerPoint presentation (.ppt)", _AS_PPTX),
    ("Workbook", "an old Excel workbook (.xls)", _AS_PDF),
    ("WordDocument", "an old Word document (.doc)", _AS_DOCX),
    ("__substg1.0", "an Outlook message", "save the message as text or PDF and ingest that file"),
)


def tell_format(content: bytes, name: str) -> str:
    """The format of a file: `pdf`, `html`, `docx`, `odt`, `pptx`, `rtf`, `markdown` or `text`.

    Args:
        content: The file's bytes.
        name: Its name, for messages and to tell Markdown from plain text.

    Raises:
        UnreadableFile: It is empty, or claims by its name to be what its content is not.
        UnsupportedFormat: It is of another type; the message says what to convert it to.
        NeedsPassword: It is a protected Office document.
    """
    if not content.strip(b"\x00 \t\r\n"):
        raise UnreadableFile(f"{name} is empty; fetch or export the file anew.")
    sample = content[:_SAMPLE]
    if content.startswith(_OLE):
        raise _compound_error(content, name)
    if content.startswith((b"PK\x03\x04", b"PK\x05\x06", b"PK\x07\x08")):
        return _tell_package(content, name)
    text = decode_text(sample)
    if _HTML.match(text):
        return "html"
    if b"%PDF-" in content[:1024] and (
        content.startswith(b"%PDF-") or _is_binary(text) or name.lower().endswith(".pdf")
    ):
        return "pdf"
    if text.startswith("{\\rtf"):
        return "rtf"
    _refuse_known(content, text, name)
    if _is_binary(text):
        if name.lower().endswith(".pdf"):
            raise UnreadableFile(f"{name} is damaged: it does not begin as a PDF file does. Fetch or export it anew.")
        raise UnsupportedFormat(f"{name} is not text of a kind that can be read; {_AS_PDF}.")
    return "markdown" if name.lower().endswith((".md", ".markdown")) else "text"


def _tell_package(content: bytes, name: str) -> str:
    try:
        with zipfile.ZipFile(io.BytesIO(content)) as package:
            names = package.namelist()
    except (zipfile.BadZipFile, OSError, ValueError) as error:
        raise UnreadableFile(f"{name} is damaged ({error}). Fetch or export it anew.") from error
    if "word/document.xml" in names or any(re.fullmatch(r"word/document\d*\.xml", entry) for entry in names):
        return "docx"
    if "ppt/presentation.xml" in names:
        return "pptx"
    if b"opendocument.text" in content[:200] or (name.lower().endswith((".odt", ".ott")) and "content.xml" in names):
        return "odt"
    for kind, described, remedy in _OPEN_DOCUMENTS:
        if kind in content[:200]:
            raise UnsupportedFormat(f"{name} is {described}; {remedy}.")
    for beginning, described, remedy in _PACKAGES:
        if any(entry.startswith(beginning) or entry.endswith("/" + beginning) for entry in names):
            raise UnsupportedFormat(f"{name} is {described}; {remedy}.")
    raise UnsupportedFormat(f"{name} is an archive; unpack it and ingest the folder.")


def _compound_error(content: bytes, name: str) -> NeedsPassword | UnsupportedFormat:
    if "EncryptedPackage".encode("utf-16-le") in content:
        return NeedsPassword(f"{name} is an Office document with a password; save a copy without one and ingest that.")
    for stream, described, remedy in _COMPOUNDS:
        if stream.encode("utf-16-le") in content:
            return UnsupportedFormat(f"{name} is {described}; {remedy}.")
    return UnsupportedFormat(f"{name} is an old Office file; {_AS_PDF}.")


def _refuse_known(content: bytes, text: str, name: str) -> None:
    if (content.startswith(_PICTURES) and _is_binary(text)) or content[4:12] in (b"ftypheic", b"ftypavif", b"ftypmif1"):
        raise UnsupportedFormat(f"{name} is a picture; make a PDF with a text layer of it (OCR) and ingest that file.")
    if re.match(r"\s*(?:From:|MIME-Version:).*multipart/related", text[:1000], re.IGNORECASE | re.DOTALL):
        raise UnsupportedFormat(f"{name} is a web archive (.mhtml); save the page as HTML only and ingest that file.")
    if name.lower().endswith((".csv", ".tsv")) or _is_json(content, text):
        raise UnsupportedFormat(f"{name} is data, not a document; put what it says into a document and ingest that.")
    if re.match(r"\s*<\?xml|\s*<svg\b", text):
        raise UnsupportedFormat(f"{name} is XML data, not a document; {_AS_PDF}.")


def _is_json(content: bytes, text: str) -> bool:
    """Whether the whole file is an object or list in JSON, which text hardly ever is by chance."""
    if not text.lstrip().startswith(("{", "[")):
        return False
    try:
        return isinstance(json.loads(content), dict | list)
    except (ValueError, RecursionError):
        return False


def _is_binary(text: str) -> bool:
    """Whether decoded bytes hold characters that no text does."""
    control = sum(character in _CONTROLS for character in text)
    return "\x00" in text or control * 50 > len(text) or text.count("\ufffd") * 10 > len(text)
