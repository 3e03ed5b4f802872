"""The application: pages, their files, and the API."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Final

from starlette.applications import Starlette
from starlette.exceptions import HTTPException
from starlette.requests import Request
from starlette.responses import HTMLResponse, Response
from starlette.routing import Mount
from starlette.staticfiles import StaticFiles
from starlette.types import ASGIApp

from ..exceptions import EarwitnessError
from ..integrity.vkey import VerifierKey
from ..stores.journal import JournalEventStore
from . import api, login, pages
from .access import AccessRecord, NoRecord
from .context import Viewer
from .problems import Problem, answer_problem, problem_of
from .security import Security

STATIC: Final = Path(__file__).parent / "static"

_ANSWERED: Final = (HTTPException, Problem, EarwitnessError, FileNotFoundError, Exception)


def create_app(
    store: JournalEventStore,
    *,
    token: str = "",
    keys: Sequence[VerifierKey] | None = None,
    access: AccessRecord | None = None,
    stopping: Callable[[], bool] = lambda: False,
) -> ASGIApp:
    """A viewer of a store.

    Args:
        store: the store. Nothing in it is changed but its index, which is derived.
        token: what has to be known to look. Without one, the application answers only to the
            names of this machine's loopback interface, and it MUST be served on that alone.
        keys: the verifier keys to trust; by default those in the store.
        access: hears who looks at what.
        stopping: true once the server is to stop; what is streamed then ends.
    """
    app = Starlette(
        routes=[
            *pages.ROUTES,
            *login.ROUTES,
            Mount("/api/v1", routes=api.ROUTES),
            Mount("/static", StaticFiles(directory=STATIC)),
        ],
        exception_handlers=dict.fromkeys(_ANSWERED, _answer),
    )
    app.state.viewer = Viewer(store, keys=keys, access=access or NoRecord(), stopping=stopping)
    app.state.token = token
    # Outside of all else: what is answered when something fails has to be as safe.
    return Security(app, token=token)


def _answer(request: Request, error: Exception) -> Response:
    """A problem, as a page to a browser and as JSON to everybody else."""
    path = request.url.path.removeprefix(request.scope.get("root_path", ""))
    if path.startswith("/api/") or "text/html" not in request.headers.get("accept", ""):
        return answer_problem(request, error)
    problem = problem_of(error)
    page = pages.environment.get_template("problem.html").render(
        root=request.scope.get("root_path", ""), here="", problem=problem
    )
    return HTMLResponse(page, problem.status)
