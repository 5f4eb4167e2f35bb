"""Serve the chat on this machine: one socket, one page, nothing from elsewhere."""

import asyncio
import ipaddress
import logging
import os
import socket
import sys
import webbrowser
from collections.abc import AsyncIterator, Sequence
from contextlib import asynccontextmanager, suppress
from pathlib import Path
from typing import TYPE_CHECKING, Protocol

from assistant.errors import AssistantError
from assistant.settings import Settings
from assistant.ui_sign_in import guard
from assistant.ui_visitor import Visitors

if TYPE_CHECKING:
    import gradio
    import uvicorn
    from fastapi import APIRouter, FastAPI
    from starlette.requests import Request
    from starlette.responses import Response
    from starlette.types import ASGIApp, Message, Receive, Send
    from starlette.types import Scope as Connection

STATIC = Path(__file__).parent / "static"
_LOOPBACK = ("127.0.0.1", "localhost", "::1", "[::1]")
_FONTS = ("system-ui", "-apple-system", "Segoe UI", "Roboto", "Noto Sans", "Liberation Sans", "Arial", "sans-serif")
_MONO = ("ui-monospace", "Consolas", "Liberation Mono", "monospace")
_HEADERS = {
    "content-security-policy": "default-src 'self'; script-src 'self' 'unsafe-inline' 'unsafe-eval'; "
    "style-src 'self' 'unsafe-inline'; img-src 'self' data: blob:; font-src 'self' data:; connect-src 'self'; "
    "object-src 'none'; base-uri 'self'; form-action 'self'; frame-ancestors 'none'",
    "referrer-policy": "no-referrer",
    "x-content-type-options": "nosniff",
    "x-frame-options": "DENY",
}


class Closing(Protocol):
    """What holds something that is to be let go."""

    def close(self) -> None:
        """Let it go."""


class ServeError(AssistantError):
    """The chat cannot listen where it was told to."""


def listen(host: str, port: int, *, allow_remote: bool = False) -> socket.socket:
    """A socket bound to `host` and `port`.

    Args:
        host: A name or address of this machine.
        port: 0 takes any free one.
        allow_remote: Permit an address that other machines reach, because users sign in or someone insists.

    Raises:
        ServeError: The port is taken, or the address is not permitted or not this machine's.
    """
    if not allow_remote and not is_loopback(host):
        raise ServeError(
            f"{host} can be reached from other machines, and nobody signs in to the chat: anyone there could read the "
            "documents. Use 127.0.0.1, or set sign_in to `users` or `proxy`. --allow-remote listens all the same."
        )
    family = socket.AF_INET6 if ":" in host else socket.AF_INET
    listener = socket.socket(family, socket.SOCK_STREAM)
    if os.name != "nt":
        listener.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
    try:
        listener.bind((host, port))
    except OSError as error:
        listener.close()
        raise ServeError(
            f"The chat cannot listen on {host}, port {port}: {error.strerror or error}. If another program has the "
            f"port, choose another: `utblick chat --port {port + 1}` or `make demo PORT={port + 1}`."
        ) from error
    return listener


def serve_application(
    app: "FastAPI", listener: socket.socket, host: str, settings: Settings, *, open_browser: bool = False
) -> None:
    """Serve an application on a bound socket until interrupted, and print its address on standard error."""
    import uvicorn

    port = listener.getsockname()[1]
    shown = f"[{host}]" if ":" in host else host
    address = f"http://{shown}:{port}/"
    sys.stderr.write(f"Utblick: {address}  (Ctrl+C stops it)\n")
    if open_browser:
        webbrowser.open(address)
    logging.getLogger("uvicorn.error").addFilter(_is_fault)
    with suppress(KeyboardInterrupt):
        uvicorn.Server(server_options(app, settings)).run(sockets=[listener])


def server_options(app: "FastAPI", settings: Settings) -> "uvicorn.Config":
    """How the application is served."""
    import uvicorn

    # Where a proxy's word decides who the user is, the address must be that of the proxy itself.
    return uvicorn.Config(
        app,
        log_level="warning",
        timeout_graceful_shutdown=1,
        proxy_headers=settings.sign_in != "proxy",
        forwarded_allow_ips=list(settings.trusted_proxies),
    )


