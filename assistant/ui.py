"""The chat that staff see: what stands where on the page, and which event leads to which handler.

All that is shown is HTML of our own in `gr.HTML`, so that no label of Gradio's appears in another language than the
page's. A button says with `data-event` what it does; `static/chat.js` hands that on with the button's other `data-`
attributes, and the handlers in `ui_events.py` answer with new HTML.
"""

import os
from collections.abc import Iterator
from typing import Any

os.environ["GRADIO_ANALYTICS_ENABLED"] = "False"  # read when gradio is imported

import gradio as gr

from assistant.answers import Scope
from assistant.ui_events import Chat, Exchanges
from assistant.ui_server import listen, open_page
from assistant.ui_state import Answering, Opened

CONCURRENT_QUESTIONS = 8

_QUIET = {"show_progress": "hidden", "api_visibility": "private"}
_AT_ONCE = {**_QUIET, "queue": False}


def build_ui(assistant: Answering, *, language: str = "sv") -> gr.Blocks:
    """The chat as a Gradio app; `serve` or `ui_server.application` gives it its look and serves it.

    Args:
        assistant: What answers; shared by all sessions.
        language: `sv` or `en`, in which the page opens. Each session can change it.
    """
    chat = Chat(assistant)
    with gr.Blocks(title="Utblick", analytics_enabled=False, fill_width=True) as blocks:
        states = _States(language)
        header = _html(chat.header(language), "ub-header", ["language"])
        with gr.Row(elem_id="ub-layout"):
            with gr.Column(elem_id="ub-chat"):
                conversation = _html("", "ub-conversation", ["cite", "passage", "example"])
                with gr.Column(elem_id="ub-ask"):
                    scope = _html("", "ub-scope", ["scope"])
                    composer = _html(chat.composer((), language), "ub-composer", ["ask", "stop", "new"])
            with gr.Column(elem_id="ub-side"):
                source = _html("", "ub-source", ["cite", "turn", "document", "close"])
        panels = [header, conversation, scope, composer, source]
        _wire_asking(chat, states, conversation, composer, source)
        _wire_sources(chat, states, conversation, source)
        _wire_choices(blocks, chat, states, panels)
    blocks.queue(default_concurrency_limit=CONCURRENT_QUESTIONS, api_open=False)
    return blocks


def serve(
    assistant: Answering,
    host: str = "127.0.0.1",
    port: int = 7860,
    open_browser: bool = False,
    *,
    allow_remote: bool = False,
    language: str = "sv",
) -> None:
    """Serve the chat until interrupted, and print its address.

    Args:
        assistant: What answers.
        host: Address to listen on.
        port: Port to listen on.
        open_browser: Open the page in the machine's browser.
        allow_remote: Permit a host that other machines reach; anyone there can then ask and read.
        language: In which the page opens.

    Raises:
        ServeError: The port is taken, or the host is not this machine's own and `allow_remote` is not set.
    """
    sockets = listen(host, port, allow_remote=allow_remote)
    open_page(build_ui(assistant, language=language), sockets, host, open_browser=open_browser, language=language)


class _States:
    """What each session keeps. Every state is written by one family of events only, so none undoes another's."""

    def __init__(self, language: str) -> None:
        self.language = gr.State(language)
        self.exchanges = gr.State(())
        self.scope = gr.State(Scope())
        self.opened = gr.State(None)


def _html(value: str, name: str, events: list[str]) -> gr.HTML:
    """A part of the page; the events that it sends are named in its script, as `gr.HTML` asks."""
    script = f"window.utblick.connect(element, trigger, watch, '{name}', [{', '.join(map(repr, events))}]);"
    return gr.HTML(value, elem_id=name, js_on_load=script, apply_default_css=False)


