"""The page that staff see: its views, what it keeps, and how it is served."""

from pathlib import Path
from typing import TYPE_CHECKING

from assistant.archive import Archive
from assistant.originals import Originals
from assistant.ui_chat import ChatView
from assistant.ui_events import Chat
from assistant.ui_kept import Kept
from assistant.ui_routes import routes
from assistant.ui_server import application, is_loopback, listen, serve_application
from assistant.ui_shell import build_page
from assistant.ui_state import Answering

if TYPE_CHECKING:
    from fastapi import FastAPI


def make_app(
    assistant: Answering,
    *,
    folder: Path | None = None,
    conversation_days: int = 90,
    language: str = "sv",
    only_loopback: bool = True,
) -> "FastAPI":
    """The page as a web application.

    Args:
        assistant: What answers; shared by all sessions.
        folder: The data folder, in which conversations and feedback are kept; None keeps conversations in memory and
            no feedback.
        conversation_days: For how many days a conversation is kept; 0 keeps conversations in memory.
        language: `sv` or `en`, in which the page opens. Each session can change it.
        only_loopback: Answer only requests that name this machine.

    Raises:
        ArchiveError: Conversations cannot be kept in the folder.
    """
    days = conversation_days if folder is not None else 0
    archive = Archive(folder if days else None, days)
    originals = Originals()
    chat = Chat(assistant, Kept(archive, folder, days), originals)
    blocks = build_page([ChatView(chat)], language=language)
    served = routes(assistant, archive, originals)
    return application(
        blocks, routers=[served], closing=[originals, archive], language=language, only_loopback=only_loopback
    )


def serve(
    assistant: Answering,
    host: str = "127.0.0.1",
    port: int = 7860,
    open_browser: bool = False,
    *,
    folder: Path | None = None,
    conversation_days: int = 90,
    allow_remote: bool = False,
    language: str = "sv",
) -> None:
    """Serve the page until interrupted, and print its address.

    Args:
        assistant: What answers.
        host: Address to listen on.
        port: Port to listen on.
        open_browser: Open the page in the machine's browser.
        folder: The data folder, as in `make_app`.
        conversation_days: For how many days a conversation is kept.
        allow_remote: Permit a host that other machines reach; anyone there can then ask and read.
        language: In which the page opens.

    Raises:
        ArchiveError: Conversations cannot be kept in the folder.
        ServeError: The port is taken, or the host is not this machine's own and `allow_remote` is not set.
    """
    listener = listen(host, port, allow_remote=allow_remote)
    app = make_app(
        assistant,
        folder=folder,
        conversation_days=conversation_days,
        language=language,
        only_loopback=is_loopback(host),
    )
    serve_application(app, listener, host, open_browser=open_browser)
