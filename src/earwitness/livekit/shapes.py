"""Which of LiveKit's events can be written to JSON as they stand.

A payload is what ``model_dump`` makes of an event, copied into nothing but JSON's own types. Of
most events that copy says what their attributes say, and it takes longer than all else that is
done for an event. So the schema that pydantic serialises a class by is read once: it tells which
attributes there are, and that nobody has a say in how they are written. That is the class's
shape. An event that is of its class's shape, and holds nothing but what JSON has words for, is
written without the copy; every other one is left to the long way, and so is every class that is
not LiveKit's own.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from enum import Enum
from itertools import permutations
from math import isfinite
from typing import Any, Final

import msgspec
from attrs import frozen
from pydantic import BaseModel

from ..values import is_plain

Schema = Mapping[str, Any]
Keys = dict[str, "Keys | None"]
"""The keys of a ``TypedDict``, and those of the ones within; pydantic drops any other."""

_MOST_LEVELS: Final = 16
_ATOMS: Final = frozenset({int, bool, type(None)})
_OBJECTS: Final = frozenset({"model", "dataclass"})
# Where a schema holds something else than schemas.
_NO_SCHEMAS: Final = frozenset({"cls", "config", "default", "expected", "metadata", "ref", "type"})


@frozen
class Shape:
    """What an object of a class must be like to be written as it stands.

    Attributes:
        names: of its attributes, in order.
        hidden: of those among them that are not written.
        texts: of those that may be of a class of text of its own.
        keys: of the mappings among them that are declared key by key.
        objects: the shapes of the classes it may hold objects of.
    """

    names: list[str]
    hidden: frozenset[str]
    texts: frozenset[str]
    keys: dict[str, Keys]
    objects: dict[type, Shape]


def write(event: Any) -> bytes | None:
    """The payload's JSON of an event that is of its class's shape; None if it is not."""
    kind = type(event)
    try:
        shape = _shapes[kind] if kind in _shapes else _find_shape(kind)
        if shape is not None and _is_of_shape(event, shape, _MOST_LEVELS):
            return _encode(_shown(event))
    except Exception:  # a lone surrogate, an endless number
        pass
    return None


def _is_of_shape(thing: Any, shape: Shape, levels: int) -> bool:
    attributes = thing.__dict__
    if [*attributes] != shape.names or not levels:
        return False
    for name, value in attributes.items():
        kind = type(value)
        if kind is str or kind in _ATOMS:
            continue
        if kind is float:
            if not isfinite(value):
                return False
        elif name in shape.hidden:
            continue
        elif kind in shape.objects:
            if not _is_of_shape(value, shape.objects[kind], levels - 1):
                return False
        elif kind is list:
            for item in value:
                if type(item) is not str and not _fits(item, shape.objects, levels):
                    return False
        elif kind is dict and name in shape.keys:
            if not _has_no_other(value, shape.keys[name]):
                return False
        elif name in shape.texts and issubclass(kind, str):
            if issubclass(kind, Enum):
                return False
        elif not _fits(value, shape.objects, levels):
            return False
    return True


def _fits(value: Any, objects: dict[type, Shape], levels: int) -> bool:
    kind = type(value)
    if kind in objects:
        return _is_of_shape(value, objects[kind], levels - 1)
    return is_plain(value)


def _has_no_other(mapping: dict[str, Any], keys: Keys) -> bool:
    for key, value in mapping.items():
        if key not in keys:
            return False
        kind = type(value)
        if kind is float:
            if not isfinite(value):
                return False
        elif kind is dict and (within := keys[key]) is not None:
            if not _has_no_other(value, within):
                return False
        elif kind is not str and not is_plain(value):
            return False
    return True


def _shown(thing: Any) -> Any:
    """What is written of an object that is of its class's shape."""
    if isinstance(thing, str):
        return str.__str__(thing)
    hidden = _hidden.get(type(thing))
    if not hidden:
        return thing.__dict__
    return {name: value for name, value in thing.__dict__.items() if name not in hidden}


_encode: Final = msgspec.json.Encoder(enc_hook=_shown).encode


# -- reading schemas -------------------------------------------------------------------------------


class _ShapelessError(Exception):
    """Somebody has a say in how objects of this class are written."""


_shapes: Final[dict[type, Shape | None]] = {}
_hidden: Final[dict[type, frozenset[str]]] = {}


