"""HTML of what can be done with an answer: copy it, link to it, ask again, say what one thinks of it."""

from html import escape

from assistant.feedback import MOST_CHARACTERS, Judgement, Reason
from assistant.references import Records, formatted_answer, markdown_answer, plain_answer
from assistant.ui_state import Exchange, Phase
from assistant.ui_text import Texts

FAILED = "failed"
"""In place of a verdict where it could not be kept."""


def actions_html(exchange: Exchange, records: Records, texts: Texts) -> str:
    """The buttons under an answer; what copying gives is in their attributes, so that it needs no waiting."""
    question = escape(exchange.question)
    again = (
        f'<button type="button" class="ub-link" data-event="example" data-question="{question}">'
        f"{escape(texts.retry)}</button>"
    )
    if exchange.phase != Phase.COMPLETE or exchange.answer is None:
        return f'<div class="ub-actions">{again}</div>'
    answer = exchange.answer
    copied = f'data-done="{escape(texts.copied)}" data-failed="{escape(texts.copy_failed)}"'
    formatted = escape(formatted_answer(answer, records, texts))
    plain, markdown = escape(plain_answer(answer, records, texts)), escape(markdown_answer(answer, records, texts))
    link = (
        f'<button type="button" class="ub-link" data-event="link" data-id="{escape(exchange.id)}" '
        f'data-done="{escape(texts.link_copied)}" data-failed="{escape(texts.copy_failed)}">{escape(texts.link)}'
        "</button>"
    )
    return (
        '<div class="ub-actions">'
        f'<button type="button" class="ub-button" data-copy="{plain}" data-html="{formatted}" {copied}>'
        f"{escape(texts.copy)}</button>"
        f'<button type="button" class="ub-link" data-copy="{markdown}" {copied}>{escape(texts.copy_markdown)}</button>'
        f"{link if exchange.id and not exchange.shared else ''}{again}"
        '<span class="ub-copied" role="status"></span></div>'
    )


def feedback_html(exchange: Exchange, texts: Texts) -> str:
    """The question whether the answer was useful, or thanks where that was said; nothing where there is no answer."""
    if exchange.phase != Phase.COMPLETE or exchange.answer is None or not exchange.id or exchange.shared:
        return ""
    identifier = escape(exchange.id)
    thanks = {
        Judgement.USEFUL.value: texts.feedback_useful,
        Judgement.NOT_USEFUL.value: texts.feedback_not_useful,
        FAILED: texts.feedback_failed,
    }.get(exchange.verdict)
    row = (
        f'<div class="ub-feedback-row"><span>{escape(texts.feedback_ask)}</span>'
        f'<button type="button" class="ub-button" data-event="judge" data-id="{identifier}" '
        f'data-verdict="{Judgement.USEFUL.value}">{escape(texts.feedback_yes)}</button>'
        f'<button type="button" class="ub-button" data-toggle="why-{identifier}" aria-expanded="false">'
        f"{escape(texts.feedback_no)}</button></div>{_form(identifier, texts)}"
    )
    if thanks is None:
        return f'<div class="ub-feedback" data-id="{identifier}">{row}</div>'
    change = (
        f'<button type="button" class="ub-link" data-toggle="change-{identifier}" aria-expanded="false">'
        f"{escape(texts.feedback_change)}</button>"
    )
    return (
        f'<div class="ub-feedback" data-id="{identifier}" data-verdict="{escape(exchange.verdict)}">'
        f'<p class="ub-thanks" role="status" tabindex="-1">{escape(thanks)}</p>{change}'
        f'<div id="change-{identifier}" hidden>{row}</div></div>'
    )


def _form(identifier: str, texts: Texts) -> str:
    reasons = "".join(
        f'<label><input type="radio" name="reason-{identifier}" value="{reason.value}">'
        f"<span>{escape(texts.feedback_reasons[reason])}</span></label>"
        for reason in Reason
    )
    return (
        f'<form class="ub-feedback-form" id="why-{identifier}" data-id="{identifier}" '
        f'data-verdict="{Judgement.NOT_USEFUL.value}" hidden>'
        f"<fieldset><legend>{escape(texts.feedback_why)}</legend>{reasons}</fieldset>"
        f'<label for="comment-{identifier}">{escape(texts.feedback_comment)}</label>'
        f'<textarea id="comment-{identifier}" name="comment" rows="2" maxlength="{MOST_CHARACTERS}" '
        f'aria-describedby="hint-{identifier}"></textarea>'
        f'<p id="hint-{identifier}" class="ub-muted">{escape(texts.feedback_comment_hint)}</p>'
        f'<button type="submit" class="ub-button ub-primary">{escape(texts.feedback_send)}</button></form>'
    )
