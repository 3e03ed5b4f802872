"""Any Python value to JSON and back, without loss where JSON can hold it and in plain sight
where it cannot.

What JSON lacks is written as a mapping with one reserved member:

=====================  ==============================================================
bytes                  ``{"$bytes": "<base64>"}``
NaN, infinities        ``{"$float": "nan" | "inf" | "-inf"}``
keys that are not str  ``{"$map": [[key, value], ...]}``
any other object       ``{"$repr": "<its repr>", "$type": "<module.qualname>"}``
=====================  ==============================================================

A payload of which something was left out says so in one more member, :data:`REDACTED`.

A member of a recorded mapping whose own name begins with ``$`` is written with one ``$`` more,
so nothing that an application says can be mistaken for one of these. Tuples become arrays.
"""

from __future__ import annotations

import base64
import contextlib
import json
import math
from collections.abc import Callable
from typing import Any

import msgspec
from attrs import frozen

# Deeper than any real payload, and shallow enough that the parser of every reader copes.
MAX_DEPTH = 400

# Python reads and writes no integer of more digits unless it is told to.
_TOO_LARGE = 10**4300

# What is looked through before it is copied: nearly everything.
_SHALLOW = 16
_SMALL = 1 << 63

_CONTAINERS = (dict, list, tuple)
_BYTES = (bytes, bytearray, memoryview)

REDACTED = "$redacted"
"""Counts what was replaced in a payload, and what was withheld."""
WHOLE = "$payload"
"""Holds the payload beside :data:`REDACTED` where it is no object, or one with a meaning."""

Unknown = Callable[[Any], Any]


@frozen
class Plain:
    """A value that is plain JSON already, to be written as it stands inside of another."""

    value: Any


_encode = msgspec.json.Encoder().encode
_decode = msgspec.json.Decoder().decode
_skim = msgspec.json.Decoder(msgspec.Raw).decode


def encode(value: Any, *, unknown: Unknown | None = None) -> bytes:
    """The JSON text of a value, in UTF-8 and without a line feed. Never raises.

    Args:
        value: anything at all. What is nested too deep is written as its ``repr``.
        unknown: asked once for each object that JSON has no word for; returns something nearer
            to JSON, or raises, whereupon the object is written as its ``repr``.
    """
    return encode_plain(value if is_plain(value) else plain(value, unknown=unknown))


def plain(value: Any, *, unknown: Unknown | None = None) -> Any:
    """The value in nothing but JSON's own types: what :func:`encode` writes, as a copy."""
    return _plain(value, frozenset(), unknown)


def is_plain(value: Any, levels: int = _SHALLOW) -> bool:
    """True if :func:`plain` would change nothing, as far as so many levels can tell."""
    kind = type(value)
    if kind is str or value is None or kind is bool:
        return True
    if kind is float:
        return math.isfinite(value)
    if kind is int:
        return bool(-_SMALL <= value < _SMALL)
    if kind is dict and levels:
        for key, item in value.items():
            if type(key) is not str or key[:1] == "$" or not is_plain(item, levels - 1):
                return False
        return True
    if kind is list and levels:
        return all(is_plain(item, levels - 1) for item in value)
    return False


def restore(value: Any) -> Any:
    """The value that :func:`plain` was given. Lists and mappings are changed in place."""
    return _restored(value)


