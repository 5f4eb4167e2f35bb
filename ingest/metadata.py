"""Read facts about a document: what its front page, its properties and its name state of it."""

import re
from collections.abc import Iterator, Sequence
from dataclasses import replace

from ingest.assemble import RawBlock, RawDocument, assemble_document
from ingest.dates import find_date, locate_date, locate_period
from ingest.document import BlockKind, Document, Fact, Field
from ingest.front_page import read_front_page
from ingest.language import detect_language
from ingest.organisation import base_form, find_organisation, is_issuer, organisation_in_name

_JUNK_TITLE = re.compile(
    r"(?:microsoft (?:word|powerpoint|excel)\b.*|untitled.*|namnlös.*|unnamed.*|"
    r"(?:document|dokument|presentation|blad)\s*\d*|titel|title|rubrik|.*\.(?:docx?|dotx?|pdf|indd|xlsx?|pptx?|odt|rtf|html?|txt|md)|\W*)",
    re.IGNORECASE,
)
# What file managers' users append to a name: *BESLUTAD dec 2022*, *slutversion*, *v2*.
_STAGE = re.compile(
    r"[\s(_-]+(?:beslutad|fastställd|antagen|utkast|slutversion|slutlig|remissversion|draft|final|rev|v\.?\s?\d+)\b"
    r"[\s\w.)-]{0,20}$",
    re.IGNORECASE,
)
_NOT_TITLES = re.compile(
    r"(?:innehåll(?:sförteckning)?|förord|inledning|sammanfattning|contents|table of contents|\W*[\d\W]+)",
    re.IGNORECASE,
)
_TYPES = (
    "handlingsplan|åtgärdsplan|verksamhetsplan|verksamhetsberättelse|årsredovisning|årsberättelse|årsrapport|delårsrapport|"
    "hållbarhetsredovisning|hållbarhetsrapport|lägesrapport|slutrapport|riktlinjer|riktlinje|strategier|strategi|policy|"
    "program|stadgar|reglemente|överenskommelse|avtal|protokoll|utredning|rapport|budget|plan|rutin|anvisning|vägledning|"
    "remissvar|tjänsteskrivelse|uppföljning|utvärdering|analys|föreskrifter|avsiktsförklaring"
)
_ENGLISH_TYPES = (
    "action plan|business plan|annual report|progress report|final report|activity report|strategy|policy|programme|"
    "program|guidelines|statutes|bylaws|agreement|report|budget|plan|evaluation|analysis"
)
_SINGULAR = {"riktlinje": "riktlinjer", "strategier": "strategi"}
_TYPE = re.compile(rf"\w*?-?(?P<type>{_TYPES})(?:n|en|et|met|na|erna|s)?\b", re.IGNORECASE)
_ENGLISH_TYPE = re.compile(rf"\b(?P<type>{_ENGLISH_TYPES})\b", re.IGNORECASE)
_REPLACING = re.compile(r"ersätter|replaces|supersedes", re.IGNORECASE)
_REPLACES = re.compile(
    r"(?:^|(?<=[.!?]\s))(?P<sentence>[^.!?\n]*?"
    r"\b(?:program|strateg|policy|plan|riktlinje|dokument|reglemente|stadga|det |den |guideline)"
    r"[^.!?\n]{0,100}?\b(?:ersätter|replaces|supersedes)\s+(?P<value>[^.!?\n]{5,250}))",
    re.IGNORECASE,
)
_DURING = re.compile(
    r"\b(?:under|för|during|in|at the end of|utgången av)\s+(?:år\s+|året\s+)?((?:19|20)\d\d)\b(?!\s?[-–]\d)",
    re.IGNORECASE,
)
_TELLS_OF_A_YEAR = re.compile(r"redovisning|berättelse|rapport|uppföljning|utvärdering|webbsida|report|evaluation")
_YEARS_ALONE = re.compile(r"(?:19|20)\d\d(?:\s?[-–]\s?(?:19|20)\d\d)?")
_WORD = re.compile(r"[^\W\d_]{4,}")
_SHORT = 80


