"""The library view: what is in the store, adding to it and removing from it, and the jobs that do that."""

from collections.abc import Callable
from dataclasses import dataclass, replace
from pathlib import Path

import gradio as gr

from assistant.access import Access
from assistant.errors import AssistantError
from assistant.library import Library
from assistant.ui_data import text_of
from assistant.ui_language import texts_in
from assistant.ui_library_html import Shown, add_html, documents_table_html, failures_html
from assistant.ui_library_jobs import jobs_html
from assistant.ui_shell import AT_ONCE, Panel, part
from assistant.ui_visitor import Visitor, user_of
from ingest.errors import IngestError
from vectorstore.errors import UnknownDocument

PAGE = 50
"""How many documents are listed before someone asks for more."""


class LibraryView:
    """The library as a view of the page.

    Args:
        library: What is in the store, and its jobs.
        access: Who may change it.
        max_megabytes: What a file may have, as it is told.
    """

    name = "library"

    def __init__(self, library: Library, access: Access, max_megabytes: int) -> None:
        self._library = library
        self._access = access
        self._max_megabytes = max_megabytes

    def build(self, language: gr.State, opening: str) -> list[Panel]:
        """Make the view's parts where the page is being built, and wire their events."""
        shown = gr.State(Shown(limit=PAGE))
        fault = gr.State("")
        with gr.Row(elem_id="ub-library-layout"):
            with gr.Column(elem_id="ub-library-main"):
                documents = part("", "ub-library-list", ["show", "filter", "more", "all", "refresh", "remove"])
            with gr.Column(elem_id="ub-library-side"):
                add = part("", "ub-library-add", ["address", "sync"])
                jobs = part("", "ub-library-jobs", ["refresh", "cancel", "forget", "show"])
        parts = _Parts(documents, add, jobs)
        self._wire_documents(parts, shown, language)
        self._wire_changes(parts, fault, language)
        return [
            Panel(documents, self._draw_documents, [shown]),
            Panel(add, self._draw_add, [fault]),
            Panel(jobs, self._draw_jobs),
        ]

    # Drawing

    def _draw_documents(self, shown: Shown, visitor: Visitor) -> str:
        texts = texts_in(visitor.language)
        library = self._library
        may = self._access.may_change_library(visitor.user)
        records = library.records()
        origins = {record.id: library.origin(record) for record in records}
        table = documents_table_html(records, origins, shown, texts, may_change=may)
        return table + (failures_html(library.failures(), texts) if may else "")

    def _draw_add(self, fault: str, visitor: Visitor) -> str:
        if not self._access.may_change_library(visitor.user):
            return add_html(None, self._max_megabytes, "", texts_in(visitor.language))
        return add_html(self._library.folders(), self._max_megabytes, fault, texts_in(visitor.language))

    def _draw_jobs(self, visitor: Visitor) -> str:
        if not self._access.may_change_library(visitor.user):
            return ""
        titles = {record.id: record.title for record in self._library.records()}
        return jobs_html(self._library.jobs.all(), titles, texts_in(visitor.language))

    # Events

    def _wire_documents(self, parts: "_Parts", shown: gr.State, language: gr.State) -> None:
        def draw(now: Shown, spoken: str, request: gr.Request) -> str:
            return self._draw_documents(now, Visitor(user_of(request), spoken))

        def narrow(spoken: str, event: gr.EventData, request: gr.Request) -> tuple[Shown, str]:
            now = Shown(text_of(event._data, "words")[:200], PAGE)
            return now, draw(now, spoken, request)

        def more(now: Shown, spoken: str, request: gr.Request) -> tuple[Shown, str]:
            now = replace(now, limit=now.limit + 4 * PAGE)
            return now, draw(now, spoken, request)

        def everything(spoken: str, request: gr.Request) -> tuple[Shown, str]:
            now = Shown(limit=PAGE)
            return now, draw(now, spoken, request)

        table = parts.documents
        table.filter(narrow, [language], [shown, table], **AT_ONCE)
        table.more(more, [shown, language], [shown, table], **AT_ONCE)
        table.all(everything, [language], [shown, table], **AT_ONCE)
        table.show(draw, [shown, language], [table], **AT_ONCE)
        table.refresh(draw, [shown, language], [table], **AT_ONCE)

    def _wire_changes(self, parts: "_Parts", fault: gr.State, language: gr.State) -> None:
        def jobs(spoken: str, request: gr.Request) -> str:
            return self._draw_jobs(Visitor(user_of(request), spoken))

        def change(spoken: str, request: gr.Request, act: Callable[[str], object]) -> tuple[str, str, str]:
            """Do what changes the library, if the user may; gives what went wrong, the form and the jobs."""
            visitor = Visitor(user_of(request), spoken)
            wrong = ""
            if not self._access.may_change_library(visitor.user):
                wrong = "not_permitted"
            else:
                try:
                    act(visitor.user)
                except IngestError:
                    wrong = "address_wrong"
                except (AssistantError, UnknownDocument):
                    wrong = ""  # it was removed, or is no folder of the library any more: the page shows what there is
            return wrong, self._draw_add(wrong, visitor), self._draw_jobs(visitor)

        def address(spoken: str, event: gr.EventData, request: gr.Request) -> tuple[str, str, str]:
            given = text_of(event._data, "address")
            return change(spoken, request, lambda user: self._library.add_address(given, user))

        def sync(spoken: str, event: gr.EventData, request: gr.Request) -> tuple[str, str, str]:
            folder = Path(text_of(event._data, "folder"))
            return change(spoken, request, lambda user: self._library.sync_folder(folder, user))

        def remove(spoken: str, event: gr.EventData, request: gr.Request) -> tuple[str, str, str]:
            document = text_of(event._data, "document")
            return change(spoken, request, lambda user: self._library.remove(document, user))

        def cancel(spoken: str, event: gr.EventData, request: gr.Request) -> str:
            if self._access.may_change_library(user_of(request)):
                self._library.jobs.cancel(text_of(event._data, "job"))
            return jobs(spoken, request)

        def forget(spoken: str, request: gr.Request) -> str:
            if self._access.may_change_library(user_of(request)):
                self._library.jobs.forget_ended()
            return jobs(spoken, request)

        for trigger, handler in (
            (parts.add.address, address),
            (parts.add.sync, sync),
            (parts.documents.remove, remove),
        ):
            trigger(handler, [language], [fault, parts.add, parts.jobs], **AT_ONCE)
        parts.jobs.refresh(jobs, [language], [parts.jobs], **AT_ONCE)
        parts.jobs.show(jobs, [language], [parts.jobs], **AT_ONCE)
        parts.jobs.cancel(cancel, [language], [parts.jobs], **AT_ONCE)
        parts.jobs.forget(forget, [language], [parts.jobs], **AT_ONCE)


@dataclass(frozen=True, slots=True)
class _Parts:
    """The parts of the view."""

    documents: gr.HTML
    add: gr.HTML
    jobs: gr.HTML