def application(
    blocks: "gradio.Blocks",
    *,
    routers: Sequence["APIRouter"] = (),
    closing: Sequence[Closing] = (),
    language: str = "sv",
    only_loopback: bool = True,
    settings: Settings | None = None,
) -> "FastAPI":
    """The page as a web application, with its look, its scripts and headers that keep the browser to this server.

    Args:
        blocks: What `build_page` made.
        routers: What is served beside it.
        closing: What is closed when the application ends.
        language: In which the page opens.
        only_loopback: Answer only requests that name this machine, so that a page from elsewhere cannot reach the
            chat under a name of its own.
        settings: Who may come in, and under which names; None for the defaults.
    """
    import gradio as gr
    from fastapi import FastAPI
    from starlette.middleware.trustedhost import TrustedHostMiddleware
    from starlette.routing import Route

    settings = settings or Settings()

    @asynccontextmanager
    async def lifespan(_: FastAPI) -> AsyncIterator[None]:
        yield
        for one in closing:
            one.close()

    app = FastAPI(lifespan=lifespan, docs_url=None, redoc_url=None, openapi_url=None)
    app.add_middleware(Visitors)
    guard(app, settings)
    app.add_middleware(_Headers, https=settings.https)
    if only_loopback or settings.hosts:
        app.add_middleware(TrustedHostMiddleware, allowed_hosts=[*_LOOPBACK, *settings.hosts])
    for router in routers:
        app.include_router(router)
    # Gradio would take files of any size from whoever opens the page; none of its parts here asks for one.
    app.router.routes.append(Route("/gradio_api/upload", _nothing_here, methods=["POST"]))
    script = "\n".join(path.read_text("utf-8") for path in _assets("js"))
    gr.mount_gradio_app(
        app,
        blocks,
        path="/",
        footer_links=[],
        run_history=False,
        show_error=False,
        ssr_mode=False,
        enable_monitoring=False,
        pwa=False,
        mcp_server=False,
        favicon_path=str(STATIC / "icon.svg"),
        theme=gr.themes.Base(font=list(_FONTS), font_mono=list(_MONO)),
        css_paths=_assets("css"),
        head=f"<script>document.documentElement.lang = {language!r};\n{script}</script>",
    )
    return app


def _nothing_here(request: "Request") -> "Response":
    from starlette.responses import PlainTextResponse

    return PlainTextResponse("Nothing is received here.", 404)


def _assets(kind: str) -> list[Path]:
    """The scripts or the style sheets of the page: what all views need, then those of the views."""
    return [STATIC / f"shell.{kind}", *sorted(path for path in STATIC.glob(f"*.{kind}") if path.stem != "shell")]


class _Headers:
    """Adds the security headers to every response that has none of its own."""

    def __init__(self, app: "ASGIApp", https: bool = False) -> None:
        self._app = app
        self._headers = [(name.encode(), value.encode()) for name, value in _HEADERS.items()]
        if https:
            self._headers.append((b"strict-transport-security", b"max-age=31536000"))

    async def __call__(self, scope: "Connection", receive: "Receive", send: "Send") -> None:
        async def send_with_headers(message: "Message") -> None:
            if message["type"] == "http.response.start":
                theirs = list(message.get("headers", ()))
                stated = {name for name, _ in theirs}
                ours = [pair for pair in self._headers if pair[0] not in stated]
                message = {**message, "headers": [*theirs, *ours]}
            await send(message)

        await self._app(scope, receive, send_with_headers)


def _is_fault(record: logging.LogRecord) -> bool:
    """Leaves out of the log that open pages were let go when the chat was stopped."""
    cancelled = record.exc_info is not None and isinstance(record.exc_info[1], asyncio.CancelledError)
    return not cancelled and "graceful shutdown exceeded" not in record.getMessage()


def is_loopback(host: str) -> bool:
    """Whether an address or name is this machine's own, reached by no other."""
    if host == "localhost":
        return True
    try:
        return ipaddress.ip_address(host).is_loopback
    except ValueError:
        return False
