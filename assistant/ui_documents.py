"""HTML of the document list, of the scope and of the frame, and questions made from the documents at hand."""

import re
from collections.abc import Container, Iterator, Mapping, Sequence
from html import escape
from itertools import groupby

from assistant.answers import Scope
from assistant.ui_language import LANGUAGES
from assistant.ui_state import Answering, in_scope, years_of
from assistant.ui_text import Texts
from ingest.document import BlockKind, Document
from vectorstore.types import DocumentRecord

_NUMBERING = re.compile(r"^(?:\d+[.)]?)+\s+")
_GENERAL = re.compile(
    r"inledning|bakgrund|syfte|innehåll|sammanfattning|förord|bilag|slutord|definition|filer|dokument|kontakt|relater|"
    r"utgångspunkt|genomförande|ansvar|uppföljning|omfattning|organisation|ekonomi|resurser|revidering|"
    r"introduction|background|purpose|contents|summary|foreword|preface|appendix|annex|conclusion|contact|related|"
    r"implementation|responsib|follow-up|scope|overview|resources|"
    r"^(?:varför|därför|hur|vad|vilka|när|så|att|why|how|what|when|which)\b",
    re.IGNORECASE,
)
_WORDS = 3
_EXAMPLES = 4
_EXAMINED = 24
_FILTERED = 12
_LANGUAGE_NAMES = {"sv": "Svenska", "en": "English"}


def header_html(views: Sequence[str], texts: Texts, user: str = "", *, sign_out: bool = False) -> str:
    """Name, tagline, the ways to the views where there are several, the language switch, and who is signed in."""
    links = "".join(f'<a class="ub-view-link" href="#{view}">{escape(texts.views[view])}</a>' for view in views)
    navigation = (
        f'<nav class="ub-views" aria-label="{escape(texts.navigation)}">{links}</nav>' if len(views) > 1 else ""
    )
    buttons = "".join(
        f'<button type="button" class="ub-switch" data-event="language" data-language="{language}" lang="{language}" '
        f'aria-pressed="{"true" if language == texts.language else "false"}">{_LANGUAGE_NAMES[language]}</button>'
        for language in LANGUAGES
    )
    return (
        f'<header class="ub-header" data-language="{texts.language}" data-title="Utblick – {escape(texts.tagline)}" '
        f'data-lost="{escape(texts.connection_lost)}">'
        f'<a class="ub-skip" href="#ub-question">{escape(texts.skip_to_question)}</a>'
        f'<div class="ub-brand"><h1>Utblick</h1><p>{escape(texts.tagline)}</p></div>{navigation}'
        f'<div class="ub-languages" role="group" aria-label="{escape(texts.switch_language)}">{buttons}</div>'
        f"{_user(user, texts, sign_out=sign_out)}</header>"
    )


def welcome_html(questions: Sequence[str], empty: bool, texts: Texts) -> str:
    """What stands where the conversation will be, with questions to begin with."""
    buttons = "".join(
        f'<li><button type="button" class="ub-example" data-event="example" data-question="{escape(question)}">'
        f"{escape(question)}</button></li>"
        for question in questions
    )
    examples = f"<h3>{escape(texts.examples)}</h3><ul>{buttons}</ul>" if buttons else ""
    return (
        f'<section class="ub-welcome" data-count="0"><h2>{escape(texts.intro_heading)}</h2>'
        f"<p>{escape(texts.intro_empty if empty else texts.intro)}</p>{examples}</section>"
    )


def composer_html(texts: Texts, *, working: bool) -> str:
    """The form in which a question is asked. Its text is kept by the browser."""
    disabled = " disabled" if working else ""
    stop = f'<button type="button" class="ub-button" data-event="stop">{escape(texts.stop)}</button>' if working else ""
    return (
        f'<form class="ub-composer" data-working="{"true" if working else "false"}" '
        f'data-missing="{escape(texts.question_missing)}">'
        f'<label for="ub-question">{escape(texts.question_label)}</label>'
        f'<textarea id="ub-question" rows="1" maxlength="4000" placeholder="{escape(texts.question_placeholder)}" '
        'aria-describedby="ub-hint"></textarea>'
        f'<div class="ub-form-row"><p id="ub-hint" class="ub-muted">{escape(texts.question_hint)}</p>'
        f'<p class="ub-form-error" role="alert"></p><span class="ub-steps">{stop}'
        f'<button type="button" class="ub-button" data-event="new">{escape(texts.new_conversation)}</button>'
        f'<button type="submit" class="ub-button ub-primary"{disabled}>{escape(texts.send)}</button>'
        "</span></div></form>"
    )


