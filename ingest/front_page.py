"""Read what a document's front page states by name: *Antaget av: ...*, *Diarienummer: ...* and the like."""

import re
from collections.abc import Iterator
from dataclasses import dataclass
from itertools import pairwise

from ingest.dates import locate_date, locate_period
from ingest.document import Block, BlockKind, Document, Fact, Field
from ingest.labels import LABELS, find_labels, is_telling, label_of
from ingest.organisation import base_form

_PAGES = 3
_CHARACTERS = 6000
_UNSTATED = re.compile(
    r"(?:[\W_]*|\[[^\]]*\]|n/?a|x+|ingen|inget|inga|saknas|nej|"
    r"ej (?:aktuellt|tillämpligt|fastställt|beslutad|reviderad)|"
    r"none|not applicable|tbd)",
    re.IGNORECASE,
)
_PARAGRAPH = re.compile(r"[,;(]?\s*(?:§+|paragraf)\s*\d+\w?(?:[/:]\d+)?\)?", re.IGNORECASE)
_GENERIC_DATES = {"datum", "date", "dokumentdatum", "upprättat datum", "upprättad", "upprättat"}
# Labels after which stands who decided; after others (*Beslut: ...*) may stand what was decided.
_TELLING = re.compile(r"(?:.*\b(?:av|i|by|instans|fattare|organ|beslutande|fastställare)\b.*|.*(?:instans|fattare))")
_YEAR = re.compile(r"(?<!\d)(?:19|20)\d\d(?!\d)")
_BODY = re.compile(
    r"(?:fullmäktige|styrelse|nämnd|utskott|direktör|chef|direktion|ledning|möte|stämma|koncern|\bK[FS]\b|\bR[FS]\b|"
    r"council|board|committee|assembly|director)",
    re.IGNORECASE,
)
_LONGEST = {Field.REFERENCE: 60, Field.RESPONSIBLE: 140, Field.REPLACES: 300, Field.DOCUMENT_TYPE: 60, Field.TITLE: 200}
_VERB = (
    r"(?P<adopted>antag(?:en|et|na)|beslutad?e?t?|fastställ(?:d|t|da)|godkänd?t?a?|adopted|approved)"
    r"|(?P<revised>(?:senast )?reviderad?e?t?|(?:senast )?ändrad?e?t?|(?:last )?(?:revised|amended))"
)
_DECISION = re.compile(
    rf"(?:^|(?<=[.;:,(|–-]\s)|(?<=[.;:,(]|\|)|\b(?P<joined>och|samt|and)\s+)(?:{_VERB})\b"
    r"(?:\s+(?:och|and)\s+\w+)?(?=\s+(?:av|i|vid|på|den|by|at|in|on|\d|(?:jan|feb|mar|apr|ma[jy]|jun|jul|aug|sep|o[kc]t|nov|dec)))"
    r"(?=(?P<rest>[^.;|\n]{0,160}))",
    re.IGNORECASE,
)
_WHO = re.compile(
    r"^\s+(?:av|i|vid|på|by(?: the)?|at(?: the)?|in(?: the)?)\s+(?P<who>[^,\d§(]{3,90}?)"
    r"(?=\s*(?:[,§(\d]|$|\bden\b|\bon\b|\boch (?:senast |ändrad|reviderad)))",
    re.IGNORECASE,
)

_BEFORE_DATE = re.compile(r"\s+(?:i|den|on|in|per)\s*$", re.IGNORECASE)


@dataclass(frozen=True, slots=True)
class _Statement:
    """A named value: offsets of the whole passage, and of the value in it."""

    label: str
    start: int
    value_start: int
    end: int


