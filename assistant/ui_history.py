"""HTML of a user's earlier conversations, and of the ways to save the present one."""

from collections.abc import Sequence
from html import escape

from assistant.archive import Entry
from assistant.ui_text import Texts

KINDS = ("docx", "pdf", "md")
"""Kinds of file in which a conversation can be saved."""


def history_html(entries: Sequence[Entry], current: str, days: int, texts: Texts) -> str:
    """The bar above the conversation.

    Args:
        entries: The user's conversations, the latest first.
        current: Identifier of the one on the page; empty where it has no complete answer.
        days: How long conversations are kept; 0 where they are kept in memory only.
        texts: The interface's strings.
    """
    return (
        f'<div class="ub-history" role="group" aria-label="{escape(texts.conversation)}">'
        f"{_earlier(entries, current, days, texts)}{_saving(current, texts)}</div>"
    )


def _earlier(entries: Sequence[Entry], current: str, days: int, texts: Texts) -> str:
    items = "".join(_item(entry, entry.id == current, texts) for entry in entries)
    confirm = _confirm(texts.history_confirm_all, texts)
    everything = (
        f'<button type="button" class="ub-link ub-danger" data-event="forget" {confirm}>'
        f"{escape(texts.history_delete_all)}</button>"
    )
    kept = texts.history_kept.format(days=days) if days else texts.history_memory
    listed = f'<ul role="list">{items}</ul>{everything}' if items else f"<p>{escape(texts.history_none)}</p>"
    number = f" ({len(entries)})" if entries else ""
    return (
        f'<details class="ub-choices" data-name="history"><summary class="ub-button">{escape(texts.history)}{number}'
        f'</summary><div class="ub-menu">{listed}<p class="ub-muted">{escape(kept)}</p></div></details>'
    )


def _item(entry: Entry, current: bool, texts: Texts) -> str:
    title = escape(entry.title)
    here = ' aria-current="true"' if current else ""
    return (
        f'<li><span><button type="button" class="ub-link" data-event="open" data-conversation="{escape(entry.id)}"'
        f' aria-label="{escape(texts.history_open.format(title=entry.title))}"{here}>{title}</button>'
        f'<span class="ub-where">{escape(entry.changed[:10])}</span></span>'
        f'<button type="button" class="ub-link ub-danger" data-event="forget" data-conversation="{escape(entry.id)}" '
        f'aria-label="{escape(texts.history_delete.format(title=entry.title))}" '
        f"{_confirm(texts.history_confirm, texts)}>{escape(texts.history_delete_short)}</button></li>"
    )


def _confirm(question: str, texts: Texts) -> str:
    """What the browser asks before it hands the event on."""
    return (
        f'data-confirm="{escape(question)}" data-yes="{escape(texts.history_confirm_yes)}" '
        f'data-no="{escape(texts.history_cancel)}"'
    )


def _saving(current: str, texts: Texts) -> str:
    if not current:
        return ""
    names = (texts.export_docx, texts.export_pdf, texts.export_markdown)
    links = "".join(
        f'<li><a href="conversations/{escape(current)}.{kind}?language={texts.language}" download>{escape(name)}</a>'
        "</li>"
        for kind, name in zip(KINDS, names, strict=True)
    )
    return (
        f'<details class="ub-choices" data-name="export"><summary class="ub-button">{escape(texts.export)}</summary>'
        f'<div class="ub-menu"><ul role="list">{links}</ul></div></details>'
    )
