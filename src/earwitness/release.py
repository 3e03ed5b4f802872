"""Which Earwitness this is."""

from __future__ import annotations

from functools import cache
from importlib.metadata import PackageNotFoundError, version


@cache
def release() -> str:
    """The version of the installed package; ``unknown`` where its metadata was left out.

    Whoever freezes an application, or copies the package into it, leaves it out.
    """
    try:
        return version("earwitness")
    except PackageNotFoundError:
        return "unknown"
