"""Tell menus, banners, sharing buttons and hidden text from the content of a web page."""

import re

from lxml.html import HtmlElement

from ingest.characters import clean_line

_HEADINGS = ("h1", "h2", "h3", "h4", "h5", "h6")
_DROPPED_TAGS = (
    "audio canvas datalist dialog embed head iframe input label link map math meta nav noscript object optgroup option "
    "progress script select style svg template textarea video"
)
_DROPPED = frozenset(_DROPPED_TAGS.split())
_DROPPED_ROLES = {
    "alertdialog",
    "contentinfo",
    "dialog",
    "menu",
    "menubar",
    "navigation",
    "search",
    "toolbar",
}
_DROPPED_NAMES = re.compile(
    r"(?:^|[\s_-])(?:cookies?|kakor|cookiebanner|consent|gdpr|breadcrumbs?|br[oö]dsmul\w*|smulor|skip|skip-?link|"
    r"share|sharing|dela|social|pagination|paginering|menu|meny|navbar|navigation|related|relaterat|relaterad\w*|"
    r"toolbar|feedback|newsletter)(?=$|[\s_-])",
    re.IGNORECASE,
)
_ASSISTIVE = re.compile(r"sr-only|visually-?hidden|screen-?reader|assistive-text|skip-?link", re.IGNORECASE)
_INVISIBLE = re.compile(r"display\s*:\s*none|visibility\s*:\s*hidden|font-size\s*:\s*0(?![.\d]*[1-9])", re.IGNORECASE)


def remove_boilerplate(root: HtmlElement) -> None:
    """Take out of a page, in place, what is not content by its tag, role, class or identifier, and what is hidden.

    Hidden text stays where a control on the page unfolds it, as in an accordion. Parts that only might be a menu by
    the name of their class stay where they hold the main heading or most of the text.
    """
    controls = root.xpath("//@aria-controls | //@data-target | //@data-bs-target")
    unfolded = {name.lstrip("#") for names in controls for name in str(names).split()}
    body = root.find("body")
    page = body if body is not None else root
    _prune(page, unfolded, _length(page))


def _prune(element: HtmlElement, unfolded: set[str], whole: int, opened: bool = False) -> None:
    for child in list(element):
        if not isinstance(child.tag, str) or _is_boilerplate(child, opened or child.get("id") in unfolded, whole):
            child.drop_tree()
        else:
            _prune(child, unfolded, whole, opened or child.get("id") in unfolded)


def _is_boilerplate(element: HtmlElement, opened: bool, whole: int) -> bool:
    if element.tag in _DROPPED or element.get("role", "") in _DROPPED_ROLES:
        return True
    if _is_hidden(element) and not opened:
        return True
    if element.tag in ("header", "footer") or element.get("role") == "banner":
        return not _holds_content(element, whole) and (element.tag == "footer" or not _in_content(element))
    if element.tag == "button":
        return element.get("aria-controls") is None and not any(up.tag in _HEADINGS for up in element.iterancestors())
    names = f"{element.get('class', '')} {element.get('id', '')}"
    if _ASSISTIVE.search(names):
        return True
    if _DROPPED_NAMES.search(names) and element.tag != "main":
        return not _holds_content(element, whole)
    return element.tag == "aside" and _is_link_list(element)


def _is_hidden(element: HtmlElement) -> bool:
    return (
        "hidden" in element.attrib
        or element.get("aria-hidden") == "true"
        or _INVISIBLE.search(element.get("style", "")) is not None
    )


def _holds_content(element: HtmlElement, whole: int) -> bool:
    """Whether the element holds what makes a page: its main heading, its main part or most of its text."""
    if any(True for _ in element.iterdescendants("h1", "main", "article")):
        return True
    return 2 * _length(element) > whole


def _length(element: HtmlElement) -> int:
    return sum(len(str(text).strip()) for text in element.itertext())


def _in_content(element: HtmlElement) -> bool:
    return any(up.tag in ("main", "article") or up.get("role") == "main" for up in element.iterancestors())


def _is_link_list(element: HtmlElement) -> bool:
    """Whether most of the element's text is links."""
    linked = sum(len(clean_line(link.text_content())) for link in element.iterdescendants("a"))
    return 2 * linked > len(clean_line(element.text_content())) - sum(
        len(clean_line(heading.text_content())) for heading in element.iterdescendants(*_HEADINGS)
    )
