"""The pages, filled in by the server; what they load after that, they ask of the API."""

from __future__ import annotations

import datetime as dt
from typing import Any, Final
from urllib.parse import urlencode

from jinja2 import Environment, PackageLoader, StrictUndefined, select_autoescape
from starlette.requests import Request
from starlette.responses import HTMLResponse, Response
from starlette.routing import Route

from ..catalogue import Page
from ..visible import visible
from .addresses import segment
from .context import client_of, viewer_of
from .facts import comparison, facts_of
from .parameters import FILTERS, asked_filter
from .problems import Problem

_SHOWN: Final = 50
# The ends of most calls: there is nothing to say about them.
_EXPECTED_REASONS: Final = ("user_initiated", "participant_disconnected", "task_completed")
_TONES: Final = {
    "sound": "good",
    "sealed": "good",
    "live": "live",
    "unsealed": "warn",
    "interrupted": "warn",
    "damaged": "bad",
    "not sound": "bad",
}


def utc(microseconds: int) -> str:
    """A time since the Unix epoch, for whom no script tells the reader's own."""
    try:
        moment = dt.datetime.fromtimestamp(microseconds / 1e6, dt.UTC)
    except (OverflowError, ValueError, OSError):
        return "–"  # a log may claim any time at all
    return f"{moment:%Y-%m-%d %H:%M:%S} UTC"


environment: Final = Environment(
    loader=PackageLoader("earwitness.viewer"),
    autoescape=select_autoescape(default=True, default_for_string=True),
    undefined=StrictUndefined,
)
environment.filters |= {"visible": visible, "segment": segment, "tone": _TONES.get, "utc": utc}


def sessions(request: Request) -> Response:
    """The list of sessions."""
    viewer, query = viewer_of(request), request.query_params
    asked = dict.fromkeys(FILTERS, "") | {name: query.get(name, "") for name in FILTERS}
    refused, page = "", Page([], 0, None)
    try:
        if asked["search"]:
            viewer.access.looked("search", "", client_of(request))
        page = viewer.page(asked_filter(query), _SHOWN, query.get("after", ""))
    except Problem as problem:
        refused = f"{problem.title} {problem.detail}"
    kept = {name: value for name, value in asked.items() if value}
    return render(
        request,
        "sessions.html",
        400 if refused else 200,
        here="sessions",
        page=page,
        waiting=viewer.waiting,
        asked=asked,
        narrowed=len(kept.keys() - {"search"}),
        refused=refused,
        expected_reasons=_EXPECTED_REASONS,
        first_page=_address(request, kept) if query.get("after") else "",
        next_page=_address(request, kept | {"after": page.next}) if page.next else "",
    )


def session(request: Request) -> Response:
    """One session."""
    viewer = viewer_of(request)
    session_id = viewer.session(request, "page")
    root = request.scope.get("root_path", "")
    return render(
        request,
        "session.html",
        here="session",
        facts=facts_of(viewer, session_id),
        api=f"{root}/api/v1/sessions/{segment(session_id)}",
    )


def compare(request: Request) -> Response:
    """Two sessions side by side, or one beside the median of others."""
    viewer, query = viewer_of(request), request.query_params
    asked = dict.fromkeys(FILTERS, "") | {name: query.get(name, "") for name in FILTERS}
    compared = comparison(viewer, query) if query.get("a") else None
    return render(
        request,
        "compare.html",
        here="compare",
        asked=asked | {"a": query.get("a", ""), "b": query.get("b", "")},
        compared=compared,
    )


def render(request: Request, template: str, status: int = 200, **facts: Any) -> Response:
    """A page."""
    root = request.scope.get("root_path", "")
    page = environment.get_template(template).render(root=root, **facts)
    # Halves of surrogate pairs, which no page can hold, are spelt out before this by `visible`.
    return HTMLResponse(page.encode("utf-8", "backslashreplace"), status)


def _address(request: Request, query: dict[str, Any]) -> str:
    encoded = urlencode(query, errors="replace")
    return f"{request.scope.get('root_path', '')}/?{encoded}"


ROUTES: Final = [
    Route("/", sessions),
    Route("/sessions/{session}", session),
    Route("/compare", compare),
]