def scope_html(records: Sequence[DocumentRecord], scope: Scope, texts: Texts) -> str:
    """What questions are limited to, and the choices."""
    organisations = sorted({record.organisation for record in records if record.organisation}, key=str.casefold)
    years = sorted({year for record in records for year in years_of(record.period)}, reverse=True)
    types = {record.document_type: texts.type_name(record.document_type) or "" for record in records}
    titles = {record.id: record.title for record in records}
    choices = (
        ("organisations", texts.scope_organisations, {name: name for name in organisations}, scope.organisations),
        ("years", texts.scope_years, {str(year): str(year) for year in years}, tuple(map(str, scope.years))),
        ("types", texts.scope_types, _sorted({key: name for key, name in types.items() if key}), scope.document_types),
        ("documents", texts.scope_documents, _sorted(titles), scope.documents),
    )
    groups = "".join(_choices(name, label, values, chosen, texts) for name, label, values, chosen in choices)
    within = [record for record in records if in_scope(record, scope)]
    names = [values.get(value, value) for _, _, values, chosen in choices for value in chosen]
    if names:
        summary = texts.scope_some.format(count=len(within), total=len(records), names=", ".join(names))
    else:
        summary = texts.scope_all.format(count=len(records))
    clear = (
        f'<button type="button" class="ub-link" data-event="clear">{escape(texts.scope_clear)}</button>'
        if names
        else ""
    )
    return (
        f'<div class="ub-scope" role="group" aria-label="{escape(texts.scope)}">'
        f'<p class="ub-scope-now" role="status"><strong>{escape(texts.scope)}:</strong> {escape(summary)} </p>{clear}'
        f'<details class="ub-choices" data-name="scope"><summary class="ub-button">{escape(texts.scope_change)}'
        f'</summary><div class="ub-menu"><div class="ub-choice-groups">{groups}</div></div></details></div>'
    )


def documents_html(records: Sequence[DocumentRecord], texts: Texts) -> str:
    """The documents in the store, by organisation."""
    intro = (
        texts.documents_intro.format(count=texts.count_documents(len(records))) if records else texts.documents_empty
    )
    ordered = sorted(
        records, key=lambda record: ((record.organisation or "\uffff").casefold(), record.title.casefold())
    )
    groups = "".join(
        f"<h3>{escape(organisation or texts.documents_other)}</h3>"
        f"<ul>{''.join(_record(record, texts) for record in group)}</ul>"
        for organisation, group in groupby(ordered, key=lambda record: record.organisation)
    )
    return (
        '<section class="ub-source ub-library" aria-labelledby="ub-source-title" data-view="documents">'
        f'<h2 id="ub-source-title" tabindex="-1">{escape(texts.documents)}</h2><p>{escape(intro)}</p>{groups}</section>'
    )


def example_questions(assistant: Answering, records: Sequence[DocumentRecord], texts: Texts) -> list[str]:
    """Questions that the documents at hand answer: about the section that each one says most in.

    Documents in the interface's language come first, and one from each organisation before a second of any.
    """
    seen: dict[str, int] = {}
    ranked = []
    for record in sorted(records, key=lambda record: (record.language or "sv") != texts.language):
        if record.organisation:
            turn = seen[record.organisation] = seen.get(record.organisation, 0) + 1
            ranked.append((turn, record))
    ranked.sort(key=lambda pair: pair[0])
    questions: dict[str, str] = {}
    for _, record in ranked[:_EXAMINED]:
        own = (record.language or "sv") == texts.language
        heading = _fullest_heading(assistant.document(record.id), questions, quoted=not own)
        if heading:
            template = texts.example_about if own else texts.example_quoted
            questions[heading] = template.format(organisation=record.organisation, heading=heading)
        if len(questions) == _EXAMPLES:
            break
    return list(questions.values())


