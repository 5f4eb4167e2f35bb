"""The page that staff see: its views, and how it is served."""

from functools import partial
from typing import TYPE_CHECKING

from assistant.access import Access
from assistant.comparisons import Comparisons
from assistant.library import Library
from assistant.settings import Settings
from assistant.ui_chat import ChatView
from assistant.ui_compare import CompareView
from assistant.ui_compare_routes import add_export_routes
from assistant.ui_library import LibraryView
from assistant.ui_library_routes import add_upload_route
from assistant.ui_server import application, is_loopback, listen, open_page
from assistant.ui_shell import View, build_page
from assistant.ui_state import Answering

if TYPE_CHECKING:
    import gradio
    from fastapi import FastAPI

    from vectorstore.store import Store


def build_ui(
    assistant: Answering,
    *,
    language: str = "sv",
    library: Library | None = None,
    access: Access | None = None,
    comparisons: Comparisons | None = None,
    settings: Settings | None = None,
) -> "gradio.Blocks":
    """The page as a Gradio app; `serve` or `ui_server.application` gives it its look and serves it.

    Args:
        assistant: What answers; shared by all sessions.
        language: `sv` or `en`, in which the page opens. Each session can change it.
        library: What is in the store, and how it is changed; None leaves the library view out.
        access: Who may change the library; None for whoever uses this machine.
        comparisons: Those made and in the making; None leaves the compare view out.
        settings: None for the defaults.
    """
    settings = settings or Settings()
    views: list[View] = [ChatView(assistant)]
    if comparisons is not None:
        views.append(CompareView(assistant, comparisons))
    if library is not None:
        views.append(LibraryView(library, access or Access(), settings.max_file_megabytes))
    return build_page(views, language=language, sign_out=settings.sign_in == "users")


def create_app(
    assistant: Answering, settings: Settings, library: Library | None, comparisons: Comparisons, *, local: bool = True
) -> "FastAPI":
    """The whole page as a web application.

    Args:
        assistant: What answers.
        settings: Who may come in, and what they may do.
        library: What is in the store, and how it is changed; None leaves the library view out.
        comparisons: Those made and in the making.
        local: Whether only this machine reaches it.
    """
    access = Access.by(settings, local=local)
    blocks = build_ui(
        assistant,
        language=settings.language,
        library=library,
        access=access,
        comparisons=comparisons,
        settings=settings,
    )
    extend = [partial(add_export_routes, comparisons=comparisons)]
    if library is not None:
        extend.append(partial(add_upload_route, library=library, access=access))
    return application(blocks, language=settings.language, only_loopback=local, settings=settings, extend=extend)


def serve(
    assistant: Answering,
    settings: Settings,
    *,
    store: "Store | None" = None,
    open_browser: bool = False,
    allow_remote: bool = False,
) -> None:
    """Serve the page until interrupted, and print its address.

    Args:
        assistant: What answers.
        settings: Where to listen, who may come in, and what they may do.
        store: Where the documents are; None leaves the library view out.
        open_browser: Open the page in the machine's browser.
        allow_remote: Permit a host that other machines reach although nobody signs in.

    Raises:
        ServeError: The port is taken, or the host is not this machine's own, nobody signs in, and `allow_remote` is
            not set.
    """
    permitted = allow_remote or settings.sign_in != "none"
    listener = listen(settings.host, settings.port, allow_remote=permitted)
    library = Library(store, settings) if store is not None else None
    comparisons = Comparisons(
        assistant, settings.data / "comparisons", longest=settings.max_question_characters, at_once=_at_once(settings)
    )
    local = is_loopback(settings.host)
    app = create_app(assistant, settings, library, comparisons, local=local)
    if library is not None:
        library.resume()
    try:
        open_page(app, listener, settings.host, settings, open_browser=open_browser)
    finally:
        comparisons.close()
        if library is not None:
            library.close()


def _at_once(settings: Settings) -> int:
    """How many cells of comparisons are filled at a time: a model elsewhere can do more than this machine."""
    return 1 if settings.model == "extractive" else 4
