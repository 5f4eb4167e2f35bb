"""HTML of the source panel: which document is open, at which page, and what is to be seen of it."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from html import escape
from urllib.parse import urlencode

from assistant.answers import Citation
from assistant.originals import WIDTHS
from assistant.ui_language import LANGUAGES
from assistant.ui_page import page_html
from assistant.ui_state import Opened
from assistant.ui_text import Texts
from ingest.chunk import heading_paths
from ingest.document import Document, Field, Page
from ingest.page_image import PageImage


@dataclass(frozen=True, slots=True)
class Look:
    """How a document can be looked at beside its text.

    Attributes:
        picture: The open page as a picture; None where there is none.
        has_original: Whether the file that was read is still there, and the same.
    """

    picture: PageImage | None = None
    has_original: bool = False


def source_html(document: Document, opened: Opened, citations: Sequence[Citation], look: Look, texts: Texts) -> str:
    """The source panel.

    Args:
        document: The open document.
        opened: What of it is shown.
        citations: Those of the answer that the open one belongs to; empty while browsing.
        look: What there is beside the text.
        texts: The interface's strings.
    """
    language = document.fact(Field.LANGUAGE)
    lang = f' lang="{language}"' if language in LANGUAGES else ""
    exchange = "" if opened.exchange is None else opened.exchange
    page = next(page for page in document.pages if page.number == opened.page)
    pictured = look.picture is not None and not opened.as_text
    shown = _picture(document, opened, look.picture, texts) if look.picture and pictured else ""
    return (
        f'<section class="ub-source" aria-label="{escape(texts.source)}" data-view="source" data-exchange="{exchange}" '
        f'data-marker="{opened.marker or ""}"><div class="ub-source-head">{_citation_bar(opened, citations, texts)}'
        f'<h2 id="ub-source-title" tabindex="-1"{lang}>{escape(document.title)}</h2>{_meta(document, texts)}'
        f"{_section(document, opened, texts)}{_page_bar(document, opened, look, texts)}"
        f"{_warnings(page, opened, texts)}</div>"
        f'<div class="ub-page{" ub-pictured" if pictured else ""}"{lang} tabindex="0" role="region" '
        f'aria-labelledby="ub-source-title">{shown or page_html(document, opened, texts)}</div>'
        f"{_foot(document, opened, look, pictured, texts)}</section>"
    )


def gone_html(texts: Texts) -> str:
    """The source panel of a document that cannot be opened."""
    return (
        '<section class="ub-source" aria-labelledby="ub-source-title" data-view="source" data-exchange="" '
        'data-marker="">'
        f'<div class="ub-source-head"><div class="ub-bar"><span></span>{_close(texts)}</div>'
        f'<h2 id="ub-source-title" tabindex="-1">{escape(texts.source)}</h2></div>'
        f'<p class="ub-explanation">{escape(texts.document_gone)}</p></section>'
    )


def _meta(document: Document, texts: Texts) -> str:
    organisation = document.fact(Field.ORGANISATION)
    parts = [organisation, texts.type_name(document.fact(Field.DOCUMENT_TYPE)), document.fact(Field.PERIOD)]
    parts.append(texts.formats.get(document.format, document.format))
    line = escape(" · ".join(dict.fromkeys(part for part in parts if part)))
    facts = [(label, document.fact(Field(name))) for name, label in texts.facts.items()]
    rows = "".join(f"<dt>{escape(label)}</dt><dd>{escape(value)}</dd>" for label, value in facts if value)
    about = f'<details data-name="about"><summary>{escape(texts.about_document)}</summary><dl>{rows}</dl></details>'
    return f'<p class="ub-meta">{line}</p>{_standing(document, texts)}{about if rows else ""}'


def _standing(document: Document, texts: Texts) -> str:
    """Who adopted the document and when, and whether it is still in force."""
    by = " ".join(filter(None, (document.fact(Field.ADOPTED_BY), document.fact(Field.ADOPTED_ON))))
    until = document.fact(Field.VALID_UNTIL)
    parts = [texts.decided.format(by=by)] if by else []
    if until:
        over = until[:10] < datetime.now(UTC).date().isoformat()[: len(until[:10])]
        parts.append((texts.expired if over else texts.in_force).format(until=until))
    return f'<p class="ub-meta">{escape(" · ".join(parts))}</p>' if parts else ""


def _citation_bar(opened: Opened, citations: Sequence[Citation], texts: Texts) -> str:
    """Which of the answer's citations is open, the way to its neighbours, and the way out."""
    markers = [citation.marker for citation in citations]
    if opened.marker not in markers:
        return f'<div class="ub-bar"><span class="ub-eyebrow">{escape(texts.source)}</span>{_close(texts)}</div>'
    position = markers.index(opened.marker)
    label = texts.citation_position.format(position=position + 1, total=len(markers))

    def step(short: str, name: str, target: int) -> str:
        known = 0 <= target < len(markers)
        data = f'data-exchange="{opened.exchange}" data-marker="{markers[target]}"' if known else "disabled"
        return (
            f'<button type="button" class="ub-button" data-event="cite" aria-label="{escape(name)}" {data}>'
            f"{escape(short)}</button>"
        )

    steps = step(texts.previous, texts.previous_citation, position - 1)
    steps += step(texts.next, texts.next_citation, position + 1)
    return (
        f'<div class="ub-bar"><span class="ub-eyebrow">{escape(label)}</span><span class="ub-steps">'
        f"{steps if len(markers) > 1 else ''}{_close(texts)}</span></div>"
    )