def _find_shape(kind: type) -> Shape | None:
    if kind.__module__.partition(".")[0] != "livekit":
        return None  # not remembered: an application may make new classes as long as it runs
    try:
        if kind.model_dump is not BaseModel.model_dump:  # type: ignore[attr-defined]
            raise _ShapelessError
        schema = kind.__pydantic_core_schema__  # type: ignore[attr-defined]
        definitions = {node["ref"]: node for node in schema.get("definitions", ())}
        shape = _Reader(definitions).shape(schema)
    except (_ShapelessError, AttributeError, KeyError, TypeError, RecursionError):
        shape = None  # pydantic says in another way what it serialises by
    _shapes[kind] = shape
    return shape


class _Reader:
    """Reads the schema of one class."""

    def __init__(self, definitions: dict[str, Schema]) -> None:
        self._definitions = definitions

    def shape(self, node: Schema) -> Shape:
        """The shape of objects of the class that the node describes."""
        kind = None
        while node["type"] not in ("model-fields", "dataclass-args"):
            config = node.get("config") or {}
            if node.get("root_model") or config.get("extra_fields_behavior") == "allow":
                raise _ShapelessError
            kind = node.get("cls", kind)
            node = self._plainly_written(node)["schema"]
        self._plainly_written(node)
        fields = node["fields"]
        if not isinstance(fields, dict):
            fields = {field["name"]: field for field in fields}
        if any(name.startswith("_") for name in fields):
            raise _ShapelessError  # msgspec takes such a name of a dataclass for private
        texts: set[str] = set()
        keys: dict[str, Keys] = {}
        objects: dict[type, Shape | None] = {}
        hidden = {name for name, field in fields.items() if field.get("serialization_exclude")}
        for name in fields.keys() - hidden:
            declared = self._declared(fields[name])
            if "serialization" in declared:
                texts.add(name)
            if declared["type"] == "typed-dict":
                keys[name] = self._keys(declared)
            else:
                for cls, shape in self._objects(declared):
                    # Declared in two ways, it is written in two ways.
                    objects[cls] = None if objects.get(cls, shape) is None else shape
        if any(issubclass(one, other) for one, other in permutations(objects, 2)):
            raise _ShapelessError  # where the other is declared, one loses what it has more
        found = {cls: shape for cls, shape in objects.items() if shape is not None}
        if hidden and kind is not None:
            _hidden[kind] = frozenset(hidden)
        return Shape([*fields], frozenset(hidden), frozenset(texts), keys, found)

    def _plainly_written(self, node: Schema) -> Schema:
        for member, value in node.items():
            if member == "serialization" and _is_for_json_only(value):
                continue
            # An alias, an exclusion, a serializer; or attributes that are reckoned.
            if member.startswith("serialization") or (member == "computed_fields" and value):
                raise _ShapelessError
        return node

    def _declared(self, node: Schema) -> Schema:
        """What a field is declared as, beneath its default and its being optional."""
        node = self._plainly_written(node)
        if node["type"] == "definition-ref":
            return self._declared(self._definitions[node["schema_ref"]])
        if node["type"] in (
            "model-field",
            "dataclass-field",
            "typed-dict-field",
            "default",
            "nullable",
        ):
            return self._declared(node["schema"])
        return node

    def _keys(self, node: Schema) -> Keys:
        keys: Keys = {}
        for name, field in node["fields"].items():
            declared = self._declared(field)
            keys[name] = self._keys(declared) if declared["type"] == "typed-dict" else None
            if keys[name] is None and [*self._objects(declared)]:
                raise _ShapelessError
        return keys

    def _objects(self, node: Schema) -> Iterator[tuple[type, Shape | None]]:
        """The classes of the objects that may stand here, each with its shape if it has one."""
        node = self._declared(node) if "type" in node else node
        if node.get("type") in _OBJECTS:
            try:
                yield node["cls"], self.shape(node)
            except _ShapelessError:
                yield node["cls"], None
            return
        if node.get("type") == "typed-dict":
            raise _ShapelessError
        for member, value in node.items():
            if member not in _NO_SCHEMAS:
                yield from self._objects_in(value)

    def _objects_in(self, value: Any) -> Iterator[tuple[type, Shape | None]]:
        if isinstance(value, dict):
            yield from self._objects(value)
        elif isinstance(value, list | tuple):
            for item in value:
                yield from self._objects_in(item)


def _is_for_json_only(serialization: Schema) -> bool:
    """True if it has no say in ``model_dump``, which makes Python of an event."""
    kind = serialization["type"]
    by_default = "json-unless-none" if kind in ("to-string", "format") else "always"
    when: str = serialization.get("when_used", by_default)
    return when.startswith("json")
