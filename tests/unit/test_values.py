"""Any value becomes JSON on one line, and comes back as far as JSON can hold it."""

import json
import math
from collections import Counter, OrderedDict, UserDict, namedtuple
from decimal import Decimal
from enum import Enum, IntEnum, StrEnum
from types import MappingProxyType
from typing import Any
from unittest.mock import MagicMock

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from earwitness import values

CHARACTERS = st.characters(codec=None) | st.sampled_from("\u2028\u2029\x85\r\n\x00$\ud800\udc00📞")
TEXTS = st.text(CHARACTERS)
INTEGERS = st.integers(-(2**300), 2**300) | st.integers()
NUMBERS = INTEGERS | st.floats(allow_nan=False, allow_infinity=False)
ATOMS = st.none() | st.booleans() | INTEGERS | st.floats() | TEXTS | st.binary()
NAMES = TEXTS | TEXTS.map("${}".format) | st.sampled_from(["$bytes", "$float", "$map", "$$", "$"])
KEYS = NAMES | st.none() | st.booleans() | NUMBERS | st.binary() | st.tuples(NUMBERS, TEXTS)


def nested(atoms: st.SearchStrategy[Any], keys: st.SearchStrategy[Any]) -> st.SearchStrategy[Any]:
    return st.recursive(
        atoms, lambda inner: st.lists(inner) | st.dictionaries(keys, inner), max_leaves=20
    )


JSON = nested(st.none() | st.booleans() | NUMBERS | TEXTS, NAMES)
VALUES = nested(ATOMS, KEYS)


def strictly(text: bytes) -> Any:
    """What another JSON parser makes of it, one that takes nothing but JSON."""

    def refuse(constant: str) -> Any:
        raise AssertionError(f"{constant} is not JSON")

    assert b"\n" not in text
    return json.loads(text.decode("utf-8"), parse_constant=refuse)


def whole(value: Any) -> Any:
    """The value with each split pair of surrogates as the character that it stands for."""
    if isinstance(value, str):
        return value.encode("utf-16", "surrogatepass").decode("utf-16", "surrogatepass")
    if isinstance(value, list | tuple):
        return type(value)(whole(item) for item in value)
    if isinstance(value, dict):
        return {whole(key): whole(item) for key, item in value.items()}
    return value


class Hue(Enum):
    RED = 1


class Size(IntEnum):
    LARGE = 3


class Mood(StrEnum):
    GOOD = "good"


class Whole(int):
    def __repr__(self) -> str:
        raise ValueError

    __str__ = __pos__ = __int__ = __index__ = __repr__  # type: ignore[assignment]


class Real(float):
    def __repr__(self) -> str:
        raise ValueError

    __float__ = __pos__ = __repr__  # type: ignore[assignment]


class Text(str):
    __slots__ = ()

    def __str__(self) -> str:
        raise ValueError


class Mapping(dict[str, Any]):
    def __iter__(self) -> Any:
        raise ValueError

    keys = items = __len__ = __iter__


class Raising:
    def __init__(self, error: BaseException) -> None:
        self.error = error

    def __repr__(self) -> str:
        raise self.error


class NoText:
    def __repr__(self) -> str:
        return 5  # type: ignore[return-value]


class Pretender:
    @property
    def __class__(self) -> Any:  # type: ignore[override]
        raise ZeroDivisionError


class Nameless(type):
    @property
    def __module__(cls) -> Any:  # type: ignore[override]
        raise ZeroDivisionError


class Growing:
    """Changes what it is part of, whenever it is looked at."""

    def __init__(self, mapping: dict[Any, Any]) -> None:
        self.mapping = mapping

    def __repr__(self) -> str:
        self.mapping[len(self.mapping)] = self
        return "growing"


def released() -> memoryview:
    view = memoryview(b"gone")
    view.release()
    return view


def cyclic() -> dict[str, Any]:
    value: dict[str, Any] = {"list": []}
    value["list"].append(value)
    return value


def growing() -> dict[Any, Any]:
    value: dict[Any, Any] = {}
    value["it"] = Growing(value)
    return value


def deep(levels: int, around: Any) -> Any:
    value: Any = "bottom"
    for _ in range(levels):
        value = around(value)
    return value


Point = namedtuple("Point", "x y")

