"""HTML of the library view: the documents with their facts and state, and the forms that add to them."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from html import escape
from pathlib import Path

from assistant.ui_language import LANGUAGES
from assistant.ui_library_jobs import badge, details
from assistant.ui_text import Texts
from ingest import SUPPORTED_SUFFIXES
from ingest.document import Field
from ingest.find import path_of
from vectorstore.change import Failure
from vectorstore.outcome import Outcome
from vectorstore.types import DocumentRecord

_FAILURES = 30


@dataclass(frozen=True, slots=True)
class Shown:
    """Which documents are listed.

    Attributes:
        words: What their title, organisation, type, year or file must hold; empty for all.
        limit: How many at most.
    """

    words: str = ""
    limit: int = 50


def documents_table_html(
    records: Sequence[DocumentRecord],
    origins: Mapping[str, str],
    shown: Shown,
    texts: Texts,
    *,
    may_change: bool,
) -> str:
    """The documents of the store, by organisation and title, with their facts and state.

    Args:
        records: All documents.
        origins: Where each comes from, by identifier: `upload`, `web` or `folder`.
        shown: Which ones are listed.
        texts: In whose language.
        may_change: Whether each has a button that removes it.
    """
    own = texts.library
    found = [record for record in records if _matches(record, shown.words, texts)]
    found.sort(key=lambda record: ((record.organisation or "\uffff").casefold(), record.title.casefold()))
    head = f'<h2 id="ub-library-title" tabindex="-1">{escape(own.heading)}</h2>'
    if not records:
        return f'<section class="ub-panel">{head}<p>{escape(own.summary_empty)}</p></section>'
    columns = {key: name for key, name in own.columns.items() if may_change or key != "actions"}
    headers = "".join(f'<th scope="col">{escape(name)}</th>' for name in columns.values())
    body = _groups(found[: shown.limit], origins, columns, texts)
    table = (
        f'<table class="ub-documents"><thead><tr>{headers}</tr></thead>{body}</table>'
        if found
        else f"<p>{escape(own.filter_none.format(words=shown.words))}</p>"
    )
    rest = len(found) - shown.limit
    more = (
        f'<p class="ub-more"><button type="button" class="ub-button" data-event="more">'
        f"{escape(own.show_more.format(count=rest))}</button></p>"
        if rest > 0
        else ""
    )
    return (
        f'<section class="ub-panel" aria-labelledby="ub-library-title">{head}'
        f"<p>{escape(_summary(records, texts))}</p>{_filter(found, shown, texts)}{table}{more}</section>"
    )


def failures_html(failures: Sequence[Failure], texts: Texts) -> str:
    """Files of synced folders that could not be read."""
    own = texts.library
    if not failures:
        return ""
    items = "".join(
        f"<li><strong>{escape(path_of(failure.location).name)}</strong> "
        f"{badge(own.outcomes.get(Outcome(failure.outcome), failure.outcome), 'bad')}"
        f"<p>{escape(own.explanations.get(Outcome(failure.outcome), ''))}</p>{details(failure.reason, texts)}</li>"
        for failure in failures[:_FAILURES]
    )
    left = len(failures) - _FAILURES
    more = f"<p>{escape(own.more_outcomes.format(count=left))}</p>" if left > 0 else ""
    return (
        f'<section class="ub-panel" aria-labelledby="ub-failures-title"><h3 id="ub-failures-title">'
        f'{escape(own.failures_heading)}</h3><p class="ub-muted">{escape(own.failures_intro)}</p>'
        f'<ul class="ub-jobs">{items}</ul>{more}</section>'
    )


def add_html(folders: Sequence[Path] | None, max_megabytes: int, fault: str, texts: Texts) -> str:
    """The forms that add documents.

    Args:
        folders: Those that may be synced; None for who may not change the library.
        max_megabytes: What a file may have.
        fault: Name of the string that says what was wrong with what was sent last; empty where nothing was.
        texts: In whose language.
    """
    own = texts.library
    if folders is None:
        return f'<section class="ub-panel"><p class="ub-muted">{escape(own.read_only)}</p></section>'
    accept = ",".join(sorted(SUPPORTED_SUFFIXES))
    said = {
        "sending": own.sending, "done": own.sending_done, "failed": own.sending_failed, "folder": own.not_a_file,
        "refused": own.refused, "large": own.too_large.replace("{limit}", str(max_megabytes)), "full": own.disk_full,
        "forbidden": own.not_permitted, "missing": own.address_missing,
    }  # fmt: skip
    data = " ".join(f'data-{name}="{escape(text)}"' for name, text in said.items())
    wrong = escape(str(getattr(own, fault))) if fault else ""
    return (
        f'<section class="ub-panel ub-add" aria-labelledby="ub-add-title" data-megabytes="{max_megabytes}" {data}>'
        f'<h3 id="ub-add-title">{escape(own.add_heading)}</h3>'
        f'<div class="ub-drop"><p class="ub-drop-here" aria-hidden="true">{escape(own.drop)}</p>'
        f'<input type="file" id="ub-files" class="ub-sr" multiple accept="{escape(accept)}" '
        f'aria-describedby="ub-files-hint"><label for="ub-files" class="ub-button ub-primary">'
        f'{escape(own.choose_files)}</label><p id="ub-files-hint" class="ub-muted">'
        f"{escape(own.drop_hint.format(limit=max_megabytes))}</p></div>"
        f'<label class="ub-check"><input type="checkbox" id="ub-replace"><span>{escape(own.replace)}</span></label>'
        '<ul class="ub-sending"></ul><p class="ub-sr" role="status" id="ub-sent"></p>'
        f'<form class="ub-address"><label for="ub-address">{escape(own.address_label)}</label>'
        '<input type="url" id="ub-address" autocomplete="off" spellcheck="false" maxlength="2000" '
        'placeholder="https://" aria-describedby="ub-address-hint ub-address-fault">'
        f'<button type="submit" class="ub-button">{escape(own.add_address)}</button>'
        f'<p class="ub-form-error" id="ub-address-fault" role="alert">{wrong}</p>'
        f'<p id="ub-address-hint" class="ub-muted">{escape(own.address_hint)}</p></form>'
        f"{_folders(folders, texts)}</section>"
    )


def _summary(records: Sequence[DocumentRecord], texts: Texts) -> str:
    organisations = len({record.organisation for record in records if record.organisation})
    return texts.library.summary.format(
        documents=texts.count_documents(len(records)),
        organisations=_counted_organisations(organisations, texts),
        pages=texts.count_pages(sum(record.pages for record in records)),
    )


def _counted_organisations(count: int, texts: Texts) -> str:
    own = texts.library
    return own.one_organisation if count == 1 else own.organisations.format(count=count)


def _matches(record: DocumentRecord, words: str, texts: Texts) -> bool:
    told = (record.title, record.id, record.organisation, texts.type_name(record.document_type), record.period)
    text = " ".join(filter(None, told)).casefold()
    return all(word in text for word in words.casefold().split())


def _filter(found: Sequence[DocumentRecord], shown: Shown, texts: Texts) -> str:
    own = texts.library
    clear = (
        f'<button type="button" class="ub-link" data-event="all">{escape(own.clear_filter)}</button>'
        if shown.words
        else ""
    )
    told = own.filter_found.format(count=texts.count_documents(len(found)), words=shown.words) if shown.words else ""
    return (
        f'<form class="ub-find" role="search"><label for="ub-words">{escape(own.filter_label)}</label>'
        f'<input type="search" id="ub-words" value="{escape(shown.words)}" maxlength="200">'
        f'<button type="submit" class="ub-button">{escape(own.filter_button)}</button>{clear}'
        f'<p role="status" class="ub-muted">{escape(told)}</p></form>'
    )


def _groups(
    records: Sequence[DocumentRecord], origins: Mapping[str, str], columns: Mapping[str, str], texts: Texts
) -> str:
    """The rows, each organisation's in a body of its own with its name above."""
    html: list[str] = []
    before: object = object()
    for record in records:
        if record.organisation != before:
            name = record.organisation or texts.documents_other
            html.append("</tbody>" if html else "")
            html.append(
                f'<tbody><tr class="ub-group"><th scope="rowgroup" colspan="{len(columns)}">{escape(name)}</th></tr>'
            )
            before = record.organisation
        html.append(_row(record, origins[record.id], columns, texts))
    return "".join(html) + "</tbody>"


