"""The door of the chat: who comes in, by name and password or by the word of a proxy, and no page from elsewhere."""

import ipaddress
import logging
import secrets
from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING
from urllib.parse import parse_qs, quote, urlsplit

from assistant.access import SIGNED_IN
from assistant.errors import UsersError
from assistant.settings import Settings
from assistant.throttle import Throttle
from assistant.ui_language import LANGUAGES
from assistant.ui_sign_in_page import SIGN_IN, sign_in_html
from assistant.users import FILE, Users, normal_name, write_privately

if TYPE_CHECKING:
    from fastapi import FastAPI
    from starlette.requests import Request
    from starlette.responses import Response
    from starlette.types import ASGIApp, Receive, Send
    from starlette.types import Scope as Connection

SESSION_COOKIE = "utblick-session"
SIGN_OUT = "/sign-out"

_log = logging.getLogger(__name__)
_KEY = "session.key"
_SAFE_METHODS = frozenset({"GET", "HEAD", "OPTIONS"})
_MOST_BYTES = 16_384


def guard(app: "FastAPI", settings: Settings) -> None:
    """Let in whom the settings say, and nothing that a page from elsewhere sends. Before what reads the user."""
    from starlette.middleware.sessions import SessionMiddleware
    from starlette.routing import Route

    if settings.sign_in == "users":
        users = Users(settings.data / FILE)
        door = _Door(users, settings.language)
        app.router.routes += [
            Route(SIGN_IN, door.show, methods=["GET"]),
            Route(SIGN_IN, door.enter, methods=["POST"]),
            Route(SIGN_OUT, door.leave, methods=["POST"]),
        ]
        app.add_middleware(_ByPassword, door=door)
        app.add_middleware(
            SessionMiddleware,
            secret_key=session_key(settings.data),
            session_cookie=SESSION_COOKIE,
            max_age=round(settings.session_hours * 3600),
            same_site="lax",
            https_only=settings.https,
        )
    elif settings.sign_in == "proxy":
        app.add_middleware(_ByProxy, header=settings.proxy_header, trusted=settings.trusted_proxies)
    app.add_middleware(SameOrigin)


def session_key(folder: Path) -> str:
    """The key with which sessions are signed; made once, and readable by its owner only. Deleting it ends them all.

    Raises:
        OSError: It cannot be read or written.
    """
    file = folder / _KEY
    if not file.exists() or not file.read_text("utf-8").strip():
        folder.mkdir(parents=True, exist_ok=True)
        write_privately(file, secrets.token_urlsafe(48))
    return file.read_text("utf-8").strip()


class SameOrigin:
    """Refuses what a page of another origin has the browser send, whatever cookies come with it.

    A browser tells of itself where a request comes from, in `Sec-Fetch-Site` or in `Origin`; programs send neither.
    """

    def __init__(self, app: "ASGIApp") -> None:
        self._app = app

    async def __call__(self, scope: "Connection", receive: "Receive", send: "Send") -> None:
        """Handle one connection."""
        from starlette.responses import PlainTextResponse

        if scope["type"] == "http" and scope["method"] not in _SAFE_METHODS and not _is_same_origin(scope):
            refusal = PlainTextResponse("This request comes from a page of another site; it was refused.", 403)
            await refusal(scope, receive, send)
            return
        await self._app(scope, receive, send)


def _is_same_origin(scope: "Connection") -> bool:
    site, origin = _header(scope, "sec-fetch-site"), _header(scope, "origin")
    if site:
        return site in ("same-origin", "none")
    return not origin or urlsplit(origin).netloc == _header(scope, "host")


class _ByProxy:
    """Takes the word of a trusted proxy on who the user is; without it, nobody comes in."""

    def __init__(self, app: "ASGIApp", header: str, trusted: Sequence[str]) -> None:
        self._app = app
        self._header = header.lower()
        self._trusted = [ipaddress.ip_network(network, strict=False) for network in trusted]

    async def __call__(self, scope: "Connection", receive: "Receive", send: "Send") -> None:
        """Handle one connection."""
        from starlette.responses import PlainTextResponse

        if scope["type"] == "lifespan":
            await self._app(scope, receive, send)
            return
        names = [value for name, value in scope["headers"] if name.decode("latin-1").lower() == self._header]
        user = normal_name(names[0].decode("utf-8", "replace")) if len(names) == 1 else ""
        if not self._is_trusted(scope):
            await PlainTextResponse("The chat is reached through its sign-in only.", 403)(scope, receive, send)
        elif not user or not user.isprintable():
            _log.warning("The proxy named no user in the header %s; see the setting proxy_header.", self._header)
            await PlainTextResponse("The sign-in did not say who you are.", 401)(scope, receive, send)
        else:
            scope.setdefault("state", {})["user"] = SIGNED_IN + user
            await self._app(scope, receive, send)

    def _is_trusted(self, scope: "Connection") -> bool:
        try:
            address = ipaddress.ip_address((scope.get("client") or ("", 0))[0])
        except ValueError:
            return False
        mapped = getattr(address, "ipv4_mapped", None) or address
        return any(mapped in network for network in self._trusted)