def _close(texts: Texts) -> str:
    return (
        f'<button type="button" class="ub-button" data-event="close" aria-label="{escape(texts.close)}">'
        f"{escape(texts.close_short)}</button>"
    )


def _page_bar(document: Document, opened: Opened, look: Look, texts: Texts) -> str:
    """Which page is open, the way to others, and how it is shown."""
    looks = _looks(opened, texts) if look.picture else ""
    total = len(document.pages)
    if total < 2:
        return f'<div class="ub-bar"><span></span>{looks}</div>' if looks else ""
    label = texts.page_position.format(page=opened.page, total=total)
    printed = document.pages[opened.page - 1].label
    if printed and printed != str(opened.page):
        label += f" ({texts.printed_page.format(label=printed)})"

    def step(name: str, page: int, sign: str = "") -> str:
        target = f'data-event="turn" data-page="{page}"' if 1 <= page <= total else "disabled"
        named = f'aria-label="{escape(name)}" title="{escape(name)}"' if sign else ""
        return f'<button type="button" class="ub-button" {target} {named}>{escape(sign or name)}</button>'

    quoted = document.page_at(opened.start).number
    back = step(texts.to_quote, quoted) if opened.end > opened.start and quoted != opened.page else ""
    steps = step(texts.previous_page, opened.page - 1, "‹") + step(texts.next_page, opened.page + 1, "›")
    return (
        f'<div class="ub-bar"><span class="ub-steps">{steps}<span class="ub-position" aria-live="polite">'
        f"{escape(label)}</span>{back}</span>{looks}</div>"
    )


def _section(document: Document, opened: Opened, texts: Texts) -> str:
    """The headings above the marked passage."""
    if opened.end <= opened.start:
        return ""
    path: tuple[str, ...] = ()
    for block, headings in heading_paths(document):
        if block.start > opened.start:
            break
        path = headings
    names = [name for name in path if name != document.title]
    if not names:
        return ""
    return f'<p class="ub-section"><span class="ub-sr">{escape(texts.section)}: </span>{escape(" › ".join(names))}</p>'


def _picture(document: Document, opened: Opened, picture: PageImage, texts: Texts) -> str:
    """The page's picture with the quote marked on it; who does not see it gets the quote in words."""
    boxes = "".join(
        f'<mark class="ub-box" style="left:{100 * box.left:.2f}%;top:{100 * box.top:.2f}%;'
        f'width:{100 * (box.right - box.left):.2f}%;height:{100 * (box.bottom - box.top):.2f}%"></mark>'
        for box in picture.boxes
    )
    name = escape(texts.page_picture.format(page=opened.page, title=document.title))
    address, larger = (escape(page_address(document, opened.page, width)) for width in WIDTHS)
    return (
        f"{_quoted(document, opened, texts)}"
        f'<div class="ub-sheet" style="aspect-ratio:{picture.width}/{picture.height}">'
        f'<img src="{address}" data-larger="{larger}" alt="{name}" lang="{texts.language}" width="{picture.width}" '
        f'height="{picture.height}">'
        f"{boxes}</div>"
    )