def read_front_page(document: Document) -> dict[Field, Fact]:
    """Facts that the first pages state under a name, or in a sentence such as *Antagen av ... den ...*.

    Names may stand before a colon, in a table's cell or header, or on a line of their own above the value; several may
    share a line. A value of `-` or the like is no statement.
    """
    facts: dict[Field, Fact] = {}
    statements = list(_statements(document))
    generic = [statement for statement in statements if statement.label in _GENERIC_DATES]
    for statement in statements:
        if statement not in generic:
            for fact in _read_statement(document.text, statement):
                facts.setdefault(fact.field, fact)
    for fact in _read_decisions(document):
        facts.setdefault(fact.field, fact)
    if Field.ADOPTED_BY in facts:  # Else the date is that of the file or of a letter.
        for statement in generic:
            for fact in _read_statement(document.text, statement):
                facts.setdefault(fact.field, fact)
    return facts


def _front_blocks(document: Document) -> list[Block]:
    end = min(document.pages[min(_PAGES, len(document.pages)) - 1].end, _CHARACTERS)
    return [block for block in document.blocks if block.start < end and block.kind != BlockKind.CONTENTS]


def _statements(document: Document) -> Iterator[_Statement]:
    blocks = _front_blocks(document)
    for position, block in enumerate(blocks):
        text = document.text[block.start : block.end]
        offset = block.start
        for line in text.split("\n"):
            yield from _in_line(line, offset, block.kind)
            offset += len(line) + 1
        label = label_of(text)
        if label is None or not (is_telling(label) or text.rstrip().endswith(":")) or position + 1 == len(blocks):
            continue
        following = blocks[position + 1]
        value = document.text[following.start : following.end]
        if label_of(value) is None and len(value) <= 160 and not find_labels(value):
            yield _Statement(label, block.start, following.start, following.end)


def _in_line(line: str, offset: int, kind: BlockKind) -> Iterator[_Statement]:
    found = find_labels(line)
    if kind == BlockKind.ROW and 2 * sum(bool(label) for label, *_ in found) < len(found):
        return  # a table of something else, in which one column has such a name
    for position, (label, start, end) in enumerate(found):
        until = found[position + 1][1] if position + 1 < len(found) else len(line)
        value = line[end:until]
        stop = len(value.rstrip(" ;|,•·–\t")) if position + 1 < len(found) else len(value.rstrip(" ;|,"))
        begin = len(value) - len(value.lstrip())
        if label and stop > begin:
            yield _Statement(label, offset + start, offset + end + begin, offset + end + stop)
    if found:
        return
    if kind == BlockKind.ROW and "; " in line:
        yield from _in_cells(line, offset)
        return
    words = line.split(" ")
    for count in range(min(4, len(words) - 1), 0, -1):
        name = label_of(" ".join(words[:count]))
        if name is not None and is_telling(name) and LABELS[name] not in (None, Field.ADOPTED_BY, Field.TITLE):
            begin = len(" ".join(words[:count])) + 1
            if len(line) <= 120 and line[begin : begin + 1].strip():
                yield _Statement(name, offset, offset + begin, offset + len(line))
            return


def _in_cells(line: str, offset: int) -> Iterator[_Statement]:
    """Names and values that alternate in a row's cells."""
    cells: list[tuple[int, str]] = []
    at = 0
    for cell in line.split("; "):
        cells.append((at, cell))
        at += len(cell) + 2
    for (start, name), (begin, value) in pairwise(cells):
        label = label_of(name)
        if label is not None and label_of(value) is None:
            yield _Statement(label, offset + start, offset + begin, offset + begin + len(value))


