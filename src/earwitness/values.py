"""Any Python value to JSON and back, without loss where JSON can hold it and in plain sight
where it cannot.

What JSON lacks is written as a mapping with one reserved member:

=====================  ==============================================================
bytes                  ``{"$bytes": "<base64>"}``
NaN, infinities        ``{"$float": "nan" | "inf" | "-inf"}``
keys that are not str  ``{"$map": [[key, value], ...]}``
any other object       ``{"$repr": "<its repr>", "$type": "<module.qualname>"}``
=====================  ==============================================================

A member of a recorded mapping whose own name begins with ``$`` is written with one ``$`` more,
so nothing that an application says can be mistaken for one of these. Tuples become arrays.
"""

from __future__ import annotations

import base64
import json
import math
from collections.abc import Callable
from typing import Any

import msgspec
from attrs import frozen

# Deeper than any real payload, and shallow enough that the parser of every reader copes.
MAX_DEPTH = 400

Unknown = Callable[[Any], Any]


@frozen
class Plain:
    """A value that is plain JSON already, to be written as it stands inside of another."""

    value: Any


_encode = msgspec.json.Encoder().encode
_decode = msgspec.json.Decoder().decode


def encode(value: Any, *, unknown: Unknown | None = None) -> bytes:
    """The JSON text of a value, in UTF-8 and without a line feed.

    Args:
        value: anything at all.
        unknown: asked once for each object that JSON has no word for; returns something nearer
            to JSON, or raises, whereupon the object is written as its ``repr``.
    """
    return encode_plain(plain(value, unknown=unknown))


def plain(value: Any, *, unknown: Unknown | None = None) -> Any:
    """The value in nothing but JSON's own types: what :func:`encode` writes, as a copy."""
    return _plain(value, frozenset(), unknown)


def restore(value: Any) -> Any:
    """The value that :func:`plain` was given. Lists and mappings are changed in place."""
    return _restored(value)


def encode_plain(plain: Any) -> bytes:
    """The JSON text of a value that already consists of nothing but JSON."""
    try:
        return _encode(plain)
    except UnicodeEncodeError:
        # UTF-8 has no lone surrogates, JSON's escapes do.
        return json.dumps(plain, allow_nan=False, separators=(",", ":")).encode("ascii")


def decode(text: bytes) -> Any:
    """The value that :func:`encode` wrote.

    Raises:
        ValueError: the text is not JSON.
    """
    return _restored(decode_plain(text))


def decode_plain(text: bytes) -> Any:
    """The JSON value as it stands, reserved members and all.

    Raises:
        ValueError: the text is not JSON.
    """
    try:
        return _decode(text)
    except msgspec.DecodeError:
        # The standard library reads escaped lone surrogates; it must not read more than JSON.
        return json.loads(text, parse_constant=_refuse_constant)


def describe(value: Any) -> dict[str, str]:
    """What is written for an object that nothing can serialise. Never raises."""
    kind = type(value)
    try:
        text = str.__str__(repr(value))
    except BaseException as error:
        text = f"<{kind.__name__} whose repr raised {type(error).__name__}>"
    return {"$repr": text, "$type": f"{kind.__module__}.{kind.__qualname__}"}


def _refuse_constant(name: str) -> Any:
    raise ValueError(f"{name} is not JSON")


def _plain(value: Any, path: frozenset[int], unknown: Unknown | None) -> Any:
    kind = type(value)
    if kind is str or kind is bool or kind is int or value is None:
        return value
    if kind is dict or kind is list or kind is tuple:
        return _plain_container(value, path, unknown)
    return _plain_rare(value, path, unknown)


def _plain_container(value: Any, path: frozenset[int], unknown: Unknown | None) -> Any:
    if id(value) in path or len(path) >= MAX_DEPTH:
        return describe(value)
    path = path | {id(value)}
    if not isinstance(value, dict):
        # A loop, not a comprehension: half the stack frames for what is deeply nested.
        items = []
        for item in tuple.__iter__(value) if isinstance(value, tuple) else list.__iter__(value):
            items.append(_plain(item, path, unknown))
        return items
    if all(type(key) is str for key in value):
        members = {}
        for key, item in dict.items(value):
            members["$" + key if key[:1] == "$" else key] = _plain(item, path, unknown)
        return members
    pairs = []
    for key, item in dict.items(value):
        pairs.append([_plain(key, path, unknown), _plain(item, path, unknown)])
    return {"$map": pairs}


def _plain_rare(value: Any, path: frozenset[int], unknown: Unknown | None) -> Any:
    if isinstance(value, Plain):
        return value.value
    if isinstance(value, float):
        number = float.__pos__(value)
        return number if math.isfinite(number) else {"$float": repr(number)}
    if isinstance(value, str):  # enumerations and other subclasses: their text
        return str.__str__(value)
    if isinstance(value, int):
        return int.__pos__(value)
    if isinstance(value, (dict, list, tuple)):
        return _plain_container(value, path, unknown)
    if isinstance(value, (bytes, bytearray, memoryview)):
        return {"$bytes": base64.b64encode(value).decode("ascii")}
    if unknown is not None and len(path) < MAX_DEPTH:
        try:
            known = unknown(value)
        except Exception:
            return describe(value)
        if known is not value:
            return _plain(known, path | {id(value)}, unknown)
    return describe(value)


def _restored(value: Any) -> Any:
    if type(value) is list:
        for place, item in enumerate(value):
            if type(item) is list or type(item) is dict:
                value[place] = _restored(item)
        return value
    if type(value) is not dict:
        return value
    if len(value) == 1:
        try:
            special = _special(value)
        except (TypeError, ValueError):  # a reserved name over what nobody writes there
            special = _ORDINARY
        if special is not _ORDINARY:
            return special
    restored = {}
    for key, item in value.items():
        name = key[1:] if key[:2] == "$$" else key
        restored[name] = _restored(item) if type(item) is dict or type(item) is list else item
    return restored


_ORDINARY = object()


def _special(value: dict[str, Any]) -> Any:
    [(key, inner)] = value.items()
    if key == "$bytes":
        return base64.b64decode(inner)
    if key == "$float":
        return float(inner)
    if key == "$map":
        return {_hashable(_restored(name)): _restored(item) for name, item in inner}
    return _ORDINARY


def _hashable(key: Any) -> Any:
    # A tuple as a key comes back from its array as a tuple; the rest as its text.
    if isinstance(key, list):
        return tuple(_hashable(item) for item in key)
    return repr(key) if isinstance(key, dict) else key