def _row(record: DocumentRecord, origin: str, columns: Mapping[str, str], texts: Texts) -> str:
    own = texts.library
    lang = f' lang="{record.language}"' if record.language in LANGUAGES else ""
    cells = {
        "type": escape(texts.type_name(record.document_type) or "–"),
        "period": escape((record.period or "–").replace("-", "–")),
        "pages": str(record.pages) if record.pages > 1 or record.format == "pdf" else "–",
        "state": _state(record, texts),
        "actions": _remove(record, origin, texts),
    }
    title = (
        f'<th scope="row"><button type="button" class="ub-link" data-read="{escape(record.id)}" '
        f' aria-label="{escape(own.open.format(title=record.title))}"{lang}>'
        f"{escape(record.title)}</button>{_facts(record, origin, texts)}</th>"
    )
    rest = "".join(
        f'<td data-label="{escape(columns[key])}">{cell}</td>' for key, cell in cells.items() if key in columns
    )
    return f"<tr>{title}{rest}</tr>"


def _remove(record: DocumentRecord, origin: str, texts: Texts) -> str:
    """The button that removes a document, which first asks and says what becomes of its file."""
    own = texts.library
    said = {"upload": own.remove_upload, "web": own.remove_web, "folder": own.remove_folder}[origin]
    question = f"{own.remove_heading} {said.format(title=record.title)}"
    return (
        f'<button type="button" class="ub-button ub-small" data-event="remove" data-document="{escape(record.id)}" '
        f'data-confirm="{escape(question)}" data-yes="{escape(own.remove_yes)}" data-no="{escape(own.remove_no)}" '
        f'aria-label="{escape(own.remove_name.format(title=record.title))}">{escape(own.remove)}</button>'
    )


