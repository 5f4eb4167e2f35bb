"""The compare view: a form, the grid that fills, and the source of a citation beside it."""

import gradio as gr

from assistant.compare import ComparisonRefused, Grid
from assistant.comparisons import Comparisons
from assistant.ui_compare_form import form_html, known_subjects
from assistant.ui_compare_html import grid_html
from assistant.ui_data import text_of, texts_of
from assistant.ui_events import Chat
from assistant.ui_language import texts_in
from assistant.ui_shell import AT_ONCE, Panel, part
from assistant.ui_state import Answering, Exchange, Exchanges, Opened, Phase, by_id
from assistant.ui_visitor import Visitor, user_of

_MOST = 100_000
"""Characters that are read of what a browser sends."""


class CompareView:
    """The comparisons as a view of the page.

    Args:
        assistant: Has the documents.
        chat: Shows sources.
        comparisons: Those made and in the making.
    """

    name = "compare"

    def __init__(self, assistant: Answering, chat: Chat, comparisons: Comparisons) -> None:
        self._assistant = assistant
        self._comparisons = comparisons
        self._chat = chat

    def build(self, language: gr.State, opening: str) -> list[Panel]:
        """Make the view's parts where the page is being built, and wire their events."""
        chosen, opened = gr.State(""), gr.State(None)
        with gr.Column(elem_id="ub-compare-layout"):
            form = part("", "ub-compare-form", ["start", "show"])
            with gr.Row(elem_id="ub-compare-below"):
                grid = part("", "ub-compare-grid", ["refresh", "cite", "halt", "resume", "forget", "grid"])
                source = part("", "ub-compare-source", ["turn", "cite", "look", "close"])
        self._wire_grid(form, grid, chosen, language)
        self._wire_source(grid, source, chosen, opened, language)
        return [
            Panel(form, self._draw_form),
            Panel(grid, self._draw_grid, [chosen]),
            Panel(source, self._draw_source, [chosen, opened]),
        ]

    # Drawing

    def _draw_form(self, visitor: Visitor) -> str:
        return form_html(self._assistant.documents(), "", 0, texts_in(visitor.language))

    def _draw_grid(self, chosen: str, visitor: Visitor) -> str:
        grid, records = self._grid(chosen, visitor.user), by_id(self._assistant.documents())
        return grid_html(grid, self._comparisons.of(visitor.user), records, texts_in(visitor.language))

    def _draw_source(self, chosen: str, opened: Opened | None, visitor: Visitor) -> str:
        if opened is None:
            return ""
        html = self._chat.source(opened, self._exchanges(chosen, visitor.user), visitor.language)
        # The chat has a panel of its own, with the same identifiers, in the same page.
        return html.replace("ub-source-title", "ub-compared-title")

    def _grid(self, chosen: str, user: str) -> Grid | None:
        """The comparison that is open; after a reload of the page, the latest one."""
        grid = self._comparisons.get(chosen, user)
        return grid or next(iter(self._comparisons.of(user)), None)

    def _exchanges(self, chosen: str, user: str) -> Exchanges:
        """The cells as the chat knows questions with their answers."""
        grid = self._grid(chosen, user)
        if grid is None:
            return ()
        width = len(grid.subjects)
        return tuple(
            Exchange(grid.questions[index // width], Phase.COMPLETE, cell.answer)
            for index, cell in enumerate(grid.cells)
        )

    # Events

    def _wire_grid(self, form: gr.HTML, grid: gr.HTML, chosen: gr.State, language: gr.State) -> None:
        def start(spoken: str, event: gr.EventData, request: gr.Request) -> tuple[object, ...]:
            visitor = Visitor(user_of(request), spoken)
            records, data = self._assistant.documents(), event._data
            subjects = known_subjects(text_of(data, "kind", _MOST), texts_of(data, "subjects"), records)
            try:
                begun = self._comparisons.start(visitor.user, text_of(data, "questions", _MOST).splitlines(), subjects)
            except ComparisonRefused as refused:
                return gr.skip(), form_html(records, refused.fault, refused.limit, texts_in(spoken)), gr.skip()
            return begun.id, self._draw_form(visitor), self._draw_grid(begun.id, visitor)

        def act(open_grid: str, spoken: str, event: gr.EventData, request: gr.Request) -> tuple[str, str]:
            visitor = Visitor(user_of(request), spoken)
            named, done = text_of(event._data, "grid", _MOST), text_of(event._data, "do", _MOST)
            if done == "halt":
                self._comparisons.stop(named, visitor.user)
            elif done == "resume":
                self._comparisons.resume(named, visitor.user)
            elif done == "forget":
                self._comparisons.delete(named, visitor.user)
                named = ""
            return named, self._draw_grid(named, visitor)

        def refresh(open_grid: str, spoken: str, request: gr.Request) -> str:
            return self._draw_grid(open_grid, Visitor(user_of(request), spoken))

        def redraw(spoken: str, request: gr.Request) -> str:
            return self._draw_form(Visitor(user_of(request), spoken))

        form.start(start, [language], [chosen, form, grid], **AT_ONCE)
        form.show(redraw, [language], [form], **AT_ONCE)
        grid.refresh(refresh, [chosen, language], [grid], **AT_ONCE)
        for trigger in (grid.halt, grid.resume, grid.forget, grid.grid):
            trigger(act, [chosen, language], [chosen, grid], **AT_ONCE)

    def _wire_source(
        self, grid: gr.HTML, source: gr.HTML, chosen: gr.State, opened: gr.State, language: gr.State
    ) -> None:
        def show(now: Opened | None, open_grid: str, visitor: Visitor) -> tuple[Opened | None, str]:
            return now, self._draw_source(open_grid, now, visitor)

        def cite(
            now: Opened | None, open_grid: str, spoken: str, event: gr.EventData, request: gr.Request
        ) -> tuple[Opened | None, str]:
            visitor = Visitor(user_of(request), spoken)
            return show(self._chat.cite(event._data, self._exchanges(open_grid, visitor.user), now), open_grid, visitor)

        def turn(
            now: Opened | None, open_grid: str, spoken: str, event: gr.EventData, request: gr.Request
        ) -> tuple[Opened | None, str]:
            visitor = Visitor(user_of(request), spoken)
            return show(self._chat.turn_page(event._data, now), open_grid, visitor)

        def look(
            now: Opened | None, open_grid: str, spoken: str, event: gr.EventData, request: gr.Request
        ) -> tuple[Opened | None, str]:
            visitor = Visitor(user_of(request), spoken)
            return show(self._chat.look(event._data, now), open_grid, visitor)

        def close() -> tuple[None, str]:
            return None, ""

        settle = "() => window.utblick.settleCompared()"
        for trigger, handler, inputs in (
            (grid.cite, cite, [opened, chosen, language]),
            (source.cite, cite, [opened, chosen, language]),
            (source.turn, turn, [opened, chosen, language]),
            (source.look, look, [opened, chosen, language]),
            (source.close, close, []),
        ):
            trigger(handler, inputs, [opened, source], **AT_ONCE).then(None, js=settle)
