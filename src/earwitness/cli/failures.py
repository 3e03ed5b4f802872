"""Errors that end one item of a run and not the run, as JSON."""

from __future__ import annotations

from ..exceptions import EarwitnessError


def error_document(error: Exception) -> dict[str, str]:
    """What an error tells, its empty members left out."""
    if isinstance(error, EarwitnessError):
        names = ("what", "where", "expected", "got", "hint")
        return {name: getattr(error, name) for name in names if getattr(error, name)}
    what = str(getattr(error, "strerror", None) or type(error).__name__)
    return {"what": what, "where": str(getattr(error, "filename", None) or "")}
