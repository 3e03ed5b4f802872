"""The page on which a token is given once, for the browser to be known from then on."""

from __future__ import annotations

from typing import Final
from urllib.parse import parse_qs

from starlette.requests import Request
from starlette.responses import RedirectResponse, Response
from starlette.routing import Route

from .pages import render
from .security import COOKIE, cookie_of, is_token

_LONGEST: Final = 4096


async def login(request: Request) -> Response:
    """The page, and what becomes of the token that was given there."""
    token: str = request.app.state.token
    root = request.scope.get("root_path", "")
    if not token:
        return RedirectResponse(f"{root}/", 303)
    if request.method != "POST":
        return render(request, "login.html", refused=False)
    if not is_token(await _given(request), token):
        return render(request, "login.html", 401, refused=True)
    answer = RedirectResponse(f"{root}/", 303)
    answer.set_cookie(
        COOKIE,
        cookie_of(token),
        httponly=True,
        samesite="strict",
        secure=request.url.scheme == "https",
        path=f"{root}/",
    )
    return answer


async def _given(request: Request) -> str:
    body = b""
    async for part in request.stream():
        body += part
        if len(body) > _LONGEST:
            return ""
    fields = parse_qs(body.decode("utf-8", "replace"))
    return fields.get("token", [""])[0]


ROUTES: Final = [Route("/login", login, methods=["GET", "POST"])]