def read_facts(
    document: Document, properties: dict[Field, str], path_hint: str, header: Sequence[str] = ()
) -> tuple[Fact, ...]:
    """Facts that a document states about itself, at most one of each field.

    Args:
        document: Text, pages and blocks.
        properties: What the file's own properties say; kept where the text does not say it better.
        path_hint: Relative path or address, for what only names and folders tell.
        header: The first page's running header and footer, for what only they tell.

    Returns:
        Facts in the order of `Field`. Facts read from the text carry the offsets of the passage that states them.
        What is not stated is left out.
    """
    facts = read_front_page(document)
    for fact in (
        _title(document, properties, path_hint, facts.get(Field.TITLE)),
        _organisation(document, properties, path_hint, facts.get(Field.ORGANISATION)),
        _replaces(document),
        _language(document, properties),
    ):
        if fact is not None and (fact.field not in facts or fact.field in (Field.TITLE, Field.ORGANISATION)):
            facts[fact.field] = fact
    for field, value in properties.items():
        if field not in facts and field not in (Field.TITLE, Field.ORGANISATION, Field.LANGUAGE):
            kept = (find_date(value) or value) if field in (Field.ADOPTED_ON, Field.REVISED_ON) else value
            facts[field] = Fact(field, kept, origin="properties")
    for fact in _in_header(header):
        facts.setdefault(fact.field, fact)
    title = facts.get(Field.TITLE)
    kind = _document_type(document, title, path_hint, header)
    if kind is not None:
        facts.setdefault(Field.DOCUMENT_TYPE, kind)
    period = next(_periods(document, facts, path_hint, properties.get(Field.ADDRESS, "")), None)
    if period is not None:
        facts.setdefault(Field.PERIOD, period)
    return tuple(facts[field] for field in Field if field in facts)


def front_end(document: Document) -> int:
    """Offset at which the first page ends, or what stands for it where there are no pages."""
    return min(document.pages[0].end, 4000) if len(document.pages) > 1 else min(len(document.text), 1500)


def _title(document: Document, properties: dict[Field, str], path_hint: str, labelled: Fact | None) -> Fact | None:
    stated = _STAGE.sub("", properties.get(Field.TITLE, "").strip())
    if stated and not _JUNK_TITLE.fullmatch(stated) and _fits(stated, document, path_hint):
        place = _locate(stated, document.text[: front_end(document)])
        return Fact(Field.TITLE, stated, *place) if place else Fact(Field.TITLE, stated, origin="properties")
    if labelled is not None:
        return labelled
    found = _title_lines(document)
    if found is not None:
        return Fact(Field.TITLE, " ".join(document.text[found[0] : found[1]].split()), *found)
    return None


def _fits(title: str, document: Document, path_hint: str) -> bool:
    """Whether a title in the properties is of this document: templates leave theirs behind."""
    if document.format in ("html", "markdown"):
        return True
    words = [word.casefold() for word in _WORD.findall(title)]
    if not words:
        return False
    last = document.pages[min(2, len(document.pages)) - 1].end
    begins = (document.text[: min(last, 6000)] + " " + path_hint).casefold()
    return 2 * sum(word in begins for word in words) >= len(words) and "_" not in title


def _title_lines(document: Document) -> tuple[int, int] | None:
    """The interval of the first heading that can be a title, over the lines that it is broken into."""
    end = front_end(document)
    front = [block for block in document.blocks if block.start < end]
    headings = [
        (position, block)
        for position, block in enumerate(front)
        if block.kind == BlockKind.HEADING and not _is_no_title(document.text[block.start : block.end])
    ]
    if headings:
        top = min(block.level for _, block in headings)
        position, first = next(pair for pair in headings if pair[1].level == top)
        last = first
        for block in front[position + 1 :]:
            if block.kind != BlockKind.HEADING or block.level != top or not document.text[block.start].islower():
                break
            last = block
        return first.start, last.end
    for block in front[:2]:
        text = document.text[block.start : block.end]
        if (
            block.kind == BlockKind.PARAGRAPH
            and 4 <= len(text) <= 120
            and not text.endswith((".", ":"))
            and not _is_no_title(text)
        ):
            return block.start, block.end
    return None