HARD: dict[str, Any] = {
    "a set": {1, 2},
    "an object": object(),
    "a generator": (item for item in ()),
    "a decimal": Decimal("1.5"),
    "a class": Raising,
    "a lazy mapping": MappingProxyType({"a": 1}),
    "a mapping that is no dict": UserDict(a=1),
    "a repr that raises": Raising(ValueError()),
    "a repr that exits": Raising(SystemExit()),
    "a repr that interrupts": Raising(KeyboardInterrupt()),
    "a repr that recurses": Raising(RecursionError()),
    "a repr that is no text": NoText(),
    "an object that hides its class": Pretender(),
    "an object whose class has no name": Nameless("Nobody", (), {})(),
    "a mock of a dict": MagicMock(spec=dict),
    "a mock of a text": MagicMock(spec=str),
    "a mock of bytes": MagicMock(spec=bytes),
    "a released buffer": released(),
    "every second byte": memoryview(b"abcdef")[::2],
    "a cycle": cyclic(),
    "a mapping that grows while it is read": growing(),
    "an integer that Python will not write": 10**5000,
    "an int that raises": Whole(5),
    "a float that raises": Real(5),
    "a str that raises": Text("five"),
    "a dict that raises": Mapping(a=1),
    "5000 levels": deep(5000, lambda value: [value]),
    "5000 levels of objects": deep(5000, lambda value: UserDict(value=value)),
}


def can_be_a_key(value: Any) -> bool:
    try:
        return bool({value: True})
    except Exception:
        return False


@given(JSON)
@example({"\ud800\udc00": "\ud800\udc00"})
def test_json_comes_back_as_it_was(value: Any):
    assert values.decode(values.encode(value)) == whole(value)


@given(VALUES)
@example({"$bytes": "AA=="})
@example({"$map": [[1, 2]]})
@example({"$float": "nan"})
@example({"$repr": 1, "$type": 2})
@example({"$": {"$$": {"$$$a": ()}}})
def test_what_json_lacks_comes_back_too(value: Any):
    text = values.encode(value)
    strictly(text)
    back = values.decode(text)
    # Equality takes 1, 1.0 and True for the same, and -0.0 for 0.0; the text does not.
    assert values.encode(back) == values.encode(whole(value))


@given(VALUES)
def test_encoding_twice_gives_the_same_bytes(value: Any):
    assert values.encode(value) == values.encode(value)


@given(VALUES)
@example({"\ud800\udc00": "\ud800\udc00"})
def test_plain_values_are_what_the_text_says(value: Any):
    text = values.encode(whole(value))
    assert values.encode_plain(values.decode_plain(text)) == text
    assert values.encode(values.restore(values.decode_plain(text))) == text


@pytest.mark.parametrize("number", [math.nan, math.inf, -math.inf, -0.0])
def test_numbers_that_json_lacks_come_back(number: float):
    text = values.encode([number])
    strictly(text)
    [back] = values.decode(text)
    assert repr(back) == repr(number)


@pytest.mark.parametrize("name", HARD)
def test_nothing_keeps_a_value_from_being_written(name: str):
    assert strictly(values.encode(HARD[name])) is not None


@pytest.mark.parametrize("name", HARD)
def test_nothing_keeps_what_stands_beside_it_from_being_written(name: str):
    written = values.decode(values.encode({"before": 1, "it": [HARD[name]], "after": 2}))
    assert (written["before"], written["after"]) == (1, 2)


@pytest.mark.parametrize("name", [name for name in HARD if can_be_a_key(HARD[name])])
def test_nothing_keeps_a_key_from_being_written(name: str):
    written = values.encode({HARD[name]: "kept"})
    assert list(values.decode(written).values()) == ["kept"]


def test_an_object_is_written_as_its_repr_and_its_type():
    assert strictly(values.encode(Decimal("1.5"))) == {
        "$repr": "Decimal('1.5')",
        "$type": "decimal.Decimal",
    }


def test_a_repr_that_raises_is_told_by_the_type_of_its_error():
    written = strictly(values.encode(Raising(SystemExit("secret"))))
    assert written["$repr"] == "<repr raised SystemExit>"


RELATIVES: dict[str, tuple[Any, Any]] = {
    "a tuple": ((1, (2,)), [1, [2]]),
    "a named tuple": (Point(1, 2), [1, 2]),
    "an ordered dict": (OrderedDict(a=1), {"a": 1}),
    "a counter": (Counter("aab"), {"a": 2, "b": 1}),
    "an enumerated text": (Mood.GOOD, "good"),
    "an enumerated number": (Size.LARGE, 3),
    "an int that raises": (Whole(7), 7),
    "a float that raises": (Real(0.5), 0.5),
    "a str that raises": (Text("text"), "text"),
    "a dict that raises": (Mapping(a=1), {"a": 1}),
    "a bytearray": (bytearray(b"\xff"), b"\xff"),
    "a memoryview": (memoryview(b"\xff"), b"\xff"),
    "an enumerated key": ({Mood.GOOD: 1}, {"good": 1}),
}