def restore_members(value: dict[str, Any]) -> dict[str, Any]:
    """As :func:`restore`, of a mapping that is known to be one, whatever its members are called."""
    restored = {}
    for key, item in value.items():
        name = key[1:] if key[:2] == "$$" else key
        restored[name] = _restored(item) if type(item) is dict or type(item) is list else item
    return restored


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
        ValueError: the text is not JSON, or nested deeper than Python can follow.
    """
    try:
        return _restored(decode_plain(text))
    except RecursionError:
        raise ValueError("the text is nested too deep") from None


def decode_plain(text: bytes) -> Any:
    """The JSON value as it stands, reserved members and all.

    Raises:
        ValueError: the text is not JSON, or nested deeper than Python can follow.
    """
    try:
        return _decode(text)
    except msgspec.DecodeError:
        return _decode_by_hand(text)
    except RecursionError:
        raise ValueError("the text is nested too deep") from None


def checked(text: bytes) -> bytes:
    """The text, if :func:`decode_plain` would take it. Makes no value of it, and is much faster.

    Raises:
        ValueError: it is not JSON, or nested too deep.
    """
    try:
        _skim(text)
    except msgspec.DecodeError:
        decode_plain(text)
    except RecursionError:
        raise ValueError("the text is nested too deep") from None
    if not text.isascii():  # letters are not looked at above
        text.decode("utf-8")
    return text


def describe(value: Any) -> dict[str, str]:
    """What is written for an object that nothing can serialise. Never raises."""
    return {"$repr": _tell(repr, value), "$type": _tell(type_name, type(value))}


def unmarked(payload: Any) -> Any:
    """A plain payload without the account of what was left out of it."""
    if type(payload) is not dict or REDACTED not in payload:
        return payload
    if payload.keys() == {REDACTED, WHOLE}:
        return payload[WHOLE]
    return {name: value for name, value in payload.items() if name != REDACTED}


def type_name(kind: type[Any]) -> str:
    """What a type is called in a log: its module and its qualified name."""
    return f"{kind.__module__}.{kind.__qualname__}"


def _tell(how: Callable[[Any], str], thing: Any) -> str:
    try:
        return str.__str__(how(thing))
    except BaseException as error:
        return f"<{how.__name__} raised {type(error).__name__}>"


def _decode_by_hand(text: bytes) -> Any:
    # The standard library reads escaped lone surrogates. It must not read more than JSON, and
    # what it makes of a number out of range is no JSON either.
    return json.loads(
        text.decode("utf-8"), parse_constant=_refuse_constant, parse_float=_plain_float
    )


def _refuse_constant(name: str) -> Any:
    raise ValueError(f"{name} is not JSON")


def _plain(value: Any, path: frozenset[int], unknown: Unknown | None) -> Any:
    # The type is asked, never the object: isinstance() would believe a mock or a proxy that
    # passes for a dict, and would call code of theirs.
    kind = type(value)
    if kind is str or kind is bool or value is None:
        return value
    try:
        if issubclass(kind, _CONTAINERS):
            return _plain_container(value, path, unknown)
        return _plain_rare(value, path, unknown)
    except RecursionError:  # the caller had used up most of the stack
        return describe(value)


def _plain_container(value: Any, path: frozenset[int], unknown: Unknown | None) -> Any:
    if id(value) in path or len(path) >= MAX_DEPTH:
        return describe(value)
    path = path | {id(value)}
    # Loops, not comprehensions: half the stack frames for what is deeply nested. And over
    # copies: a repr on the way may change what it is part of.
    if not issubclass(type(value), dict):
        items = []
        each = tuple.__iter__(value) if issubclass(type(value), tuple) else list.__iter__(value)
        for item in [*each]:
            items.append(_plain(item, path, unknown))
        return items
    members = [*dict.items(value)]
    for key, _ in members:
        if type(key) is not str:
            return _plain_map(members, path, unknown)
    written = {}
    for key, item in members:
        written["$" + key if key[:1] == "$" else key] = _plain(item, path, unknown)
    return written


def _plain_map(
    members: list[tuple[Any, Any]], path: frozenset[int], unknown: Unknown | None
) -> dict[str, Any]:
    written: list[list[Any]] = []
    path = path | {id(members), id(written)}  # one level of Python is three of JSON
    for key, item in members:
        written.append([_plain(key, path, unknown), _plain(item, path, unknown)])
    return {"$map": written}


def _plain_rare(value: Any, path: frozenset[int], unknown: Unknown | None) -> Any:
    kind = type(value)
    if issubclass(kind, int):
        number = int.__pos__(value)
        return number if -_TOO_LARGE < number < _TOO_LARGE else describe(number)
    if issubclass(kind, float):
        return _plain_float(float.__pos__(value))
    if issubclass(kind, str):  # enumerations and other subclasses: their text
        return str.__str__(value)
    if kind is Plain:
        return value.value
    if id(value) in path or len(path) >= MAX_DEPTH:
        return describe(value)
    try:
        if issubclass(kind, _BYTES):
            return {"$bytes": base64.b64encode(bytes(value)).decode("ascii")}
        known = value if unknown is None else unknown(value)
    except BaseException:  # of somebody else's code, which may raise anything
        return describe(value)
    return _plain(known, path | {id(value)}, unknown)


def _plain_float(written: str | float) -> float | dict[str, str]:
    number = float(written)
    return number if math.isfinite(number) else {"$float": repr(number)}


def _restored(value: Any) -> Any:
    if type(value) is list:
        for place, item in enumerate(value):
            if type(item) is list or type(item) is dict:
                value[place] = _restored(item)
        return value
    if type(value) is not dict:
        return value
    if len(value) == 1 and (special := _special(value)) is not _ORDINARY:
        return special
    return restore_members(value)


_ORDINARY = object()


def _special(value: dict[str, Any]) -> Any:
    """What is meant by a reserved member; anything else over such a name is left alone."""
    [(key, inner)] = value.items()
    if key == "$bytes" and type(inner) is str:
        with contextlib.suppress(ValueError):
            return base64.b64decode(inner, validate=True)
    if key == "$float" and inner in ("nan", "inf", "-inf"):
        return float(inner)
    if key == "$map" and _are_pairs(inner):
        return {_hashable(_restored(name)): _restored(item) for name, item in inner}
    return _ORDINARY


def _are_pairs(value: Any) -> bool:
    return type(value) is list and all(type(pair) is list and len(pair) == 2 for pair in value)


def _hashable(key: Any) -> Any:
    # A tuple as a key comes back from its array as a tuple; the rest as its text.
    if isinstance(key, list):
        return tuple(_hashable(item) for item in key)
    return repr(key) if isinstance(key, dict) else key
