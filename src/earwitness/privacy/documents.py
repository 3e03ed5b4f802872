"""Texts that are values written down: what tools are given, and what they give back."""

from __future__ import annotations

import ast
import json
import re
from collections.abc import Callable
from typing import Any, Final

from .. import values

_WRONG_ESCAPE: Final = re.compile(r"\\(?!['\"\\nrtxuU])")


def read_document(text: str) -> tuple[Any, Callable[[Any], str]] | None:
    """What a text is the JSON of, or the repr, and how to write it again; None if it is neither.

    Arguments of tools are JSON. What a tool gives back LiveKit writes as ``str`` does
    (``make_tool_output`` in ``voice/generation.py``). Of JSON that names a member twice nobody
    knows what it means: that is read as a text.
    """
    try:
        found = json.loads(text, object_pairs_hook=_once, parse_constant=_refuse)
        return found, lambda value: values.encode_plain(value).decode()
    except (ValueError, RecursionError):
        pass
    try:
        if _WRONG_ESCAPE.search(text) is None:  # about which Python would print a warning
            return values.plain(ast.literal_eval(text)), repr
    except (ValueError, SyntaxError, TypeError, MemoryError, RecursionError):
        pass
    return None


def _once(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    members = dict(pairs)
    if len(members) != len(pairs):  # whoever reads it may read the other one
        raise ValueError
    return members


def _refuse(constant: str) -> Any:
    raise ValueError(f"{constant} is not JSON")
