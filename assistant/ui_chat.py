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
from assistant.ui_events import Chat
from assistant.ui_shell import AT_ONCE, CONCURRENT_QUESTIONS, QUIET, Panel, Restored, part
from assistant.ui_state import Exchanges, Opened
from assistant.ui_visitor import Visitor, user_of


class ChatView:
    """The chat as a view of the page.

    Args:
        chat: Its handlers.
    """

    name = "chat"

    def __init__(self, chat: Chat) -> None:
        self._chat = chat

    def build(self, language: gr.State, opening: str) -> list[Panel | Restored]:
        """Make the view's parts where the page is being built, and wire their events."""
        chat = self._chat
        states = _States(language)
        with gr.Row(elem_id="ub-layout"):
            with gr.Column(elem_id="ub-chat"):
                history = part("", "ub-history", ["open", "forget"])
                conversation = part("", "ub-conversation", ["cite", "passage", "example", "link", "judge", "show"])
                with gr.Column(elem_id="ub-ask"):
                    scope = part("", "ub-scope", ["scope", "show"])
                    composer = part(chat.composer((), opening), "ub-composer", ["ask", "stop", "new"])
            with gr.Column(elem_id="ub-side"):
                source = part("", "ub-source", ["cite", "turn", "look", "document", "close", "show"])
        parts = _Parts(history, conversation, scope, composer, source)
        _wire_asking(chat, states, parts)
        _wire_keeping(chat, states, parts)
        _wire_sources(chat, states, parts)
        _wire_scope(chat, states, parts)
        _wire_return(chat, states, parts)
        return [Restored(states.exchanges, lambda request: _restored(chat, request)), *_panels(chat, states, parts)]


@dataclass(frozen=True, slots=True)
class _Parts:
    """The parts of the view."""

    history: gr.HTML
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


def _restored(chat: Chat, request: gr.Request) -> Exchanges:
    """What the page's address asks for: `?answer=` is a link to an answer, `?conversation=` one that was left."""
    asked, user = request.query_params, user_of(request)
    if "answer" in asked:
        return chat.kept.open_link(asked["answer"], user)
    return chat.kept.open_conversation(asked["conversation"], user) if "conversation" in asked else ()


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
        Panel(parts.history, chat.kept.history, [states.exchanges]),
        Panel(parts.conversation, conversation, [states.exchanges]),
        Panel(parts.scope, scope, [states.scope]),
        Panel(parts.composer, composer, [states.exchanges]),
        Panel(parts.source, source, [states.opened, states.exchanges]),
    ]


def _wire_asking(chat: Chat, states: _States, parts: _Parts) -> None:
    conversation, composer, source, history = parts.conversation, parts.composer, parts.source, parts.history

    def ask(
        exchanges: Exchanges, scope: Scope, language: str, request: gr.Request, event: gr.EventData
    ) -> Iterator[tuple[Any, ...]]:
        question = str(event._data.get("question", ""))
        yield from chat.ask(question, exchanges, scope, Visitor(user_of(request), language))

    def settle(exchanges: Exchanges, language: str, request: gr.Request) -> tuple[str, str, str]:
        """Once more in the language that the page has now, and without what a stopped answer may still have shown."""
        earlier = chat.kept.history(exchanges, Visitor(user_of(request), language))
        return chat.conversation(exchanges, language), chat.composer(exchanges, language), earlier

    def stop(exchanges: Exchanges, language: str, request: gr.Request) -> tuple[Any, ...]:
        visitor = Visitor(user_of(request), language)
        exchanges, shown, form = chat.stop(exchanges, visitor)
        return exchanges, shown, form, chat.kept.history(exchanges, visitor)

    def begin_anew(exchanges: Exchanges, language: str, request: gr.Request) -> tuple[Any, ...]:
        chat.stop(exchanges, Visitor(user_of(request), language))
        return _drawn(chat, (), Visitor(user_of(request), language))

    kept = [states.exchanges, states.language]
    shown = [states.exchanges, conversation, composer]
    everything = [states.exchanges, states.opened, conversation, composer, source, history]
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
        event.success(settle, kept, [conversation, composer, history], **AT_ONCE)
    stopped = composer.stop(stop, kept, [*shown, history], cancels=asking, **AT_ONCE)
    stopped.then(stop, kept, [*shown, history], **AT_ONCE)
    left = composer.new(begin_anew, kept, everything, cancels=asking, **AT_ONCE)
    left.then(begin_anew, kept, everything, **AT_ONCE)