def _quoted(document: Document, opened: Opened, texts: Texts) -> str:
    """The quote of the open page, for those who do not see the picture."""
    quote = quote_on_page(document, opened)
    return (
        f'<p class="ub-sr ub-quoted"><span lang="{texts.language}">{escape(texts.quote_label)}:</span> '
        f"<q>{escape(quote)}</q></p>"
        if quote
        else ""
    )


def quote_on_page(document: Document, opened: Opened) -> str:
    """What of the marked passage stands on the open page; empty where nothing does."""
    page = next(page for page in document.pages if page.number == opened.page)
    return document.text[max(opened.start, page.start) : min(opened.end, page.end)].strip()


def page_address(document: Document, page: int, width: int) -> str:
    """Address of a page's picture, another one when the document has changed."""
    asked = {"document": document.id, "page": page, "width": width, "of": document.content_hash[:12]}
    return f"documents/page?{urlencode(asked)}"


def _looks(opened: Opened, texts: Texts) -> str:
    """The choice between picture and text, and of how large the picture is."""

    def choice(name: str, manner: str, chosen: bool) -> str:
        return (
            f'<button type="button" class="ub-button" data-event="look" data-as="{manner}" '
            f'aria-pressed="{"true" if chosen else "false"}">{escape(name)}</button>'
        )

    zoom = (
        f'<button type="button" class="ub-button" data-zoom="out" aria-label="{escape(texts.zoom_out)}" '
        f'title="{escape(texts.zoom_out)}">−</button><span class="ub-zoom" role="status">100 %</span>'
        f'<button type="button" class="ub-button" data-zoom="in" aria-label="{escape(texts.zoom_in)}" '
        f'title="{escape(texts.zoom_in)}">+</button>'
    )
    return (
        f'<span class="ub-steps">{"" if opened.as_text else zoom}'
        f'<span class="ub-steps ub-looks" role="group" aria-label="{escape(texts.view_choice)}">'
        f"{choice(texts.view_page, 'page', not opened.as_text)}{choice(texts.view_text, 'text', opened.as_text)}</span>"
        "</span>"
    )


def _warnings(page: Page, opened: Opened, texts: Texts) -> str:
    """What speaks against taking the page at its word."""
    notes = [texts.quote_changed] if opened.changed else []
    if page.read_by == "ocr":
        unsure = page.confidence is None
        percent = round(100 * (page.confidence or 0))
        notes.append(texts.recognised_unsure if unsure else texts.recognised.format(percent=percent))
    return "".join(f'<p class="ub-notice">{escape(note)}</p>' for note in notes)


def _foot(document: Document, opened: Opened, look: Look, pictured: bool, texts: Texts) -> str:
    """What is shown, what is not, and the way to the original."""
    address = document.fact(Field.ADDRESS) or ""
    note = texts.picture_note if pictured else texts.text_note
    if pictured and look.picture and not look.picture.boxes and quote_on_page(document, opened):
        note = texts.quote_in_text
    link = ""
    if look.has_original:
        target = escape(f"documents/original?{urlencode({'document': document.id})}")
        if document.format == "pdf":
            target += f"#page={opened.page}"
            link = f'<a href="{target}" target="_blank" rel="noopener">{escape(texts.open_original)}</a>'
        else:
            link = f'<a href="{target}" download>{escape(texts.download_original)}</a>'
    if address.startswith(("https://", "http://")):
        address += f"#page={opened.page}" if document.format == "pdf" and "#" not in address else ""
        link += f' <a href="{escape(address)}" target="_blank" rel="noopener noreferrer">{escape(texts.original)}</a>'
    elif not look.has_original:
        link = escape(texts.original_gone)
    return f'<p class="ub-foot">{escape(note)} {link}</p>'
