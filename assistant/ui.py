"""The page that staff see: its views, and how it is served."""

from typing import TYPE_CHECKING

from assistant.ui_chat import ChatView
from assistant.ui_server import listen, open_page
from assistant.ui_shell import build_page
from assistant.ui_state import Answering

if TYPE_CHECKING:
    import gradio


def build_ui(assistant: Answering, *, language: str = "sv") -> "gradio.Blocks":
    """The page as a Gradio app; `serve` or `ui_server.application` gives it its look and serves it.

    Args:
        assistant: What answers; shared by all sessions.
        language: `sv` or `en`, in which the page opens. Each session can change it.
    """
    return build_page([ChatView(assistant)], language=language)


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
