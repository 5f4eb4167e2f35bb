"""The page that staff see: its views, what it keeps, and how it is served."""

from pathlib import Path
from typing import TYPE_CHECKING

from assistant.access import Access
from assistant.archive import Archive
from assistant.comparisons import Comparisons
from assistant.library import Library
from assistant.originals import Originals
from assistant.settings import Settings
from assistant.ui_chat import ChatView
from assistant.ui_compare import CompareView
from assistant.ui_compare_routes import export_routes
from assistant.ui_events import Chat
from assistant.ui_kept import Kept
from assistant.ui_library import LibraryView
from assistant.ui_library_routes import upload_routes
from assistant.ui_routes import routes
from assistant.ui_server import Closing, application, is_loopback, listen, serve_application
from assistant.ui_shell import View, build_page
from assistant.ui_state import Answering

if TYPE_CHECKING:
    from fastapi import FastAPI

    from vectorstore.store import Store

COMPARISONS = "comparisons"
"""Folder of the comparisons, in the folder of the store."""


def make_app(
    assistant: Answering,
    *,
    folder: Path | None = None,
    conversation_days: int = 90,
    language: str = "sv",
    only_loopback: bool = True,
    settings: Settings | None = None,
    library: Library | None = None,
) -> "FastAPI":
    """The page as a web application.

    Args:
        assistant: What answers; shared by all sessions.
        folder: The data folder, in which conversations, comparisons and feedback are kept; None keeps conversations
            and comparisons in memory and no feedback.
        conversation_days: For how many days a conversation is kept; 0 keeps conversations in memory.
        language: `sv` or `en`, in which the page opens. Each session can change it.
        only_loopback: Answer only requests that name this machine.
        settings: Who may come in, and what they may do; None for the defaults.
        library: What is in the store, and how it is changed; closed with the application. None leaves its view out.

    Raises:
        ArchiveError: Conversations cannot be kept in the folder.
    """
    settings = settings or Settings()
    access = Access.by(settings, local=only_loopback)
    days = conversation_days if folder is not None else 0
    archive = Archive(folder if days else None, days)
    originals = Originals()
    comparisons = Comparisons(
        assistant,
        folder / COMPARISONS if folder is not None and days else None,
        days=days,
        longest=settings.max_question_characters,
        at_once=_at_once(settings),
    )
    chat = Chat(assistant, Kept(archive, folder, days), originals)
    views: list[View] = [ChatView(chat), CompareView(assistant, chat, comparisons)]
    routers = [routes(assistant, archive, originals), export_routes(assistant, comparisons, https=settings.https)]
    closing: list[Closing] = [comparisons, originals, archive]
    if library is not None:
        views.append(LibraryView(library, access, settings.max_file_megabytes))
        routers.append(upload_routes(library, access))
        closing.insert(0, library)
    blocks = build_page(views, language=language, sign_out=settings.sign_in == "users")
    return application(
        blocks, routers=routers, closing=closing, language=language, only_loopback=only_loopback, settings=settings
    )


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
        settings: Where to listen, who may come in, what they may do, and what is kept.
        store: Where the documents are; None leaves the library view out.
        open_browser: Open the page in the machine's browser.
        allow_remote: Permit a host that other machines reach although nobody signs in; anyone there can then ask and
            read, but not change the library.

    Raises:
        ArchiveError: Conversations cannot be kept in the folder.
        ServeError: The port is taken, or the host is not this machine's own, nobody signs in and `allow_remote` is not
            set.
    """
    listener = listen(settings.host, settings.port, allow_remote=allow_remote or settings.sign_in != "none")
    library = Library(store, settings) if store is not None else None
    app = make_app(
        assistant,
        folder=settings.data,
        conversation_days=settings.conversation_days,
        language=settings.language,
        only_loopback=is_loopback(settings.host),
        settings=settings,
        library=library,
    )
    if library is not None:
        library.resume()
    serve_application(app, listener, settings.host, settings, open_browser=open_browser)


def _at_once(settings: Settings) -> int:
    """How many cells of comparisons are filled at a time: a model elsewhere can do more than this machine."""
    return 1 if settings.model == "extractive" else 4
