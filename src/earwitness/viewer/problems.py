"""Errors as the API tells them: problem details (RFC 9457), each type with a name of its own."""

from __future__ import annotations

from typing import Any, Final

from attrs import frozen
from starlette.exceptions import HTTPException
from starlette.requests import Request
from starlette.responses import Response

from ..exceptions import (
    AmbiguousSessionError,
    EarwitnessError,
    EncryptionError,
    LogError,
    PayloadWithheldError,
    SessionNotFoundError,
    StoreError,
)
from .answers import encode

MEDIA_TYPE: Final = "application/problem+json"

_TITLES: Final = {
    400: ("bad-request", "The request is not one that can be answered."),
    401: ("token-needed", "A token is needed to look at this store."),
    403: ("forbidden", "The request is refused."),
    404: ("not-found", "There is nothing here."),
    405: ("method-not-allowed", "The store can only be read."),
    406: ("not-acceptable", "It cannot be given in this form."),
    416: ("range-not-satisfiable", "The file has no such part."),
}


@frozen
class Problem(Exception):
    """A request that could not be answered.

    Attributes:
        status: of the answer.
        name: of the problem's type.
        title: one sentence, the same for all problems of the type.
        detail: what it was this time.
        hint: how to mend it.
    """

    status: int
    name: str
    title: str
    detail: str = ""
    hint: str = ""

    def document(self) -> dict[str, Any]:
        """What the API answers."""
        told = {
            "type": f"urn:earwitness:problem:{self.name}",
            "title": self.title,
            "status": self.status,
            "detail": self.detail,
            "hint": self.hint,
        }
        return {name: value for name, value in told.items() if value != ""}


def bad_parameter(name: str, expected: str) -> Problem:
    """A parameter is not what it should be."""
    title = "A parameter is not what it should be."
    return Problem(400, "bad-parameter", title, f"{name}: expected {expected}")


def problem_of(error: Exception) -> Problem:
    """The problem that an error is to whoever asked."""
    if isinstance(error, Problem):
        return error
    if isinstance(error, HTTPException):
        name, title = _TITLES.get(error.status_code, ("failed", "The request failed."))
        return Problem(error.status_code, name, title)
    if isinstance(error, SessionNotFoundError | AmbiguousSessionError | FileNotFoundError):
        return Problem(404, "session-not-found", "The store holds no such session.")
    if isinstance(error, LogError):
        return _told(422, "damaged-log", "The log cannot be read.", error)
    if isinstance(error, PayloadWithheldError | EncryptionError):
        return _told(422, "unread", "The session cannot be read here.", error)
    if isinstance(error, StoreError):
        return _told(409, "not-sealed", "The store cannot give this.", error)
    if isinstance(error, EarwitnessError):
        return _told(422, "not-sound", "The seal of the log does not hold.", error)
    return Problem(500, "failed", "The viewer failed; its own log says how.")


def answer_problem(request: Request, error: Exception) -> Response:
    """The answer to a request that could not be answered."""
    problem = problem_of(error)
    headers = {"WWW-Authenticate": "Bearer"} if problem.status == 401 else {}
    if isinstance(error, HTTPException) and error.headers:
        headers |= error.headers
    return Response(encode(problem.document()), problem.status, headers, MEDIA_TYPE)


def _told(status: int, name: str, title: str, error: EarwitnessError) -> Problem:
    where = error.where.rsplit("/", 1)[-1]  # the store's folder is nobody's business here
    detail = ": ".join(part for part in (where, error.what) if part)
    return Problem(status, name, title, detail, error.hint)