def _state(record: DocumentRecord, texts: Texts) -> str:
    """Whether a document is searched, how its text was read, and what could not be."""
    own = texts.library
    if not record.chunks:
        return badge(own.not_searchable, "bad")
    parts = []
    if record.ocr_pages:
        sure = record.ocr_confidence
        percent = f", {own.sureness.format(percent=round(100 * sure))}" if sure is not None else ""
        parts.append(badge(own.recognised + percent, "some"))
    else:
        parts.append(badge(own.searchable, "good"))
    if record.unread_pages:
        unread = own.without_text.format(pages=texts.count_pages(len(record.unread_pages)))
        parts.append(badge(unread, "some"))
    return " ".join(parts)


def _facts(record: DocumentRecord, origin: str, texts: Texts) -> str:
    """What a document states of itself, each with the page it stands on, and where it comes from."""
    own = texts.library
    stated = {fact.field: fact for fact in record.facts}
    rows = [(label, stated[Field(name)].value) for name, label in texts.facts.items() if Field(name) in stated]
    if record.language:
        rows.append((own.language, own.languages.get(record.language, record.language)))
    if record.ocr_pages:
        pages = texts.count_pages(len(record.ocr_pages))
        rows.append((own.recognised, own.recognised_pages.format(pages=pages)))
    rows.append((own.origins[origin], record.id))
    added = datetime.fromisoformat(record.ingested_at).astimezone()
    rows.append((own.added, added.strftime("%Y-%m-%d %H:%M")))
    listed = "".join(f"<div><dt>{escape(label)}</dt><dd>{escape(value)}</dd></div>" for label, value in rows)
    return (
        f'<details data-name="facts {escape(record.id)}"><summary>{escape(own.facts)}</summary>'
        f"<dl>{listed}</dl></details>"
    )


def _folders(folders: Sequence[Path], texts: Texts) -> str:
    own = texts.library
    if not folders:
        return ""
    items = "".join(
        f'<li><span class="ub-path">{escape(str(folder))}</span>'
        f'<button type="button" class="ub-button ub-small" data-event="sync" data-folder="{escape(str(folder))}" '
        f'aria-label="{escape(own.sync_name.format(folder=folder))}">{escape(own.sync)}</button></li>'
        for folder in folders
    )
    return f'<h4>{escape(own.folders_label)}</h4><ul class="ub-folders">{items}</ul>'
