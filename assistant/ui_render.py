"""HTML of the conversation. Every text that comes from a document, an answer or a question is escaped here."""

from collections.abc import Mapping, Sequence
from html import escape

from assistant.answer_parts import Run, answer_parts
from assistant.answers import Answer, AnswerStatus, Citation
from assistant.ui_actions import actions_html, feedback_html
from assistant.ui_state import Exchange, Phase
from assistant.ui_text import Texts
from vectorstore.types import DocumentRecord

Records = Mapping[str, DocumentRecord]

_SIGNS = {
    AnswerStatus.ANSWERED: "✓",
    AnswerStatus.PARTIAL: "◐",
    AnswerStatus.NOT_FOUND: "○",
    AnswerStatus.NEEDS_CLARIFICATION: "?",
    AnswerStatus.REFUSED: "!",
    AnswerStatus.FAILED: "!",
}
_PAGED = ("pdf",)
_NEAREST = 3
_EXCERPT = 240


def page_name(record: DocumentRecord | None, page: int, texts: Texts) -> str:
    """`sida 3`, with the printed number where it is another; empty for a document that has no pages."""
    if record is None:
        return texts.page.format(page=page)
    if record.pages == 1 and record.format not in _PAGED:
        return ""
    label = record.labels[page - 1] if page <= len(record.labels) else None
    name = texts.page.format(page=page)
    return f"{name} ({texts.printed_page.format(label=label)})" if label and label != str(page) else name


def place(document: str, title: str, page: int, section: Sequence[str], records: Records, texts: Texts) -> str:
    """Where a passage stands, in words: title and page, or title and section where there are no pages."""
    where = page_name(records.get(document), page, texts)
    if not where and section:
        where = f"{texts.section.lower()} {section[-1]}"
    return f"{title}, {where}" if where else title


def citation_place(citation: Citation, records: Records, texts: Texts) -> str:
    """Where a citation leads, in words."""
    return place(citation.document, citation.title, citation.page, citation.section, records, texts)


def answer_html(answer: Answer, exchange: int, records: Records, texts: Texts) -> str:
    """An answer's text as paragraphs and lists, with its markers as buttons."""
    citations = {citation.marker: citation for citation in answer.citations}

    def shown(run: Run) -> str:
        if run.marker is not None:
            return f" {_marker(citations[run.marker], exchange, records, texts)}"
        return f"<strong>{escape(run.text)}</strong>" if run.strong else escape(run.text)

    html = []
    for part in answer_parts(answer):
        lines = ["".join(map(shown, line)) for line in part.lines]
        items = "".join(f"<li>{line}</li>" for line in lines)
        html.append(f"<ul>{items}</ul>" if part.is_list else f"<p>{'<br>'.join(lines)}</p>")
    return "".join(html)


def conversation_html(exchanges: Sequence[Exchange], records: Records, texts: Texts) -> str:
    """All exchanges, oldest first."""
    articles = "".join(_exchange(exchange, index, records, texts) for index, exchange in enumerate(exchanges))
    linked = len(exchanges) == 1 and (exchanges[0].shared or exchanges[0].phase == Phase.GONE)
    kept = exchanges[0].id if exchanges and not linked else ""
    return (
        f'<section class="ub-conversation" aria-label="{escape(texts.conversation)}" data-count="{len(exchanges)}" '
        f'data-conversation="{escape(kept)}">{_notice(exchanges, texts)}{articles}'
        f'<p class="ub-sr" role="status">{escape(_announcement(exchanges, texts))}</p></section>'
    )


def _notice(exchanges: Sequence[Exchange], texts: Texts) -> str:
    """What there is to know about a conversation that was opened by a link."""
    first = exchanges[0] if exchanges else None
    if first is None or not (first.shared or first.phase == Phase.GONE):
        return ""
    gone = first.phase == Phase.GONE
    words = texts.link_unknown if gone else texts.linked_answer.format(date=first.asked[:10])
    return f'<p class="ub-notice">{escape(words)}</p>'


def _announcement(exchanges: Sequence[Exchange], texts: Texts) -> str:
    if not exchanges:
        return ""
    last = exchanges[-1]
    if last.phase == Phase.WORKING:
        return texts.working
    if last.phase == Phase.GONE:
        return texts.link_unknown
    if last.phase == Phase.COMPLETE and last.answer is not None:
        return texts.answer_ready.format(status=texts.statuses[last.answer.status])
    return texts.stopped if last.phase == Phase.STOPPED else texts.statuses[AnswerStatus.FAILED]