def _fullest_heading(document: Document, taken: Container[str], *, quoted: bool) -> str | None:
    """The short, particular heading with the most text under it; as it reads inside a sentence unless `quoted`."""
    best, most = None, 0
    for heading, amount in _sections(document):
        general = _GENERAL.search(heading) or heading.endswith((":", "?", ".")) or any(map(str.isdigit, heading))
        if amount <= most or general or heading in document.title or not 1 <= len(heading.split()) <= _WORDS:
            continue
        phrase = heading if quoted else _in_sentence(heading, document.text)
        if phrase not in taken:
            best, most = phrase, amount
    return best


def _sections(document: Document) -> Iterator[tuple[str, int]]:
    """Each heading with the number of characters before the next one."""
    heading, amount = "", 0
    for block in document.blocks:
        if block.kind == BlockKind.HEADING:
            yield heading, amount
            heading, amount = _NUMBERING.sub("", document.text[block.start : block.end]), 0
        elif block.kind in (BlockKind.PARAGRAPH, BlockKind.ITEM):
            amount += block.end - block.start
    yield heading, amount


def _in_sentence(heading: str, text: str) -> str:
    """The heading with a small initial, unless its first word is a name: has a capital inside sentences as well."""
    first = heading.split()[0]
    lowered = first[:1].lower() + first[1:]
    named = any(map(str.isupper, first[1:])) or re.search(rf"[a-zåäöé,] {re.escape(first)}\b", text)
    return heading if named else lowered + heading[len(first) :]


def _user(name: str, texts: Texts, *, sign_out: bool) -> str:
    """Who is signed in, and the way out."""
    if not name:
        return ""
    out = (
        f'<form method="post" action="sign-out"><button class="ub-switch">{escape(texts.signing_in.sign_out)}'
        "</button></form>"
        if sign_out
        else ""
    )
    told = escape(texts.signing_in.signed_in_as.format(name=name))
    return (
        f'<div class="ub-user"><span><span class="ub-sr">{told}</span>'
        f'<span aria-hidden="true">{escape(name)}</span></span>{out}</div>'
    )


def _sorted(names: Mapping[str, str]) -> dict[str, str]:
    return dict(sorted(names.items(), key=lambda pair: pair[1].casefold()))


def _choices(name: str, label: str, values: Mapping[str, str], chosen: Sequence[str], texts: Texts) -> str:
    boxes = "".join(
        f'<label><input type="checkbox" name="{name}" value="{escape(value)}"{" checked" if value in chosen else ""}>'
        f"<span>{escape(shown)}</span></label>"
        for value, shown in values.items()
    )
    search = (
        f'<input type="search" class="ub-filter" aria-label="{escape(f"{texts.scope_filter}: {label}")}" '
        f'placeholder="{escape(texts.scope_filter)}" autocomplete="off">'
        if len(values) > _FILTERED
        else ""
    )
    return (
        f"<fieldset><legend>{escape(label)}</legend>{search}"
        f'<div class="ub-options">{boxes or escape(texts.scope_none)}</div></fieldset>'
    )


def _record(record: DocumentRecord, texts: Texts) -> str:
    paged = record.pages > 1 or record.format == "pdf"
    parts = [texts.type_name(record.document_type), record.period, texts.count_pages(record.pages) if paged else None]
    parts.append(texts.formats.get(record.format, record.format))
    lang = f' lang="{record.language}"' if record.language in LANGUAGES else ""
    name = texts.open_document.format(title=record.title)
    return (
        f'<li><button type="button" class="ub-link" data-event="document" data-document="{escape(record.id)}" '
        f'aria-label="{escape(name)}"{lang}>{escape(record.title)}</button>'
        f'<span class="ub-where">{escape(" · ".join(dict.fromkeys(part for part in parts if part)))}</span></li>'
    )
