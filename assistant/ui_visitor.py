"""Who is at the other end: a signed-in user, or where nobody signs in, a browser that is known by a cookie."""

import hashlib
import secrets
from dataclasses import dataclass
from http.cookies import CookieError, SimpleCookie
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from starlette.types import ASGIApp, Message, Receive, Send
    from starlette.types import Scope as Connection

COOKIE = "utblick"
_SHORTEST = 32
_A_YEAR = 365 * 24 * 3600


@dataclass(frozen=True, slots=True)
class Visitor:
    """Who looks at the page.

    Attributes:
        user: Identifies a signed-in user (`name:anna`) or a browser (`browser:9f2c...`); empty where neither is known.
        language: `sv` or `en`.
    """

    user: str
    language: str


class Visitors:
    """Names the user of each request in `request.state.user`, and gives a browser that has none a cookie.

    What signs users in runs before it and sets `scope["state"]["user"]` to `name:` and the user's name; the cookie
    then plays no part. Only a digest of the cookie is handed on, so that what is stored opens no session.
    """

    def __init__(self, app: "ASGIApp") -> None:
        self._app = app

    async def __call__(self, scope: "Connection", receive: "Receive", send: "Send") -> None:
        """Handle one connection."""
        if scope["type"] != "http" or scope.get("state", {}).get("user"):
            await self._app(scope, receive, send)
            return
        known = _cookie(scope)
        value = known or secrets.token_urlsafe(32)
        scope.setdefault("state", {})["user"] = "browser:" + hashlib.sha256(value.encode()).hexdigest()[:32]

        async def send_with_cookie(message: "Message") -> None:
            if message["type"] == "http.response.start" and not known:
                secure = "; Secure" if scope.get("scheme") == "https" else ""
                cookie = f"{COOKIE}={value}; Path=/; Max-Age={_A_YEAR}; HttpOnly; SameSite=Lax{secure}"
                message = {**message, "headers": [*message.get("headers", ()), (b"set-cookie", cookie.encode())]}
            await send(message)

        await self._app(scope, receive, send_with_cookie if scope.get("path") == "/" else send)


def user_of(request: object) -> str:
    """The user whom `Visitors` named in a request of FastAPI or Gradio; empty where it did not run."""
    return str(getattr(getattr(request, "state", None), "user", ""))


def _cookie(scope: "Connection") -> str:
    """The cookie of a request; empty where it has none that we could have given."""
    for name, value in scope.get("headers", ()):
        if name == b"cookie":
            try:
                found = SimpleCookie(value.decode("latin-1")).get(COOKIE)
            except CookieError:
                return ""
            return found.value if found is not None and len(found.value) >= _SHORTEST else ""
    return ""