def _exchange(exchange: Exchange, index: int, records: Records, texts: Texts) -> str:
    if exchange.phase == Phase.GONE:
        return ""
    answer = exchange.answer
    text = answer_html(answer, index, records, texts) if answer is not None else ""
    language = f' lang="{answer.language}"' if answer and answer.language in ("sv", "en") else ""
    busy = "true" if exchange.phase == Phase.WORKING else "false"
    after = ""
    if exchange.phase == Phase.COMPLETE and answer is not None:
        after = _references(answer, index, records, texts) + _nearest(answer, index, records, texts)
    if exchange.phase != Phase.WORKING:
        after += actions_html(exchange, records, texts) + feedback_html(exchange, texts)
    return (
        f'<article class="ub-exchange" data-exchange="{index}" data-phase="{exchange.phase}">'
        f'<h2 class="ub-question"><span class="ub-sr">{escape(texts.you_asked)} </span>{escape(exchange.question)}</h2>'
        f'<div class="ub-answer">{_status(exchange, texts)}'
        f'<div class="ub-text"{language} aria-live="polite" aria-busy="{busy}">{text}</div>{after}</div></article>'
    )


def _status(exchange: Exchange, texts: Texts) -> str:
    explanation = ""
    if exchange.phase == Phase.WORKING:
        name, sign, label = "working", "", texts.working
    elif exchange.phase == Phase.STOPPED:
        name, sign, label, explanation = "stopped", "■", texts.stopped, texts.stopped_explanation
    elif exchange.phase == Phase.BROKEN or exchange.answer is None:
        name, sign, label = AnswerStatus.FAILED.value, "!", texts.statuses[AnswerStatus.FAILED]
        explanation = texts.broken_explanation.format(reference=exchange.reference)
    else:
        status = exchange.answer.status
        name, sign, label = status.value, _SIGNS[status], texts.statuses[status]
        explanation = texts.explanations.get(status, "")
    note = f'<p class="ub-explanation">{escape(explanation)}</p>' if explanation else ""
    return (
        f'<p class="ub-status" data-status="{name}"><span class="ub-sign" aria-hidden="true">{sign}</span>'
        f"{escape(label)}</p>{note}"
    )


def _marker(citation: Citation, exchange: int, records: Records, texts: Texts) -> str:
    name = texts.citation_name.format(marker=citation.marker, place=citation_place(citation, records, texts))
    return (
        f'<button type="button" class="ub-marker" data-event="cite" data-exchange="{exchange}" '
        f'data-marker="{citation.marker}" aria-label="{escape(name)}" title="{escape(name)}" lang="{texts.language}">'
        f"{citation.marker}</button>"
    )


def _where(citation: Citation, records: Records, texts: Texts) -> str:
    """Organisation and page of a citation, or its section where the document has no pages."""
    where = page_name(records.get(citation.document), citation.page, texts)
    if not where and citation.section:
        where = f"{texts.section.lower()} {citation.section[-1]}"
    return ", ".join(part for part in (citation.organisation, where) if part)


def _references(answer: Answer, exchange: int, records: Records, texts: Texts) -> str:
    if not answer.citations:
        return ""
    items = []
    for citation in answer.citations:
        name = texts.citation_name.format(marker=citation.marker, place=citation_place(citation, records, texts))
        items.append(
            f'<li value="{citation.marker}"><button type="button" class="ub-link" data-event="cite" '
            f'data-exchange="{exchange}" data-marker="{citation.marker}" aria-label="{escape(name)}">'
            f"{escape(citation.title)}</button> "
            f'<span class="ub-where">{escape(_where(citation, records, texts))}</span></li>'
        )
    return f'<div class="ub-references"><h3>{escape(texts.references)}</h3><ol role="list">{"".join(items)}</ol></div>'


def _nearest(answer: Answer, exchange: int, records: Records, texts: Texts) -> str:
    """What comes nearest where the documents do not hold the answer and its text does not quote it already."""
    if answer.status != AnswerStatus.NOT_FOUND or answer.citations or not answer.retrieved:
        return ""
    items = []
    for index, passage in enumerate(answer.retrieved[:_NEAREST]):
        record = records.get(passage.document)
        title = record.title if record else passage.document
        where = place(passage.document, title, passage.page, passage.section, records, texts)
        name = texts.passage_name.format(place=where)
        text = " ".join(passage.text.split())
        excerpt = text if len(text) <= _EXCERPT else text[:_EXCERPT].rsplit(" ", 1)[0] + " …"
        items.append(
            f'<li><button type="button" class="ub-link" data-event="passage" data-exchange="{exchange}" '
            f'data-index="{index}" aria-label="{escape(name)}">{escape(where)}</button>'
            f'<span class="ub-excerpt">{escape(excerpt)}</span></li>'
        )
    return f'<div class="ub-nearest"><h3>{escape(texts.nearest)}</h3><ul>{"".join(items)}</ul></div>'