def _wire_asking(chat: Chat, states: _States, conversation: gr.HTML, composer: gr.HTML, source: gr.HTML) -> None:
    def ask(exchanges: Exchanges, scope: Scope, language: str, event: gr.EventData) -> Iterator[tuple[Any, ...]]:
        yield from chat.ask(str(event._data.get("question", "")), exchanges, scope, language)

    def settle(exchanges: Exchanges, language: str) -> tuple[str, str]:
        """Once more in the language that the page has now, and without what a stopped answer may still have shown."""
        return chat.conversation(exchanges, language), chat.composer(exchanges, language)

    def begin_anew(exchanges: Exchanges, language: str) -> tuple[Any, ...]:
        chat.stop(exchanges, language)
        return (), None, chat.conversation((), language), chat.composer((), language), chat.source(None, (), language)

    kept = [states.exchanges, states.language]
    shown = [states.exchanges, conversation, composer]
    everything = [states.exchanges, states.opened, conversation, composer, source]
    asking = [
        trigger(
            ask,
            [states.exchanges, states.scope, states.language],
            shown,
            concurrency_limit=CONCURRENT_QUESTIONS,
            concurrency_id="ask",
            trigger_mode="multiple",  # "once" loses a question that comes just after a stop; chat.js sees to doubles
            **_QUIET,
        )
        for trigger in (composer.ask, conversation.example)
    ]
    for event in asking:
        event.success(settle, kept, [conversation, composer], **_AT_ONCE)
    stopped = composer.stop(chat.stop, kept, shown, cancels=asking, **_AT_ONCE)
    stopped.then(chat.stop, kept, shown, **_AT_ONCE)
    left = composer.new(begin_anew, kept, everything, cancels=asking, **_AT_ONCE)
    left.then(begin_anew, kept, everything, **_AT_ONCE)


def _wire_sources(chat: Chat, states: _States, conversation: gr.HTML, source: gr.HTML) -> None:
    def cite(exchanges: Exchanges, language: str, event: gr.EventData) -> tuple[Any, ...]:
        opened = chat.cite(event._data, exchanges)
        return opened, chat.source(opened, exchanges, language)

    def passage(exchanges: Exchanges, language: str, event: gr.EventData) -> tuple[Any, ...]:
        opened = chat.passage(event._data, exchanges)
        return opened, chat.source(opened, exchanges, language)

    def turn_page(opened: Opened | None, exchanges: Exchanges, language: str, event: gr.EventData) -> tuple[Any, ...]:
        opened = chat.turn_page(event._data, opened)
        return opened, chat.source(opened, exchanges, language)

    def browse(language: str, event: gr.EventData) -> tuple[Any, ...]:
        opened = chat.browse(event._data)
        return opened, chat.source(opened, (), language)

    def close(language: str) -> tuple[Any, ...]:
        return None, chat.source(None, (), language)

    asked, shown = [states.exchanges, states.language], [states.opened, source]
    for trigger, handler, inputs in (
        (conversation.cite, cite, asked),
        (conversation.passage, passage, asked),
        (source.cite, cite, asked),
        (source.turn, turn_page, [states.opened, *asked]),
        (source.document, browse, [states.language]),
        (source.close, close, [states.language]),
    ):
        trigger(handler, inputs, shown, **_AT_ONCE).then(None, js="() => window.utblick.settle()")


def _wire_choices(blocks: gr.Blocks, chat: Chat, states: _States, panels: list[gr.HTML]) -> None:
    header, _, scope, *_ = panels

    def render(exchanges: Exchanges, chosen: Scope, opened: Opened | None, language: str) -> tuple[str, ...]:
        return (
            chat.header(language),
            chat.conversation(exchanges, language),
            chat.scope(chosen, language),
            chat.composer(exchanges, language),
            chat.source(opened, exchanges, language),
        )

    def switch(exchanges: Exchanges, chosen: Scope, opened: Opened | None, event: gr.EventData) -> tuple[str, ...]:
        language = "en" if event._data.get("language") == "en" else "sv"
        return language, *render(exchanges, chosen, opened, language)

    def choose(language: str, event: gr.EventData) -> tuple[Scope, str]:
        chosen = chat.choose_scope(event._data)
        return chosen, chat.scope(chosen, language)

    kept = [states.exchanges, states.scope, states.opened]
    header.language(switch, kept, [states.language, *panels], **_AT_ONCE)
    scope.scope(choose, [states.language], [states.scope, scope], **_AT_ONCE)
    blocks.load(render, [*kept, states.language], panels, **_AT_ONCE)
