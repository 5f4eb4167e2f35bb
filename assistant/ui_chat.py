"""The chat view: the conversation with its question box on one side, the source of a citation on the other.

All that is shown is HTML of our own in `gr.HTML`, so that no label of Gradio's appears in another language than the
page's. A button says with `data-event` what it does; `static/shell.js` hands that on with the button's other `data-`
attributes, and the handlers in `ui_events.py` answer with new HTML.
"""

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

import gradio as gr

from assistant.answers import Scope
from assistant.ui_events import Chat, Exchanges
from assistant.ui_shell import AT_ONCE, CONCURRENT_QUESTIONS, QUIET, Panel, part
from assistant.ui_state import Answering, Opened
from assistant.ui_visitor import Visitor


class ChatView:
    """The chat as a view of the page.

    Args:
        assistant: What answers; shared by all sessions.
    """

    name = "chat"

    def __init__(self, assistant: Answering) -> None:
        self._chat = Chat(assistant)

    def build(self, language: gr.State, opening: str) -> list[Panel]:
        """Make the view's parts where the page is being built, and wire their events."""
        chat = self._chat
        states = _States(language)
        with gr.Row(elem_id="ub-layout"):
            with gr.Column(elem_id="ub-chat"):
                conversation = part("", "ub-conversation", ["cite", "passage", "example", "show"])
                with gr.Column(elem_id="ub-ask"):
                    scope = part("", "ub-scope", ["scope", "show"])
                    composer = part(chat.composer((), opening), "ub-composer", ["ask", "stop", "new"])
            with gr.Column(elem_id="ub-side"):
                source = part("", "ub-source", ["cite", "turn", "document", "close", "show"])
        parts = _Parts(conversation, scope, composer, source)
        _wire_asking(chat, states, parts)
        _wire_sources(chat, states, parts)
        _wire_scope(chat, states, parts)
        _wire_return(chat, states, parts)
        return _panels(chat, states, parts)


@dataclass(frozen=True, slots=True)
class _Parts:
    """The parts of the view."""

    conversation: gr.HTML
    scope: gr.HTML
    composer: gr.HTML
    source: gr.HTML


class _States:
    """What each session keeps. Every state is written by one family of events only, so none undoes another's."""

    def __init__(self, language: gr.State) -> None:
        self.language = language
        self.exchanges = gr.State(())
        self.scope = gr.State(Scope())
        self.opened = gr.State(None)


def _panels(chat: Chat, states: _States, parts: _Parts) -> list[Panel]:
    def conversation(exchanges: Exchanges, visitor: Visitor) -> str:
        return chat.conversation(exchanges, visitor.language)

    def scope(chosen: Scope, visitor: Visitor) -> str:
        return chat.scope(chosen, visitor.language)

    def composer(exchanges: Exchanges, visitor: Visitor) -> str:
        return chat.composer(exchanges, visitor.language)

    def source(opened: Opened | None, exchanges: Exchanges, visitor: Visitor) -> str:
        return chat.source(opened, exchanges, visitor.language)

    return [
        Panel(parts.conversation, conversation, [states.exchanges]),
        Panel(parts.scope, scope, [states.scope]),
        Panel(parts.composer, composer, [states.exchanges]),
        Panel(parts.source, source, [states.opened, states.exchanges]),
    ]


def _wire_asking(chat: Chat, states: _States, parts: _Parts) -> None:
    conversation, composer, source = parts.conversation, parts.composer, parts.source

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
            **QUIET,
        )
        for trigger in (composer.ask, conversation.example)
    ]
    for event in asking:
        event.success(settle, kept, [conversation, composer], **AT_ONCE)
    stopped = composer.stop(chat.stop, kept, shown, cancels=asking, **AT_ONCE)
    stopped.then(chat.stop, kept, shown, **AT_ONCE)
    left = composer.new(begin_anew, kept, everything, cancels=asking, **AT_ONCE)
    left.then(begin_anew, kept, everything, **AT_ONCE)


def _wire_sources(chat: Chat, states: _States, parts: _Parts) -> None:
    conversation, source = parts.conversation, parts.source

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
        trigger(handler, inputs, shown, **AT_ONCE).then(None, js="() => window.utblick.settle()")


def _wire_scope(chat: Chat, states: _States, parts: _Parts) -> None:
    def choose(language: str, event: gr.EventData) -> tuple[Scope, str]:
        chosen = chat.choose_scope(event._data)
        return chosen, chat.scope(chosen, language)

    parts.scope.scope(choose, [states.language], [states.scope, parts.scope], **AT_ONCE)


def _wire_return(chat: Chat, states: _States, parts: _Parts) -> None:
    """When the view is opened again, what it says of the documents may have changed; what is being read stays."""

    def welcome(exchanges: Exchanges, language: str) -> Any:  # noqa: ANN401 - Gradio's word for no change
        return gr.skip() if exchanges else chat.conversation(exchanges, language)

    def list_documents(opened: Opened | None, language: str) -> Any:  # noqa: ANN401
        return gr.skip() if opened else chat.source(None, (), language)

    parts.conversation.show(welcome, [states.exchanges, states.language], [parts.conversation], **AT_ONCE)
    parts.scope.show(chat.scope, [states.scope, states.language], [parts.scope], **AT_ONCE)
    parts.source.show(list_documents, [states.opened, states.language], [parts.source], **AT_ONCE)
