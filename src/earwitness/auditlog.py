"""The checkpoints that an audit log knows, whatever pipeline it has come through.

The audit trail tells of each checkpoint in one line. Kept where the store's owner cannot change it,
that line is what a log is held to that was rewritten by somebody who has the key.

A line counts if a JSON object stands in it whose ``event``, ``msg`` or ``message`` is
``checkpoint``, with the members ``origin``, ``size`` and ``root``. Text before the object, which is
where syslog puts its own, is passed over; objects and texts under the names by which pipelines wrap
a line are looked into. Every other line is somebody else's.
"""

from __future__ import annotations

import json
from collections.abc import Iterable, Iterator
from typing import Any, Final

from attrs import Factory, define, frozen

from .exceptions import SealFormatError
from .integrity.checkpoint import Checkpoint
from .integrity.encoding import decode_decimal, decode_hash

_EVENT: Final = "checkpoint"
_NAMES: Final = ("event", "msg", "message")
_MEMBERS: Final = ("origin", "size", "root")
# Docker, journald and Elastic, Google, Fluentd, in this order.
_WRAPPERS: Final = ("log", "MESSAGE", "message", "msg", "jsonPayload", "record", "fields")
_MAX_WRAPPERS: Final = 6
_MAX_BRACES: Final = 16

_decode = json.JSONDecoder().raw_decode


@frozen
class MalformedLine:
    """A line that should tell of a checkpoint, and does not.

    Attributes:
        where: the audit log, and the line's number in it.
        what: what is wrong with it.
    """

    where: str
    what: str


@define
class AuditLog:
    """What audit logs tell of checkpoints.

    Attributes:
        lines: how many lines were read.
        checkpoints: those of each session, each told once, by the name of the session's folder.
        malformed: the lines that should tell of one, and do not.
    """

    lines: int = 0
    checkpoints: dict[str, dict[Checkpoint, None]] = Factory(dict)
    malformed: list[MalformedLine] = Factory(list)

    def read(self, lines: Iterable[bytes], name: str) -> None:
        """Take in an audit log.

        Args:
            lines: its lines, with or without their line feeds.
            name: what it is called where a line of it is told of.
        """
        for number, line in enumerate(lines, 1):
            self.lines += 1
            if _EVENT.encode() not in line:
                continue
            for entry in _entries(line.decode("utf-8", "replace"), _MAX_WRAPPERS):
                try:
                    self._add(_checkpoint(entry))
                except SealFormatError as error:
                    what = f"{error.what} ({error.where})"
                    self.malformed.append(MalformedLine(f"{name}, line {number}", what))

    def _add(self, checkpoint: Checkpoint) -> None:
        folder = checkpoint.origin.rpartition("/")[2]
        self.checkpoints.setdefault(folder, {})[checkpoint] = None


def _entries(value: Any, depth: int) -> Iterator[dict[str, Any]]:
    """The entries of the audit trail that a value holds: none or one, as a rule."""
    if isinstance(value, dict) and _is_ours(value):
        yield value
    elif depth and isinstance(value, dict):
        for name in _WRAPPERS:
            yield from _entries(value.get(name), depth - 1)
    elif depth and isinstance(value, str) and _EVENT in value:
        for found in _objects(value):
            yield from _entries(found, depth - 1)


def _objects(text: str) -> Iterator[Any]:
    """The JSON objects in a text, those in other objects left out."""
    start = text.find("{")
    for _ in range(_MAX_BRACES):
        if start < 0:
            return
        try:
            value, end = _decode(text, start)
        except (ValueError, RecursionError):
            end = start + 1
        else:
            yield value
        start = text.find("{", end)


def _is_ours(entry: dict[str, Any]) -> bool:
    # Other programs have checkpoints of their own.
    named = any(entry.get(name) == _EVENT for name in _NAMES)
    return named and len(entry.keys() & _MEMBERS) > 1


def _checkpoint(entry: dict[str, Any]) -> Checkpoint:
    origin, size, root = (entry.get(name) for name in _MEMBERS)
    if not isinstance(origin, str) or "/" not in origin:
        raise _malformed("An origin must be a key's name, a slash and a session's folder.")
    if type(size) is not int and not isinstance(size, str):
        raise _malformed("A tree's size must be a number.")
    if not isinstance(root, str):
        raise _malformed("A root must be base64.")
    number = decode_decimal(str(size), where="checkpoint, size")
    return Checkpoint(origin, number, decode_hash(root, where="checkpoint, root"))


def _malformed(rule: str) -> SealFormatError:
    return SealFormatError(rule, where="checkpoint")
