"""Libraries that only some detectors need."""

from __future__ import annotations

from importlib import import_module
from types import ModuleType

from ...exceptions import DetectorError


def library(module: str, *, detector: str, package: str, extra: str) -> ModuleType:
    """A module of a library that comes with one of Earwitness's extras.

    Raises:
        DetectorError: it is not installed.
    """
    try:
        return import_module(module)
    except ImportError:
        raise DetectorError(
            f"The detector {detector!r} needs {package}, which is not installed.",
            hint=f'pip install "earwitness[{extra}]"',
        ) from None
