"""The pages, written by the server; what moves on them is asked of the API by their scripts."""

from __future__ import annotations

import datetime as dt
from collections.abc import Mapping
from pathlib import Path
from typing import Any, Final
from urllib.parse import urlencode

from jinja2 import Environment, FileSystemLoader, StrictUndefined
from starlette.requests import Request
from starlette.responses import HTMLResponse, Response
from starlette.routing import Route

from ..catalogue import Page
from ..custody.unread import locked
from ..projections.exchanges import Stage
from ..stores.sessions import not_found
from ..visible import visible
from .addresses import segment
from .context import client_of, viewer_of
from .facts import audio_of, comparison, facts_of
from .parameters import FILTERS, asked_filter
from .problems import Problem

_A_PAGE: Final = 50

_TONES: Final = {
    "live": "live",
    "sealed": "good",
    "sound": "good",
    "interrupted": "warn",
    "unsealed": "warn",
}
_TITLES: Final[dict[Stage, str]] = {
    "transcription": "Transcription",
    "end_of_turn": "End of turn",
    "callback": "Your callback",
    "model": "Model, first token",
    "sentence": "First sentence",
    "tools": "Tools",
    "voice": "Voice, first byte",
    "playout": "Playout",
    "unmeasured": "Not measured",
}
# Why most sessions are closed, which tells nothing about one.
_EXPECTED_REASONS: Final = frozenset({"user_initiated", "CR_USER_INITIATED", "job_shutdown"})


def sessions(request: Request) -> Response:
    """The list, newest first."""
    viewer, query = viewer_of(request), request.query_params
    asked = {name: query.get(name, "") for name in FILTERS}
    after, refused, page = query.get("after", ""), "", Page([], 0, None)
    try:
        page = viewer.page(asked_filter(asked), _A_PAGE, after)
    except Problem as problem:
        refused = f"{problem.title} {problem.detail}"
    if asked["search"]:
        viewer.access.looked("search", "", client_of(request))
    return render(
        request,
        "sessions.html",
        400 if refused else 200,
        here="sessions",
        asked=asked,
        narrowed=sum(1 for name, value in asked.items() if value and name != "search"),
        refused=refused,
        page=page,
        waiting=viewer.waiting,
        expected_reasons=_EXPECTED_REASONS,
        first_page=_address(request, asked) if after else None,
        next_page=_address(request, asked, page.next) if page.next else None,
    )


def session(request: Request) -> Response:
    """One session: what the catalogue knows of it, at once, however long the log."""
    viewer = viewer_of(request)
    session_id = viewer.session(request, "page")
    if (entry := viewer.entry(session_id)) is None:
        raise not_found(session_id)
    return render(
        request,
        "session.html",
        here="session",
        facts=entry,
        locked=locked(viewer.store, session_id) if entry.encrypted else "",
        titles=_TITLES,
        audio=audio_of(viewer, session_id),
        api=f"{_root(request)}/api/v1/sessions/{segment(session_id)}",
    )


def about(request: Request) -> Response:
    """The part of a session's page for which all of its log is read."""
    viewer = viewer_of(request)
    session_id = viewer.session(request, "about")
    return render(request, "about.html", facts=facts_of(viewer, session_id))


def compare(request: Request) -> Response:
    """Two sessions side by side, or one beside the median of those that are asked for."""
    viewer, query = viewer_of(request), request.query_params
    found = comparison(viewer, query) if query.get("a") else None
    asked = {name: query.get(name, "") for name in ("a", "b", *FILTERS)}
    return render(request, "compare.html", here="compare", asked=asked, found=found, titles=_TITLES)


def render(request: Request, template: str, status: int = 200, **context: Any) -> Response:
    """A page."""
    text = environment.get_template(template).render(root=_root(request), **context)
    # A name may hold half of a character, which is no UTF-8.
    return HTMLResponse(text.encode("utf-8", "replace"), status)


def _root(request: Request) -> str:
    """Where the pages are mounted, behind a proxy say."""
    return str(request.scope.get("root_path", "")).rstrip("/")


def _address(request: Request, asked: Mapping[str, str], after: str | None = None) -> str:
    given = {name: value for name, value in asked.items() if value}
    query = urlencode(given | ({"after": after} if after else {}))
    return f"{_root(request)}/?{query}" if query else f"{_root(request)}/"


def _utc(microseconds: int) -> str:
    try:
        moment = dt.datetime.fromtimestamp(microseconds / 1e6, dt.UTC)
    except (OverflowError, ValueError, OSError):
        return "?"  # a log may claim any time at all
    return f"{moment:%Y-%m-%d %H:%M:%S} UTC"


environment: Final = Environment(
    loader=FileSystemLoader(Path(__file__).parent / "templates"),
    autoescape=True,
    trim_blocks=True,
    lstrip_blocks=True,
    undefined=StrictUndefined,
)
environment.filters |= {
    "visible": visible,
    "utc": _utc,
    "segment": segment,
    "tone": lambda integrity: _TONES.get(integrity, "bad"),
}

ROUTES: Final = [
    Route("/", sessions),
    Route("/compare", compare),
    Route("/sessions/{session}", session),
    Route("/sessions/{session}/about", about),
]