def _is_no_title(text: str) -> bool:
    return (
        _NOT_TITLES.fullmatch(text) is not None or base_form(text) != text or bool(organisation_in_name(text) == text)
    )


def _locate(value: str, text: str) -> tuple[int, int] | None:
    """Where a value stands in a text, whatever its case and line breaks."""
    pattern = r"\s+".join(re.escape(word) for word in value.split())
    found = re.search(pattern, text, re.IGNORECASE)
    return (found.start(), found.end()) if found else None


def _organisation(
    document: Document, properties: dict[Field, str], path_hint: str, labelled: Fact | None
) -> Fact | None:
    stated = properties.get(Field.ORGANISATION, "").strip()
    if stated and (document.format in ("html", "markdown") or is_issuer(stated, document.text)):
        name = base_form(stated)
        place = _locate(name, document.text[: front_end(document)])
        return Fact(Field.ORGANISATION, name, *place) if place else Fact(Field.ORGANISATION, name, origin="properties")
    if labelled is not None:
        return labelled
    headings = tuple(
        document.text[block.start : block.end] for block in document.blocks if block.kind == BlockKind.HEADING
    )
    found = find_organisation(document.text, front_end(document), (properties.get(Field.TITLE, ""), *headings))
    named = organisation_in_name(path_hint) if "://" not in path_hint else None
    if named and (found is None or found[1] >= front_end(document)):
        return Fact(Field.ORGANISATION, named, origin="name")
    return Fact(Field.ORGANISATION, *found) if found else None


def _in_header(header: Sequence[str]) -> Iterator[Fact]:
    """What a running header or footer states under a name, and whose it is. It has no place in the text."""
    blocks = [RawBlock(BlockKind.PARAGRAPH, ((1, line),)) for line in header]
    page = assemble_document("header", "", RawDocument("text", blocks))
    for fact in read_front_page(page).values():
        yield replace(fact, start=None, end=None, origin="header")
    if found := find_organisation(page.text, len(page.text), ()):
        yield Fact(Field.ORGANISATION, found[0], origin="header")


def _document_type(document: Document, title: Fact | None, path_hint: str, header: Sequence[str]) -> Fact | None:
    if title is not None and (found := _type_in(title.value)):
        value, start, end = found
        place = (
            _locate(title.value[start:end], document.text[title.start : title.end]) if title.start is not None else None
        )
        if place and title.start is not None:
            return Fact(Field.DOCUMENT_TYPE, value, title.start + place[0], title.start + place[1])
        return Fact(Field.DOCUMENT_TYPE, value, origin=title.origin)
    for line in header:
        if len(line) <= _SHORT and (found := _type_in(line)):
            return Fact(Field.DOCUMENT_TYPE, found[0], origin="header")
    if found := _type_in(_spaced_name(path_hint)) if "://" not in path_hint else None:
        return Fact(Field.DOCUMENT_TYPE, found[0], origin="name")
    if document.format == "html":
        return Fact(Field.DOCUMENT_TYPE, "webbsida", origin="properties")
    for block in document.blocks if len(document.pages) > 1 else ():
        text = document.text[block.start : block.end]
        if block.start >= min(front_end(document), 300):
            break
        if len(text) <= _SHORT and not text.endswith((".", ",", ";", ":")) and (found := _type_in(text)):
            return Fact(Field.DOCUMENT_TYPE, found[0], block.start + found[1], block.start + found[2])
    return None


def _type_in(text: str) -> tuple[str, int, int] | None:
    """The first word for a type of document, with its offsets."""
    found = [match for pattern in (_TYPE, _ENGLISH_TYPE) if (match := pattern.search(text))]
    if not found:
        return None
    match = min(found, key=lambda match: (match.start("type"), -len(match["type"])))
    value = match["type"].lower()
    return _SINGULAR.get(value, value), match.start(), match.end()


