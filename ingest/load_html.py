"""Read a web page: its main content and what its markup says about it."""

import json
import re
from collections.abc import Iterator

from lxml import etree
from lxml.html import HtmlElement, HTMLParser, document_fromstring

from ingest.assemble import RawBlock, RawDocument
from ingest.characters import clean_line, decode_text
from ingest.dates import find_date
from ingest.document import BlockKind, Field
from ingest.errors import UnreadableFile
from ingest.html_blocks import read_blocks
from ingest.html_boilerplate import remove_boilerplate

_DECLARED = re.compile(rb"""(?:charset|encoding)\s*=\s*["']?\s*([\w.:-]+)""", re.IGNORECASE)
_XML_DECLARATION = re.compile(r"^\s*<\?xml[^>]*\?>")
_SUFFIX = re.compile(r"\s+[-|–—·:]{1,2}\s+(?=[^-|–—·]+$)")
_DOMAIN = re.compile(r"^(?:https?://)?(?:[\w-]+\.)+[a-z]{2,}/?$", re.IGNORECASE)
_CHANGED = re.compile(
    r"\b(?:uppdaterad|uppdaterat|ändrad|ändrat|reviderad|updated|modified|revised)(?:es)?\b[\s:]*(?:den|on)?\s*(.{6,40})",
    re.IGNORECASE,
)
_METADATA = ("base", "link", "meta", "noscript", "script", "style", "template", "title")
_TOO_DEEP = (
    "The web page nests its parts too deep to be read. Open it in a browser, print it to a PDF and ingest that file."
)
# Below this many characters in the part marked as main, content of as many is looked for outside it.
_SHORT = 500


def load_html(content: bytes, declared_encoding: str | None = None) -> RawDocument:
    """Read the main content of a web page.

    Args:
        content: The page as it was stored or received.
        declared_encoding: What the server said, where known; the page's own bytes may overrule it.

    Returns:
        One page of headings, list items, paragraphs and table rows. Menus, banners, breadcrumbs, footers and lists of
        related pages are left out.

    Raises:
        UnreadableFile: There is no markup in it.
    """
    root = _parse(content, declared_encoding)
    try:
        return _read_page(root)
    except RecursionError as error:
        raise UnreadableFile(_TOO_DEEP) from error


def _read_page(root: HtmlElement) -> RawDocument:
    linked, changed = _linked_data(root), _stated_change(root)
    remove_boilerplate(root)
    properties = _read_properties(root, linked, changed)
    region, kept = _find_content(root)
    blocks = read_blocks(region, kept)
    top = next((_text(heading) for heading in root.iter("h1") if _text(heading)), "")
    if top and not any(block.kind == BlockKind.HEADING and block.level == 1 for block in blocks):
        blocks.insert(0, RawBlock(BlockKind.HEADING, ((1, top),), 1))
    return RawDocument("html", blocks, properties=properties)


def _parse(content: bytes, declared: str | None) -> HtmlElement:
    stated = _DECLARED.search(content[:4096])
    encoding = declared or (stated[1].decode("ascii", errors="ignore") if stated else None)
    text = _XML_DECLARATION.sub("", decode_text(content, encoding).replace("\x00", ""))
    try:
        parser = HTMLParser(encoding="utf-8", huge_tree=True)
        root = document_fromstring(text.encode("utf-8", errors="replace"), parser=parser)
    except (etree.ParserError, etree.XMLSyntaxError, AssertionError) as error:
        raise UnreadableFile("The web page holds no markup that can be read. Save it again from a browser.") from error
    if any(entry.type == etree.ErrorTypes.ERR_RESOURCE_LIMIT for entry in parser.error_log):
        # What follows the place where the parser gave up is lost.
        raise UnreadableFile(_TOO_DEEP)
    _move_strays(root)
    return root


def _move_strays(root: HtmlElement) -> None:
    """Move content into the body: without a `body` tag, the parser leaves elements newer than HTML 4 in the head."""
    strays = [element for element in root.iterfind("head/*") if element.tag not in _METADATA]
    if not strays:
        return
    body = root.find("body")
    if body is None:
        body = root.makeelement("body")
        root.append(body)
    for position, element in enumerate(strays):
        body.insert(position, element)


def _find_content(root: HtmlElement) -> tuple[HtmlElement, set[str] | None]:
    """The element that holds the main content; where it may hold menus too, the texts known to be content."""
    marked = [main for main in root.iter("main", "div", "section") if main.tag == "main" or main.get("role") == "main"]
    articles = [article for article in root.iter("article") if not any(True for _ in article.iterancestors("article"))]
    candidates = marked or (articles if len(articles) == 1 else [])
    region = max(candidates, key=lambda element: len(_text(element)), default=None)
    if region is not None and len(_text(region)) >= _SHORT:
        return region, None
    located, kept = _locate_content(root)
    if region is not None:
        inside = _text(region)
        if sum(len(text) for text in kept if text not in inside) < _SHORT:
            return region, None
    return located, kept or None


