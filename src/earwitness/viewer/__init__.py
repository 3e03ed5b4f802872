"""A store in the browser, and its read-only API: a Starlette application.

It changes nothing that was recorded. Whatever comes from a log is data: it reaches a page escaped,
and no path is ever built of it.
"""

from .app import create_app

__all__ = ["create_app"]