def _periods(document: Document, facts: dict[Field, Fact], path_hint: str, address: str) -> Iterator[Fact]:
    """Periods from the most to the least telling place."""
    title = facts.get(Field.TITLE)
    if title is not None and (found := locate_period(title.value)):
        yield _within(Field.PERIOD, found, title, document)
    for block in document.blocks:
        if block.start >= front_end(document) or len(document.pages) == 1:
            break
        text = document.text[block.start : block.end]
        found = locate_period(text) if len(text) <= 120 else None
        if found is not None and ("-" in found[0] or _YEARS_ALONE.fullmatch(text)):
            yield Fact(Field.PERIOD, found[0], block.start + found[1], block.start + found[2])
    if "://" not in path_hint:
        for part in reversed(path_hint.split("/")[-2:]):
            name = _spaced_name(part)
            if found := locate_period(name) or _year_of_date(name):
                yield Fact(Field.PERIOD, found[0], origin="name")
    if found := locate_period(_spaced_name(address)):
        yield Fact(Field.PERIOD, found[0], origin="properties")
    kind = facts.get(Field.DOCUMENT_TYPE)
    if (kind is None or _TELLS_OF_A_YEAR.search(kind.value)) and (fact := _year_in_prose(document)) is not None:
        yield fact
    adopted, valid = facts.get(Field.ADOPTED_ON), facts.get(Field.VALID_UNTIL)
    if adopted is not None:
        first, last = adopted.value[:4], valid.value[:4] if valid is not None else ""
        value = f"{first}-{last}" if last.isdigit() and last > first else first
        yield Fact(Field.PERIOD, value, adopted.start, adopted.end, adopted.origin)


def _within(field: Field, found: tuple[str, int, int], title: Fact, document: Document) -> Fact:
    """A fact read from the title, with the offsets of the title where that stands in the text."""
    if title.start is None:
        return Fact(field, found[0], origin=title.origin)
    return Fact(field, found[0], title.start, title.end)


def _year_of_date(name: str) -> tuple[str, int, int] | None:
    located = locate_date(name)
    return (located[0][:4], located[1], located[2]) if located else None


def _year_in_prose(document: Document) -> Fact | None:
    """The year that most sentences with *under 2019* and the like speak of, where there are several."""
    found = list(_DURING.finditer(document.text))
    if len(found) < 3:
        return None
    years = [match[1] for match in found]
    most = max(set(years), key=lambda year: (years.count(year), year))
    if years.count(most) < 3 or 5 * years.count(most) < 3 * len(years):
        return None
    first = next(match for match in found if match[1] == most)
    return Fact(Field.PERIOD, most, first.start(), first.end())


def _replaces(document: Document) -> Fact | None:
    for block in document.blocks:
        if block.kind not in (BlockKind.PARAGRAPH, BlockKind.ITEM):
            continue
        text = document.text[block.start : block.end]
        if _REPLACING.search(text) and (found := _REPLACES.search(text)):
            return Fact(
                Field.REPLACES,
                " ".join(found["value"].split()).rstrip(" ,;"),
                block.start + found.start("sentence"),
                block.start + found.end("sentence"),
            )
    return None


def _language(document: Document, properties: dict[Field, str]) -> Fact | None:
    if len(_WORD.findall(document.text[:2000])) >= 12:
        return Fact(Field.LANGUAGE, detect_language(document.text[:20000]), origin="properties")
    stated = properties.get(Field.LANGUAGE)
    return Fact(Field.LANGUAGE, stated or detect_language(document.text), origin="properties")


def _spaced_name(path: str) -> str:
    """A path's last part with blanks between its words; years that belong together stay so."""
    name = re.sub(r"\.[A-Za-z]{2,8}$", "", path.rsplit("/", 1)[-1]) if "://" not in path else path
    return re.sub(r"[_\s/]+|(?<!\d)-|-(?!\d)", " ", name)
