"""HTML of the form in which a comparison is chosen, and what comes back from it."""

from collections.abc import Sequence
from html import escape

from assistant.compare import MOST_QUESTIONS, Subject, SubjectKind
from assistant.ui_text import Texts
from vectorstore.types import DocumentRecord


def form_html(records: Sequence[DocumentRecord], fault: str, limit: int, texts: Texts) -> str:
    """The form in which questions are written and organisations or documents chosen.

    What is written and chosen is kept by the browser.

    Args:
        records: What there is to choose from.
        fault: Key of what was wrong with the last try; empty where nothing was.
        limit: The number that goes with it.
        texts: In whose language.
    """
    own = texts.compare
    wrong = escape(own.faults[fault].format(limit=limit)) if fault in own.faults else ""
    return (
        f'<form class="ub-panel ub-compare-form" aria-labelledby="ub-compare-title" data-size="{escape(own.size)}" '
        f'data-no-questions="{escape(own.faults["no_questions"])}" '
        f'data-no-subjects="{escape(own.faults["no_subjects"])}">'
        f'<h2 id="ub-compare-title" tabindex="-1">{escape(own.heading)}</h2><p>{escape(own.intro)}</p>'
        f'<div class="ub-compare-fields"><div><label for="ub-questions">{escape(own.questions_label)}</label>'
        f'<textarea id="ub-questions" rows="5" aria-describedby="ub-questions-hint" '
        f'placeholder="{escape(own.questions_placeholder)}"></textarea>'
        f'<p id="ub-questions-hint" class="ub-muted">{escape(own.questions_hint.format(most=MOST_QUESTIONS))}</p></div>'
        f"{_subjects(records, texts)}</div>"
        f'<div class="ub-form-row"><p class="ub-size ub-muted" role="status"></p>'
        f'<p class="ub-form-error" role="alert">{wrong}</p>'
        f'<button type="submit" class="ub-button ub-primary">{escape(own.start)}</button></div></form>'
    )


def known_subjects(kind: str, keys: Sequence[str], records: Sequence[DocumentRecord]) -> list[Subject]:
    """The subjects that a browser names; those that are not in the store are left out."""
    if kind == SubjectKind.DOCUMENT.value:
        titles = {record.id: record.title for record in records}
        return [Subject(SubjectKind.DOCUMENT, key, titles[key]) for key in keys if key in titles]
    names = {record.organisation for record in records if record.organisation}
    return [Subject(SubjectKind.ORGANISATION, key, key) for key in keys if key in names]


def _subjects(records: Sequence[DocumentRecord], texts: Texts) -> str:
    """The choices: organisations, or documents under the names of their organisations."""
    own = texts.compare
    organisations = sorted({record.organisation for record in records if record.organisation}, key=str.casefold)
    named = [(name, name, "") for name in organisations]
    documents = sorted(
        records, key=lambda record: ((record.organisation or "\uffff").casefold(), record.title.casefold())
    )
    listed = [(record.id, record.title, record.organisation or "") for record in documents]
    kinds = "".join(
        f'<label><input type="radio" name="ub-kind" value="{kind.value}"'
        f"{' checked' if kind == SubjectKind.ORGANISATION else ''}><span>{escape(name)}</span></label>"
        for kind, name in ((SubjectKind.ORGANISATION, own.organisations), (SubjectKind.DOCUMENT, own.documents))
    )
    both = _choices(SubjectKind.ORGANISATION, named, texts) + _choices(SubjectKind.DOCUMENT, listed, texts, hidden=True)
    return (
        f'<div><fieldset><legend>{escape(own.subjects_label)}</legend><div class="ub-kinds">{kinds}</div>'
        f"{both}"
        f'<p class="ub-steps"><button type="button" class="ub-link" data-choose="all">{escape(own.choose_all)}</button>'
        f'<button type="button" class="ub-link" data-choose="none">{escape(own.choose_none)}</button></p>'
        "</fieldset></div>"
    )


def _choices(kind: SubjectKind, choices: Sequence[tuple[str, str, str]], texts: Texts, *, hidden: bool = False) -> str:
    boxes = "".join(
        f'<label><input type="checkbox" name="{kind.value}" value="{escape(key)}"><span>{escape(name)}'
        f"{f' <small>{escape(whose)}</small>' if whose else ''}</span></label>"
        for key, name, whose in choices
    )
    nothing = f"<p>{escape(texts.compare.nothing_to_choose)}</p>"
    return f'<div class="ub-subjects" data-kind="{kind.value}"{" hidden" if hidden else ""}>{boxes or nothing}</div>'