@pytest.mark.parametrize("name", RELATIVES)
def test_relatives_of_jsons_types_come_back_as_these(name: str):
    value, expected = RELATIVES[name]
    back = values.decode(values.encode(value))
    assert back == expected
    assert type(back) is type(expected)


def test_an_enumeration_of_other_things_is_written_as_its_repr():
    assert strictly(values.encode(Hue.RED))["$repr"] == "<Hue.RED: 1>"


@pytest.mark.parametrize(
    "around",
    [
        lambda value: [value],
        lambda value: (value,),
        lambda value: {"a": value},
        lambda value: OrderedDict(a=value),
    ],
)
def test_300_levels_come_back(around: Any):
    back = values.decode(values.encode(deep(300, around)))
    for _ in range(300):
        [back] = back.values() if isinstance(back, dict) else back
    assert back == "bottom"


def test_what_is_deeper_than_the_limit_is_written_as_its_repr():
    back = values.decode_plain(values.encode(deep(values.MAX_DEPTH + 2, lambda value: [value])))
    for _ in range(values.MAX_DEPTH):
        [back] = back
    assert back == {"$repr": "[['bottom']]", "$type": "builtins.list"}


def test_levels_of_foreign_keys_count_by_the_json_they_become():
    text = values.encode(deep(300, lambda value: {1: value}))
    assert values.decode(text)[1][1][1]


def test_a_caller_deep_in_the_stack_loses_only_the_depths_of_a_value():
    def deeper(frames: int) -> bytes:
        if frames:
            return deeper(frames - 1)
        return values.encode({"shallow": 1, "deep": deep(300, lambda value: [value])})

    assert values.decode(deeper(700))["shallow"] == 1


def test_unknown_objects_may_be_told_nearer_to_json():
    members = {"at": 1, "blob": b"\xff"}
    written = values.encode([UserDict(members)], unknown=dict)
    assert values.decode(written) == [{"at": 1, "blob": b"\xff"}]


@pytest.mark.parametrize("error", [ValueError(), RecursionError(), SystemExit()])
def test_an_object_that_fails_to_be_told_nearer_is_written_as_its_repr(error: BaseException):
    def fail(value: Any) -> Any:
        raise error

    assert strictly(values.encode(Decimal(1), unknown=fail))["$repr"] == "Decimal('1')"


@pytest.mark.parametrize(
    "unknown", [lambda value: value, lambda value: [value], lambda value: UserDict(a=value)]
)
def test_an_object_that_never_gets_nearer_to_json_is_written_as_its_repr(unknown: Any):
    assert b"$repr" in values.encode(UserDict(), unknown=unknown)


def test_what_is_plain_already_stands_as_it_is():
    assert values.encode([values.Plain({"$bytes": "/w=="})]) == b'[{"$bytes":"/w=="}]'


@pytest.mark.parametrize(
    "text",
    [
        {"$bytes": 5},
        {"$bytes": "not base64!"},
        {"$bytes": "é"},
        {"$float": "1.5"},
        {"$float": ["nan"]},
        {"$map": None},
        {"$map": {"ab": 1}},
        {"$map": [[1, 2], [3]]},
        {"$blob": "0"},
    ],
)
def test_a_reserved_name_over_what_nobody_writes_there_is_an_ordinary_one(text: Any):
    assert values.decode(json.dumps(text).encode()) == text


@pytest.mark.parametrize(
    "text",
    [
        b"",
        b"{",
        b"NaN",
        b"[Infinity]",
        b"-Infinity",
        b'"\xff"',
        b'"\xed\xa0\x80"',
        b"{'a':1}",
        b"[1,]",
        b"1 2",
        b'"\x00"',
        b"01",
        b"\xef\xbb\xbf{}",
        "{}".encode("utf-16"),
        b"[" * 5000 + b"]" * 5000,
    ],
)
def test_what_is_not_json_is_refused(text: bytes):
    with pytest.raises(ValueError):  # noqa: PT011
        values.decode(text)


def test_a_number_out_of_range_is_read_as_what_json_lacks():
    assert values.decode_plain(b"[1e999]") == [{"$float": "inf"}]
    assert values.decode(b"[-1e999]") == [-math.inf]
