"""The page around the views: header, one view at a time, and a language in which all of it is drawn.

A view makes its parts with `part` and hands them back as panels; each panel knows how to draw itself from the states
that it names, so that a change of language and a reload of the page draw every view anew. Which view is seen is the
browser's business (`static/shell.js`): the address ends in `#compare`, and the way back works.
"""

import os
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Protocol

os.environ["GRADIO_ANALYTICS_ENABLED"] = "False"  # read when gradio is imported

import gradio as gr

from assistant.access import name_of
from assistant.ui_documents import header_html
from assistant.ui_language import texts_in
from assistant.ui_visitor import Visitor, user_of

CONCURRENT_QUESTIONS = 8

QUIET = {"show_progress": "hidden", "api_visibility": "private"}
"""Options of an event that waits its turn, such as a question."""

AT_ONCE = {**QUIET, "queue": False}
"""Options of an event that is done at once."""


@dataclass(frozen=True, slots=True)
class Panel:
    """A part of the page that is drawn anew when the language changes and when the page is loaded.

    Attributes:
        html: The part.
        draw: Its HTML; given the values of `states`, then the `Visitor`.
        states: What it is drawn from, beside the language.
    """

    html: gr.HTML
    draw: Callable[..., str]
    states: Sequence[gr.State] = ()


@dataclass(frozen=True, slots=True)
class Restored:
    """A state that is set when the page is loaded.

    Attributes:
        state: The state.
        value: Its value; given the request, whose `query_params` are those of the page's address.
    """

    state: gr.State
    value: Callable[[gr.Request], object]


class View(Protocol):
    """One of the page's views.

    Attributes:
        name: As in the address and in `Texts.views`; small letters.
    """

    name: str

    def build(self, language: gr.State, opening: str) -> Sequence[Panel | Restored]:
        """Make the view's parts where the page is being built, and wire their events.

        Args:
            language: State with the language of the session.
            opening: Language in which the page opens.

        Returns:
            The parts as panels, and the states that are set when the page is loaded.
        """


def part(value: str, name: str, events: Sequence[str]) -> gr.HTML:
    """A part of the page; the events that it sends are named in its script, as `gr.HTML` asks.

    Args:
        value: Its HTML.
        name: Its `id`, and the name under which a script sets it up.
        events: Values of `data-event` that its buttons have; `show` comes whenever its view is opened.
    """
    script = f"window.utblick.connect(element, trigger, watch, '{name}', [{', '.join(map(repr, events))}]);"
    return gr.HTML(value, elem_id=name, js_on_load=script, apply_default_css=False)


def build_page(views: Sequence[View], *, language: str = "sv", sign_out: bool = False) -> gr.Blocks:
    """The page with its views, the first of which is shown.

    Args:
        views: In the order of the header.
        language: `sv` or `en`, in which the page opens. Each session can change it.
        sign_out: Whether whoever is signed in can sign out here.
    """
    names = [view.name for view in views]

    def draw_header(visitor: Visitor) -> str:
        return header_html(names, texts_in(visitor.language), name_of(visitor.user), sign_out=sign_out)

    with gr.Blocks(title="Utblick", analytics_enabled=False, fill_width=True) as blocks:
        state = gr.State(language)
        header = part(draw_header(Visitor("", language)), "ub-header", ["language"])
        made: list[Panel | Restored] = [Panel(header, draw_header)]
        for view in views:
            with gr.Column(elem_id=f"ub-view-{view.name}", elem_classes="ub-view"):
                made += view.build(state, language)
        _wire_drawing(blocks, state, header, made)
    blocks.queue(default_concurrency_limit=CONCURRENT_QUESTIONS, api_open=False)
    return blocks


def _wire_drawing(blocks: gr.Blocks, language: gr.State, header: gr.HTML, made: Sequence[Panel | Restored]) -> None:
    """Every panel follows a change of language, and is drawn from what the session has when the page is loaded."""
    panels = [one for one in made if isinstance(one, Panel)]
    restored = [one for one in made if isinstance(one, Restored)]
    states = list(dict.fromkeys(state for panel in panels for state in panel.states))
    parts = [panel.html for panel in panels]

    def draw(values: Mapping[gr.State, object], visitor: Visitor) -> list[str]:
        return [panel.draw(*(values[state] for state in panel.states), visitor) for panel in panels]

    def load(request: gr.Request, *values: object) -> list[object]:
        fresh = [one.value(request) for one in restored]
        held = dict(zip(states, values[:-1], strict=True))
        held.update(zip((one.state for one in restored), fresh, strict=True))
        return [*fresh, *draw(held, Visitor(user_of(request), str(values[-1])))]

    def switch(event: gr.EventData, request: gr.Request, *values: object) -> list[object]:
        chosen = "en" if event._data.get("language") == "en" else "sv"
        return [chosen, *draw(dict(zip(states, values, strict=True)), Visitor(user_of(request), chosen))]

    header.language(switch, states, [language, *parts], **AT_ONCE)
    blocks.load(load, [*states, language], [*(one.state for one in restored), *parts], **AT_ONCE)
