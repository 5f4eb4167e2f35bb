"""Read a file or web page of any supported type into a `Document`."""

import hashlib
import tempfile
from dataclasses import replace
from pathlib import Path
from urllib.parse import urldefrag, urljoin

from ingest.assemble import RawDocument, assemble_document
from ingest.document import Document, Field
from ingest.errors import IngestError, NeedsOcr, TooLarge, UnreadableFile
from ingest.fetch import fetch_page
from ingest.filetype import tell_format
from ingest.metadata import read_facts
from ingest.ocr import INSTALL, Ocr

SUPPORTED_SUFFIXES = frozenset(
    ".pdf .html .htm .xhtml .docx .odt .ott .pptx .ppsx .potx .rtf .md .markdown .txt .text".split()
)
MAX_BYTES = 200 * 1024 * 1024


def load_file(
    path: Path,
    document_id: str,
    *,
    password: str | None = None,
    max_bytes: int = MAX_BYTES,
    ocr: Ocr | None = None,
) -> Document:
    """Read a file; its type is told from its content.

    Args:
        path: The file.
        document_id: Identifier that the document gets: the path relative to the ingested folder, with `/`.
        password: Opens an encrypted PDF.
        max_bytes: Limit to the file's size.
        ocr: How pages without a text layer are recognised, and what that may cost; else with the defaults.

    Returns:
        The document with its facts. It holds text.

    Raises:
        IngestError: One of its subclasses, with the reason and what to do; see `ingest.errors`.
    """
    try:
        size = path.stat().st_size
        if size > max_bytes:
            raise TooLarge(f"{path.name} is {size // 2**20} MB, the limit is {max_bytes // 2**20} MB; divide the file.")
        content = path.read_bytes()
    except OSError as error:
        raise UnreadableFile(
            f"{path} cannot be opened: {error.strerror or error}. Check the path and its rights."
        ) from error
    raw = _read(content, path.name, path, password, ocr=ocr)
    return _finish(
        document_id,
        content,
        raw,
        path_hint=document_id if "/" in document_id else str(Path(path.parent.name) / path.name),
    )


def load_web_page(url: str, *, allow_private: bool = False, max_bytes: int = 50 * 1024 * 1024) -> Document:
    """Fetch an address and read what it leads to: a web page, or a PDF, Word or text file.

    Args:
        url: `http://` or `https://`; without its fragment it is the document's identifier.
        allow_private: Also fetch from private network ranges.
        max_bytes: Limit to the answer's size.

    Raises:
        IngestError: As for `load_file`; `UnreadableFile` where nothing was fetched.
    """
    address = urldefrag(url.strip())[0]
    page = fetch_page(address, allow_private=allow_private, max_bytes=max_bytes)
    with tempfile.TemporaryDirectory(prefix="utblick-") as folder:
        # The reader of PDF files takes a path, since it reads parts of the file as it needs them.
        path = Path(folder) / "page"
        path.write_bytes(page.content)
        raw = _read(page.content, address, path, None, page.encoding)
    stated = raw.properties.get(Field.ADDRESS)
    properties = raw.properties | {Field.ADDRESS: urljoin(page.address, stated) if stated else page.address}
    return _finish(address, page.content, replace(raw, properties=properties), path_hint=address)


def _read(
    content: bytes,
    name: str,
    path: Path,
    password: str | None,
    encoding: str | None = None,
    ocr: Ocr | None = None,
) -> RawDocument:
    found = tell_format(content, name)
    try:
        if found == "pdf":
            from ingest.load_pdf import load_pdf

            return load_pdf(path, password, ocr)
        if found == "html":
            from ingest.load_html import load_html

            return load_html(content, encoding)
        if found == "docx":
            from ingest.load_docx import load_docx

            return load_docx(content)
        if found == "odt":
            from ingest.load_odt import load_odt

            return load_odt(content)
        if found == "pptx":
            from ingest.load_pptx import load_pptx

            return load_pptx(content)
        if found == "rtf":
            from ingest.load_rtf import load_rtf

            return load_rtf(content)
        from ingest.load_markdown import load_markdown, load_text

        return load_markdown(content) if found == "markdown" else load_text(content)
    except IngestError as error:
        if name in str(error):
            raise
        raise type(error)(f"{name}: {error}") from error


def _finish(document_id: str, content: bytes, raw: RawDocument, path_hint: str) -> Document:
    document = assemble_document(document_id, hashlib.sha256(content).hexdigest(), raw)
    if not any(character.isalnum() for character in document.text):
        if raw.format == "pdf":
            raise NeedsOcr(f"{document_id} holds pictures of pages and no text; add a text layer (OCR), or {INSTALL}.")
        raise UnreadableFile(f"{document_id} holds no text; check that it is the right file.")
    return replace(document, facts=read_facts(document, raw.properties, path_hint, raw.header))