class _ByPassword:
    """Lets in whoever has a session; sends a browser that has none to the sign-in page."""

    def __init__(self, app: "ASGIApp", door: "_Door") -> None:
        self._app = app
        self._door = door

    async def __call__(self, scope: "Connection", receive: "Receive", send: "Send") -> None:
        """Handle one connection."""
        from starlette.responses import PlainTextResponse, RedirectResponse

        if scope["type"] == "lifespan" or (scope["type"] == "http" and scope["path"] in (SIGN_IN, SIGN_OUT)):
            await self._app(scope, receive, send)
            return
        user = self._door.user(scope["session"])
        if user:
            scope.setdefault("state", {})["user"] = SIGNED_IN + user
            await self._app(scope, receive, send)
        elif scope["type"] == "http" and scope["method"] == "GET" and "text/html" in _header(scope, "accept"):
            query = scope.get("query_string", b"").decode("latin-1")
            wanted = quote(scope["path"] + (f"?{query}" if query else ""), safe="")
            await RedirectResponse(f"{SIGN_IN}?next={wanted}", 303)(scope, receive, send)
        elif scope["type"] == "http":
            await PlainTextResponse("Sign in first.", 401)(scope, receive, send)
        else:
            await send({"type": "websocket.close", "code": 1008})


class _Door:
    """The sign-in page and the sessions that it gives.

    A session names the user and holds a stamp of the password's hash, so that it ends when the password is changed or
    the user is removed; one that was left is not taken again while the program runs.
    """

    def __init__(self, users: Users, language: str) -> None:
        self._users = users
        self._language = language
        self._throttle = Throttle()
        self._left: set[str] = set()

    def user(self, session: dict[str, object]) -> str:
        """Whose session it is; empty where it is nobody's."""
        name, stamp = str(session.get("user", "")), session.get("stamp")
        if not name or stamp is None or session.get("id") in self._left:
            return ""
        try:
            return name if self._users.stamp(name) == stamp else ""
        except UsersError as error:
            _log.error("Nobody is let in: %s", error)
            return ""

    async def show(self, request: "Request") -> "Response":
        """The sign-in page."""
        return self._page(request, _next(request.query_params.get("next", "")))

    async def enter(self, request: "Request") -> "Response":
        """Try a name and a password."""
        from starlette.concurrency import run_in_threadpool
        from starlette.responses import RedirectResponse

        form = await _form(request)
        name, password, wanted = (
            normal_name(form.get("name", "")),
            form.get("password", ""),
            _next(form.get("next", "")),
        )
        client = request.client.host if request.client else ""
        wait = self._throttle.wait(name, client)
        if wait:
            return self._page(request, wanted, name, wait=wait)
        stamp = await run_in_threadpool(self._users.verify, name, password)
        if stamp is None:
            self._throttle.fail(name, client)
            _log.warning("A sign-in as %r from %s failed.", name[:64], client)
            return self._page(request, wanted, name, failed=True)
        self._throttle.succeed(name, client)
        request.session.clear()
        request.session.update({"user": name, "stamp": stamp, "id": secrets.token_hex(8)})
        return RedirectResponse(wanted, 303)

    async def leave(self, request: "Request") -> "Response":
        """End the session."""
        from starlette.responses import RedirectResponse

        if "id" in request.session:
            self._left.add(str(request.session["id"]))
        request.session.clear()
        return RedirectResponse(SIGN_IN, 303)

    def _page(
        self, request: "Request", wanted: str, name: str = "", *, failed: bool = False, wait: int = 0
    ) -> "Response":
        from starlette.responses import HTMLResponse

        language = request.query_params.get("language", "")
        language = language if language in LANGUAGES else self._language
        status = 429 if wait else 401 if failed else 200
        headers = {"cache-control": "no-store"} | ({"retry-after": str(wait)} if wait else {})
        return HTMLResponse(sign_in_html(language, wanted, name, failed=failed, wait=wait), status, headers)


def _next(path: str) -> str:
    """A path of this server to go on to; `/` where it is another place."""
    local = path.startswith("/") and not path.startswith(("//", "/\\")) and path.isprintable() and "\\" not in path
    return path if local and len(path) < 2000 else "/"


async def _form(request: "Request") -> dict[str, str]:
    """The fields of a small form; those of a large one are not read."""
    body = b""
    async for part in request.stream():
        body += part
        if len(body) > _MOST_BYTES:
            return {}
    fields = parse_qs(body.decode("utf-8", "replace"), keep_blank_values=True)
    return {name: values[0] for name, values in fields.items()}


def _header(scope: "Connection", name: str) -> str:
    for key, value in scope.get("headers", ()):
        if key == name.encode():
            return str(value.decode("latin-1"))
    return ""