def _locate_content(root: HtmlElement) -> tuple[HtmlElement, set[str]]:
    """Where trafilatura finds the main content of a page that does not mark it, and the texts it finds.

    Its text is used to find the place only: the place is then read whole, so that no short paragraph, heading or item
    between is lost.
    """
    import trafilatura

    body = root.find("body")
    page = body if body is not None else root
    markup = etree.tostring(root, encoding="unicode", method="html")
    extracted = trafilatura.extract(markup, output_format="xml", favor_recall=True, include_comments=False)
    if not extracted:
        return page, set()
    tree = etree.fromstring(extracted.encode())
    kept = {clean_line("".join(map(str, node.itertext()))) for node in tree.iter("p", "item", "head", "cell")} - {""}
    held: dict[HtmlElement, int] = {}
    total = 0
    for element in page.iter("p", "li", "td", "div", "h1", "h2", "h3", "h4", "h5", "h6"):
        if (text := _text(element)) not in kept or any(_text(child) == text for child in element):
            continue
        total += len(text)
        for up in element.iterancestors():
            held[up] = held.get(up, 0) + len(text)
    holding = [element for element, length in held.items() if 10 * length >= 9 * total]
    return max(holding, key=lambda element: sum(1 for _ in element.iterancestors()), default=page), kept


def _read_properties(root: HtmlElement, linked: dict[str, object], stated_change: str) -> dict[Field, str]:
    site = _meta(root, "og:site_name", "application-name", "dcterms.publisher", "dc.publisher", "publisher")
    publisher = linked.get("publisher")
    site = site or (clean_line(str(publisher.get("name") or "")) if isinstance(publisher, dict) else "")
    heading = next((_text(heading) for heading in root.iter("h1") if _text(heading)), "")
    stated = next((_text(title) for title in root.iter("title")), "")
    title, rest = _split_title(stated, site, heading)
    changed = _meta(root, "article:modified_time", "dcterms.modified", "dc.date.modified", "last-modified")
    changed = changed or str(linked.get("dateModified") or "") or stated_change
    canonical = root.xpath("string(//link[contains(concat(' ', @rel, ' '), ' canonical ')]/@href)")
    found = {
        Field.TITLE: heading or _meta(root, "og:title") or title,
        Field.ORGANISATION: "" if _DOMAIN.match(site or rest) else site or rest,
        Field.ADDRESS: clean_line(str(canonical)) or _meta(root, "og:url"),
        Field.LANGUAGE: (root.get("lang") or root.get("{http://www.w3.org/XML/1998/namespace}lang") or "")[:2].lower(),
        Field.REVISED_ON: find_date(changed) or "",
    }
    return {field: value for field, value in found.items() if value}


def _split_title(stated: str, site: str, heading: str) -> tuple[str, str]:
    """The page's title without the site's name, and that name where the title ends with one."""
    parts = _SUFFIX.split(stated, maxsplit=1)
    if len(parts) < 2:
        return stated, ""
    title, rest = parts
    if rest.casefold() == site.casefold() or title == heading or _DOMAIN.match(rest):
        return title, rest if title == heading else ""
    return stated, ""


def _meta(root: HtmlElement, *names: str) -> str:
    """The first of the named properties that the page's head states."""
    stated: dict[str, str] = {}
    for meta in root.iter("meta"):
        name = (meta.get("property") or meta.get("name") or meta.get("http-equiv") or "").lower()
        stated.setdefault(name, clean_line(meta.get("content") or ""))
    return next((stated[name] for name in names if stated.get(name)), "")


def _linked_data(root: HtmlElement) -> dict[str, object]:
    """Properties of the page in JSON-LD, the page's own object first."""
    merged: dict[str, object] = {}
    for script in root.iter("script"):
        if script.get("type") != "application/ld+json":
            continue
        try:
            stated = json.loads(script.text or "")
        except (json.JSONDecodeError, RecursionError):
            continue
        for thing in _things(stated):
            merged = thing | merged
    return merged


def _things(stated: object) -> Iterator[dict[str, object]]:
    if isinstance(stated, list):
        for part in stated:
            yield from _things(part)
    elif isinstance(stated, dict):
        graph = stated.get("@graph")
        yield stated
        if isinstance(graph, list):
            yield from (thing for thing in graph if isinstance(thing, dict))


def _stated_change(root: HtmlElement) -> str:
    """The date after words such as *page updated*, which often stand in the footer."""
    visible = root.xpath("//body//text()[not(parent::script or parent::style)]")
    found = _CHANGED.search(clean_line(" ".join(map(str, visible))))
    return found[1] if found else ""


def _text(element: HtmlElement) -> str:
    return clean_line(str(element.text_content()))
