"""What stands before every request: who may ask, and what a browser may do with the answer."""

from __future__ import annotations

import hashlib
import hmac
from collections.abc import Iterable
from http.cookies import CookieError, SimpleCookie
from typing import Final

from starlette.datastructures import Headers, MutableHeaders
from starlette.requests import Request
from starlette.responses import RedirectResponse
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from .problems import Problem, answer_problem

COOKIE: Final = "earwitness-viewer"

LOOPBACK_NAMES: Final = frozenset({"localhost", "127.0.0.1", "[::1]"})

HEADERS: Final = {
    "Content-Security-Policy": "default-src 'none'; script-src 'self'; style-src 'self'; "
    "img-src 'self' data:; media-src 'self'; connect-src 'self'; form-action 'self'; "
    "base-uri 'none'; frame-ancestors 'none'",
    "X-Content-Type-Options": "nosniff",
    "Referrer-Policy": "no-referrer",
    "Cross-Origin-Opener-Policy": "same-origin",
    "Cross-Origin-Resource-Policy": "same-origin",
    "X-Frame-Options": "DENY",
}

# What holds nothing of any session: the page to log in has to look like something.
_OPEN: Final = ("/static/", "/login")


class Security:
    """Lets nobody in who may not look, and hands out nothing that a browser could misuse.

    Args:
        app: what stands behind.
        token: who asks has to know it; empty if everybody may look who can reach this machine.
        hosts: by which names the viewer may be called, if it takes no token: a page from
            elsewhere can give its own name this machine's address (DNS rebinding), but cannot
            make the browser lie about that name.
    """

    def __init__(self, app: ASGIApp, *, token: str, hosts: Iterable[str] = LOOPBACK_NAMES) -> None:
        self._app = app
        self._token = token
        self._hosts = frozenset(hosts)

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] != "http":
            await self._app(scope, receive, send)
            return

        # Looked at now: who routes the request on rewrites it.
        kept = scope["path"].startswith(f"{scope.get('root_path', '')}/static/")

        async def send_guarded(message: Message) -> None:
            if message["type"] == "http.response.start":
                headers = MutableHeaders(scope=message)
                headers.update(HEADERS)
                headers["Cache-Control"] = "no-cache" if kept else "no-store"
            await send(message)

        await self._answering(scope)(scope, receive, send_guarded)

    def _answering(self, scope: Scope) -> ASGIApp:
        request = Request(scope)
        path = scope["path"].removeprefix(scope.get("root_path", ""))
        if not self._token:
            if _host(request.headers) in self._hosts:
                return self._app
            hint = "Call it by localhost, or give it a token."
            title = "The viewer is not called by this name."
            return answer_problem(request, Problem(403, "wrong-host", title, hint=hint))
        if path.startswith(_OPEN) or self._is_known(request.headers):
            return self._app
        if "text/html" in request.headers.get("accept", ""):
            return RedirectResponse(f"{scope.get('root_path', '')}/login", 303)
        title = "A token is needed to look at this store."
        return answer_problem(request, Problem(401, "token-needed", title))

    def _is_known(self, headers: Headers) -> bool:
        scheme, _, given = headers.get("authorization", "").partition(" ")
        if scheme.lower() == "bearer":
            return is_token(given.strip(), self._token)
        try:
            morsel = SimpleCookie(headers.get("cookie", "")).get(COOKIE)
        except CookieError:
            return False
        return morsel is not None and _same(morsel.value, cookie_of(self._token))


def is_token(given: str, token: str) -> bool:
    """True if it is the token; it takes as long if it is not."""
    return _same(given, token)


def cookie_of(token: str) -> str:
    """What a browser keeps of a token: enough to look, and not the token."""
    return hmac.new(token.encode(), b"earwitness viewer, version 1", hashlib.sha256).hexdigest()


def _same(given: str, known: str) -> bool:
    digests = [hashlib.sha256(text.encode("utf-8", "replace")).digest() for text in (given, known)]
    return hmac.compare_digest(*digests)


def _host(headers: Headers) -> str:
    """The name by which the viewer was called, without its port."""
    host = headers.get("host", "").lower()
    name, colon, port = host.rpartition(":")
    return name if colon and port.isdigit() else host