def _wire_keeping(chat: Chat, states: _States, parts: _Parts) -> None:
    def open_conversation(language: str, request: gr.Request, event: gr.EventData) -> tuple[Any, ...]:
        user = user_of(request)
        opened = chat.kept.open_conversation(str(event._data.get("conversation", "")), user)
        return _drawn(chat, opened, Visitor(user, language))

    def forget(exchanges: Exchanges, language: str, request: gr.Request, event: gr.EventData) -> tuple[Any, ...]:
        visitor = Visitor(user_of(request), language)
        return _drawn(chat, chat.forget(event._data, exchanges, visitor), visitor)

    def link(request: gr.Request, event: gr.EventData) -> None:
        chat.kept.link(event._data, user_of(request))

    def judge(exchanges: Exchanges, language: str, request: gr.Request, event: gr.EventData) -> str:
        return chat.judge(event._data, exchanges, Visitor(user_of(request), language))

    kept = [states.exchanges, states.language]
    everything = [states.exchanges, states.opened]
    everything += [parts.conversation, parts.composer, parts.source, parts.history]
    parts.history.open(open_conversation, [states.language], everything, **AT_ONCE)
    parts.history.forget(forget, kept, everything, **AT_ONCE)
    parts.conversation.link(link, None, None, **AT_ONCE)
    parts.conversation.judge(judge, kept, [parts.conversation], **AT_ONCE)


def _drawn(chat: Chat, exchanges: Exchanges, visitor: Visitor) -> tuple[Any, ...]:
    """Another conversation in the place of the one on the page, with no source open."""
    language = visitor.language
    return (
        exchanges,
        None,
        chat.conversation(exchanges, language),
        chat.composer(exchanges, language),
        chat.source(None, (), language),
        chat.kept.history(exchanges, visitor),
    )


def _wire_sources(chat: Chat, states: _States, parts: _Parts) -> None:
    conversation, source = parts.conversation, parts.source

    def cite(opened: Opened | None, exchanges: Exchanges, language: str, event: gr.EventData) -> tuple[Any, ...]:
        opened = chat.cite(event._data, exchanges, opened)
        return opened, chat.source(opened, exchanges, language)

    def passage(exchanges: Exchanges, language: str, event: gr.EventData) -> tuple[Any, ...]:
        opened = chat.passage(event._data, exchanges)
        return opened, chat.source(opened, exchanges, language)

    def turn_page(opened: Opened | None, exchanges: Exchanges, language: str, event: gr.EventData) -> tuple[Any, ...]:
        opened = chat.turn_page(event._data, opened)
        return opened, chat.source(opened, exchanges, language)

    def look(opened: Opened | None, exchanges: Exchanges, language: str, event: gr.EventData) -> tuple[Any, ...]:
        opened = chat.look(event._data, opened)
        return opened, chat.source(opened, exchanges, language)

    def browse(language: str, event: gr.EventData) -> tuple[Any, ...]:
        opened = chat.browse(event._data)
        return opened, chat.source(opened, (), language)

    def close(language: str) -> tuple[Any, ...]:
        return None, chat.source(None, (), language)

    asked, shown = [states.exchanges, states.language], [states.opened, source]
    for trigger, handler, inputs in (
        (conversation.cite, cite, [states.opened, *asked]),
        (conversation.passage, passage, asked),
        (source.cite, cite, [states.opened, *asked]),
        (source.turn, turn_page, [states.opened, *asked]),
        (source.look, look, [states.opened, *asked]),
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