def _read_statement(text: str, statement: _Statement) -> Iterator[Fact]:
    field = LABELS[statement.label]
    value = " ".join(text[statement.value_start : statement.end].split())
    if field is None or _UNSTATED.fullmatch(value):
        return
    start, end = statement.start, statement.end
    if field == Field.ADOPTED_BY:
        yield from _read_decision(value, start, end, telling=_TELLING.fullmatch(statement.label) is not None)
    elif field == Field.ADOPTED_ON:
        date = _date_or_year(value)
        if date is not None:
            yield Fact(field, date, start, end)
            if (who := _body_alone(value)) and _BODY.search(who):
                yield Fact(Field.ADOPTED_BY, who, start, end)
    elif field == Field.REVISED_ON:
        date = _date_or_year(value)
        if date is not None:
            yield Fact(field, date, start, end)
    elif field == Field.VALID_UNTIL:
        yield from _read_validity(value, start, end)
    elif field == Field.PERIOD:
        if period := locate_period(value):
            yield Fact(field, period[0], start, end)
    elif field == Field.ORGANISATION:
        yield Fact(field, base_form(value), start, end)
    elif len(value) <= _LONGEST.get(field, 160):
        kept = value.rstrip(".") if field != Field.REPLACES else value
        if field == Field.DOCUMENT_TYPE and kept[1:].islower():
            kept = kept.lower()
        yield Fact(field, kept, start, end)


def _read_decision(value: str, start: int, end: int, telling: bool) -> Iterator[Fact]:
    """Who and when from *Kommunfullmäktige 2025-02-25 § 57*."""
    date = _date_or_year(value)
    if date is not None:
        yield Fact(Field.ADOPTED_ON, date, start, end)
    who = _body_alone(value)
    names = len(who) <= 120 if telling else len(who) <= 60 and _BODY.search(who) is not None and value[-1] not in ".!?"
    if names and sum(character.isalpha() for character in who) >= 2:
        yield Fact(Field.ADOPTED_BY, who, start, end)


def _body_alone(value: str) -> str:
    """A decision's text without its date and paragraph."""
    while located := locate_date(value):
        value = value[: located[1]] + " " + value[located[2] :]
    value = _PARAGRAPH.sub(" ", _YEAR.sub(" ", value))
    value = re.sub(
        r"^\s*(?:av|by|i|vid)\s+|\s(?:den|on|the|av|by|datum|vid)\s*(?=$|[,;])", " ", value, flags=re.IGNORECASE
    )
    return " ".join(value.split()).strip(" ,;:()/.-–")


def _date_or_year(value: str) -> str | None:
    if located := locate_date(value):
        return located[0]
    year = _YEAR.search(value)
    return year[0] if year else None


def _read_validity(value: str, start: int, end: int) -> Iterator[Fact]:
    rest = value
    last: str | None = None
    while (located := locate_date(rest)) is not None:
        last, rest = located[0], rest[located[2] :]
    if last is not None:
        yield Fact(Field.VALID_UNTIL, last, start, end)
        return
    if period := locate_period(value):
        if "-" in period[0]:
            yield Fact(Field.PERIOD, period[0], start, end)
        yield Fact(Field.VALID_UNTIL, period[0][-4:], start, end)
        return
    if year := _YEAR.search(value):
        yield Fact(Field.VALID_UNTIL, year[0], start, end)
    elif len(value) <= 60:
        yield Fact(Field.VALID_UNTIL, value.rstrip("."), start, end)


def _read_decisions(document: Document) -> Iterator[Fact]:
    """Facts from sentences such as *Antagen av kommunfullmäktige den 25 februari 2025, § 57*."""
    for block in _front_blocks(document):
        text = document.text[block.start : block.end]
        found = list(_DECISION.finditer(text))
        for position, match in enumerate(found):
            if match["joined"] and not position:
                continue  # *och antagen av* in the middle of prose.
            rest = match["rest"]
            if position + 1 < len(found):
                rest = rest[: max(found[position + 1].start() - match.end(), 0)]
            located = locate_date(rest)
            who = _WHO.match(_BEFORE_DATE.sub("", rest[: located[1]]) if located else rest)
            reach = max(located[2] if located else 0, who.end("who") if who else 0)
            if not reach:
                continue
            start = block.start + match.start("adopted" if match["adopted"] else "revised")
            end = block.start + match.end() + reach
            if located:
                yield Fact(Field.ADOPTED_ON if match["adopted"] else Field.REVISED_ON, located[0], start, end)
            if who and match["adopted"]:
                yield Fact(Field.ADOPTED_BY, who["who"].strip(), start, end)
