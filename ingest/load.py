"""Read a file or web page of any supported type into a `Document`."""

import hashlib
import json
import tempfile
from dataclasses import dataclass, replace
from pathlib import Path
from urllib.parse import unquote, urljoin, urlsplit

from ingest.address import normal_address
from ingest.assemble import RawDocument, assemble_document
from ingest.document import Document, Field
from ingest.errors import IngestError, NeedsOcr, TooLarge, UnreadableFile
from ingest.fetch import Fetcher, Source
from ingest.filetype import tell_format
from ingest.limits import Limits
from ingest.metadata import read_facts
from ingest.ocr import INSTALL, Ocr

SUPPORTED_SUFFIXES = frozenset(
    ".pdf .html .htm .xhtml .docx .odt .ott .pptx .ppsx .potx .rtf .md .markdown .txt .text".split()
)


def load_file(
    path: Path,
    document_id: str,
    *,
    password: str | None = None,
    limits: Limits | None = None,
    ocr: Ocr | None = None,
) -> Document:
    """Read a file; its type is told from its content.

    Args:
        path: The file.
        document_id: Identifier that the document gets: the path relative to the ingested folder, with `/`.
        password: Opens an encrypted PDF.
        limits: What reading it may cost in size; time and memory are limited in `ingest.worker`.
        ocr: How pages without a text layer are recognised, and what that may cost; else with the defaults.

    Returns:
        The document with its facts. It holds text.

    Raises:
        IngestError: One of its subclasses, with the reason and what to do; see `ingest.errors`.
    """
    limits = limits or Limits()
    try:
        size = path.stat().st_size
        if size > limits.max_bytes:
            limit = limits.max_bytes // 2**20
            raise TooLarge(f"{path.name} is {size // 2**20} MB, the limit is {limit} MB; divide the file.")
        content = path.read_bytes()
    except OSError as error:
        raise UnreadableFile(
            f"{path} cannot be opened: {error.strerror or error}. Check the path and its rights."
        ) from error
    raw = _read(content, path.name, path, password, limits, ocr=ocr)
    return _finish(
        document_id,
        content,
        raw,
        path_hint=document_id if "/" in document_id else str(Path(path.parent.name) / path.name),
    )


@dataclass(frozen=True, slots=True)
class WebPage:
    """A page as it was fetched and read.

    Attributes:
        source: Where it was found, and by what its state is recognised.
        document: What it holds; None where it is as it was when the source was read that was given.
    """

    source: Source
    document: Document | None


def load_web_page(url: str, *, allow_private: bool = False, limits: Limits | None = None) -> Document:
    """Fetch an address and read what it leads to: a web page, or a PDF, Word or text file.

    Args:
        url: `http://` or `https://`; as `ingest.address.normal_address` spells it, it is the document's identifier.
        allow_private: Also fetch from private network ranges.
        limits: What it may cost; None for the usual limits.

    Returns:
        The document. The content hash of an HTML page is that of what was read from it.

    Raises:
        IngestError: As for `load_file`; `UnreadableFile` where nothing was fetched.
    """
    document = read_web_page(normal_address(url), Fetcher(allow_private=allow_private), limits or Limits()).document
    assert document is not None, "nothing was known of it, so all of it came"
    return document


def read_web_page(address: str, fetcher: Fetcher, limits: Limits, known: Source | None = None) -> WebPage:
    """Fetch a normal address where it changed, and read it; see `load_web_page`.

    Args:
        address: Where it is.
        fetcher: What fetches it.
        limits: What it may cost.
        known: What an earlier fetch gave.
    """
    page = fetcher.fetch(address, limits.max_bytes, known)
    if page.content is None:
        return WebPage(page.source, None)
    with tempfile.TemporaryDirectory(prefix="utblick-") as folder:
        # The reader of PDF files takes a path, since it reads parts of the file as it needs them.
        path = Path(folder) / (_file_name(page.source.address) or "page")
        path.write_bytes(page.content)
        raw = _read(page.content, address, path, None, limits, page.encoding)
    stated = raw.properties.get(Field.ADDRESS)
    found = page.source.address
    raw = replace(raw, properties=raw.properties | {Field.ADDRESS: urljoin(found, stated) if stated else found})
    content = page.content if raw.format != "html" else _what_is_read(raw)
    return WebPage(page.source, _finish(address, content, raw, path_hint=address))


def _file_name(address: str) -> str:
    """The last part of an address, as the name of a file."""
    name = unquote(urlsplit(address).path).rsplit("/", 1)[-1]
    return "".join(character for character in name if character.isalnum() or character in "-_. ").strip(". ")[-50:]


def _what_is_read(raw: RawDocument) -> bytes:
    """What a page says, in bytes that are the same as long as it says the same.

    The markup of most pages is new with each request: tokens in forms, addresses of scripts. That a page is unchanged,
    or the same as that at another address, is told from what is read.
    """
    stated = {field: value for field, value in raw.properties.items() if field != Field.ADDRESS}
    blocks = [(block.kind, block.level, block.parts) for block in raw.blocks]
    return json.dumps([raw.format, stated, blocks], sort_keys=True).encode()


def _read(
    content: bytes,
    name: str,
    path: Path,
    password: str | None,
    limits: Limits,
    encoding: str | None = None,
    ocr: Ocr | None = None,
) -> RawDocument:
    found = tell_format(content, name)
    try:
        if found == "pdf":
            from ingest.load_pdf import load_pdf

            return load_pdf(path, password, ocr, limits.max_pages)
        if found == "html":
            from ingest.load_html import load_html

            return load_html(content, encoding)
        if found == "docx":
            from ingest.load_docx import load_docx

            return load_docx(content, limits.max_decompressed)
        if found == "odt":
            from ingest.load_odt import load_odt

            return load_odt(content, limits.max_decompressed)
        if found == "pptx":
            from ingest.load_pptx import load_pptx

            return load_pptx(content, limits.max_decompressed)
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
        if raw.format == "html":
            raise UnreadableFile(
                f"{document_id} holds no text of its own; a script may write it once a browser opens the page. Open it "
                "in a browser, print it to a PDF and ingest that file."
            )
        raise UnreadableFile(f"{document_id} holds no text; check that it is the right file.")
    return replace(document, facts=read_facts(document, raw.properties, path_hint, raw.header))
